/**
 * What the physician's page knows, as a fold of what happened: `reduce(state, event)`. Pure: no clock, no network, no screen;
 * the page's monotonic time comes with the events. It promises that an older session never replaces a newer one, that a
 * message is taken once, that an intent in flight is known as such until it is answered, and that a draft survives everything
 * but its own success.
 *
 * @typedef {import("./types.js").State} State
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("./types.js").Drafts} Drafts
 * @typedef {import("./types.js").Act} Act
 * @typedef {import("./types.js").Panel} Panel
 * @typedef {import("./types.js").Staff} Staff
 * @typedef {import("./types.js").Problem} Problem
 * @typedef {import("./types.js").Devices} Devices
 * @typedef {import("./types.js").WorklistEntry} WorklistEntry
 * @typedef {import("./types.js").ServerMessage} ServerMessage
 *
 * @typedef {{type: "tick", atMs: number}
 *   | {type: "signed_out"}
 *   | {type: "signed_in", me: Staff}
 *   | import("../shared/staff/entry.js").SignInEvent
 *   | {type: "worklist", visits: WorklistEntry[], atMs: number}
 *   | {type: "worklist_failed"}
 *   | {type: "unsigned", visits: import("../shared/api.js").UnsignedVisit[]}
 *   | {type: "unreachable"}
 *   | {type: "opened", visit: string, draft?: Partial<Drafts>}
 *   | {type: "left"}} PageEvent
 *
 * @typedef {{type: "link", link: import("../shared/signal_state.js").Link, problem: Problem | null}
 *   | {type: "status", status: import("../shared/api.js").VisitStatus}
 *   | {type: "message", message: ServerMessage, atMs: number}
 *   | {type: "ledger", ledger: import("../shared/api.js").Ledger, atMs: number}
 *   | {type: "documents", visit: string, documents: import("../shared/api.js").DocumentEntry[]}
 *   | {type: "document_shown", shown: import("./types.js").ShownDocument}
 *   | {type: "still", visit: string, still: import("./stills.js").Still}
 *   | {type: "prepared", visit: string, prepared: import("../shared/api.js").Prepared}
 *   | {type: "family", visit: string, family: import("../shared/api.js").FamilyView}
 *   | {type: "guest", visit: string, form: Partial<import("./guest_desk.js").GuestForm>}
 *   | {type: "note", visit: string, note: import("./note.js").Note}
 *   | {type: "incidents", visit: string, event: import("../shared/concerns.js").ConcernEvent}
 *   | {type: "sent", act: Act}
 *   | {type: "done", act: Act}
 *   | {type: "failed", act: Act, problem: Problem}
 *   | {type: "said", clientId: string, text: string, at: string}
 *   | {type: "said_accepted", clientId: string, id: string}
 *   | {type: "said_failed", clientId: string}
 *   | {type: "panel", panel: Panel | null}
 *   | {type: "draft", draft: Partial<Drafts>}
 *   | {type: "media", media: Visit["media"]}
 *   | {type: "received", received: import("../shared/flow.js").Received, atMs: number}
 *   | {type: "remote", picture?: boolean, tapNeeded?: boolean}
 *   | {type: "devices", devices: Partial<Devices>}} VisitEvent
 *
 * @typedef {PageEvent | VisitEvent} Event
 */

import { dueFrom, flowed, NOTHING_DUE } from "../shared/flow.js";
import { guestOf } from "../shared/guests.js";
import { nobodyInvited } from "./guest_desk.js";
import { concerns, NONE } from "../shared/concerns.js";
import { chatAccepted, chatArrived, chatFailed, chatSent, chatSnapshot } from "../shared/chat_log.js";
import { NOT_TRIED, reduceSignIn } from "../shared/staff/entry.js";

/** Why a physician may hold (PROTOCOL.md, `hold`). */
export const HOLD_REASONS = Object.freeze(/** @type {const} */ (["guardian_not_with_child", "technical", "other"]));

/** @returns {State} */
export function initial() {
  return {
    screen: "loading",
    unreachable: false,
    nowMs: 0,
    me: null,
    signIn: NOT_TRIED,
    worklist: { visits: null, atMs: 0, stale: false },
    unsigned: [],
    visit: null,
  };
}

