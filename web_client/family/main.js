/**
 * Wires the guardian's page: intents from the view become requests, what comes back becomes events of the state, every new state is
 * drawn. All effects start here.
 */

import { ApiProblem, createApi } from "../shared/api.js";
import { filesAnew } from "../shared/concerns.js";
import { browserSupport, watchLevel, watchPicture } from "../shared/devices.js";
import { receivedOf } from "../shared/flow.js";
import { rememberedLanguage, rememberLanguage } from "../shared/i18n/i18n.js";
import { OwnDevices } from "../shared/own_devices.js";
import { KeptWords } from "../shared/kept_words.js";
import { storageOf } from "../shared/storage.js";
import { isOutside, isStale } from "./countdown.js";
import { complaintSender } from "./complaining.js";
import { Documents } from "./documents.js";
import { Preparing } from "./preparing.js";
import { fetchRecords, followRecords } from "./records.js";
import { initialState, reduce, screenOf } from "./state.js";
import { Unfinished } from "./unfinished.js";
import { createView } from "./view.js";
import { VisitRoom } from "./visit_room.js";
import { WhereaboutsKeeper } from "./whereabouts.js";

/** @typedef {import("./state.js").Event} StateEvent */
/** @typedef {import("./intents.js").Intent} Intent */

const asked = new URLSearchParams(location.search);
const visit = asked.get("visit") ?? "";
/** Pages that send a device here to be asked whose child it is, and get it back. */
const THEN = ["change", "letter"];
const then = asked.get("then");
const stored = storageOf(() => window.localStorage);
const session = storageOf(() => window.sessionStorage);
const inRoomKey = `peitong.in_room.${visit}`;
const testedKey = `peitong.tested.${visit}`;
const root = /** @type {HTMLElement} */ (document.getElementById("page"));

const remembered = rememberedLanguage(stored);
let state = initialState(remembered ?? "zh", remembered !== null);
/** @type {VisitRoom | null} */
let room = null;
/** @type {ReadonlyMap<string, MediaStream>} */
let remotes = new Map();
let drawing = false;
/** The room was entered without camera and microphone, and so it is come back to. */
let bare = session?.getItem(inRoomKey) === "bare";
/** Ends looking for how far the referral has come. */
let unfollow = () => {};
/** A phone gives camera and microphone back to a page that is seen again; what it has not given by then has to be asked for. */
const UNMUTES_WITHIN_MS = 800;

const api = createApi({ language: () => state.language, role: "guardian" });
/** @param {Partial<import("./state.js").Devices>} devices */
const tellDevices = (devices) => dispatch({ type: "devices", devices });
const own = new OwnDevices({
  tell: tellDevices,
  ontrack: (kind, track) => room?.replaceTrack(kind, track),
  watch: {
    audio: (track) => {
      const stop = watchLevel(track, (level) => tellDevices({ level }));
      return () => (stop(), tellDevices({ level: 0 }));
    },
    video: (track) => {
      const stop = watchPicture(track, (picture) => tellDevices({ picture }));
      return () => (stop(), tellDevices({ picture: "unknown" }));
    },
  },
});
const kept = new KeptWords(stored, () => Date.now());
const documents = new Documents({
  line: {
    fetch: fetch.bind(globalThis),
    headers: () => ({ "Accept-Language": state.language, "Peitong-Role": "guardian" }),
    wait: (ms) => new Promise((done) => setTimeout(done, ms)),
  },
  visit,
  api,
  dispatch: (event) => dispatch({ type: "documents", event }),
  unfinished: new Unfinished(kept.of(visit)),
});
const complaining = complaintSender(api, visit, stored, (event) => dispatch({ type: "complaints", event }));
const preparing = new Preparing({
  api,
  visit,
  preparation: () => state.preparation,
  language: () => state.language,
  tell: (change) => dispatch({ type: "preparation", change }),
});
const whereabouts = new WhereaboutsKeeper({
  api,
  visit,
  known: () => state.whereabouts,
  tell: (change) => dispatch({ type: "whereabouts", change }),
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
    room?.report();
  });
}

// --- opening -----------------------------------------------------------------------------------------------------------

