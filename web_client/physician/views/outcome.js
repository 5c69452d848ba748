/**
 * What came of it, when there is nothing to do here any more: the outcome with the letter, another window that took over, a
 * visit that would not open. Always with the way back.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../view.js").Context} Context
 */

import { h, icon } from "../../shared/ui/dom.js";
import { availability } from "../acts.js";
import { outcomeOf } from "../words.js";
import { noteAfter } from "./note.js";
import { panel } from "./panels.js";
import { presenceTimeline } from "./presence.js";

/** @param {Visit} visit @param {Context} context */
export function outcome(visit, context) {
  const over = outcomeOf(visit) !== null && visit.link !== "superseded" && visit.link !== "refused";
  return h(
    "main",
    { class: `page-center${over ? " outcome-page" : ""}`, id: "main", key: "outcome" },
    h("div", { class: "card outcome stack" }, card(visit, context)),
    over && noteAfter(visit, context),
  );
}

/** @param {Visit} visit @param {Context} context */
function card(visit, context) {
  const { t, emit } = context;
  const back = h(
    "button",
    {
      class: "button button-primary button-large button-block",
      type: "button",
      key: "back",
      onclick: () => emit({ type: "back" }),
    },
    t("physician.outcome.back"),
  );
  const quietBack = h(
    "button",
    { class: "button button-block", type: "button", key: "back", onclick: () => emit({ type: "back" }) },
    t("physician.outcome.back"),
  );
  if (visit.link === "superseded") {
    return [
      h("h2", { key: "title" }, t("physician.state.superseded")),
      h("p", { key: "body" }, t("physician.superseded.body")),
      h(
        "button",
        {
          class: "button button-primary button-large button-block",
          type: "button",
          key: "here",
          onclick: () => emit({ type: "take_over" }),
        },
        t("physician.superseded.here"),
      ),
      quietBack,
    ];
  }
  if (visit.link === "refused") {
    return [
      h("h2", { key: "title" }, t("physician.state.refused")),
      h("p", { key: "body" }, visit.refused?.text || t("physician.refused.body")),
      h(
        "button",
        {
          class: "button button-primary button-large button-block",
          type: "button",
          key: "again",
          onclick: () => emit({ type: "take_over" }),
        },
        t("physician.refused.retry"),
      ),
      quietBack,
    ];
  }
  return ended(visit, outcomeOf(visit) ?? { name: "unknown", referral: null, letter: false, summary: false }, context, back);
}

/**
 * @param {Visit} visit @param {NonNullable<ReturnType<typeof outcomeOf>>} over @param {Context} context
 * @param {import("../../shared/ui/dom.js").VNode} back
 */
function ended(visit, { name, referral: filed, letter, summary }, context, back) {
  const { t, emit } = context;
  if (visit.panel === "refer") return [panel(visit, "refer", context), back];
  return [
    h(
      "div",
      { class: "outcome-mark", "aria-hidden": "true", key: "mark" },
      icon(name === "referred" ? "hospital" : name === "completed" ? "check" : "info"),
    ),
    h("h2", { key: "title" }, t(`physician.outcome.${name}`)),
    h(
      "p",
      { key: "body" },
      t(letter && name !== "referred" ? "physician.outcome.body.referred" : `physician.outcome.body.${name}`),
    ),
    filed && referralFacts(visit, filed, context),
    letter && letterLinks(visit, t),
    summary &&
      h(
        "a",
        { class: "button button-block", key: "summary", href: `/letter/?visit=${encodeURIComponent(visit.id)}` },
        icon("document"),
        t("physician.outcome.summary"),
      ),
    availability(visit, "refer").shown &&
      h(
        "button",
        {
          class: "button button-danger button-block",
          type: "button",
          key: "refer",
          "aria-keyshortcuts": "R",
          onclick: () => emit({ type: "panel", panel: "refer" }),
        },
        t("physician.outcome.refer"),
      ),
    back,
    presenceTimeline(visit, context),
  ];
}

/** @param {Visit} visit @param {{reason: string, urgency: string}} filed @param {Context} context */
function referralFacts(visit, filed, { t }) {
  const reason = visit.view?.reasons?.find((one) => one.code === filed.reason)?.text ?? filed.reason;
  return h(
    "dl",
    { class: "facts outcome-facts", key: "facts" },
    h(
      "div",
      null,
      h("dt", null, t("physician.refer.urgency")),
      h(
        "dd",
        null,
        h("span", { class: `tag ${filed.urgency === "emergency" ? "tag-danger" : "tag-warn"}` }, t(`urgency.${filed.urgency}`)),
      ),
    ),
    h("div", null, h("dt", null, t("physician.refer.reason")), h("dd", null, reason)),
  );
}

/** @param {Visit} visit @param {Context["t"]} t */
function letterLinks(visit, t) {
  const id = encodeURIComponent(visit.id);
  return h(
    "div",
    { class: "row outcome-links", key: "letter" },
    h("a", { class: "button", href: `/letter/?visit=${id}` }, icon("document"), t("physician.outcome.letter")),
    h(
      "a",
      { class: "button", href: `/api/visits/${id}/letter.pdf`, download: true },
      icon("download"),
      t("physician.outcome.pdf"),
    ),
  );
}
