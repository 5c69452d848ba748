/**
 * Keeps what is known of the family of the open visit: masked names, relation, proof, where they are. It is read when the visit is
 * opened, again so often, and soon after something changed: sooner before the attestation, when the family may still tell more.
 *
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("../shared/api.js").FamilyView} FamilyView
 */

export const EVERY_MS = 20_000;
export const SOONEST_MS = 1_000;
export const IN_THE_CALL_MS = 5_000;

export class FamilyReader {
  #options;
  /** @type {string | null} */ #visit = null;
  #readAtMs = -Infinity;
  #version = -1;

  /**
   * @param {{read: (visit: string) => Promise<FamilyView>, now: () => number,
   *          tell: (event: {type: "family", visit: string, family: FamilyView}) => void}} options
   */
  constructor(options) {
    this.#options = options;
  }

  /** The visit as it is now, or none. @param {Visit | null} visit */
  follow(visit) {
    const now = this.#options.now();
    const other = (visit?.id ?? null) !== this.#visit;
    this.#visit = visit?.id ?? null;
    if (!visit) return;
    const { session } = visit;
    const early = session?.state === "waiting" || session?.state === "verifying";
    const changed = session !== null && session.version !== this.#version;
    if (!other && now - this.#readAtMs < (!changed ? EVERY_MS : early ? SOONEST_MS : IN_THE_CALL_MS)) return;
    this.#readAtMs = now;
    this.#version = session?.version ?? -1;
    void this.#read(visit.id);
  }

  /** @param {string} visit */
  async #read(visit) {
    const family = await this.#options.read(visit).catch(() => null);
    if (family && this.#visit === visit) this.#options.tell({ type: "family", visit, family });
  }
}
