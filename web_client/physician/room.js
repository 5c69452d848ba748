/**
 * The live side of one open visit: its connection, its media, its own camera and microphone. It dispatches what happens and
 * does what it is told; what that means is the state's business. Closing it lets go of everything.
 *
 * @typedef {import("./state.js").Event} Event
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("../shared/messages.js").ServerMessage} ServerMessage
 * @typedef {import("../shared/messages.js").Intent} Intent
 */

import { Connection } from "../shared/connection.js";
import { browserSupport, watchLevel } from "../shared/devices.js";
import { intents } from "../shared/messages.js";
import { NOT_ASKED, OwnDevices } from "../shared/own_devices.js";
import { Reporter } from "../shared/reporter.js";
import { SILENCE, hear } from "./speaking.js";

export class Room {
  #options;
  #connection;
  /** @type {OwnDevices} */ #own;
  /** @type {import("../shared/own_devices.js").Seen} */ #seen = NOT_ASKED;
  #heard = SILENCE;
  #answered = false;
  #mediaOver = false;
  #closed = false;
  #reporter = new Reporter((/** @type {Intent} */ report) => this.#connection.send(report));

  /**
   * @param {string} visit
   * @param {{api: import("../shared/api.js").Api, language: () => "zh" | "en", now: () => number, dispatch: (event: Event) => void,
   *          onlevel: (level: number) => void, onstreams: (streams: {own?: MediaStream | null, remote?: MediaStream | null, remotes?: ReadonlyMap<string, MediaStream>}) => void,
   *          surroundings?: Partial<import("../shared/connection.js").ConnectionOptions>}} options
   *   `surroundings`: socket, peer connection and clock of a test
   */
  constructor(visit, options) {
    this.#options = options;
    const { api, language, dispatch } = options;
    this.#connection = new Connection({
      fetchToken: async () => (await api.socketToken(visit)).token,
      language,
      onmessage: (message) => this.#heardMessage(message),
      onlink: (link, problem) => this.#linked(link, problem),
      onmedia: (state) => this.#mediaChanged(state),
      onremotes: (remotes) => options.onstreams({ remote: remotes.get("guardian") ?? null, remotes }),
      onofferrefused: () => dispatch({ type: "media", media: "unavailable" }),
      onwake: () => this.#woke(),
      ...options.surroundings,
    });
    this.#own = new OwnDevices({
      tell: (changed) => this.#devicesChanged(changed),
      ontrack: (kind, track) => this.#trackOpened(kind, track),
      watch: { audio: (track) => this.#listen(track), video: () => () => {} },
    });
  }

  start() {
    this.#connection.start();
    document.addEventListener("visibilitychange", this.#report);
    void this.openDevices();
  }

  /** Camera and microphone, for the first time or again after something was mended. */
  async openDevices() {
    const support = browserSupport();
    if (support !== "ok") return this.#options.dispatch({ type: "devices", devices: { support } });
    if (!this.#mediaOver) await this.#own.open();
  }

  toggleMute() {
    this.#heard = SILENCE;
    this.#options.dispatch({ type: "devices", devices: { speakingMuted: false } });
    this.#own.mute(!this.#seen.muted);
  }

  toggleCamera() {
    this.#own.turnCamera(!this.#seen.cameraOff);
  }

  /** @param {Intent} intent */
  send(intent) {
    return this.#connection.send(intent);
  }

  /** Do one's own devices still give? @param {import("../shared/call.js").CallStats} stats */
  judge({ captured }) {
    this.#own.judge(captured, this.#options.now());
  }

  /** What tests and support may look at; no addresses. */
  stats() {
    return this.#connection.stats();
  }

  /** Gives the seat up and lets go of everything. */
  async leave() {
    this.#letGo();
    await this.#connection.leave();
  }

  close() {
    this.#letGo();
    this.#connection.close();
  }

  #letGo() {
    if (this.#closed) return;
    this.#closed = true;
    document.removeEventListener("visibilitychange", this.#report);
    this.#endMedia();
  }

  // --- messages -------------------------------------------------------------------------------------------------------

  /** @param {ServerMessage} message */
  #heardMessage(message) {
    this.#options.dispatch({ type: "message", message, atMs: this.#options.now() });
    switch (message.type) {
      case "welcome":
      case "session":
        return this.#sessionChanged(message.session);
    }
  }

  /** @param {import("../shared/signal_state.js").Link} link @param {{code: string, text: string} | null} problem */
  #linked(link, problem) {
    this.#options.dispatch({ type: "link", link, problem });
    if (link === "refused" || link === "superseded") this.#endMedia();
    if (link !== "online") return;
    this.#reporter.forget(); // a page that resumes hears no welcome
    this.#report();
  }

  /** @param {import("../shared/messages.js").SessionView} session */
  #sessionChanged({ state, outcome, referral }) {
    if (state !== "ended") return;
    this.#endMedia();
    // A guardian who withdrew may still be referred; everything else is over.
    if (outcome !== "consent_withdrawn" || referral) this.#connection.close();
  }

  /** @param {import("../shared/call.js").CallState} state */
  #mediaChanged(state) {
    const media = /** @type {const} */ ({
      idle: "idle",
      connecting: "connecting",
      connected: "up",
      interrupted: "lost",
      failed: "lost",
      closed: "idle",
    })[state];
    this.#options.dispatch({ type: "media", media });
  }

  // --- devices --------------------------------------------------------------------------------------------------------

  /** @param {Partial<import("../shared/own_devices.js").Seen>} changed */
  #devicesChanged(changed) {
    this.#seen = { ...this.#seen, ...changed };
    const { state, audio, video, audioProblem, videoProblem, muted, cameraOff } = this.#seen;
    const microphone = audio === "lost" ? "interrupted" : audioProblem;
    const camera = video === "lost" ? "interrupted" : videoProblem;
    this.#options.dispatch({ type: "devices", devices: { opened: state !== "opening", microphone, camera, muted, cameraOff } });
    if (changed.state === "open") {
      this.#answered = true;
      void this.#connection.begin(this.#own.tracks);
    }
    this.#report();
  }

  /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  #trackOpened(kind, track) {
    if (kind === "video") this.#options.onstreams({ own: this.#own.stream });
    void this.#connection.replaceTrack(kind, track);
  }

  /** A muted track carries silence, so loudness is measured on a copy that is never muted. @param {MediaStreamTrack} track */
  #listen(track) {
    const ear = track.clone();
    ear.enabled = true;
    const stop = watchLevel(ear, (level) => this.#loudness(level));
    return () => {
      stop();
      ear.stop();
    };
  }

  /** @param {number} level */
  #loudness(level) {
    this.#options.onlevel(level);
    if (!this.#seen.muted) return;
    const before = this.#heard.speaking;
    this.#heard = hear(this.#heard, level, this.#options.now());
    if (this.#heard.speaking !== before)
      this.#options.dispatch({ type: "devices", devices: { speakingMuted: this.#heard.speaking } });
  }

  /** Somebody looks at the page again: what was taken away meanwhile is asked for. */
  #woke() {
    this.#report();
    void this.#own.recover();
  }

  /** Tell the server how the devices are, once for each change. */
  #report = () => {
    const { audio, video, muted, cameraOff } = this.#seen;
    if (!this.#answered || this.#mediaOver || this.#connection.link !== "online") return;
    const report = intents.deviceReport({
      microphone: audio === "live" && muted ? "muted" : audio,
      camera: video === "live" && cameraOff ? "off" : video,
      visible: document.visibilityState === "visible",
      picture: "unknown",
    });
    this.#reporter.say(report);
  };

  #endMedia() {
    if (this.#mediaOver) return;
    this.#mediaOver = true;
    this.#connection.endMedia();
    this.#reporter.hush();
    this.#own.release();
    this.#options.onstreams({ own: null, remote: null, remotes: new Map() });
  }
}
