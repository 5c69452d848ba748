/** Preparing the visit: a screen a group of questions, heights and weights, thanks; and the card that offers it. */

import { h, icon } from "../shared/ui/dom.js";
import { questionField } from "../shared/ui/questions.js";
import { button, page, progress, title } from "./frame.js";
import { groupOf, progressOf } from "./preparation.js";

/** @typedef {import("./frame.js").Scene} Scene */
/** @typedef {import("./preparation.js").Preparation} Preparation */
/** @typedef {import("./preparation.js").Measurement} Measurement */

/** @type {Readonly<Record<Measurement["kind"], readonly string[]>>} */
const METHODS = Object.freeze({
  height: ["standing_home", "standing_clinic", "lying_home", "lying_clinic"],
  weight: ["scale_home", "scale_clinic"],
});
const CLOTHES = Object.freeze(["none", "light", "heavy"]);
const KINDS = /** @type {const} */ (["height", "weight"]);

/** What is offered on the way into the waiting room and in it; nothing when there is no form. @param {Scene} scene */
export function prepareCard({ state, t, emit }) {
  const preparation = state.preparation;
  if (!preparation?.view.open) return null;
  const how = preparation.view.state;
  return h(
    "section",
    { class: "card stack-tight", key: "prepare-card", "aria-label": t("prepare.card.title") },
    h("h2", null, t("prepare.card.title")),
    routeNotice(preparation, t),
    h("p", { class: "soft" }, t(`prepare.card.${how}`)),
    h("button", { type: "button", class: "button button-block", onclick: () => emit({ type: "prepare_open" }) }, icon("document"), t(`prepare.card.${how}.do`)),
  );
}

/** @param {Scene} scene */
export function prepareScreen(scene) {
  const preparation = scene.state.preparation;
  if (!preparation) return null;
  const step = preparation.step;
  if (step === "done") return doneScreen(scene, preparation);
  return step === "measurements" ? measurementsScreen(scene, preparation) : groupScreen(scene, preparation);
}

/** @param {Scene} scene @param {Preparation} preparation */
function groupScreen(scene, preparation) {
  const { state, t, emit } = scene;
  const group = groupOf(preparation);
  if (!group) return null;
  const { n: at, of } = progressOf(preparation);
  const first = at === 1;
  const notice = routeNotice(preparation, t); // on the first screen below the signs: nothing moves under the finger that ticks one
  return page(
    scene,
    { key: `prepare-${group.link_id}` },
    progress(t, at, of),
    h("div", { class: "stack-tight" }, title(state, group.text), first && h("p", { class: "soft", key: "intro" }, preparation.view.questionnaire.intro)),
    !first && notice,
    group.questions.map((question) => questionIn(scene, preparation, question)),
    first && notice,
    savedLine(scene, preparation),
    h(
      "div",
      { class: "stack-tight actions" },
      button("primary", () => emit({ type: "prepare_next" }), t("prepare.next")),
      !first && button("plain", () => emit({ type: "prepare_back" }), t("prepare.back"), { key: "back" }),
      button("quiet", () => emit({ type: "prepare_close" }), t("prepare.later")),
    ),
  );
}

/** Says nothing before anything was told. @param {Scene} scene @param {Preparation} preparation */
function savedLine({ t }, { saved, answers }) {
  const words = { kept: "prepare.saved.kept", changed: "prepare.saved.saving", saving: "prepare.saved.saving", failed: "prepare.saved.failed" }[saved];
  const silent = saved === "kept" && Object.keys(answers).length === 0;
  return h("p", { class: "small soft saved-line", role: "status", key: "saved" }, !silent && t(words));
}

/** What to do when signs lead to a hospital; nothing when they lead on. @param {Preparation} preparation @param {Scene["t"]} t */
function routeNotice({ route }, t) {
  if (!route || route.outcome === "field") return null;
  const emergency = route.outcome === "emergency";
  return h(
    "div",
    { class: `notice ${emergency ? "notice-danger" : "notice-warn"}`, role: "alert", key: "route" },
    icon("warn"),
    h(
      "div",
      { class: "stack-tight" },
      h("h2", { class: "notice-title" }, t(`prepare.route.${route.outcome}`)),
      route.why.map((words) => h("p", null, words)),
      route.safety_net.map((words) => h("p", null, h("strong", null, words))),
      emergency && h("a", { class: "button button-danger button-block", href: "tel:120", key: "call" }, icon("phone"), t("prepare.route.call")),
    ),
  );
}

/** @param {Scene} scene @param {Preparation} preparation @param {import("../shared/questionnaire.js").Question} question */
function questionIn({ t, emit }, { answers, faults }, question) {
  const link = question.link_id;
  return questionField({ t, question, said: answers[link], fault: faults[link], change: (answer) => emit({ type: "prepare_answer", link, answer }) });
}

// --- heights and weights -----------------------------------------------------------------------------------------------

