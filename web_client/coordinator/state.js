/**
 * What the care coordinator sees: the last answers of `GET /api/coordinator/referrals` and `…/concerns` in their order, the numbers
 * that were asked for, and what is being told. Pure.
 *
 * @typedef {import("../shared/api.js").CoordinatorLine} Line
 * @typedef {"overdue" | "open" | "closed"} Group
 *
 * @typedef {{now: string, referrals: Line[], more: boolean, concerns: import("../shared/api.js").ConcernLine[]}} Data
 *
 * @typedef {Object} Own
 * @property {Readonly<Record<string, string>>} phones whole numbers, by referral
 * @property {string | null} busy the referral or concern of which something is being asked or told
 * @property {{referral: string, code: string} | null} problem
 * @typedef {import("../shared/staff/entry.js").Entry<Data> & Own} State
 *
 * @typedef {import("../shared/staff/entry.js").EntryEvent<Data>
 *   | {type: "asked", referral: string}
 *   | {type: "phone", referral: string, phone: string}
 *   | {type: "told", line: Line}
 *   | {type: "answered", line: import("../shared/api.js").ConcernLine}
 *   | {type: "failed", referral: string, code: string}} Event
 */

import { noEntry, reduceEntry } from "../shared/staff/entry.js";

/** Answers come every 15 s; after three missed ones the list is no longer about now. */
export const STALE_AFTER_MS = 50_000;

/** @returns {State} */
export function initial() {
  return { ...noEntry(), phones: {}, busy: null, problem: null };
}

/** @param {State} state @param {Event} event @returns {State} */
export function reduce(state, event) {
  switch (event.type) {
    case "asked":
      return { ...state, busy: event.referral, problem: null };
    case "phone":
      return { ...state, busy: null, phones: { ...state.phones, [event.referral]: event.phone } };
    case "told":
      return { ...state, busy: null, data: state.data && { ...state.data, referrals: replaced(state.data.referrals, event.line) } };
    case "answered":
      return { ...state, busy: null, data: state.data && { ...state.data, concerns: state.data.concerns.map((each) => (each.id === event.line.id ? event.line : each)) } };
    case "failed":
      return { ...state, busy: null, problem: { referral: event.referral, code: event.code } };
    default:
      return reduceEntry(state, event, initial);
  }
}

/** @param {readonly Line[]} lines @param {Line} line */
function replaced(lines, line) {
  return lines.map((each) => (each.referral === line.referral ? line : each));
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
