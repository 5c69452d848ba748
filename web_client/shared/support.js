/**
 * Whether this browser can hold a consultation, told from plain facts, so that a family reads what to do and not a black picture.
 * Pure.
 */

/**
 * @typedef {{secure: boolean, hasDevices: boolean, hasPeerConnection: boolean, userAgent: string}} BrowserFacts
 * @typedef {"ok" | "insecure" | "in_app" | "unsupported"} Support
 * @typedef {"denied" | "none" | "busy" | "interrupted" | "unknown"} DeviceProblem
 */

/** In-app browsers families come from; some of them hide the camera. */
const IN_APP = /MicroMessenger|QQ\/|Weibo|AlipayClient|DingTalk|aweme|BytedanceWebview|FBAN|FBAV|Line\//i;

/** @param {BrowserFacts} facts @returns {Support} */
export function supportOf({ secure, hasDevices, hasPeerConnection, userAgent }) {
  if (!secure) return "insecure";
  if (hasDevices && hasPeerConnection) return "ok";
  return IN_APP.test(userAgent) ? "in_app" : "unsupported";
}

/** What `getUserMedia` refused with, as one of our problems. @param {unknown} error @returns {DeviceProblem} */
export function deviceProblemOf(error) {
  switch (error instanceof Error || error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
    case "PermissionDeniedError":
      return "denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "TrackStartError":
      return "busy";
    case "AbortError":
      return "interrupted";
    default:
      return "unknown";
  }
}
