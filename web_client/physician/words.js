/**
 * Which sentence the page says about what it knows: catalogue keys and their figures, not text. Pure. One sentence tells the
 * state, one the hold, one the connection; each is true of what the server last said, and counts down on the page's own clock
 * only.
 *
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("./types.js").Leg} Leg
 * @typedef {{key: string, params?: Record<string, string | number>}} Said
 */

import { arriving, weakest } from "../shared/rungs.js";
import { whereaboutsOf } from "./attesting.js";
import { remoteInterrupted } from "./state.js";

/** A quality message older than this is no longer about now (they come each second). */
const QUALITY_STALE_MS = 4000;
/** From this share of lost packets on, sound and picture suffer visibly after repair. */
const LOSS_WORTH_SAYING = 0.03;
/** From this round trip on, people start talking over each other. */
const DELAY_WORTH_SAYING_MS = 400;

/**
 * @param {Visit} visit
 * @returns {Said} the sentence on top
 */
export function stateSentence(visit) {
  if (visit.link === "superseded" || visit.link === "refused") return { key: `state.${visit.link}` };
  const over = outcomeOf(visit);
  if (over) return { key: `outcome.${over.name}` };
  const session = visit.session;
  if (!session) return { key: visit.link === "connecting" ? "state.connecting" : "state.offline" };
  if (visit.link === "closing" || visit.link === "offline") return { key: `state.${visit.link}` };
  if (session.state === "held") return { key: `held.${firstCause(visit)}` };
  if (session.state !== "waiting") return { key: runningSentence(visit, session.state) };
  if (session.admitted) return { key: guardianHere(visit) ? "state.admitted" : "state.admitted_alone" };
  if (session.text) return { key: guardianHere(visit) ? "state.text" : "state.text_alone" };
  return { key: guardianHere(visit) ? "state.guardian_here" : "state.guardian_not_here" };
}

/**
 * How the visit ended, from its session or, when it was opened after its end, from what HTTP says of it.
 *
 * @param {Visit} visit
 * @returns {{name: string, referral: {reason: string, urgency: string} | null, letter: boolean, summary: boolean} | null}
 */
export function outcomeOf({ session, status }) {
  if (session?.state === "ended") {
    const name = session.outcome ?? "unknown";
    return { name, referral: session.referral, letter: session.referral !== null, summary: name === "completed" };
  }
  if (status?.state !== "ended") return null;
  return { name: status.outcome ?? "unknown", referral: null, letter: status.letter !== null, summary: status.summary };
}

/** @param {Visit} visit @param {string} state */
function runningSentence(visit, state) {
  if (mediaDown(visit)) return "state.media_lost";
  return remoteInterrupted(visit) ? "state.interrupted" : `state.${state}`;
}

/** @param {Visit} visit */
function mediaDown(visit) {
  return visit.media === "lost" || visit.media === "unavailable";
}

/**
 * @param {Visit} visit
 * @returns {boolean}
 */
export function guardianHere(visit) {
  return visit.session?.seats.some((seat) => seat.role === "guardian" && seat.connected) ?? false;
}

/**
 * The cause to name when several overlap: the one whose deadline comes first, since that one ends the session.
 *
 * @param {Visit} visit
 * @returns {string}
 */
export function firstCause(visit) {
  const causes = [...(visit.session?.causes ?? [])];
  causes.sort((a, b) => (a.remaining_ms ?? Infinity) - (b.remaining_ms ?? Infinity));
  return causes[0]?.cause ?? "unknown";
}

/**
 * @param {Visit} visit
 * @param {number} nowMs page clock
 * @returns {number | null} until the hold ends the session, never below zero
 */
export function holdRemainingMs(visit, nowMs) {
  const causes = visit.session?.causes ?? [];
  const limits = causes.flatMap((cause) => (cause.remaining_ms === null ? [] : [cause.remaining_ms]));
  if (limits.length === 0) return null;
  const since = nowMs - visit.sessionAtMs;
  return Math.max(0, Math.min(...limits) - since);
}

/**
 * What to do about camera and microphone, the worst first.
 *
 * @param {import("./types.js").Devices} devices
 * @returns {string} key
 */
