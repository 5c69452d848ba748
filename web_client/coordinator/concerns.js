/**
 * Complaints and incidents on the coordinator's page: those that wait for an answer first, each with all that was said of it, the
 * family's number to call, and a field for the answer once that is asked for.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("../shared/api.js").ConcernLine} Line
 * @typedef {import("./view.js").Context} Context
 */

import { dayAndTime, hasText } from "../shared/i18n/i18n.js";
import { h, icon } from "../shared/ui/dom.js";
import { further, phone, toggle } from "./parts.js";
import { shownOf } from "./state.js";

/** @param {State} state @param {{concerns: readonly Line[], moreConcerns: boolean}} data @param {Context} context */
export function concerns(state, { concerns: lines, moreConcerns }, context) {
  const { t } = context;
  if (lines.length === 0) return null;
  const open = lines.filter((line) => line.state === "open").length;
  return h(
    "section",
    { key: "concerns", class: "stack", "aria-labelledby": "concerns-title" },
    h("h2", { id: "concerns-title", class: open > 0 ? "coordination-alarm" : "" }, open > 0 && icon("warn"), t(open > 0 ? "coordinator.concerns.open" : "coordinator.concerns.none", { open })),
    moreConcerns && h("p", { class: "notice notice-warn", key: "more" }, icon("warn"), h("span", null, t("coordinator.concerns.more"))),
    h("div", { class: "coordination-cards" }, shownOf(state, "concerns", lines).shown.map((line) => card(state, line, context))),
    further(state, "concerns", lines, context),
  );
}

/** @param {State} state @param {Line} line @param {Context} context */
function card(state, line, context) {
  const { t, language } = context;
  const opened = state.opened.has(line.id);
  return h(
    "article",
    { key: line.id, class: "card stack-tight", "aria-label": line.number },
    h(
      "div",
      { class: "row" },
      h("span", { class: `tag ${line.state === "open" ? "tag-warn" : "tag-good"}` }, t(`coordinator.concern.state.${line.state}`)),
      h("b", null, line.kind === "complaint" ? t("coordinator.concern.complaint") : `${t("coordinator.concern.incident")} · ${t(`physician.incident.${line.category}`)}`),
      h("span", { class: "figures small soft" }, line.number),
    ),
    h(
      "p",
      { class: "small soft" },
      [dayAndTime(language, line.at), line.child, `${line.guardian} ${line.phone}`, t(`field.${line.field}`), line.physician, t(`coordinator.concern.from.${line.source}`)].join(" · "),
    ),
    line.words.length === 0 && h("p", { class: "soft", key: "wordless" }, t("coordinator.concern.wordless")),
    line.words.map((said) =>
      h(
        "div",
        { key: said.at + said.source, class: `coordination-words${said.source === "coordinator" ? " coordination-answer" : ""}` },
        h("p", { class: "small soft" }, t(`coordinator.concern.from.${said.source}`), " · ", dayAndTime(language, said.at)),
        h("p", { class: "written", lang: "zh-CN" }, said.text),
      ),
    ),
    state.problem?.referral === line.id && h("p", { class: "field-error", key: "problem", role: "alert" }, icon("warn"), t(hasText(`error.${state.problem.code}`) ? `error.${state.problem.code}` : "error.unknown")),
    line.state !== "withdrawn" &&
      h(
        "div",
        { class: "row coordination-acts", key: "acts" },
        phone(state, line.id, { type: "reveal_concern", concern: line.id }, false, context),
        toggle(line.id, opened, t(line.kind === "complaint" ? "coordinator.concern.toAnswer" : "coordinator.concern.toNote"), context),
      ),
    line.state !== "withdrawn" && opened && h("div", { key: "opened", id: `card-${line.id}` }, answering(state, line, context)),
  );
}

/** @param {State} state @param {Line} line @param {Context} context */
function answering(state, line, { t, emit }) {
  const id = `answer-${line.id}`;
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const field = /** @type {HTMLTextAreaElement} */ (/** @type {HTMLFormElement} */ (event.currentTarget).elements.namedItem("text"));
    if (field.value.trim() === "") return;
    emit({ type: "answer", concern: line.id, text: field.value, sent: () => (field.value = "") });
  };
  return h(
    "form",
    { class: "stack-tight", key: "answering", onsubmit: submit },
    h("label", { for: id }, t(line.kind === "complaint" ? "coordinator.concern.answerFamily" : "coordinator.concern.answer")),
    h("textarea", { class: "input", id, name: "text", rows: "2", maxlength: "2000" }),
    h("button", { type: "submit", class: `button${line.state === "open" ? " button-primary" : ""}`, disabled: state.busy !== null }, t("coordinator.concern.send")),
  );
}
