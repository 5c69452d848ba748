/**
 * The connection to a visit (signaling/PROTOCOL.md): it opens a socket with a fresh token, comes back by itself when the network does,
 * resumes where it was, and passes on each message once and in order. Intents are answered by a promise that never rejects. The socket,
 * the timer and chance are given, so that everything here runs in a test.
 *
 * @typedef {import("./messages.js").ServerMessage} ServerMessage
 * @typedef {import("./messages.js").Intent} Intent
 * @typedef {import("./messages.js").Ack} Ack
 * @typedef {import("./messages.js").Hello} Hello
 * @typedef {import("./signal_state.js").Link} Link
 *
 * @typedef {object} SocketLike what this needs of a Socket.IO client socket
 * @property {(event: string, listener: (...args: any[]) => void) => unknown} on
 * @property {(event: string, message: unknown, answered: (answer: unknown) => void) => unknown} emit
 * @property {() => unknown} disconnect
 *
 * @typedef {object} SignalOptions
 * @property {() => Promise<string>} fetchToken a socket token, asked for again while no answer comes; a rejection whose `code` says that it
 *   cannot pass (not `network`) is final
 * @property {(hello: Hello) => SocketLike} openSocket begins to connect and does not reconnect by itself
 * @property {() => "zh" | "en"} language
 * @property {(message: ServerMessage) => void} onmessage each message once, in order
 * @property {(link: Link, problem: {code: string, text: string} | null) => void} onlink
 * @property {string} [instance] of this stay in the visit, the same for each socket
 * @property {number} [answerWithinMs]
 * @property {number} [connectWithinMs]
 * @property {() => boolean} [eager] whether somebody waits for it: then it tries about every second
 * @property {() => number} [now]
 * @property {(run: () => void, ms: number) => unknown} [setTimer]
 * @property {(timer: any) => void} [clearTimer]
 * @property {() => number} [chance]
 */

import { hedged } from "./hedge.js";
import { Malformed, decodeAck, decodeMessage } from "./messages.js";
import { INITIAL, attempting, hello, isOver, lost, mayPass, online, received, waitMs } from "./signal_state.js";

const MOST_QUEUED = 50;

export class Signal {
  /** @type {import("./signal_state.js").SignalState} */ #state = INITIAL;
  /** @type {SocketLike | null} */ #socket = null;
  /** @type {{intent: Intent, done: (ack: Ack) => void}[]} chat that was not answered yet */ #queue = [];
  /** @type {Set<(ack: Ack) => void>} answers that the present socket owes */ #owed = new Set();
  /** @type {unknown} */ #timer = null;
  /** @type {Link | null} what was last told */ #told = null;
  #attempt = 0;
  #heardAtMs = 0;
  /** @type {Required<SignalOptions>} */ #options;

