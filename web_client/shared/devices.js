/**
 * Camera and microphone of this device: opening them with an honest answer when that fails, turning the camera round, the level of the
 * sound, the state of the picture, and noticing when a phone call takes them away.
 */

import { judgePicture, NO_PICTURE_YET } from "./picture.js";
import { deviceProblemOf, supportOf } from "./support.js";

/** @typedef {import("./support.js").DeviceProblem} DeviceProblem */
/** @typedef {import("./support.js").Support} Support */
/** @typedef {import("./picture.js").PictureJudgement} PictureJudgement */
/** @typedef {"user" | "environment"} Facing */
/** @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null, audioProblem: DeviceProblem | null, videoProblem: DeviceProblem | null}} Opened */

const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
/** @param {Facing} facing */
const pictureOf = (facing) => ({ width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, facingMode: { ideal: facing } });

/** @returns {Support} */
export function browserSupport() {
  return supportOf({
    secure: globalThis.isSecureContext,
    hasDevices: typeof navigator.mediaDevices?.getUserMedia === "function",
    hasPeerConnection: typeof globalThis.RTCPeerConnection === "function",
    userAgent: navigator.userAgent,
  });
}

/**
 * Microphone and camera, asked for together (one question to the reader); when that fails each alone, so that one of them is better
 * than none. Never rejects.
 * @param {Facing} facing @param {() => boolean} overtaken once it is so nothing more is asked for
 * @returns {Promise<Opened>}
 */
export async function openDevices(facing, overtaken) {
  const both = await ask({ audio: SOUND, video: pictureOf(facing) });
  if (both.stream) return { ...tracksOf(both.stream), audioProblem: null, videoProblem: null };
  const { problem } = both;
  if (overtaken() || (problem === "denied" && (await bothDenied()))) return { audio: null, video: null, audioProblem: problem, videoProblem: problem };
  const sound = await ask({ audio: SOUND });
  const picture = overtaken() ? { track: null, problem } : await openCamera(facing);
  return { audio: sound.stream?.getAudioTracks()[0] ?? null, audioProblem: sound.problem, video: picture.track, videoProblem: picture.problem };
}

/**
 * One camera. Phones open only one at a time: stop the other before.
 * @param {Facing} facing
 * @returns {Promise<{track: MediaStreamTrack | null, problem: DeviceProblem | null}>}
 */
export async function openCamera(facing) {
  const { stream, problem } = await ask({ video: pictureOf(facing) });
  return { track: stream?.getVideoTracks()[0] ?? null, problem };
}

/** @returns {Promise<{track: MediaStreamTrack | null, problem: DeviceProblem | null}>} */
export async function openMicrophone() {
  const { stream, problem } = await ask({ audio: SOUND });
  return { track: stream?.getAudioTracks()[0] ?? null, problem };
}

/** How many cameras there are, to offer turning round only where there is something to turn to. */
export async function cameraCount() {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.filter((device) => device.kind === "videoinput").length;
}

/**
 * How loud the microphone hears, 0 to 1, ten times a second, until the returned function is called.
 * @param {MediaStreamTrack} track @param {(level: number) => void} onlevel
 */
export function watchLevel(track, onlevel) {
  const AudioContextClass = globalThis.AudioContext ?? /** @type {any} */ (globalThis).webkitAudioContext;
  if (!AudioContextClass) return () => {};
  const context = new AudioContextClass();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  void context.resume?.();
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (context.state !== "running") void context.resume?.().catch(() => undefined); // a phone call suspends it
    analyser.getFloatTimeDomainData(samples);
    const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    // Speech lies between about -50 and -10 dBFS.
    onlevel(Math.min(1, Math.max(0, (20 * Math.log10(rms + 1e-6) + 55) / 45)));
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/**
 * Tell when the picture of a track turns dark or freezes, judged every two seconds, until the returned function is called.
 * @param {MediaStreamTrack} track @param {(judgement: PictureJudgement) => void} onpicture
 */
export function watchPicture(track, onpicture) {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, srcObject: new MediaStream([track]) });
  const canvas = Object.assign(document.createElement("canvas"), { width: 24, height: 16 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let memory = NO_PICTURE_YET;
  void video.play().catch(() => undefined);
  const timer = setInterval(() => {
    const { judgement, memory: next } = judgePicture(memory, track.enabled && !document.hidden ? sampleOf(video, canvas, context) : null);
    memory = next;
    onpicture(judgement);
  }, 2_000);
  return () => {
    clearInterval(timer);
    video.srcObject = null;
  };
}

/**
 * An incoming phone call ends or mutes tracks that still read "live": tell so at once.
 * @param {MediaStreamTrack} track @param {(state: "live" | "lost") => void} onstate
 */
export function watchTrack(track, onstate) {
  const stop = new AbortController();
  const { signal } = stop;
  track.addEventListener("ended", () => onstate("lost"), { signal });
  track.addEventListener("mute", () => onstate("lost"), { signal });
  track.addEventListener("unmute", () => onstate("live"), { signal });
  return () => stop.abort();
}

/** @param {MediaStreamConstraints} constraints @returns {Promise<{stream: MediaStream | null, problem: DeviceProblem | null}>} */
async function ask(constraints) {
  try {
    return { stream: await navigator.mediaDevices.getUserMedia(constraints), problem: null };
  } catch (error) {
    return { stream: null, problem: deviceProblemOf(error) };
  }
}

/** @param {MediaStream} stream */
function tracksOf(stream) {
  return { audio: stream.getAudioTracks()[0] ?? null, video: stream.getVideoTracks()[0] ?? null };
}

/** Asking again after a refusal only annoys, unless just one of the two was refused. */
async function bothDenied() {
  /** @param {string} name */
  const stateOf = async (name) => {
    try {
      return (await navigator.permissions.query({ name: /** @type {PermissionName} */ (name) })).state;
    } catch {
      return "unknown";
    }
  };
  const states = await Promise.all([stateOf("camera"), stateOf("microphone")]);
  return !states.includes("granted") && !states.includes("prompt");
}

/** @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D | null} context */
function sampleOf(video, canvas, context) {
  if (!context || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height).data;
}
