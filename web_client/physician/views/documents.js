/**
 * The panel with what the family handed in: numbered, one shown at a time, under its own line. A picture is fetched when it is
 * asked for, since the journal notes who opened it; what a browser may not show here (a PDF, a HEIC picture) is a download.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../view.js").Context} Context
 * @typedef {import("../../shared/api.js").DocumentEntry} DocumentEntry
 */

import { h, icon } from "../../shared/ui/dom.js";
import { isPicture } from "../words.js";
import { panelBody } from "./panel_parts.js";

/** @param {Visit} visit @param {Context} context */
export function documentsPanel(visit, context) {
  const { t } = context;
  const entries = visit.documents ?? [];
  const nothing = t(visit.documents ? "physician.documents.none" : "physician.documents.loading");
  return [
    panelBody(
      h("p", { class: "small soft", key: "note" }, entries.length === 0 ? nothing : t("physician.documents.note")),
      h(
        "ol",
        { class: "document-entries", key: "entries" },
        entries.map((entry, at) => h("li", { key: entry.id }, line(visit, entry, at + 1, context), shown(visit, entry, at + 1, context))),
      ),
    ),
  ];
}

/** @param {Visit} visit @param {DocumentEntry} entry @param {number} n @param {Context} context */
function line(visit, entry, n, { t, emit }) {
  const picture = isPicture(entry);
  const words = [
    icon(picture ? "eye" : "download"),
    h("span", { class: "document-entry-name" }, t("physician.documents.item", { n, kind: t(kindOf(entry)) })),
    h("span", { class: "small soft" }, size(entry, t)),
    n <= 9 && h("kbd", { "aria-hidden": "true" }, n),
  ];
  const key = n <= 9 ? String(n) : null;
  const both = { class: "button button-block document-entry", key: "line", id: `document-${n}`, "aria-keyshortcuts": key };
  if (!picture) return h("a", { ...both, href: entry.url, download: "" }, words);
  const pressed = String(visit.shownDocument?.id === entry.id);
  return h("button", { ...both, type: "button", "aria-pressed": pressed, onclick: () => emit({ type: "show_document", id: entry.id }) }, words);
}

/** @param {DocumentEntry} entry */
function kindOf({ purpose, kind }) {
  if (purpose === "still") return "physician.documents.still";
  return purpose === "delegation" ? "proof.written_delegation" : `physician.documents.kind.${kind}`;
}

/** How large it is, and that it is a download where it is one. @param {DocumentEntry} entry @param {Context["t"]} t */
function size(entry, t) {
  if (isPicture(entry)) return t("physician.documents.pixels", { width: entry.width ?? 0, height: entry.height ?? 0 });
  if (entry.kind !== "application/pdf") return t("physician.documents.download");
  return t(entry.pages === 1 ? "physician.documents.page" : "physician.documents.pages", { pages: entry.pages ?? 0 });
}

/**
 * The picture keeps its place from its size in the list, so that nothing moves while it is drawn.
 *
 * @param {Visit} visit @param {DocumentEntry} entry @param {number} n @param {Context} context
 */
function shown(visit, { id, width, height }, n, { t }) {
  const document = visit.shownDocument;
  if (document?.id !== id) return null;
  const failed = { class: "notice notice-warn document-shown", role: "alert", key: "failed" };
  if (document.failed) return h("p", failed, icon("warn"), t("physician.documents.failed"));
  const fetching = { class: "working document-shown", role: "status", key: "fetching" };
  if (!document.picture) return h("p", fetching, t("physician.documents.fetching"));
  return h(
    "figure",
    { class: "document-shown", key: "shown" },
    h(
      "a",
      { href: document.picture, target: "_blank", rel: "noopener" },
      h("img", { src: document.picture, width, height, alt: t("physician.documents.picture", { n }) }),
    ),
    h("figcaption", { class: "small soft" }, t("physician.documents.larger")),
  );
}