  /** @param {SignalOptions} options */
  constructor(options) {
    this.#options = {
      instance: newInstance(),
      answerWithinMs: 10_000,
      connectWithinMs: 6_000,
      eager: () => false,
      now: () => performance.now(),
      setTimer: (run, ms) => setTimeout(run, ms),
      clearTimer: (timer) => clearTimeout(timer),
      chance: Math.random,
      ...options,
    };
  }

  get link() {
    return this.#state.link;
  }

  /** How long the server has said nothing; while media runs it says something every second. */
  get quietMs() {
    return this.#options.now() - this.#heardAtMs;
  }

  /** Begins to connect; nothing happens before. */
  start() {
    if (this.#told === null) void this.#connect();
  }

  /** The network changed or came back: drops a socket that may be dead and tries at once. */
  reconnect() {
    if (isOver(this.#state) || this.#told === null) return;
    this.#become({ ...this.#state, notBeforeMs: 0 }, null);
    void this.#connect();
  }

  /** Somebody looks again: what waits between two attempts is tried now, unless the server asked us to stay away. */
  hurry() {
    if (this.#state.link === "offline" && !this.#state.notBeforeMs) this.reconnect();
  }

  /** Ends it for good; the seat is given up only by the intent `leave`. */
  close() {
    this.#become({ ...this.#state, link: "closed" }, null);
    this.#drop();
    for (const { done } of this.#queue.splice(0)) done(local("offline"));
  }

  /**
   * Asks for something. Chat waits for a connection and is repeated until it is answered; anything else is answered `offline` when there is none
   * and `no_answer` when the connection ended or time passed before the answer (it may have been done).
   * @param {Intent} intent @returns {Promise<Ack>}
   */
  send(intent) {
    if (intent.type === "chat") return this.#enqueue(intent);
    if (this.#state.link !== "online") return Promise.resolve(local("offline"));
    return this.#emit(intent);
  }

  // --- chat, which waits ---

  /** @param {Intent} intent @returns {Promise<Ack>} */
  #enqueue(intent) {
    if (isOver(this.#state) || this.#queue.length >= MOST_QUEUED) return Promise.resolve(local("offline"));
    return new Promise((done) => {
      const waiting = { intent, done };
      this.#queue.push(waiting);
      if (this.#state.link === "online") void this.#tryChat(waiting);
    });
  }

  /** @param {{intent: Intent, done: (ack: Ack) => void}} waiting @returns {Promise<void>} */
  async #tryChat(waiting) {
    const ack = await this.#emit(waiting.intent);
    const repeat = !ack.ok && ack.code === "no_answer" && !isOver(this.#state);
    if (repeat && this.#state.link === "online") return this.#tryChat(waiting);
    if (repeat || !this.#queue.includes(waiting)) return;
    this.#queue.splice(this.#queue.indexOf(waiting), 1);
    waiting.done(ack);
  }

  // --- one socket ---

  async #connect() {
    const attempt = ++this.#attempt;
    this.#drop();
    this.#become(attempting(this.#state), null);
    try {
      const { fetchToken, setTimer, clearTimer } = this.#options;
      const wanted = () => attempt === this.#attempt && !isOver(this.#state);
      const token = await hedged(fetchToken, { wanted, mayPass: (error) => mayPass(codeOf(error)), setTimer, clearTimer });
      if (wanted()) this.#open(token, attempt);
    } catch (error) {
      if (attempt === this.#attempt) this.#lost(codeOf(error), textOf(error));
    }
  }

  /** @param {string} token @param {number} attempt */
  #open(token, attempt) {
    const { instance, language, openSocket, connectWithinMs } = this.#options;
    const socket = openSocket(hello(this.#state, token, instance, language()));
    const present = (/** @type {(...args: any[]) => void} */ run) => (/** @type {any[]} */ ...args) => {
      if (this.#attempt === attempt && this.#socket === socket) run(...args);
    };
    this.#socket = socket;
    this.#timer = this.#options.setTimer(
      present(() => this.#lost("network", "")),
      connectWithinMs,
    );
    socket.on(
      "connect",
      present(() => this.#connected()),
    );
    socket.on(
      "message",
      present((raw) => this.#heard(raw)),
    );
    socket.on(
      "connect_error",
      present((error) => this.#lost(codeOf(error?.data), textOf(error?.data))),
    );
    socket.on(
      "disconnect",
      present(() => this.#lost("network", "")),
    );
  }

  #connected() {
    this.#heardAtMs = this.#options.now();
    this.#options.clearTimer(this.#timer);
    // A page that comes anew is online with its welcome, which also tells it everything; one that resumes is online now.
    if (this.#state.epoch !== 0) this.#nowOnline();
  }

  #nowOnline() {
    this.#become(online(this.#state), null);
    for (const waiting of [...this.#queue]) void this.#tryChat(waiting);
  }

  /** @param {unknown} raw */
  #heard(raw) {
    this.#heardAtMs = this.#options.now();
    let message;
    try {
      message = decodeMessage(raw);
    } catch (error) {
      if (error instanceof Malformed) return; // an unknown type, or a newer server: not ours to understand
      throw error;
    }
    const was = this.#state.link;
    const { state, fresh } = received(this.#state, message);
    if (!fresh) return;
    this.#state = state;
    this.#options.onmessage(message);
    if (state.link === "online" && was !== "online") this.#nowOnline();
    else this.#become(this.#state, null);
    if (isOver(this.#state)) this.#drop();
  }

  /** @param {string} code @param {string} words */
  #lost(code, words) {
    this.#drop();
    this.#become(lost(this.#state, code), mayPass(code) ? null : { code, text: words });
    if (isOver(this.#state)) {
      for (const { done } of this.#queue.splice(0)) done(local("offline"));
      return;
    }
    this.#timer = this.#options.setTimer(() => void this.#connect(), waitMs(this.#state, this.#options.chance(), this.#options.eager()));
  }

  /** Leaves the present socket and what it owes. */
  #drop() {
    this.#options.clearTimer(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.disconnect();
    for (const answer of [...this.#owed]) answer(local("no_answer"));
  }

  /** @param {Intent} intent @returns {Promise<Ack>} */
  #emit(intent) {
    return new Promise((done) => {
      /** @param {Ack} ack */
      const answer = (ack) => {
        if (!this.#owed.delete(answer)) return;
        this.#options.clearTimer(timer);
        done(ack);
      };
      const timer = this.#options.setTimer(() => answer(local("no_answer")), this.#options.answerWithinMs);
      this.#owed.add(answer);
      this.#socket?.emit("message", intent, (raw) => {
        this.#heardAtMs = this.#options.now();
        answer(decodeAck(raw));
      });
    });
  }

  /** @param {import("./signal_state.js").SignalState} state @param {{code: string, text: string} | null} problem */
  #become(state, problem) {
    this.#state = state;
    if (this.#told === state.link) return;
    this.#told = state.link;
    this.#options.onlink(state.link, problem);
  }
}

/** An answer that the page gives itself; its words are in the page's own catalogue. @param {"offline" | "no_answer"} code @returns {Ack} */
function local(code) {
  return { ok: false, code, text: "" };
}

/** @param {any} error */
function codeOf(error) {
  return typeof error?.code === "string" ? error.code : "network";
}

/** @param {any} error */
function textOf(error) {
  const words = error?.text ?? error?.detail;
  return typeof words === "string" ? words : "";
}

/** 128 bits of chance, in the alphabet of PROTOCOL.md. */
function newInstance() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
