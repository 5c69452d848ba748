/**
 * What the coordinator tells of a referral, in an open card: a call, that it was received, an appointment. What closes a referral or
 * opens it again is asked for once more, in another place. The words stay in their field until the server has them.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Line} Line
 * @typedef {import("./state.js").Fact} Fact
 * @typedef {import("./state.js").Asked} Asked
 * @typedef {import("./view.js").Context} Context
 */

import { appointmentOf } from "../shared/receipts.js";
import { h } from "../shared/ui/dom.js";
import { factsFor } from "./state.js";

/** @param {State} state @param {Line} line @param {Context} context */
export function telling(state, line, { t, emit }) {
  const id = `words-${line.referral}`;
  const asking = state.asking?.referral === line.referral ? state.asking.fact : null;
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const words = field(form, "words");
    const fact = /** @type {Fact} */ (asking ?? event.submitter?.getAttribute("value") ?? "contacted");
    const appointmentAt = fact === "booked" ? appointmentOf(field(form, "when")?.value ?? "") : null;
    emit({ type: "tell", referral: line.referral, fact, appointmentAt, words: words?.value.trim() ?? "", sent: () => words && (words.value = "") });
  };
  /** @param {Asked | null} fact */
  const ask = (fact) => () => emit({ type: "ask", referral: line.referral, fact });
  const busy = state.busy !== null;
  return h(
    "form",
    { class: "stack-tight", key: "telling", onsubmit: submit },
    h("div", { class: "field", key: "words" }, h("label", { for: id }, t("coordinator.words")), h("input", { class: "input", id, name: "words", maxlength: "500", autocomplete: "off" })),
    asking
      ? h("div", { class: "stack-tight coordination-words", key: `asking-${asking}` }, question(line, asking, t, busy, ask(null)))
      : h(
          "div",
          { class: "row coordination-acts", key: "facts" },
          factsFor(line).map((fact) =>
            fact === "contacted" || fact === "received"
              ? h("button", { type: "submit", value: fact, class: `button${fact === "contacted" ? "" : " button-quiet"}`, disabled: busy, key: fact }, t(`coordinator.tell.${fact}`))
              : h("button", { type: "button", class: "button button-quiet", disabled: busy, key: fact, onclick: ask(fact) }, t(`coordinator.tell.${fact}`)),
          ),
        ),
  );
}

/** @param {Line} line @param {Asked} fact @param {Context["t"]} t @param {boolean} busy @param {() => void} back */
function question(line, fact, t, busy, back) {
  const when = `when-${line.referral}`;
  return [
    h("p", { key: "question", role: "status" }, t(`coordinator.asking.${fact}`)),
    h("button", { type: "button", class: "button button-quiet", disabled: busy, key: "back", onclick: back }, t("coordinator.asking.back")),
    fact === "booked" && h("div", { class: "field", key: "when" }, h("label", { for: when }, t("coordinator.when")), h("input", { class: "input", id: when, name: "when", type: "datetime-local", required: true })),
    h("button", { type: "submit", class: "button button-primary", disabled: busy, key: "confirm" }, t(`coordinator.confirm.${fact}`)),
  ];
}

/** @param {HTMLFormElement} form @param {string} name @returns {HTMLInputElement | null} */
function field(form, name) {
  return /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));
}