async function open() {
  dispatch({ type: "support", support: browserSupport() });
  if (session?.getItem(testedKey)) dispatch({ type: "was_tested" });
  await attempt(async () => {
    dispatch({ type: "opened", status: await api.visit(visit), nowMs: performance.now() });
  }, "problem");
  if (state.status?.child_confirmed) void complaining.open();
  if (screenOf(state) === "ended") return showRecords();
  await loadTexts();
  void documentsOnceAgreed();
  offerPreparation();
  if (!session?.getItem(inRoomKey)) return;
  if (screenOf(state) === "early") dispatch({ type: "enter_early" });
  if (screenOf(state) === "devices") await returnToRoom();
}

/** Both consents are there: what was handed in before is shown, and more may be. */
async function documentsOnceAgreed() {
  if (isOutside(state)) await documents.open();
}

/** After a refresh in the middle of a visit nobody is asked again what was already answered. */
async function returnToRoom() {
  if (bare || (await own.open())) enter();
  else if (state.status) dispatch({ type: "enter_early" });
}

/** Outside, what the server knows is asked for now and then, and whenever somebody looks again: a visit is moved, called off, or begins early. */
async function lookAgain() {
  if (!isOutside(state)) return;
  const status = await api.visit(visit).catch(() => null);
  if (!status || !isOutside(state)) return;
  hurry(() => dispatch({ type: "status", status, nowMs: performance.now() }));
  if (screenOf(state) === "child") own.release();
  if (screenOf(state) === "ended") {
    own.release();
    void showRecords();
  }
}

/** Whoever counted down and has tried the devices goes in by itself when the time comes. @param {() => void} step */
function hurry(step) {
  const before = state.stage;
  step();
  if (before === "early" && state.stage === "devices" && session?.getItem(testedKey)) void returnToRoom();
}

/** The visit was moved so far away that nobody need wait here: back to the countdown. */
async function backOutside() {
  const status = await api.visit(visit).catch(() => null);
  if (!status?.opens_in_ms || !room || state.session?.state !== "waiting") return;
  const leaving = room;
  room = null;
  session?.removeItem(inRoomKey);
  own.release();
  dispatch({ type: "outside", status, nowMs: performance.now() });
  await leaving.leave();
}

/** Once nothing else is asked before the waiting room. */
function offerPreparation() {
  if (!isOutside(state)) return;
  void preparing.load();
  void whereabouts.load();
}

async function loadTexts() {
  if (state.texts || !["consent", "declined"].includes(state.stage)) return;
  const language = state.language;
  await attempt(async () => {
    const texts = await api.consentTexts(visit, language);
    if (language === state.language) dispatch({ type: "texts", texts });
  }, "refused");
}

/**
 * Do something that may fail, and say so in the way that fits: a page of its own, or a notice beside the button.
 * @param {() => Promise<void>} work @param {"problem" | "refused"} as
 */
async function attempt(work, as) {
  try {
    await work();
    return true;
  } catch (error) {
    const { code, detail } = error instanceof ApiProblem ? error : { code: "unknown", detail: "" };
    if (code === "child_not_confirmed") return askAnew();
    dispatch(as === "problem" ? { type: "problem", code, text: detail } : { type: "refused", code });
    return false;
  }
}

/** On this device nobody said yet whose child it is, or on another one it was denied: back to that question. */
async function askAnew() {
  const status = await api.visit(visit).catch(() => null);
  if (status) dispatch({ type: "opened", status, nowMs: performance.now() });
  return false;
}

// --- what the guardian asks for ------------------------------------------------------------------------------------------

/** @param {Intent} intent */
async function handle(intent) {
  switch (intent.type) {
    case "choose_language":
      rememberLanguage(stored, intent.language);
      dispatch({ type: "language", language: intent.language });
      if (state.preparation) void preparing.load();
      return loadTexts();
    case "confirm_language":
      rememberLanguage(stored, state.language);
      dispatch({ type: "language_confirmed" });
      offerPreparation();
      return loadTexts();
    case "answer_child":
      return answerChild(intent.right);
    case "answer_consent":
      return answerConsent(intent.agreed);
    case "reconsider":
      dispatch({ type: "reconsidered" });
      return loadTexts();
    case "reload":
      return location.reload();
    case "retry_records":
      return showRecords();
    case "complain":
      dispatch({ type: "sheet", sheet: "complaint" });
      return filesAnew(state.complaints) ? complaining.file() : complaining.look();
    case "complaint_text":
      return dispatch(intent);
    case "complaint_add": {
      const text = state.complaintText;
      dispatch({ type: "complaint_text", text: "" });
      return complaining.add(intent.concern, text);
    }
    case "complaint_withdraw":
      return complaining.withdraw(intent.concern);
    case "add_documents":
      return documents.add(intent.files, intent.purpose);
    case "remove_document":
      return documents.remove(intent.key, intent.url);
    case "whereabouts_typed":
    case "whereabouts_tell":
      return whereabouts.handle(intent);
    default:
      return handleInRoom(intent);
  }
}

