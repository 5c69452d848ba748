/** Free times as days and, of the day that is looked at, hours; for whoever books and whoever moves a visit. */

import { h } from "../shared/ui/dom.js";
import { daysOf } from "./state.js";
import { dayOf, isMorning, shortDay, timeOf, wholeDay } from "./words.js";

/** @typedef {import("./state.js").Slot} Slot */
/** @typedef {Pick<import("./state.js").State, "language" | "times" | "nextDay" | "day" | "slot">} Times */
/** @typedef {{type: "day", day: string} | {type: "slot", slot: Slot} | {type: "later_times"}} TimesIntent */
/** @typedef {{state: Times, t: import("../shared/i18n/i18n.js").Translate, emit: (intent: TimesIntent) => void}} TimesScene */

/** @param {TimesScene} scene */
export function timesGrid(scene) {
  const { state, t, emit } = scene;
  const { times, day, language } = state;
  const ofDay = times.items.filter((slot) => dayOf(slot.starts_at) === day);
  return [
    h(
      "div",
      { class: "days", role: "group", "aria-label": t("book.time.days"), key: "days" },
      daysOf(times.items).map((each) => {
        const { weekday, date } = shortDay(language, each);
        return h(
          "button",
          { key: each, type: "button", class: "day", "aria-pressed": String(each === day), onclick: () => emit({ type: "day", day: each }) },
          h("span", { class: "small" }, weekday),
          h("strong", null, date),
        );
      }),
    ),
    state.nextDay !== null &&
      h("button", { key: "later", type: "button", class: "button button-quiet", disabled: times.state === "loading", onclick: () => emit({ type: "later_times" }) }, t("book.time.later")),
    h(
      "section",
      { class: "stack", key: "times", "aria-live": "polite" },
      ofDay.length > 0 && h("h2", { key: "day" }, wholeDay(language, ofDay[0].starts_at)),
      part(scene, "morning", ofDay.filter((slot) => isMorning(slot.starts_at))),
      part(scene, "afternoon", ofDay.filter((slot) => !isMorning(slot.starts_at))),
    ),
  ];
}

/** @param {TimesScene} scene @param {"morning" | "afternoon"} name @param {Slot[]} slots */
function part({ state, t, emit }, name, slots) {
  if (slots.length === 0) return null;
  return h(
    "div",
    { class: "stack-tight", key: name, role: "group", "aria-label": t(`book.time.${name}`) },
    h("p", { class: "small soft" }, t(`book.time.${name}`)),
    h(
      "div",
      { class: "times" },
      slots.map((slot) =>
        h("button", { key: slot.id, type: "button", class: "time figures", "aria-pressed": String(slot.id === state.slot?.id), onclick: () => emit({ type: "slot", slot }) }, timeOf(state.language, slot.starts_at)),
      ),
    ),
  );
}
