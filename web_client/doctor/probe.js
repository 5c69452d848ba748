/**
 * One way tried alone: a peer connection to the relay with synthetic sound and picture, five seconds long. No camera, no visit;
 * the only RTCPeerConnection outside `shared/call.js`, since it must use one way and give up, where a call uses all and goes on.
 */

import { FULL_PICTURE_BPS } from "../shared/encodings.js";
import { answerFor, configurationFor, figuresOf, stateOf } from "./state.js";

/** @typedef {import("./state.js").Way} Way */
/** @typedef {import("./state.js").IceServer} IceServer */
/** @typedef {{offer: (worker: number, sdp: string) => Promise<{sdp: string}>, figures: () => Promise<{packets: number, lost: number}>}} Server */

const CONNECT_WITHIN_MS = 8_000;
const MEASURE_MS = 5_000;
const SOCKET_WITHIN_MS = 6_000;
const WIDTH = 1280;
const HEIGHT = 720;
const FPS = 15;

/** A tone and a moving picture; `stop` gives everything back. */
export function synthetic() {
  const audio = new AudioContext();
  const tone = new OscillatorNode(audio, { frequency: 440 });
  const quiet = new GainNode(audio, { gain: 0.1 });
  const sink = audio.createMediaStreamDestination();
  tone.connect(quiet).connect(sink);
  tone.start();
  void audio.resume().catch(() => undefined);
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const drawing = setInterval(() => draw(canvas), 1000 / FPS);
  draw(canvas);
  const picture = canvas.captureStream(FPS);
  return {
    audio: sink.stream.getAudioTracks()[0],
    video: picture.getVideoTracks()[0],
    stop() {
      clearInterval(drawing);
      for (const track of [...picture.getTracks(), ...sink.stream.getTracks()]) track.stop();
      void audio.close().catch(() => undefined);
    },
  };
}

/** Enough detail and movement that an encoder has as much to send as a camera gives it. @param {HTMLCanvasElement} canvas */
function draw(canvas) {
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const now = performance.now() / 1000;
  for (let column = 0; column < 32; column += 1) {
    for (let row = 0; row < 18; row += 1) {
      paint.fillStyle = `hsl(${(column * 23 + row * 41 + now * 60) % 360} 40% ${40 + 25 * Math.sin(now * 3 + column * row)}%)`;
      paint.fillRect(column * 40, row * 40, 40, 40);
    }
  }
  paint.fillStyle = "#ffffff";
  paint.beginPath();
  paint.arc(WIDTH / 2 + 400 * Math.cos(now), HEIGHT / 2 + 200 * Math.sin(now * 1.3), 90, 0, 7);
  paint.fill();
}

/**
 * @param {Way} way @param {{servers: readonly IceServer[], server: Server, media: {audio: MediaStreamTrack, video: MediaStreamTrack},
 *        onconnected: () => void}} options
 * @returns {Promise<Partial<Way>>} the way's state and figures; rejects only with the server's own refusals
 */
export async function tryWay(way, { servers, server, media, onconnected }) {
  /** @type {RTCPeerConnection} */
  let pc;
  try {
    pc = new RTCPeerConnection(configurationFor(way, servers));
  } catch {
    return { state: "failed" }; // a TURN address that this browser does not take
  }
  try {
    const began = performance.now();
    const offer = await offered(pc, media);
    const { sdp } = await server.offer(way.worker, offer);
    await pc.setRemoteDescription({ type: "answer", sdp: answerFor(sdp, way) });
    if (!(await connected(pc))) return { state: "failed" };
    const connectedMs = performance.now() - began;
    onconnected();
    await limitPicture(pc);
    await pause(MEASURE_MS);
    const stats = [...(await pc.getStats()).values()];
    const figures = figuresOf(stats, await server.figures(), connectedMs, MEASURE_MS / 1000);
    return { state: pc.connectionState === "connected" ? stateOf(figures) : "poor", ...figures };
  } finally {
    pc.close();
  }
}

/**
 * Where the relay of this worker can be reached: its answer to an offer that is then dropped.
 * @param {number} worker @param {Server} server @param {{audio: MediaStreamTrack, video: MediaStreamTrack}} media
 */
export async function survey(worker, server, media) {
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
  try {
    const { sdp } = await server.offer(worker, await offered(pc, media));
    return { worker, sdp };
  } finally {
    pc.close();
  }
}

/** @param {RTCPeerConnection} pc @param {{audio: MediaStreamTrack, video: MediaStreamTrack}} media */
async function offered(pc, { audio, video }) {
  pc.addTransceiver(audio, { direction: "sendonly" });
  pc.addTransceiver(video, { direction: "sendonly" });
  const offer = await pc.createOffer();
  await pc.setLocalDescription(offer);
  return offer.sdp ?? "";
}

/** @param {RTCPeerConnection} pc @returns {Promise<boolean>} */
function connected(pc) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), CONNECT_WITHIN_MS);
    const look = () => {
      if (!["connected", "failed", "closed"].includes(pc.connectionState)) return;
      clearTimeout(timer);
      resolve(pc.connectionState === "connected");
    };
    pc.addEventListener("connectionstatechange", look);
    look();
  });
}

/** @param {RTCPeerConnection} pc */
async function limitPicture(pc) {
  for (const sender of pc.getSenders()) {
    const parameters = sender.getParameters();
    if (sender.track?.kind !== "video" || !parameters.encodings?.length) continue;
    parameters.encodings[0].maxBitrate = FULL_PICTURE_BPS;
    await sender.setParameters(parameters).catch(() => undefined);
  }
}

/**
 * Milliseconds until the server greets on its WebSocket (Engine.IO's open packet), or null. @param {string} origin
 * @returns {Promise<number | null>}
 */
export function trySocket(origin) {
  return new Promise((resolve) => {
    const began = performance.now();
    const socket = new WebSocket(`${origin.replace(/^http/, "ws")}/socket/?EIO=4&transport=websocket`);
    /** @param {number | null} ms */
    const end = (ms) => {
      clearTimeout(timer);
      socket.close();
      resolve(ms);
    };
    const timer = setTimeout(() => end(null), SOCKET_WITHIN_MS);
    socket.addEventListener("message", ({ data }) => end(typeof data === "string" && data.startsWith("0") ? Math.round(performance.now() - began) : null));
    socket.addEventListener("error", () => end(null));
    socket.addEventListener("close", () => end(null));
  });
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
