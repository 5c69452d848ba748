/**
 * Being in the visit: messages become events of the state, device reports and the guardian's requests go out, and the page learns when
 * it is over. Nothing here draws.
 */

import { Connection } from "../shared/connection.js";
import { Reporter } from "../shared/reporter.js";
import { deviceReport } from "./state.js";

/** @typedef {import("../shared/messages.js").ServerMessage} ServerMessage */
/** @typedef {import("../shared/messages.js").Ack} Ack */
/** @typedef {import("../shared/messages.js").Intent} WireIntent */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Event} StateEvent */
/**
 * @typedef {{fetchToken: () => Promise<string>, state: () => State, dispatch: (event: StateEvent) => void, now: () => number,
 *            tracks: () => {audio: MediaStreamTrack | null, video: MediaStreamTrack | null}, onremotes: (remotes: ReadonlyMap<string, MediaStream>) => void,
 *            onover: () => void, onrefused: (code: string, text: string) => void, onwake: () => void, onmoved: () => void}} RoomOptions
 */

export class VisitRoom {
  /** @type {RoomOptions} */ #options;
  /** @type {Connection} */ #connection;
  #reporter = new Reporter((/** @type {WireIntent} */ report) => this.#connection.send(report));
  #open = true;

  /** @param {RoomOptions} options */
  constructor(options) {
    this.#options = options;
    this.#connection = new Connection({
      fetchToken: options.fetchToken,
      language: () => options.state().language,
      onmessage: (message) => this.#heard(message),
      onlink: (link, problem) => this.#linked(link, problem),
      onmedia: (call) => options.dispatch({ type: "call", call }),
      onremotes: options.onremotes,
      onofferrefused: (code) => this.#offerRefused(code),
      onwake: options.onwake,
    });
  }

  enter() {
    void this.#connection.begin(this.#options.tracks());
    this.#connection.start();
  }

  /** @param {WireIntent} intent @returns {Promise<Ack>} */
  send(intent) {
    return this.#connection.send(intent);
  }

  /** Try at once: the reader asked. */
  reconnect() {
    this.#connection.reconnect();
  }

  /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  replaceTrack(kind, track) {
    void this.#connection.replaceTrack(kind, track);
  }

  /** Tell the server about the devices when something about them changed. */
  report() {
    if (this.#connection.link !== "online") return;
    this.#reporter.say(deviceReport(this.#options.state(), document.visibilityState === "visible"));
  }

  /** Give the seat up; the visit goes on. */
  async leave() {
    this.#open = false;
    await this.#connection.leave();
  }

  close() {
    this.#open = false;
    this.#connection.close();
  }

  stats() {
    return this.#connection.stats();
  }

  /** @param {ServerMessage} message */
  #heard(message) {
    if (!this.#open) return;
    this.#options.dispatch({ type: "message", message, nowMs: this.#options.now() });
    if (message.type === "moved") this.#options.onmoved();
    if (message.type !== "superseded" && this.#options.state().session?.state !== "ended") return;
    this.close();
    this.#options.onover();
  }

  /** Most refusals pass, and the call tries again by itself; a browser without a common picture format never will. @param {string} code */
  #offerRefused(code) {
    if (code !== "no_common_codec" || !this.#open) return;
    this.close();
    this.#options.onrefused(code, "");
  }

  /** @param {import("../shared/signal_state.js").Link} link @param {{code: string, text: string} | null} problem */
  #linked(link, problem) {
    if (!this.#open) return;
    this.#options.dispatch({ type: "connection", connection: link });
    if (link === "online") {
      this.#reporter.forget();
      this.report();
    } else if (link === "refused") {
      this.close();
      this.#options.onrefused(problem?.code ?? "unknown", problem?.text ?? "");
    }
  }
}
