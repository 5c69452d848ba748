/**
 * Telling the server how something is now, one report after the other: the server works on intents side by side, so of two that are
 * under way the older could win. A report that was not taken in is said again in a while; without a connection its owner says it
 * when there is one, and when nobody is there to hear any more it is hushed.
 *
 * @template T
 */
export class Reporter {
  /** @type {(report: T) => Promise<{ok: boolean, code?: string}>} */ #send;
  /** @type {T | null} */ #wanted = null;
  #told = "";
  #busy = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #again;

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

  /** Nothing is said any more, until there is something new to say. */
  hush() {
    this.#wanted = null;
    clearTimeout(this.#again);
  }

  /** @returns {Promise<void>} */
  async #tell() {
    clearTimeout(this.#again);
    const words = JSON.stringify(this.#wanted);
    if (this.#busy || this.#wanted === null || words === this.#told) return;
    this.#busy = true;
    this.#told = words;
    const { ok, code } = await this.#send(this.#wanted);
    this.#busy = false;
    if (ok) return this.#tell();
    if (this.#told === words) this.#told = "";
    if (code !== "offline") this.#again = setTimeout(() => void this.#tell(), AGAIN_MS);
  }
}

const AGAIN_MS = 2_000;
