/**
 * The note: in the rail while the visit goes on, beside the outcome afterwards, with its signature; what was signed is shown above,
 * all of it, and never changes. How it stands with saving is said in words.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../note.js").Note} Note
 * @typedef {import("../view.js").Context} Context
 * @typedef {import("../../shared/ui/dom.js").Child} Child
 */

import { clockTime, dayAndTime, hasText } from "../../shared/i18n/i18n.js";
import { h, icon } from "../../shared/ui/dom.js";
import { lacking, standing } from "../note.js";
import { incidents } from "./incident.js";

/** In the rail. @param {Visit} visit @param {Context} context @returns {Child[]} */
export function notePanel(visit, context) {
  const { note } = visit;
  if (!note) return [reading(context)];
  return [
    h("div", { class: "panel-body note", key: "body" }, savedLine(note, context), fields(note, context)),
    h(
      "div",
      { class: "panel-foot spread", key: "when" },
      h("p", { class: "small soft" }, context.t("physician.note.signLater")),
      h(
        "button",
        { class: "button button-quiet", type: "button", "aria-keyshortcuts": "I", onclick: () => context.emit({ type: "panel", panel: "incident" }) },
        context.t("physician.incident.title"),
        h("kbd", { "aria-hidden": "true" }, "I"),
      ),
    ),
  ];
}

/** Beside the outcome. @param {Visit} visit @param {Context} context */
export function noteAfter(visit, context) {
  const { t } = context;
  const { note } = visit;
  return h(
    "section",
    { class: "card note note-after stack", key: "note", "aria-labelledby": "note-title" },
    h("h2", { id: "note-title" }, t("physician.note.title"), note && tag(note, t)),
    note ? [note.signed.map((entry, n) => signedEntry(entry, n, context)), writing(visit, note, context)] : reading(context),
    h(
      "div",
      { class: "note-amend stack-tight", key: "incidents" },
      opener("incident", visit.panel === "incident", t("physician.incident.title"), context),
      (visit.panel === "incident" || visit.incidents.list.length > 0) && incidents(visit, context),
    ),
  );
}

/** @param {Context} context */
function reading({ t }) {
  return h("p", { class: "working", role: "status", key: "reading" }, t("physician.note.loading"));
}

/** @param {Note} note @param {Context["t"]} t */
function tag(note, t) {
  const signed = note.signed.length > 0;
  return h("span", { class: `tag ${signed ? "tag-good" : "tag-warn"}`, key: "tag" }, icon(signed ? "check" : "warn"), t(`physician.note.${signed ? "signed" : "unsigned"}`));
}

/** @param {Visit} visit @param {Note} note @param {Context} context */
function writing(visit, note, context) {
  const form = [savedLine(note, context), fields(note, context), signature(note, context)];
  if (note.kind === "note") return form;
  const open = visit.panel === "note" || Object.keys(note.words).length > 0;
  return h("div", { class: "note-amend stack", key: "amend" }, opener("note", open, context.t("physician.note.amend"), context), open && form);
}

/** @param {import("../types.js").Panel} panel @param {boolean} open @param {string} words @param {Context} context */
function opener(panel, open, words, { emit }) {
  return h(
    "button",
    { class: "button button-quiet note-opener", type: "button", key: `open-${panel}`, id: `open-${panel}`, "aria-expanded": String(open), onclick: () => emit({ type: "panel", panel: open ? null : panel }) },
    words,
  );
}

/** How it stands with saving. @param {Note} note @param {Context} context */
function savedLine(note, { t, language }) {
  const how = standing(note);
  const words = t(`physician.note.saved.${how}`, { time: note.savedAt ? clockTime(language, note.savedAt) : "" });
  return h(
    "p",
    { class: `note-saved note-saved-${how} small`, role: "status", key: "saved" },
    icon({ empty: "info", saved: "check", saving: "clock", offline: "offline", refused: "warn" }[how]),
    h("span", null, how === "refused" && hasText(`physician.note.problem.${note.problem}`) ? t(`physician.note.problem.${note.problem}`) : words),
  );
}

