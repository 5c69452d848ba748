/** The register's words for a child and for who comes with it, as `server/kinship.py` has them. Pure. */

export const SEXES = Object.freeze(["female", "male", "unknown"]);
/** What a guardian is of the child. */
export const GUARDIANS = Object.freeze(["mother", "father", "legal_guardian"]);
/** Somebody who comes in the guardian's place, where the hospital allows it. */
export const DELEGATED = "delegated";
