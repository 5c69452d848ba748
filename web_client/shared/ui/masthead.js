/** The head of the pages that are not the staff's (theirs is `frame.js`): the brand, and the way to the other language. */

import { LANGUAGE_NAMES, LANGUAGES, LOCALES } from "../i18n/i18n.js";
import { h, icon } from "./dom.js";

/** @typedef {import("../i18n/i18n.js").Language} Language */
/**
 * @typedef {{state: {language: Language}, t: import("../i18n/i18n.js").Translate,
 *            emit: (intent: {type: "choose_language", language: Language}) => void}} Scene
 */

/** @param {Scene} scene */
export function masthead(scene) {
  return h("header", { class: "masthead" }, h("span", { class: "brand" }, icon("brand"), scene.t("brand")), languageButtons(scene));
}

/** The buttons as a group that is named to who does not see them. @param {Scene} scene */
export function languageSwitch(scene) {
  return h("div", { class: "language-switch", role: "group", "aria-label": scene.t("language.label"), key: "language" }, languageButtons(scene));
}

/** @param {Pick<Scene, "state" | "emit">} scene */
export function languageButtons({ state, emit }) {
  return LANGUAGES.filter((language) => language !== state.language).map((language) =>
    h(
      "button",
      { key: language, type: "button", class: "button button-quiet", lang: LOCALES[language], onclick: () => emit({ type: "choose_language", language }) },
      icon("language"),
      LANGUAGE_NAMES[language],
    ),
  );
}