/** @param {Scene} scene @param {Preparation} preparation */
function measurementsScreen(scene, preparation) {
  const { state, t, emit } = scene;
  const { n: at, of } = progressOf(preparation);
  return page(
    scene,
    { key: "prepare-measurements" },
    progress(t, at, of),
    h("div", { class: "stack-tight" }, title(state, t("prepare.measure.title")), h("p", { class: "soft" }, t("prepare.measure.lead"))),
    preparation.measurements.length > 0 && measured(scene, preparation),
    rowForm(scene, preparation),
    h(
      "div",
      { class: "stack-tight actions" },
      button("primary", () => emit({ type: "prepare_next" }), t("prepare.finish")),
      button("plain", () => emit({ type: "prepare_back" }), t("prepare.back")),
      button("quiet", () => emit({ type: "prepare_close" }), t("prepare.later")),
    ),
  );
}

/** @param {Scene} scene @param {Preparation} preparation */
function measured({ t, emit }, { measurements }) {
  return h(
    "ul",
    { class: "card status-list", key: "measured" },
    measurements.map((row, index) =>
      h(
        "li",
        { key: `${row.kind}-${row.on}`, class: "measured" },
        h("span", null, h("strong", null, t(`prepare.measure.${row.kind}.value`, { value: row.value })), h("span", { class: "small soft" }, " ", row.on, " ", t(`prepare.method.${row.method}`))),
        h("button", { type: "button", class: "button button-small", "aria-label": t("prepare.measure.remove_one", { date: row.on }), onclick: () => emit({ type: "prepare_remove", index }) }, t("prepare.measure.remove")),
      ),
    ),
  );
}

/** @param {Scene} scene @param {Preparation} preparation */
function rowForm({ t, emit }, { row, rowFault, saved }) {
  /** @param {Partial<Measurement>} changed */
  const change = (changed) => emit({ type: "prepare_row", changed });
  const busy = saved === "saving" && t("common.working");
  return h(
    "section",
    { class: "card stack", key: "row", "aria-label": t("prepare.measure.add") },
    h(
      "div",
      { class: "segments", role: "group", "aria-label": t("prepare.measure.which") },
      KINDS.map((kind) =>
        h("button", { key: kind, type: "button", class: "segment", "aria-pressed": String(kind === row.kind), onclick: () => change({ kind }) }, t(`prepare.measure.${kind}`)),
      ),
    ),
    rowField("value", t(`prepare.measure.${row.kind}.label`), "input", { type: "text", inputmode: "decimal", autocomplete: "off", value: row.value, oninput: valueTo((value) => change({ value })) }),
    rowField("on", t("prepare.measure.on"), "input", { type: "date", value: row.on, onchange: valueTo((on) => change({ on })) }),
    rowField("method", t("prepare.measure.method"), "select", { value: row.method, onchange: valueTo((method) => change({ method })) }, METHODS[row.kind].map((method) => h("option", { value: method, key: method }, t(`prepare.method.${method}`)))),
    row.kind === "weight" &&
      rowField("clothes", t("prepare.measure.clothes"), "select", { value: row.clothes, onchange: valueTo((clothes) => change({ clothes })) }, CLOTHES.map((clothes) => h("option", { value: clothes, key: clothes }, t(`prepare.clothes.${clothes}`)))),
    rowFault && h("p", { class: rowFault.asks ? "notice notice-warn" : "field-error", role: "alert", key: "fault" }, rowFault.asks && icon("warn"), h("span", null, rowFault.words || t("prepare.saved.failed"))),
    rowFault?.asks && button("plain", () => emit({ type: "prepare_measure", sure: true }), t("prepare.measure.sure"), { busy, key: "sure" }),
    !rowFault?.asks && button("plain", () => emit({ type: "prepare_measure", sure: false }), t("prepare.measure.add"), { busy, disabled: row.value.trim() === "" || row.on === "", key: "add" }),
  );
}

/** @param {string} name @param {string} label @param {string} tag @param {import("../shared/ui/dom.js").Props} props @param {...import("../shared/ui/dom.js").Child} children */
function rowField(name, label, tag, props, ...children) {
  return h("div", { class: "field", key: name }, h("label", { for: `row-${name}` }, label), h(tag, { id: `row-${name}`, class: "input", ...props }, ...children));
}

/** @param {(value: string) => void} use @returns {(event: Event) => void} */
function valueTo(use) {
  return (event) => use(/** @type {HTMLInputElement} */ (event.currentTarget).value);
}

/** @param {Scene} scene @param {Preparation} preparation */
function doneScreen(scene, preparation) {
  const { state, t, emit } = scene;
  return page(
    scene,
    { key: "prepare-done" },
    title(state, t("prepare.done.title")),
    routeNotice(preparation, t),
    h("p", null, t("prepare.done.body")),
    h("div", { class: "stack-tight actions" }, button("primary", () => emit({ type: "prepare_close" }), t("prepare.done.back"))),
  );
}
