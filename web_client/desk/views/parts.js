/** What the panels share: their heading, a field, a choice, a list of free slots, what was refused. */

import { hasText } from "../../shared/i18n/i18n.js";
import { h, icon } from "../../shared/ui/dom.js";
import { dayOf, dayText, momentText, timeText } from "../days.js";
import { standing } from "../state.js";

/** @typedef {import("../view.js").Context} Context */
/** @typedef {import("../state.js").State} State */
/** @typedef {import("../state.js").Slot} Slot */
/** @typedef {import("../state.js").Visit} Visit */

/** With a way back, which Esc is too. @param {Context} context @param {string} title @param {import("../state.js").Panel | null} [back] */
export function heading({ t, emit }, title, back = null) {
  return h(
    "div",
    { class: "spread", key: "heading" },
    h("h2", { id: "panel-title", tabindex: "-1", mount: focusSoon }, title),
    h("button", { type: "button", class: "button button-quiet", onclick: () => emit({ type: "panel", panel: back }) }, t(back ? "common.back" : "common.close"), h("kbd", null, "Esc")),
  );
}

/** @param {HTMLElement} element */
export function focusSoon(element) {
  requestAnimationFrame(() => element.isConnected && element.focus({ preventScroll: true }));
}

/** @param {string} label @param {string} id @param {string | null} wrong @param {import("../../shared/ui/dom.js").Child} input */
export function field(label, id, wrong, input) {
  return h(
    "div",
    { class: "field", key: id },
    h("label", { for: id }, label),
    input,
    wrong && h("p", { class: "field-error small", id: `${id}-wrong`, key: "wrong" }, wrong),
  );
}

/**
 * @param {{id: string, value: string, wrong: string | null, oninput: (value: string) => void, type?: string, max?: string, inputmode?: string, maxlength?: number,
 *          onenter?: () => void}} options
 */
export function text({ id, value, wrong, oninput, type = "text", max, inputmode, maxlength = 100, onenter }) {
  return h("input", {
    class: "input",
    id,
    type,
    value,
    max,
    inputmode,
    maxlength: type === "date" ? null : String(maxlength),
    autocomplete: "off",
    "aria-invalid": wrong ? "true" : null,
    "aria-describedby": wrong ? `${id}-wrong` : null,
    oninput: (/** @type {Event} */ event) => oninput(/** @type {HTMLInputElement} */ (event.target).value),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || event.isComposing || !onenter) return;
      event.preventDefault();
      onenter();
    },
  });
}

/**
 * One of a few, as radio buttons under a legend.
 *
 * @param {{name: string, legend: string, value: string, wrong?: string | null, options: readonly {value: string, text: import("../../shared/ui/dom.js").Child}[],
 *          onchoose: (value: string) => void, inline?: boolean}} choice
 */
export function choices({ name, legend, value, wrong = null, options, onchoose, inline = false }) {
  return h(
    "fieldset",
    { class: `desk-choices${inline ? " desk-choices-inline" : ""}`, key: name, id: name, "aria-invalid": wrong ? "true" : null, "aria-describedby": wrong ? `${name}-wrong` : null },
    h("legend", { class: "label" }, legend),
    options.map((option) =>
      h(
        "label",
        { class: "choice", key: option.value },
        h("input", { type: "radio", name, value: option.value, checked: value === option.value, onchange: () => onchoose(option.value) }),
        h("span", null, option.text),
      ),
    ),
    wrong && h("p", { class: "field-error small", key: "wrong", id: `${name}-wrong` }, wrong),
  );
}

/**
 * Free slots by their day.
 *
 * @param {State} state @param {Context} context @param {{name: string, chosen: Slot | null, wrong?: string | null, onchoose: (slot: Slot) => void}} options
 */
export function slotChoices(state, { t, language }, { name, chosen, wrong = null, onchoose }) {
  const { slots, offer } = state;
  if (slots === null || slots.items === null) return h("p", { class: "working", role: "status", key: name, id: name }, t("desk.slots.loading"));
  if (slots.items.length === 0) return h("p", { class: "notice notice-warn", key: name, id: name, role: "status" }, icon("info"), h("span", null, t("desk.slots.none")));
  const days = [...new Set(slots.items.map(({ starts_at }) => dayOf(starts_at)))];
  const physician = new Map((offer?.physicians ?? []).map((each) => [each.id, each.name]));
  const many = new Set(slots.items.map((each) => each.physician)).size > 1;
  return h(
    "fieldset",
    { class: "desk-slots", key: name, id: name, "aria-invalid": wrong ? "true" : null },
    h("legend", { class: "label" }, t("desk.slots.title")),
    wrong && h("p", { class: "field-error small", key: "wrong" }, wrong),
    days.map((day) =>
      h(
        "div",
        { key: day, class: "desk-slots-day", role: "group", "aria-label": dayText(language, day) },
        h("p", { class: "small soft" }, dayText(language, day)),
        h(
          "div",
          { class: "desk-slots-times" },
          slots.items
            ?.filter(({ starts_at }) => dayOf(starts_at) === day)
            .map((slot) =>
              h(
                "label",
                { class: "choice desk-slot figures", key: slot.id },
                h("input", { type: "radio", class: "visually-hidden", name: `${name}-slot`, checked: chosen?.id === slot.id, onchange: () => onchoose(slot) }),
                h("span", null, timeText(language, slot.starts_at), many && h("span", { class: "small desk-under" }, physician.get(slot.physician) ?? "")),
              ),
            ),
        ),
      ),
    ),
    slots.more && h("p", { class: "small soft", key: "more" }, t("desk.slots.more")),
  );
}

/** How a join link stands. @param {Visit["link"]} link @param {Context} context */
export function linkText(link, { t, language }) {
  if (!link) return t("desk.link.none");
  return link.redeemed_at ? t("desk.link.redeemed", { time: momentText(language, link.redeemed_at) }) : t("desk.link.open", { time: momentText(language, link.expires_at) });
}

/** What the server said against it, in words; fields are named beside theirs, too. @param {State} state @param {Context} context */
export function refusal({ problem }, { t }) {
  if (!problem) return null;
  const own = `desk.error.${problem.code}`;
  const said = hasText(own) ? t(own) : problem.detail || t("desk.error.unknown");
  return h(
    "div",
    { class: "notice notice-danger", key: "refusal", role: "alert" },
    icon("warn"),
    h(
      "div",
      { class: "stack-tight" },
      h("p", null, said),
      problem.at.length > 0 && h("ul", { class: "small" }, problem.at.map(({ pointer, detail }) => h("li", { key: pointer }, `${pointer.replace("#/", "").replaceAll("/", " · ")}: ${detail}`))),
    ),
  );
}

/** The panel's one act. @param {State} state @param {Context} context @param {{text: string, tone?: string, intent: import("../view.js").Intent, disabled?: boolean}} act */
export function act(state, { t, emit }, { text: said, tone = "button-primary", intent, disabled = false }) {
  return h(
    "button",
    { type: "button", class: `button ${tone} button-block button-large`, key: "act", disabled: state.busy || disabled, onclick: () => emit(intent) },
    state.busy ? t("common.working") : said,
  );
}

/** @type {Readonly<Record<string, string>>} */
const TONES = Object.freeze({ here: "tag-accent", under_way: "tag-accent", text: "tag-accent", joined: "tag-good", completed: "tag-good", cancelled: "", no_show: "tag-warn" });

/** @param {Context["t"]} t @param {import("../state.js").Visit} visit */
export function standingTag(t, visit) {
  const word = standing(visit);
  return h("span", { class: `tag ${TONES[word] ?? ""}` }, t(`desk.standing.${word}`));
}
