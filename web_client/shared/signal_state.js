/**
 * What a connection to the visit is, and what each thing that happens does to it: which messages are new, what a reconnect resumes
 * from, how long to wait before the next attempt. Pure: no clock, no chance, no socket.
 */

/** @typedef {import("./messages.js").ServerMessage} ServerMessage */
/** @typedef {import("./messages.js").Hello} Hello */
/** @typedef {"connecting" | "online" | "offline" | "closing" | "refused" | "superseded" | "closed"} Link */

/**
 * @typedef {object} SignalState
 * @property {Link} link
 * @property {number} epoch of the newest welcome; 0 before the first
 * @property {number} seq the newest message that was seen in that epoch
 * @property {number} attempts that failed since it was last online
 * @property {number} notBeforeMs how long the server asked us to stay away, else 0
 */

/** @type {Readonly<SignalState>} */
export const INITIAL = Object.freeze({ link: "connecting", epoch: 0, seq: 0, attempts: 0, notBeforeMs: 0 });

/** After these a new attempt may succeed; any other refusal stands. */
const PASSING = new Set(["bad_token", "unavailable", "rate_limited", "media_unavailable", "stale_epoch", "network"]);
const FINAL = new Set(["refused", "superseded", "closed"]);
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 8_000;
/** Somebody is looking at the page and waits for the picture to come back. */
const LONGEST_EAGER_WAIT_MS = 1_000;

/** Whether nothing more will be tried. @param {SignalState} state */
export function isOver(state) {
  return FINAL.has(state.link);
}

/** @param {string} code */
export function mayPass(code) {
  return PASSING.has(code);
}

/**
 * A message came. `fresh` is false for one that was seen before, or that belongs to an epoch whose welcome was never seen.
 * @param {SignalState} state @param {ServerMessage} message @returns {{state: SignalState, fresh: boolean}}
 */
export function received(state, message) {
  if (message.type === "welcome" && message.epoch !== state.epoch) {
    return { state: online({ ...state, epoch: message.epoch, seq: message.seq }), fresh: true };
  }
  if (message.seq <= state.seq || state.epoch === 0) return { state, fresh: false };
  const seen = { ...state, seq: message.seq };
  if (message.type === "superseded") return { state: { ...seen, link: "superseded" }, fresh: true };
  if (message.type === "closing") return { state: { ...seen, link: "closing", notBeforeMs: message.retry_s * 1000 }, fresh: true };
  return { state: seen, fresh: true };
}

/** The server let the page in; a page that resumes hears no welcome. @param {SignalState} state @returns {SignalState} */
export function online(state) {
  return isOver(state) ? state : { ...state, link: "online", attempts: 0, notBeforeMs: 0 };
}

/** An attempt begins. @param {SignalState} state @returns {SignalState} */
export function attempting(state) {
  return isOver(state) ? state : { ...state, link: "connecting" };
}

/** The connection, or an attempt at one, ended. @param {SignalState} state @param {string} code @returns {SignalState} */
export function lost(state, code) {
  if (isOver(state)) return state;
  if (!mayPass(code)) return { ...state, link: "refused" };
  return { ...state, link: state.link === "closing" ? "closing" : "offline", attempts: state.attempts + 1 };
}

/**
 * How long to wait before the next attempt; `chance` is 0 to 1 and spreads a crowd.
 * @param {SignalState} state @param {number} chance @param {boolean} eager
 */
export function waitMs(state, chance, eager = false) {
  const cap = eager ? LONGEST_EAGER_WAIT_MS : LONGEST_WAIT_MS;
  const longest = Math.min(cap, FIRST_WAIT_MS * 2 ** Math.max(0, state.attempts - 1));
  return state.notBeforeMs + longest * (0.5 + chance / 2);
}

/**
 * What to say when connecting.
 * @param {SignalState} state @param {string} token @param {string} instance @param {"zh" | "en"} language @returns {Hello}
 */
export function hello(state, token, instance, language) {
  const resume = state.epoch === 0 ? null : { epoch: state.epoch, seq: state.seq };
  return { token, instance, language, resume };
}
