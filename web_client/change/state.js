/**
 * The page on which a family moves its appointment or calls it off: what it knows and how that changes. Pure.
 *
 * @typedef {import("../shared/i18n/i18n.js").Language} Language
 * @typedef {import("../book/state.js").Slot} Slot
 * @typedef {{visit: string, field: string, hospital: {name: string, name_en: string, phone?: string | null}, physician: {name: string, title: string, rank: string}, starts_at: string, ends_at: string,
 *            state: string, outcome: string | null, slot: string | null, revision: number, may: {move: boolean, cancel: boolean}}} Appointment
 * @typedef {"loading" | "failed" | "shown" | "times" | "cancel"} Screen
 * @typedef {{language: Language, screen: Screen, code: string, appointment: Appointment | null, times: import("../book/state.js").Fetched<Slot>, nextDay: string | null, day: string | null,
 *            slot: Slot | null, busy: boolean, notice: string, moved: boolean}} State
 *   `code`: why nothing can be shown; `notice`: a problem's code, or empty
 */

/**
 * @typedef {{type: "language", language: Language} | {type: "read", appointment: Appointment} | {type: "unread", code: string} | {type: "go", screen: Screen}
 *   | {type: "fetching"} | {type: "times", items: readonly Slot[], next: string | null, more: boolean} | {type: "no_times", code: string}
 *   | {type: "day", day: string} | {type: "slot", slot: Slot} | {type: "sending"} | {type: "moved", appointment: Appointment} | {type: "refused", code: string}} Change
 */

import { dayOf } from "../book/words.js";

/** @type {State["times"]} */
const NOTHING = Object.freeze({ state: "none", code: "", items: [] });

/** @param {Language} language @returns {State} */
export function initial(language) {
  return { language, screen: "loading", code: "", appointment: null, times: NOTHING, nextDay: null, day: null, slot: null, busy: false, notice: "", moved: false };
}

/** @param {State} state @param {Change} change @returns {State} */
export function reduce(state, change) {
  switch (change.type) {
    case "language":
      return { ...state, language: change.language };
    case "read":
      return { ...state, appointment: change.appointment, screen: "shown", code: "", busy: false, times: NOTHING, slot: null };
    case "unread":
      return { ...state, screen: "failed", code: change.code, busy: false };
    case "go":
      return { ...state, screen: change.screen, notice: "", moved: false };
    case "fetching":
      return { ...state, times: { ...state.times, state: "loading", code: "" } };
    case "no_times":
      return { ...state, times: { ...state.times, state: "failed", code: change.code } };
    case "times":
      return timed(state, change.items, change.next, change.more);
    case "day":
      return { ...state, day: change.day };
    case "slot":
      return { ...state, slot: change.slot };
    case "sending":
      return { ...state, busy: true, notice: "" };
    case "moved":
      return { ...reduce(state, { type: "read", appointment: change.appointment }), moved: true, notice: "" };
    case "refused":
      return refused(state, change.code);
  }
}

/** @param {State} state @param {readonly Slot[]} items @param {string | null} next @param {boolean} more @returns {State} */
function timed(state, items, next, more) {
  const all = more ? [...state.times.items, ...items] : items;
  const first = more ? items[0] : all[0];
  return { ...state, times: { state: "there", code: "", items: all }, nextDay: next, day: first ? dayOf(first.starts_at) : state.day };
}

const NEVER = Object.freeze({ move: false, cancel: false });
const TIME_GONE = new Set(["slot_taken", "slot_unknown", "schedule_closed", "physician_busy", "in_the_past", "beyond_horizon"]);

/** A time that is gone is chosen anew; all else is said where the visit is shown. @param {State} state @param {string} code @returns {State} */
function refused(state, code) {
  if (TIME_GONE.has(code)) return { ...state, busy: false, times: NOTHING, slot: null, screen: "times", notice: "time_gone" };
  if (code === "visit_under_way" && state.appointment) return { ...state, busy: false, screen: "shown", notice: code, appointment: { ...state.appointment, may: NEVER } };
  return { ...state, busy: false, screen: state.screen === "times" && code === "network" ? "times" : "shown", notice: code === "session_ended" ? "" : code };
}

/** Which words a problem has here. @param {string} code */
export function wordsOf(code) {
  const known = ["time_gone", "network", "too_many_attempts", "visit_under_way", "not_allowed", "precondition_failed"];
  return known.includes(code) ? `change.notice.${code}` : "error.unknown";
}