/** @returns {Drafts} */
export function noDrafts() {
  return {
    checks: [],
    callBack: null,
    location: null,
    holdReason: null,
    reason: null,
    urgency: null,
    urgencyChosen: false,
    to: null,
    note: "",
    notExamined: "",
    toldFamily: "",
    summary: "",
    adequate: null,
  };
}

/**
 * @param {State} state
 * @param {Event} event
 * @returns {State}
 */
export function reduce(state, event) {
  switch (event.type) {
    case "tick":
      return { ...state, nowMs: event.atMs };
    case "signed_out":
      return { ...initial(), nowMs: state.nowMs, screen: "sign_in" };
    case "signed_in":
      return { ...state, me: event.me, screen: state.visit ? "visit" : "worklist", signIn: NOT_TRIED };
    case "sign_in_sent":
    case "sign_in_failed":
      return { ...state, signIn: reduceSignIn(event) };
    case "worklist":
      return withWorklist(state, event.visits, event.atMs);
    case "unreachable":
      return { ...state, unreachable: true };
    case "worklist_failed":
      return { ...state, worklist: { ...state.worklist, stale: true } };
    case "unsigned":
      return { ...state, unsigned: event.visits };
    case "opened":
      return { ...state, screen: "visit", visit: opened(state, event.visit, event.draft) };
    case "left":
      return { ...state, screen: "worklist", visit: null };
    default:
      return state.visit ? { ...state, visit: reduceVisit(state.visit, event) } : state;
  }
}

/**
 * A visit that was opened by its address, after a reload, gets its line from the list when that comes.
 *
 * @param {State} state
 * @param {WorklistEntry[]} visits
 * @param {number} atMs
 * @returns {State}
 */
function withWorklist(state, visits, atMs) {
  const { visit } = state;
  const entry = visit && (visit.entry ?? visits.find((one) => one.visit === visit.id) ?? null);
  return { ...state, nowMs: atMs, worklist: { visits, atMs, stale: false }, visit: visit && { ...visit, entry } };
}

/**
 * @param {State} state
 * @param {string} id
 * @param {Partial<Drafts>} [draft] what the device kept of it
 * @returns {Visit}
 */
function opened(state, id, draft) {
  return {
    id,
    entry: state.worklist.visits?.find((entry) => entry.visit === id) ?? null,
    link: "connecting",
    refused: null,
    status: null,
    view: null,
    session: null,
    sessionAtMs: 0,
    ledger: null,
    ledgerAtMs: 0,
    documents: null,
    shownDocument: null,
    still: { state: "none" },
    prepared: null,
    family: null,
    note: null,
    incidents: NONE,
    chat: [],
    chatSeen: 0,
    quality: null,
    qualityAtMs: 0,
    media: "idle",
    remotePicture: false,
    flow: NOTHING_DUE,
    tapNeeded: false,
    guest: nobodyInvited(),
    panel: null,
    drafts: { ...noDrafts(), ...draft },
    pending: {},
    problems: {},
    devices: {
      support: "ok",
      opened: false,
      microphone: null,
      camera: null,
      muted: false,
      cameraOff: false,
      speakingMuted: false,
    },
  };
}

/**
 * @param {Visit} visit
 * @param {VisitEvent} event
 * @returns {Visit}
 */
