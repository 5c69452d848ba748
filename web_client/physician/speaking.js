/** Is somebody talking into a muted microphone? Told from loudness alone. Pure. */

/** Loudness (0 to 1, about -33 dBFS) above which it is a voice at a desk rather than a room. */
const VOICE = 0.5;
const FOR_MS = 300;
const QUIET_MS = 1500;

/** @typedef {{loudSinceMs: number | null, loudAtMs: number | null, speaking: boolean}} Heard */

/** @type {Heard} */
export const SILENCE = Object.freeze({ loudSinceMs: null, loudAtMs: null, speaking: false });

/**
 * @param {Heard} heard
 * @param {number} level
 * @param {number} nowMs
 * @returns {Heard}
 */
export function hear(heard, level, nowMs) {
  if (level >= VOICE) {
    const loudSinceMs = heard.loudSinceMs ?? nowMs;
    return { loudSinceMs, loudAtMs: nowMs, speaking: heard.speaking || nowMs - loudSinceMs >= FOR_MS };
  }
  const quiet = heard.loudAtMs === null || nowMs - heard.loudAtMs >= QUIET_MS;
  return quiet ? SILENCE : { ...heard, loudSinceMs: null };
}
