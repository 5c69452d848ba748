/**
 * What the family told before the visit: signs first, then heights and weights, then every answer. Before the admission it stands
 * among the facts of the visit, afterwards folded above the conversation.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../view.js").Context} Context
 * @typedef {import("../../shared/api.js").Prepared} Prepared
 */

import { dayAndTime } from "../../shared/i18n/i18n.js";
import { h, icon } from "../../shared/ui/dom.js";

/** How grave a sign is, for its look; never by colour alone: the words stand beside it. */
const TONES = Object.freeze(/** @type {Record<string, string>} */ ({ emergency: "notice-danger", in_person: "notice-warn", field: "" }));

/** @param {Visit} visit @param {Context} context */
export function preparedSection(visit, context) {
  const { t } = context;
  const { prepared } = visit;
  if (!prepared) return null;
  return h(
    "section",
    { class: "stack-tight", key: "prepared", "aria-labelledby": "prepared-title" },
    h("h3", { id: "prepared-title" }, t("physician.prepared.title")),
    told(prepared) ? contents(prepared, context) : h("p", { class: "soft", key: "nothing" }, t(`physician.prepared.${prepared.begun ? "begun" : "nothing"}`)),
  );
}

/** @param {Visit} visit @param {Context} context */
export function preparedFold(visit, context) {
  const { prepared } = visit;
  if (!prepared || !told(prepared)) return null;
  return h(
    "details",
    { class: "prepared-fold", key: "prepared" },
    h("summary", null, context.t("physician.prepared.title"), signsLine(prepared, context)),
    h("div", { class: "stack-tight" }, contents(prepared, context)),
  );
}

/** What must not stay folded away: how many signs for emergency care or care in person. @param {Prepared} prepared @param {Context} context */
function signsLine({ questionnaire }, { t }) {
  const flags = questionnaire?.flags ?? [];
  return ["emergency", "in_person"].map((outcome) => {
    const count = flags.filter((flag) => flag.outcome === outcome).length;
    return count > 0 && h("span", { class: `prepared-signs prepared-${outcome}`, key: outcome }, icon("warn"), t(`physician.prepared.signs.${outcome}`, { count }));
  });
}

/** @param {Prepared} prepared */
function told({ questionnaire, measurements }) {
  return questionnaire !== null || measurements !== null;
}

/** @param {Prepared} prepared @param {Context} context */
function contents({ questionnaire, measurements }, context) {
  const { t, language } = context;
  return [
    questionnaire && h("p", { class: "small soft", key: "when" }, t("physician.prepared.at", { time: dayAndTime(language, questionnaire.at) })),
    questionnaire?.flags.map(({ reason, outcome, text }) =>
      h(
        "p",
        { class: `notice ${TONES[outcome] ?? ""}`, key: `flag-${reason}` },
        icon("warn"),
        h("span", null, h("strong", null, t(`physician.prepared.flag.${outcome}`)), " ", text),
      ),
    ),
    measurements && growth(measurements, context),
    questionnaire &&
      questionnaire.answers.length > 0 &&
      h(
        "dl",
        { class: "facts prepared-answers", key: "answers" },
        questionnaire.answers.map(({ link_id: link, text, answer }) => h("div", { key: link }, h("dt", null, text), h("dd", null, answer))),
      ),
  ];
}

/** @param {NonNullable<Prepared["measurements"]>} measurements @param {Context} context */
function growth({ items, velocity }, { t }) {
  return h(
    "ul",
    { class: "prepared-growth", key: "growth" },
    items.map(({ kind, value, on, method }) =>
      h("li", { key: `${kind}-${on}` }, t(`prepare.measure.${kind}.value`, { value }), h("span", { class: "small soft" }, " ", on, " ", t(`prepare.method.${method}`))),
    ),
    velocity &&
      h(
        "li",
        { key: "velocity" },
        t("physician.prepared.velocity", { velocity: velocity.cm_per_year, since: velocity.since, until: velocity.until }),
        velocity.at_home && h("span", { class: "small soft" }, " ", t("physician.prepared.atHome")),
      ),
  );
}
