/** The card with the pictures and papers: choose, see how far each has come, take back. */

import { h, icon } from "../shared/ui/dom.js";
import { underWay } from "./documents_state.js";

/** @typedef {import("./frame.js").Scene} Scene */
/** @typedef {import("./documents_state.js").Item} Item */

/** Without HEIC: asked so, an iPhone hands over a JPEG, which every workstation can show. */
const ACCEPT = "image/jpeg,image/png,application/pdf";

/** @param {Scene} scene */
export function documentsCard(scene) {
  const { state, t } = scene;
  const handedIn = state.documents.filter(({ purpose }) => purpose === "examination");
  const coming = underWay(handedIn);
  return h(
    "section",
    { class: "card stack documents", key: "documents", "aria-labelledby": "documents-title" },
    h("h2", { id: "documents-title" }, t("family.documents.title")),
    h("p", { class: "small soft" }, t("family.documents.lead")),
    h("ul", { class: "document-list" }, handedIn.map((item, at) => line(scene, item, at + 1))),
    h("p", { class: "visually-hidden", role: "status" }, coming > 0 ? t("family.documents.coming", { n: coming }) : ""),
    chooser(scene, "examination"),
    h("p", { class: "small soft" }, icon("shield"), " ", t("family.documents.private")),
  );
}

/** The guardian's written delegation, where another adult comes in the guardian's place. @param {Scene} scene */
export function delegationCard(scene) {
  const { state, t } = scene;
  if (!state.status?.delegated) return null;
  const handedIn = state.documents.filter(({ purpose }) => purpose === "delegation");
  return h(
    "section",
    { class: "card stack documents", key: "delegation", "aria-labelledby": "delegation-title" },
    h("h2", { id: "delegation-title" }, t("family.delegation.title")),
    h("p", { class: "small soft" }, t("family.delegation.lead")),
    h("ul", { class: "document-list" }, handedIn.map((item, at) => line(scene, item, at + 1))),
    chooser(scene, "delegation"),
  );
}

/** @param {Scene} scene @param {Item["purpose"]} purpose */
function chooser({ t, emit }, purpose) {
  const onchange = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    emit({ type: "add_documents", files: [...(input.files ?? [])], purpose });
    input.value = ""; // the same file can be chosen again
  };
  return h(
    "label",
    { class: "button button-block document-chooser" },
    h("input", { class: "visually-hidden", type: "file", multiple: true, accept: ACCEPT, onchange }),
    icon("camera"),
    t(purpose === "delegation" ? "family.delegation.choose" : "family.documents.choose"),
  );
}

/** @param {Scene} scene @param {Item} item @param {number} n */
function line({ t, emit }, item, n) {
  const name = item.name || t("family.documents.item", { n });
  const refused = item.code !== "";
  const percent = item.size > 0 ? Math.floor((100 * item.sent) / item.size) : 0;
  const moving = ["sending", "lost", "stopped"].includes(item.state);
  return h(
    "li",
    { class: `document document-${item.state}`, key: item.key },
    icon(refused ? "warn" : item.state === "kept" ? "check" : "document"),
    h(
      "div",
      { class: "document-words" },
      h("p", { class: "document-name" }, name),
      h("p", { class: "small soft" }, refused ? item.why || t("family.documents.failed") : t(`family.documents.${item.leaving ? "leaving" : item.state}`, moving ? { percent } : undefined)),
      moving && h("progress", { class: "document-progress", key: "progress", max: "100", value: percent, "aria-label": name }),
    ),
    h(
      "button",
      { type: "button", class: "button button-quiet", disabled: item.leaving, "aria-label": t("family.documents.remove_named", { name }), onclick: () => emit({ type: "remove_document", key: item.key, url: item.url }) },
      icon("close"),
      t("family.documents.remove"),
    ),
  );
}
