/** How often what was asked for was refused, and why: by reason, then by day. Counts of nobody. */

import { h } from "../../shared/ui/dom.js";
import { byReason } from "../refusals.js";
import { heading, refusal } from "./parts.js";

/** @param {import("../state.js").State} state @param {import("../view.js").Context} context */
export function refusalsPanel(state, context) {
  const { t, language } = context;
  const { refusals } = state;
  if (!refusals)
    return [heading(context, t("desk.refusals")), refusal(state, context), !state.problem && h("p", { class: "working", role: "status", key: "loading" }, t("desk.loading"))];
  const rows = byReason(refusals);
  return [
    heading(context, t("desk.refusals")),
    h("p", { class: "soft small", key: "since" }, t("desk.refusals.since", { since: refusals.since, until: refusals.until })),
    rows.length === 0
      ? h("p", { class: "soft", key: "none" }, t("desk.refusals.none"))
      : h(
          "table",
          { class: "desk-table", key: "table" },
          h("caption", { class: "visually-hidden" }, t("desk.refusals")),
          h("thead", null, h("tr", null, ["reason", "total", "days"].map((column) => h("th", { scope: "col", key: column }, t(`desk.refusals.${column}`))))),
          h(
            "tbody",
            null,
            rows.map(({ code, zh, en, total, days }) =>
              h(
                "tr",
                { key: code },
                h("th", { scope: "row" }, language === "zh" ? zh : en, h("span", { class: "small soft desk-under" }, code)),
                h("td", { class: "figures" }, total),
                h("td", { class: "figures small" }, days.map(({ day, count }) => h("span", { class: "desk-under", key: day }, `${day.slice(5)} × ${count}`))),
              ),
            ),
          ),
        ),
  ];
}
