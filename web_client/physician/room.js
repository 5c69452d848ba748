/**
 * The live side of one open visit: its connection, its media, its own camera and microphone. It dispatches what happens and
 * does what it is told; what that means is the state's business. Closing it lets go of everything.
 *
 * @typedef {import("./state.js").Event} Event
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("../shared/messages.js").ServerMessage} ServerMessage
 * @typedef {import("../shared/messages.js").Intent} Intent
 */

import { createCall } from "../shared/call.js";
import { browserSupport, openDevices, watchLevel, watchTrack } from "../shared/devices.js";
import { intents } from "../shared/messages.js";
import { Signal } from "../shared/signal.js";
import { openSocket } from "../shared/socket.js";
import { SILENCE, hear } from "./speaking.js";

export class Room {
  #options;
  #signal;
  #call;
  /** @type {MediaStreamTrack | null} */ #audio = null;
  /** @type {MediaStreamTrack | null} */ #video = null;
  /** @type {(() => void)[]} */ #release = [];
  /** @type {import("../shared/messages.js").Welcome | null} the newest */ #welcome = null;
  #devicesAsked = false;
  #started = false;
  #closed = false;
  #heard = SILENCE;
  #lost = { audio: false, video: false };
  #muted = false;
  #cameraOff = false;
  #reported = "";

  /**
   * @param {string} visit
   * @param {{api: import("../shared/api.js").Api, language: () => "zh" | "en", now: () => number, dispatch: (event: Event) => void,
   *          onlevel: (level: number) => void, onstreams: (streams: {own?: MediaStream | null, remote?: MediaStream | null})
   * => void}} options
   */
  constructor(visit, options) {
    this.#options = options;
    const { api, language, dispatch } = options;
    this.#signal = new Signal({
      fetchToken: async () => (await api.socketToken(visit)).token,
      openSocket,
      language,
      onmessage: (message) => this.#heardMessage(message),
      onlink: (link, problem) => {
        dispatch({ type: "link", link, problem });
        if (link === "online") void this.#call.offerAgain();
        if (link === "refused" || link === "superseded") this.#endMedia();
      },
    });
    this.#call = createCall({
      iceServers: [],
      receivePairs: 1,
      sendOffer: (offer) => this.#sendOffer(offer),
      onchange: (state) => this.#mediaChanged(state),
      onremotes: (remotes) => options.onstreams({ remote: remotes.get("guardian") ?? null }),
      onoffererror: () => dispatch({ type: "media", media: "unavailable" }),
    });
  }

  start() {
    this.#signal.start();
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
    this.#watch();
    this.#applySwitches();
    this.#options.onstreams({ own: opened.video ? new MediaStream([opened.video]) : null });
    this.#options.dispatch({
      type: "devices",
      devices: { opened: true, microphone: opened.audioProblem, camera: opened.videoProblem },
    });
    this.#devicesAsked = true;
    if (this.#started) {
      await this.#call.replaceTrack("audio", this.#audio);
      await this.#call.replaceTrack("video", this.#video);
    } else await this.#begin();
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
    return this.#signal.send(intent);
  }

  /** What tests and support may look at; no addresses. */
  stats() {
    return this.#call.stats();
  }

  /** The network came back, says the browser. */
  reconnect() {
    this.#signal.reconnect();
  }

  /** Gives the seat up and lets go of everything. */
  async leave() {
    if (this.#signal.link === "online")
      await Promise.race([this.#signal.send(intents.leave()), new Promise((done) => setTimeout(done, 500))]);
    this.close();
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    document.removeEventListener("visibilitychange", this.#report);
    this.#signal.close();
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
      case "answer":
        return void this.#call.applyAnswer(message).catch(() => this.#call.renew());
      case "media_restart":
        return void this.#call.renew();
    }
  }

  /** @param {import("../shared/messages.js").Welcome} welcome */
  #welcomed(welcome) {
    const again = this.#welcome !== null;
    this.#welcome = welcome;
    this.#reported = "";
    this.#report();
    this.#sessionChanged(welcome.session);
    this.#call.configure({ iceServers: welcome.ice_servers, icePolicy: welcome.ice_policy, receivePairs: welcome.receive_pairs });
    if (this.#started && again) void this.#call.renew();
    else void this.#begin();
  }

  /** Media begins once both are there: the server's welcome and the browser's answer about devices. */
  async #begin() {
    const ended = this.#welcome?.session.state === "ended";
    if (!this.#welcome || !this.#devicesAsked || this.#started || ended || this.#closed) return;
    this.#started = true;
    await this.#call.start({ audio: this.#audio, video: this.#video });
  }

  /** @param {import("../shared/messages.js").SessionView} session */
  #sessionChanged({ state, outcome, referral }) {
    if (state !== "ended") return;
    this.#endMedia();
    // A guardian who withdrew may still be referred; everything else is over.
    if (outcome !== "consent_withdrawn" || referral) this.#signal.close();
  }

  /** @param {import("../shared/call.js").Offer} offer */
  async #sendOffer({ peer, revision, sdp }) {
    const ack = await this.#signal.send(intents.offer(peer, revision, sdp));
    // Without an answer the offer goes out again when the connection is back; a refusal is told.
    if (!ack.ok && !["offline", "no_answer", "stale_offer"].includes(ack.code)) throw new Error(ack.code);
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
    const known = JSON.stringify(report);
    if (known === this.#reported || this.#signal.link !== "online") return;
    this.#reported = known;
    void this.#signal.send(report);
  };

  #releaseDevices() {
    for (const release of this.#release.splice(0)) release();
    this.#audio = null;
    this.#video = null;
  }

  #endMedia() {
    this.#call.close();
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
