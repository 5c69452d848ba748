/** Draws the page for a lost link. */

import { LOCALES, translator } from "../shared/i18n/i18n.js";
import { h, icon, render } from "../shared/ui/dom.js";
import { masthead } from "../shared/ui/masthead.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("../shared/i18n/i18n.js").Translate} Translate */
/** @typedef {{type: "ask"} | {type: "again"} | {type: "type", phone: string} | {type: "choose_language", language: import("../shared/i18n/i18n.js").Language}} Intent */
/** @typedef {(intent: Intent) => void} Emit */

/** @param {HTMLElement} root @param {State} state @param {Emit} emit */
export function show(root, state, emit) {
  const t = translator(state.language);
  document.documentElement.lang = LOCALES[state.language];
  document.title = `${t(`link.${state.screen}.title`)} · ${t("brand")}`;
  const content = state.screen === "ask" ? asking(state, t, emit) : answered(state, t, emit);
  render(root, h("div", { class: "page", key: "page" }, masthead({ state, t, emit }), h("main", { class: "page-main stack-wide", id: "main", key: state.screen }, content, urgent(t))));
}

/** @param {State} state @param {Translate} t @param {Emit} emit */
function asking({ phone, busy, fault }, t, emit) {
  return [
    h("div", { class: "stack-tight" }, h("h1", null, t("link.ask.title")), h("p", null, t("link.ask.lead"))),
    h(
      "form",
      {
        class: "stack",
        novalidate: true,
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          emit({ type: "ask" });
        },
      },
      h(
        "div",
        { class: "field" },
        h("label", { for: "phone" }, t("link.ask.phone")),
        h("p", { class: "hint", id: "phone-hint" }, t("link.ask.hint")),
        h("input", {
          id: "phone", class: "input", type: "tel", autocomplete: "tel", inputmode: "tel", maxlength: 40, value: phone, "aria-invalid": fault === "number" && "true",
          "aria-describedby": fault ? "phone-fault phone-hint" : "phone-hint",
          oninput: (/** @type {Event} */ event) => emit({ type: "type", phone: /** @type {HTMLInputElement} */ (event.currentTarget).value }),
        }), // prettier-ignore
        fault && h("p", { class: "field-error", role: "alert", id: "phone-fault", key: "fault" }, t(`link.fault.${fault}`)),
      ),
      h(
        "button",
        { type: "submit", class: "button button-primary button-large button-block", disabled: busy },
        busy ? h("span", { class: "working" }, t("common.working")) : t("link.ask.button"),
      ),
    ),
  ];
}

/** @param {State} state @param {Translate} t @param {Emit} emit */
function answered({ screen, hospitals, language }, t, emit) {
  return [
    h("div", { class: "stack", role: "status" }, h("h1", null, t(`link.${screen}.title`)), h("p", null, t(`link.${screen}.body`))),
    screen === "sent" &&
      h(
        "div",
        { class: "card stack", key: "nothing" },
        h("h2", null, t("link.sent.nothing_title")),
        h("ul", null, ["number", "wait", "call"].map((line) => h("li", { key: line }, t(`link.sent.nothing_${line}`)))),
      ),
    hospitals.map(({ name, name_en, phone }) =>
      h("a", { class: "button button-block", key: `call-${phone}`, href: `tel:${phone}` }, icon("phone"), t("link.call", { hospital: (language === "en" && name_en) || name, phone })),
    ),
    screen !== "off" && h("button", { key: "again", type: "button", class: "button button-block", onclick: () => emit({ type: "again" }) }, t(screen === "sent" ? "link.sent.again" : "common.retry")),
  ];
}

/** @param {Translate} t */
function urgent(t) {
  return h("p", { class: "notice notice-warn", key: "urgent" }, icon("warn"), h("span", null, t("join.urgent")));
}
