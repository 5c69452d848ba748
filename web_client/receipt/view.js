/**
 * Draws the page for the destination's desk: which referral, how far it is, and one button that takes it further. What closes it,
 * that the child was seen, is no second tap in the same place: a screen of its own asks for it, with a box to tick.
 */

import { LOCALES, translator } from "../shared/i18n/i18n.js";
import { appointmentOf } from "../shared/receipts.js";
import { h, icon, render } from "../shared/ui/dom.js";
import { masthead } from "../shared/ui/masthead.js";
import { stepsList } from "../shared/ui/steps.js";
import { canRetry, factsAfter } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Fact} Fact */
/** @typedef {import("../shared/i18n/i18n.js").Translate} Translate */
/** @typedef {{type: "open"} | {type: "ask", asking: boolean} | {type: "tell", fact: Fact, appointmentAt: string | null} | {type: "choose_language", language: import("../shared/i18n/i18n.js").Language}} Intent */
/** @typedef {(intent: Intent) => void} Emit */

/** @param {HTMLElement} root @param {State} state @param {Emit} emit */
export function show(root, state, emit) {
  const t = translator(state.language);
  document.documentElement.lang = LOCALES[state.language];
  document.title = `${t("receipt.title")} · ${t("brand")}`;
  render(
    root,
    h(
      "div",
      { class: "page", key: "page" },
      masthead({ state, t, emit }),
      h("main", { class: "page-main stack-wide", id: "main", key: state.asking ? "asking" : state.screen }, content(state, t, emit)),
    ),
  );
}

/** @param {State} state @param {Translate} t @param {Emit} emit */
function content(state, t, emit) {
  if (state.screen === "loading") return h("p", { class: "working", role: "status" }, t("receipt.loading"));
  if (state.asking && state.referral) return asking(state, state.referral, t, emit);
  if (state.screen === "shown" && state.referral) return shown(state, state.referral, t, emit);
  return [
    h("div", { class: "stack", role: "alert" }, h("h1", null, t(`receipt.${state.screen}.title`)), h("p", null, t(`receipt.${state.screen}.body`))),
    canRetry(state.screen) &&
      h("button", { key: "retry", type: "button", class: "button button-primary button-large button-block", onclick: () => emit({ type: "open" }) }, t("common.retry")),
  ];
}

/** @param {State} state @param {import("../shared/api.js").DeskReferral} referral @param {Translate} t @param {Emit} emit */
function shown(state, referral, t, emit) {
  const tag = referral.urgency === "emergency" ? "tag-danger" : referral.urgency === "routine" ? "tag-accent" : "tag-warn";
  return [
    h("div", { class: "stack-tight" }, h("h1", null, t("receipt.title")), h("p", null, t("receipt.lead"))),
    h(
      "section",
      { class: "card stack", key: "referral" },
      h("p", { class: `tag ${tag}` }, t(`urgency.${referral.urgency}`)),
      h(
        "dl",
        { class: "facts" },
        fact(t("receipt.child"), t("receipt.childAge", { child: referral.child, years: referral.age_years })),
        fact(t("receipt.department"), destination(state, referral)),
        fact(t("receipt.byWhen"), referral.by_when),
        fact(t("receipt.from"), state.language === "zh" ? referral.from : referral.from_en || referral.from),
        fact(t("receipt.number"), h("span", { class: "figures" }, referral.number)),
      ),
    ),
    telling(state, referral, t, emit),
    h("section", { class: "card stack", key: "steps" }, h("h2", null, t("letter.receipt")), stepsList({ t, language: state.language, referral })),
    factsAfter(referral.receipt).includes("seen") &&
      h("button", { key: "ask", type: "button", class: "button button-large button-block", disabled: state.busy !== null, onclick: () => emit({ type: "ask", asking: true }) }, t("receipt.ask")),
  ];
}

/** Whether the child was seen: who says so ticks that they may. @param {State} state @param {import("../shared/api.js").DeskReferral} referral @param {Translate} t @param {Emit} emit */
function asking(state, referral, t, emit) {
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    emit({ type: "tell", fact: "seen", appointmentAt: null });
  };
  return [
    h("div", { class: "stack-tight" }, h("h1", null, t("receipt.asking")), h("p", null, t("receipt.asking.body"))),
    h("button", { key: "back", type: "button", class: "button button-large button-block", disabled: state.busy !== null, onclick: () => emit({ type: "ask", asking: false }) }, t("receipt.asking.back")),
    h(
      "form",
      { class: "card stack", key: "asking", onsubmit: submit },
      h("dl", { class: "facts" }, fact(t("receipt.child"), t("receipt.childAge", { child: referral.child, years: referral.age_years })), fact(t("receipt.number"), h("span", { class: "figures" }, referral.number))),
      h("label", { class: "choice" }, h("input", { type: "checkbox", name: "sure", required: true }), h("span", { class: "choice-words" }, t("receipt.asking.sure", { department: destination(state, referral) }))),
      failure(state, t),
      button(state, t, "seen", true),
    ),
  ];
}

/** @param {State} state @param {import("../shared/api.js").DeskReferral} referral */
function destination({ language }, referral) {
  if (language === "zh") return `${referral.hospital} ${referral.department}`;
  return `${referral.hospital_en || referral.hospital} ${referral.department_en || referral.department}`;
}

/** @param {State} state @param {import("../shared/api.js").DeskReferral} referral @param {Translate} t @param {Emit} emit */
function telling(state, referral, t, emit) {
  const facts = factsAfter(referral.receipt);
  const received = facts[0] === "received";
  return h(
    "section",
    { class: "stack", key: "telling" },
    state.told && h("p", { class: "notice notice-good", key: "done", role: "status" }, icon("check"), h("span", null, t("receipt.done"))),
    referral.receipt === "seen" && h("p", { class: "soft small", key: "mistake" }, t("receipt.mistake")),
    failure(state, t),
    received && button(state, t, "received", true, () => emit({ type: "tell", fact: "received", appointmentAt: null })),
    !received && facts.length > 0 && h("h2", { key: "further" }, t("receipt.further")),
    facts.includes("booked") && booking(state, t, emit),
  );
}

/** @param {State} state @param {Translate} t */
function failure({ failed }, t) {
  return failed && h("p", { class: "notice notice-danger", key: "failed", role: "alert" }, icon("warn"), h("span", null, t("receipt.failed")));
}

/** @param {State} state @param {Translate} t @param {Emit} emit */
function booking(state, t, emit) {
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const when = /** @type {HTMLInputElement} */ (form.elements.namedItem("when"));
    emit({ type: "tell", fact: "booked", appointmentAt: appointmentOf(when.value) });
  };
  return h(
    "form",
    { class: "card stack", key: "booking", onsubmit: submit },
    h("div", { class: "field" }, h("label", { for: "when" }, t("receipt.when")), h("input", { class: "input", id: "when", name: "when", type: "datetime-local" })),
    button(state, t, "booked", true),
  );
}

/** @param {State} state @param {Translate} t @param {Fact} told @param {boolean} primary @param {() => void} [onclick] submits its form without */
function button({ busy }, t, told, primary, onclick) {
  return h(
    "button",
    { key: told, type: onclick ? "button" : "submit", class: `button button-large button-block${primary ? " button-primary" : ""}`, disabled: busy !== null, ...(onclick && { onclick }) },
    busy === told ? h("span", { class: "working" }, t("receipt.working")) : t(`receipt.tell.${told}`),
  );
}

/** @param {string} name @param {import("../shared/ui/dom.js").Child} value */
function fact(name, value) {
  return h("div", { key: name }, h("dt", null, name), h("dd", null, value));
}
