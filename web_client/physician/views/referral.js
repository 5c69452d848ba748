/**
 * Ending for in-person care, in two taps: the reason, which brings the checklist's urgency with it, and the urgency, to keep or
 * to change. Both bring the department with them, which can be changed too. Then one button in words. The letter's further fields
 * never stand in the way.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../view.js").Context} Context
 */

import { h, icon } from "../../shared/ui/dom.js";
import { destinationOf, missing, URGENCIES } from "../acts.js";
import { emergencyCard } from "./attest.js";
import { confirm, panelBody, textField } from "./panel_parts.js";

/** @param {Visit} visit @param {Context} context */
export function referral(visit, context) {
  const { t } = context;
  const { reason, urgency } = visit.drafts;
  const chosen = visit.view?.reasons?.find((one) => one.code === reason);
  if (!chosen) return [panelBody(reasons(visit, context))];
  const to = destinationOf(visit);
  const lacking = missing(visit, "refer")[0];
  const hint =
    lacking === "note"
      ? t("physician.refer.writeNote")
      : lacking === "urgency"
        ? t("physician.refer.pickUrgency")
        : [to && t("physician.refer.goesTo", { department: to.text }), t("physician.refer.effect")].filter(Boolean).join(" ");
  const when = urgency
    ? `${t("physician.refer.confirm")}${t("physician.dash")}${t(`urgency.${urgency}`)}`
    : t("physician.refer.confirm");
  return [
    panelBody(
      chosenReason(chosen, context),
      urgency === "emergency" && emergencyCard(visit, context),
      urgencies(visit, chosen.urgency, context),
      to && destination(visit, to, context),
      letterFields(visit, context),
    ),
    confirm(visit, "refer", context, { danger: true, label: when, hint }),
  ];
}

/** @param {Visit} visit @param {Context} context */
function reasons(visit, { t, emit }) {
  const list = visit.view?.reasons ?? [];
  return h(
    "div",
    { class: "choices reasons", role: "group", "aria-label": t("physician.refer.reason"), key: "reasons" },
    h("p", { class: "label" }, t("physician.refer.reason")),
    list.map(({ code, text, urgency }, index) =>
      h(
        "button",
        {
          class: "choice reason",
          type: "button",
          key: code,
          "data-first": index === 0,
          "data-reason": code,
          onclick: () => emit({ type: "draft", draft: { reason: code } }),
        },
        h("span", { class: "choice-words" }, text),
        h(
          "span",
          { class: `tag ${urgency === "emergency" ? "tag-danger" : ""}` },
          urgency === "emergency" && icon("warn"),
          t(`urgency.${urgency}`),
        ),
      ),
    ),
  );
}

/** @param {{code: string, text: string}} chosen @param {Context} context */
function chosenReason({ text }, { t, emit }) {
  return h(
    "div",
    { class: "chosen spread", key: "chosen" },
    h("div", null, h("p", { class: "small soft" }, t("physician.refer.reason")), h("p", { class: "chosen-text" }, text)),
    h(
      "button",
      {
        class: "button button-quiet",
        type: "button",
        "aria-label": t("physician.refer.change"),
        onclick: () => emit({ type: "draft", draft: { reason: null } }),
      },
      t("physician.refer.changeShort"),
    ),
  );
}

/** @param {Visit} visit @param {string} suggested @param {Context} context */
function urgencies(visit, suggested, { t, emit }) {
  return h(
    "div",
    { class: "urgencies", role: "radiogroup", "aria-labelledby": "urgency-label", key: "urgencies" },
    h("p", { class: "label", id: "urgency-label" }, t("physician.refer.urgency")),
    URGENCIES.map((urgency) =>
      h(
        "label",
        { class: `choice urgency urgency-${urgency}`, key: urgency },
        h("input", {
          type: "radio",
          name: "urgency",
          checked: visit.drafts.urgency === urgency,
          "data-first": visit.drafts.urgency === urgency,
          "data-urgency": urgency,
          onchange: () => emit({ type: "draft", draft: { urgency } }),
        }),
        h("span", { class: "choice-words" }, t(`urgency.${urgency}`)),
        urgency === suggested && h("span", { class: "tag", key: "suggested" }, t("physician.refer.suggested")),
      ),
    ),
  );
}

/** @param {Visit} visit @param {{code: string}} to @param {Context} context */
function destination({ view }, to, { t, emit }) {
  return h(
    "div",
    { class: "field", key: "destination" },
    h("label", { for: "field-to" }, t("physician.refer.to")),
    h(
      "select",
      { class: "input", id: "field-to", value: to.code, onchange: (/** @type {Event} */ event) => emit({ type: "draft", draft: { to: /** @type {HTMLSelectElement} */ (event.currentTarget).value } }) },
      view?.departments?.map(({ code, text }) => h("option", { key: code, value: code }, text)),
    ),
  );
}

/** @param {Visit} visit @param {Context} context */
function letterFields(visit, { t, emit }) {
  const { reason, note, notExamined, toldFamily } = visit.drafts;
  return h(
    "div",
    { class: "stack letter-fields", key: "fields" },
    h("p", { class: "label" }, t("physician.refer.optional")),
    textField("note", t(reason === "other" ? "physician.refer.noteRequired" : "physician.refer.note"), note, 4000, (value) =>
      emit({ type: "draft", draft: { note: value } }),
    ),
    textField("not-examined", t("physician.refer.notExamined"), notExamined, 2000, (value) =>
      emit({ type: "draft", draft: { notExamined: value } }),
    ),
    textField("told-family", t("physician.refer.toldFamily"), toldFamily, 2000, (value) =>
      emit({ type: "draft", draft: { toldFamily: value } }),
    ),
  );
}
