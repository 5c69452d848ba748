/** A new booking: the family that is found or entered, the field, the department, the specialist, a free slot. */

import { SEXES } from "../../shared/kinship.js";
import { h, icon } from "../../shared/ui/dom.js";
import { childIsNew, departmentsFor, fieldsOf, guardianIsNew, KINDS, missing, relationsFor } from "../booking.js";
import { dayOf, momentText } from "../days.js";
import { guardianFields, relationFields } from "./guardian.js";
import { act, choices, field, heading, refusal, slotChoices, text } from "./parts.js";

/** @typedef {import("../view.js").Context} Context */
/** @typedef {import("../state.js").State} State */
/** @typedef {import("../booking.js").Booking} Booking */

/** @param {State} state @param {Context} context */
export function bookingPanel(state, context) {
  const { t } = context;
  if (!state.offer)
    return [heading(context, t("desk.book")), refusal(state, context), !state.problem && h("p", { class: "working", role: "status", key: "loading" }, t("desk.loading"))];
  const open = state.tried ? missing(state.booking, today(state)) : [];
  /** @param {string} id */
  const wrong = (id) => (open.includes(id) ? t(`desk.missing.${id}`) : null);
  return [
    heading(context, t("desk.book")),
    h("fieldset", { class: "desk-fields stack", key: "fields", disabled: state.pending !== null }, family(state, context, wrong), where(state, context, wrong)),
    state.pending && !state.busy ? unsure(context) : refusal(state, context),
    open.length > 0 && !state.problem && h("p", { class: "field-error", key: "open", role: "alert" }, icon("warn"), " ", t("desk.missing", { n: open.length })),
    act(state, context, { text: bookText(state, context), intent: { type: "book" } }),
  ];
}

/** @param {State} state */
function today(state) {
  return dayOf(state.data?.now ?? "9999-01-01T00:00:00Z");
}

/** @param {State} state @param {Context} context */
function bookText({ booking, pending }, { t, language }) {
  if (pending) return t("desk.unsure.again");
  return booking.slot ? t("desk.book.confirm", { time: momentText(language, booking.slot.starts_at) }) : t("desk.book.act");
}

/** Nobody knows whether it was booked: sent again as it was, it is not booked twice. @param {Context} context */
function unsure({ t }) {
  return h("div", { class: "notice notice-warn", key: "unsure", role: "alert" }, icon("offline"), h("div", { class: "stack-tight" }, h("p", null, h("strong", null, t("desk.unsure.title"))), h("p", null, t("desk.unsure.body"))));
}

/** @param {State} state @param {Context} context @param {(id: string) => string | null} wrong */
function family(state, context, wrong) {
  const { t, emit } = context;
  const { booking } = state;
  /** @param {Partial<Booking>} change */
  const change = (change) => emit({ type: "booking", change });
  return h(
    "section",
    { class: "stack-tight", key: "family" },
    h("h3", null, t("desk.family")),
    booking.who !== "new" && [
      h(
        "div",
        { class: "desk-find", key: "find" },
        field(t("desk.find"), "family", wrong("family"), text({ id: "family", value: booking.text, wrong: wrong("family"), oninput: (value) => change({ text: value }), onenter: () => emit({ type: "find" }) })),
        h("button", { type: "button", class: "button", disabled: state.busy, onclick: () => emit({ type: "find" }) }, t("desk.find.act")),
      ),
      found(state, context, change),
    ],
    h(
      "div",
      { class: "row", key: "who" },
      booking.who === "known"
        ? [
            h("button", { type: "button", class: "button", key: "new", onclick: () => change({ who: "new", family: null }) }, t("desk.family.new")),
            booking.family?.guardian && h("button", { type: "button", class: "button button-quiet", key: "sibling", onclick: () => change({ who: "new_child" }) }, t("desk.family.new_child")),
            booking.family && h("button", { type: "button", class: "button button-quiet", key: "other", onclick: () => change({ who: "new_guardian" }) }, t("desk.family.new_guardian")),
          ]
        : h("button", { type: "button", class: "button button-quiet", key: "known", onclick: () => change({ who: "known" }) }, t("desk.family.known")),
    ),
    people(state, context, change, wrong),
  );
}

