/**
 * What the guest's page knows (PROTOCOL.md, section 9), and how each thing that happens changes it. Pure: no clock, no document, no
 * network; moments come with the events. `screenOf` says which screen that is.
 */

import { chatAccepted, chatArrived, chatFailed, chatSent, chatSnapshot } from "../shared/chat_log.js";
import { NOT_ASKED } from "../shared/own_devices.js";

/** @typedef {import("../shared/i18n/i18n.js").Language} Language */
/** @typedef {import("../shared/api.js").GuestView} GuestView */
/** @typedef {import("../shared/messages.js").ServerMessage} ServerMessage */
/** @typedef {import("../shared/messages.js").SessionView} SessionView */
/** @typedef {import("../shared/chat_log.js").ChatEntry} ChatEntry */
/** @typedef {"ask" | "loading" | "agree" | "devices" | "room" | "left" | "declined" | "problem"} Stage */
/** @typedef {Stage | "unsupported" | "waiting" | "call" | "held" | "ended" | "superseded"} Screen */
/** @typedef {import("../shared/own_devices.js").Seen & {support: import("../shared/support.js").Support, level: number, heard: boolean}} Devices */

/**
 * @typedef {object} State
 * @property {Language} language
 * @property {Stage} stage
 * @property {GuestView | null} guest  who invites whom, and the text to agree to
 * @property {boolean} busy
 * @property {string | null} problem  an error code: of the whole page on `problem`, else beside the button
 * @property {Devices} devices
 * @property {import("../shared/signal_state.js").Link | "idle"} connection
 * @property {number} retryS
 * @property {SessionView | null} session
 * @property {import("../shared/call.js").CallState} call
 * @property {"good" | "fair" | "poor" | null} light
 * @property {boolean} playBlocked
 * @property {readonly ChatEntry[]} chat
 * @property {boolean} chatOpen
 * @property {number} unread
 * @property {boolean} leaving  asked whether to leave
 */

/**
 * @typedef {{type: "language", language: Language} | {type: "busy"} | {type: "refused", code: string} | {type: "problem", code: string}
 *   | {type: "guest", guest: GuestView} | {type: "agreed"} | {type: "declined"} | {type: "support", support: Devices["support"]}
 *   | {type: "devices", devices: Partial<Devices>} | {type: "entered"} | {type: "left"} | {type: "leaving", leaving: boolean}
 *   | {type: "connection", connection: State["connection"]} | {type: "message", message: ServerMessage}
 *   | {type: "call", call: State["call"]} | {type: "play_blocked", blocked: boolean} | {type: "chat_open", open: boolean}
 *   | {type: "chat_sent", clientId: string, text: string, at: string} | {type: "chat_accepted", clientId: string, id: string}
 *   | {type: "chat_failed", clientId: string}} Event
 */

const HEARD_ABOVE = 0.3;

/** @param {Language} language @param {boolean} hasLink  opened by a link that is still to be redeemed @returns {State} */
export function initialState(language, hasLink) {
  return {
    language, stage: hasLink ? "ask" : "loading", guest: null, busy: false, problem: null,
    devices: { ...NOT_ASKED, support: "ok", level: 0, heard: false },
    connection: "idle", retryS: 0, session: null, call: "idle", light: null, playBlocked: false, chat: [], chatOpen: false, unread: 0, leaving: false,
  }; // prettier-ignore
}

/** The token of `/g/{token}`; empty when the address holds none. @param {string} pathname */
export function tokenOf(pathname) {
  return /^\/g\/([^/]+)\/?$/.exec(pathname)?.[1] ?? "";
}

