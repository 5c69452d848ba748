/**
 * The physician's page, put together: state, view, network and keyboard. Everything that happens becomes an event; everything
 * the physician wants comes here as an intent.
 *
 * @typedef {import("./types.js").State} State
 * @typedef {import("./types.js").Act} Act
 * @typedef {import("./state.js").Event} Event
 * @typedef {import("./view.js").Intent} Intent
 */

import { ApiProblem, createApi } from "../shared/api.js";
import { receivedOf } from "../shared/flow.js";
import { LOCALES, rememberLanguage, rememberedLanguage, translator } from "../shared/i18n/i18n.js";
import { storageOf } from "../shared/storage.js";
import { render } from "../shared/ui/dom.js";
import { availability, intentFor, missing } from "./acts.js";
import { intents } from "../shared/messages.js";
import { meaningOf } from "./keys.js";
import { Room } from "./room.js";
import { LedgerReader } from "./ledger_reader.js";
import { GuestDesk } from "./guest_desk.js";
import { DocumentsReader } from "./documents_reader.js";
import { FamilyReader } from "./family_reader.js";
import { incidentSender } from "./incidents.js";
import { KeptWords } from "../shared/kept_words.js";
import { KeptReferral } from "./kept_referral.js";
import { NoteKeeper } from "./note_keeper.js";
import { followFocus, writeMessage } from "./focus.js";
import { pressOf } from "../shared/ui/press.js";
import { initial, reduce } from "./state.js";
import { canvasFor, frameOf, saveStill, whyNoStill } from "./stills.js";
import { view } from "./view.js";
import { outcomeOf } from "./words.js";

const WORKLIST_EVERY_MS = 8_000;
const TICK_MS = 250;
const PICTURE_MS = 100;
const LOOK_MS = 1_000;
const RETRY_MS = 3_000;
const PREPARED_EVERY_MS = 10_000;
const SWEEP_EVERY_MS = 600_000;

const app = /** @type {HTMLElement} */ (document.querySelector("#app"));
const storage = storageOf(() => localStorage);
const now = () => performance.now();
let language = rememberedLanguage(storage) ?? "zh";
let state = initial();
/** @type {Room | null} */
let room = null;
/** @type {{own: MediaStream | null, remote: MediaStream | null, remotes: ReadonlyMap<string, MediaStream>}} */
let streams = noStreams();
/** @type {HTMLElement | null} */
let levelMeter = null;
let drawing = false;

const api = createApi({ language: () => language, role: "physician" });
const ledgers = new LedgerReader({
  read: (visit) => api.ledger(visit),
  tell: (ledger) => dispatch({ type: "ledger", ledger, atMs: now() }),
  now,
});

const documents = new DocumentsReader({
  list: (visit) => api.documents(visit),
  fetch: (url) => api.document(url),
  tell: (event) => dispatch(event),
  now,
});

const families = new FamilyReader({ read: (visit) => api.family(visit), tell: (event) => dispatch(event), now });
const guests = new GuestDesk({
  invite: (visit, role, name) => api.inviteGuest(visit, role, name),
  takeBack: (visit) => api.takeBackGuest(visit),
  copy: (text) => navigator.clipboard.writeText(text),
  tell: (visit, form) => dispatch({ type: "guest", visit, form }),
});
const kept = new KeptWords(storage, () => Date.now());
/** What is kept for whoever is signed in. @type {ReturnType<KeptWords["of"]> | undefined} */
let drawer;
const notes = new NoteKeeper({
  api,
  storage: () => drawer,
  tell: (visit, note) => dispatch({ type: "note", visit, note }),
  now,
});

const referral = new KeptReferral(() => drawer);

/** Sends the open visit's incidents. @type {import("../shared/concern_sender.js").ConcernSender | null} */
let incidents = null;

// --- state to screen --------------------------------------------------------------------------------------------------

/** @param {Event} event */
function dispatch(event) {
  const before = state;
  state = reduce(state, event);
  ledgers.follow(state.visit);
  documents.follow(state.visit);
  families.follow(state.visit);
  notes.follow(state.visit?.id ?? null);
  referral.follow(state.visit);
  if (event.type === "signed_out") incidents?.close(); // whoever signs in next says nothing in another's name
  if (hasEnded(state) && !hasEnded(before)) void notes.again();
  if (state === before || drawing) return;
  drawing = true;
  queueMicrotask(draw);
}

