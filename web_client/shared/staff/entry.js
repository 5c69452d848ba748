/**
 * What every staff page's state begins with: whether somebody is signed in, the sign-in that failed, the last answer of what the page
 * asks again and again, and how old that is. A page adds its own members, and gives events that are not its own to `reduceEntry`. Pure.
 *
 * @typedef {import("../api.js").Staff} Staff
 * @typedef {{busy: boolean, problem: string | null, retryAtMs: number | null}} SignIn `problem`: a code
 * @typedef {{type: "sign_in_sent"} | {type: "sign_in_failed", code: string, retryAfterS: number | null, atMs: number}} SignInEvent
 */

/**
 * @template D
 * @typedef {Object} Entry
 * @property {"loading" | "sign_in" | "open"} screen
 * @property {number} nowMs the page's monotonic clock
 * @property {Staff | null} me
 * @property {SignIn} signIn
 * @property {D | null} data
 * @property {number} atMs when `data` arrived
 */

/**
 * @template D
 * @typedef {{type: "tick", atMs: number}
 *   | {type: "signed_out"}
 *   | {type: "signed_in", me: Staff, atMs: number}
 *   | SignInEvent
 *   | {type: "data", data: D, atMs: number}} EntryEvent
 */

/** @type {SignIn} */
export const NOT_TRIED = Object.freeze({ busy: false, problem: null, retryAtMs: null });

/** Before anything is known. @returns {Entry<never>} */
export function noEntry() {
  return { screen: "loading", nowMs: 0, me: null, signIn: NOT_TRIED, data: null, atMs: 0 };
}

/**
 * @template D
 * @template {Entry<D>} S
 * @param {S} state @param {EntryEvent<D>} event @param {() => S} initial  the page's state before anything is known
 * @returns {S}
 */
export function reduceEntry(state, event, initial) {
  switch (event.type) {
    case "tick":
      return { ...state, nowMs: event.atMs };
    case "signed_out": // nobody who comes after sees what was there
      return { ...initial(), screen: "sign_in", nowMs: state.nowMs };
    case "signed_in":
      return { ...state, screen: "open", me: event.me, signIn: NOT_TRIED, atMs: event.atMs, nowMs: event.atMs };
    case "data":
      return { ...state, data: event.data, atMs: event.atMs, nowMs: event.atMs };
    default:
      return { ...state, signIn: reduceSignIn(event) };
  }
}

/** @param {SignInEvent} event @returns {SignIn} */
export function reduceSignIn(event) {
  if (event.type === "sign_in_sent") return { busy: true, problem: null, retryAtMs: null };
  return { busy: false, problem: event.code, retryAtMs: event.retryAfterS === null ? null : event.atMs + event.retryAfterS * 1000 };
}

/**
 * @param {{screen: string, nowMs: number, atMs: number}} state @param {number} afterMs
 * @returns {number | null} whole seconds since the last answer when that is too long, else null
 */
export function staleS({ screen, nowMs, atMs }, afterMs) {
  const age = nowMs - atMs;
  return screen === "open" && age > afterMs ? Math.floor(age / 1000) : null;
}

/** Whole seconds until signing in may be tried again. @param {{signIn: SignIn, nowMs: number}} state */
export function waitS({ signIn: { retryAtMs }, nowMs }) {
  return retryAtMs === null ? 0 : Math.max(0, Math.ceil((retryAtMs - nowMs) / 1000));
}
