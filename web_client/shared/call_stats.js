/**
 * What a report of `getStats` says, in the words of this house: for tests, for support and for judging what arrives. No addresses. Pure.
 *
 * @typedef {"audio" | "video"} Kind
 * @typedef {{role: string, kind: Kind, bytes: number, packets: number, framesDecoded: number, fps: number, freezes: number}} InboundLine
 * @typedef {{kind: Kind, bytes: number, packets: number, width: number, height: number, fps: number}} OutboundLine
 * @typedef {{rttMs: number | null, uplink: {estimateBps: number | null, bytesSent: number}, inbound: InboundLine[], outbound: OutboundLine[], captured: Record<Kind, number | null>}} CallFigures
 */

/**
 * `captured` grows while a device gives: seconds of sound, frames of the picture; null where nothing is sent of it or the browser does not tell.
 * @param {any[]} report @param {(trackId: string | undefined) => string} roleOf whose track that is
 * @returns {CallFigures}
 */
export function figuresOf(report, roleOf) {
  const of = (/** @type {string} */ type) => report.filter((entry) => entry.type === type);
  const pair = of("candidate-pair").find(({ nominated, state }) => nominated && state === "succeeded");
  const rtt = pair?.currentRoundTripTime;
  const sending = (/** @type {Kind} */ kind) => of("outbound-rtp").some((entry) => entry.kind === kind && entry.active !== false);
  const source = (/** @type {Kind} */ kind, /** @type {string} */ field) =>
    sending(kind) ? (of("media-source").find((entry) => entry.kind === kind)?.[field] ?? null) : null;
  return {
    rttMs: typeof rtt === "number" ? Math.round(rtt * 1000) : null,
    uplink: { estimateBps: pair?.availableOutgoingBitrate ?? null, bytesSent: pair?.bytesSent ?? 0 },
    inbound: of("inbound-rtp").map((entry) => inboundLine(entry, roleOf(entry.trackIdentifier))),
    outbound: of("outbound-rtp").map(outboundLine),
    captured: { audio: source("audio", "totalSamplesDuration"), video: source("video", "frames") },
  };
}

/** @param {any} entry @param {string} role @returns {InboundLine} */
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

/** @param {any} entry @returns {OutboundLine} */
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
