/**
 * Is the way to the server alive? Told from counters of the peer connection, looked at a few times a second. Whoever sends media hears
 * the server's reports of its arrival many times a second, also while the visit is held and the far side says nothing; so a page that
 * sends and hears nothing at all has lost its way, long before the browser says `disconnected` (7 s). Pure.
 */

import { SLEPT_MS } from "./slept.js";

/** @typedef {{heard: number, sent: number}} Evidence  what came, as a figure that grows with whatever comes (packets, bytes and STUN responses added up); media packets sent */
/** @typedef {{atMs: number, evidence: Evidence, heardAtMs: number, reported: boolean, silent: boolean}} Path  reported: something was heard while sending */

export const SILENT_AFTER_MS = 1_000;
/** After a sleep the path has this long to prove itself. */
const PROVE_WITHIN_MS = 500;

/**
 * How long each restart is given before the next: a new address may come late after a change of network. After the last one a new peer
 * connection is likelier to help than another.
 */
export const SEEK_WAITS_MS = Object.freeze([1_000, 1_500, 2_500, 4_000]);

/**
 * What a report of `getStats` says. Chrome counts on the transport, Firefox on the candidate pair; STUN is counted apart.
 * @param {any[]} report @returns {Evidence}
 */
export function evidenceOf(report) {
  const sum = (/** @type {string} */ type, /** @type {string} */ field) =>
    report.filter((entry) => entry.type === type).reduce((all, entry) => all + (entry[field] ?? 0), 0);
  const transports = sum("transport", "packetsReceived") + sum("transport", "bytesReceived");
  const pairs = sum("candidate-pair", "bytesReceived") + sum("candidate-pair", "responsesReceived");
  return { heard: transports + pairs + sum("inbound-rtp", "packetsReceived"), sent: sum("outbound-rtp", "packetsSent") };
}

/**
 * @param {Path | null} before what the last call returned; null for a new peer connection or path
 * @param {Evidence} evidence @param {number} nowMs
 * @returns {Path}
 */
export function looked(before, evidence, nowMs) {
  if (!before) return { atMs: nowMs, evidence, heardAtMs: nowMs, reported: false, silent: false };
  const grew = evidence.heard > before.evidence.heard;
  const sending = evidence.sent > before.evidence.sent;
  const reported = before.reported || (grew && sending);
  const heardAtMs = heardLast(before, { grew, owed: reported && (sending || before.silent) }, nowMs);
  return { atMs: nowMs, evidence, heardAtMs, reported, silent: nowMs - heardAtMs >= SILENT_AFTER_MS };
}

/**
 * Who sends nothing is owed nothing: only STUN comes then, seconds apart. A path that was lost is found only by hearing something.
 * @param {Path} before @param {{grew: boolean, owed: boolean}} now @param {number} nowMs
 */
function heardLast(before, { grew, owed }, nowMs) {
  const slept = nowMs - before.atMs > SLEPT_MS;
  if (slept) return owed ? nowMs - SILENT_AFTER_MS + PROVE_WITHIN_MS : nowMs;
  return grew || !owed ? nowMs : before.heardAtMs;
}
