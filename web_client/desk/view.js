/**
 * The desk's page: the day on the left, one line a visit; on the right what is being done with one, or a new booking. It renders state
 * and emits intents.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Visit} Visit
 * @typedef {import("./state.js").Panel} Panel
 * @typedef {{type: "day", day: string | null} | {type: "select", visit: string} | {type: "open", visit: string} | {type: "panel", panel: Panel | null}
 *   | {type: "booking", change: Partial<import("./booking.js").Booking>} | {type: "find"} | {type: "book"} | {type: "move"} | {type: "cancel"}
 *   | {type: "no_show"} | {type: "link"} | {type: "proof"} | {type: "reveal"} | {type: "print"} | {type: "copy"}
 *   | {type: "further", change: Partial<import("./further.js").Further>} | {type: "add_further"} | {type: "link_further", guardian: string}
 *   | {type: "remove_further", guardian: string}
 *   | {type: "choose", moveTo?: import("./state.js").Slot, reason?: string, proof?: string}} Intent
 * @typedef {import("../shared/staff/view.js").Context<Intent>} Context
 */

import { h, icon } from "../shared/ui/dom.js";
import { staleS } from "../shared/staff/entry.js";
import { staffView } from "../shared/staff/view.js";
import { dayText, later, timeText, yearsOn, dayOf } from "./days.js";
import { isRead, shownDay, STALE_AFTER_MS } from "./state.js";
import { bookingPanel } from "./views/booking.js";
import { standingTag } from "./views/parts.js";
import { refusalsPanel } from "./views/refusals.js";
import { toldPanel } from "./views/told.js";
import { visitPanel } from "./views/visit.js";

/** @param {State} state @param {Context} context */
export function view(state, context) {
  const { t } = context;
  return staffView(state, context, {
    title: t("desk.title"),
    signIn: t("desk.signIn"),
    inside: () =>
      h(
        "main",
        { id: "main", class: `desk${state.panel ? " desk-beside" : ""}`, key: "desk" },
        h("div", { class: "desk-day", key: "day" }, day(state, context)),
        state.panel && h("section", { class: "desk-panel card stack", key: state.panel, "aria-labelledby": "panel-title" }, panel(state, context)),
      ),
  });
}

/** @param {State} state @param {Context} context */
function panel(state, context) {
  switch (state.panel) {
    case "book":
      return bookingPanel(state, context);
    case "told":
      return toldPanel(state, context);
    case "refusals":
      return refusalsPanel(state, context);
    default:
      return visitPanel(state, context);
  }
}

/** @param {State} state @param {Context} context */
function day(state, context) {
  const { t } = context;
  const stale = staleS(state, STALE_AFTER_MS);
  return [
    stale !== null && h("p", { class: "banner banner-danger", key: "stale", role: "status" }, icon("offline"), t("desk.stale", { seconds: stale })),
    head(state, context),
    !isRead(state)
      ? h("p", { class: "working", role: "status", key: "loading" }, t("desk.loading"))
      : [
          state.data?.more && h("p", { class: "notice notice-warn", key: "more" }, icon("warn"), h("span", null, t("desk.more"))),
          state.data?.visits.length === 0 ? h("p", { class: "card center soft", key: "none" }, t("desk.none")) : table(state, context),
        ],
    h("p", { class: "soft small desk-keys", key: "keys" }, t("desk.keys")),
  ];
}

/** @param {State} state @param {Context} context */
function head(state, { t, language, emit }) {
  const shown = shownDay(state);
  const visits = isRead(state) ? (state.data?.visits ?? []) : [];
  const unproven = visits.filter(({ state: at, relation }) => at !== "ended" && relation.proof === "declared").length;
  /** @param {string} name @param {string | null} to @param {string} text */
  const go = (name, to, text) =>
    h("button", { type: "button", class: "button", key: name, disabled: shown === null && to !== null, onclick: () => emit({ type: "day", day: to }) }, text);
  return [
    h(
      "div",
      { class: "desk-head", key: "head" },
      h("h1", null, shown ? dayText(language, shown) : t("desk.title")),
      h(
        "div",
        { class: "row desk-days" },
        go("before", shown && later(shown, -1), t("desk.before")),
        go("today", null, t("desk.today")),
        go("after", shown && later(shown, 1), t("desk.after")),
        h("input", { type: "date", class: "input desk-date", key: "date", "aria-label": t("desk.date"), value: shown ?? "", onchange: (/** @type {Event} */ event) => pick(event, emit) }),
      ),
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", id: "open-refusals", class: "button button-quiet", onclick: () => emit({ type: "panel", panel: "refusals" }) }, t("desk.refusals"), h("kbd", null, "R")),
        h("button", { type: "button", id: "open-book", class: "button button-primary", onclick: () => emit({ type: "panel", panel: "book" }) }, t("desk.book"), h("kbd", null, "N")),
      ),
    ),
    h(
      "p",
      { class: "desk-count", key: "count", role: "status" },
      isRead(state) && t("desk.count", { n: visits.length }),
      unproven > 0 && h("span", { class: "tag tag-warn" }, icon("warn"), t("desk.unproven", { n: unproven })),
    ),
  ];
}

/** @param {Event} event @param {Context["emit"]} emit */
function pick(event, emit) {
  const { value } = /** @type {HTMLInputElement} */ (event.target);
  if (value !== "") emit({ type: "day", day: value });
}

const COLUMNS = Object.freeze(["time", "child", "guardian", "physician", "visit", "state"]);

/** @param {State} state @param {Context} context */
function table(state, context) {
  const { t } = context;
  return h(
    "div",
    { class: "desk-scroll card", key: "table" },
    h(
      "table",
      { class: "desk-table" },
      h("caption", { class: "visually-hidden" }, t("desk.visits")),
      h("thead", null, h("tr", null, COLUMNS.map((column) => h("th", { scope: "col", key: column }, t(`desk.column.${column}`))))),
      h("tbody", null, (state.data?.visits ?? []).map((visit) => row(state, visit, context))),
    ),
  );
}

/** @param {State} state @param {Visit} visit @param {Context} context */
function row(state, visit, context) {
  const { t, language, emit } = context;
  const selected = state.selected === visit.id;
  return h(
    "tr",
    { key: visit.id, class: selected ? "desk-selected" : "", "aria-current": selected ? "true" : null, onclick: () => emit({ type: "open", visit: visit.id }) },
    h("td", { class: "figures" }, timeText(language, visit.starts_at)),
    h(
      "td",
      null,
      h("button", { type: "button", id: `visit-${visit.id}`, class: "desk-open", "aria-expanded": selected && state.panel ? "true" : "false" }, visit.child.name),
      h("span", { class: "soft small" }, `${t(`desk.sex.${visit.child.sex}`)} ${t("desk.years", { years: yearsOn(visit.child.birth_date, dayOf(visit.starts_at)) })}`),
    ),
    h(
      "td",
      null,
      `${visit.guardian.name} `,
      h("span", { class: "soft small" }, t(`letter.relation.${visit.relation.kind}`)),
      visit.relation.proof === "declared" && visit.state !== "ended" && h("span", { class: "desk-under", key: "proof" }, h("span", { class: "tag tag-warn" }, icon("warn"), t("desk.proof.declared"))),
    ),
    h("td", null, visit.physician.name, h("span", { class: "soft small desk-under" }, visit.department_name)),
    h("td", null, t(`field.${visit.field}`), h("span", { class: "soft small desk-under" }, t(`desk.kind.${visit.kind}`))),
    h("td", null, standingTag(t, visit)),
  );
}
