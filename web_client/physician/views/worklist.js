/**
 * Today's visits, in the order of their times: one line a visit, and the eye falls on the families that wait. It refreshes
 * itself and says so only when that fails.
 *
 * @typedef {import("../types.js").State} State
 * @typedef {import("../types.js").WorklistEntry} Entry
 * @typedef {import("../view.js").Context} Context
 */

import { clockTime, dayAndTime } from "../../shared/i18n/i18n.js";
import { h, icon } from "../../shared/ui/dom.js";
import { ageText } from "./age.js";

/** @param {State} state @param {Context} context */
export function worklist(state, context) {
  const { t, language } = context;
  const { visits, stale } = state.worklist;
  return h(
    "main",
    { id: "main", class: "worklist", key: "worklist" },
    h(
      "div",
      { class: "worklist-head spread" },
      h(
        "div",
        null,
        h("h1", { tabindex: "-1" }, t("physician.worklist.title")),
        h("p", { class: "soft small" }, today(language, visits)),
      ),
      h("p", { class: "soft small worklist-keys" }, t("physician.worklist.keys")),
    ),
    h(
      "p",
      { class: "worklist-status", role: "status", key: "status" },
      stale && h("span", { class: "tag tag-warn", key: "stale" }, icon("offline"), staleText(t, state)),
      state.unsigned.length > 0 && h("a", { class: "unsigned-link", href: "#unsigned-title", key: "unsigned" }, t("physician.note.waiting", { count: state.unsigned.length })),
    ),
    visits === null && h("p", { class: "working", key: "loading" }, t("physician.worklist.loading")),
    visits?.length === 0 && empty(context),
    visits && visits.length > 0 && list(visits, context),
    state.unsigned.length > 0 && unsignedList(state.unsigned, context),
  );
}

/** @param {import("../../shared/i18n/i18n.js").Language} language @param {Entry[] | null} visits */
function today(language, visits) {
  const first = visits?.[0];
  return first ? dayAndTime(language, first.starts_at).replace(/[\s,]*(at )?\d{1,2}:\d{2}$/, "") : "";
}

/** @param {Context["t"]} t @param {State} state */
function staleText(t, state) {
  const minutes = Math.floor((state.nowMs - state.worklist.atMs) / 60_000);
  return minutes > 0 && state.worklist.visits ? t("physician.worklist.stale", { minutes }) : t("physician.worklist.staleNow");
}

/** @param {Context} context */
function empty({ t }) {
  return h(
    "div",
    { class: "card worklist-empty center stack-tight", key: "empty" },
    h("p", null, t("physician.worklist.empty")),
    h("p", { class: "soft small" }, t("physician.worklist.emptyHint")),
  );
}

/** @param {Entry[]} visits @param {Context} context */
function list(visits, context) {
  const ordered = [...visits].sort((a, b) => a.starts_at.localeCompare(b.starts_at) || a.visit.localeCompare(b.visit));
  return h(
    "ol",
    { class: "worklist-list card", key: "list", onkeydown: arrows },
    ordered.map((entry) => row(entry, context)),
  );
}

/** What waits for the physician's signature, however long ago. @param {State["unsigned"]} visits @param {Context} context */
function unsignedList(visits, { t, language, emit }) {
  return h(
    "section",
    { class: "unsigned", key: "unsigned", "aria-labelledby": "unsigned-title" },
    h("h2", { id: "unsigned-title", tabindex: "-1" }, t("physician.note.waiting", { count: visits.length })),
    h(
      "ul",
      { class: "worklist-list card", onkeydown: arrows },
      visits.map(({ visit, child, age_years: age, field, ended_at: endedAt, outcome, begun, kind }) =>
        h(
          "li",
          { key: visit },
          h(
            "a",
            { class: "visit-row unsigned-row", href: `/physician/?visit=${encodeURIComponent(visit)}`, onclick: opens(emit, visit) },
            h("time", { class: "unsigned-time figures small", datetime: endedAt }, dayAndTime(language, endedAt)),
            h("span", { class: "visit-child" }, h("b", null, child), h("span", { class: "soft" }, ageText(t, age), " · ", t(`field.${field}`))),
            h("span", { class: "soft small" }, t(`physician.worklist.outcome.${outcome}`)),
            h("span", { class: "tag tag-warn" }, icon("warn"), t(kind === "amendment" ? "physician.note.unsignedAmendment" : begun ? "physician.note.unsigned" : "physician.note.notBegun")),
            h("span", { class: "visit-go" }, icon("arrow")),
          ),
        ),
      ),
    ),
  );
}

/** Opens the visit here; with a modifier the browser opens it elsewhere. @param {Context["emit"]} emit @param {string} visit */
function opens(emit, visit) {
  return (/** @type {MouseEvent} */ event) => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    emit({ type: "open", visit });
  };
}

/** @param {Entry} entry @param {Context} context */
function row(entry, { t, language, emit }) {
  const over = entry.state === "ended";
  const waits = entry.guardian_waiting && !over;
  const time = clockTime(language, entry.starts_at);
  return h(
    "li",
    { key: entry.visit },
    h(
      "a",
      {
        class: `visit-row${over ? " visit-row-over" : ""}${waits ? " visit-row-waits" : ""}`,
        href: `/physician/?visit=${encodeURIComponent(entry.visit)}`,
        onclick: opens(emit, entry.visit),
      },
      h("time", { class: "visit-time figures", datetime: entry.starts_at }, time),
      h(
        "span",
        { class: "visit-child" },
        h("b", null, entry.child),
        h("span", { class: "soft" }, ageText(t, entry.age_years), " · ", t(`field.${entry.field}`)),
      ),
      h("span", { class: "visit-state" }, stateTag(t, entry)),
      h(
        "span",
        { class: "visit-guardian" },
        guardianTag(t, entry),
      ),
      h("span", { class: "visit-go" }, icon("arrow")),
    ),
  );
}

/** @param {Context["t"]} t @param {Entry} entry */
function stateTag(t, entry) {
  if (entry.state === "ended")
    return h("span", { class: "soft small" }, t(`physician.worklist.outcome.${entry.outcome ?? "unknown"}`));
  const tone = ["text", "verifying", "live"].includes(entry.state) ? " tag-good" : entry.state === "held" ? " tag-warn" : "";
  return h("span", { class: `tag${tone}` }, t(`physician.visitState.${entry.state}`));
}

/** @param {Context["t"]} t @param {Entry} entry */
function guardianTag(t, entry) {
  if (entry.child_denied) return h("span", { class: "tag tag-warn" }, icon("warn"), t("physician.worklist.childDenied"));
  if (entry.state === "ended") return null;
  return entry.guardian_waiting ? waitTag(t, entry) : h("span", { class: "soft small" }, t("physician.worklist.notHere"));
}

/** @param {Context["t"]} t @param {Entry} entry */
function waitTag(t, { waiting_since_s: seconds }) {
  const minutes = seconds === null ? null : Math.floor(seconds / 60);
  const text =
    minutes === null
      ? t("physician.worklist.waiting")
      : minutes < 1
        ? t("physician.worklist.waitingNow")
        : t("physician.worklist.waitingFor", { minutes });
  return h("span", { class: "tag tag-accent" }, icon("person"), text);
}

/** @param {KeyboardEvent} event */
function arrows(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const rows = /** @type {HTMLElement[]} */ ([.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll("a")]);
  const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = rows[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
