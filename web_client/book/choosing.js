/** Choosing a hospital, a specialist, a time: each a list of large targets, and an answer when there is nothing to choose. */

import { h, icon } from "../shared/ui/dom.js";
import { hospitalsOf } from "./state.js";
import { timesGrid } from "./times.js";
import { backButton, failed, noticeOf, primary, title } from "./frame.js";
import { dayTime } from "./words.js";

/** @typedef {import("./frame.js").Scene} Scene */
/** @typedef {import("../shared/ui/dom.js").Child} Child */

/** @param {Scene} scene */
export function hospitalScreen(scene) {
  const { state, t, emit } = scene;
  const field = t(`field.${state.field ?? state.route?.field}`);
  const found = hospitalsOf(state);
  return fetched(scene, state.hospitals, found.length === 0, ["book.hospital.none", { field }, null], () => [
    h("div", { class: "stack-tight", key: "head" }, title(t("book.hospital.title")), h("p", { class: "soft" }, t("book.hospital.lead", { field }))),
    noticeOf(scene),
    h(
      "ul",
      { class: "picks", key: "picks" },
      found.map((hospital) =>
        pick(hospital.id, state.hospital?.id === hospital.id, () => emit({ type: "hospital", hospital }), [
          h("span", { class: "pick-name" }, state.language === "zh" ? hospital.name : hospital.name_en || hospital.name),
          h("span", { class: "soft" }, t("book.hospital.ages", { youngest: hospital.youngest_years, oldest: hospital.oldest_years })),
        ]),
      ),
    ),
    backButton(scene),
  ]);
}

/** @param {Scene} scene */
export function specialistScreen(scene) {
  const { state, t, emit } = scene;
  const zh = state.language === "zh";
  const hospital = zh ? state.hospital?.name : state.hospital?.name_en || state.hospital?.name;
  const none = state.specialists.items.length === 0;
  return fetched(scene, state.specialists, none, ["book.specialist.none", {}, ["book.specialist.others", "hospital"]], () => [
    h(
      "div",
      { class: "stack-tight", key: "head" },
      title(t("book.specialist.title")),
      h("p", { class: "soft" }, t("book.specialist.lead", { hospital: hospital ?? "", field: t(`field.${state.field}`) })),
    ),
    noticeOf(scene),
    h(
      "ul",
      { class: "picks", key: "picks" },
      state.specialists.items.map((each) =>
        pick(`${each.id}-${each.department.id}`, state.specialist?.id === each.id, () => emit({ type: "specialist", specialist: each }), [
          h("span", { class: "pick-head" }, h("span", { class: "licence-mark", "aria-hidden": "true" }, [...each.name][0]), h("span", null, h("span", { class: "pick-name" }, each.name), h("span", { class: "pick-line" }, zh ? each.title : t(`book.rank.${each.rank}`)))),
          h("span", null, zh ? each.department.name : each.department.name_en || each.department.name),
          h("span", { class: "soft small" }, t("book.specialist.licence", { licence: each.licence })),
          h("span", { class: "pick-next" }, icon("clock"), t("book.specialist.next", { time: dayTime(state.language, each.next_at) })),
        ]),
      ),
    ),
    backButton(scene),
  ]);
}

/** @param {Scene} scene */
export function timeScreen(scene) {
  const { state, t } = scene;
  const none = state.times.items.length === 0;
  return fetched(scene, state.times, none, ["book.time.none", {}, ["book.time.others", "specialist"]], () => [
    h("div", { class: "stack-tight", key: "head" }, title(t("book.time.title")), h("p", { class: "soft" }, t("book.time.lead", { name: state.specialist?.name ?? "" }))),
    noticeOf(scene),
    timesGrid(scene),
    backButton(scene),
  ]);
}

/** @param {string} key @param {boolean} chosen @param {() => void} onclick @param {Child[]} content */
function pick(key, chosen, onclick, content) {
  return h("li", { key }, h("button", { type: "button", class: "pick", "aria-pressed": String(chosen), onclick }, h("span", { class: "pick-words" }, content), icon("arrow")));
}

/**
 * What is on its way, could not be had, or is nothing.
 * @param {Scene} scene @param {import("./state.js").Fetched<unknown>} of @param {boolean} none
 * @param {[string, Record<string, string>, [string, string] | null]} empty the words, and what else can be done @param {() => Child} content
 */
function fetched(scene, of, none, [words, values, elsewhere], content) {
  const { t, emit } = scene;
  if (of.state === "failed" && none) return failed(t, of.code, emit);
  if (of.state !== "there" && none) return h("p", { class: "working", role: "status", key: "loading" }, t("book.loading"));
  if (!none) return content();
  return [
    noticeOf(scene),
    h("div", { class: "stack", key: "none" }, title(t(`${words}.title`, values)), h("p", null, t(`${words}.body`, values))),
    elsewhere && primary(t(elsewhere[0]), () => emit({ type: "go", screen: elsewhere[1] })),
    elsewhere === null && backButton(scene),
  ];
}
