/**
 * Does a device still give? A phone call takes microphone and camera away while their tracks still read "live", on iOS without any event;
 * then the seconds of sound, or the frames, that the browser captured stop growing. Pure.
 */

import { MISSED_LOOKS_MS } from "./slept.js";

/** @typedef {{amount: number, atMs: number, grewAtMs: number, stopped: boolean}} Capture */

const STOPPED_AFTER_MS = 4_000;

/**
 * @param {Capture | null} before what the last call returned
 * @param {number | null} amount captured so far: seconds of sound, frames of the picture; null where the browser does not tell
 * @param {boolean} due the device is open and wanted, and the page is seen
 * @param {number} nowMs
 * @returns {Capture | null} null while nothing can be said
 */
export function captured(before, amount, due, nowMs) {
  if (!due || amount === null) return null;
  if (!before || nowMs - before.atMs > MISSED_LOOKS_MS) return { amount, atMs: nowMs, grewAtMs: nowMs, stopped: false };
  const grewAtMs = amount === before.amount ? before.grewAtMs : nowMs;
  return { amount, atMs: nowMs, grewAtMs, stopped: nowMs - grewAtMs >= STOPPED_AFTER_MS };
}