/** @param {State} of */
function hasEnded({ visit }) {
  return visit !== null && outcomeOf(visit) !== null;
}

function draw() {
  drawing = false;
  const t = translator(language);
  document.documentElement.lang = LOCALES[language];
  document.title = `${t("brand")} · ${t("physician.title")}`;
  const followed = followFocus(app, state);
  render(app, view(state, { t, language, emit, ...streams, level: (element) => (levelMeter = element) }));
  followed();
}

function playRemote() {
  const video = /** @type {HTMLVideoElement | null} */ (app.querySelector(".stage-video"));
  if (!video || !streams.remote) return;
  for (const third of app.querySelectorAll("video.third-video")) /** @type {HTMLVideoElement} */ (third).play().catch(() => undefined);
  video.play().then(
    () => dispatch({ type: "remote", tapNeeded: false }),
    (error) => error?.name === "NotAllowedError" && dispatch({ type: "remote", tapNeeded: true }),
  );
}

/** A picture is there from the first frame that is shown while the gate is open; what froze before says nothing. */
let framesSeen = 0;
function watchPicture() {
  const video = /** @type {HTMLVideoElement | null} */ (app.querySelector(".stage-video"));
  const frames = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
  const waits = state.visit?.session?.gate && state.visit.media === "up" && !state.visit.remotePicture;
  if (waits && frames > framesSeen) dispatch({ type: "remote", picture: true });
  framesSeen = frames;
}

/** Does the family's sound and picture still arrive, and do one's own devices still give? @param {Room} looking */
async function look(looking) {
  const stats = await looking.stats().catch(() => null);
  if (!stats || looking !== room) return;
  dispatch({ type: "received", received: receivedOf(stats, "guardian"), atMs: now() });
  looking.judge(stats);
}

// --- what the physician wants -----------------------------------------------------------------------------------------

/** @param {Intent} intent */
function emit(intent) {
  switch (intent.type) {
    case "sign_in":
      return void signIn(intent.login, intent.password);
    case "sign_out":
      return void signOut();
    case "language":
      return chooseLanguage(intent.language);
    case "open":
      history.pushState(null, "", `/physician/?visit=${encodeURIComponent(intent.visit)}`);
      return void openVisit(intent.visit);
    case "take_over":
      return void openVisit(state.visit?.id ?? "");
    case "back":
      return inTheCall() ? dispatch({ type: "panel", panel: "leave" }) : goToWorklist();
    case "leave":
      return goToWorklist();
    case "act":
      return void act(intent.act);
    case "say":
      return void say(intent.text);
    case "mute":
      return room?.toggleMute();
    case "camera":
      return room?.toggleCamera();
    case "still":
      return takeStill();
    case "devices_again":
      playRemote();
      return void room?.openDevices();
    case "invite":
      return void (state.visit && guests.invite(state.visit));
    case "take_back":
      return void (state.visit && guests.takeBack(state.visit));
    case "copy_link":
      return void (state.visit && guests.copy(state.visit));
    case "guest_form":
      return state.visit && dispatch({ type: "guest", visit: state.visit.id, form: intent.form });
    case "play":
      return playRemote();
    case "show_document": {
      const entry = state.visit?.documents?.find(({ id }) => id === intent.id);
      return entry && void documents.show(entry);
    }
    case "note_type":
      if (intent.code === "family") dispatch({ type: "draft", draft: { summary: intent.text } });
      return notes.type(intent.code, intent.text);
    case "incident":
      return void incidents?.file(intent.category);
    case "incident_add":
      return void incidents?.add(intent.concern, intent.text);
    case "note_sign":
      return void signNote();
    case "panel":
    case "draft":
      return dispatch(intent);
  }
}

