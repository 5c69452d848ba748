/** Carries out what the reader asks for while preparing the visit: fetches the form, keeps what is told as it is told. */

import { ApiProblem } from "../shared/api.js";
import { completes, draftOf, faultsOf } from "./preparation.js";

/** @typedef {import("../shared/api.js").Api} Api */
/** @typedef {import("./preparation.js").Preparation} Preparation */
/** @typedef {import("./preparation.js").Change} Change */
/** @typedef {import("./preparation.js").Measurement} Measurement */
/**
 * @typedef {{type: "prepare_open"} | {type: "prepare_close"} | {type: "prepare_answer", link: string, answer: import("./preparation.js").Answer | undefined}
 *   | {type: "prepare_next"} | {type: "prepare_back"} | {type: "prepare_row", changed: Partial<Measurement>}
 *   | {type: "prepare_measure", sure: boolean} | {type: "prepare_remove", index: number}} PreparingIntent
 */

const SAVES_AFTER_MS = 800;

export class Preparing {
  #api;
  #visit;
  #preparation;
  #language;
  #tell;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {{api: Api, visit: string, preparation: () => Preparation | null, language: () => import("../shared/i18n/i18n.js").Language, tell: (change: Change) => void}} parts
   */
  constructor({ api, visit, preparation, language, tell }) {
    this.#api = api;
    this.#visit = visit;
    this.#preparation = preparation;
    this.#language = language;
    this.#tell = tell;
  }

  /** Preparing is an offer: when the form cannot be had, nothing is said of it. */
  async load() {
    try {
      const language = this.#language();
      const view = await this.#api.questionnaire(this.#visit, language);
      if (language === this.#language()) this.#tell({ type: "loaded", view });
    } catch {
      // The visit goes on without.
    }
  }

  /** @param {PreparingIntent} intent */
  async handle(intent) {
    switch (intent.type) {
      case "prepare_open":
        return this.#tell({ type: "shown", shown: true });
      case "prepare_close":
        this.#tell({ type: "shown", shown: false });
        return this.#saveNow();
      case "prepare_answer":
        this.#tell({ type: "answered", link: intent.link, answer: intent.answer });
        return this.#saveSoon();
      case "prepare_back":
        return this.#tell({ type: "moved", by: -1 });
      case "prepare_next":
        return this.#next();
      case "prepare_row":
        return this.#tell({ type: "row", changed: intent.changed });
      case "prepare_measure":
        return this.#measure(intent.sure);
      case "prepare_remove":
        return this.#keepRows((this.#preparation()?.measurements ?? []).filter((_, index) => index !== intent.index));
    }
  }

  async #next() {
    const preparation = this.#preparation();
    if (!preparation) return;
    const last = completes(preparation) && Object.keys(faultsOf(preparation)).length === 0;
    if (last && !(await this.#save(true))) return;
    this.#tell({ type: "moved", by: 1 });
    if (!last) await this.#saveNow();
  }

  #saveSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#saveNow(), SAVES_AFTER_MS);
  }

  async #saveNow() {
    clearTimeout(this.#timer);
    const saved = this.#preparation()?.saved;
    if (saved === "changed" || saved === "failed") await this.#save(false);
  }

  /** @param {boolean} complete @returns {Promise<boolean>} whether it is kept */
  async #save(complete) {
    clearTimeout(this.#timer);
    const preparation = this.#preparation();
    if (!preparation) return false;
    const answers = complete ? preparation.answers : draftOf(preparation);
    this.#tell({ type: "saving" });
    try {
      const { route } = await this.#api.answers(this.#visit, preparation.view.questionnaire, answers, complete);
      this.#tell({ type: "saved", route, completed: complete });
      return true;
    } catch (error) {
      this.#tell({ type: "failed" });
      if (error instanceof ApiProblem && error.code === "invalid") this.#tell({ type: "faults", faults: faultsFrom(error) });
      if (error instanceof ApiProblem && error.code === "questionnaire_changed") await this.load();
      return false;
    }
  }

  /** @param {boolean} sure */
  async #measure(sure) {
    const preparation = this.#preparation();
    if (preparation) await this.#keepRows([...preparation.measurements, { ...preparation.row, value: preparation.row.value.trim(), sure }]);
  }

  /** @param {readonly Measurement[]} rows */
  async #keepRows(rows) {
    this.#tell({ type: "saving" });
    try {
      const { measurements } = await this.#api.measurements(this.#visit, rows);
      this.#tell({ type: "measured", measurements });
    } catch (error) {
      const problem = error instanceof ApiProblem ? error : new ApiProblem(0, "unknown", "");
      const first = problem.errors.find((each) => !each.asks) ?? problem.errors[0];
      this.#tell({ type: "row_refused", fault: { code: first?.code ?? problem.code, asks: first?.asks ?? false, words: first?.detail ?? problem.detail } });
    }
  }
}

/** @param {ApiProblem} problem @returns {Record<string, string>} */
function faultsFrom(problem) {
  return Object.fromEntries(problem.errors.map(({ pointer, code }) => [pointer.replace("#/answers/", ""), code]));
}
