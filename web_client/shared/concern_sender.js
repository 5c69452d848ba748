/**
 * Sends complaints or incidents and the words that follow, in their order, until the server has them. What is on its way is kept on
 * the device: a page without a network, or one that is closed, loses none. Sent twice, it is one.
 *
 * @typedef {import("./concerns.js").Sending} Sending
 * @typedef {import("./concerns.js").ConcernEvent} ConcernEvent
 * @typedef {import("./api.js").Concern} Concern
 *
 * @typedef {Object} Desk where they go
 * @property {() => Promise<readonly Concern[]>} list
 * @property {(sending: Sending) => Promise<Concern>} file
 * @property {(concern: string, sending: Sending) => Promise<Concern>} tell
 */

import { ApiProblem } from "./api.js";

export const AGAIN_MS = 3_000;

export class ConcernSender {
  #options;
  /** @type {Sending[]} */ #queue = [];
  #busy = false;
  #closed = false;

  /**
   * @param {{desk: Desk, key: string, storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined, tell: (event: ConcernEvent) => void, newId?: () => string,
   *          later?: (work: () => void, ms: number) => unknown}} options  `key`: under which the device keeps what is on its way
   */
  constructor({ newId = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2), later = (work, ms) => setTimeout(work, ms), ...options }) {
    this.#options = { ...options, newId, later };
  }

  /** What an earlier page could not send goes first; then what the server has is read. */
  async open() {
    for (const sending of this.#kept()) this.#enqueue(sending);
    await this.#send();
    await this.look();
  }

  /** Nothing more is sent from here: whoever said it has signed out. */
  close() {
    this.#closed = true;
  }

  async look() {
    const list = await this.#options.desk.list().catch(() => null);
    if (list) this.#options.tell({ type: "listed", list });
  }

  /** @param {string} [category] */
  file(category = "none") {
    return this.#say({ concern: null, fact: "filed", category, text: "" });
  }

  /** @param {string} concern @param {string} text */
  add(concern, text) {
    return this.#say({ concern, fact: "added", category: "none", text });
  }

  /** @param {string} concern */
  withdraw(concern) {
    return this.#say({ concern, fact: "withdrawn", category: "none", text: "" });
  }

  /** @param {Omit<Sending, "clientId">} saying */
  #say(saying) {
    this.#enqueue({ clientId: this.#options.newId(), ...saying });
    return this.#send();
  }

  /** @param {Sending} sending */
  #enqueue(sending) {
    this.#queue.push(sending);
    this.#keep();
    this.#options.tell({ type: "queued", sending });
  }

  async #send() {
    if (this.#busy) return;
    this.#busy = true;
    while (!this.#closed && this.#queue.length > 0 && (await this.#sendFirst(this.#queue[0])));
    this.#busy = false;
  }

  /** Whether to go on with the next one. @param {Sending} sending */
  async #sendFirst(sending) {
    const { desk, tell, later } = this.#options;
    try {
      const concern = await (sending.concern === null ? desk.file(sending) : desk.tell(sending.concern, sending));
      this.#done();
      tell({ type: "sent", clientId: sending.clientId, concern });
      return true;
    } catch (error) {
      const problem = error instanceof ApiProblem ? error : null;
      if (problem && problem.status >= 400 && problem.status < 500 && problem.status !== 401) {
        this.#done();
        tell({ type: "refused", clientId: sending.clientId, code: problem.code });
        return true;
      }
      tell({ type: "away" });
      later(() => void this.#send(), AGAIN_MS);
      return false;
    }
  }

  #done() {
    this.#queue.shift();
    this.#keep();
  }

  #keep() {
    const { storage, key } = this.#options;
    try {
      if (this.#queue.length > 0) storage?.setItem(key, JSON.stringify(this.#queue));
      else storage?.removeItem(key);
    } catch {
      // a device without room: it is sent all the same
    }
  }

  /** @returns {Sending[]} */
  #kept() {
    try {
      const kept = JSON.parse(this.#options.storage?.getItem(this.#options.key) ?? "[]");
      return Array.isArray(kept) ? kept.filter((one) => typeof one?.clientId === "string" && typeof one.text === "string") : [];
    } catch {
      return [];
    }
  }
}
