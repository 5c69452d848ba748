/**
 * Keeps the presence ledger of the open visit: reads it when something changes about who is there, every ten seconds while the
 * visit goes on, and once at its end. Gently: one question at a time, and never two within two seconds.
 *
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("../shared/api.js").Ledger} Ledger
 */

import { ApiProblem } from "../shared/api.js";
import { outcomeOf } from "./words.js";

export const EVERY_MS = 10_000;
export const AT_LEAST_APART_MS = 2_000;

/** What may be otherwise when it is asked again. */
const PASSING = ["network", "unavailable", "unknown"];

export class LedgerReader {
  #options;
  /** @type {{visit: string, about: string, over: boolean} | null} */ #wanted = null;
  /** @type {unknown} */ #timer = null;
  #reading = false;
  #readAtMs = -Infinity;

  /**
   * @param {{read: (visit: string) => Promise<Ledger>, tell: (ledger: Ledger) => void, now: () => number,
   *          later?: (work: () => void, ms: number) => unknown, cancel?: (timer: any) => void}} options
   */
  constructor({ later = setTimeout, cancel = clearTimeout, ...options }) {
    this.#options = {
      ...options,
      later: (/** @type {() => void} */ work, /** @type {number} */ ms) => later(work, ms),
      cancel: (/** @type {unknown} */ timer) => cancel(timer),
    };
  }

  /** The visit as it is now, or none. @param {Visit | null} visit */
  follow(visit) {
    const wanted = wantedOf(visit);
    if (wanted?.about === this.#wanted?.about) return;
    this.#wanted = wanted;
    if (!this.#reading) this.#after(0);
  }

  /** @param {number} ms */
  #after(ms) {
    if (this.#timer !== null) this.#options.cancel(this.#timer);
    this.#timer = null;
    if (!this.#wanted) return;
    const apart = this.#readAtMs + AT_LEAST_APART_MS - this.#options.now();
    this.#timer = this.#options.later(() => void this.#read(), Math.max(ms, apart, 0));
  }

  async #read() {
    const asked = this.#wanted;
    if (!asked) return;
    this.#timer = null;
    this.#reading = true;
    this.#readAtMs = this.#options.now();
    const again = await this.#ask(asked);
    this.#reading = false;
    if (this.#wanted !== asked) return this.#after(0);
    if (again) this.#after(EVERY_MS);
  }

  /** Whether to ask again. @param {{visit: string, over: boolean}} asked */
  async #ask({ visit, over }) {
    try {
      const ledger = await this.#options.read(visit);
      if (this.#wanted?.visit === visit) this.#options.tell(ledger);
      return !over;
    } catch (error) {
      return error instanceof ApiProblem && PASSING.includes(error.code);
    }
  }
}

/**
 * What to read, and what it is about: when that changes, so has the ledger.
 *
 * @param {Visit | null} visit
 */
function wantedOf(visit) {
  if (!visit || visit.link === "superseded" || visit.link === "refused") return null;
  if (outcomeOf(visit)) return { visit: visit.id, about: `${visit.id} over`, over: true };
  const { session } = visit;
  if (!session || session.state === "waiting") return null;
  const people = session.seats.map(({ role, presence, doubts }) => `${role}:${presence}:${doubts.join()}`);
  return { visit: visit.id, about: [visit.id, session.state, session.gate, ...people].join(" "), over: false };
}
