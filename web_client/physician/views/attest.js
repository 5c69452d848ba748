/**
 * The two looks at who is there: the masked names before the admission, so that nobody comes into a wrong room, and the checks on
 * camera after it. Number and place can be corrected where they stand; both are at hand again in an emergency.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../view.js").Context} Context
 */

import { h, icon } from "../../shared/ui/dom.js";
import { availability, byText } from "../acts.js";
import { CHECKS, flipped, missingToAttest, whereaboutsOf } from "../attesting.js";
import { grouped } from "../words.js";
import { ageText } from "./age.js";
import { confirm, panelBody } from "./panel_parts.js";
import { problemNotice } from "./problem.js";

/** Compare the names, then admit or begin by text, or say that these are others. @param {Visit} visit @param {"admit" | "begin_text"} act @param {Context} context */
export function admitPanel(visit, act, context) {
  const { t, emit } = context;
  const { why } = availability(visit, "deny_family");
  return [
    panelBody(
      h("p", { class: "small soft" }, t("physician.admit.body")),
      people(visit, context),
      h(
        "button",
        {
          class: "button button-block",
          type: "button",
          key: "deny",
          id: "act-deny_family",
          "aria-disabled": why ? "true" : null,
          "aria-keyshortcuts": "N",
          onclick: () => why || emit({ type: "act", act: "deny_family" }),
        },
        t("physician.admit.deny"),
        h("kbd", { "aria-hidden": "true" }, "N"),
      ),
      problemNotice(visit, "deny_family", t),
    ),
    confirm(visit, act, context, {
      hint: t(`physician.${act}.keys`),
      label: t(act === "admit" && byText(visit) ? "physician.admit.confirmVideo" : `physician.${act}.confirm`),
    }),
  ];
}

/** @param {Visit} visit @param {Context} context */
export function attestPanel(visit, context) {
  const { t, emit } = context;
  const { checks } = visit.drafts;
  const lacking = missingToAttest(visit);
  const hint = lacking.includes("call_back") ? "number" : lacking.includes("location") ? "place" : "keys";
  return [
    panelBody(
      people(visit, context),
      h(
        "div",
        { class: "choices attest-checks", role: "group", "aria-labelledby": "panel-title" },
        CHECKS.map((check, index) => [
          h(
            "label",
            { class: "choice", key: check },
            h("input", {
              type: "checkbox",
              checked: checks.includes(check),
              "data-first": index === 0,
              "data-check": check,
              "aria-keyshortcuts": String(index + 1),
              onchange: () => emit({ type: "draft", draft: { checks: flipped(checks, check) } }),
            }),
            h("span", { class: "choice-words" }, t(`physician.attest.${check}`)),
            h("kbd", { "aria-hidden": "true" }, index + 1),
          ),
          check === "call_back_confirmed" && number(visit, context),
          check === "location_confirmed" && place(visit, context),
        ]),
      ),
    ),
    confirm(visit, "attest", context, { hint: t(`physician.attest.${hint}`) }),
  ];
}

/** @param {Visit} visit @param {Context} context */
function number(visit, { t, emit }) {
  return h("input", {
    class: "input attest-told figures",
    key: "call-back",
    id: "field-call-back",
    type: "tel",
    autocomplete: "off",
    maxlength: "40",
    value: whereaboutsOf(visit).callBack,
    "aria-label": t("physician.attest.call_back"),
    oninput: (/** @type {Event} */ event) => emit({ type: "draft", draft: { callBack: valueOf(event) } }),
  });
}

/** @param {Visit} visit @param {Context} context */
function place(visit, { t, emit }) {
  return h("textarea", {
    class: "input attest-told",
    key: "location",
    id: "field-location",
    rows: "2",
    maxlength: "200",
    value: whereaboutsOf(visit).location,
    placeholder: t("physician.attest.locationAsk"),
    "aria-label": t("physician.attest.location"),
    oninput: (/** @type {Event} */ event) => emit({ type: "draft", draft: { location: valueOf(event) } }),
  });
}

/** @param {Event} event */
function valueOf(event) {
  return /** @type {HTMLInputElement | HTMLTextAreaElement} */ (event.currentTarget).value;
}

/** Child and guardians, masked, with what the relation was proven by; of several, who attends. @param {Visit} visit @param {Context} context */
export function people({ family, view, entry, panel }, { t }) {
  const child = family
    ? [family.child.name, ageText(t, family.child.age_years), t(`physician.sex.${family.child.sex}`)]
    : [view?.child ?? "", entry ? ageText(t, entry.age_years) : ""];
  const guardians = family
    ? family.guardians.map(({ name, relation, proof, seated }) => [
        name,
        t(`relation.${relation}`),
        t(`proof.${proof}`),
        seated && family.guardians.length > 1 ? t("physician.record.attending") : "",
      ])
    : [[view?.guardian ?? ""]];
  return h(
    "dl",
    { class: "facts family-facts", key: "people" },
    h("div", { key: "child" }, h("dt", null, t("physician.record.child")), h("dd", null, said(child))),
    guardians.map((guardian, at) =>
      h("div", { key: `guardian-${at}` }, h("dt", null, t("physician.record.guardian")), h("dd", null, said(guardian))),
    ),
    family?.delegation &&
      h("div", { key: "delegation" }, h("dt", null, t("physician.record.delegation")), h("dd", null, t(`physician.delegation.${family.delegation}`))),
    family &&
      panel !== "attest" &&
      h("div", { key: "stills" }, h("dt", null, t("physician.record.stills")), h("dd", null, t(`physician.stills.${family.stills}`))),
  );
}

/** The name large, what goes with it beside it. @param {string[]} words */
function said([name, ...more]) {
  return [h("b", null, name), h("span", { class: "soft" }, more.filter(Boolean).join(" · "))];
}

/** What to tell 120, and whom to call; nothing before either is known. @param {Visit} visit @param {Context} context */
export function emergencyCard(visit, { t }) {
  const { callBack, location } = whereaboutsOf(visit);
  if (!callBack && !location) return null;
  return h(
    "section",
    { class: "notice notice-danger emergency", key: "emergency", "aria-labelledby": "emergency-title" },
    icon("phone"),
    h(
      "div",
      { class: "stack-tight" },
      h("h3", { class: "notice-title", id: "emergency-title" }, t("physician.emergency.title")),
      h("p", null, location ? t("physician.emergency.place", { location }) : t("physician.emergency.noPlace")),
      callBack && h("p", { class: "figures", key: "call" }, t("physician.emergency.call"), " ", h("a", { href: `tel:${callBack}` }, grouped(callBack))),
    ),
  );
}

/** The physician said that these are others; it can be looked at again. @param {Visit} visit @param {Context} context */
export function deniedNotice({ family }, { t }) {
  if (!family?.denied) return null;
  return h("p", { class: "notice notice-warn", key: "denied", role: "status" }, icon("warn"), h("span", null, t("physician.admit.denied")));
}
