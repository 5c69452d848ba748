/**
 * What the cards of the coordinator's page have in common: the family's number, the button that opens a card, the rest of a list.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./view.js").Context} Context
 */

import { h, icon } from "../shared/ui/dom.js";
import { shownOf } from "./state.js";

/**
 * Masked until it is asked for, which the server writes down.
 *
 * @param {State} state @param {string} id the referral's or the concern's @param {import("./view.js").Intent} reveal
 * @param {boolean} pressing whether to call is what the card is for @param {Context} context
 */
export function phone(state, id, reveal, pressing, { t, emit }) {
  const whole = state.phones[id];
  if (whole) return h("a", { class: "button button-primary", key: "call", href: `tel:${whole}` }, icon("phone"), t("coordinator.call", { phone: whole }));
  return h(
    "button",
    { type: "button", class: `button${pressing ? " button-primary" : ""}`, key: "reveal", disabled: state.busy !== null, onclick: () => emit(reveal) },
    icon("phone"),
    t("coordinator.reveal"),
  );
}

/** Opens the card of that id, or closes it. @param {string} id @param {boolean} opened @param {string} words @param {Context} context */
export function toggle(id, opened, words, { t, emit }) {
  return h(
    "button",
    { type: "button", class: "button button-quiet", key: "toggle", "aria-expanded": String(opened), "aria-controls": opened ? `card-${id}` : null, onclick: () => emit({ type: "toggle", id }) },
    opened ? t("coordinator.close") : words,
  );
}

/** The rest of a list, a step at a time. @param {State} state @param {import("./state.js").List} list @param {readonly unknown[]} lines @param {Context} context */
export function further(state, list, lines, { t, emit }) {
  const { further: n } = shownOf(state, list, lines);
  return n > 0 && h("button", { type: "button", class: "button button-block", key: "further", onclick: () => emit({ type: "further", list }) }, t("coordinator.further", { n }));
}