/** @param {Note} note @param {Context} context */
function fields(note, context) {
  const { t, language, emit } = context;
  return [
    note.both.length > 0 &&
      h("p", { class: "notice notice-warn", role: "alert", key: "both" }, icon("warn"), h("span", null, t("physician.note.both"))),
    note.form.sections.map(({ code, title, hint, max_length: limit }, n) =>
      h(
        "div",
        { class: `note-field${note.both.includes(code) ? " note-field-both" : ""}`, key: code },
        h("label", { for: `note-${code}` }, title[language], needed(note, code) && h("span", { class: "note-needed", "aria-hidden": "true" }, "＊")),
        h("textarea", {
          class: "input",
          id: `note-${code}`,
          rows: "1",
          maxlength: String(limit),
          placeholder: hint[language],
          value: note.words[code] ?? "",
          "data-first": n === 0,
          "aria-required": needed(note, code) ? "true" : null,
          "aria-invalid": note.missing.some((group) => group.includes(code)) ? "true" : null,
          lang: "zh-CN",
          oninput: (/** @type {Event} */ event) =>
            emit({ type: "note_type", code, text: /** @type {HTMLTextAreaElement} */ (event.currentTarget).value }),
        }),
      ),
    ),
  ];
}

/** @param {Note} note @param {string} code */
function needed(note, code) {
  return note.form.needs.some((group) => group.length === 1 && group[0] === code);
}

/** @param {Note} note @param {Context} context */
function signature(note, { t, language, emit }) {
  const lacks = lacking(note);
  const named = lacks.map((group) => group.map((code) => note.form.sections.find((one) => one.code === code)?.title[language] ?? code).join(t("physician.note.or")));
  const blocked = note.signing || lacks.length > 0 || note.both.length > 0 || !note.canSign;
  const why = note.both.length > 0 ? t("physician.note.lookFirst") : lacks.length > 0 ? t("physician.note.lacks", { sections: named.join(t("physician.comma")) }) : t("physician.note.final");
  const problem = note.problem && note.line === "ok" ? (hasText(`physician.note.problem.${note.problem}`) ? `physician.note.problem.${note.problem}` : "physician.note.problem.unknown") : null;
  return h(
    "div",
    { class: "stack-tight note-sign", key: "sign" },
    problem && h("p", { class: "notice notice-warn", role: "alert", key: "problem" }, icon("warn"), h("span", null, t(problem))),
    h("p", { class: "small soft", id: "note-sign-hint" }, why),
    h(
      "button",
      {
        class: "button button-primary button-block",
        type: "button",
        id: "note-sign",
        "aria-disabled": blocked ? "true" : null,
        "aria-describedby": "note-sign-hint",
        onclick: () => blocked || emit({ type: "note_sign" }),
      },
      t(note.signing ? "physician.busy" : note.kind === "note" ? "physician.note.sign" : "physician.note.signAmendment"),
    ),
  );
}

/** @param {Note["signed"][number]} entry @param {number} n @param {Context} context */
function signedEntry({ id, kind, at, by, sections }, n, { t, language }) {
  return h(
    "article",
    { class: "note-signed", key: id },
    kind === "amendment" && h("h3", null, t("physician.note.amendmentN", { n })),
    h("dl", { class: "facts" }, sections.map(({ code, title, text }) => h("div", { key: code }, h("dt", null, title[language]), h("dd", { class: "written", lang: "zh-CN" }, text)))),
    sections.length === 0 && h("p", { class: "soft", key: "gone" }, t("physician.note.gone")),
    h(
      "p",
      { class: "small soft note-by" },
      icon("check"),
      by ? t("physician.note.by", { name: by.name, title: by.title, licence: by.licence, time: dayAndTime(language, at) }) : dayAndTime(language, at),
    ),
  );
}
