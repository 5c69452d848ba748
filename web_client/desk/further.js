/**
 * A visit's further guardians at the desk: who may come, who is being added, who is to be removed. Pure. What was typed stays whatever the
 * server says; only what was sent and not answered does not change.
 *
 * @typedef {import("../shared/api.js").DeskFurther} Given
 * @typedef {import("./booking.js").Booking} Booking
 *
 * @typedef {Object} Further
 * @property {Given | null} given null while it is being read
 * @property {string} chosen the id of somebody on the register, `NEW`, or nobody yet
 * @property {Booking["guardian"]} guardian
 * @property {Booking["relation"]} relation
 * @property {string | null} removing the id of whom, until it is said once more
 * @property {{key: string, body: object} | null} pending sent, and nobody knows what came of it
 */

import { newGuardian, openOfGuardian, openOfRelation, proofsFor } from "./booking.js";

/** Somebody whom the register does not know. */
export const NEW = "new";

/** @returns {Further} */
export function noFurther() {
  return { given: null, chosen: "", guardian: { name: "", phone: "", email: "", language: "zh" }, relation: { kind: "", proof: "" }, removing: null, pending: null };
}

/** @param {Further} further @param {Partial<Further>} change @param {import("./booking.js").Offer | null} offer @returns {Further} */
export function changedFurther(further, change, offer) {
  if (further.pending) return further;
  const next = { ...further, ...change };
  const { kind, proof } = next.relation;
  return proofsFor(offer, kind).includes(proof) ? next : { ...next, relation: { kind, proof: "" } };
}

/** Who may come as the server says now; somebody who was chosen and may not be added any more is let go. @param {Further} further @param {Given} given @returns {Further} */
export function withGiven(further, given) {
  const still = further.chosen === NEW || further.pending !== null || given.others.some(({ guardian }) => guardian.id === further.chosen);
  return { ...further, given, chosen: still ? further.chosen : "", removing: null };
}

/** Whether one more may come. @param {Further} further */
export function hasRoom({ given }) {
  return given !== null && given.guardians.length < given.most;
}

/** The ids of the fields that are still missing or cannot be right. @param {Further} further @returns {string[]} */
export function missingOf({ chosen, guardian, relation }) {
  if (chosen !== NEW) return chosen === "" ? ["further"] : [];
  return [...openOfGuardian(guardian), ...openOfRelation(relation)].filter(([, open]) => open).map(([id]) => id);
}

/** The body of `POST /api/desk/visits/{visit}/guardians`, of whom nothing is missing. @param {Further} further */
export function furtherBody({ chosen, guardian, relation }) {
  return chosen === NEW ? { new_guardian: newGuardian(guardian), relation } : { guardian: chosen };
}
