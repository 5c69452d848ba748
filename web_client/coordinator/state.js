/**
 * What the care coordinator sees: the last answers of `GET /api/coordinator/referrals` and `…/concerns` in their order, the numbers
 * that were asked for, which cards are open, how many of each list are shown, and what is being told. Pure.
 *
 * @typedef {import("../shared/api.js").CoordinatorLine} Line
 * @typedef {"overdue" | "open" | "closed"} Group
 * @typedef {Group | "concerns"} List
 *
 * @typedef {"booked" | "seen" | "reopened"} Asked what is asked for once more before it is told
 * @typedef {"contacted" | "received" | Asked} Fact
 *
 * @typedef {{now: string, referrals: Line[], more: boolean, concerns: import("../shared/api.js").ConcernLine[],
 *            moreConcerns: boolean}} Data `more`: than the server lists
 *
 * @typedef {Object} Own
 * @property {Readonly<Record<string, string>>} phones whole numbers, by referral or concern
 * @property {ReadonlySet<string>} opened the referrals and concerns whose card is open
 * @property {Readonly<Record<List, number>>} most so many of each list are shown
 * @property {string | null} busy the referral or concern of which something is being asked or told
 * @property {{referral: string, fact: Asked} | null} asking
 * @property {{referral: string, code: string} | null} problem
 * @typedef {import("../shared/staff/entry.js").Entry<Data> & Own} State
 *
 * @typedef {import("../shared/staff/entry.js").EntryEvent<Data>
 *   | {type: "toggle", id: string}
 *   | {type: "further", list: List}
 *   | {type: "ask", referral: string, fact: Asked | null}
 *   | {type: "asked", referral: string}
 *   | {type: "phone", referral: string, phone: string}
 *   | {type: "told", line: Line}
 *   | {type: "answered", line: import("../shared/api.js").ConcernLine}
 *   | {type: "failed", referral: string, code: string}} Event
 */

import { noEntry, reduceEntry } from "../shared/staff/entry.js";

/** Answers come every 15 s; after three missed ones the list is no longer about now. */
export const STALE_AFTER_MS = 50_000;

/** A phone's screen or three; what closed is rarely looked for. @type {Readonly<Record<List, number>>} */
const FIRST = Object.freeze({ overdue: 10, open: 10, closed: 3, concerns: 5 });
const STEP = 20;

/** @returns {State} */
export function initial() {
  return { ...noEntry(), phones: {}, opened: new Set(), most: FIRST, busy: null, asking: null, problem: null };
}

/** @param {State} state @param {Event} event @returns {State} */
export function reduce(state, event) {
  switch (event.type) {
    case "toggle":
      return { ...state, opened: state.opened.has(event.id) ? without(state.opened, event.id) : new Set(state.opened).add(event.id) };
    case "further":
      return { ...state, most: { ...state.most, [event.list]: state.most[event.list] + STEP } };
    case "ask":
      return { ...state, asking: event.fact && { referral: event.referral, fact: event.fact } };
    case "asked":
      return { ...state, busy: event.referral, problem: null };
    case "phone":
      return { ...state, busy: null, phones: { ...state.phones, [event.referral]: event.phone }, opened: new Set(state.opened).add(event.referral) }; // what the call brings is noted there
    case "told":
      return { ...state, busy: null, asking: null, data: state.data && { ...state.data, referrals: replaced(state.data.referrals, event.line) } };
    case "answered":
      return { ...state, busy: null, data: state.data && { ...state.data, concerns: state.data.concerns.map((each) => (each.id === event.line.id ? event.line : each)) } };
    case "failed":
      return { ...state, busy: null, problem: { referral: event.referral, code: event.code } };
    default:
      return reduceEntry(state, event, initial);
  }
}

/** @param {ReadonlySet<string>} opened @param {string} id */
function without(opened, id) {
  return new Set([...opened].filter((each) => each !== id));
}

/**
 * What of a list is shown, and how many the next step brings.
 *
 * @template L
 * @param {State} state @param {List} list @param {readonly L[]} lines @returns {{shown: readonly L[], further: number}}
 */
export function shownOf({ most }, list, lines) {
  const shown = lines.slice(0, most[list]);
  return { shown, further: Math.min(STEP, lines.length - shown.length) };
}

/** @param {readonly Line[]} lines @param {Line} line */
function replaced(lines, line) {
  return lines.map((each) => (each.referral === line.referral ? line : each));
}

/** What can be told of it, the most likely first. @param {Line} line @returns {readonly Fact[]} */
export function factsFor({ state }) {
  if (state === "seen") return ["contacted", "reopened"];
  return state === "received" || state === "booked" ? ["contacted", "booked", "seen"] : ["contacted", "received", "booked", "seen"];
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
