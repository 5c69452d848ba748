/**
 * Inviting somebody to the third seat, as the physician's page does it: what is typed, the request, the link that is told once.
 *
 * @typedef {import("../shared/guests.js").GuestRole} GuestRole
 * @typedef {Object} GuestForm
 * @property {GuestRole} role
 * @property {string} name
 * @property {boolean} busy a request is on its way
 * @property {string | null} problem the code of the last refusal
 * @property {string} link the guest's link as long as this page remembers it; empty when it does not
 * @property {boolean} copied
 */

import { ApiProblem } from "../shared/api.js";

/** @returns {GuestForm} */
export function nobodyInvited() {
  return { role: "interpreter", name: "", busy: false, problem: null, link: "", copied: false };
}

export class GuestDesk {
  #options;

  /**
   * @param {{invite: (visit: string, role: GuestRole, name: string) => Promise<{link: string}>, takeBack: (visit: string) => Promise<unknown>,
   *          copy: (text: string) => Promise<void>, tell: (visit: string, form: Partial<GuestForm>) => void}} options
   */
  constructor(options) {
    this.#options = options;
  }

  /** @param {{id: string, guest: GuestForm}} visit */
  async invite({ id, guest: { role, name, busy } }) {
    if (busy || name.trim() === "") return;
    await this.#ask(id, async () => {
      const { link } = await this.#options.invite(id, role, name.trim());
      return { link, name: "" };
    });
  }

  /** @param {{id: string, guest: GuestForm}} visit */
  async takeBack({ id, guest: { busy } }) {
    if (busy) return;
    await this.#ask(id, async () => {
      await this.#options.takeBack(id);
      return { link: "" };
    });
  }

  /** @param {{id: string, guest: GuestForm}} visit */
  async copy({ id, guest: { link } }) {
    const copied = await this.#options.copy(link).then(
      () => true,
      () => false,
    );
    this.#options.tell(id, { copied });
  }

  /** @param {string} visit @param {() => Promise<Partial<GuestForm>>} work */
  async #ask(visit, work) {
    this.#options.tell(visit, { busy: true, problem: null, copied: false });
    try {
      this.#options.tell(visit, { busy: false, ...(await work()) });
    } catch (error) {
      this.#options.tell(visit, { busy: false, problem: error instanceof ApiProblem ? error.code : "unknown" });
    }
  }
}
