/**
 * One side of the conversation's media, and the only file of a visit that touches RTCPeerConnection (PROTOCOL.md, section 6). The page always
 * offers and the server only answers. A call keeps itself alive: an ICE restart when the network changes, a new peer connection
 * when the old one failed; the caller only carries offers and answers and shows what `onchange` tells.
 */

import { encodingFor, SHARP_START_MS, withEncoding } from "./encodings.js";

/** @typedef {"audio" | "video"} Kind */
/** @typedef {{peer: number, revision: number, sdp: string}} Offer */
/** @typedef {{peer: number, revision: number, sdp: string, tracks: {mid: string, role: string}[]}} Answer */
/** @typedef {"idle" | "connecting" | "connected" | "interrupted" | "failed" | "closed"} CallState */
/**
 * @typedef {{iceServers: RTCIceServer[], icePolicy?: RTCIceTransportPolicy, receivePairs: number, sendOffer: (offer: Offer) => Promise<unknown>,
 *            onchange: (state: CallState) => void, onremotes: (remotes: ReadonlyMap<string, MediaStream>) => void,
 *            onoffererror?: (error: unknown) => void, PeerConnection?: typeof RTCPeerConnection}} CallOptions
 */
/**
 * @typedef {{state: CallState, peer: number, revision: number, rttMs: number | null, uplink: {estimateBps: number | null, bytesSent: number},
 *            inbound: {role: string, kind: Kind, bytes: number, packets: number, framesDecoded: number, fps: number, freezes: number}[],
 *            outbound: {kind: Kind, bytes: number, packets: number, width: number, height: number, fps: number}[]}} CallStats
 */

const RESTART_AFTER_MS = 1_000;
const RESTART_AGAIN_MS = 4_000;
const CONNECT_WITHIN_MS = 12_000;
const NEVER_CONNECTED = ["new", "connecting"];
const RENEW_WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** @param {CallOptions} options */
export function createCall(options) {
  return new Call(options);
}

export class Call {
  /** @type {RTCPeerConnection | null} */ #pc = null;
  /** @type {Record<Kind, MediaStreamTrack | null>} */ #tracks = { audio: null, video: null };
  /** @type {Map<string, MediaStream>} */ #remotes = new Map();
  /** @type {Map<string, string>} mid -> role */ #roles = new Map();
  /** @type {CallState} */ #state = "idle";
  #peer = 0;
  #revision = 0;
  #renewals = 0;
  #sharp = true;
  /** @type {import("./ladder.js").Rung} */ #rung = "full";
  #tuned = Promise.resolve();
  /** @type {Set<ReturnType<typeof setTimeout>>} */ #timers = new Set();
  /** @type {CallOptions} */ #options;
  #forgetNetwork = () => {};

