/** A visit's guardians: each with a link of their own; one more is added, or one removed, asked once more before it is done. */

import { GUARDIANS } from "../../shared/kinship.js";
import { h, icon } from "../../shared/ui/dom.js";
import { hasRoom, missingOf, NEW } from "../further.js";
import { guardianFields, relationFields } from "./guardian.js";
import { act, choices, linkText, refusal } from "./parts.js";

/** @typedef {import("../view.js").Context} Context */
/** @typedef {import("../state.js").State} State */
/** @typedef {import("../state.js").Visit} Visit */
/** @typedef {import("../further.js").Given["guardians"][number]} Line */

/** @param {State} state @param {Visit} visit @param {Context} context */
export function furtherPanel(state, visit, context) {
  const { t } = context;
  const { further } = state;
  if (!further.given) return [refusal(state, context), !state.problem && h("p", { class: "working", role: "status", key: "loading" }, t("desk.loading"))];
  return [
    state.done === "removed" && h("p", { class: "notice notice-good", key: "done", role: "status" }, icon("check"), h("span", null, t("desk.done.removed"))),
    h("p", { class: "soft small", key: "note" }, t("desk.further.note")),
    h(
      "ul",
      { class: "desk-guardians", key: "all", "aria-label": t("desk.further") },
      h("li", { key: "booked" }, h("strong", null, visit.guardian.name), ` · ${t(`letter.relation.${visit.relation.kind}`)}`, h("span", { class: "small soft desk-under" }, t("desk.further.booked"))),
      further.given.guardians.map((each) => line(state, visit, each, context)),
    ),
    hasRoom(further) ? adding(state, context) : [refusal(state, context), h("p", { class: "soft small", key: "full" }, t("desk.further.full", { n: further.given.most }))],
  ];
}

/** @param {State} state @param {Visit} visit @param {Line} line @param {Context} context */
function line(state, visit, { guardian, relation, link }, context) {
  const { t, emit } = context;
  const removing = state.further.removing === guardian.id;
  return h(
    "li",
    { key: guardian.id, class: "stack-tight" },
    h(
      "div",
      null,
      h("strong", null, guardian.name),
      ` · ${t(`letter.relation.${relation.kind}`)} · ${guardian.phone}`,
      h("span", { class: "small soft desk-under" }, `${t("desk.proof")}: ${t(`desk.proof.${relation.proof}`)}`),
      h("span", { class: "small soft desk-under" }, `${t("desk.link")}: ${linkText(link, context)}`),
    ),
    removing
      ? h(
          "div",
          { class: "notice notice-warn", key: "sure", role: "alert" },
          icon("warn"),
          h(
            "div",
            { class: "stack-tight" },
            h("p", null, t("desk.further.remove.note", { name: guardian.name })),
            h(
              "div",
              { class: "row" },
              h("button", { type: "button", class: "button button-danger", disabled: state.busy, onclick: () => emit({ type: "remove_further", guardian: guardian.id }) }, t("desk.further.remove.confirm", { name: guardian.name })),
              h("button", { type: "button", class: "button button-quiet", onclick: () => emit({ type: "further", change: { removing: null } }) }, t("common.back")),
            ),
          ),
        )
      : h(
          "div",
          { class: "row", key: "acts" },
          h("button", { type: "button", class: "button", disabled: state.busy, "aria-label": t("desk.further.link.of", { name: guardian.name }), onclick: () => emit({ type: "link_further", guardian: guardian.id }) }, t("desk.link.act")),
          visit.state === "waiting" && h("button", { type: "button", class: "button button-quiet", "aria-label": t("desk.further.remove.of", { name: guardian.name }), onclick: () => emit({ type: "further", change: { removing: guardian.id } }) }, t("desk.further.remove")),
        ),
  );
}

/** @param {State} state @param {Context} context */
function adding(state, context) {
  const { t, emit } = context;
  const { further, offer } = state;
  const { given, chosen, guardian, relation } = further;
  const open = state.tried ? missingOf(further) : [];
  /** @param {string} id */
  const wrong = (id) => (open.includes(id) ? t(`desk.missing.${id}`) : null);
  /** @param {Partial<import("../further.js").Further>} change */
  const change = (change) => emit({ type: "further", change });
  return h(
    "section",
    { class: "stack-tight", key: "adding" },
    h("h3", null, t("desk.further.add")),
    h(
      "fieldset",
      { class: "desk-fields stack-tight", key: "fields", disabled: further.pending !== null },
      choices({
        name: "further",
        legend: t("desk.further.who"),
        value: chosen,
        wrong: wrong("further"),
        options: [
          ...(given?.others ?? []).map((each) => ({
            value: each.guardian.id,
            text: [h("strong", { key: "name" }, each.guardian.name), ` · ${t(`letter.relation.${each.relation.kind}`)} · ${each.guardian.phone}`],
          })),
          { value: NEW, text: t("desk.further.new") },
        ],
        onchoose: (chosen) => change({ chosen }),
      }),
      chosen === NEW && guardianFields({ t }, guardian, (guardian) => change({ guardian }), wrong),
      chosen === NEW && relationFields({ t }, offer, GUARDIANS, relation, (relation) => change({ relation }), wrong),
    ),
    further.pending && !state.busy ? h("div", { class: "notice notice-warn", key: "unsure", role: "alert" }, icon("offline"), h("p", null, t("desk.further.unsure"))) : refusal(state, context),
    act(state, context, { text: t(further.pending && !state.busy ? "desk.unsure.again" : "desk.further.confirm"), intent: { type: "add_further" } }),
  );
}
