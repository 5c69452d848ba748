/**
 * The page for the destination's desk: which referral it is, what was told, what can be told next. Pure.
 *
 * @typedef {import("../shared/i18n/i18n.js").Language} Language
 * @typedef {import("../shared/api.js").DeskReferral} DeskReferral
 * @typedef {"loading" | "shown" | "unknown" | "expired" | "throttled" | "network" | "other"} Screen
 * @typedef {"received" | "booked" | "seen"} Fact
 * @typedef {Object} State
 * @property {Language} language
 * @property {Screen} screen
 * @property {DeskReferral | null} referral
 * @property {Fact | null} busy
 * @property {boolean} asking whether the child was seen: it closes the referral, so a screen of its own asks
 * @property {boolean} failed
 * @property {boolean} told
 */

/** @type {Readonly<Record<string, Screen>>} */
const SCREEN_OF_CODE = Object.freeze({
  link_unknown: "unknown",
  link_expired: "expired",
  too_many_attempts: "throttled",
  network: "network",
});

/** @param {Language} language @param {string} token @returns {State} */
export function initial(language, token) {
  return { language, screen: token === "" ? "unknown" : "loading", referral: null, busy: null, asking: false, failed: false, told: false };
}

/** @param {string} code an API problem's @returns {Screen} */
export function screenOfProblem(code) {
  return SCREEN_OF_CODE[code] ?? "other";
}

/** @param {Screen} screen */
export function canRetry(screen) {
  return screen === "throttled" || screen === "network" || screen === "other";
}

/** The token of `/r/{token}`; empty when the address holds none. @param {string} pathname */
export function tokenOf(pathname) {
  return /^\/r\/([^/]+)\/?$/.exec(pathname)?.[1] ?? "";
}

/** What can be told now, the most likely first. @param {string} receipt @returns {Fact[]} */
export function factsAfter(receipt) {
  if (receipt === "seen") return [];
  return receipt === "received" || receipt === "booked" ? ["booked", "seen"] : ["received"];
}
