/**
 * Saving a picture out of the family's video for the record: when that may be, what the picture is, and how it gets there. Where a
 * guardian did not agree to it the button stays, and says so.
 *
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {{state: "none" | "saving" | "saved"} | {state: "failed", text: string}} Still what became of the last one
 */

import { ApiProblem } from "../shared/api.js";
import { upload } from "../shared/upload.js";

/** As the server takes them (docs/documents.md). */
export const MOST_SIDE = 1920;
export const MOST_BYTES = 2 << 20;
const QUALITIES = [0.92, 0.8, 0.6, 0.4];
const WITHIN_MS = 60_000;

/** Why none can be saved now, null when one can. @param {Visit} visit @returns {"not_now" | "not_agreed" | "no_picture" | "offline" | "saving" | null} */
export function whyNoStill({ session, link, remotePicture, still }) {
  if (session?.state !== "live" || !session.gate) return "not_now";
  if (!session.stills.allowed) return "not_agreed";
  if (!remotePicture) return "no_picture";
  if (link !== "online") return "offline";
  return still.state === "saving" ? "saving" : null;
}

/** The video's own size, smaller where its longer side is over the limit. @param {number} width @param {number} height */
export function fitted(width, height) {
  const scale = Math.min(1, MOST_SIDE / Math.max(width, height, 1));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/**
 * The frame that the video shows now, as a JPEG. Raises `Error` when there is none.
 *
 * @param {{videoWidth: number, videoHeight: number}} video
 * @param {(width: number, height: number) => {draw: () => void, jpeg: (quality: number) => Promise<Blob | null>}} easel
 */
export async function frameOf({ videoWidth, videoHeight }, easel) {
  const { width, height } = fitted(videoWidth, videoHeight);
  if (width === 0 || height === 0) throw new Error("no picture");
  const { draw, jpeg } = easel(width, height);
  draw();
  for (const quality of QUALITIES) {
    const blob = await jpeg(quality);
    if (blob && blob.size <= MOST_BYTES) return blob;
  }
  throw new Error("too large");
}

/** A canvas to draw that video on. @param {HTMLVideoElement} video */
export function canvasFor(video) {
  return (/** @type {number} */ width, /** @type {number} */ height) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    return {
      draw: () => canvas.getContext("2d")?.drawImage(video, 0, 0, width, height),
      jpeg: (/** @type {number} */ quality) => new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done, "image/jpeg", quality)),
    };
  };
}

/**
 * Saves one: the picture is that of the moment of the click, whatever the upload takes.
 *
 * @param {import("../shared/upload.js").Line} line @param {string} visit @param {Promise<Blob>} frame @param {string} key
 * @param {(still: Still) => void} tell
 */
export async function saveStill(line, visit, frame, key, tell) {
  tell({ state: "saving" });
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), WITHIN_MS);
  try {
    await upload(line, visit, await frame, { key, purpose: "still" }, { begun() {}, sent() {}, lost() {} }, stop.signal);
    tell({ state: "saved" });
  } catch (error) {
    tell({ state: "failed", text: error instanceof ApiProblem ? error.detail : "" });
  } finally {
    clearTimeout(timer);
  }
}
