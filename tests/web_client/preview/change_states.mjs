/** Every state of the page for changing an appointment, reached by what happens, through the page's own rules. */

import { SLOTS } from "./book_states.mjs";

const { initial, reduce } = await import(globalThis.document ? "/web/change/state.js" : "../../../web_client/change/state.js");

export const APPOINTMENT = {
  visit: "v1", field: "growth", hospital: { name: "示范儿童医院", name_en: "Demo Children's Hospital", phone: "01000000000" }, physician: { name: "王芳", title: "主任医师", rank: "chief" },
  starts_at: SLOTS[0].starts_at, ends_at: SLOTS[0].ends_at, state: "waiting", outcome: null, slot: SLOTS[0].id, revision: 1, may: { move: true, cancel: true },
}; // prettier-ignore
const NEVER = { move: false, cancel: false };
const read = { type: "read", appointment: APPOINTMENT };
const times = [read, { type: "go", screen: "times" }, { type: "times", items: SLOTS.slice(1), next: "2026-12-01", more: false }];
const chosen = [...times, { type: "slot", slot: SLOTS[3] }];

const STORIES = {
  loading: [],
  foreign: [{ type: "unread", code: "not_signed_in" }],
  "no-network": [{ type: "unread", code: "network" }],
  shown: [read],
  fixed: [{ type: "read", appointment: { ...APPOINTMENT, may: NEVER } }],
  over: [{ type: "read", appointment: { ...APPOINTMENT, may: NEVER, state: "ended", outcome: "completed" } }],
  "times-loading": [read, { type: "go", screen: "times" }, { type: "fetching" }],
  "times-failed": [read, { type: "go", screen: "times" }, { type: "no_times", code: "network" }],
  "times-none": [read, { type: "go", screen: "times" }, { type: "times", items: [], next: null, more: false }],
  times,
  chosen,
  moving: [...chosen, { type: "sending" }],
  "time-gone": [...chosen, { type: "sending" }, { type: "refused", code: "slot_taken" }, { type: "times", items: SLOTS.slice(4), next: null, more: false }],
  unsure: [...chosen, { type: "sending" }, { type: "refused", code: "network" }],
  moved: [...chosen, { type: "moved", appointment: { ...APPOINTMENT, starts_at: SLOTS[3].starts_at, revision: 2 } }],
  cancel: [read, { type: "go", screen: "cancel" }],
  cancelled: [read, { type: "read", appointment: { ...APPOINTMENT, may: NEVER, state: "ended", outcome: "cancelled" } }],
  "under-way": [read, { type: "go", screen: "cancel" }, { type: "sending" }, { type: "refused", code: "visit_under_way" }],
}; // prettier-ignore

export const NAMES = Object.keys(STORIES);

/** @param {string} name @param {"zh" | "en"} language */
export function stateOf(name, language) {
  return STORIES[name].reduce(reduce, initial(language));
}
