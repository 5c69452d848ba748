/**
 * Telling the server how something is now, one report after the other: the server works on intents side by side, so of two that are
 * under way the older could win. A report that was not taken in is said again in a while; without a connection its owner says it
 * when there is one.
 *
 * @template T
 */
export class Reporter {
  /** @type {(report: T) => Promise<{ok: boolean, code?: string}>} */ #send;
  /** @type {T | null} */ #wanted = null;
  #told = "";
  #busy = false;

  /** @param {(report: T) => Promise<{ok: boolean, code?: string}>} send */
  constructor(send) {
    this.#send = send;
  }

  /** @param {T} report */
  say(report) {
    this.#wanted = report;
    void this.#tell();
  }

  /** Whatever was told, the server has to hear it anew. */
  forget() {
    this.#told = "";
  }

  /** @returns {Promise<void>} */
  async #tell() {
    const words = JSON.stringify(this.#wanted);
    if (this.#busy || this.#wanted === null || words === this.#told) return;
    this.#busy = true;
    this.#told = words;
    const { ok, code } = await this.#send(this.#wanted);
    this.#busy = false;
    if (ok) return this.#tell();
    if (this.#told === words) this.#told = "";
    if (code !== "offline") setTimeout(() => void this.#tell(), AGAIN_MS);
  }
}

const AGAIN_MS = 2_000;
