/**
 * The panels of the rail: each asks what its act needs and ends in one button that says what will happen. What was picked or
 * typed lives in the state, so that closing a panel, or losing the network, loses nothing.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../types.js").Act} Act
 * @typedef {import("../types.js").Panel} Panel
 * @typedef {import("../view.js").Context} Context
 * @typedef {import("../../shared/ui/dom.js").Child} Child
 */

import { h, icon } from "../../shared/ui/dom.js";
import { missing, summaryOf } from "../acts.js";
import { HOLD_REASONS } from "../state.js";
import { admitPanel, attestPanel, emergencyCard } from "./attest.js";
import { documentsPanel } from "./documents.js";
import { guestPanel } from "./guest.js";
import { incidents } from "./incident.js";
import { notePanel } from "./note.js";
import { confirm, panelBody, textField } from "./panel_parts.js";
import { referral } from "./referral.js";

/** @param {Visit} visit @param {Panel} which @param {Context} context */
export function panel(visit, which, context) {
  const { t, emit } = context;
  return h(
    "section",
    { class: `panel panel-${which}`, key: `panel-${which}`, "aria-labelledby": "panel-title", id: "panel" },
    h(
      "div",
      { class: "panel-head spread" },
      h("h2", { id: "panel-title", tabindex: "-1" }, t(`physician.${which}.title`)),
      h(
        "button",
        {
          class: "button button-quiet panel-close",
          type: "button",
          "aria-keyshortcuts": "Escape",
          onclick: () => emit({ type: "panel", panel: null }),
        },
        icon("close"),
        t("physician.panel.close"),
      ),
    ),
    body(visit, which, context),
  );
}

/** @param {Visit} visit @param {Panel} which @param {Context} context @returns {Child[]} */
function body(visit, which, context) {
  switch (which) {
    case "admit":
    case "begin_text":
      return admitPanel(visit, which, context);
    case "attest":
      return attestPanel(visit, context);
    case "hold":
      return hold(visit, context);
    case "refer":
      return referral(visit, context);
    case "complete":
      return complete(visit, context);
    case "cancel":
      return [panelBody(h("p", null, context.t("physician.cancel.body"))), confirm(visit, "cancel", context, { danger: true })];
    case "leave":
      return [panelBody(h("p", null, context.t("physician.leave.body"))), leave(context)];
    case "incident":
      return [panelBody(incidents(visit, context))];
    case "note":
      return notePanel(visit, context);
    case "documents":
      return documentsPanel(visit, context);
    case "guest":
      return guestPanel(visit, context);
    case "help":
      return help(visit, context);
  }
}

/** @param {Visit} visit @param {Context} context */
function hold(visit, context) {
  const { t, emit } = context;
  const chosen = visit.drafts.holdReason;
  return [
    panelBody(
      h("p", { class: "small soft" }, t("physician.hold.body")),
      h(
        "div",
        { class: "choices", role: "radiogroup", "aria-labelledby": "panel-title" },
        HOLD_REASONS.map((reason, index) =>
          h(
            "label",
            { class: "choice", key: reason },
            h("input", {
              type: "radio",
              name: "hold-reason",
              checked: chosen === reason,
              "data-first": chosen ? chosen === reason : index === 0,
              "aria-keyshortcuts": String(index + 1),
              "data-check": reason,
              onchange: () => emit({ type: "draft", draft: { holdReason: reason } }),
            }),
            h("span", { class: "choice-words" }, t(`physician.hold.${reason}`)),
            h("kbd", { "aria-hidden": "true" }, index + 1),
          ),
        ),
      ),
    ),
    confirm(visit, "hold", context, { hint: chosen ? null : t("physician.hold.pickReason") }),
  ];
}

/** @param {Visit} visit @param {Context} context */
function complete(visit, context) {
  const { t, emit } = context;
  const { adequate } = visit.drafts;
  const no = adequate === false;
  const lacking = missing(visit, "complete")[0];
  return [
    panelBody(
      h("p", { id: "adequate", class: "label" }, t("physician.complete.adequate")),
      h(
        "div",
        { class: "choices", role: "radiogroup", "aria-labelledby": "adequate" },
        [true, false].map((answer) =>
          h(
            "label",
            { class: "choice", key: String(answer) },
            h("input", {
              type: "radio",
              name: "adequate",
              checked: adequate === answer,
              "data-first": adequate === null ? answer : adequate === answer,
              onchange: () => emit({ type: "draft", draft: { adequate: answer } }),
            }),
            h("span", { class: "choice-words" }, t(answer ? "physician.complete.yes" : "physician.complete.no")),
          ),
        ),
      ),
      no &&
        h("p", { class: "notice notice-warn", key: "no" }, icon("warn"), h("span", null, t("physician.complete.notAdequate"))),
      !no &&
        textField(
          "summary",
          t("physician.complete.summary"),
          summaryOf(visit),
          4000,
          (value) => {
            emit({ type: "draft", draft: { summary: value } });
            emit({ type: "note_type", code: "family", text: value });
          },
          t("physician.complete.summaryHint"),
        ),
      !no && visit.note && safetyNet(visit.note.safetyNet, context),
    ),
    no
      ? h(
          "div",
          { class: "panel-foot", key: "to-refer" },
          h(
            "button",
            {
              class: "button button-danger button-block",
              type: "button",
              onclick: () => emit({ type: "panel", panel: "refer" }),
            },
            t("physician.complete.toRefer"),
          ),
        )
      : confirm(visit, "complete", context, {
          hint: lacking
            ? t(lacking === "summary" ? "physician.complete.writeSummary" : "physician.complete.pickAdequate")
            : null,
        }),
  ];
}

/** What the family reads below the summary, in its language. @param {readonly {zh: string, en: string}[]} lines @param {Context} context */
function safetyNet(lines, { t, language }) {
  return h(
    "details",
    { class: "safety-net", key: "net" },
    h("summary", null, t("physician.complete.safetyNet", { count: lines.length })),
    h("ul", { class: "small" }, lines.map((line) => h("li", { key: line.en }, line[language]))),
  );
}

/** @param {Context} context */
function leave({ t, emit }) {
  return h(
    "div",
    { class: "panel-foot", key: "leave" },
    h(
      "button",
      { class: "button button-block", type: "button", onclick: () => emit({ type: "leave" }) },
      t("physician.leave.confirm"),
    ),
  );
}

/** @type {readonly (readonly [string, string])[]} */
const SHORTCUTS = Object.freeze([
  ["A", "physician.act.admit"],
  ["B", "physician.act.begin_text"],
  ["T", "physician.act.attest"],
  ["H", "physician.help.hold"],
  ["R", "physician.act.refer"],
  ["C", "physician.act.complete"],
  ["N", "physician.note.title"],
  ["I", "physician.incident.title"],
  ["D", "physician.documents.title"],
  ["G", "physician.guest.title"],
  ["M", "physician.help.mute"],
  ["V", "physician.help.camera"],
  ["S", "physician.still.take"],
  ["/", "physician.help.chat"],
  ["Esc", "physician.help.close"],
  ["?", "physician.help.help"],
]);

/** @param {Visit} visit @param {Context} context */
function help(visit, context) {
  const { t } = context;
  return [
    panelBody(
      emergencyCard(visit, context),
      h(
        "dl",
        { class: "shortcuts" },
        SHORTCUTS.map(([name, text]) => h("div", { key: name }, h("dt", null, h("kbd", null, name)), h("dd", null, t(text)))),
      ),
      h("p", { class: "small soft" }, t("physician.help.note")),
    ),
  ];
}