function reduceVisit(visit, event) {
  switch (event.type) {
    case "link":
      return linkChanged(visit, event.link, event.problem);
    case "status":
      return { ...visit, status: event.status, view: visit.view ?? event.status.visit };
    case "message":
      return received(visit, event.message, event.atMs);
    case "ledger":
      return event.ledger.visit === visit.id ? { ...visit, ledger: event.ledger, ledgerAtMs: event.atMs } : visit;
    case "documents":
      return event.visit === visit.id ? { ...visit, documents: event.documents } : visit;
    case "document_shown":
      return { ...visit, shownDocument: event.shown };
    case "still":
      return event.visit === visit.id ? { ...visit, still: event.still } : visit;
    case "prepared":
      return event.visit === visit.id ? { ...visit, prepared: event.prepared } : visit;
    case "family":
      return event.visit === visit.id ? { ...visit, family: event.family } : visit;
    case "guest":
      return event.visit === visit.id ? { ...visit, guest: { ...visit.guest, ...event.form } } : visit;
    case "note":
      return event.visit === visit.id ? { ...visit, note: event.note } : visit;
    case "incidents":
      return event.visit === visit.id ? { ...visit, incidents: concerns(visit.incidents, event.event) } : visit;
    case "sent":
      return { ...visit, pending: { ...visit.pending, [event.act]: true }, problems: without(visit.problems, event.act) };
    case "done":
      return done(visit, event.act);
    case "failed":
      return {
        ...visit,
        pending: without(visit.pending, event.act),
        problems: { ...visit.problems, [event.act]: event.problem },
      };
    case "said":
      return withChat(
        visit,
        chatSent(visit.chat, { clientId: event.clientId, role: "physician", text: event.text, at: event.at }),
      );
    case "said_accepted":
      return withChat(visit, chatAccepted(visit.chat, event.clientId, event.id));
    case "said_failed":
      return withChat(visit, chatFailed(visit.chat, event.clientId));
    case "panel":
      return withPanel(visit, event.panel);
    case "draft":
      return { ...visit, drafts: drafted(visit, event.draft) };
    case "media":
      return { ...visit, media: event.media, remotePicture: event.media === "up" && visit.remotePicture };
    case "received":
      return { ...visit, flow: flowed(visit.flow, event.received, mediaDue(visit), event.atMs) };
    case "remote":
      return {
        ...visit,
        remotePicture: event.picture ?? visit.remotePicture,
        tapNeeded: event.tapNeeded ?? visit.tapNeeded,
      };
    case "devices":
      return { ...visit, devices: { ...visit.devices, ...event.devices } };
  }
}

/**
 * A superseded or refused page is over: later news about its socket says nothing new. One that lost its connection stays
 * offline until it is online again, whatever is tried in between.
 *
 * @param {Visit} visit
 * @param {import("../shared/signal_state.js").Link} link
 * @param {Problem | null} problem
 * @returns {Visit}
 */
function linkChanged(visit, link, problem) {
  if (link === "closed" || visit.link === "superseded" || visit.link === "refused") return visit;
  if (link === "connecting") return visit;
  if (visit.link === "closing" && link === "offline") return visit;
  if (link === "refused") return { ...visit, link, refused: problem, media: "idle", remotePicture: false };
  return { ...visit, link };
}

/** @param {Visit} visit */
function mediaDue(visit) {
  return dueFrom(visit.session, visit.media === "up" && visit.link === "online", "guardian", "physician");
}

/**
 * The visit goes on and this page is connected, yet nothing new of the family arrives.
 *
 * @param {Visit} visit
 */
export function remoteInterrupted(visit) {
  return visit.flow?.interrupted === true && mediaDue(visit).media;
}

/**
 * @param {Visit} visit
 * @param {ServerMessage} message
 * @param {number} atMs
 * @returns {Visit}
 */
function received(visit, message, atMs) {
  switch (message.type) {
    case "welcome":
      return {
        ...withSession({ ...visit, session: null }, message.session, atMs),
        link: "online",
        refused: null,
        view: message.visit,
        chat: chatSnapshot(visit.chat, message.chat),
        chatSeen: visit.view && visit.panel ? Math.min(visit.chatSeen, message.chat.length) : message.chat.length,
      };
    case "session":
      return withSession(visit, message.session, atMs);
    case "chat":
      return withChat(visit, chatArrived(visit.chat, message.message));
    case "quality":
      return { ...visit, quality: { light: message.light, legs: message.legs }, qualityAtMs: atMs };
    case "moved":
      return { ...visit, view: visit.view && { ...visit.view, starts_at: message.starts_at } };
    case "media_restart":
      return { ...visit, media: "lost", remotePicture: false, quality: null };
    case "superseded":
      return { ...visit, link: "superseded", media: "idle", remotePicture: false, quality: null };
    case "closing":
      return { ...visit, link: "closing" };
    default:
      return visit;
  }
}

