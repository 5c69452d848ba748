/**
 * Where the child is and under which number the family is reached: told while waiting, so that the physician only confirms it.
 * The card, and how what it knows changes. The number that is known is shown masked; one that is typed replaces it.
 */

import { ApiProblem } from "../shared/api.js";
import { h, icon } from "../shared/ui/dom.js";

/** @typedef {import("./frame.js").Scene} Scene */
/** @typedef {import("../shared/api.js").Whereabouts} Told */
/** @typedef {{told: Told, location: string, number: string, busy: boolean, code: string | null, saved: boolean}} Whereabouts */
/**
 * @typedef {{type: "loaded", told: Told} | {type: "typed", changed: {location?: string, number?: string}} | {type: "saving"}
 *   | {type: "failed", code: string}} Change
 */
/** @typedef {{type: "whereabouts_typed", changed: {location?: string, number?: string}} | {type: "whereabouts_tell"}} WhereaboutsIntent */

/** What this card has words for; anything else failed. */
const CODES = ["call_back_unclear", "location_missing", "session_ended"];

/** @param {Whereabouts | null} before @param {Change} change @returns {Whereabouts | null} */
export function whereabouts(before, change) {
  if (change.type === "loaded") {
    const { told } = change;
    return { told, location: told.location, number: "", busy: false, code: null, saved: told.told };
  }
  if (!before) return null;
  switch (change.type) {
    case "typed":
      return { ...before, ...change.changed, code: null, saved: false };
    case "saving":
      return { ...before, busy: true, code: null };
    case "failed":
      return { ...before, busy: false, code: CODES.includes(change.code) ? change.code : "failed" };
    default:
      return before;
  }
}

/** Fetches and keeps it. Telling is an offer: when it cannot be fetched, nothing is said of it, and the physician asks. */
export class WhereaboutsKeeper {
  #options;

  /**
   * @param {{api: Pick<import("../shared/api.js").Api, "whereabouts" | "tellWhereabouts">, visit: string, known: () => Whereabouts | null,
   *          tell: (change: Change) => void}} options
   */
  constructor(options) {
    this.#options = options;
  }

  async load() {
    const { api, visit, tell } = this.#options;
    const told = await api.whereabouts(visit).catch(() => null);
    if (told) tell({ type: "loaded", told });
  }

  /** @param {WhereaboutsIntent} intent */
  async handle(intent) {
    const { api, visit, known, tell } = this.#options;
    if (intent.type === "whereabouts_typed") return tell({ type: "typed", changed: intent.changed });
    const now = known();
    if (!now || now.busy) return undefined;
    tell({ type: "saving" });
    try {
      return tell({ type: "loaded", told: await api.tellWhereabouts(visit, now.number.trim(), now.location.trim()) });
    } catch (error) {
      return tell({ type: "failed", code: error instanceof ApiProblem ? error.code : "failed" });
    }
  }
}

/** @param {Scene} scene */
export function whereaboutsCard({ state, t, emit }) {
  const known = state.whereabouts;
  if (!known) return null;
  const { told, location, number, busy, code, saved } = known;
  return h(
    "section",
    { class: "card stack-tight", key: "whereabouts", "aria-labelledby": "whereabouts-title" },
    h("h2", { id: "whereabouts-title" }, t("family.whereabouts.title")),
    h("p", { class: "small soft" }, t("family.whereabouts.lead")),
    field("location", t("family.whereabouts.location"), t("family.whereabouts.location_hint"), location, (value) => emit({ type: "whereabouts_typed", changed: { location: value } })),
    field("number", t("family.whereabouts.number"), t("family.whereabouts.number_hint", { number: told.call_back }), number, (value) =>
      emit({ type: "whereabouts_typed", changed: { number: value } }),
    ),
    h(
      "p",
      { class: code ? "field-error" : "small soft", role: "status", key: "said" },
      code ? [icon("warn"), " ", t(`family.whereabouts.${code}`)] : saved ? [icon("check"), " ", t("family.whereabouts.saved")] : "",
    ),
    h(
      "button",
      { type: "button", class: "button button-block", disabled: busy || saved, onclick: () => emit({ type: "whereabouts_tell" }) },
      busy ? t("common.working") : t("family.whereabouts.tell"),
    ),
  );
}

/** @param {"location" | "number"} name @param {string} label @param {string} hint @param {string} value @param {(value: string) => void} oninput */
function field(name, label, hint, value, oninput) {
  const id = `whereabouts-${name}`;
  return h(
    "div",
    { class: "field", key: name },
    h("label", { for: id }, label),
    h("p", { class: "hint", id: `${id}-hint` }, hint),
    h("input", {
      class: "input",
      id,
      type: name === "number" ? "tel" : "text",
      autocomplete: name === "number" ? "tel" : "street-address",
      maxlength: name === "number" ? "40" : "200",
      value,
      "aria-describedby": `${id}-hint`,
      oninput: (/** @type {Event} */ event) => oninput(/** @type {HTMLInputElement} */ (event.currentTarget).value),
    }),
  );
}
