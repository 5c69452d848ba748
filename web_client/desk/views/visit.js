/** One visit: who, when, how it stands; and the one thing that is being done with it, asked once more before it cannot be undone. */

import { h, icon } from "../../shared/ui/dom.js";
import { proofsFor } from "../booking.js";
import { ACTS } from "../keys.js";
import { momentText } from "../days.js";
import { actsOn, doneKey, REASONS } from "../state.js";
import { furtherPanel } from "./further.js";
import { act, choices, heading, linkText, refusal, slotChoices, standingTag } from "./parts.js";

/** @typedef {import("../view.js").Context} Context */
/** @typedef {import("../state.js").State} State */
/** @typedef {import("../state.js").Visit} Visit */

/** @param {State} state @param {Context} context */
export function visitPanel(state, context) {
  const { visit, panel } = state;
  const { t } = context;
  if (!visit) return [heading(context, t("desk.visit")), h("p", { class: "working", role: "status", key: "loading" }, t("desk.loading"))];
  if (panel === "visit") return whole(state, visit, context);
  return [
    heading(context, t(`desk.${panel}.title`), "visit"),
    h("p", { key: "who" }, `${visit.child.name} · ${momentText(context.language, visit.starts_at)} · ${visit.physician.name}`),
    asking(state, visit, context),
  ];
}

/** @param {State} state @param {Visit} visit @param {Context} context */
function whole(state, visit, context) {
  const { t, language, emit } = context;
  const others = state.further.given?.guardians ?? [];
  const acts = actsOn(visit, state.data?.now ?? visit.starts_at);
  const letters = Object.fromEntries(Object.entries(ACTS).map(([key, name]) => [name, key.toUpperCase()]));
  return [
    heading(context, visit.child.name),
    state.done && h("p", { class: "notice notice-good", key: "done", role: "status" }, icon("check"), h("span", null, t(doneKey(state.done, visit)))),
    h("p", { key: "standing" }, standingTag(t, visit)),
    h(
      "dl",
      { class: "facts desk-facts", key: "facts" },
      fact(t("desk.column.time"), momentText(language, visit.starts_at)),
      fact(t("desk.child"), `${visit.child.name} · ${t(`desk.sex.${visit.child.sex}`)} · ${visit.child.birth_date}`),
      fact(t("desk.guardian"), `${visit.guardian.name} · ${t(`letter.relation.${visit.relation.kind}`)}`),
      fact(t("desk.phone"), phone(state, visit, context)),
      fact(t("desk.proof"), t(`desk.proof.${visit.relation.proof}`)),
      others.length > 0 && fact(t("desk.further"), others.map(({ guardian, relation }) => `${guardian.name} · ${t(`letter.relation.${relation.kind}`)}`).join(t("desk.further.and"))),
      fact(t("desk.column.physician"), `${visit.physician.name} · ${visit.physician.title}`),
      fact(t("desk.department"), visit.department_name),
      fact(t("desk.column.visit"), `${t(`field.${visit.field}`)} · ${t(`desk.kind.${visit.kind}`)}`),
      visit.state !== "ended" && fact(t("desk.link"), linkText(visit.link, context)),
    ),
    refusal(state, context),
    visit.state !== "waiting" && h("p", { class: "soft small", key: "none" }, t(`desk.acts.${["ended", "text"].includes(visit.state) ? visit.state : "under_way"}`)),
    visit.state === "waiting" && visit.waiting_since !== null && h("p", { class: "soft small", key: "here" }, t("desk.acts.here")),
    h(
      "div",
      { class: "desk-acts", key: "acts" },
      acts.map((name) =>
        h(
          "button",
          { type: "button", class: `button${name === "proof" ? " button-primary" : ""}`, key: name, onclick: () => emit({ type: "panel", panel: name }) },
          t(`desk.${name}.act`),
          h("kbd", null, letters[name]),
        ),
      ),
    ),
  ];
}

/** Masked until it is asked for, which the server writes down. @param {State} state @param {Visit} visit @param {Context} context */
function phone(state, { guardian }, { t, emit }) {
  if (state.phone !== null) return h("a", { class: "figures", href: `tel:${state.phone}`, key: "whole" }, state.phone);
  return h(
    "span",
    { class: "row", key: "masked" },
    h("span", { class: "figures" }, guardian.phone),
    h("button", { type: "button", class: "button", disabled: state.busy, onclick: () => emit({ type: "reveal" }) }, t("desk.phone.reveal"), h("kbd", null, "V")),
  );
}

/** @param {State} state @param {Visit} visit @param {Context} context */
function asking(state, visit, context) {
  const { t, emit } = context;
  switch (state.panel) {
    case "further":
      return furtherPanel(state, visit, context);
    case "move":
      return [
        h("p", { class: "soft small", key: "note" }, t("desk.move.note")),
        refusal(state, context),
        slotChoices(state, context, { name: "move", chosen: state.moveTo, onchoose: (moveTo) => emit({ type: "choose", moveTo }) }),
        act(state, context, { text: moveText(state, context), intent: { type: "move" }, disabled: state.moveTo === null }),
      ];
    case "cancel":
      return [
        h("p", { class: "notice notice-warn", key: "note" }, icon("warn"), h("span", null, t("desk.cancel.note"))),
        refusal(state, context),
        choices({
          name: "cancel-reason",
          legend: t("desk.cancel.reason"),
          value: state.reason,
          options: REASONS.map((value) => ({ value, text: t(`desk.cancel.reason.${value}`) })),
          onchoose: (reason) => emit({ type: "choose", reason }),
        }),
        act(state, context, { text: t("desk.cancel.confirm"), tone: "button-danger", intent: { type: "cancel" }, disabled: state.reason === "" }),
      ];
    case "no_show":
      return [
        h("p", { class: "notice notice-warn", key: "note" }, icon("warn"), h("span", null, t("desk.no_show.note"))),
        refusal(state, context),
        act(state, context, { text: t("desk.no_show.confirm"), tone: "button-danger", intent: { type: "no_show" } }),
      ];
    case "link":
      return [
        h("p", { class: `notice ${visit.link?.redeemed_at ? "notice-warn" : ""}`, key: "note" }, icon("info"), h("span", null, t(visit.link?.redeemed_at ? "desk.link.noteUsed" : "desk.link.note"))),
        refusal(state, context),
        act(state, context, { text: t("desk.link.confirm"), intent: { type: "link" } }),
      ];
    default:
      return [
        h("p", { key: "note" }, t("desk.proof.note", { guardian: visit.guardian.name, relation: t(`letter.relation.${visit.relation.kind}`) })),
        refusal(state, context),
        choices({
          name: "proof-seen",
          legend: t("desk.proof.seen"),
          value: state.proof,
          options: proofsFor(state.offer, visit.relation.kind).map((value) => ({ value, text: t(`desk.proof.${value}`) })),
          onchoose: (proof) => emit({ type: "choose", proof }),
        }),
        act(state, context, { text: t("desk.proof.confirm"), intent: { type: "proof" }, disabled: state.proof === "" }),
      ];
  }
}

/** @param {State} state @param {Context} context */
function moveText({ moveTo }, { t, language }) {
  return moveTo ? t("desk.move.confirm", { time: momentText(language, moveTo.starts_at) }) : t("desk.move.choose");
}

/** @param {string} name @param {import("../../shared/ui/dom.js").Child} value */
function fact(name, value) {
  return h("div", { key: name }, h("dt", null, name), h("dd", null, value));
}
