/**
 * What every panel of the rail is made of: a body that scrolls, the one button that does it, a text field.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../types.js").Act} Act
 * @typedef {import("../view.js").Context} Context
 * @typedef {import("../../shared/ui/dom.js").Child} Child
 */

import { h } from "../../shared/ui/dom.js";
import { availability, missing } from "../acts.js";
import { problemNotice } from "./problem.js";

/** @param {...Child} children */
export function panelBody(...children) {
  return h("div", { class: "panel-body stack", key: "body" }, children);
}

/**
 * The button that does it, and above it what is missing or went wrong.
 *
 * @param {Visit} visit @param {Act} act @param {Context} context
 * @param {{danger?: boolean, label?: string, hint?: string | null}} [options]
 */
export function confirm(visit, act, { t, emit }, { danger = false, label, hint = null } = {}) {
  const { why } = availability(visit, act);
  const lacks = missing(visit, act).length > 0;
  const blocked = why !== null || lacks;
  return h(
    "div",
    { class: "panel-foot stack-tight", key: "confirm" },
    problemNotice(visit, act, t),
    h("p", { class: "small panel-hint", id: "panel-hint" }, why && why !== "busy" ? t(`physician.why.${why}`) : (hint ?? "")),
    h(
      "button",
      {
        class: `button button-block ${danger ? "button-danger" : "button-primary"} panel-confirm`,
        type: "button",
        id: "panel-confirm",
        "aria-disabled": blocked ? "true" : null,
        "aria-describedby": "panel-hint",
        onclick: () => blocked || emit({ type: "act", act }),
      },
      why === "busy" ? t("physician.busy") : (label ?? t(`physician.${act}.confirm`)),
    ),
  );
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} value
 * @param {number} limit
 * @param {(value: string) => void} oninput
 * @param {string} [hint]
 */
export function textField(name, label, value, limit, oninput, hint) {
  return h(
    "div",
    { class: "field", key: name },
    h("label", { for: `field-${name}` }, label),
    hint && h("p", { class: "hint", id: `hint-${name}` }, hint),
    h("textarea", {
      class: "input",
      id: `field-${name}`,
      rows: "3",
      maxlength: String(limit),
      value,
      "aria-describedby": hint ? `hint-${name}` : null,
      oninput: (/** @type {Event} */ event) => oninput(/** @type {HTMLTextAreaElement} */ (event.currentTarget).value),
    }),
  );
}
