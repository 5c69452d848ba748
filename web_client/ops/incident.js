/**
 * An incident of a session, recorded by whoever watches it: a tap on what it is about records it, with a number to tell. It goes to the
 * hospital's care coordinator.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./view.js").Context} Context
 */

import { CATEGORIES } from "../shared/concerns.js";
import { h } from "../shared/ui/dom.js";

/** Beside a session's id: the way to begin, then its number. @param {State} state @param {string} session @param {Context} context */
export function incidentButton({ incidents }, session, { t, emit }) {
  const incident = incidents[session];
  if (incident?.number) return h("span", { class: "incident-number", key: "number" }, t(`physician.incident.${incident.category}`), " · ", t("ops.incident.number", { number: incident.number }));
  const words = incident?.failed ? "ops.incident.failed" : incident?.category ? "ops.incident.busy" : "ops.incident";
  const button = { class: "button button-quiet incident-button", type: "button", key: "incident", "aria-label": `${t(words)} ${session}` };
  return h("button", { ...button, "aria-expanded": String(isChoosing(incident)), onclick: () => emit({ type: "incident", session }) }, t(words));
}

/** What it may be about, as a row of its own. @param {State} state @param {string} session @param {number} columns @param {Context} context */
export function incidentChoice({ incidents }, session, columns, { t, emit }) {
  const incident = incidents[session];
  if (!isChoosing(incident)) return null;
  return h(
    "tr",
    { key: "incident", class: "incident-choice" },
    h(
      "td",
      { colspan: columns },
      h(
        "div",
        { class: "incident-choices", role: "group", "aria-label": t("ops.incident.which") },
        h("span", { class: "small soft" }, t("ops.incident.which")),
        CATEGORIES.map((category) =>
          h("button", { class: "button button-small", type: "button", key: category, onclick: () => emit({ type: "incident_is", session, category }) }, t(`physician.incident.${category}`)),
        ),
      ),
    ),
  );
}

/** @param {import("./state.js").Incident | undefined} incident */
function isChoosing(incident) {
  return incident !== undefined && (incident.category === null || incident.failed);
}
