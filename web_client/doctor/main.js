/** Wires the doctor's page: the link is tried at once and nothing else begins before the button, the camera is asked for only on its own, and the report is sent at the end. */

import { createApi } from "../shared/api.js";
import { rememberedLanguage, rememberLanguage, translator } from "../shared/i18n/i18n.js";
import { storageOf } from "../shared/storage.js";
import { deviceProblemOf } from "../shared/support.js";
import { screenOfError, tryLink } from "./link.js";
import { survey, synthetic, trySocket, tryWay } from "./probe.js";
import { asText, initial, reportOf, tokenOf, waysOf, withWay } from "./state.js";
import { show } from "./view.js";

/** @typedef {import("./state.js").State} State */

const root = /** @type {HTMLElement} */ (document.getElementById("page"));
const storage = storageOf(() => window.localStorage);
const token = tokenOf(location.pathname);
const supported = "RTCPeerConnection" in window && "AudioContext" in window && "captureStream" in HTMLCanvasElement.prototype;
/** @type {State} */
let state = initial({ language: rememberedLanguage(storage) ?? "zh", secure: window.isSecureContext, supported, token });
const server = createApi({ language: () => state.language }).doctor(token);

/** @param {Partial<State>} changed */
function change(changed) {
  state = { ...state, ...changed };
  show(root, state, handle);
}

/** @param {import("./view.js").Intent} intent */
function handle(intent) {
  switch (intent.type) {
    case "choose_language":
      rememberLanguage(storage, intent.language);
      return change({ language: intent.language });
    case "start":
      return void run();
    case "camera":
      return void tryCamera();
    case "copy":
      return void copy();
    case "send":
      return void send();
  }
}

async function run() {
  if (state.screen === "running") return;
  change({ screen: "running", ways: [], socket: "waiting", socketMs: null, kept: "no", copied: false });
  const media = synthetic();
  try {
    const { workers, ice_servers: servers, ice_policy: policy } = await server.begin();
    const socketMs = await trySocket(location.origin);
    change({ policy, socket: socketMs === null ? "failed" : "ok", socketMs });
    const answers = [];
    for (let worker = 0; worker < workers; worker += 1) answers.push(await survey(worker, server, media));
    change({ ways: waysOf(answers, servers) });
    for (const way of state.ways) await examine(way, servers, media);
    change({ screen: "done" });
    await send();
  } catch (error) {
    change({ screen: screenOfError(error) });
  } finally {
    media.stop();
  }
}

/** @param {import("./state.js").Way} way @param {import("./state.js").IceServer[]} servers @param {ReturnType<typeof synthetic>} media */
async function examine(way, servers, media) {
  change(withWay(state, way.id, { state: "trying" }));
  const onconnected = () => change(withWay(state, way.id, { state: "measuring" }));
  const found = await tryWay(way, { servers, server, media, onconnected });
  change(withWay(state, way.id, found));
}

/** Whether this browser gives camera and microphone to this page; both are given back at once. */
async function tryCamera() {
  if (!navigator.mediaDevices?.getUserMedia) return change({ camera: "unsupported" });
  change({ camera: "asking" });
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    for (const track of stream.getTracks()) track.stop();
    change({ camera: "ok" });
  } catch (error) {
    const problem = deviceProblemOf(error);
    change({ camera: problem === "denied" || problem === "none" ? problem : "busy" });
  }
  if (state.screen === "done") await send();
}

async function send() {
  change({ kept: "sending" });
  try {
    await server.report(reportOf(state, navigator.userAgent));
    change({ kept: "kept" });
  } catch {
    change({ kept: "failed" });
  }
}

async function copy() {
  try {
    await navigator.clipboard.writeText(asText(state, navigator.userAgent, translator(state.language)));
    change({ copied: true });
  } catch {
    change({ copied: false });
  }
}

root.replaceChildren();
change({});
if (state.screen === "ready") {
  void tryLink(
    server,
    () => state.screen,
    (screen) => change({ screen }),
  );
}