/** The frame is drawn at once; sending it may take a while. */
function takeStill() {
  const { visit } = state;
  const video = /** @type {HTMLVideoElement | null} */ (app.querySelector(".stage-video"));
  if (!visit || !video || whyNoStill(visit)) return;
  const line = {
    fetch: fetch.bind(globalThis),
    headers: () => ({ "Accept-Language": language, "Peitong-Role": "physician" }),
    wait: (/** @type {number} */ ms) => new Promise((/** @type {(value: void) => void} */ done) => setTimeout(done, ms)),
  };
  void saveStill(line, visit.id, frameOf(video, canvasFor(video)), crypto.randomUUID(), (still) => {
    dispatch({ type: "still", visit: visit.id, still });
    if (still.state === "saved") documents.again();
  });
}

async function signNote() {
  await notes.sign();
  void refreshUnsigned();
}

/** @param {"zh" | "en"} chosen */
function chooseLanguage(chosen) {
  language = chosen;
  rememberLanguage(storage, chosen);
  draw();
  void readPrepared();
}

function inTheCall() {
  const session = state.visit?.session;
  const running =
    (session?.admitted === true || session?.text === true) && outcomeOf(/** @type {import("./types.js").Visit} */ (state.visit)) === null;
  return running && state.visit?.link !== "superseded" && state.visit?.link !== "refused";
}

/** @param {Act} name */
async function act(name) {
  const visit = state.visit;
  const acting = room;
  if (!visit || !acting || availability(visit, name).why || missing(visit, name).length > 0) return;
  const intent = intentFor(visit, name);
  if (!intent) return;
  dispatch({ type: "sent", act: name });
  const ack = await acting.send(intent);
  if (room !== acting) return;
  dispatch(ack.ok ? { type: "done", act: name } : { type: "failed", act: name, problem: { code: ack.code, text: ack.text } });
}

/** @param {string} text */
async function say(text) {
  const saying = room;
  if (!saying) return;
  const clientId = crypto.randomUUID();
  dispatch({ type: "said", clientId, text, at: new Date().toISOString() });
  const ack = await saying.send(intents.chat(clientId, text));
  if (room !== saying) return;
  dispatch(ack.ok ? { type: "said_accepted", clientId, id: ack.id ?? clientId } : { type: "said_failed", clientId });
}

// --- signing in, the worklist, a visit --------------------------------------------------------------------------------

async function begin() {
  try {
    await signedIn();
  } catch (error) {
    if (codeOf(error) === "not_signed_in") return dispatch({ type: "signed_out" });
    dispatch({ type: "unreachable" });
    setTimeout(begin, RETRY_MS);
  }
}

async function signedIn() {
  const me = await api.me();
  if (me.role !== "physician") return dispatch({ type: "signed_out" });
  drawer = kept.of(me.id);
  dispatch({ type: "signed_in", me });
  await route();
}

/** @param {string} login @param {string} password */
async function signIn(login, password) {
  dispatch({ type: "sign_in_sent" });
  try {
    const { role } = await api.signIn(login, password);
    if (role !== "physician") throw new ApiProblem(403, "wrong_role", "");
    await signedIn();
  } catch (error) {
    const retryAfterS = error instanceof ApiProblem ? error.retryAfterS : null;
    dispatch({ type: "sign_in_failed", code: codeOf(error), retryAfterS, atMs: now() });
  }
}

/** What this physician typed and the server does not have goes with the physician, who is asked first. */
async function signOut() {
  const unsent = drawer?.count() ?? 0;
  if (unsent > 0 && !confirm(translator(language)("physician.signOut.unsent", { n: unsent }))) return;
  drawer?.empty();
  closeRoom();
  await api.signOut().catch(() => undefined);
  history.replaceState(null, "", "/physician/");
  dispatch({ type: "signed_out" });
}

/** The address names the visit, so that a reload or the browser's own back button lands where it should. */
async function route() {
  const visit = new URLSearchParams(location.search).get("visit");
  if (visit) return openVisit(visit);
  closeRoom();
  dispatch({ type: "left" });
  await refreshWorklist();
}

function goToWorklist() {
  history.pushState(null, "", "/physician/");
  const leaving = room;
  room = null;
  streams = noStreams();
  void leaving?.leave();
  dispatch({ type: "left" });
  void refreshWorklist();
}

async function refreshWorklist() {
  try {
    const { visits } = await api.worklist();
    dispatch({ type: "worklist", visits, atMs: now() });
    await refreshUnsigned();
  } catch (error) {
    if (codeOf(error) === "not_signed_in") return dispatch({ type: "signed_out" });
    dispatch({ type: "worklist_failed" });
  }
}

