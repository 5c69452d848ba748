/**
 * What the family's page knows, and how each thing that happens changes it. Pure: no clock, no document, no network; moments come
 * with the events. `screenOf` says which screen that is; the view draws it and nothing else decides.
 */

import { dueFrom, flowed, NOTHING_DUE } from "../shared/flow.js";
import { concerns, NONE } from "../shared/concerns.js";
import { chatAccepted, chatArrived, chatFailed, chatSent, chatSnapshot } from "../shared/chat_log.js";
import { NOT_ASKED } from "../shared/own_devices.js";
import { documents } from "./documents_state.js";
import { appointmentFrom, isOutside, NO_APPOINTMENT, opensInMs } from "./countdown.js";
import { isPreparing, prepare } from "./preparation.js";
import { whereabouts } from "./whereabouts.js";

/** @typedef {import("../shared/i18n/i18n.js").Language} Language */
/** @typedef {import("../shared/api.js").VisitStatus} VisitStatus */
/** @typedef {import("../shared/api.js").ConsentText} ConsentText */
/** @typedef {import("../shared/api.js").ConsentKind} ConsentKind */
/** @typedef {import("../shared/api.js").Letter} Letter */
/** @typedef {import("../shared/api.js").Summary} Summary */
/** @typedef {import("../shared/support.js").Support} Support */
/** @typedef {import("../shared/picture.js").PictureJudgement} PictureJudgement */
/** @typedef {import("../shared/call.js").CallState} CallState */
/** @typedef {import("../shared/chat_log.js").ChatEntry} ChatEntry */

/** @typedef {import("../shared/messages.js").ServerMessage} ServerMessage */
/** @typedef {import("../shared/messages.js").SessionView} SessionView */
/** @typedef {"top-right" | "top-left" | "bottom-right" | "bottom-left"} Corner */
/** @typedef {"leave" | "menu" | "withdraw" | "trouble" | "licence" | "complaint"} Sheet */
/** @typedef {"loading" | "problem" | "language" | "child" | "wrong_child" | "consent" | "declined" | "early" | "devices" | "left" | "room"} Stage */
/** @typedef {"idle" | import("../shared/signal_state.js").Link} Connection */

/**
 * @typedef {import("../shared/own_devices.js").Seen & {support: Support, level: number, heard: boolean, picture: PictureJudgement}} Devices
 *   level: loudness now, 0 to 1; heard: a voice was heard at least once
 */

/**
 * @typedef {object} State
 * @property {Language} language
 * @property {boolean} languageChosen
 * @property {Stage} stage
 * @property {ConsentKind} consentKind  which consent is being read or was declined
 * @property {readonly ConsentText[] | null} texts
 * @property {boolean} busy  a request of this step is on its way
 * @property {string | null} notice  why the last step did not work: an error code
 * @property {{code: string, text: string} | null} problem
 * @property {VisitStatus | null} status
 * @property {Devices} devices
 * @property {Connection} connection
 * @property {number} retryS  while closing: when the server is back
 * @property {SessionView | null} session
 * @property {number} sessionAtMs  when `session` arrived, on the page's clock
 * @property {number} nowMs
 * @property {CallState} call
 * @property {readonly string[]} remotes  roles whose media arrives
 * @property {import("../shared/flow.js").Flow | null} flow  what of the physician's sound and picture arrived lately
 * @property {boolean} playBlocked
 * @property {"good" | "fair" | "poor" | null} light
 * @property {readonly ChatEntry[]} chat
 * @property {boolean} chatOpen
 * @property {number} unread
 * @property {Sheet | null} sheet
 * @property {ConsentKind} withdrawing
 * @property {Corner} corner
 * @property {boolean} wholePicture
 * @property {Letter | null} letter
 * @property {Summary | null} summary
 * @property {import("./countdown.js").Appointment} appointment  when the waiting room opens
 * @property {readonly import("./documents_state.js").Item[]} documents  what the family handed in, or is handing in
 * @property {import("../shared/concerns.js").Concerns} complaints
 * @property {string} complaintText  typed and not sent
 * @property {boolean} recordsLate  letter or summary did not come within the time
 * @property {import("./preparation.js").Preparation | null} preparation  null until its form is there
 * @property {import("./whereabouts.js").Whereabouts | null} whereabouts  null until it is known what was told
 */

