/** Draws the page for changing an appointment. */

import { timesGrid } from "../book/times.js";
import { dayTime } from "../book/words.js";
import { LOCALES, translator } from "../shared/i18n/i18n.js";
import { h, icon, render } from "../shared/ui/dom.js";
import { masthead } from "../shared/ui/masthead.js";
import { wordsOf } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Appointment} Appointment */
/** @typedef {import("../shared/i18n/i18n.js").Translate} Translate */
/**
 * @typedef {import("../book/times.js").TimesIntent | {type: "choose_language", language: import("../shared/i18n/i18n.js").Language} | {type: "retry"} | {type: "move"} | {type: "cancel"}
 *   | {type: "go", screen: import("./state.js").Screen}} Intent
 */
/** @typedef {{state: State, t: Translate, emit: (intent: Intent) => void}} Scene */

/** @param {HTMLElement} root @param {State} state @param {(intent: Intent) => void} emit */
export function show(root, state, emit) {
  const t = translator(state.language);
  document.documentElement.lang = LOCALES[state.language];
  document.title = `${t("change.title")} · ${t("brand")}`;
  render(
    root,
    h("div", { class: "page", key: "page" }, masthead({ state, t, emit }), h("main", { class: "page-main stack-wide", id: "main", key: state.screen }, content({ state, t, emit }))),
  );
}

/** @param {Scene} scene */
function content(scene) {
  const { state, t } = scene;
  if (state.screen === "failed") return failed(scene);
  if (!state.appointment || state.screen === "loading") return h("p", { class: "working", role: "status" }, t("common.loading"));
  if (state.screen === "times") return times(scene);
  return state.screen === "cancel" ? cancelling(scene, state.appointment) : shown(scene, state.appointment);
}

/** @param {Scene} scene */
function failed({ state, t, emit }) {
  const foreign = state.code === "not_signed_in" || state.code === "not_found";
  return [
    h("div", { class: "stack", role: "alert" }, title(t("change.failed.title")), h("p", null, t(foreign ? `error.${state.code}` : "error.network"))),
    foreign ? h("a", { class: "button button-primary button-large button-block", href: "/link/" }, t("join.lost")) : button("primary", t("common.retry"), () => emit({ type: "retry" })),
  ];
}

/** @param {Scene} scene @param {Appointment} appointment */
function shown({ state, t, emit }, appointment) {
  const over = appointment.state === "ended";
  const cancelled = appointment.outcome === "cancelled";
  const fixed = !over && !appointment.may.cancel && state.notice === "";
  return [
    title(t(cancelled ? "change.cancelled.title" : "change.title")),
    state.moved && h("p", { class: "notice notice-good", role: "status", key: "moved" }, icon("check"), h("span", null, t("change.moved"))),
    notice(state, t),
    h("section", { class: "card", key: "visit" }, factsOf(state, t, appointment)),
    cancelled && h("p", { key: "cancelled" }, t("change.cancelled.body")),
    over && !cancelled && h("p", { class: "notice", key: "over" }, icon("info"), h("span", null, t("change.over"))),
    fixed && h("p", { class: "notice", key: "fixed" }, icon("phone"), h("span", null, t("change.fixed"))),
    (fixed || cancelled) && appointment.hospital.phone && h("a", { class: "button button-block", href: `tel:${appointment.hospital.phone}`, key: "call" }, icon("phone"), t("common.callHospital", { phone: appointment.hospital.phone })),
    h(
      "div",
      { class: "stack-tight actions", key: "actions" },
      appointment.may.move && button("primary", t("change.move"), () => emit({ type: "go", screen: "times" })),
      appointment.may.cancel && button("plain", t("change.cancel"), () => emit({ type: "go", screen: "cancel" })),
      over
        ? h("a", { class: "button button-block", href: "/book/", key: "book" }, t("change.book"))
        : h("a", { class: "button button-quiet button-block", href: `/family/?visit=${encodeURIComponent(appointment.visit)}`, key: "back" }, t("change.back")),
    ),
  ];
}

/** @param {Scene} scene */
function times(scene) {
  const { state, t, emit } = scene;
  const none = state.times.items.length === 0;
  const back = button("quiet", t("change.keep"), () => emit({ type: "go", screen: "shown" }));
  if (none && state.times.state === "failed") return [title(t("change.move")), h("p", { class: "notice notice-warn", role: "alert" }, icon("offline"), h("span", null, t("error.network"))), button("primary", t("common.retry"), () => emit({ type: "retry" })), back];
  if (none && state.times.state !== "there") return h("p", { class: "working", role: "status" }, t("common.loading"));
  if (none) return [title(t("change.none.title")), h("p", null, t("change.none.body")), back];
  return [
    h("div", { class: "stack-tight", key: "head" }, title(t("change.move")), h("p", { class: "soft" }, t("book.time.lead", { name: state.appointment?.physician.name ?? "" }))),
    notice(state, t),
    timesGrid(scene),
    h(
      "div",
      { class: "stack-tight actions", key: "actions" },
      state.slot && button("primary", t("change.move.to", { time: dayTime(state.language, state.slot.starts_at) }), () => emit({ type: "move" }), state.busy && t("common.working")),
      back,
    ),
  ];
}

/** @param {Scene} scene @param {Appointment} appointment */
function cancelling({ state, t, emit }, appointment) {
  return [
    h("div", { class: "stack-tight", key: "head" }, title(t("change.cancel.title")), h("p", null, t("change.cancel.body"))),
    h("section", { class: "card", key: "visit" }, factsOf(state, t, appointment)),
    h(
      "div",
      { class: "stack-tight actions", key: "actions" },
      button("danger", t("change.cancel.do"), () => emit({ type: "cancel" }), state.busy && t("common.working")),
      button("quiet", t("change.keep"), () => emit({ type: "go", screen: "shown" })),
    ),
  ];
}

/** @param {State} state @param {Translate} t */
function notice({ notice }, t) {
  return notice !== "" && h("p", { class: "notice notice-warn", role: "alert", key: `notice-${notice}` }, icon("warn"), h("span", null, t(wordsOf(notice))));
}

/** @param {State} state @param {Translate} t @param {Appointment} appointment */
function factsOf({ language }, t, { starts_at: at, physician, hospital }) {
  const zh = language === "zh";
  const rows = [
    [t("book.done.when"), dayTime(language, at)],
    [t("book.done.who"), `${physician.name} ${zh ? physician.title : t(`book.rank.${physician.rank}`)}`],
    [t("book.done.where"), zh ? hospital.name : hospital.name_en || hospital.name],
  ];
  return h("dl", { class: "facts" }, rows.map(([name, value]) => h("div", { key: name }, h("dt", null, name), h("dd", null, value))));
}

/** @param {string} words */
function title(words) {
  return h("h1", { key: `title-${words}`, tabindex: "-1", "data-screen-title": true }, words);
}

/** @param {"primary" | "plain" | "quiet" | "danger"} kind @param {string} words @param {() => void} onclick @param {string | false} [busy] */
function button(kind, words, onclick, busy = false) {
  const look = `button button-block${kind === "plain" ? "" : ` button-${kind}`}${kind === "primary" || kind === "danger" ? " button-large" : ""}`;
  return h("button", { key: kind, type: "button", class: look, disabled: Boolean(busy), onclick }, busy ? h("span", { class: "working" }, busy) : words);
}
