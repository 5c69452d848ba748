/**
 * The live side of one open visit: its connection, its media, its own camera and microphone. It dispatches what happens and
 * does what it is told; what that means is the state's business. Closing it lets go of everything.
 *
 * @typedef {import("./state.js").Event} Event
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("../shared/messages.js").ServerMessage} ServerMessage
 * @typedef {import("../shared/messages.js").Intent} Intent
 */

import { captured } from "../shared/capture.js";
import { Connection } from "../shared/connection.js";
import { browserSupport, openDevices, watchLevel, watchTrack } from "../shared/devices.js";
import { intents } from "../shared/messages.js";
import { Reporter } from "../shared/reporter.js";
import { SILENCE, hear } from "./speaking.js";

export class Room {
  #options;
  #connection;
  /** @type {MediaStreamTrack | null} */ #audio = null;
  /** @type {MediaStreamTrack | null} */ #video = null;
  /** @type {(() => void)[]} */ #release = [];
  /** @type {import("../shared/messages.js").Welcome | null} the newest */ #welcome = null;
  #devicesAsked = false;
  #started = false;
  #closed = false;
  #heard = SILENCE;
  #lost = { audio: false, video: false };
  /** @type {Record<"audio" | "video", import("../shared/capture.js").Capture | null>} */ #captures = { audio: null, video: null };
  #muted = false;
  #cameraOff = false;
  #reporter = new Reporter((/** @type {Intent} */ report) => this.#connection.send(report));

