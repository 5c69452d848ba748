/**
 * The referrals on their way, a card each: what is overdue stands first, with a word and since when, then what waits for an answer,
 * then all else. A card is short until it is opened, and of a long list the first are shown. It renders state and emits intents; a family's whole number appears only after a tap, which the server writes down.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Line} Line
 * @typedef {import("../shared/i18n/i18n.js").Translate} Translate
 * @typedef {{type: "reveal", referral: string} | {type: "reveal_concern", concern: string} | {type: "toggle", id: string}
 *   | {type: "further", list: import("./state.js").List} | {type: "ask", referral: string, fact: import("./state.js").Asked | null}
 *   | {type: "tell", referral: string, fact: import("./state.js").Fact, appointmentAt: string | null, words: string, sent: () => void}
 *   | {type: "answer", concern: string, text: string, sent: () => void}} Intent
 * @typedef {import("../shared/staff/view.js").Context<Intent>} Context
 */

import { dayAndTime, hasText } from "../shared/i18n/i18n.js";
import { h, icon } from "../shared/ui/dom.js";
import { staleS } from "../shared/staff/entry.js";
import { staffView } from "../shared/staff/view.js";
import { stepsList } from "../shared/ui/steps.js";
import { concerns } from "./concerns.js";
import { further, phone, toggle } from "./parts.js";
import { groupOf, grouped, lasting, shownOf, STALE_AFTER_MS } from "./state.js";
import { telling } from "./telling.js";

/** @param {State} state @param {Context} context */
export function view(state, context) {
  const { t } = context;
  return staffView(state, context, {
    title: t("coordinator.title"),
    signIn: t("coordinator.signIn"),
    inside: () =>
      h(
        "main",
        { id: "main", class: "coordination stack-wide", key: "list" },
        state.data === null ? h("p", { class: "working", role: "status", key: "loading" }, t("coordinator.loading")) : list(state, state.data, context),
      ),
  });
}

/** @param {State} state @param {NonNullable<State["data"]>} data @param {Context} context */
function list(state, data, context) {
  const { t } = context;
  const stale = staleS(state, STALE_AFTER_MS);
  const overdue = data.referrals.filter((line) => groupOf(line) === "overdue").length;
  const open = data.referrals.filter((line) => line.state !== "seen").length;
  const groups = grouped(data.referrals);
  /** @param {(typeof groups)[number]} group */
  const section = ({ group, lines }) =>
    h(
      "section",
      { key: group, class: "stack" },
      h("h2", null, t(`coordinator.group.${group}`), " ", h("span", { class: "soft" }, lines.length)),
      h("div", { class: "coordination-cards" }, shownOf(state, group, lines).shown.map((line) => card(state, data.now, line, context))),
      further(state, group, lines, context),
    );
  return [
    stale !== null && h("p", { class: "banner banner-danger", key: "stale", role: "status" }, icon("offline"), t("coordinator.stale", { seconds: stale })),
    h(
      "h1",
      { class: overdue > 0 ? "coordination-alarm" : "", key: "count", role: "status" },
      overdue > 0 && icon("warn"),
      overdue > 0 ? t("coordinator.overdueOf", { overdue, open }) : t("coordinator.count", { open }),
    ),
    data.more && h("p", { class: "notice notice-warn", key: "more" }, icon("warn"), h("span", null, t("coordinator.more"))),
    open === 0 && h("p", { class: "soft", key: "none" }, t("coordinator.none")),
    groups.filter(({ group }) => group === "overdue").map(section),
    concerns(state, data, context),
    groups.filter(({ group }) => group !== "overdue").map(section),
  ];
}

/** @param {State} state @param {string} now @param {Line} line @param {Context} context */
function card(state, now, line, context) {
  const { t, language } = context;
  const zh = language === "zh";
  const opened = state.opened.has(line.referral);
  const department = `${line.hospital} ${zh ? line.department : line.department_en || line.department}`;
  const tag = line.urgency === "emergency" ? "tag-danger" : line.urgency === "routine" ? "tag-accent" : "tag-warn";
  return h(
    "article",
    { key: line.referral, class: `card stack-tight${groupOf(line) === "overdue" ? " coordination-overdue" : ""}`, "aria-label": line.number },
    h("div", { class: "row" }, h("span", { class: `tag ${tag}` }, t(`urgency.${line.urgency}`)), h("span", { class: "figures small soft" }, line.number)),
    line.overdue &&
      h("p", { class: "coordination-alarm", key: "overdue" }, icon("warn"), h("strong", null, t(`coordinator.overdue.${line.overdue.step}`, { lasting: duration(t, line.overdue.since, now) }))),
    line.too_late && h("p", { class: "coordination-alarm", key: "late" }, icon("warn"), h("strong", null, t("coordinator.tooLate"))),
    line.not_sent > 0 && h("p", { class: "notice notice-warn", key: "sending" }, icon("warn"), h("span", null, t("coordinator.notSent", { n: line.not_sent }))),
    h("p", { key: "who" }, h("strong", null, t("receipt.childAge", { child: line.child, years: line.age_years })), ` · ${line.guardian} · `, h("span", { class: "figures" }, line.phone)),
    h("p", { class: "small", key: "where" }, department),
    line.due && h("p", { class: "small", key: "next" }, `${t("coordinator.next")} · ${t(`coordinator.due.${line.due.step}`, { time: dayAndTime(language, line.due.at) })}`),
    line.contacted_at && h("p", { class: "small", key: "contacted" }, `${t("coordinator.contacted")} · ${dayAndTime(language, line.contacted_at)}`),
    state.problem?.referral === line.referral && h("p", { class: "field-error", key: "problem", role: "alert" }, icon("warn"), t(problemKey(state.problem.code))),
    h(
      "div",
      { class: "row coordination-acts", key: "acts" },
      phone(state, line.referral, { type: "reveal", referral: line.referral }, groupOf(line) === "overdue", context),
      toggle(line.referral, opened, t("coordinator.card"), context),
    ),
    opened && h("div", { class: "stack", key: "opened", id: `card-${line.referral}` }, whole(state, line, context)),
  );
}

/** What an open card has more. @param {State} state @param {Line} line @param {Context} context */
function whole(state, line, context) {
  const { t, language } = context;
  return [
    h("p", { class: "small", key: "reason" }, language === "zh" ? line.reason.zh : line.reason.en),
    !line.endpoint && line.state === "issued" && h("p", { class: "small soft", key: "paper" }, t("coordinator.noEndpoint")),
    stepsList({ t, language, referral: { issued_at: line.issued_at, receipt: line.state, receipts: line.receipts } }),
    line.notes.length > 0 && h("ul", { class: "small", key: "notes" }, line.notes.map((note) => h("li", { key: `${note.at}${note.fact}` }, `${dayAndTime(language, note.at)} · ${note.words}`))),
    telling(state, line, context),
  ];
}

/** @param {Translate} t @param {string} since @param {string} now */
function duration(t, since, now) {
  const { unit, n } = lasting(since, now);
  return t(`coordinator.lasting.${unit}`, { n });
}

/** @param {string} code */
function problemKey(code) {
  return hasText(`error.${code}`) ? `error.${code}` : "error.unknown";
}