/**
 * @typedef {{type: "opened", status: VisitStatus, nowMs?: number} | {type: "problem", code: string, text: string} | {type: "language", language: Language}
 *   | {type: "language_confirmed"} | {type: "child_answered", right: boolean} | {type: "texts", texts: readonly ConsentText[]}
 *   | {type: "consent_answered", kind: ConsentKind, agreed: boolean} | {type: "reconsidered"} | {type: "busy"}
 *   | {type: "refused", code: string} | {type: "support", support: Support} | {type: "devices", devices: Partial<Devices>}
 *   | {type: "entered"} | {type: "left"} | {type: "connection", connection: Connection}
 *   | {type: "message", message: ServerMessage, nowMs: number} | {type: "tick", nowMs: number} | {type: "call", call: CallState}
 *   | {type: "received", received: import("../shared/flow.js").Received, nowMs: number}
 *   | {type: "remotes", roles: readonly string[]} | {type: "play_blocked", blocked: boolean} | {type: "sheet", sheet: Sheet | null}
 *   | {type: "withdrawing", kind: ConsentKind} | {type: "stills_withdrawn"} | {type: "chat_open", open: boolean}
 *   | {type: "chat_sent", clientId: string, text: string, at: string} | {type: "chat_accepted", clientId: string, id: string}
 *   | {type: "chat_failed", clientId: string} | {type: "corner", corner: Corner} | {type: "whole_picture", whole: boolean}
 *   | {type: "complaints", event: import("../shared/concerns.js").ConcernEvent} | {type: "complaint_text", text: string}
 *   | {type: "documents", event: import("./documents_state.js").DocumentEvent}
 *   | {type: "status", status: VisitStatus, nowMs?: number} | {type: "outside", status: VisitStatus, nowMs: number} | {type: "test_early"} | {type: "tested", works: boolean} | {type: "was_tested"} | {type: "enter_early"} | {type: "letter", letter: Letter} | {type: "summary", summary: Summary} | {type: "records_late"}
 *   | {type: "preparation", change: import("./preparation.js").Change}
 *   | {type: "whereabouts", change: import("./whereabouts.js").Change}} Event
 */

/** @param {Language} language @param {boolean} languageChosen @returns {State} */
export function initialState(language, languageChosen) {
  return {
    language, languageChosen, stage: "loading", consentKind: "consultation", texts: null, busy: false, notice: null, problem: null,
    status: null, connection: "idle", retryS: 0, session: null, sessionAtMs: 0, nowMs: 0, call: "idle", remotes: [],
    flow: NOTHING_DUE, playBlocked: false, light: null, chat: [], chatOpen: false, unread: 0, sheet: null, withdrawing: "recording", corner: "top-right",
    wholePicture: false, letter: null, summary: null, recordsLate: false, documents: [], preparation: null, whereabouts: null, appointment: NO_APPOINTMENT,
    complaints: NONE, complaintText: "",
    devices: { ...NOT_ASKED, support: "ok", level: 0, heard: false, picture: "unknown" },
  }; // prettier-ignore
}

const HEARD_ABOVE = 0.3;

