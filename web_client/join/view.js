/** Draws the join page. */

import { LOCALES, translator } from "../shared/i18n/i18n.js";
import { h, icon, render } from "../shared/ui/dom.js";
import { masthead } from "../shared/ui/masthead.js";
import { canRetry, isLinkRefused } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {{type: "join"} | {type: "choose_language", language: import("../shared/i18n/i18n.js").Language}} Intent */

/** @param {HTMLElement} root @param {State} state @param {(intent: Intent) => void} emit */
export function show(root, state, emit) {
  const t = translator(state.language);
  document.documentElement.lang = LOCALES[state.language];
  document.title = `${t(titleKey(state))} · ${t("brand")}`;
  const content = state.screen === "ask" || state.screen === "joining" ? asking(state, t, emit) : refused(state, t, emit);
  render(root, h("div", { class: "page", key: "page" }, masthead({ state, t, emit }), h("main", { class: "page-main stack-wide", id: "main", key: state.screen }, content)));
}

/** @param {State} state */
function titleKey({ screen }) {
  return screen === "ask" || screen === "joining" ? "join.title" : `join.${screen}.title`;
}

/** @param {State} state @param {import("../shared/i18n/i18n.js").Translate} t @param {(intent: Intent) => void} emit */
function asking(state, t, emit) {
  const joining = state.screen === "joining";
  return [
    h("div", { class: "stack-tight" }, h("h1", null, t("join.title")), h("p", null, t("join.lead"))),
    h(
      "section",
      { class: "card stack" },
      h("h2", null, t("join.need_title")),
      [["person", "child"], ["eye", "place"], ["phone", "phone"], ["document", "records"]].map(([name, need]) =>
        h("p", { class: "with-icon", key: need }, icon(name), h("span", null, t(`join.need_${need}`))),
      ),
    ),
    h(
      "div",
      { class: "stack-tight" },
      h(
        "button",
        { type: "button", class: "button button-primary button-large button-block", disabled: joining, onclick: () => emit({ type: "join" }) },
        joining ? h("span", { class: "working" }, t("join.working")) : t("join.button"),
      ),
      h("p", { class: "small soft" }, t("join.bound")),
    ),
    urgent(t),
  ];
}

/** @param {State} state @param {import("../shared/i18n/i18n.js").Translate} t @param {(intent: Intent) => void} emit */
function refused(state, t, emit) {
  return [
    h("div", { class: "stack", role: "alert" }, h("h1", null, t(`join.${state.screen}.title`)), h("p", null, t(`join.${state.screen}.body`))),
    canRetry(state.screen) &&
      h("button", { key: "retry", type: "button", class: "button button-primary button-large button-block", onclick: () => emit({ type: "join" }) }, t("common.retry")),
    isLinkRefused(state.screen) && h("a", { key: "lost", class: "button button-primary button-large button-block", href: "/link/" }, t("join.lost")),
    urgent(t),
  ];
}

/** @param {import("../shared/i18n/i18n.js").Translate} t */
function urgent(t) {
  return h("p", { class: "notice notice-warn", key: "urgent" }, icon("warn"), h("span", null, t("join.urgent")));
}
