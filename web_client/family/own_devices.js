/**
 * The guardian's camera and microphone while the page lives: opened on a tap, watched, silenced, turned round, brought back after a
 * phone call. It tells what it sees as `devices` events and hands every new track to `ontrack`.
 */

import { captured } from "../shared/capture.js";
import { browserSupport, cameraCount, openCamera, openDevices, openMicrophone, watchLevel, watchPicture, watchTrack } from "../shared/devices.js";

/** @typedef {import("../shared/devices.js").Facing} Facing */
/** @typedef {import("./state.js").Devices} Devices */
/** @typedef {"audio" | "video"} Kind */

const KINDS = /** @type {const} */ (["audio", "video"]);

export class OwnDevices {
  /** @type {Record<Kind, MediaStreamTrack | null>} */ #tracks = { audio: null, video: null };
  /** @type {Record<Kind, boolean>} */ #had = { audio: false, video: false };
  #metering = true;
  #meter = () => {};
  #opening = false;
  /** @type {Record<Kind, import("../shared/capture.js").Capture | null>} */ #captures = { audio: null, video: null };
  /** @type {Record<Kind, "live" | "lost">} */ #states = { audio: "live", video: "live" };
  /** @type {Record<Kind, (() => void)[]>} */ #watchers = { audio: [], video: [] };
  /** @type {MediaStream | null} */ #stream = null;
  /** @type {{facing: Facing, muted: boolean, cameraOff: boolean}} */ #wish = { facing: "user", muted: false, cameraOff: false };
  /** @type {(changed: Partial<Devices>) => void} */ #tell;
  /** @type {(kind: Kind, track: MediaStreamTrack | null) => void} */ #ontrack;

  /**
   * @param {(changed: Partial<Devices>) => void} tell
   * @param {(kind: Kind, track: MediaStreamTrack | null) => void} ontrack
   */
  constructor(tell, ontrack) {
    this.#tell = tell;
    this.#ontrack = ontrack;
  }

  get tracks() {
    return { ...this.#tracks };
  }

  /** One's own picture for the page; the same object while the camera is the same. */
  get stream() {
    return this.#stream;
  }

  get support() {
    return browserSupport();
  }

  /** Ask for both; also the way back after they were lost. @returns {Promise<boolean>} whether at least one opened */
  async open() {
    this.#tell({ state: "opening" });
    this.#stop("audio");
    this.#stop("video");
    const { audio, video, audioProblem, videoProblem } = await openDevices(this.#wish.facing);
    this.#hold("audio", audio);
    this.#hold("video", video);
    this.#tell({
      state: "open",
      audio: this.#stateAfter("audio", audio),
      video: this.#stateAfter("video", video),
      audioProblem,
      videoProblem,
      cameras: await cameraCount(),
    });
    return audio !== null || video !== null;
  }

  /** Asks anew for what was lost and leaves the other alone. @returns {Promise<void>} */
  async recover() {
    const lost = KINDS.filter((kind) => this.#had[kind] && (!this.#tracks[kind] || this.#states[kind] === "lost"));
    if (this.#opening || lost.length === 0) return;
    this.#opening = true;
    this.#tell({ state: "opening" });
    for (const kind of lost) {
      this.#stop(kind);
      const { track, problem } = kind === "video" ? await openCamera(this.#wish.facing) : await openMicrophone();
      this.#hold(kind, track);
      this.#tell(kind === "video" ? { video: this.#stateAfter(kind, track), videoProblem: problem } : { audio: this.#stateAfter(kind, track), audioProblem: problem });
    }
    this.#opening = false;
    this.#tell({ state: "open" });
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

  /** @param {Facing} facing */
  async choose(facing) {
    if (facing === this.#wish.facing && this.#tracks.video?.readyState === "live") return;
    this.#wish.facing = facing;
    this.#stop("video");
    const { track, problem } = await openCamera(facing);
    this.#hold("video", track);
    this.#tell({ facing, video: track ? "live" : "lost", videoProblem: problem });
  }

  async flip() {
    await this.choose(this.#wish.facing === "user" ? "environment" : "user");
  }

  /** A muted microphone goes on sending silence, which shows the server that somebody is here. @param {boolean} muted */
  mute(muted) {
    this.#wish.muted = muted;
    this.#obey();
    this.#tell({ muted });
  }

  /** @param {boolean} cameraOff */
  turnCamera(cameraOff) {
    this.#wish.cameraOff = cameraOff;
    this.#obey();
    this.#tell({ cameraOff });
  }

  /** Camera and microphone off for good; their lights go out. */
  release() {
    this.#stop("audio");
    this.#stop("video");
    this.#had = { audio: false, video: false };
    this.#tell({ state: "closed", audio: "none", video: "none", level: 0, picture: "unknown" });
  }

  /** The level meter belongs to the device check and stops with it. */
  stopMeter() {
    this.#metering = false;
    this.#meter();
    this.#meter = () => {};
  }

  /** What was there before and is not now is lost, not missing. @param {Kind} kind @param {MediaStreamTrack | null} track */
  #stateAfter(kind, track) {
    this.#had[kind] ||= track !== null;
    return track ? "live" : this.#had[kind] ? "lost" : "none";
  }

  /** @param {Kind} kind @param {MediaStreamTrack | null} track */
  #hold(kind, track) {
    this.#tracks[kind] = track;
    this.#captures[kind] = null;
    this.#states[kind] = track ? "live" : "lost";
    if (kind === "video") this.#stream = track ? new MediaStream([track]) : null;
    if (track) {
      const watching = watchTrack(track, (state) => this.#became(kind, state));
      this.#watchers[kind] = [watching];
      if (kind === "video") this.#watchers.video.push(watchPicture(track, (picture) => this.#tell({ picture })));
      else if (this.#metering) this.#meter = watchLevel(track, (level) => this.#tell({ level }));
    }
    this.#obey();
    this.#ontrack(kind, track);
  }

  /** @param {Kind} kind @param {"live" | "lost"} state */
  #became(kind, state) {
    this.#states[kind] = state;
    this.#tell({ [kind]: state });
  }

  #obey() {
    if (this.#tracks.audio) this.#tracks.audio.enabled = !this.#wish.muted;
    if (this.#tracks.video) this.#tracks.video.enabled = !this.#wish.cameraOff;
  }

  /** @param {Kind} kind */
  #stop(kind) {
    for (const stop of this.#watchers[kind].splice(0)) stop();
    if (kind === "audio") this.#meter();
    this.#tracks[kind]?.stop();
    this.#tracks[kind] = null;
    if (kind === "video") this.#stream = null;
  }
}
