/** What the family reads after the end: the physician's words, oldest first, and what to watch for. Chinese, with English beside it when that is the page's language. */

import { dayAndTime } from "../shared/i18n/i18n.js";
import { h, icon } from "../shared/ui/dom.js";

/** @typedef {import("./frame.js").Scene} Scene */
/** @typedef {import("../shared/api.js").Summary} Summary */

/** @param {Scene} scene */
export function wordsForFamily({ state, t }) {
  const { summary } = state;
  if (!summary || summary.told.length === 0) return null;
  return h(
    "section",
    { class: "card stack", key: "summary", "aria-labelledby": "told-title" },
    h("h2", { id: "told-title" }, t("family.ended.completed.summary")),
    summary.told.map(({ source, text, at }, n) =>
      h(
        "div",
        { class: "stack-tight", key: at + source },
        n > 0 && h("h3", null, t("family.ended.told.added", { time: dayAndTime(state.language, at) })),
        h("p", { class: "written", lang: "zh-CN" }, text),
      ),
    ),
    h("p", { class: "small soft" }, t("family.ended.completed.by", { physician: summary.physician, hospital: summary.hospital })),
  );
}

/** @param {Scene} scene */
export function safetyNet({ state, t }) {
  const { summary } = state;
  if (!summary) return h("p", { class: "with-icon", key: "net" }, icon("hospital"), h("span", null, t("family.ended.urgent")));
  return h(
    "section",
    { class: "stack-tight", key: "net", "aria-labelledby": "net-title" },
    h("h2", { id: "net-title" }, t("family.ended.referred.safety")),
    h(
      "ul",
      null,
      summary.safety_net.map((line) =>
        h("li", { key: line.en }, line.zh, state.language === "en" && h("span", { class: "small soft beside", lang: "en" }, line.en)),
      ),
    ),
  );
}