/** @param {Intent} intent */
async function handleInRoom(intent) {
  switch (intent.type) {
    case "open_devices":
      if ((await own.open()) && room) remember();
      return;
    case "continue":
      view.play();
      return own.recover();
    case "choose_camera":
      return own.choose(intent.facing);
    case "flip_camera":
      return own.flip();
    case "toggle_microphone":
      return own.mute(!state.devices.muted);
    case "toggle_camera":
      return own.turnCamera(!state.devices.cameraOff);
    case "enter":
      return enter();
    case "test_early":
    case "enter_early":
      return dispatch({ type: intent.type });
    case "tested":
      own.release();
      if (intent.works) session?.setItem(testedKey, "yes");
      else session?.removeItem(testedKey);
      return dispatch({ type: "tested", works: intent.works });
    case "come_back":
      dispatch({ type: "busy" });
      return returnToRoom();
    case "leave":
      return leave();
    case "withdraw":
      return withdraw();
    case "send_chat":
      return sendChat(intent.text);
    case "play":
      view.play();
      return dispatch({ type: "play_blocked", blocked: false });
    case "retry_connection":
      return room?.reconnect();
    default:
      return showOnly(intent);
  }
}

/** Intents that change only what is shown. @param {Intent} intent */
function showOnly(intent) {
  switch (intent.type) {
    case "play_blocked":
      return dispatch({ type: "play_blocked", blocked: intent.blocked });
    case "move_own":
      return dispatch({ type: "corner", corner: intent.corner });
    case "show_whole":
      return dispatch({ type: "whole_picture", whole: intent.whole });
    case "open_chat":
    case "close_chat":
      return dispatch({ type: "chat_open", open: intent.type === "open_chat" });
    case "open_sheet":
      return dispatch({ type: "sheet", sheet: intent.sheet });
    case "close_sheet":
      return dispatch({ type: "sheet", sheet: null });
    case "choose_withdrawal":
      return dispatch({ type: "withdrawing", kind: intent.kind });
    default:
      return void preparing.handle(/** @type {import("./preparing.js").PreparingIntent} */ (intent));
  }
}

/** @param {boolean} right */
async function answerChild(right) {
  dispatch({ type: "busy" });
  await attempt(async () => {
    await api.confirmChild(visit, right);
    if (right) dispatch({ type: "status", status: await api.visit(visit) }); // before, it does not say for what and by whom
    dispatch({ type: "child_answered", right });
  }, "refused");
  if (!right || !state.status?.child_confirmed) return;
  if (then && THEN.includes(then)) return location.replace(`/${then}/?visit=${encodeURIComponent(visit)}`);
  void complaining.open();
  if (screenOf(state) === "ended") return showRecords();
  await loadTexts();
  void documentsOnceAgreed();
  offerPreparation();
}

/** @param {boolean} agreed */
async function answerConsent(agreed) {
  const kind = state.consentKind;
  const text = state.texts?.find((candidate) => candidate.kind === kind);
  if (!text) return;
  dispatch({ type: "busy" });
  await attempt(async () => {
    await api.consent(visit, text, agreed);
    dispatch({ type: "consent_answered", kind, agreed });
    void documentsOnceAgreed();
  }, "refused");
  offerPreparation();
  if (state.notice === "consent_changed") await attempt(async () => dispatch({ type: "texts", texts: await api.consentTexts(visit, state.language) }), "refused");
}

// --- the room ------------------------------------------------------------------------------------------------------------

function enter() {
  own.unwatch("audio"); // the level meter belongs to the device check
  remember();
  room?.close();
  room = new VisitRoom({
    fetchToken: async () => (await api.socketToken(visit)).token,
    state: () => state,
    dispatch,
    now: () => performance.now(),
    tracks: () => own.tracks,
    onremotes: (arriving) => {
      remotes = arriving;
      dispatch({ type: "remotes", roles: [...arriving.keys()] });
    },
    onover: over,
    onrefused: (code, text) => void refused(code, text),
    onwake: () => void woke(),
    onmoved: () => void backOutside(),
  });
  dispatch({ type: "entered" });
  room.enter();
  void stayAwake();
}

