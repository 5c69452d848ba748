/**
 * This page's camera and microphone while it lives: opened on a tap, watched, silenced, turned round, brought back after a phone call. It
 * tells what it sees and hands every new track to `ontrack`. Only the newest asking counts: what an older one brings, or one that was
 * under way when all was released, is stopped at once, so that no camera's light stays on without a use.
 */

import { captured } from "./capture.js";
import { cameraCount, openCamera, openDevices, openMicrophone, watchTrack } from "./devices.js";

/** @typedef {import("./devices.js").Facing} Facing */
/** @typedef {import("./support.js").DeviceProblem} DeviceProblem */
/** @typedef {"audio" | "video"} Kind */
/** @typedef {"none" | "live" | "lost"} TrackState  none: it was never there; lost: it was taken away */
/**
 * @typedef {{state: "closed" | "opening" | "open", audio: TrackState, video: TrackState, audioProblem: DeviceProblem | null,
 *            videoProblem: DeviceProblem | null, cameras: number, facing: Facing, muted: boolean, cameraOff: boolean}} Seen
 * @typedef {{tell: (changed: Partial<Seen>) => void, ontrack: (kind: Kind, track: MediaStreamTrack | null) => void,
 *            watch: Record<Kind, (track: MediaStreamTrack) => () => void>}} OwnOptions
 *   `watch`: what the page itself looks at in a track, until the function that it returns is called
 */

/** @type {Readonly<Seen>} */
export const NOT_ASKED = Object.freeze({
  state: "closed", audio: "none", video: "none", audioProblem: null, videoProblem: null, cameras: 0, facing: "user", muted: false, cameraOff: false,
}); // prettier-ignore
const KINDS = /** @type {const} */ (["audio", "video"]);
const NOTHING = () => {};

export class OwnDevices {
  /** @type {OwnOptions} */ #options;
  /** @type {object | null} the asking that is under way */ #asking = null;
  /** @type {Record<Kind, MediaStreamTrack | null>} */ #tracks = { audio: null, video: null };
  /** @type {Record<Kind, boolean>} */ #had = { audio: false, video: false };
  /** @type {Record<Kind, "live" | "lost">} */ #states = { audio: "live", video: "live" };
  /** @type {Record<Kind, import("./capture.js").Capture | null>} */ #captures = { audio: null, video: null };
  /** @type {Record<Kind, () => void>} */ #unwatchLife = { audio: NOTHING, video: NOTHING };
  /** @type {Record<Kind, () => void>} */ #unwatchPage = { audio: NOTHING, video: NOTHING };
  /** @type {MediaStream | null} */ #stream = null;
  /** @type {{facing: Facing, muted: boolean, cameraOff: boolean}} */ #wish = { facing: "user", muted: false, cameraOff: false };

  /** @param {OwnOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get tracks() {
    return { ...this.#tracks };
  }

  /** One's own picture for the page; the same object while the camera is the same. */
  get stream() {
    return this.#stream;
  }

  /** Ask for both; also the way back after they were lost. @returns {Promise<boolean>} whether at least one opened */
  async open() {
    const overtaken = this.#ask();
    this.#options.tell({ state: "opening" });
    this.#stop("audio");
    this.#stop("video");
    const { facing } = this.#wish;
    const { audio, video, audioProblem, videoProblem } = await openDevices(facing, overtaken);
    if (overtaken()) {
      for (const track of [audio, video]) track?.stop();
      return false;
    }
    this.#hold("audio", audio);
    this.#hold("video", video);
    const cameras = await cameraCount();
    if (overtaken()) return false;
    this.#asking = null;
    this.#options.tell({ state: "open", audio: this.#stateOf("audio"), video: this.#stateOf("video"), audioProblem, videoProblem, cameras, facing });
    return audio !== null || video !== null;
  }

