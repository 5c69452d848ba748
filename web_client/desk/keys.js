/**
 * What a key means on the desk's page. Pure. Letters act only when nobody is typing; one whose act is not there now does nothing.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./view.js").Intent} Intent
 */

import { actsOn, dayLater, neighbour } from "./state.js";

/** @type {Readonly<Record<string, import("./state.js").Panel>>} */
export const ACTS = Object.freeze({ m: "move", c: "cancel", x: "no_show", l: "link", g: "further", p: "proof" });

/** @param {State} state @param {import("../shared/ui/press.js").Press} press @returns {Intent | null} */
export function meaningOf(state, { key, typing, modified }) {
  if (modified || state.screen !== "open" || state.busy) return null;
  if (key === "Escape") return escape(state);
  if (typing) return null;
  const name = key.toLowerCase();
  if (name === "n") return { type: "panel", panel: "book" };
  if (name === "r") return { type: "panel", panel: "refusals" };
  if (name === "v") return state.panel === "visit" && state.visit && state.phone === null ? { type: "reveal" } : null;
  const act = ACTS[name];
  if (act) return state.visit && state.data && actsOn(state.visit, state.data.now).includes(act) ? { type: "panel", panel: act } : null;
  return inTheList(state, key);
}

/** @param {State} state @returns {Intent | null} */
function escape({ panel }) {
  if (panel === null) return null;
  const back = panel === "visit" || panel === "book" || panel === "told" || panel === "refusals";
  return { type: "panel", panel: back ? null : "visit" };
}

/** Arrows choose among radio buttons while a panel is open. @param {State} state @param {string} key @returns {Intent | null} */
function inTheList(state, key) {
  if (state.panel !== null && state.panel !== "visit") return null;
  switch (key) {
    case "ArrowDown":
    case "ArrowUp": {
      const visit = neighbour(state, key === "ArrowDown" ? 1 : -1);
      return visit === null ? null : { type: "select", visit };
    }
    case "ArrowLeft":
    case "ArrowRight": {
      const day = dayLater(state, key === "ArrowRight" ? 1 : -1);
      return day === null ? null : { type: "day", day };
    }
    case "t":
    case "T":
      return { type: "day", day: null };
    default:
      return null;
  }
}