/** @param {State} state @param {Event} event @returns {State} */
export function reduce(state, event) {
  switch (event.type) {
    case "opened":
      return advance({ ...settled(informed(state, event.status, event.nowMs)), problem: null });
    case "problem":
      return { ...settled(state), stage: "problem", problem: { code: event.code, text: event.text } };
    case "language":
      return { ...state, language: event.language, texts: event.language === state.language ? state.texts : null };
    case "language_confirmed":
      return advance({ ...state, languageChosen: true });
    case "child_answered":
      return event.right ? advance(withStatus(settled(state), { child_confirmed: true })) : { ...settled(state), stage: "wrong_child" };
    case "texts":
      return { ...state, texts: event.texts };
    case "consent_answered":
      return consentAnswered(settled(state), event.kind, event.agreed);
    case "reconsidered":
      return { ...state, stage: state.stage === "wrong_child" ? "child" : "consent", notice: null };
    case "busy":
      return { ...state, busy: true, notice: null };
    case "refused":
      return { ...settled(state), notice: event.code };
    case "support":
    case "devices":
      return devicesChanged(state, event);
    case "entered":
      return { ...settled(state), stage: "room" };
    case "left":
      return { ...state, stage: "left", sheet: null, chatOpen: false, connection: "idle", call: "idle", remotes: [], light: null };
    case "connection":
      return { ...state, connection: connectionAfter(state.connection, event.connection) };
    case "message":
      return heard(state, event.message, event.nowMs);
    case "tick":
      return opened({ ...state, nowMs: event.nowMs });
    case "status":
      return asked(opened(informed(state, event.status, event.nowMs)));
    case "test_early":
      return { ...state, stage: "devices", appointment: { ...state.appointment, testing: true } };
    case "tested":
      return { ...state, stage: "early", appointment: { ...state.appointment, testing: false, tested: event.works } };
    case "was_tested":
      return { ...state, appointment: { ...state.appointment, tested: true } };
    case "enter_early":
      return { ...settled(state), stage: "devices", appointment: { ...state.appointment, testing: false, early: true } };
    case "outside":
      return outside(state, event.status, event.nowMs);
    case "letter":
      return { ...state, letter: event.letter, recordsLate: false };
    case "summary":
      return { ...state, summary: event.summary, recordsLate: false };
    case "documents":
      return { ...state, documents: documents(state.documents, event.event) };
    case "complaints":
      return { ...state, complaints: concerns(state.complaints, event.event) };
    case "complaint_text":
      return { ...state, complaintText: event.text };
    case "records_late":
      return { ...state, recordsLate: true };
    case "preparation":
      return { ...state, preparation: prepare(state.preparation, event.change) };
    case "whereabouts":
      return { ...state, whereabouts: whereabouts(state.whereabouts, event.change) };
    default:
      return inRoom(state, event);
  }
}

/**
 * What happens in the room: the call, the written messages, the sheets.
 * @param {State} state @param {Event} event @returns {State}
 */
function inRoom(state, event) {
  switch (event.type) {
    case "call":
      return { ...state, call: event.call, light: event.call === "connected" ? state.light : null };
    case "received":
      return { ...state, flow: flowed(state.flow, event.received, mediaDue(state), event.nowMs) };
    case "remotes":
      return { ...state, remotes: event.roles };
    case "play_blocked":
      return { ...state, playBlocked: event.blocked };
    case "sheet":
      return { ...state, sheet: event.sheet, notice: null };
    case "stills_withdrawn":
      return { ...settled(withConsent(state, "stills", "withdrawn")), sheet: null, withdrawing: "recording" };
    case "withdrawing":
      return { ...state, withdrawing: event.kind };
    case "chat_open":
      return { ...state, chatOpen: event.open, unread: 0 };
    case "chat_sent":
      return { ...state, chat: chatSent(state.chat, { ...event, role: "guardian" }) };
    case "chat_accepted":
      return { ...state, chat: chatAccepted(state.chat, event.clientId, event.id) };
    case "chat_failed":
      return { ...state, chat: chatFailed(state.chat, event.clientId) };
    case "corner":
      return { ...state, corner: event.corner };
    case "whole_picture":
      return { ...state, wholePicture: event.whole, sheet: null };
    default:
      return state;
  }
}

/** @param {State} state @param {ServerMessage} message @param {number} nowMs @returns {State} */
function heard(state, message, nowMs) {
  switch (message.type) {
    case "welcome":
      return {
        ...sessionArrived(state, message.session, nowMs),
        connection: "online",
        status: state.status && { ...state.status, visit: message.visit },
        chat: chatSnapshot(state.chat, message.chat),
      };
    case "session":
      return sessionArrived(state, message.session, nowMs);
    case "chat": {
      const chat = chatArrived(state.chat, message.message);
      const isNew = chat !== state.chat && message.message.role !== "guardian" && !state.chatOpen && screenOf(state) !== "text";
      return { ...state, chat, unread: state.unread + (isNew ? 1 : 0) };
    }
    case "quality":
      return { ...state, light: message.light };
    case "moved":
      return moved(state, message.starts_at);
    case "superseded":
      return { ...state, connection: "superseded", sheet: null, chatOpen: false };
    case "closing":
      return { ...state, connection: "closing", retryS: message.retry_s };
    default:
      return state;
  }
}

