/** Draws the booking page: what stands around every screen, the signs and where they lead. */

import { LOCALES, translator } from "../shared/i18n/i18n.js";
import { h, icon, render } from "../shared/ui/dom.js";
import { masthead } from "../shared/ui/masthead.js";
import { questionField } from "../shared/ui/questions.js";
import { hospitalScreen, specialistScreen, timeScreen } from "./choosing.js";
import { detailsScreen, doneScreen } from "./details.js";
import { backButton, failed, noticeOf, primary, quiet, title } from "./frame.js";
import { groupsOf, progressOf, questionsOf } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./frame.js").Scene} Scene */
/** @typedef {import("./frame.js").Intent} Intent */
/** @typedef {import("../shared/i18n/i18n.js").Translate} Translate */
/** @typedef {import("../shared/ui/dom.js").Child} Child */

/** @type {Readonly<Record<string, (scene: Scene) => Child>>} */
const SCREENS = Object.freeze({ answer: answerScreen, hospital: hospitalScreen, specialist: specialistScreen, time: timeScreen, details: detailsScreen, done: doneScreen });

/** @param {HTMLElement} root @param {State} state @param {(intent: Intent) => void} emit */
export function show(root, state, emit) {
  const t = translator(state.language);
  const scene = { state, t, emit };
  document.documentElement.lang = LOCALES[state.language];
  document.title = `${t(state.made ? "book.done.title" : "book.title")} · ${t("brand")}`;
  const leadsAway = state.screen === "answer" && state.route?.outcome !== "field";
  const step = state.form && !state.made && !leadsAway && progressOf(state);
  render(
    root,
    h(
      "div",
      { class: "page", key: "page" },
      h("a", { class: "skip-link", href: "#main" }, t("language.skip")),
      masthead(scene),
      !state.online && h("p", { class: "banner", role: "status", key: "offline" }, icon("offline"), t("book.offline")),
      h("main", { class: "page-main stack-wide book", id: "main", key: state.screen || "opening", tabindex: "-1" }, step && progress(t, step), content(scene)),
    ),
  );
}

/** @param {Scene} scene @returns {Child} */
function content(scene) {
  const { state, t, emit } = scene;
  const draw = SCREENS[state.screen];
  if (state.made || (state.form && draw)) return draw(scene);
  if (state.form && state.screen !== "") return signsScreen(scene);
  if (state.formFailed) return failed(t, state.formFailed, emit);
  return h("p", { class: "working", role: "status", key: "loading" }, t("book.loading"));
}

/** @param {Translate} t @param {{n: number, of: number}} step */
function progress(t, { n, of }) {
  const dots = Array.from({ length: of }, (_, at) => h("i", { class: at < n ? "progress-done" : "" }));
  return h("p", { class: "progress", key: "progress" }, h("span", { class: "small soft" }, t("book.step", { n, of })), h("span", { class: "progress-dots", "aria-hidden": "true" }, dots));
}

// --- signs -------------------------------------------------------------------------------------------------------------

/** @param {Scene} scene */
function signsScreen(scene) {
  const { state, t, emit } = scene;
  const first = groupsOf(state)[0] === state.screen;
  const group = state.form?.groups.find((each) => each.link_id === state.screen);
  return [
    first
      ? h("div", { class: "stack-tight", key: "head" }, title(t("book.title")), h("p", { class: "soft" }, t("book.lead")))
      : h("div", { key: "head" }, title(group?.text ?? "")),
    first && h("p", { class: "notice notice-danger", key: "urgent" }, icon("warn"), h("span", null, t("book.urgent"))),
    noticeOf(scene),
    questionsOf(state, state.screen).map((question) => {
      const link = question.link_id;
      return questionField({ t, question, said: state.answers[link], fault: state.faults[link], change: (answer) => emit({ type: "answered", link, answer }) });
    }),
    state.routing === "failed" && h("p", { class: "notice notice-warn", role: "alert", key: "failed" }, icon("offline"), h("span", null, t("book.route_failed"))),
    h("div", { class: "stack-tight actions", key: "actions" }, primary(t("book.next"), () => emit({ type: "next" }), { busy: state.routing === "asking" && t("book.asking") }), backButton(scene)),
  ];
}

/** @param {Scene} scene */
function answerScreen(scene) {
  const { state, t, emit } = scene;
  const { route } = state;
  if (!route) return null;
  const change = () => emit({ type: "go", screen: groupsOf(state)[0] });
  const field = route.field === null ? "" : t(`field.${route.field}`);
  const emergency = route.outcome === "emergency";
  const watch = h("ul", { class: "stack-tight", key: "watch" }, route.safety_net.map((words) => h("li", { key: words }, words)));
  if (route.outcome === "field")
    return [
      h("div", { class: "stack-tight", key: "head" }, title(t("book.answer.field", { field })), h("p", null, t("book.answer.field.body"))),
      route.safety_net.length > 0 && h("section", { class: "notice", key: "net" }, icon("info"), watch),
      h("div", { class: "stack-tight actions", key: "actions" }, primary(t("book.answer.go"), () => emit({ type: "go", screen: "hospital" })), quiet(t("book.answer.change"), change, "change")),
    ];
  return [
    h(
      "section",
      { class: `notice ${emergency ? "notice-danger" : "notice-warn"}`, role: "alert", key: "away" },
      icon(emergency ? "warn" : "hospital"),
      h("div", { class: "stack" }, title(t(`book.answer.${route.outcome}`)), h("p", null, emergency ? h("strong", null, t("book.answer.emergency.body")) : t("book.answer.in_person.body"))),
    ),
    emergency && h("a", { class: "button button-danger button-large button-block", href: "tel:120", key: "call" }, icon("phone"), t("book.answer.call")),
    route.why.length > 0 && h("section", { class: "card stack-tight", key: "why" }, route.why.map((words) => h("p", { key: words }, words))),
    route.safety_net.length > 0 && h("section", { class: "card", key: "net" }, watch),
    h("div", { class: "actions", key: "actions" }, quiet(t("book.answer.change"), change, "change")),
  ];
}
