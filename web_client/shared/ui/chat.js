/**
 * The written conversation, the same on the family's and the physician's page. It renders messages and emits what was typed; an
 * unsent text stays in its field because the field is never redrawn.
 */

import { h, icon } from "./dom.js";

/** @typedef {import("./dom.js").VNode} VNode */
/** @typedef {import("../i18n/i18n.js").Translate} Translate */
/** @typedef {{id: string, role: string, text: string, at: string, pending?: boolean, failed?: boolean}} ChatLine */

/**
 * @param {{t: Translate, lines: readonly ChatLine[], own: string, disabled?: boolean, onsend: (text: string) => void,
 *          time: (rfc3339: string) => string}} options  `own`: the reader's role; `time`: shows a moment to the reader
 * @returns {VNode}
 */
export function chat({ t, lines, own, disabled = false, onsend, time }) {
  return h(
    "section",
    { class: "chat", "aria-label": t("chat.title"), key: "chat" },
    h(
      "ol",
      { class: "chat-lines", role: "log", "aria-live": "polite", tabindex: "0", "aria-label": t("chat.messages"), "data-count": lines.length, mount: keepAtEnd },
      lines.length === 0 && h("li", { class: "chat-empty soft", key: "empty" }, t("chat.empty")),
      lines.map((line) => chatLine(t, line, own, time)),
    ),
    chatForm(t, disabled, onsend),
  );
}

/** @param {Translate} t @param {ChatLine} line @param {string} own @param {(at: string) => string} time */
function chatLine(t, line, own, time) {
  const mine = line.role === own;
  return h(
    "li",
    { key: line.id, class: `chat-line${mine ? " chat-line-own" : ""}` },
    h("span", { class: "chat-who" }, mine ? t("chat.me") : t(`role.${line.role}`), " ", h("time", { datetime: line.at }, time(line.at))),
    h("span", { class: "chat-text" }, line.text),
    line.pending && h("span", { class: "chat-state", key: "pending" }, t("chat.sending")),
    line.failed && h("span", { class: "chat-state chat-state-failed", key: "failed" }, t("chat.failed")),
  );
}

/** @param {Translate} t @param {boolean} disabled @param {(text: string) => void} onsend */
function chatForm(t, disabled, onsend) {
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("text"));
    const text = field.value.trim();
    if (text === "" || disabled) return;
    onsend(text);
    field.value = "";
    field.focus();
  };
  return h(
    "form",
    { class: "chat-form", onsubmit: submit, autocomplete: "off" },
    h("input", { class: "input", name: "text", maxlength: "2000", "aria-label": t("chat.write"), placeholder: t("chat.write"), enterkeyhint: "send", disabled }),
    h("button", { class: "button button-primary chat-send", type: "submit", disabled, "aria-label": t("chat.send") }, icon("send")),
  );
}

/** Follow the newest message unless the reader has scrolled up. @param {HTMLElement} list */
function keepAtEnd(list) {
  let atEnd = true;
  list.addEventListener("scroll", () => {
    atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  });
  new MutationObserver(() => {
    if (atEnd) list.scrollTop = list.scrollHeight;
  }).observe(list, { childList: true });
  requestAnimationFrame(() => {
    list.scrollTop = list.scrollHeight;
  });
}