/** @param {State} state @param {SessionView} session @param {number} nowMs @returns {State} */
function sessionArrived(state, session, nowMs) {
  const ended = session.state === "ended";
  const next = { ...state, session, sessionAtMs: nowMs, nowMs };
  if (ended) return { ...settled(next), sheet: null, chatOpen: false };
  return screenOf(next) === "text" ? { ...next, chatOpen: false, unread: 0 } : next;
}

/** A new attempt does not take the banner away before it worked. @param {Connection} before @param {Connection} now @returns {Connection} */
function connectionAfter(before, now) {
  const down = before === "offline" || before === "closing";
  return down && (now === "connecting" || now === "offline") ? before : now;
}

/** @param {State} state @param {ConsentKind} kind @param {boolean} agreed @returns {State} */
function consentAnswered(state, kind, agreed) {
  return advance(withConsent(state, kind, agreed ? "given" : "refused"));
}

/** @param {State} state @param {ConsentKind} kind @param {import("../shared/api.js").ConsentState} answer @returns {State} */
function withConsent(state, kind, answer) {
  const consents = { consultation: "open", recording: "open", ...state.status?.consents, [kind]: answer };
  return withStatus(state, { consents: /** @type {VisitStatus["consents"]} */ (consents) });
}

/** @param {State} state @param {{type: "support", support: Support} | {type: "devices", devices: Partial<Devices>}} event @returns {State} */
function devicesChanged(state, event) {
  const changed = event.type === "support" ? { support: event.support } : event.devices;
  const heardNow = state.devices.heard || (changed.level ?? 0) > HEARD_ABOVE;
  return { ...state, devices: { ...state.devices, ...changed, heard: heardNow } };
}

/** The first step that is still open. @param {State} state @returns {State} */
function advance(state) {
  const status = state.status;
  if (!status) return state;
  if (status.state === "ended") return { ...state, stage: status.child_confirmed ? "room" : "child" };
  if (!state.languageChosen) return { ...state, stage: "language" };
  if (!status.child_confirmed) return { ...state, stage: "child" };
  for (const kind of /** @type {const} */ (["consultation", "recording"])) {
    if (status.consents[kind] === "open") return { ...state, stage: "consent", consentKind: kind };
    if (status.consents[kind] !== "given") return { ...state, stage: "declined", consentKind: kind };
  }
  if (status.consents.stills === "open") return { ...state, stage: "consent", consentKind: "stills" };
  return { ...state, stage: opensInMs(state) > 0 ? "early" : "devices" };
}

/** What the server says of the visit; on the countdown a new time is shown as one. @param {State} state @param {VisitStatus} status @param {number} [nowMs] @returns {State} */
function informed(state, status, nowMs = state.nowMs) {
  const before = state.status?.visit.starts_at;
  const appointment = appointmentFrom(state.appointment, status, nowMs, before !== undefined && before !== status.visit.starts_at);
  return { ...state, status, appointment, nowMs };
}

/** Before the waiting room, the device is asked anew when somebody denied the child on another one. @param {State} state @returns {State} */
function asked(state) {
  return isOutside(state) && state.status?.child_confirmed === false ? advance(state) : state;
}

/** Its time has come: the countdown gives way, and a test that is under way becomes the way in. @param {State} state @returns {State} */
function opened(state) {
  if (opensInMs(state) > 0) return state;
  const appointment = { ...state.appointment, testing: false };
  return state.stage === "early" ? { ...state, stage: "devices", appointment } : state.appointment.testing ? { ...state, appointment } : state;
}

/** Out of the waiting room again: the visit was moved to another day. @param {State} state @param {VisitStatus} status @param {number} nowMs @returns {State} */
function outside(state, status, nowMs) {
  const gone = { ...reduce(state, { type: "left" }), session: null };
  return advance(informed({ ...gone, appointment: { ...gone.appointment, early: false } }, status, nowMs));
}

/** @param {State} state @param {string} startsAt @returns {State} */
function moved(state, startsAt) {
  const status = state.status && { ...state.status, visit: { ...state.status.visit, starts_at: startsAt } };
  return { ...state, status, appointment: { ...state.appointment, moved: true } };
}

