/**
 * Keeps on the device what the physician typed for a referral that was not sent yet, so that a reload or a browser that dies takes
 * none of it: with the physician and the visit, for a day, until the visit has ended (`kept_words.js`).
 *
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {Pick<import("./types.js").Drafts, "reason" | "urgency" | "urgencyChosen" | "note" | "notExamined" | "toldFamily">} ReferralDraft
 */

import { outcomeOf } from "./words.js";

/** @type {readonly import("./types.js").Urgency[]} */
const URGENCIES = Object.freeze(["emergency", "within_24h", "within_2w", "within_30d", "routine"]);

export class KeptReferral {
  #storage;
  /** What the device is known to have, and of which visit. */
  #visit = "";
  #said = "";
  #isKept = true;

  /** @param {() => import("../shared/kept_words.js").Drawer | undefined} storage whoever is signed in now: theirs */
  constructor(storage) {
    this.#storage = storage;
  }

  /** Read before a visit is opened. @param {string} visit @returns {Partial<ReferralDraft>} what was typed for it, or nothing */
  read(visit) {
    const draft = readDraft(this.#storage()?.getItem(keyOf(visit)) ?? null);
    this.#visit = visit;
    this.#said = draft ? JSON.stringify(draft) : "";
    this.#isKept = true;
    return draft ?? {};
  }

  /** The visit that is open now, or none, after whatever happened in it. @param {Visit | null} visit */
  follow(visit) {
    if (!visit) return;
    const said = toKeep(visit);
    if (visit.id === this.#visit && said === this.#said) return;
    this.#visit = visit.id;
    this.#said = said;
    this.#store(keyOf(visit.id), said);
  }

  /** Whether words would be lost with the page: the device has no room for them. */
  atRisk() {
    return this.#said !== "" && !this.#isKept;
  }

  /** @param {string} key @param {string} said */
  #store(key, said) {
    const drawer = this.#storage();
    try {
      if (said) drawer?.setItem(key, said);
      else drawer?.removeItem(key);
      this.#isKept = (drawer?.getItem(key) ?? "") === said;
    } catch {
      this.#isKept = false;
    }
  }
}

/** What the device must keep: nothing without words, nothing after the end. @param {Visit} visit */
function toKeep(visit) {
  const { reason, urgency, urgencyChosen, note, notExamined, toldFamily } = visit.drafts;
  const empty = [note, notExamined, toldFamily].every((text) => text.trim() === "");
  return empty || outcomeOf(visit) ? "" : JSON.stringify({ reason, urgency, urgencyChosen, note, notExamined, toldFamily });
}

/** @param {string | null} said @returns {ReferralDraft | null} */
function readDraft(said) {
  try {
    const { reason, urgency, urgencyChosen, note, notExamined, toldFamily } = JSON.parse(said ?? "null");
    const texts = [note, notExamined, toldFamily].every((text) => typeof text === "string") && (reason === null || typeof reason === "string");
    const known = typeof urgencyChosen === "boolean" && (urgency === null || URGENCIES.includes(urgency));
    return texts && known ? { reason, urgency, urgencyChosen, note, notExamined, toldFamily } : null;
  } catch {
    return null;
  }
}

/** @param {string} visit */
function keyOf(visit) {
  return `referral.${visit}`;
}
