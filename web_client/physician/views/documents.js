/**
 * The panel with what the family handed in: numbered, one shown at a time. A picture is fetched when it is asked for, since the
 * journal notes who opened it; what a browser may not show here (a PDF, a HEIC picture) is a download.
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
  return [
    panelBody(
      entries.length === 0 && h("p", { class: "soft", key: "none" }, t(visit.documents ? "physician.documents.none" : "physician.documents.loading")),
      h("ol", { class: "document-entries", key: "entries" }, entries.map((entry, at) => line(visit, entry, at + 1, context))),
      shown(visit, context),
    ),
  ];
}

/** @param {Visit} visit @param {DocumentEntry} entry @param {number} n @param {Context} context */
function line(visit, entry, n, { t, emit }) {
  const name = t("physician.documents.item", { n, kind: t(`physician.documents.kind.${entry.kind}`) });
  const size = entry.width ? t("physician.documents.pixels", { width: entry.width, height: entry.height ?? 0 }) : t("physician.documents.pages", { pages: entry.pages ?? 0 });
  const words = [h("span", { class: "document-entry-name" }, name), h("span", { class: "small soft" }, size), n <= 9 && h("kbd", { "aria-hidden": "true" }, n)];
  if (!isPicture(entry))
    return h(
      "li",
      { key: entry.id },
      h("a", { class: "button button-block document-entry", id: `document-${n}`, href: entry.url, download: "", "aria-keyshortcuts": n <= 9 ? String(n) : null }, icon("download"), words),
    );
  return h(
    "li",
    { key: entry.id },
    h(
      "button",
      {
        class: "button button-block document-entry",
        type: "button",
        id: `document-${n}`,
        "aria-pressed": String(visit.shownDocument?.id === entry.id),
        "aria-keyshortcuts": n <= 9 ? String(n) : null,
        onclick: () => emit({ type: "show_document", id: entry.id }),
      },
      icon("eye"),
      words,
    ),
  );
}

/** @param {Visit} visit @param {Context} context */
function shown(visit, { t }) {
  const document = visit.shownDocument;
  if (!document) return null;
  if (document.failed) return h("p", { class: "notice notice-warn", role: "alert", key: "failed" }, icon("warn"), t("physician.documents.failed"));
  if (!document.picture) return h("p", { class: "working", role: "status", key: "fetching" }, t("physician.documents.fetching"));
  const n = (visit.documents ?? []).findIndex(({ id }) => id === document.id) + 1;
  return h(
    "figure",
    { class: "document-shown", key: document.id },
    h("a", { href: document.picture, target: "_blank", rel: "noopener" }, h("img", { src: document.picture, alt: t("physician.documents.picture", { n }) })),
    h("figcaption", { class: "small soft" }, t("physician.documents.larger")),
  );
}
