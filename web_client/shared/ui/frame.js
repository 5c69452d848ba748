/** The staff pages' frame: the brand, who is signed in, the language, signing out. */

import { h, icon } from "./dom.js";
import { LANGUAGE_NAMES } from "../i18n/i18n.js";

/**
 * @param {{t: import("../i18n/i18n.js").Translate, language: import("../i18n/i18n.js").Language, title: string, who: string | null,
 *          onlanguage: (language: import("../i18n/i18n.js").Language) => void, onsignout: () => void}} options
 */
export function masthead({ t, language, title, who, onlanguage, onsignout }) {
  const other = language === "zh" ? "en" : "zh";
  return h(
    "header",
    { class: "masthead staff-masthead", key: "masthead" },
    h("a", { class: "skip-link", href: "#main" }, t("language.skip")),
    h("span", { class: "brand" }, icon("brand"), t("brand"), h("span", { class: "soft staff-title" }, title)),
    h(
      "div",
      { class: "row" },
      who && h("span", { class: "soft staff-who", key: "who" }, icon("person"), " ", who),
      h(
        "button",
        { class: "button button-quiet", type: "button", lang: other, key: "language", onclick: () => onlanguage(other) },
        icon("language"),
        LANGUAGE_NAMES[other],
      ),
      who && h("button", { class: "button button-quiet", type: "button", key: "out", onclick: onsignout }, t("staff.signOut")),
    ),
  );
}
