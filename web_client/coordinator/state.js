/**
 * What the care coordinator sees: the last answer of `GET /api/coordinator/referrals` in its order, the numbers that were asked for,
 * and what is being told. Pure.
 *
 * @typedef {import("../shared/api.js").CoordinatorLine} Line
 * @typedef {import("../shared/api.js").Staff} Staff
 * @typedef {"overdue" | "open" | "closed"} Group
 *
 * @typedef {Object} State
 * @property {"loading" | "sign_in" | "list"} screen
 * @property {number} nowMs the page's monotonic clock
 * @property {Staff | null} me
 * @property {{busy: boolean, problem: string | null, retryAtMs: number | null}} signIn
 * @property {{now: string, referrals: Line[], more: boolean} | null} data
 * @property {number} atMs when `data` arrived
 * @property {Readonly<Record<string, string>>} phones whole numbers, by referral
 * @property {string | null} busy the referral of which something is being asked or told
 * @property {{referral: string, code: string} | null} problem
 *
 * @typedef {{type: "tick", atMs: number}
 *   | {type: "signed_out"}
 *   | {type: "signed_in", me: Staff, atMs: number}
 *   | {type: "sign_in_sent"}
 *   | {type: "sign_in_failed", code: string, retryAfterS: number | null, atMs: number}
 *   | {type: "data", data: {now: string, referrals: Line[], more: boolean}, atMs: number}
 *   | {type: "asked", referral: string}
 *   | {type: "phone", referral: string, phone: string}
 *   | {type: "told", line: Line}
 *   | {type: "failed", referral: string, code: string}} Event
 */

/** Answers come every 15 s; after three missed ones the list is no longer about now. */
export const STALE_AFTER_MS = 50_000;

/** @returns {State} */
export function initial() {
  return {
    screen: "loading",
    nowMs: 0,
    me: null,
    signIn: { busy: false, problem: null, retryAtMs: null },
    data: null,
    atMs: 0,
    phones: {},
    busy: null,
    problem: null,
  };
}

/** @param {State} state @param {Event} event @returns {State} */
export function reduce(state, event) {
  switch (event.type) {
    case "tick":
      return { ...state, nowMs: event.atMs };
    case "signed_out": // nobody who comes after sees a number
      return { ...initial(), screen: "sign_in", nowMs: state.nowMs };
    case "signed_in":
      return { ...state, screen: "list", me: event.me, signIn: initial().signIn, atMs: event.atMs, nowMs: event.atMs };
    case "sign_in_sent":
      return { ...state, signIn: { busy: true, problem: null, retryAtMs: null } };
    case "sign_in_failed": {
      const retryAtMs = event.retryAfterS === null ? null : event.atMs + event.retryAfterS * 1000;
      return { ...state, signIn: { busy: false, problem: event.code, retryAtMs } };
    }
    case "data":
      return { ...state, data: event.data, atMs: event.atMs, nowMs: event.atMs };
    case "asked":
      return { ...state, busy: event.referral, problem: null };
    case "phone":
      return { ...state, busy: null, phones: { ...state.phones, [event.referral]: event.phone } };
    case "told":
      return { ...state, busy: null, data: state.data && { ...state.data, referrals: replaced(state.data.referrals, event.line) } };
    case "failed":
      return { ...state, busy: null, problem: { referral: event.referral, code: event.code } };
  }
}

/** @param {readonly Line[]} lines @param {Line} line */
function replaced(lines, line) {
  return lines.map((each) => (each.referral === line.referral ? line : each));
}

/** @param {State} state @returns {number | null} whole seconds since the last answer when that is too long, else null */
export function staleS({ screen, nowMs, atMs }) {
  const age = nowMs - atMs;
  return screen === "list" && age > STALE_AFTER_MS ? Math.floor(age / 1000) : null;
}

/** @param {Line} line @returns {Group} */
export function groupOf(line) {
  if (line.state === "seen") return "closed";
  return line.overdue || line.too_late ? "overdue" : "open";
}

/** The server's order, in its groups. @param {readonly Line[]} lines @returns {{group: Group, lines: Line[]}[]} */
export function grouped(lines) {
  /** @type {Group[]} */
  const groups = ["overdue", "open", "closed"];
  return groups.map((group) => ({ group, lines: lines.filter((line) => groupOf(line) === group) })).filter(({ lines: found }) => found.length > 0);
}

/** How long since then, by the server's clock: whole minutes, or hours, or days. @param {string} since @param {string} now */
export function lasting(since, now) {
  const minutes = Math.max(0, Math.floor((Date.parse(now) - Date.parse(since)) / 60_000));
  if (minutes < 60) return { unit: "minutes", n: minutes };
  return minutes < 48 * 60 ? { unit: "hours", n: Math.floor(minutes / 60) } : { unit: "days", n: Math.floor(minutes / 1440) };
}
