/**
 * An incident: one tap on what it is about records it, with a number; words may follow. It goes to the hospital's coordinator.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../view.js").Context} Context
 */

import { CATEGORIES } from "../../shared/concerns.js";
import { clockTime } from "../../shared/i18n/i18n.js";
import { h, icon } from "../../shared/ui/dom.js";

/** @param {Visit} visit @param {Context} context */
export function incidents({ incidents: { list, queue, away, refused } }, context) {
  const { t, emit } = context;
  const filing = queue.some(({ fact }) => fact === "filed");
  return h(
    "div",
    { class: "stack-tight incident", key: "incidents" },
    h("p", { class: "small soft" }, t("physician.incident.body")),
    h(
      "div",
      { class: "incident-categories", role: "group", "aria-label": t("physician.incident.title") },
      CATEGORIES.map((category, n) =>
        h(
          "button",
          { class: "button", type: "button", key: category, "data-first": n === 0, "aria-disabled": filing ? "true" : null, onclick: () => filing || emit({ type: "incident", category }) },
          t(`physician.incident.${category}`),
        ),
      ),
    ),
    h("p", { class: "small", role: "status", key: "status" }, filing && t(away ? "physician.incident.away" : "physician.busy")),
    refused !== null && h("p", { class: "notice notice-warn", role: "alert", key: "refused" }, icon("warn"), t("physician.incident.refused")),
    [...list].reverse().map((one) => recorded(one, context)),
  );
}

/** @param {import("../../shared/api.js").Concern} one @param {Context} context */
function recorded({ id, number, category, at, words }, { t, language, emit }) {
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.currentTarget).elements.namedItem("text"));
    if (field.value.trim() === "") return;
    emit({ type: "incident_add", concern: id, text: field.value });
    field.value = "";
  };
  return h(
    "article",
    { class: "incident-recorded stack-tight", key: id },
    h("p", null, icon("check"), " ", h("b", null, t(`physician.incident.${category}`)), " ", h("span", { class: "figures small soft" }, number, " · ", clockTime(language, at))),
    words.map((said) => h("p", { class: "written small", lang: "zh-CN", key: said.at }, t(said.source === "coordinator" ? "physician.incident.answer" : "physician.incident.said"), said.text)),
    h(
      "form",
      { class: "row", onsubmit: submit },
      h("input", { class: "input", name: "text", maxlength: "2000", autocomplete: "off", "aria-label": t("physician.incident.more"), placeholder: t("physician.incident.more") }),
      h("button", { class: "button", type: "submit" }, t("physician.incident.add")),
    ),
  );
}
