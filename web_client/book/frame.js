/** What the screens of the booking page are made with: titles, buttons, what went wrong. */

import { h, icon } from "../shared/ui/dom.js";
import { before } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Change} Change */
/** @typedef {import("../shared/i18n/i18n.js").Translate} Translate */
/** @typedef {import("../shared/ui/dom.js").Child} Child */
/**
 * @typedef {{type: "choose_language", language: import("../shared/i18n/i18n.js").Language} | {type: "retry"} | {type: "next"} | {type: "back"} | {type: "go", screen: string}
 *   | {type: "later_times"} | {type: "book"} | {type: "copy", text: string} | {type: "another"}
 *   | Extract<Change, {type: "answered" | "hospital" | "specialist" | "day" | "slot" | "typed"}>} Intent
 */
/** @typedef {{state: State, t: Translate, emit: (intent: Intent) => void}} Scene */

/** @param {Translate} t @param {string} code @param {Scene["emit"]} emit */
export function failed(t, code, emit) {
  return [
    h(
      "div",
      { class: "stack", role: "alert", key: "failed" },
      title(t("book.failed.title")),
      h("p", null, t(code === "too_many_attempts" ? "book.failed.often" : "book.failed.body")),
    ),
    primary(t("common.retry"), () => emit({ type: "retry" }), { key: "retry" }),
  ];
}

/** @param {string} words */
export function title(words) {
  return h("h1", { key: `title-${words}`, tabindex: "-1", "data-screen-title": true }, words);
}

/** @param {Child} words @param {(() => void) | null} onclick submits its form without @param {{key?: string, busy?: string | false}} [more] */
export function primary(words, onclick, { key = "primary", busy = false } = {}) {
  return h(
    "button",
    { key, type: onclick ? "button" : "submit", class: "button button-primary button-large button-block", disabled: Boolean(busy), ...(onclick && { onclick }) },
    busy ? h("span", { class: "working" }, busy) : words,
  );
}

/** @param {Child} words @param {() => void} onclick @param {string} key */
export function quiet(words, onclick, key) {
  return h("button", { key, type: "button", class: "button button-quiet button-block", onclick }, words);
}

/** Nothing on the first screen. @param {Scene} scene */
export function backButton({ state, t, emit }) {
  return before(state) !== null && quiet(t("book.back"), () => emit({ type: "back" }), "back");
}

/** What happened, and what to do. @param {Scene} scene */
export function noticeOf({ state, t, emit }) {
  const { notice } = state;
  if (!notice) return null;
  const ours = { time_gone: true, check: true, too_many_attempts: true, questionnaire_changed: true, hospital_closed: true };
  const words = notice.code in ours ? t(`book.notice.${notice.code}`) : notice.words || t("error.unknown");
  const elsewhere = state.screen === "details" && !(notice.code in ours);
  return h(
    "div",
    { class: "notice notice-warn", role: "alert", key: `notice-${notice.code}` },
    icon("warn"),
    h("div", { class: "stack-tight" }, h("p", null, words), elsewhere && h("button", { type: "button", class: "button", onclick: () => emit({ type: "go", screen: "hospital" }) }, t("book.notice.other_hospital"))),
  );
}
