/**
 * Being in the visit: the signalling connection and the call, kept in step. Messages become events of the state; offers, device reports
 * and the guardian's requests go out. Nothing here draws.
 */

import { createCall } from "../shared/call.js";
import { Signal } from "../shared/signal.js";
import { openSocket } from "../shared/socket.js";
import { deviceReport } from "./state.js";

/** @typedef {import("../shared/messages.js").ServerMessage} ServerMessage */
/** @typedef {import("../shared/messages.js").Ack} Ack */
/** @typedef {import("../shared/messages.js").Intent} WireIntent */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Event} StateEvent */
/**
 * @typedef {{fetchToken: () => Promise<string>, state: () => State, dispatch: (event: StateEvent) => void, now: () => number,
 *            tracks: () => {audio: MediaStreamTrack | null, video: MediaStreamTrack | null}, onremotes: (remotes: ReadonlyMap<string, MediaStream>) => void,
 *            onover: () => void, onrefused: (code: string, text: string) => void}} RoomOptions
 */

export class VisitRoom {
  /** @type {RoomOptions} */ #options;
  /** @type {Signal} */ #signal;
  /** @type {import("../shared/call.js").Call | null} */ #call = null;
  #epoch = 0;
  #reported = "";
  #open = true;

  /** @param {RoomOptions} options */
  constructor(options) {
    this.#options = options;
    this.#signal = new Signal({
      fetchToken: options.fetchToken,
      openSocket,
      language: () => options.state().language,
      onmessage: (message) => this.#heard(message),
      onlink: (link, problem) => this.#linked(link, problem),
    });
  }

  enter() {
    this.#signal.start();
  }

  /** @param {WireIntent} intent @returns {Promise<Ack>} */
  send(intent) {
    return this.#signal.send(intent);
  }

  /** Try at once: the network changed, or the reader asked. */
  reconnect() {
    this.#signal.reconnect();
  }

  /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  replaceTrack(kind, track) {
    void this.#call?.replaceTrack(kind, track);
  }

  /** Tell the server about the devices when something about them changed. */
  report() {
    if (this.#signal.link !== "online") return;
    const report = deviceReport(this.#options.state(), document.visibilityState === "visible");
    const words = JSON.stringify(report);
    if (words === this.#reported) return;
    this.#reported = words;
    void this.#signal.send(report);
  }

  /** Give the seat up; the visit goes on. */
  async leave() {
    const answered = this.#signal.send({ type: "leave" });
    this.#closeCall();
    await answered;
    this.close();
  }

  close() {
    this.#open = false;
    this.#closeCall();
    this.#signal.close();
  }

  stats() {
    return this.#call?.stats() ?? null;
  }

  /** @param {ServerMessage} message */
  #heard(message) {
    if (!this.#open) return;
    this.#options.dispatch({ type: "message", message, nowMs: this.#options.now() });
    switch (message.type) {
      case "welcome":
        this.#welcomed(message);
        break;
      case "answer":
        this.#call?.applyAnswer(message).catch(() => this.#call?.renew());
        return;
      case "media_restart":
        void this.#call?.renew();
        return;
      case "superseded":
        this.close();
        this.#options.onover();
        return;
    }
    if (this.#options.state().session?.state === "ended") {
      this.close();
      this.#options.onover();
    }
  }

  /** @param {import("../shared/messages.js").Welcome} welcome */
  #welcomed({ epoch, ice_servers: iceServers, ice_policy: icePolicy, receive_pairs: receivePairs }) {
    const another = epoch !== this.#epoch;
    this.#epoch = epoch;
    if (!this.#call) {
      this.#call = createCall({
        iceServers,
        icePolicy,
        receivePairs,
        sendOffer: (offer) => this.#sendOffer(offer),
        onchange: (call) => this.#options.dispatch({ type: "call", call }),
        onremotes: this.#options.onremotes,
        onoffererror: (error) => this.#offerFailed(error),
      });
      void this.#call.start(this.#options.tracks());
    } else if (another) {
      this.#call.configure({ iceServers, icePolicy, receivePairs });
      void this.#call.renew();
    }
  }

  /** @param {import("../shared/call.js").Offer} offer */
  async #sendOffer(offer) {
    const answer = await this.#signal.send({ type: "offer", ...offer });
    if (!answer.ok) throw Object.assign(new Error(answer.code), { code: answer.code });
  }

  /** Most refusals pass, and the call tries again by itself; a browser without a common picture format never will. @param {any} error */
  #offerFailed(error) {
    if (error?.code !== "no_common_codec") return;
    this.close();
    this.#options.onrefused("no_common_codec", "");
  }

  /** @param {import("../shared/signal_state.js").Link} link @param {{code: string, text: string} | null} problem */
  #linked(link, problem) {
    if (!this.#open) return;
    this.#options.dispatch({ type: "connection", connection: link });
    if (link === "online") {
      this.#reported = "";
      this.report();
      void this.#call?.offerAgain();
    } else if (link === "refused") {
      this.close();
      this.#options.onrefused(problem?.code ?? "unknown", problem?.text ?? "");
    }
  }

  #closeCall() {
    this.#call?.close();
    this.#call = null;
    this.#options.onremotes(new Map());
  }
}
