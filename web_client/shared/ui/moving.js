/** A moving picture with its sound, and what to do when a browser will not play it before a tap. */

import { h } from "./dom.js";

/**
 * A playing picture; muted when it is one's own.
 * @param {{key: string, class: string, stream: MediaStream | null, muted: boolean, label: string, role?: string, onblocked?: (blocked: boolean) => void}} picture
 */
export function moving({ key, class: look, stream, muted, label, role, onblocked }) {
  return h("video", {
    key, class: look, srcObject: stream, muted, "data-role": role ?? null, playsInline: true, autoplay: true, "aria-label": label, playsinline: true,
    "webkit-playsinline": true, "x5-playsinline": true, disablepictureinpicture: true,
    onloadedmetadata: (/** @type {Event} */ event) => play(/** @type {HTMLVideoElement} */ (event.currentTarget), onblocked),
    onplaying: () => onblocked?.(false),
  }); // prettier-ignore
}

/** In-app browsers refuse to play sound before a tap: then the page asks for one. @param {HTMLVideoElement} video @param {((blocked: boolean) => void) | undefined} onblocked */
function play(video, onblocked) {
  video.play().catch((error) => error instanceof DOMException && error.name === "NotAllowedError" && onblocked?.(true));
}
