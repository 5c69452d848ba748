/**
 * Does the far side's sound and picture still arrive? Told from the growing of what was received, once a second. Pure. It closes
 * nothing: it lets a page say that a picture stands still while the visit goes on.
 */

import { arriving, standsStill } from "./rungs.js";
import { MISSED_LOOKS_MS } from "./slept.js";

/** The longest that a picture may stand still unexplained. */
const STILL_MS = 3_000;

/** @typedef {{packets: number, frames: number}} Received  RTP packets of all kinds, frames decoded */
/** @typedef {Received & {atMs: number, packetsAtMs: number, framesAtMs: number, interrupted: boolean}} Flow */
/** @typedef {{media: boolean, picture: boolean}} Due  whether anything should arrive now, and whether a picture */

/** @type {Flow | null} */
export const NOTHING_DUE = null;

/**
 * @param {{inbound: {role?: string, kind: "audio" | "video", packets: number, framesDecoded: number}[]}} stats
 * @param {string} far  whose sound and picture count; those of others do not
 * @returns {Received}
 */
export function receivedOf({ inbound: all }, far) {
  const inbound = all.filter(({ role = "" }) => role === "" || role === far);
  const sum = (/** @type {number[]} */ numbers) => numbers.reduce((a, b) => a + b, 0);
  return { packets: sum(inbound.map(({ packets }) => packets)), frames: sum(inbound.map(({ framesDecoded }) => framesDecoded)) };
}

/**
 * A new peer connection counts from nought again: that alone is no sign of life. One that never decoded a frame may have none.
 *
 * @param {Flow | null} before  what the last call returned
 * @param {Received} received @param {Due} due @param {number} nowMs
 * @returns {Flow | null}
 */
export function flowed(before, { packets, frames }, due, nowMs) {
  if (!due.media) return NOTHING_DUE;
  if (!before || nowMs - before.atMs > MISSED_LOOKS_MS)
    return { packets, frames, atMs: nowMs, packetsAtMs: nowMs, framesAtMs: nowMs, interrupted: false };
  const packetsAtMs = packets > before.packets ? nowMs : before.packetsAtMs;
  const pictureMoves = !due.picture || frames === 0 || frames > before.frames;
  const framesAtMs = pictureMoves ? nowMs : before.framesAtMs;
  const interrupted = nowMs - Math.min(packetsAtMs, framesAtMs) >= STILL_MS;
  return { packets, frames, atMs: nowMs, packetsAtMs, framesAtMs, interrupted };
}

/** What may keep a far camera from giving new pictures without any interruption. */
const STILL_FOR_A_REASON = ["page_hidden", "camera_off", "sound_only"];

/**
 * @param {import("./messages.js").SessionView | null} session
 * @param {boolean} connected  socket and media connection of this page are both up
 * @param {string} far  the role whose picture is shown
 * @param {string} own  this page's role
 * @returns {Due}
 */
export function dueFrom(session, connected, far, own) {
  const doubts = session?.seats.find(({ role }) => role === far)?.doubts ?? [];
  const moves = !doubts.some((doubt) => STILL_FOR_A_REASON.includes(doubt)) && !standsStill(arriving(session, far, own));
  return { media: connected && session?.gate === true, picture: moves };
}