  /**
   * @param {string} visit
   * @param {{api: import("../shared/api.js").Api, language: () => "zh" | "en", now: () => number, dispatch: (event: Event) => void,
   *          onlevel: (level: number) => void, onstreams: (streams: {own?: MediaStream | null, remote?: MediaStream | null})
   * => void}} options
   */
  constructor(visit, options) {
    this.#options = options;
    const { api, language, dispatch } = options;
    this.#connection = new Connection({
      fetchToken: async () => (await api.socketToken(visit)).token,
      language,
      onmessage: (message) => this.#heardMessage(message),
      onlink: (link, problem) => {
        dispatch({ type: "link", link, problem });
        if (link === "refused" || link === "superseded") this.#endMedia();
      },
      onmedia: (state) => this.#mediaChanged(state),
      onremotes: (remotes) => options.onstreams({ remote: remotes.get("guardian") ?? null }),
      onofferrefused: () => dispatch({ type: "media", media: "unavailable" }),
      onwake: () => this.#woke(),
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
    this.#options.dispatch({ type: "devices", devices: { opened: false } });
    this.#releaseDevices();
    const opened = await openDevices("user");
    if (this.#closed) return [opened.audio, opened.video].forEach((track) => track?.stop());
    this.#audio = opened.audio;
    this.#video = opened.video;
    this.#lost = { audio: false, video: false };
    this.#captures = { audio: null, video: null };
    this.#watch();
    this.#applySwitches();
    this.#options.onstreams({ own: opened.video ? new MediaStream([opened.video]) : null });
    this.#options.dispatch({
      type: "devices",
      devices: { opened: true, microphone: opened.audioProblem, camera: opened.videoProblem },
    });
    this.#devicesAsked = true;
    if (this.#started) {
      await this.#connection.replaceTrack("audio", this.#audio);
      await this.#connection.replaceTrack("video", this.#video);
    } else {
      this.#started = true;
      void this.#connection.begin({ audio: this.#audio, video: this.#video });
    }
    this.#report();
  }

  toggleMute() {
    this.#muted = !this.#muted;
    this.#heard = SILENCE;
    this.#applySwitches();
    this.#options.dispatch({ type: "devices", devices: { muted: this.#muted, speakingMuted: false } });
    this.#report();
  }

  toggleCamera() {
    this.#cameraOff = !this.#cameraOff;
    this.#applySwitches();
    this.#options.dispatch({ type: "devices", devices: { cameraOff: this.#cameraOff } });
    this.#report();
  }

  /** @param {Intent} intent */
  send(intent) {
    return this.#connection.send(intent);
  }

  /** A device that stopped giving was taken away, whatever its track says. @param {import("../shared/call.js").CallStats} stats */
  judge({ captured: amounts }) {
    for (const [kind, track, off] of /** @type {const} */ ([
      ["audio", this.#audio, this.#muted],
      ["video", this.#video, this.#cameraOff],
    ])) {
      const due = track?.readyState === "live" && !off && document.visibilityState === "visible";
      const before = this.#captures[kind];
      const now = (this.#captures[kind] = captured(before, amounts[kind], due, this.#options.now()));
      if (now && now.stopped !== (before?.stopped ?? false)) this.#trackChanged(kind, now.stopped);
    }
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
        return this.#welcomed(message);
      case "session":
        return this.#sessionChanged(message.session);
    }
  }

  /** @param {import("../shared/messages.js").Welcome} welcome */
  #welcomed(welcome) {
    this.#welcome = welcome;
    this.#reporter.forget();
    this.#report();
    this.#sessionChanged(welcome.session);
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

  #watch() {
    for (const [kind, track] of /** @type {const} */ ([
      ["audio", this.#audio],
      ["video", this.#video],
    ])) {
      if (!track) continue;
      this.#release.push(() => track.stop());
      this.#release.push(watchTrack(track, (state) => this.#trackChanged(kind, state === "lost")));
    }
    if (!this.#audio) return;
    // A muted track carries silence, so loudness is measured on a copy that is never muted.
    const ear = this.#audio.clone();
    const stop = watchLevel(ear, (level) => this.#loudness(level));
    this.#release.push(stop, () => ear.stop());
  }

  /** @param {"audio" | "video"} kind @param {boolean} lost */
  #trackChanged(kind, lost) {
    this.#lost = { ...this.#lost, [kind]: lost };
    const problem = lost ? "interrupted" : null;
    this.#options.dispatch({ type: "devices", devices: kind === "audio" ? { microphone: problem } : { camera: problem } });
    this.#report();
  }

  /** @param {number} level */
  #loudness(level) {
    this.#options.onlevel(level);
    if (!this.#muted) return;
    const before = this.#heard.speaking;
    this.#heard = hear(this.#heard, level, this.#options.now());
    if (this.#heard.speaking !== before)
      this.#options.dispatch({ type: "devices", devices: { speakingMuted: this.#heard.speaking } });
  }

  /** Somebody looks at the page again: what was taken away meanwhile is asked for. */
  #woke() {
    this.#report();
    if (this.#devicesAsked && (this.#lost.audio || this.#lost.video)) void this.openDevices();
  }

  /** Off means a silent or black track that goes on being sent: presence is media, not intention. */
  #applySwitches() {
    if (this.#audio) this.#audio.enabled = !this.#muted;
    if (this.#video) this.#video.enabled = !this.#cameraOff;
  }

  /** Tell the server how the devices are, once for each change. */
  #report = () => {
    if (!this.#devicesAsked || !this.#welcome) return;
    const report = intents.deviceReport({
      microphone: deviceWord(this.#audio, this.#lost.audio, this.#muted, "muted"),
      camera: deviceWord(this.#video, this.#lost.video, this.#cameraOff, "off"),
      visible: document.visibilityState === "visible",
      picture: "unknown",
    });
    if (this.#connection.link === "online") this.#reporter.say(report);
  };

  #releaseDevices() {
    for (const release of this.#release.splice(0)) release();
    this.#audio = null;
    this.#video = null;
  }

  #endMedia() {
    this.#connection.endMedia();
    this.#releaseDevices();
    this.#options.onstreams({ own: null, remote: null });
  }
}

/**
 * @param {MediaStreamTrack | null} track @param {boolean} lost @param {boolean} off @param {"muted" | "off"} word
 * @returns {import("../shared/messages.js").Device}
 */
function deviceWord(track, lost, off, word) {
  if (!track) return "none";
  if (lost) return "lost";
  return off ? word : "live";
}
