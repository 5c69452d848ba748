/** A question of a questionnaire as it is asked: its words, its options or its entry, and what is wrong with the answer. */

import { ticked, typedAnswer } from "../questionnaire.js";
import { h } from "./dom.js";

/** @typedef {import("../i18n/i18n.js").Translate} Translate */
/** @typedef {import("../questionnaire.js").Question} Question */
/** @typedef {import("../questionnaire.js").Answer} Answer */
/** @typedef {{code: string, text: string, answer: Answer}} Offered */
/** @typedef {{t: Translate, question: Question, said: Answer | undefined, fault: string | undefined, change: (answer: Answer | undefined) => void}} Asked */

/** `change` gets what is answered now, undefined for nothing. @param {Asked} asked */
export function questionField(asked) {
  const { t, question, fault } = asked;
  const link = question.link_id;
  const words = questionWords(question, t);
  const complaint = fault && h("p", { class: "field-error", role: "alert", key: "fault", id: `fault-${link}` }, t(`prepare.fault.${fault}`));
  if (question.type === "choice" || question.type === "boolean")
    return h(
      "fieldset",
      { class: "bare stack-tight", key: link, "aria-describedby": fault && `fault-${link}` },
      h("legend", { class: "label" }, words),
      question.help && h("p", { class: "hint", key: "help" }, question.help),
      optionsOf(t, question).map((option) => choice(asked, option)),
      complaint,
    );
  return h(
    "div",
    { class: "field", key: link },
    h("label", { for: `answer-${link}` }, words),
    question.help && h("p", { class: "hint", key: "help" }, question.help),
    entry(asked),
    complaint,
  );
}

/** The question with its unit, and whether it may be left out. @param {Question} question @param {Translate} t */
function questionWords({ text, unit, required }, t) {
  if (unit) return t(required ? "prepare.in_unit" : "prepare.optional_in_unit", { question: text, unit });
  return required ? text : t("prepare.optional", { question: text });
}

/** @param {Translate} t @param {Question} question @returns {Offered[]} */
function optionsOf(t, question) {
  if (question.type === "boolean")
    return [
      { code: "yes", text: t("prepare.yes"), answer: true },
      { code: "no", text: t("prepare.no"), answer: false },
    ];
  return (question.options ?? []).map(({ code, text }) => ({ code, text, answer: code }));
}

/** @param {Asked} asked @param {Offered} option */
function choice({ question, said, change }, option) {
  const checked = Array.isArray(said) ? said.includes(option.code) : said === option.answer;
  const answer = question.repeats ? ticked(question, said, option.code) : option.answer;
  return h(
    "label",
    { class: "choice", key: option.code },
    h("input", {
      type: question.repeats ? "checkbox" : "radio", name: question.link_id, checked,
      onchange: () => change(Array.isArray(answer) && answer.length === 0 ? undefined : answer),
    }), // prettier-ignore
    h("span", null, option.text),
  );
}

/** @param {Asked} asked */
function entry({ question, said, fault, change }) {
  const props = {
    id: `answer-${question.link_id}`, class: "input", value: said === undefined ? "" : String(said), "aria-invalid": fault && "true",
    oninput: (/** @type {Event} */ event) => change(typedAnswer(question, /** @type {HTMLInputElement} */ (event.currentTarget).value)),
  }; // prettier-ignore
  if (question.type === "text") return h("textarea", { ...props, rows: 3, maxlength: question.max_length });
  if (question.type === "date") return h("input", { ...props, type: "date" });
  return h("input", { ...props, type: "text", inputmode: question.type === "integer" ? "numeric" : "decimal", autocomplete: "off" });
}
