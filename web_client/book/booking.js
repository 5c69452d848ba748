/** Carries out what the reader asks for on the booking page: fetches what a screen needs, routes the answers, books once. */

import { ApiProblem } from "../shared/api.js";
import { isUnsure } from "../shared/once.js";
import { faultsOf, groupsOf, requestOf, wrongOf } from "./state.js";
import { dayOf } from "./words.js";

/** @typedef {import("../shared/api.js").Api} Api */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Change} Change */

export class Booking {
  #api;
  #state;
  #tell;
  #now;
  #newKey;

  /**
   * @param {{api: Api["book"], state: () => State, tell: (change: Change) => void, now: () => number, newKey: () => string}} parts
   *   `newKey` gives 128 random bits or more, as base64url
   */
  constructor({ api, state, tell, now, newKey }) {
    this.#api = api;
    this.#state = state;
    this.#tell = tell;
    this.#now = now;
    this.#newKey = newKey;
  }

  /** The questions in the page's language. */
  async loadForm() {
    const language = this.#state().language;
    try {
      const { questionnaire } = await this.#api.form(language);
      if (language !== this.#state().language) return;
      this.#tell({ type: "form", form: questionnaire });
      if (this.#state().route) await this.#reword();
    } catch (error) {
      this.#tell({ type: "form_failed", code: codeOf(error) });
    }
  }

  /** Where the answers lead, in the words of another language. */
  async #reword() {
    const state = this.#state();
    if (!state.form) return;
    const complete = groupsOf(state).every((group) => Object.keys(faultsOf(state, group)).length === 0);
    const { route } = await this.#api.route(state.form, state.answers, complete);
    if (route && this.#state().route) this.#tell({ type: "reworded", route });
  }

  /** What the screen needs and has not: asked for once, and again after it failed only when the reader says so. @param {boolean} [again] */
  async need(again = false) {
    const { screen, hospitals, specialists, times, hospital, specialist, field } = this.#state();
    /** @param {{state: string}} fetched */
    const missing = (fetched) => fetched.state === "none" || (again && fetched.state === "failed");
    if (screen === "hospital" && missing(hospitals))
      await this.#fetch("hospitals", async () => ({ type: "hospitals", items: (await this.#api.hospitals()).hospitals }));
    else if (screen === "specialist" && hospital && field && missing(specialists))
      await this.#fetch("specialists", async () => ({ type: "specialists", items: (await this.#api.specialists(hospital.id, field)).specialists }));
    else if (screen === "time" && specialist && missing(times)) await this.#times(null);
  }

  async laterTimes() {
    const { nextDay, times } = this.#state();
    if (nextDay !== null && times.state !== "loading") await this.#times(nextDay);
  }

  /** @param {string | null} from */
  async #times(from) {
    const { hospital, specialist, field } = this.#state();
    if (!hospital || !specialist || !field) return;
    const asked = { field, physician: specialist.id, department: specialist.department.id, ...(from !== null && { from }) };
    await this.#fetch("times", async () => {
      const { slots, next } = await this.#api.slots(hospital.id, asked);
      return this.#state().specialist === specialist ? { type: "times", items: slots, next, more: from !== null } : null;
    });
  }

  /** @param {"hospitals" | "specialists" | "times"} what @param {() => Promise<Change | null>} ask */
  async #fetch(what, ask) {
    this.#tell({ type: "fetching", what });
    try {
      const change = await ask();
      if (change) this.#tell(change);
    } catch (error) {
      this.#tell({ type: "fetch_failed", what, code: codeOf(error) });
    }
  }

  /** On from a screen of questions. What was said so far is routed already: a sign need not wait for the last question. */
  async answer() {
    const state = this.#state();
    if (!state.form || state.routing === "asking") return;
    const faults = faultsOf(state, state.screen);
    if (Object.keys(faults).length > 0) return this.#tell({ type: "faults", faults });
    const groups = groupsOf(state);
    const complete = groups.indexOf(state.screen) === groups.length - 1;
    this.#tell({ type: "asking" });
    try {
      const { route } = await this.#api.route(state.form, state.answers, complete);
      if (this.#state().answers === state.answers) this.#tell({ type: "routed", route, complete });
    } catch (error) {
      if (codeOf(error) === "questionnaire_changed") await this.loadForm();
      this.#tell({ type: "routing_failed" });
    }
  }

  async book() {
    const state = this.#state();
    if (state.sending === "sending") return;
    if (state.pending) return this.#send(state.pending);
    const wrong = wrongOf(state.details, dayOf(this.#now()));
    if (Object.keys(wrong).length > 0) return this.#tell({ type: "wrong", wrong });
    const body = requestOf(state);
    if (state.hospital && body) await this.#send({ hospital: state.hospital.id, key: this.#newKey(), body });
  }

  /** Kept before it goes, so that even a reload asks for the same and books nothing twice. @param {import("./state.js").Pending} pending */
  async #send(pending) {
    this.#tell({ type: "sending", pending });
    try {
      this.#tell({ type: "made", made: await this.#api.book(pending) });
    } catch (error) {
      const problem = error instanceof ApiProblem ? error : new ApiProblem(0, "unknown", "");
      if (isUnsure(problem)) return this.#tell({ type: "unsure" });
      const wrong = Object.fromEntries(problem.errors.map(({ pointer, code }) => [pointer.replace("#/", ""), code]));
      if (problem.code === "questionnaire_changed") await this.loadForm();
      this.#tell({ type: "refused", code: problem.code, words: problem.detail, wrong });
    }
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof ApiProblem ? error.code : "unknown";
}
