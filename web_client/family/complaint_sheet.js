/** The complaint: filed by the tap that opens this, with its number; words may follow, and the hospital's answer is read here. */

import { current, filesAnew } from "../shared/concerns.js";
import { dayAndTime } from "../shared/i18n/i18n.js";
import { dialog } from "../shared/ui/dialog.js";
import { h, icon } from "../shared/ui/dom.js";
import { button } from "./frame.js";

/** @typedef {import("./frame.js").Scene} Scene */

/** @param {Scene} scene */
export function complaintSheet(scene) {
  const { state, t, emit } = scene;
  const { queue, away, refused } = state.complaints;
  const close = () => emit({ type: "close_sheet" });
  const filing = queue.some(({ fact }) => fact === "filed");
  const one = current(state.complaints);
  return dialog(
    { key: "complaint", title: t("family.complaint.title"), onclose: close },
    refused !== null && h("p", { class: "notice notice-warn", role: "alert", key: "refused" }, icon("warn"), t("family.complaint.refused")),
    filing && h("p", { class: away ? "notice notice-warn" : "working", role: "status", key: "filing" }, away && icon("offline"), t(away ? "family.complaint.away" : "family.complaint.filing")),
    one && complaint(scene, one),
    !one && !filing && h("p", { key: "withdrawn" }, t("family.complaint.withdrawn")),
    h(
      "div",
      { class: "dialog-actions" },
      filesAnew(state.complaints) && h("button", { type: "button", class: "button button-block", key: "new", onclick: () => emit({ type: "complain" }) }, t("family.complaint.another")),
      button("plain", close, t("common.close")),
    ),
  );
}

/** @param {Scene} scene @param {import("../shared/api.js").Concern} one */
function complaint({ state, t, emit }, one) {
  const { language, complaints, complaintText: text } = state;
  const adding = complaints.queue.some(({ concern }) => concern === one.id);
  const said = one.words.length > 0 || adding;
  return h(
    "div",
    { class: "stack", key: one.id },
    h(
      "p",
      { class: "notice", role: "status", key: "number" },
      icon("check"),
      h("span", null, t("family.complaint.number"), " ", h("strong", { class: "figures complaint-number" }, one.number), " ", h("span", { class: "small soft" }, t(`family.complaint.state.${one.state}`))),
    ),
    h("p", { class: "small soft", key: "who" }, t("family.complaint.who")),
    one.words.map(({ source, at, text: words }) =>
      h(
        "div",
        { class: `complaint-words${source === "guardian" ? "" : " complaint-answer"}`, key: at + source },
        h("p", { class: "small soft" }, t(source === "guardian" ? "family.complaint.you" : "family.complaint.hospital"), " · ", dayAndTime(language, at)),
        h("p", { class: "written", lang: "zh-CN" }, words),
      ),
    ),
    h(
      "div",
      { class: "field", key: "more" },
      h("label", { for: "complaint-text" }, t("family.complaint.more")),
      h("textarea", {
        class: "input",
        id: "complaint-text",
        rows: "3",
        maxlength: "2000",
        value: text,
        oninput: (/** @type {Event} */ event) => emit({ type: "complaint_text", text: /** @type {HTMLTextAreaElement} */ (event.currentTarget).value }),
      }),
    ),
    h(
      "div",
      { class: "stack-tight", key: "acts" },
      button("primary", () => text.trim() && emit({ type: "complaint_add", concern: one.id }), t("family.complaint.send"), {
        busy: adding && t(complaints.away ? "family.complaint.awayShort" : "common.working"),
        disabled: text.trim() === "",
        key: "send",
      }),
      one.state === "open" && !said && button("quiet", () => emit({ type: "complaint_withdraw", concern: one.id }), t("family.complaint.withdraw"), { key: "withdraw" }),
    ),
  );
}

/** On the pages after the end: the one tap, or how it stands. @param {Scene} scene */
export function complaintLine({ state, t, emit }) {
  const one = current(state.complaints);
  const words = one ? t(`family.complaint.line.${one.state}`, { number: one.number }) : t("family.complaint.tap");
  return h("button", { type: "button", class: "button button-quiet button-block", key: "complaint", onclick: () => emit({ type: "complain" }) }, icon("help"), words);
}
