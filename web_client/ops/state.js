/**
 * What operations see and what of it is wrong: the last answer of `GET /api/ops/sessions`, how old it is, and a judgement of
 * every figure. Pure. The limits are stated once, here.
 *
 * @typedef {import("../shared/api.js").OpsSession} OpsSession
 * @typedef {import("../shared/api.js").OpsLeg} OpsLeg
 * @typedef {import("../shared/api.js").OpsWorker} OpsWorker
 * @typedef {"fine" | "warn" | "bad"} Verdict
 *
 * @typedef {{sessions: OpsSession[], workers: OpsWorker[]}} Data
 * @typedef {{category: string | null, number: string | null, failed: boolean}} Incident of a session, recorded from here; without a
 *   category it is being chosen, without a number it is on its way
 * @typedef {import("../shared/staff/entry.js").Entry<Data> & {incidents: Readonly<Record<string, Incident>>}} State
 * @typedef {import("../shared/staff/entry.js").EntryEvent<Data>
 *   | {type: "incident", session: string}
 *   | {type: "recording", session: string, category: string}
 *   | {type: "recorded", session: string, number: string}
 *   | {type: "not_recorded", session: string, code: string}} Event
 */

import { noEntry, reduceEntry } from "../shared/staff/entry.js";

/** Answers come each second; after three missed ones the table is no longer about now. */
export const STALE_AFTER_MS = 3500;

/** @type {Readonly<Record<"loss" | "rtt" | "jitter", {warn: number, bad: number}>>} loss as a fraction, the others in milliseconds */
export const LIMITS = Object.freeze({
  loss: { warn: 0.03, bad: 0.1 },
  rtt: { warn: 400, bad: 800 },
  jitter: { warn: 50, bad: 120 },
});
/** A device that is present but sends less than this is not sending sound. */
const SILENT_BPS = 4000;

/** @returns {State} */
export function initial() {
  return { ...noEntry(), incidents: {} };
}

/** @param {State} state @param {Event} event @returns {State} */
export function reduce(state, event) {
  switch (event.type) {
    case "incident":
      return toggled(state, event.session);
    case "recording":
      return withIncident(state, event.session, { category: event.category, number: null, failed: false });
    case "recorded":
      return withIncident(state, event.session, { ...state.incidents[event.session], number: event.number, failed: false });
    case "not_recorded":
      return withIncident(state, event.session, { ...state.incidents[event.session], number: null, failed: true });
    default:
      return reduceEntry(state, event, initial);
  }
}

/** The choice opens, or closes again; what is on its way, or recorded, stays. @param {State} state @param {string} session @returns {State} */
function toggled(state, session) {
  const { [session]: incident, ...others } = state.incidents;
  if (incident === undefined) return withIncident(state, session, { category: null, number: null, failed: false });
  return incident.category === null || incident.failed ? { ...state, incidents: others } : state;
}

/** @param {State} state @param {string} session @param {Incident} incident @returns {State} */
function withIncident(state, session, incident) {
  return { ...state, incidents: { ...state.incidents, [session]: incident } };
}

/**
 * @param {"loss" | "rtt" | "jitter"} kind
 * @param {number | null} value
 * @returns {Verdict}
 */
export function judge(kind, value) {
  if (value === null || value < LIMITS[kind].warn) return "fine";
  return value < LIMITS[kind].bad ? "warn" : "bad";
}

/**
 * @param {OpsSession} session
 * @param {OpsLeg} leg
 * @returns {Verdict} of the presence: somebody missing matters only once the visit has begun
 */
export function presenceVerdict(session, leg) {
  if (session.state === "waiting" || session.state === "text") return "fine";
  if (leg.presence === "absent") return "bad";
  return leg.presence === "doubtful" ? "warn" : "fine";
}

/**
 * @param {OpsSession} session
 * @param {OpsLeg} leg
 * @returns {Verdict} of the sending rate: a present device that sends next to nothing
 */
export function rateVerdict(session, leg) {
  const sends = leg.up_bps === null || leg.presence === "absent" || !session.gate;
  return !sends && leg.up_bps < SILENT_BPS ? "warn" : "fine";
}

/** @param {OpsSession} session @returns {Verdict} */
export function stateVerdict({ state }) {
  return state === "held" ? "warn" : "fine";
}

/** A gate that is closed while the state says open is the worst there is. @param {OpsSession} session @returns {Verdict} */
export function gateVerdict({ state, gate }) {
  const talking = state === "verifying" || state === "live";
  return talking === gate ? "fine" : "bad";
}

/** @param {OpsSession} session @returns {Verdict} */
export function recordingVerdict({ recording, gate }) {
  if (recording === "lost") return "bad";
  return gate && recording !== "running" ? "bad" : "fine";
}

/** @param {OpsWorker} worker @returns {Verdict} */
export function workerVerdict({ state }) {
  if (state === "running") return "fine";
  return state === "starting" || state === "draining" ? "warn" : "bad";
}

/** @param {OpsSession} session @returns {Verdict} the worst of all its figures */
export function sessionVerdict(session) {
  const own = [stateVerdict(session), gateVerdict(session), recordingVerdict(session)];
  const legs = session.legs.flatMap((leg) => [
    presenceVerdict(session, leg),
    rateVerdict(session, leg),
    judge("loss", leg.up_loss),
    judge("loss", leg.down_loss),
    judge("rtt", leg.rtt_ms),
    judge("jitter", leg.jitter_ms),
  ]);
  return worst([...own, ...legs]);
}

/** @param {readonly Verdict[]} verdicts @returns {Verdict} */
export function worst(verdicts) {
  if (verdicts.includes("bad")) return "bad";
  return verdicts.includes("warn") ? "warn" : "fine";
}

/**
 * The oldest first, so that lines stay where they are from second to second.
 *
 * @param {readonly OpsSession[]} sessions
 * @returns {OpsSession[]}
 */
export function inOrder(sessions) {
  return [...sessions].sort((a, b) => b.age_s - a.age_s || a.session.localeCompare(b.session));
}
