/**
 * What a sender of this page is asked to send. Pure: one answer from the kind of media, how long ago it began, and the browser.
 *
 * @typedef {{maxBitrate: number, degradationPreference: RTCDegradationPreference | null}} Encoding  bits a second; null where it has no meaning
 */

const MAX_BPS = Object.freeze({ audio: 48_000, video: 2_500_000 });

/** A picture starts sharp; after that a fall of the network should cost frames and sharpness evenly (measured, see docs). */
export const SHARP_START_MS = 12_000;

/**
 * @param {"audio" | "video"} kind
 * @param {{sharp: boolean, firefox: boolean}} circumstances  sharp: within the first `SHARP_START_MS`
 * @returns {Encoding}
 */
export function encodingFor(kind, { sharp, firefox }) {
  // Firefox freezes for good when it holds on to the resolution at a cliff of the network.
  const preference = sharp && !firefox ? "maintain-resolution" : "balanced";
  return { maxBitrate: MAX_BPS[kind], degradationPreference: kind === "video" ? preference : null };
}
