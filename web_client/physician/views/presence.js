/**
 * The presence ledger on screen: the quiet line of the rail, and the timeline of a visit that is over. What is drawn is also
 * written: each bar's row has its name and its length in words, and the list below has everything that happened.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../view.js").Context} Context
 * @typedef {import("../presence.js").Timeline} Timeline
 * @typedef {import("../presence.js").Bar} Bar
 * @typedef {import("../presence.js").Entry} Entry
 */

import { clockTime, clockTimeToTheSecond, elapsed } from "../../shared/i18n/i18n.js";
import { h } from "../../shared/ui/dom.js";
import { presenceLine, timeline } from "../presence.js";

/** Its place is kept while there is nothing to say yet. @param {Visit} visit @param {number} nowMs @param {Context} context */
export function presenceLineOf(visit, nowMs, { t }) {
  const said = presenceLine(visit, nowMs).map(({ key, ms }) => t(key, { time: elapsed(ms) }));
  const line = said.join(t("physician.dash"));
  return h("p", { class: "presence-line soft", key: "line", title: line || null }, line);
}

/** @param {Visit} visit @param {Context} context */
export function presenceTimeline(visit, context) {
  const told = visit.ledger?.closed ? timeline(visit.ledger) : null;
  if (!told) return null;
  const { t } = context;
  return h(
    "section",
    { class: "timeline stack-tight", key: "timeline", "aria-labelledby": "timeline-title" },
    h("h3", { id: "timeline-title" }, t("physician.timeline.title")),
    h("p", { class: "small" }, t(`physician.timeline.${summary(told)}`, figures(told))),
    drawing(told, context),
    list(told, context),
  );
}

/** @param {Timeline} told */
function summary({ openMs, presentMs }) {
  if (openMs === 0) return "textOnly";
  return presentMs >= openMs ? "throughout" : "inPart";
}

/** @param {Timeline} told */
function figures({ openMs, presentMs, heardWithinMs }) {
  return { open: elapsed(openMs), present: elapsed(presentMs), seconds: Math.round(heardWithinMs / 1000) };
}

/** @param {Timeline} told @param {Context} context */
function drawing({ from, to, rows }, { t, language }) {
  const doubted = rows.some(({ doubts }) => doubts.length > 0);
  return h(
    "div",
    { class: "timeline-drawing", key: "drawing" },
    h(
      "ul",
      { class: "timeline-rows" },
      rows.map(({ who, name, ms, bars, doubts }, at) =>
        h(
          "li",
          { key: `${who}-${at}` },
          h("span", { class: "timeline-who" }, name || t(who === "open" || who === "text" ? `physician.timeline.row.${who}` : `role.${who}`)),
          h("span", { class: "timeline-track", "aria-hidden": "true" }, bars.map(drawn("bar")), doubts.map(drawn("doubt"))),
          h("span", { class: "timeline-lasted" }, elapsed(ms)),
        ),
      ),
    ),
    h(
      "p",
      { class: "timeline-axis", "aria-hidden": "true" },
      h("span", null, clockTime(language, instant(from))),
      h("span", null, clockTime(language, instant(to))),
    ),
    doubted &&
      h(
        "p",
        { class: "timeline-legend", key: "legend", "aria-hidden": "true" },
        h("i", { class: "timeline-swatch timeline-bar" }),
        t("physician.presence.present"),
        h("i", { class: "timeline-swatch timeline-doubt" }),
        t("physician.presence.doubtful"),
      ),
  );
}

/** @param {"bar" | "doubt"} kind */
function drawn(kind) {
  return (/** @type {Bar} */ { start, share }) =>
    h("i", {
      class: `timeline-${kind}`,
      style: { "inset-inline-start": percent(start), "inline-size": percent(share) },
    });
}

/** @param {Timeline} told @param {Context} context */
function list({ entries, leftOut }, context) {
  const { t } = context;
  return h(
    "details",
    { class: "timeline-list", key: "list" },
    h("summary", { class: "timeline-open" }, t("physician.timeline.list", { count: entries.length })),
    h(
      "table",
      { class: "timeline-table" },
      h("caption", { class: "visually-hidden" }, t("physician.timeline.title")),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          ["when", "what", "lasted"].map((name) => h("th", { scope: "col", key: name }, t(`physician.timeline.${name}`))),
        ),
      ),
      h(
        "tbody",
        null,
        entries.map((entry, index) => line(entry, index, context)),
      ),
    ),
    leftOut > 0 && h("p", { class: "small soft", key: "left-out" }, t("physician.timeline.leftOut", { count: leftOut })),
  );
}

/** @param {Entry} entry @param {number} index @param {Context} context */
function line({ at, key, who, of, ms }, index, { t, language }) {
  const what = t(key, { who: who ? t(`role.${who}`) : "", what: of ? t(of) : "" });
  return h(
    "tr",
    { key: String(index) },
    h("td", { class: "timeline-when" }, clockTimeToTheSecond(language, instant(at))),
    h("td", null, what),
    h("td", { class: "timeline-lasted" }, ms === null ? "" : elapsed(ms)),
  );
}

/** @param {number} share */
function percent(share) {
  return `${(share * 100).toFixed(2)}%`;
}

/** @param {number} ms */
function instant(ms) {
  return new Date(ms).toISOString();
}
