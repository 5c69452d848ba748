/**
 * What the physician can do now, and for what cannot be done now, why not. Pure. It mirrors the server's rules only to explain
 * them: the server checks each command again, and its refusal is shown where the button is.
 *
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("./types.js").Act} Act
 * @typedef {import("./types.js").Drafts} Drafts
 *
 * @typedef {"offline" | "busy" | "ending" | "guardian_away" | "not_admitted" | "not_attested" | "held" | "attested"} Why
 * @typedef {{shown: boolean, why: Why | null}} Availability
 */

import { intents } from "../shared/messages.js";
import { missingToAttest, whereaboutsOf } from "./attesting.js";
import { guardianHere } from "./words.js";

/** @type {readonly Act[]} */
const ENDING = ["refer", "complete", "cancel"];

/**
 * @param {Visit} visit
 * @param {Act} act
 * @returns {Availability} `why` is null when it can be done now
 */
export function availability(visit, act) {
  const rule = byState(visit, act);
  if (!rule.shown || rule.why) return rule;
  if (visit.link !== "online") return { shown: true, why: "offline" };
  if (visit.pending[act]) return { shown: true, why: "busy" };
  if (ENDING.some((ending) => visit.pending[ending])) return { shown: true, why: "ending" };
  return rule;
}

/**
 * @param {Visit} visit
 * @param {Act} act
 * @returns {Availability}
 */
function byState(visit, act) {
  const session = visit.session;
  if (!session) return HIDDEN;
  const early = session.state === "waiting";
  if (act === "begin_text" && session.text) return HIDDEN;
  if (act === "admit" || act === "begin_text" || act === "deny_family") return admit(visit);
  if (act === "cancel") return early ? NOW : HIDDEN;
  if (session.state === "ended") return afterTheEnd(visit, act);
  if (act === "resume") return ownHold(visit) ? NOW : HIDDEN;
  if (act === "hold" && ownHold(visit)) return HIDDEN;
  if (act === "refer") return NOW;
  if (early) return no("not_admitted");
  if (act === "attest") return attest(visit);
  return act === "complete" && !attested(visit) ? no("not_attested") : NOW;
}

/** @type {Availability} */
const NOW = Object.freeze({ shown: true, why: null });
/** @type {Availability} */
const HIDDEN = Object.freeze({ shown: false, why: null });

/**
 * @param {Why} why
 * @returns {Availability}
 */
function no(why) {
  return { shown: true, why };
}

/**
 * A guardian who withdrew consent may still be told where to go: referring stays possible after that end alone.
 *
 * @param {Visit} visit
 * @param {Act} act
 */
function afterTheEnd(visit, act) {
  const open = act === "refer" && visit.session?.outcome === "consent_withdrawn" && !visit.session.referral;
  return open ? NOW : HIDDEN;
}

/** @param {Visit} visit */
function admit(visit) {
  if (visit.session?.state !== "waiting" || visit.session.admitted) return HIDDEN;
  return guardianHere(visit) ? NOW : no("guardian_away");
}

/** @param {Visit} visit */
function attest(visit) {
  if (attested(visit)) return no("attested");
  return visit.session?.state === "held" ? no("held") : NOW;
}

/**
 * @param {Visit} visit
 * @returns {boolean} whether the visit goes on by text, and the family was not asked in to be seen
 */
export function byText({ session }) {
  return session?.state === "waiting" && session.text && !session.admitted;
}

/**
 * @param {Visit} visit
 * @returns {boolean} whether clinical acts are open, now or as soon as a hold is over
 */
export function attested(visit) {
  return visit.session?.state === "live" || visit.session?.resume_to === "live";
}

/**
 * @param {Visit} visit
 * @returns {boolean} whether the physician's own hold is among the causes
 */
export function ownHold(visit) {
  return visit.session?.causes.some((cause) => cause.cause === "physician_hold") ?? false;
}

/**
 * What is still missing before the panel of that act can be confirmed; empty when nothing is.
 *
 * @param {Visit} visit
 * @param {Act} act
 * @returns {string[]} codes: the checks by name, `call_back`, `location`, or `reason`, `urgency`, `note`, `summary`, `adequate`, `not_adequate`
 */
export function missing(visit, act) {
  const { drafts } = visit;
  switch (act) {
    case "attest":
      return missingToAttest(visit);
    case "hold":
      return drafts.holdReason ? [] : ["reason"];
    case "refer":
      return missingForReferral(drafts);
    case "complete":
      if (drafts.adequate === false) return ["not_adequate"];
      return [...(summaryOf(visit).trim() ? [] : ["summary"]), ...(drafts.adequate === null ? ["adequate"] : [])];
    default:
      return [];
  }
}

/**
 * What the family will read: the note's section for them, which is saved as it is typed, or what was typed before the note came.
 *
 * @param {Visit} visit
 */
export function summaryOf({ note, drafts }) {
  return (note?.kind === "note" && note.words.family) || drafts.summary;
}

/** In their order, the most urgent first. @type {readonly import("./types.js").Urgency[]} */
export const URGENCIES = Object.freeze(["emergency", "within_24h", "within_2w", "within_30d", "routine"]);

/**
 * Where the referral will go: to the department that was picked, or else to the one that is proposed for reason and urgency.
 *
 * @param {Visit} visit
 * @returns {{code: string, text: string} | null} null as long as one of the two is missing
 */
export function destinationOf({ view, drafts: { reason, urgency, to } }) {
  const proposed = urgency && view?.reasons?.find(({ code }) => code === reason)?.to?.[URGENCIES.indexOf(urgency)];
  const code = proposed ? (to ?? proposed) : null;
  return view?.departments?.find((each) => each.code === code) ?? null;
}

/** @param {Drafts} drafts */
function missingForReferral(drafts) {
  const missingFields = [];
  if (!drafts.reason) missingFields.push("reason");
  if (!drafts.urgency) missingFields.push("urgency");
  if (drafts.reason === "other" && !drafts.note.trim()) missingFields.push("note");
  return missingFields;
}

/**
 * The intent that the act sends, from what was picked and typed; for an act that lacks something it cannot be made.
 *
 * @param {Visit} visit
 * @param {Act} act
 * @returns {import("../shared/messages.js").Intent | null}
 */
export function intentFor(visit, act) {
  const { drafts } = visit;
  switch (act) {
    case "admit":
      return intents.admit(true); // the panel's button says so
    case "begin_text":
      return intents.beginText(true);
    case "attest": {
      const { callBack, location } = whereaboutsOf(visit);
      return intents.attest([...drafts.checks], callBack.trim(), location.trim());
    }
    case "hold":
      return drafts.holdReason === null ? null : intents.hold(drafts.holdReason);
    case "refer":
      return referralOf(drafts);
    case "complete":
      return drafts.adequate === null ? null : intents.complete(summaryOf(visit).trim(), drafts.adequate);
    default:
      return { type: act };
  }
}

/** @param {Drafts} drafts */
function referralOf({ reason, urgency, to, note, notExamined, toldFamily }) {
  if (!reason || !urgency) return null;
  return intents.refer({
    reason,
    urgency,
    note: note.trim(),
    not_examined: notExamined.trim(),
    told_family: toldFamily.trim(),
    to: to ?? "",
  });
}
