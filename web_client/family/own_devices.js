/**
 * The guardian's camera and microphone while the page lives: opened on a tap, watched, silenced, turned round, brought back after a
 * phone call. It tells what it sees as `devices` events and hands every new track to `ontrack`.
 */

import { browserSupport, cameraCount, openCamera, openDevices, watchLevel, watchPicture, watchTrack } from "../shared/devices.js";

/** @typedef {import("../shared/devices.js").Facing} Facing */
/** @typedef {import("./state.js").Devices} Devices */
/** @typedef {"audio" | "video"} Kind */

export class OwnDevices {
  /** @type {Record<Kind, MediaStreamTrack | null>} */ #tracks = { audio: null, video: null };
  /** @type {Record<Kind, boolean>} */ #had = { audio: false, video: false };
  #metering = true;
  #meter = () => {};
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
    if (kind === "video") this.#stream = track ? new MediaStream([track]) : null;
    if (track) {
      const watching = watchTrack(track, (state) => this.#tell({ [kind]: state }));
      this.#watchers[kind] = [watching];
      if (kind === "video") this.#watchers.video.push(watchPicture(track, (picture) => this.#tell({ picture })));
      else if (this.#metering) this.#meter = watchLevel(track, (level) => this.#tell({ level }));
    }
    this.#obey();
    this.#ontrack(kind, track);
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
