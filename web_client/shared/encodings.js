/**
 * What a sender of this page is asked to send. Pure: one answer from the kind of media, the rung of the rescue ladder that is carried,
 * how long ago it began, and the browser.
 *
 * @typedef {{active: boolean, maxBitrate: number, scaleResolutionDownBy: number | null, maxFramerate: number | null,
 *            priority: RTCPriorityType, degradationPreference: RTCDegradationPreference | null}} Encoding
 *   bits and frames a second; null where it has no meaning or no limit
 */

/** A picture starts sharp; after that a fall of the network should cost frames and sharpness evenly (measured, see docs). */
export const SHARP_START_MS = 12_000;

/** What a picture takes at its best. */
export const FULL_PICTURE_BPS = 2_700_000;
/**
 * What a picture may take on each rung. `low` leaves room for sound below the 500 kbit/s under which `full` is left; `stills` is one
 * small picture a second, which a relay thins out further for a receiver that is as weak.
 */
const PICTURES = Object.freeze({
  full: { active: true, maxBitrate: FULL_PICTURE_BPS, scaleResolutionDownBy: 1, maxFramerate: null },
  low: { active: true, maxBitrate: 450_000, scaleResolutionDownBy: 2, maxFramerate: null },
  stills: { active: true, maxBitrate: 60_000, scaleResolutionDownBy: 2, maxFramerate: 1 },
  sound: { active: false, maxBitrate: 60_000, scaleResolutionDownBy: 2, maxFramerate: 1 },
  chat: { active: false, maxBitrate: 60_000, scaleResolutionDownBy: 2, maxFramerate: 1 },
});

/** Sound is speech: 24 kbit/s of Opus carry it well, and beside headers and tags cost a weak link 46. */
const SOUND_BPS = Object.freeze({ full: 48_000, low: 48_000, stills: 24_000, sound: 24_000, chat: 24_000 });

/**
 * @param {"audio" | "video"} kind
 * @param {{rung: import("./ladder.js").Rung, sharp: boolean, firefox: boolean}} circumstances  sharp: within the first `SHARP_START_MS`
 * @returns {Encoding}
 */
export function encodingFor(kind, { rung, sharp, firefox }) {
  if (kind === "audio")
    return { active: true, maxBitrate: SOUND_BPS[rung], scaleResolutionDownBy: null, maxFramerate: null, priority: "high", degradationPreference: null };
  // Firefox freezes for good when it holds on to the resolution at a cliff of the network.
  const holdsOn = (sharp && rung === "full") || rung === "stills";
  return { ...PICTURES[rung], priority: "low", degradationPreference: holdsOn && !firefox ? "maintain-resolution" : "balanced" };
}

/**
 * The encoding written into a sender's parameters; a limit that does not hold is taken out.
 * @param {RTCRtpSendParameters} parameters @param {Encoding} encoding @returns {RTCRtpSendParameters}
 */
export function withEncoding(parameters, { degradationPreference, scaleResolutionDownBy, maxFramerate, ...always }) {
  const { maxFramerate: _, ...first } = parameters.encodings[0];
  const limits = { ...(scaleResolutionDownBy && { scaleResolutionDownBy }), ...(maxFramerate && { maxFramerate }) };
  const encodings = [{ ...first, ...always, ...limits }, ...parameters.encodings.slice(1)];
  return { ...parameters, encodings, ...(degradationPreference && { degradationPreference }) };
}