  /** @param {CallOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get state() {
    return this.#state;
  }

  /** Whose sound and picture arrive, by role; a stream keeps its identity for the life of the peer connection. */
  get remotes() {
    return /** @type {ReadonlyMap<string, MediaStream>} */ (this.#remotes);
  }

  /**
   * Begin with the page's own tracks. Again: a new peer connection on the same seat.
   * @param {{audio?: MediaStreamTrack | null, video?: MediaStreamTrack | null}} tracks
   */
  async start({ audio = null, video = null } = {}) {
    this.#tracks = { audio, video };
    this.#listenToNetwork();
    await this.#newPeer();
  }

  /** Servers or seats changed (a fresh `welcome`). @param {Partial<Pick<CallOptions, "iceServers" | "icePolicy" | "receivePairs">>} changed */
  configure(changed) {
    this.#options = { ...this.#options, ...changed };
  }

  /** A new peer connection now: the server said `media_restart`, or this seat has a new epoch. */
  async renew() {
    if (this.#state === "closed" || this.#peer === 0) return;
    await this.#newPeer();
  }

  /**
   * The server's answer; one that is not to the latest offer is dropped.
   * @param {Answer} answer
   * @returns {Promise<boolean>} whether it was applied
   */
  async applyAnswer({ peer, revision, sdp, tracks }) {
    const pc = this.#pc;
    if (!pc || peer !== this.#peer || revision !== this.#revision || pc.signalingState !== "have-local-offer") return false;
    this.#roles = new Map(tracks.map(({ mid, role }) => [mid, role]));
    await pc.setRemoteDescription({ type: "answer", sdp });
    if (pc !== this.#pc) return false;
    this.#gatherRemotes(pc);
    await this.#tuneSenders(pc);
    return true;
  }

  /**
   * Another microphone or camera, or none for a while, without renegotiation where the line exists already.
   * @param {Kind} kind @param {MediaStreamTrack | null} track
   */
  async replaceTrack(kind, track) {
    this.#tracks = { ...this.#tracks, [kind]: track };
    const line = this.#ownLine(kind);
    if (!line) return;
    if (track && line.direction === "inactive") return this.#newPeer();
    await line.sender.replaceTrack(track);
  }

  /** Send no more than this rung of the rescue ladder from now on. @param {import("./ladder.js").Rung} rung */
  async carry(rung) {
    if (rung === this.#rung) return;
    this.#rung = rung;
    if (this.#pc) await this.#tuneSenders(this.#pc);
  }

  /** Ask for new addresses on the same connection; the keys and the picture go on. */
  async restartIce() {
    const pc = this.#pc;
    if (!pc || this.#state === "closed") return;
    if (["failed", "closed"].includes(pc.connectionState)) return this.#newPeer();
    await this.#offer(pc, true);
  }

  /** The last offer again, when the socket that should have carried it was away. */
  async offerAgain() {
    const pc = this.#pc;
    if (!pc || this.#state === "closed" || pc.signalingState !== "have-local-offer") return;
    await this.#offer(pc, this.#revision > 1);
  }

  close() {
    this.#forgetNetwork();
    this.#clearTimers();
    this.#dropPeer();
    this.#remotes.clear();
    this.#change("closed");
  }

  /** Figures for tests and for support; no addresses. @returns {Promise<CallStats>} */
  async stats() {
    const report = this.#pc ? [...(await this.#pc.getStats()).values()] : [];
    const pair = report.find((entry) => entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded");
    const rtt = pair?.currentRoundTripTime;
    return {
      state: this.#state,
      peer: this.#peer,
      revision: this.#revision,
      rttMs: typeof rtt === "number" ? Math.round(rtt * 1000) : null,
      uplink: { estimateBps: pair?.availableOutgoingBitrate ?? null, bytesSent: pair?.bytesSent ?? 0 },
      inbound: report.filter((entry) => entry.type === "inbound-rtp").map((entry) => inboundLine(entry, this.#roleOfTrack(entry.trackIdentifier))),
      outbound: report.filter((entry) => entry.type === "outbound-rtp").map(outboundLine),
    };
  }

  // --- a peer connection's life ---------------------------------------------------------------------------------------

  async #newPeer() {
    this.#clearTimers();
    this.#dropPeer();
    const { PeerConnection = globalThis.RTCPeerConnection, iceServers, icePolicy, receivePairs } = this.#options;
    const pc = new PeerConnection({ iceServers, iceTransportPolicy: icePolicy, bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
    this.#pc = pc;
    this.#peer += 1;
    this.#revision = 0;
    this.#roles = new Map();
    this.#sharp = true;
    addLines(pc, this.#tracks, receivePairs);
    pc.addEventListener("connectionstatechange", () => pc === this.#pc && this.#connectionChanged(pc));
    this.#change("connecting");
    this.#later(CONNECT_WITHIN_MS, () => NEVER_CONNECTED.includes(pc.connectionState) && this.#renewLater());
    await this.#offer(pc, false);
  }

  /** @param {RTCPeerConnection} pc @param {boolean} iceRestart */
  async #offer(pc, iceRestart) {
    try {
      if (pc.signalingState === "have-local-offer") await pc.setLocalDescription({ type: "rollback" });
      const offer = await pc.createOffer({ iceRestart });
      if (pc !== this.#pc) return;
      await pc.setLocalDescription(offer);
      this.#revision += 1;
      await this.#options.sendOffer({ peer: this.#peer, revision: this.#revision, sdp: offer.sdp ?? "" });
    } catch (error) {
      if (pc === this.#pc) this.#options.onoffererror?.(error);
    }
  }

  /** @param {RTCPeerConnection} pc */
  #connectionChanged(pc) {
    switch (pc.connectionState) {
      case "connected":
        this.#renewals = 0;
        if (this.#sharp) this.#later(SHARP_START_MS, () => this.#evenOut(pc));
        return this.#change("connected");
      case "disconnected":
        this.#change("interrupted");
        return this.#restartUntilBack(pc, RESTART_AFTER_MS);
      case "failed":
        return this.#renewLater();
    }
  }

  /** A new address may take a while to appear after a change of network, so ask again. @param {RTCPeerConnection} pc @param {number} waitMs */
  #restartUntilBack(pc, waitMs) {
    this.#later(waitMs, () => {
      if (pc !== this.#pc || pc.connectionState === "connected") return;
      void this.#offer(pc, true);
      this.#restartUntilBack(pc, RESTART_AGAIN_MS);
    });
  }

  #renewLater() {
    if (this.#state === "closed") return;
    this.#change("failed");
    const waitMs = RENEW_WAITS_MS[Math.min(this.#renewals, RENEW_WAITS_MS.length - 1)];
    this.#renewals += 1;
    this.#clearTimers();
    this.#later(waitMs, () => void this.#newPeer());
  }

  #dropPeer() {
    const pc = this.#pc;
    this.#pc = null;
    pc?.close();
  }

  /** @param {RTCPeerConnection} pc */
  #gatherRemotes(pc) {
    /** @type {Map<string, MediaStreamTrack[]>} */
    const arriving = new Map();
    for (const line of pc.getTransceivers()) {
      const role = this.#roles.get(line.mid ?? "");
      if (role) arriving.set(role, [...(arriving.get(role) ?? []), line.receiver.track]);
    }
    const before = this.#remotes;
    this.#remotes = new Map([...arriving].map(([role, tracks]) => [role, sameOrNew(before.get(role), tracks)]));
    this.#options.onremotes(this.remotes);
  }

  /** @param {RTCPeerConnection} pc */
  #evenOut(pc) {
    this.#sharp = false;
    void this.#tuneSenders(pc);
  }

  /** What goes out is decided in encodings.js; here it is only told to the senders, one change after the other. @param {RTCPeerConnection} pc */
  #tuneSenders(pc) {
    this.#tuned = this.#tuned.then(() => this.#tune(pc));
    return this.#tuned;
  }

  /** @param {RTCPeerConnection} pc */
  async #tune(pc) {
    if (pc !== this.#pc) return;
    const circumstances = { rung: this.#rung, sharp: this.#sharp, firefox: /Firefox\//.test(globalThis.navigator?.userAgent ?? "") };
    for (const { sender } of pc.getTransceivers()) {
      const kind = /** @type {Kind | undefined} */ (sender.track?.kind);
      const parameters = sender.getParameters();
      if (!kind || !parameters.encodings?.length) continue;
      await sender.setParameters(withEncoding(parameters, encodingFor(kind, circumstances))).catch(() => undefined);
    }
  }

  /** @param {string | undefined} id */
  #roleOfTrack(id) {
    const lines = this.#pc?.getTransceivers() ?? [];
    return this.#roles.get(lines.find((line) => line.receiver.track.id === id)?.mid ?? "") ?? "";
  }

  /** @param {Kind} kind */
  #ownLine(kind) {
    const lines = this.#pc?.getTransceivers() ?? [];
    return lines[kind === "audio" ? 0 : 1];
  }

  #listenToNetwork() {
    this.#forgetNetwork();
    const changed = () => void this.restartIce();
    const connection = /** @type {EventTarget | undefined} */ (/** @type {any} */ (globalThis.navigator)?.connection);
    globalThis.addEventListener?.("online", changed);
    connection?.addEventListener?.("change", changed);
    this.#forgetNetwork = () => {
      globalThis.removeEventListener?.("online", changed);
      connection?.removeEventListener?.("change", changed);
    };
  }

  /** @param {number} ms @param {() => void} work */
  #later(ms, work) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  #clearTimers() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /** @param {CallState} state */
  #change(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onchange(state);
  }
}

/**
 * Own sound, own picture, then a sound and a picture for each far seat; a missing device leaves its line inactive.
 * @param {RTCPeerConnection} pc @param {Record<Kind, MediaStreamTrack | null>} tracks @param {number} receivePairs
 */
function addLines(pc, tracks, receivePairs) {
  for (const kind of /** @type {Kind[]} */ (["audio", "video"])) {
    const track = tracks[kind];
    pc.addTransceiver(track ?? kind, { direction: track ? "sendonly" : "inactive" });
  }
  for (let pair = 0; pair < receivePairs; pair += 1) {
    pc.addTransceiver("audio", { direction: "recvonly" });
    pc.addTransceiver("video", { direction: "recvonly" });
  }
}

/** @param {MediaStream | undefined} stream @param {MediaStreamTrack[]} tracks */
function sameOrNew(stream, tracks) {
  const held = stream?.getTracks() ?? [];
  return stream && held.length === tracks.length && tracks.every((track) => held.includes(track)) ? stream : new MediaStream(tracks);
}

/** @param {any} entry @param {string} role */
function inboundLine(entry, role) {
  return {
    role,
    kind: entry.kind,
    bytes: entry.bytesReceived ?? 0,
    packets: entry.packetsReceived ?? 0,
    framesDecoded: entry.framesDecoded ?? 0,
    fps: entry.framesPerSecond ?? 0,
    freezes: entry.freezeCount ?? 0,
  };
}

/** @param {any} entry */
function outboundLine(entry) {
  return {
    kind: entry.kind,
    bytes: entry.bytesSent ?? 0,
    packets: entry.packetsSent ?? 0,
    width: entry.frameWidth ?? 0,
    height: entry.frameHeight ?? 0,
    fps: entry.framesPerSecond ?? 0,
  };
}