/** @param {State} state @param {Event} event @returns {State} */
export function reduce(state, event) {
  switch (event.type) {
    case "language":
      return { ...state, language: event.language };
    case "busy":
      return { ...state, busy: true, problem: null };
    case "refused":
      return { ...state, busy: false, problem: event.code };
    case "problem":
      return { ...state, busy: false, stage: "problem", problem: event.code };
    case "guest":
      return { ...state, busy: false, problem: null, guest: event.guest, stage: inRoom(state) ? state.stage : event.guest.agreed ? "devices" : "agree" };
    case "agreed":
      return { ...state, busy: false, problem: null, stage: "devices", guest: state.guest && { ...state.guest, agreed: true } };
    case "declined":
      return { ...state, busy: false, problem: null, stage: "declined", leaving: false };
    case "support":
      return { ...state, devices: { ...state.devices, support: event.support } };
    case "devices": {
      const heard = state.devices.heard || (event.devices.level ?? 0) > HEARD_ABOVE;
      return { ...state, devices: { ...state.devices, ...event.devices, heard } };
    }
    case "entered":
      return { ...state, stage: "room", problem: null };
    case "left":
      return { ...state, stage: "left", leaving: false, chatOpen: false, connection: "idle", call: "idle", light: null };
    default:
      return inVisit(state, event);
  }
}

/** @param {State} state @param {Event} event @returns {State} */
function inVisit(state, event) {
  switch (event.type) {
    case "leaving":
      return { ...state, leaving: event.leaving };
    case "connection":
      return { ...state, connection: event.connection };
    case "call":
      return { ...state, call: event.call, light: event.call === "connected" ? state.light : null };
    case "play_blocked":
      return { ...state, playBlocked: event.blocked };
    case "chat_open":
      return { ...state, chatOpen: event.open, unread: 0 };
    case "chat_sent":
      return { ...state, chat: chatSent(state.chat, { ...event, role: roleOf(state) }) };
    case "chat_accepted":
      return { ...state, chat: chatAccepted(state.chat, event.clientId, event.id) };
    case "chat_failed":
      return { ...state, chat: chatFailed(state.chat, event.clientId) };
    case "message":
      return heard(state, event.message);
    default:
      return state;
  }
}

/** @param {State} state @param {ServerMessage} message @returns {State} */
function heard(state, message) {
  switch (message.type) {
    case "welcome":
      return { ...withSession(state, message.session), connection: "online", chat: chatSnapshot(state.chat, message.chat) };
    case "session":
      return withSession(state, message.session);
    case "chat": {
      const chat = chatArrived(state.chat, message.message);
      const isNew = chat !== state.chat && message.message.role !== roleOf(state) && !state.chatOpen;
      return { ...state, chat, unread: state.unread + (isNew ? 1 : 0) };
    }
    case "quality":
      return { ...state, light: message.light };
    case "superseded":
      return { ...state, connection: "superseded", chatOpen: false, leaving: false };
    case "closing":
      return { ...state, connection: "closing", retryS: message.retry_s };
    default:
      return state;
  }
}

/** @param {State} state @param {SessionView} session @returns {State} */
function withSession(state, session) {
  if (state.session && session.version < state.session.version) return state;
  return session.state === "ended" ? { ...state, session, chatOpen: false, leaving: false } : { ...state, session };
}

/** @param {State} state */
function inRoom({ stage }) {
  return stage === "room";
}

/** This page's own role. @param {State} state @returns {import("../shared/guests.js").GuestRole} */
export function roleOf(state) {
  return state.guest?.role ?? "interpreter";
}

/** @param {State} state @returns {Screen} */
export function screenOf(state) {
  if (state.session?.state === "ended" || state.guest?.state === "ended") return "ended";
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
      return "waiting";
  }
}

/**
 * What the page tells the server about its devices.
 * @param {State} state @param {boolean} visible @returns {import("../shared/messages.js").Intents["device_report"]}
 */
export function deviceReport({ devices: { audio, video, muted, cameraOff } }, visible) {
  return {
    type: "device_report",
    microphone: audio === "live" && muted ? "muted" : audio,
    camera: video === "live" && cameraOff ? "off" : video,
    visible,
    picture: "unknown",
  };
}