/** @param {State} state @returns {State} */
function settled(state) {
  return { ...state, busy: false, notice: null };
}

/** @param {State} state @param {Partial<VisitStatus>} changed @returns {State} */
function withStatus(state, changed) {
  return { ...state, status: state.status && { ...state.status, ...changed } };
}

// --- what the view asks ----------------------------------------------------------------------------------------------

/** @typedef {"loading" | "problem" | "language" | "child" | "wrong_child" | "consent" | "declined" | "early" | "unsupported" | "devices" | "prepare" | "waiting" | "turn_on" | "text" | "call" | "held" | "ended" | "left" | "superseded"} Screen */

/** @param {State} state @returns {Screen} */
export function screenOf(state) {
  const screen = stageScreen(state);
  return isPreparing(state.preparation, screen) ? "prepare" : screen;
}

/** @param {State} state @returns {Screen} */
function stageScreen(state) {
  if (outcomeOf(state) && state.stage !== "child" && state.stage !== "wrong_child") return "ended"; // a new device is asked first whose child it was
  if (state.connection === "superseded") return "superseded";
  if (state.stage === "devices" && state.devices.support !== "ok") return "unsupported";
  if (state.stage !== "room") return state.stage;
  switch (state.session?.state) {
    case "verifying":
    case "live":
      return "call";
    case "held":
      return "held";
    default:
      if (state.session?.admitted) return isBare(state) ? "turn_on" : "waiting";
      return state.session?.text ? "text" : "waiting";
  }
}

/** How the visit ended, or null while it has not. @param {State} state @returns {string | null} */
export function outcomeOf(state) {
  if (state.session?.state === "ended") return state.session.outcome ?? "cancelled";
  return state.status?.state === "ended" ? (state.status.outcome ?? "cancelled") : null;
}

/** Neither camera nor microphone was opened, or could be: enough to wait and to write. @param {State} state */
export function isBare({ devices: { audio, video } }) {
  return audio === "none" && video === "none";
}

/** The visit goes on without this page: it was opened beside another one, or anew. @param {State} state */
export function isUnderWay(state) {
  return ["verifying", "live", "held"].includes(state.status?.state ?? "");
}

/** Milliseconds until the session's deadline, counted down on the page's own clock. @param {State} state @returns {number | null} */
export function remainingMs(state) {
  const until = state.session?.until_ms;
  return until === null || until === undefined ? null : Math.max(0, until - (state.nowMs - state.sessionAtMs));
}

/** The causes of a hold, the one that ends the visit soonest first. @param {State} state */
export function causesOf(state) {
  const far = Number.POSITIVE_INFINITY;
  return [...(state.session?.causes ?? [])].sort((a, b) => (a.remaining_ms ?? far) - (b.remaining_ms ?? far));
}

/** Nobody was admitted: the physician said that these are not the people of the appointment. @param {State} state */
export function othersExpected({ session }) {
  return session?.state === "waiting" && session.family_denied && !session.admitted;
}

/** @param {State} state @param {string} role */
export function seatOf(state, role) {
  return state.session?.seats.find((seat) => seat.role === role) ?? null;
}

/** @param {State} state */
function mediaDue(state) {
  return dueFrom(state.session, state.call === "connected" && state.connection === "online", "physician", "guardian");
}

/** The visit goes on and this page is connected, yet nothing new of the physician arrives. @param {State} state */
export function remoteInterrupted(state) {
  return state.flow?.interrupted === true && mediaDue(state).media;
}

/** Something outside took a device away although the reader did not ask for it. @param {State} state */
export function devicesLost(state) {
  return state.devices.audio === "lost" || state.devices.video === "lost";
}

/**
 * What the page tells the server about its devices.
 * @param {State} state @param {boolean} visible @returns {import("../shared/messages.js").Intents["device_report"]}
 */
export function deviceReport(state, visible) {
  const { audio, video, muted, cameraOff, picture } = state.devices;
  return {
    type: "device_report",
    microphone: audio === "live" && muted ? "muted" : audio,
    camera: video === "live" && cameraOff ? "off" : video,
    visible,
    picture: video === "live" && !cameraOff ? picture : "unknown",
  };
}
