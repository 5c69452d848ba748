/**
 * What a key means on the visit page. Pure. Letters act only when nobody is typing; a key whose act is not available now does
 * nothing, as its button would.
 *
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("./types.js").Act} Act
 * @typedef {import("./types.js").Panel} Panel
 * @typedef {import("../shared/ui/press.js").Press} Press
 * @typedef {import("./view.js").Intent | {type: "write"} | {type: "press", id: string}} Meaning
 */

import { availability, missing } from "./acts.js";
import { CHECKS, flipped } from "./attesting.js";
import { whyNoStill } from "./stills.js";
import { HOLD_REASONS, isComparing } from "./state.js";
import { isPicture, outcomeOf } from "./words.js";

/** @type {Readonly<Record<string, Act>>} */
const OPENS_PANEL = Object.freeze({ a: "admit", b: "begin_text", t: "attest", h: "hold", r: "refer", c: "complete" });

/**
 * @param {Visit} visit
 * @param {Press} press
 * @returns {Meaning | null}
 */
export function meaningOf(visit, { key, typing, onButton, modified }) {
  if (modified) return null;
  if (key === "Escape") return visit.panel ? { type: "panel", panel: null } : null;
  if (typing) return null;
  const name = key.toLowerCase();
  if (name === "h" && can(visit, "resume")) return { type: "act", act: "resume" };
  const opens = OPENS_PANEL[name];
  if (opens) return can(visit, opens) ? { type: "panel", panel: /** @type {Panel} */ (opens) } : null;
  if (outcomeOf(visit)) return null;
  return inTheCall(visit, name) ?? inThePanel(visit, key, onButton);
}

/**
 * @param {Visit} visit
 * @param {string} name
 * @returns {Meaning | null}
 */
function inTheCall(visit, name) {
  switch (name) {
    case "m":
      return { type: "mute" };
    case "v":
      return { type: "camera" };
    case "s":
      return whyNoStill(visit) === null ? { type: "still" } : null;
    case "/":
      return { type: "write" };
    case "d":
      return { type: "panel", panel: visit.panel === "documents" ? null : "documents" };
    case "g":
      return { type: "panel", panel: visit.panel === "guest" ? null : "guest" };
    case "i":
      return { type: "panel", panel: visit.panel === "incident" ? null : "incident" };
    case "n":
      return isComparing(visit.panel) ? null : { type: "panel", panel: visit.panel === "note" ? null : "note" };
    case "?":
      return { type: "panel", panel: visit.panel === "help" ? null : "help" };
    default:
      return null;
  }
}

/**
 * @param {Visit} visit
 * @param {string} key
 * @param {boolean} onButton
 * @returns {Meaning | null}
 */
function inThePanel(visit, key, onButton) {
  if (visit.panel === "documents") return theDocument(visit, Number(key) - 1);
  if (isComparing(visit.panel) && key.toLowerCase() === "n") return can(visit, "deny_family") ? { type: "act", act: "deny_family" } : null;
  if (!isComparing(visit.panel) && visit.panel !== "attest" && visit.panel !== "hold") return null;
  if (key === "Enter")
    return !onButton && missing(visit, visit.panel).length === 0 && can(visit, visit.panel)
      ? { type: "act", act: visit.panel }
      : null;
  if (isComparing(visit.panel)) return null;
  const at = Number(key) - 1;
  if (visit.panel === "hold") return HOLD_REASONS[at] ? { type: "draft", draft: { holdReason: HOLD_REASONS[at] } } : null;
  const check = CHECKS[at];
  if (!check) return null;
  return { type: "draft", draft: { checks: flipped(visit.drafts.checks, check) } };
}

/** The nth picture is shown, any other document is downloaded. @param {Visit} visit @param {number} at @returns {Meaning | null} */
function theDocument(visit, at) {
  const entry = visit.documents?.[at];
  if (!entry) return null;
  return isPicture(entry) ? { type: "show_document", id: entry.id } : { type: "press", id: `document-${at + 1}` };
}

/** @param {Visit} visit @param {Act} act */
function can(visit, act) {
  const { shown, why } = availability(visit, act);
  return shown && why === null;
}
