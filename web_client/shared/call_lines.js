/**
 * The lines of a peer connection in the order of PROTOCOL.md, section 6: own sound, own picture, then a sound and a picture for each
 * far seat. Which seat a line carries the server's answer tells.
 *
 * @typedef {"audio" | "video"} Kind
 */

/**
 * A missing device leaves its line inactive.
 * @param {RTCPeerConnection} pc @param {Record<Kind, MediaStreamTrack | null>} tracks @param {number} receivePairs
 */
export function addLines(pc, tracks, receivePairs) {
  for (const kind of /** @type {Kind[]} */ (["audio", "video"])) {
    const track = tracks[kind];
    pc.addTransceiver(track ?? kind, { direction: track ? "sendonly" : "inactive" });
  }
  addPairs(pc, receivePairs);
}

/** As many pairs for far seats as are still missing; those that are there stay. @param {RTCPeerConnection} pc @param {number} receivePairs */
export function addPairs(pc, receivePairs) {
  for (let pair = pc.getTransceivers().length / 2 - 1; pair < receivePairs; pair += 1) {
    pc.addTransceiver("audio", { direction: "recvonly" });
    pc.addTransceiver("video", { direction: "recvonly" });
  }
}

/** @param {RTCPeerConnection | null} pc @param {Kind} kind @returns {RTCRtpTransceiver | undefined} */
export function ownLine(pc, kind) {
  return pc?.getTransceivers()[kind === "audio" ? 0 : 1];
}

/**
 * What arrives, by role; a stream keeps its identity while its tracks are the same.
 * @param {RTCPeerConnection} pc @param {ReadonlyMap<string, string>} roles mid -> role @param {ReadonlyMap<string, MediaStream>} before
 */
export function remotesOf(pc, roles, before) {
  /** @type {Map<string, MediaStreamTrack[]>} */
  const arriving = new Map();
  for (const line of pc.getTransceivers()) {
    const role = roles.get(line.mid ?? "");
    if (role) arriving.set(role, [...(arriving.get(role) ?? []), line.receiver.track]);
  }
  return new Map([...arriving].map(([role, tracks]) => [role, sameOrNew(before.get(role), tracks)]));
}

/** @param {MediaStream | undefined} stream @param {MediaStreamTrack[]} tracks */
function sameOrNew(stream, tracks) {
  const held = stream?.getTracks() ?? [];
  return stream && held.length === tracks.length && tracks.every((track) => held.includes(track)) ? stream : new MediaStream(tracks);
}

/** @param {RTCPeerConnection | null} pc @param {ReadonlyMap<string, string>} roles mid -> role @param {string | undefined} trackId */
export function roleOfTrack(pc, roles, trackId) {
  const line = pc?.getTransceivers().find(({ receiver }) => receiver.track.id === trackId);
  return roles.get(line?.mid ?? "") ?? "";
}
