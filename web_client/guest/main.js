/** Wires the guest's page: a link that only a tap redeems, agreeing, the device check, the call of three. All effects start here. */

import { ApiProblem, createApi } from "../shared/api.js";
import { Connection } from "../shared/connection.js";
import { browserSupport, watchLevel } from "../shared/devices.js";
import { rememberedLanguage, rememberLanguage } from "../shared/i18n/i18n.js";
import { OwnDevices } from "../shared/own_devices.js";
import { Reporter } from "../shared/reporter.js";
import { storageOf } from "../shared/storage.js";
import { deviceReport, initialState, reduce, screenOf, tokenOf } from "./state.js";
import { createView } from "./view.js";

/** @typedef {import("./state.js").Event} StateEvent */
/** @typedef {import("./view.js").Intent} Intent */

const stored = storageOf(() => window.localStorage);
const token = tokenOf(location.pathname);
const visit = new URLSearchParams(location.search).get("visit") ?? "";
const root = /** @type {HTMLElement} */ (document.getElementById("page"));
/** Both others are there from the beginning: family and physician. */
const RECEIVE_PAIRS = 2;

let state = initialState(rememberedLanguage(stored) ?? "zh", token !== "");
/** @type {Connection | null} */
let connection = null;
/** @type {ReadonlyMap<string, MediaStream>} */
let remotes = new Map();
let drawing = false;

const api = createApi({ language: () => state.language, role: "guest" });
const reporter = new Reporter((/** @type {import("../shared/messages.js").Intent} */ report) =>
  connection ? connection.send(report) : Promise.resolve({ ok: false }),
);
/** @param {Partial<import("./state.js").Devices>} devices */
const tellDevices = (devices) => dispatch({ type: "devices", devices });
const own = new OwnDevices({
  tell: tellDevices,
  ontrack: (kind, track) => void connection?.replaceTrack(kind, track),
  watch: {
    audio: (track) => {
      const stop = watchLevel(track, (level) => tellDevices({ level }));
      return () => (stop(), tellDevices({ level: 0 }));
    },
    video: () => () => {},
  },
});
const view = createView(root, (intent) => void handle(intent));

/** @param {StateEvent} event */
function dispatch(event) {
  state = reduce(state, event);
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    view.show(state, { own: own.stream, remotes });
    report();
  });
}

function report() {
  if (connection?.link === "online") reporter.say(deviceReport(state, document.visibilityState === "visible"));
}

async function open() {
  dispatch({ type: "support", support: browserSupport() });
  if (token === "") await load();
}

async function load() {
  await attempt(async () => dispatch({ type: "guest", guest: await api.guest(visit) }), "problem");
}

/** @param {() => Promise<void>} work @param {"problem" | "refused"} as */
async function attempt(work, as) {
  try {
    await work();
  } catch (error) {
    dispatch({ type: as, code: error instanceof ApiProblem ? error.code : "unknown" });
  }
}

/** @param {Intent} intent */
async function handle(intent) {
  switch (intent.type) {
    case "choose_language":
      rememberLanguage(stored, intent.language);
      dispatch({ type: "language", language: intent.language });
      return state.stage === "agree" ? load() : undefined;
    case "join":
      return join();
    case "answer":
      return answer(intent.agreed);
    case "open_devices":
      return void (await own.open());
    case "enter":
      return enter();
    case "come_back":
      if (await own.open()) enter();
      return;
    case "toggle_microphone":
      return own.mute(!state.devices.muted);
    case "toggle_camera":
      return own.turnCamera(!state.devices.cameraOff);
    case "play":
      view.play();
      return dispatch({ type: "play_blocked", blocked: false });
    case "play_blocked":
      return dispatch({ type: "play_blocked", blocked: intent.blocked });
    case "chat_open":
      return dispatch({ type: "chat_open", open: intent.open });
    case "send_chat":
      return sendChat(intent.text);
    case "ask_leave":
      return dispatch({ type: "leaving", leaving: intent.leaving });
    case "leave":
      return leave();
    case "reload":
      return location.reload();
    case "retry_connection":
      return connection?.reconnect();
  }
}

async function join() {
  dispatch({ type: "busy" });
  await attempt(async () => {
    const { visit: of } = await api.joinAsGuest(token);
    // The link leaves the history, so that "back" does not return to it.
    location.replace(`/guest/?visit=${encodeURIComponent(of)}`);
  }, "problem");
}

/** @param {boolean} agreed */
async function answer(agreed) {
  const text = state.guest?.text;
  if (!text) return;
  dispatch({ type: "busy" });
  await attempt(async () => {
    await api.guestConsent(visit, text, agreed);
    if (!agreed) letGo();
    dispatch({ type: agreed ? "agreed" : "declined" });
  }, "refused");
  if (state.problem === "consent_changed") await load();
}

// --- the room ------------------------------------------------------------------------------------------------------------

function enter() {
  connection?.close();
  /** @type {Connection} */
  const entering = new Connection({
    fetchToken: async () => (await api.socketToken(visit)).token,
    language: () => state.language,
    onmessage: (message) => {
      if (entering !== connection) return;
      dispatch({ type: "message", message });
      if (message.type === "superseded" || state.session?.state === "ended") letGo();
    },
    onlink: (link, problem) => entering === connection && linked(link, problem),
    onmedia: (call) => entering === connection && dispatch({ type: "call", call }),
    onremotes: (arriving) => {
      remotes = arriving;
      if (entering === connection) dispatch({ type: "play_blocked", blocked: state.playBlocked });
    },
    onofferrefused: (code) => {
      if (code !== "no_common_codec" || entering !== connection) return;
      letGo();
      dispatch({ type: "problem", code });
    },
    onwake: () => (view.play(), void own.recover()),
    receivePairs: RECEIVE_PAIRS,
  });
  connection = entering;
  reporter.forget();
  dispatch({ type: "entered" });
  void entering.begin(own.tracks);
  entering.start();
}

/** @param {import("../shared/signal_state.js").Link} link @param {{code: string, text: string} | null} problem */
function linked(link, problem) {
  dispatch({ type: "connection", connection: link });
  if (link === "online") {
    reporter.forget();
    report();
  }
  if (link !== "refused") return;
  letGo();
  dispatch({ type: "problem", code: problem?.code ?? "unknown" });
}

function letGo() {
  const closing = connection;
  connection = null;
  closing?.close();
  reporter.hush();
  own.release();
  remotes = new Map();
}

async function leave() {
  const leaving = connection;
  connection = null;
  dispatch({ type: "left" });
  own.release();
  remotes = new Map();
  await leaving?.leave();
}

/** @param {string} text */
async function sendChat(text) {
  const clientId = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  dispatch({ type: "chat_sent", clientId, text, at: new Date().toISOString() });
  const said = await connection?.send({ type: "chat", client_id: clientId, text });
  dispatch(said?.ok && said.id ? { type: "chat_accepted", clientId, id: said.id } : { type: "chat_failed", clientId });
}

document.addEventListener("visibilitychange", report);
window.addEventListener("offline", () => connection && dispatch({ type: "connection", connection: "offline" }));

/** Figures only, for the browser tests and for support on the phone. */
Object.assign(window, { __peitong: Object.freeze({ stats: () => connection?.stats() ?? null, screen: () => screenOf(state) }) });

root.replaceChildren();
void open();
