/**
 * The words that the server does not have yet, kept on the device for the physician who typed them and for nobody else who works at
 * it: they go when that physician signs out, and a day after they were typed in any case. On a family's phone the owner is the visit.
 *
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Drawer what is kept for one owner
 */

export const KEPT_FOR_MS = 24 * 3_600_000;
const PREFIX = "peitong.words.";

export class KeptWords {
  #storage;
  #nowMs;

  /** @param {Storage | undefined} storage @param {() => number} nowMs milliseconds since 1970 */
  constructor(storage, nowMs) {
    this.#storage = storage;
    this.#nowMs = nowMs;
  }

  /**
   * What is kept for this owner. Once it is emptied nothing is put in again, whatever an answer that comes late would keep.
   *
   * @param {string} owner the id of a member of staff, or of a visit @returns {Drawer & {count: () => number, empty: () => void}}
   */
  of(owner) {
    const prefix = `${PREFIX}${owner}.`;
    let open = true;
    return Object.freeze({
      getItem: (/** @type {string} */ key) => this.#read(prefix + key)?.value ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => {
        if (open) this.#storage?.setItem(prefix + key, JSON.stringify({ atMs: this.#nowMs(), value }));
      },
      removeItem: (/** @type {string} */ key) => this.#storage?.removeItem(prefix + key),
      count: () => this.#keys(prefix).filter((key) => this.#read(key)).length,
      empty: () => {
        open = false;
        this.#forget((key) => key.startsWith(prefix));
      },
    });
  }

  /** Whosever it is: what was kept for a day goes. */
  sweep() {
    this.#forget((key) => this.#read(key) === null);
  }

  /** @param {(key: string) => boolean} which */
  #forget(which) {
    for (const key of this.#keys(PREFIX)) if (which(key)) this.#storage?.removeItem(key);
  }

  /** @param {string} prefix @returns {string[]} */
  #keys(prefix) {
    try {
      return Object.keys(this.#storage ?? {}).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  }

  /** What is kept there, unless it is too old or no such thing. @param {string} key @returns {{value: string} | null} */
  #read(key) {
    try {
      const kept = JSON.parse(this.#storage?.getItem(key) ?? "null");
      const ageMs = Math.abs(this.#nowMs() - kept.atMs); // a clock that was set back is no longer life
      return typeof kept.value === "string" && ageMs < KEPT_FOR_MS ? kept : null;
    } catch {
      return null;
    }
  }
}