async function refreshUnsigned() {
  const listed = await api.unsigned().catch(() => null);
  if (listed) dispatch({ type: "unsigned", visits: listed.visits });
}

/** @param {string} visit */
async function openVisit(visit) {
  closeRoom();
  dispatch({ type: "opened", visit, draft: referral.read(visit) });
  incidents = incidentSender(api, visit, drawer, (event) => dispatch({ type: "incidents", visit, event }));
  void incidents.open();
  if (!state.visit?.entry) void refreshWorklist();
  const opening = new Room(visit, {
    api,
    language: () => language,
    now,
    dispatch: fromRoom,
    onlevel: showLevel,
    onstreams: showStreams,
  });
  room = opening;
  /** @param {Event} event */
  function fromRoom(event) {
    if (room !== opening) return;
    if (event.type === "link" && event.problem?.code === "not_signed_in") return dispatch({ type: "signed_out" });
    dispatch(event);
  }
  try {
    const status = await api.visit(visit);
    if (room !== opening) return;
    dispatch({ type: "status", status });
    if (status.state === "ended" && status.outcome !== "consent_withdrawn") return;
  } catch (error) {
    if (room !== opening) return;
    const problem = { code: codeOf(error), text: error instanceof ApiProblem ? error.detail : "" };
    if (problem.code === "not_signed_in") return dispatch({ type: "signed_out" });
    if (problem.code !== "network") return dispatch({ type: "link", link: "refused", problem });
  }
  opening.start();
  void readPrepared();
}

/** What the family told; asked again while it can still tell more. */
async function readPrepared() {
  const visit = state.visit?.id;
  if (!visit) return;
  const prepared = await api.prepared(visit).catch(() => null);
  if (prepared) dispatch({ type: "prepared", visit, prepared });
}

/** @returns {{own: MediaStream | null, remote: MediaStream | null, remotes: ReadonlyMap<string, MediaStream>}} */
function noStreams() {
  return { own: null, remote: null, remotes: new Map() };
}

function closeRoom() {
  room?.close();
  room = null;
  streams = noStreams();
}

/** @param {Partial<typeof streams>} changed */
function showStreams(changed) {
  streams = { ...streams, ...changed };
  draw();
  playRemote();
}

/** @param {number} level */
function showLevel(level) {
  levelMeter?.style.setProperty("--level", level.toFixed(2));
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof ApiProblem ? error.code : "unknown";
}

// --- the world --------------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (state.screen !== "visit" || !state.visit || event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    return void notes.saveNow();
  }
  const meaning = meaningOf(state.visit, pressOf(event));
  if (!meaning) return;
  event.preventDefault();
  if (meaning.type === "press") return document.getElementById(meaning.id)?.click();
  if (meaning.type !== "write") return emit(meaning);
  if (state.visit.panel) dispatch({ type: "panel", panel: null });
  queueMicrotask(() => writeMessage(app));
});
window.addEventListener("popstate", () => state.me && void route());
window.addEventListener("beforeunload", (event) => referral.atRisk() && event.preventDefault());
window.addEventListener("pagehide", () => void notes.saveNow());
window.addEventListener("online", () => void notes.saveNow());
document.addEventListener(
  "visibilitychange",
  () => document.visibilityState === "visible" && state.screen === "worklist" && void refreshWorklist(),
);
setInterval(
  () => state.screen === "worklist" && document.visibilityState === "visible" && void refreshWorklist(),
  WORKLIST_EVERY_MS,
);
setInterval(() => state.visit?.session?.state === "waiting" && void readPrepared(), PREPARED_EVERY_MS);
setInterval(() => state.screen !== "loading" && dispatch({ type: "tick", atMs: now() }), TICK_MS);
setInterval(() => kept.sweep(), SWEEP_EVERY_MS);
setInterval(watchPicture, PICTURE_MS);
setInterval(() => room && void look(room), LOOK_MS);

// For tests on real browsers, and for support at the desk: figures, no addresses.
/** @type {any} */ (globalThis).__peitong = Object.freeze({ stats: () => room?.stats() ?? null, state: () => state });

kept.sweep();
draw();
void begin();