/** How this page is in the room, for when it is loaded again. */
function remember() {
  bare = !own.tracks.audio && !own.tracks.video;
  session?.setItem(inRoomKey, bare ? "bare" : "yes");
}

/** The session ended, or another page took the seat. */
function over() {
  room = null;
  own.release();
  if (screenOf(state) === "superseded") return void whoIsWithTheChild();
  if (screenOf(state) !== "ended") return;
  session?.removeItem(inRoomKey);
  void showRecords();
}

/** Another page has the seat: perhaps it is another guardian's. */
async function whoIsWithTheChild() {
  const status = await api.visit(visit).catch(() => null);
  if (status && screenOf(state) === "superseded") dispatch({ type: "status", status, nowMs: performance.now() });
}

/** The server will not have this page in the room: perhaps the visit has ended meanwhile. @param {string} code @param {string} text */
async function refused(code, text) {
  room = null;
  own.release();
  if (code === "child_not_confirmed") return void askAnew();
  const known = await attempt(async () => dispatch({ type: "status", status: await api.visit(visit) }), "problem");
  if (!known) return;
  if (screenOf(state) === "ended") return showRecords();
  dispatch({ type: "problem", code, text });
}

async function leave() {
  session?.removeItem(inRoomKey);
  const leaving = room;
  room = null;
  dispatch({ type: "left" });
  own.release();
  await leaving?.leave();
}

async function withdraw() {
  dispatch({ type: "busy" });
  const kind = state.withdrawing;
  const answer = await room?.send({ type: "withdraw_consent", kind });
  if (!answer?.ok) return dispatch({ type: "refused", code: answer?.code ?? "network" });
  if (kind === "stills") dispatch({ type: "stills_withdrawn" });
}

/** @param {string} text */
async function sendChat(text) {
  const clientId = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  dispatch({ type: "chat_sent", clientId, text, at: new Date().toISOString() });
  const answer = await room?.send({ type: "chat", client_id: clientId, text });
  dispatch(answer?.ok && answer.id ? { type: "chat_accepted", clientId, id: answer.id } : { type: "chat_failed", clientId });
}

async function showRecords() {
  await fetchRecords(api, visit, dispatch);
  unfollow();
  unfollow = followRecords(api, visit, dispatch, {
    seen: () => document.visibilityState === "visible",
    awaits: () => state.letter !== null && state.letter.receipt !== "seen",
    look: () => void complaining.look(),
  });
}

/** Does the physician's sound and picture still arrive, and do one's own devices still give? @param {VisitRoom} looking */
async function look(looking) {
  const stats = await looking.stats().catch(() => null);
  if (!stats || looking !== room) return;
  dispatch({ type: "received", received: receivedOf(stats, "physician"), nowMs: performance.now() });
  own.judge(stats.captured, performance.now());
}

/** Somebody looks again: what the browser paused meanwhile goes on, what was taken away is asked for. */
async function woke() {
  view.play();
  room?.report();
  await new Promise((done) => setTimeout(done, UNMUTES_WITHIN_MS));
  await own.recover();
}

/** A phone that goes dark loses its camera. */
async function stayAwake() {
  if (!room || document.visibilityState !== "visible") return;
  await navigator.wakeLock?.request("screen").catch(() => undefined);
}

document.addEventListener("visibilitychange", () => {
  room?.report();
  void stayAwake();
  if (document.visibilityState === "visible") void lookAgain();
});
window.addEventListener("offline", () => room && dispatch({ type: "connection", connection: "offline" }));
setInterval(() => {
  if (room) {
    dispatch({ type: "tick", nowMs: performance.now() });
    return void look(room);
  }
  if (!isOutside(state)) return;
  hurry(() => dispatch({ type: "tick", nowMs: performance.now() }));
  if (isStale(state) && document.visibilityState === "visible") void lookAgain();
}, 1_000);

/** Figures only, for the browser tests and for support on the phone. */
const figures = Object.freeze({ stats: () => room?.stats() ?? null, screen: () => screenOf(state) });
Object.assign(window, { __peitong: figures });

kept.sweep();
root.replaceChildren();
void open();
