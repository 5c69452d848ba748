/**
 * Keeps the list of what the family handed in for the open visit, and fetches the one that is looked at. A picture lives as long as
 * it is shown; the next one, and leaving the visit, let it go.
 *
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("./types.js").ShownDocument} ShownDocument
 * @typedef {import("../shared/api.js").DocumentEntry} DocumentEntry
 */

export const EVERY_MS = 20_000;

export class DocumentsReader {
  #options;
  /** @type {string | null} */ #visit = null;
  /** @type {string | null} */ #picture = null;
  #readAtMs = -Infinity;
  #asking = 0;

  /**
   * @param {{list: (visit: string) => Promise<{documents: DocumentEntry[]}>, fetch: (url: string) => Promise<Blob>,
   *          tell: (event: {type: "documents", visit: string, documents: DocumentEntry[]} | {type: "document_shown", shown: ShownDocument}) => void,
   *          now: () => number, objectUrl?: (blob: Blob) => string, letGo?: (url: string) => void}} options
   */
  constructor({ objectUrl = (blob) => URL.createObjectURL(blob), letGo = (url) => URL.revokeObjectURL(url), ...options }) {
    this.#options = { ...options, objectUrl, letGo };
  }

  /** The visit as it is now, or none: its list is read at once, then every so often. @param {Visit | null} visit */
  follow(visit) {
    const now = this.#options.now();
    const other = (visit?.id ?? null) !== this.#visit;
    if (other) {
      this.#visit = visit?.id ?? null;
      this.#asking += 1;
      this.#letGo();
    }
    if (!visit || (!other && now - this.#readAtMs < EVERY_MS)) return;
    this.#readAtMs = now;
    void this.#list(visit.id);
  }

  /** The list has changed: it is read at once. */
  again() {
    if (this.#visit === null) return;
    this.#readAtMs = this.#options.now();
    void this.#list(this.#visit);
  }

  /** @param {string} visit */
  async #list(visit) {
    const listed = await this.#options.list(visit).catch(() => null);
    if (listed && this.#visit === visit) this.#options.tell({ type: "documents", visit, documents: listed.documents });
  }

  /** @param {DocumentEntry} entry */
  async show({ id, url }) {
    const asked = (this.#asking += 1);
    this.#options.tell({ type: "document_shown", shown: { id, picture: null, failed: false } });
    this.#letGo();
    const blob = await this.#options.fetch(url).catch(() => null);
    if (asked !== this.#asking) return;
    this.#picture = blob && this.#options.objectUrl(blob);
    this.#options.tell({ type: "document_shown", shown: { id, picture: this.#picture, failed: blob === null } });
  }

  #letGo() {
    if (this.#picture) this.#options.letGo(this.#picture);
    this.#picture = null;
  }
}
