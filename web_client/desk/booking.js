/**
 * What is being booked at the desk, before it is sent: a family that is known or new, where, with whom, when. Pure. What was typed stays
 * whatever the server says; only a slot that somebody else has is let go.
 *
 * @typedef {import("../shared/api.js").DeskFamily} Family
 * @typedef {import("../shared/api.js").DeskOffer} Offer
 * @typedef {import("../shared/api.js").DeskSlot} Slot
 * @typedef {"known" | "new" | "new_child" | "new_guardian"} Who whom of a family the register does not know yet
 *
 * @typedef {Object} Booking
 * @property {string} text what is looked for
 * @property {Family | null} family the one that was found
 * @property {Who} who
 * @property {{name: string, sex: string, birth_date: string}} child
 * @property {{name: string, phone: string, email: string, language: string}} guardian `email` may be empty
 * @property {{kind: string, proof: string}} relation
 * @property {string} field
 * @property {string} department
 * @property {string} physician or empty for anybody
 * @property {Slot | null} slot
 * @property {string} kind
 */

import { isEmail, isPhone, plainPhone } from "../shared/contact.js";
import { DELEGATED, GUARDIANS } from "../shared/kinship.js";

/** In which a family is written to. */
export const LANGUAGES = Object.freeze(["zh", "en"]);
/** Kinds of visit, the usual first. */
export const KINDS = Object.freeze(["first", "follow_up", "advice"]);
/** The only proof of a delegated adult. */
const WRITTEN = "written_delegation";

/** @returns {Booking} */
export function noBooking() {
  return {
    text: "",
    family: null,
    who: "known",
    child: { name: "", sex: "", birth_date: "" },
    guardian: { name: "", phone: "", email: "", language: "zh" },
    relation: { kind: "", proof: "" },
    field: "",
    department: "",
    physician: "",
    slot: null,
    kind: "first",
  };
}

/**
 * With a change made. A slot belongs to a field, a department and, if one was chosen, a physician: it goes when they change.
 *
 * @param {Booking} booking @param {Partial<Booking>} change @param {Offer | null} offer
 * @returns {Booking}
 */
export function changed(booking, change, offer) {
  const next = { ...booking, ...change };
  if (change.field !== undefined) {
    const departments = departmentsFor(offer, change.field);
    const stays = departments.some(({ id }) => id === next.department);
    next.department = stays ? next.department : departments.length === 1 ? departments[0].id : "";
  }
  const { kind, proof } = next.relation;
  if (kind !== booking.relation.kind && !proofsFor(offer, kind).includes(proof)) next.relation = { kind, proof: kind === DELEGATED ? WRITTEN : "" };
  const elsewhere = next.field !== booking.field || next.department !== booking.department;
  if (elsewhere) next.physician = "";
  const other = next.slot !== null && next.physician !== "" && next.slot.physician !== next.physician;
  return elsewhere || other ? { ...next, slot: null } : next;
}

/** @param {Offer | null} offer @param {string} field */
export function departmentsFor(offer, field) {
  return (offer?.departments ?? []).filter(({ fields }) => fields.includes(field));
}

/** What a guardian may be of the child. @param {Offer | null} offer */
export function relationsFor(offer) {
  return offer?.delegated_adults ? [...GUARDIANS, DELEGATED] : GUARDIANS;
}

/** Which proofs there are of such a relation. @param {Offer | null} offer @param {string} kind */
export function proofsFor(offer, kind) {
  return kind === DELEGATED ? [WRITTEN] : (offer?.proofs ?? []);
}

/** Fields that the hospital sees and some department offers. @param {Offer | null} offer */
export function fieldsOf(offer) {
  return (offer?.fields ?? []).filter((field) => departmentsFor(offer, field).length > 0);
}

/** @param {Booking} booking */
export function childIsNew({ who }) {
  return who === "new" || who === "new_child";
}

/** @param {Booking} booking */
export function guardianIsNew({ who }) {
  return who === "new" || who === "new_guardian";
}

/**
 * The ids of the fields that are still missing or cannot be right, in the order they are filled in.
 *
 * @param {Booking} booking @param {string} today
 * @returns {string[]}
 */
export function missing(booking, today) {
  const { who, family, child, guardian, relation } = booking;
  /** @type {[string, boolean][]} */
  const asked = [
    ["family", who !== "new" && family === null],
    ["child-name", childIsNew(booking) && child.name.trim() === ""],
    ["child-sex", childIsNew(booking) && child.sex === ""],
    ["child-birth", childIsNew(booking) && !(child.birth_date !== "" && child.birth_date <= today)],
    ...(guardianIsNew(booking) ? openOfGuardian(guardian) : []),
    ...(who !== "known" ? openOfRelation(relation) : []),
    ["field", booking.field === ""],
    ["department", booking.field !== "" && booking.department === ""],
    ["slot", booking.department !== "" && booking.slot === null],
  ];
  return asked.filter(([, open]) => open).map(([id]) => id);
}

/** Of somebody new: the ids of the fields, and whether each is still missing or cannot be right. @param {Booking["guardian"]} guardian @returns {[string, boolean][]} */
export function openOfGuardian({ name, phone, email }) {
  return [
    ["guardian-name", name.trim() === ""],
    ["guardian-phone", !isPhone(phone)],
    ["guardian-email", email.trim() !== "" && !isEmail(email.trim())],
  ];
}

/** @param {Booking["relation"]} relation @returns {[string, boolean][]} */
export function openOfRelation({ kind, proof }) {
  return [
    ["relation-kind", kind === ""],
    ["relation-proof", proof === ""],
  ];
}

/** The body of `POST /api/desk/visits`, of a booking from which nothing is missing. @param {Booking} booking */
export function bookingBody(booking) {
  const { family, child, guardian, relation, who } = booking;
  return {
    slot: booking.slot?.id,
    kind: booking.kind,
    ...(childIsNew(booking) ? { new_child: { ...child, name: child.name.trim() } } : { child: family?.child.id }),
    ...(guardianIsNew(booking)
      ? { new_guardian: newGuardian(guardian) }
      : { guardian: family?.guardian?.id }),
    ...(who !== "known" && { relation }),
  };
}

/** @param {Booking["guardian"]} guardian */
export function newGuardian({ name, phone, email, language }) {
  return { name: name.trim(), phone: plainPhone(phone), language, ...(email.trim() !== "" && { email: email.trim() }) };
}

/** Codes of refusals that mean: this slot is gone, another may do. */
const ABOUT_SLOT = new Set(["slot_taken", "schedule_closed", "physician_busy", "in_the_past", "beyond_horizon"]);

/** What a refusal leaves of a slot that was chosen. @param {Slot | null} slot @param {string} code */
export function slotAfter(slot, code) {
  return ABOUT_SLOT.has(code) ? null : slot;
}

/** Which slots are asked for, or null as long as that is not known. @param {Booking} booking */
export function slotsWanted({ field, department, physician }) {
  return field && department ? { field, department, ...(physician && { physician }) } : null;
}
