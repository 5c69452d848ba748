/**
 * What the physician attests, and where the family is: the checks, and number and place as the family told them or the physician
 * corrected them. Pure.
 *
 * @typedef {import("./types.js").Visit} Visit
 */

import { isPhone } from "../shared/contact.js";

/** The checks that an attestation must have, all of them (PROTOCOL.md, `attest`). */
export const CHECKS = Object.freeze([
  "guardian_seen",
  "child_seen",
  "identity_matches",
  "private_place",
  "call_back_confirmed",
  "location_confirmed",
]);

/**
 * Number and place as they stand in the dialog: what was typed, else what was told, else the number that was booked with.
 *
 * @param {Visit} visit
 * @returns {{callBack: string, location: string}}
 */
export function whereaboutsOf({ drafts, family, view }) {
  const told = family?.whereabouts;
  return {
    callBack: drafts.callBack ?? (told?.call_back || view?.call_back || ""),
    location: drafts.location ?? told?.location ?? "",
  };
}

/** @param {Visit} visit @returns {string[]} the checks that are open, `call_back` or `location` for what cannot be confirmed so */
export function missingToAttest(visit) {
  const { callBack, location } = whereaboutsOf(visit);
  return [
    ...CHECKS.filter((check) => !visit.drafts.checks.includes(check)),
    ...(isPhone(callBack) ? [] : ["call_back"]),
    ...(location.trim() ? [] : ["location"]),
  ];
}

/** @param {readonly string[]} checks @param {string} check */
export function flipped(checks, check) {
  return checks.includes(check) ? checks.filter((one) => one !== check) : [...checks, check];
}