/**
 * @param {Visit} visit
 * @param {import("./types.js").SessionView} session
 * @param {number} atMs
 * @returns {Visit}
 */
function withSession(visit, session, atMs) {
  if (visit.session && session.version < visit.session.version) return visit;
  const next = { ...visit, session, sessionAtMs: atMs };
  if (session.state !== visit.session?.state) next.panel = panelThatFits(visit.panel, session.state);
  if (session.state === "ended") return { ...next, media: "idle", remotePicture: false, quality: null };
  if (guestOf(visit.session) && !guestOf(session)) next.guest = { ...visit.guest, link: "", copied: false };
  if (!session.gate) next.remotePicture = false;
  return next;
}

/**
 * A panel stays open across a change of state as long as it still means something there: somebody writing a referral while the
 * guardian's network drops must not lose the place.
 *
 * @param {Panel | null} panel
 * @param {string} state
 * @returns {Panel | null}
 */
function panelThatFits(panel, state) {
  if (panel === null || panel === "help" || panel === "documents" || panel === "incident") return panel;
  if (state === "ended") return null; // the note is beside the outcome then
  if (panel === "guest") return panel;
  if (panel === "attest") return state === "verifying" || state === "held" ? panel : null;
  if (panel === "cancel" || isComparing(panel)) return state === "waiting" ? panel : null;
  return panel;
}

/**
 * The panels in which the names are compared before the family is let in.
 *
 * @param {Panel | null} panel
 * @returns {panel is "admit" | "begin_text"}
 */
export function isComparing(panel) {
  return panel === "admit" || panel === "begin_text";
}

/**
 * What is on screen counts as seen; what the physician wrote does anyway.
 *
 * @param {Visit} visit
 * @param {Visit["chat"]} chat
 * @returns {Visit}
 */
function withChat(visit, chat) {
  const own = chat[chat.length - 1]?.role === "physician";
  return { ...visit, chat, chatSeen: visit.panel === null || own ? chat.length : visit.chatSeen };
}

/**
 * @param {Visit} visit
 * @param {Act} act
 * @returns {Visit}
 */
function done(visit, act) {
  const next = { ...visit, pending: without(visit.pending, act), problems: without(visit.problems, act) };
  switch (act) {
    case "attest":
      return { ...next, panel: close(visit.panel, "attest"), drafts: { ...visit.drafts, checks: [] } };
    case "admit":
    case "begin_text":
    case "deny_family":
      return { ...next, panel: isComparing(visit.panel) ? null : visit.panel };
    case "hold":
      return { ...next, panel: close(visit.panel, "hold"), drafts: { ...visit.drafts, holdReason: null } };
    case "refer":
    case "complete":
    case "cancel":
      return { ...next, panel: close(visit.panel, act), drafts: noDrafts() };
    default:
      return next;
  }
}

/**
 * @param {Panel | null} panel
 * @param {Panel} which
 */
function close(panel, which) {
  return panel === which ? null : panel;
}

/**
 * @param {Visit} visit
 * @param {Panel | null} panel
 * @returns {Visit}
 */
function withPanel(visit, panel) {
  return { ...visit, panel, chatSeen: panel === null ? visit.chat.length : visit.chatSeen };
}

/**
 * Picking a reason brings its suggested urgency with it, unless an urgency was picked by hand; either one its department.
 *
 * @param {Visit} visit
 * @param {Partial<Drafts>} change
 * @returns {Drafts}
 */
function drafted(visit, change) {
  const next = { ...visit.drafts, ...change };
  if (change.urgency) next.urgencyChosen = true;
  if (change.urgency || change.reason !== undefined) next.to = null; // another one may be proposed
  if (change.reason && !next.urgencyChosen) {
    const suggested = visit.view?.reasons?.find((reason) => reason.code === change.reason)?.urgency;
    next.urgency = /** @type {Drafts["urgency"]} */ (suggested ?? next.urgency);
  }
  return next;
}

/**
 * @template {object} T
 * @param {T} map
 * @param {string} key
 * @returns {T}
 */
function without(map, key) {
  if (!(key in map)) return map;
  const copy = { ...map };
  delete (/** @type {Record<string, unknown>} */ (copy)[key]);
  return copy;
}
