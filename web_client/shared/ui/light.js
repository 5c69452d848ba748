/** The connection light: bars and always a word. */

import { h } from "./dom.js";

/**
 * @param {import("../i18n/i18n.js").Translate} t
 * @param {"good" | "fair" | "poor"} level
 */
export function light(t, level) {
  return h("span", { class: `light light-${level}`, key: "light" }, h("span", { class: "light-bars", "aria-hidden": "true" }, h("i"), h("i"), h("i")), t(`light.${level}`));
}
