/** The join page: one question, and what each refused link means. Pure. */

/** @typedef {import("../shared/i18n/i18n.js").Language} Language */
/** @typedef {"ask" | "joining" | "unknown" | "used" | "expired" | "throttled" | "network" | "other"} Screen */
/** @typedef {{language: Language, screen: Screen}} State */

/** @type {Readonly<Record<string, Screen>>} */
const SCREEN_OF_CODE = Object.freeze({
  link_unknown: "unknown",
  link_used: "used",
  link_expired: "expired",
  too_many_attempts: "throttled",
  network: "network",
});

/** @param {string} code an API problem's @returns {Screen} */
export function screenOfProblem(code) {
  return SCREEN_OF_CODE[code] ?? "other";
}

/** Trying again helps only where the link itself may still be good. @param {Screen} screen */
export function canRetry(screen) {
  return screen === "throttled" || screen === "network" || screen === "other";
}

/** The link will not lead in, but another one may. @param {Screen} screen */
export function isLinkRefused(screen) {
  return screen === "unknown" || screen === "used" || screen === "expired";
}

/** The token of `/j/{token}`; empty when the address holds none. @param {string} pathname */
export function tokenOf(pathname) {
  return /^\/j\/([^/]+)\/?$/.exec(pathname)?.[1] ?? "";
}

/** Where to go after joining: only ever a path of this very server. @param {string} next @param {string} visit */
export function destinationOf(next, visit) {
  return /^\/(?![/\\])/.test(next) ? next : `/family/?visit=${encodeURIComponent(visit)}`;
}
