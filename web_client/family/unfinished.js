/**
 * Which files a visit's family chose on this device and the server has not kept yet, for a page that is opened again: names and figures
 * by which the same file is known when it is chosen again, and where its upload is. Never content; a day later nothing.
 *
 * @typedef {object} Chosen
 * @property {string} key  under which its upload is begun
 * @property {string} name
 * @property {number} size  bytes
 * @property {number} lastModified  as the file says, in ms since 1970
 * @property {"examination" | "delegation"} purpose
 * @property {string | null} url  where its upload is, once it has begun
 */

const ITEM = "uploads";
const MOST = 40;

export class Unfinished {
  #drawer;
  /** What this page knows where the device keeps nothing. @type {readonly Chosen[] | null} */
  #known = null;

  /** @param {import("../shared/kept_words.js").Drawer} drawer  the visit's */
  constructor(drawer) {
    this.#drawer = drawer;
  }

  /** In the order in which they were chosen. @returns {readonly Chosen[]} */
  list() {
    return this.#known ?? this.#read();
  }

  /** @param {Chosen} chosen */
  put(chosen) {
    const others = this.list();
    const there = others.some(({ key }) => key === chosen.key);
    this.#write(there ? others.map((one) => (one.key === chosen.key ? chosen : one)) : [...others, chosen].slice(-MOST));
  }

  /** @param {string} key */
  forget(key) {
    this.#write(this.list().filter((one) => one.key !== key));
  }

  /** @returns {readonly Chosen[]} */
  #read() {
    try {
      const kept = JSON.parse(this.#drawer.getItem(ITEM) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isChosen) : [];
    } catch {
      return [];
    }
  }

  /** @param {readonly Chosen[]} all */
  #write(all) {
    const words = JSON.stringify(all);
    try {
      if (all.length > 0) this.#drawer.setItem(ITEM, words);
      else this.#drawer.removeItem(ITEM);
      this.#known = all.length === 0 || this.#drawer.getItem(ITEM) === words ? null : all;
    } catch {
      this.#known = all; // a device without room: it goes on as long as this page is open
    }
  }
}

/** Whether this is the file that was chosen then. @param {Chosen} chosen @param {File} file @param {Chosen["purpose"]} purpose */
export function isSame(chosen, file, purpose) {
  return chosen.name === file.name && chosen.size === file.size && chosen.lastModified === file.lastModified && chosen.purpose === purpose;
}

/** @param {any} one @returns {one is Chosen} */
function isChosen(one) {
  const ours = one?.url === null || (typeof one?.url === "string" && /^\/[^/]/.test(one.url));
  const texts = ours && typeof one.key === "string" && typeof one.name === "string";
  return texts && Number.isFinite(one.size) && Number.isFinite(one.lastModified) && (one.purpose === "examination" || one.purpose === "delegation");
}
