/** Is a picture dark or frozen, judged from tiny samples of it. Pure; evidence for the far side, it never closes anything. */

/** @typedef {"ok" | "dark" | "frozen" | "unknown"} PictureJudgement */

const DARK_BELOW = 16;
const SAME_WITHIN = 0;
/** Even a still scene has a camera's noise; only a picture that is the same to the bit for this many samples is frozen. */
const FROZEN_AFTER = 3;

/** @typedef {{pixels: Uint8ClampedArray | null, same: number}} PictureMemory */

/** @type {PictureMemory} */
export const NO_PICTURE_YET = Object.freeze({ pixels: null, same: 0 });

/**
 * @param {PictureMemory} memory  what the last call returned
 * @param {Uint8ClampedArray | null} pixels  RGBA, or null when there is no picture to sample
 * @returns {{judgement: PictureJudgement, memory: PictureMemory}}
 */
export function judgePicture(memory, pixels) {
  if (!pixels || pixels.length === 0) return { judgement: "unknown", memory: NO_PICTURE_YET };
  const same = memory.pixels && differenceOf(memory.pixels, pixels) <= SAME_WITHIN ? memory.same + 1 : 0;
  const next = { pixels, same };
  if (brightnessOf(pixels) < DARK_BELOW) return { judgement: "dark", memory: next };
  return { judgement: same >= FROZEN_AFTER ? "frozen" : "ok", memory: next };
}

/** Mean luma, 0 to 255. @param {Uint8ClampedArray} pixels */
function brightnessOf(pixels) {
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 4) sum += 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
  return sum / (pixels.length / 4);
}

/** The greatest difference of any sample. @param {Uint8ClampedArray} before @param {Uint8ClampedArray} after */
function differenceOf(before, after) {
  if (before.length !== after.length) return 255;
  let greatest = 0;
  for (let at = 0; at < before.length; at += 1) greatest = Math.max(greatest, Math.abs(before[at] - after[at]));
  return greatest;
}