  /** Asks anew for what was lost and leaves the other alone. @returns {Promise<void>} */
  async recover() {
    const lost = KINDS.filter((kind) => this.#stateOf(kind) === "lost");
    if (this.#asking || lost.length === 0) return;
    const overtaken = this.#ask();
    this.#options.tell({ state: "opening" });
    for (const kind of lost) {
      this.#stop(kind);
      const { track, problem } = kind === "video" ? await openCamera(this.#wish.facing) : await openMicrophone();
      if (overtaken()) return track?.stop();
      this.#hold(kind, track);
      const state = this.#stateOf(kind);
      this.#options.tell(kind === "video" ? { video: state, videoProblem: problem } : { audio: state, audioProblem: problem });
    }
    this.#asking = null;
    this.#options.tell({ state: "open" });
  }

  /**
   * What was captured so far: a device that stopped giving was taken away, whatever its track says.
   * @param {Record<Kind, number | null>} amounts @param {number} nowMs
   */
  judge(amounts, nowMs) {
    for (const kind of KINDS) {
      const track = this.#tracks[kind];
      const due = track?.readyState === "live" && track.enabled && document.visibilityState === "visible";
      const before = this.#captures[kind];
      const now = (this.#captures[kind] = captured(before, amounts[kind], due, nowMs));
      if (now && now.stopped !== (before?.stopped ?? false)) this.#became(kind, now.stopped ? "lost" : "live");
    }
  }

  /** Phones open one camera at a time, so while any device is asked for this does nothing. @param {Facing} facing @returns {Promise<void>} */
  async choose(facing) {
    if (this.#asking || (facing === this.#wish.facing && this.#tracks.video?.readyState === "live")) return;
    const overtaken = this.#ask();
    this.#wish.facing = facing;
    this.#stop("video");
    const { track, problem } = await openCamera(facing);
    if (overtaken()) return track?.stop();
    this.#asking = null;
    this.#hold("video", track);
    this.#options.tell({ facing, video: this.#stateOf("video"), videoProblem: problem });
  }

  async flip() {
    await this.choose(this.#wish.facing === "user" ? "environment" : "user");
  }

  /** A muted microphone goes on sending silence, which shows the server that somebody is here. @param {boolean} muted */
  mute(muted) {
    this.#wish.muted = muted;
    this.#obey();
    this.#options.tell({ muted });
  }

  /** One that is off goes on sending black. @param {boolean} cameraOff */
  turnCamera(cameraOff) {
    this.#wish.cameraOff = cameraOff;
    this.#obey();
    this.#options.tell({ cameraOff });
  }

  /** Camera and microphone off for good; their lights go out. */
  release() {
    this.#asking = null;
    this.#stop("audio");
    this.#stop("video");
    this.#had = { audio: false, video: false };
    this.#options.tell({ state: "closed", audio: "none", video: "none" });
  }

  /** The page looks no more at what this device gives. @param {Kind} kind */
  unwatch(kind) {
    this.#options = { ...this.#options, watch: { ...this.#options.watch, [kind]: () => NOTHING } };
    this.#unwatchPage[kind]();
    this.#unwatchPage[kind] = NOTHING;
  }

  /** Begins an asking. @returns {() => boolean} whether another one, or a release, has come since */
  #ask() {
    const asking = (this.#asking = {});
    return () => this.#asking !== asking;
  }

  /** What was there before and is not now is lost, not missing. @param {Kind} kind @returns {TrackState} */
  #stateOf(kind) {
    if (!this.#had[kind]) return "none";
    return this.#tracks[kind] ? this.#states[kind] : "lost";
  }

  /** @param {Kind} kind @param {MediaStreamTrack | null} track */
  #hold(kind, track) {
    this.#tracks[kind] = track;
    this.#had[kind] ||= track !== null;
    this.#captures[kind] = null;
    this.#states[kind] = track ? "live" : "lost";
    if (kind === "video") this.#stream = track ? new MediaStream([track]) : null;
    if (track) {
      this.#unwatchLife[kind] = watchTrack(track, (state) => this.#became(kind, state));
      this.#unwatchPage[kind] = this.#options.watch[kind](track);
    }
    this.#obey();
    this.#options.ontrack(kind, track);
  }

  /** @param {Kind} kind @param {"live" | "lost"} state */
  #became(kind, state) {
    this.#states[kind] = state;
    this.#options.tell({ [kind]: state });
  }

  #obey() {
    if (this.#tracks.audio) this.#tracks.audio.enabled = !this.#wish.muted;
    if (this.#tracks.video) this.#tracks.video.enabled = !this.#wish.cameraOff;
  }

  /** @param {Kind} kind */
  #stop(kind) {
    for (const watchers of [this.#unwatchLife, this.#unwatchPage]) {
      watchers[kind]();
      watchers[kind] = NOTHING;
    }
    this.#tracks[kind]?.stop();
    this.#tracks[kind] = null;
    if (kind === "video") this.#stream = null;
  }
}