export function deviceSentence({ support, opened, microphone, camera }) {
  if (support !== "ok") return support === "insecure" ? "devices.insecure" : "devices.unsupported";
  if (!opened) return "devices.asking";
  if (microphone === "denied" || camera === "denied") return "devices.denied";
  if (microphone === "busy" || camera === "busy") return "devices.busy";
  if (microphone === "none" && camera === "none") return "devices.missing";
  if (microphone === "none") return "devices.noMicrophone";
  if (camera === "none") return "devices.noCamera";
  return microphone || camera ? "devices.failed" : "devices.ready";
}

/**
 * The connection in words: whose side, what of it, with figures.
 *
 * @param {Visit} visit
 * @param {number} nowMs
 * @returns {{light: "good" | "fair" | "poor" | "unknown", said: Said}}
 */
export function qualitySentence(visit, nowMs) {
  const quality = visit.quality;
  if (!quality || nowMs - visit.qualityAtMs > QUALITY_STALE_MS) return { light: "unknown", said: { key: "quality.unknown" } };
  const legs = quality.legs.filter(({ role }) => role === "guardian" || role === "physician");
  const worst = legs.sort((a, b) => trouble(b) - trouble(a))[0];
  if (!worst || quality.light === "good") return { light: quality.light, said: { key: `quality.${quality.light}` } };
  const side = worst.role === "physician" ? "you" : "family";
  if (worstLoss(worst) >= LOSS_WORTH_SAYING)
    return { light: quality.light, said: { key: `quality.${quality.light}.loss.${side}` } };
  if ((worst.rtt_ms ?? 0) >= DELAY_WORTH_SAYING_MS)
    return { light: quality.light, said: { key: `quality.${quality.light}.delay.${side}` } };
  return { light: quality.light, said: { key: `quality.${quality.light}` } };
}

/**
 * One line of figures a leg: "family: loss 0.4 % up, 0 % down; round trip 86 ms".
 *
 * @param {Visit} visit
 * @param {number} nowMs
 * @returns {{role: string, upLoss: string, downLoss: string, rttMs: string}[]}
 */
export function qualityFigures(visit, nowMs) {
  if (!visit.quality || nowMs - visit.qualityAtMs > QUALITY_STALE_MS) return [];
  return visit.quality.legs.map((leg) => ({
    role: leg.role,
    upLoss: percent(leg.up.loss),
    downLoss: percent(leg.down.loss),
    rttMs: leg.rtt_ms === null ? "–" : String(Math.round(leg.rtt_ms)),
  }));
}

/**
 * What a weak network leaves of the conversation, and whose it is.
 *
 * @param {Visit} visit
 * @returns {Said | null}
 */
export function networkSentence(visit) {
  const weak = visit.session?.gate ? weakest(visit.session, "physician", "guardian") : null;
  return weak && { key: `rung.${weak.rung}.${weak.side}` };
}

/** The network carries no picture of the family now. @param {Visit} visit */
export function soundOnly(visit) {
  return ["sound", "chat"].includes(arriving(visit.session, "guardian", "physician"));
}

/**
 * The family's number, once nothing else reaches them: not even sound passes, or they are silent.
 *
 * @param {Visit} visit
 * @returns {string | null}
 */
export function numberToCall(visit) {
  const silent = visit.session?.causes.some(({ cause }) => cause === "guardian_silent") ?? false;
  const unheard = weakest(visit.session, "physician", "guardian")?.rung === "chat" && visit.session?.state !== "ended";
  return ((silent || unheard) && whereaboutsOf(visit).callBack) || null;
}

/**
 * A mobile number as people read it.
 *
 * @param {string} number
 * @returns {string} `138 0013 8000`; any other form stays as it is
 */
export function grouped(number) {
  return number.replace(/^(\d{3})(\d{4})(\d{4})$/, "$1 $2 $3");
}

/** @param {Leg} leg */
function worstLoss(leg) {
  return Math.max(leg.up.loss, leg.down.loss);
}

/** @param {Leg} leg */
function trouble(leg) {
  return worstLoss(leg) / LOSS_WORTH_SAYING + (leg.rtt_ms ?? 0) / DELAY_WORTH_SAYING_MS;
}

/**
 * @param {number} fraction
 * @returns {string} `0`, `0.4`, `12`
 */
export function percent(fraction) {
  const value = fraction * 100;
  if (value < 0.05) return "0";
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}

/** What every browser shows; other documents are downloads. @param {import("../shared/api.js").DocumentEntry} entry */
export function isPicture(entry) {
  return entry.kind === "image/jpeg" || entry.kind === "image/png";
}