/** @param {State} state @param {Context} context @param {(change: Partial<Booking>) => void} change */
function found(state, { t }, change) {
  const { families, more } = state.found ?? { families: null, more: false };
  if (!families) return null;
  if (families.length === 0) return h("p", { class: "notice", key: "none", role: "status" }, icon("info"), h("span", null, t("desk.find.none", { text: state.found?.text ?? "" })));
  const id = (/** @type {import("../state.js").Family} */ each) => `${each.child.id}/${each.guardian?.id ?? ""}`;
  return [
    choices({
      name: "found",
      legend: t("desk.find.found", { n: families.length }),
      value: state.booking.family ? id(state.booking.family) : "",
      options: families.map((each) => ({
        value: id(each),
        text: [
          h("strong", { key: "child" }, each.child.name),
          ` ${t(`desk.sex.${each.child.sex}`)} ${each.child.birth_date}`,
          h("span", { class: "small soft desk-under", key: "guardian" }, each.guardian ? `${each.guardian.name} · ${t(`letter.relation.${each.relation?.kind ?? "legal_guardian"}`)} · ${each.guardian.phone}` : t("desk.find.alone")),
        ],
      })),
      onchoose: (value) => {
        const family = families.find((each) => id(each) === value) ?? null;
        change({ family, who: family?.guardian ? "known" : "new_guardian" });
      },
    }),
    more && h("p", { class: "small soft", key: "more" }, t("desk.find.more")),
  ];
}

/** Who is new, and how they are related. @param {State} state @param {Context} context @param {(change: Partial<Booking>) => void} change @param {(id: string) => string | null} wrong */
function people(state, { t }, change, wrong) {
  const { booking, offer } = state;
  const { child, guardian, relation } = booking;
  return [
    childIsNew(booking) &&
      h(
        "div",
        { class: "stack-tight", key: "child" },
        field(t("desk.child.name"), "child-name", wrong("child-name"), text({ id: "child-name", value: child.name, wrong: wrong("child-name"), oninput: (name) => change({ child: { ...child, name } }) })),
        choices({ name: "child-sex", legend: t("desk.child.sex"), value: child.sex, wrong: wrong("child-sex"), inline: true, options: SEXES.map((value) => ({ value, text: t(`desk.sex.${value}`) })), onchoose: (sex) => change({ child: { ...child, sex } }) }),
        field(t("desk.child.birth"), "child-birth", wrong("child-birth"), text({ id: "child-birth", type: "date", max: today(state), value: child.birth_date, wrong: wrong("child-birth"), oninput: (birth_date) => change({ child: { ...child, birth_date } }) })),
      ),
    guardianIsNew(booking) && guardianFields({ t }, guardian, (guardian) => change({ guardian }), wrong),
    booking.who !== "known" && relationFields({ t }, offer, relationsFor(offer), relation, (relation) => change({ relation }), wrong),
  ];
}

/** @param {State} state @param {Context} context @param {(id: string) => string | null} wrong */
function where(state, context, wrong) {
  const { t, emit, language } = context;
  const { booking, offer } = state;
  /** @param {Partial<Booking>} change */
  const change = (change) => emit({ type: "booking", change });
  const departments = departmentsFor(offer, booking.field);
  return h(
    "section",
    { class: "stack-tight", key: "where" },
    h("h3", null, t("desk.where")),
    choices({ name: "kind", legend: t("desk.kind"), value: booking.kind, inline: true, options: KINDS.map((value) => ({ value, text: t(`desk.kind.${value}`) })), onchoose: (kind) => change({ kind }) }),
    fieldsOf(offer).length === 0
      ? h("p", { class: "notice notice-warn", key: "nothing" }, icon("info"), h("span", null, t("desk.where.nothing")))
      : choices({ name: "field", legend: t("desk.field"), value: booking.field, wrong: wrong("field"), inline: true, options: fieldsOf(offer).map((value) => ({ value, text: t(`field.${value}`) })), onchoose: (chosen) => change({ field: chosen }) }),
    departments.length > 0 &&
      choices({ name: "department", legend: t("desk.department"), value: booking.department, wrong: wrong("department"), inline: true, options: departments.map(({ id, name, name_en }) => ({ value: id, text: language === "zh" ? name : name_en })), onchoose: (department) => change({ department }) }),
    booking.department !== "" && [
      field(
        t("desk.physician"),
        "physician",
        null,
        h(
          "select",
          { class: "input", id: "physician", value: booking.physician, onchange: (/** @type {Event} */ event) => change({ physician: /** @type {HTMLSelectElement} */ (event.target).value }) },
          h("option", { value: "", key: "" }, t("desk.physician.any")),
          (offer?.physicians ?? []).map(({ id, name, title }) => h("option", { value: id, key: id }, `${name} ${title}`)),
        ),
      ),
      slotChoices(state, context, { name: "slot", chosen: booking.slot, wrong: wrong("slot"), onchoose: (slot) => change({ slot }) }),
    ],
  );
}
