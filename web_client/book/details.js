/** Who the child and the guardian are; and, once it is booked, the visit's own link and how to keep it. */

import { LONGEST_EMAIL } from "../shared/contact.js";
import { GUARDIANS, SEXES } from "../shared/kinship.js";
import { h, icon } from "../shared/ui/dom.js";
import { backButton, noticeOf, primary, quiet, title } from "./frame.js";
import { dayOf, dayTime } from "./words.js";

/** @typedef {import("./frame.js").Scene} Scene */
/** @typedef {import("./state.js").DetailName} DetailName */
/** @typedef {import("./state.js").Made} Made */

const NEEDED = Object.freeze([["shield", "proof"], ["person", "child"], ["eye", "place"], ["phone", "phone"], ["document", "records"]]);

/** @param {Scene} scene */
export function detailsScreen(scene) {
  const { state, t, emit } = scene;
  const unsure = state.sending === "unsure";
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    emit({ type: "book" });
  };
  return [
    h("div", { key: "head" }, title(t("book.details.title"))),
    noticeOf(scene),
    chosen(scene),
    h(
      "form",
      { class: "stack-wide", key: "form", novalidate: true, onsubmit: submit },
      h(
        "fieldset",
        { class: "bare stack-wide", disabled: state.sending !== "no", key: "fields" },
        h("section", { class: "card stack", "aria-label": t("book.details.child") }, h("h2", null, t("book.details.child")), entry(scene, "child_name", { autocomplete: "off" }), choices(scene, "sex", SEXES), entry(scene, "birth_date", { type: "date", max: dayOf(Date.now()) })),
        h(
          "section",
          { class: "card stack", "aria-label": t("book.details.guardian") },
          h("h2", null, t("book.details.guardian")),
          entry(scene, "guardian_name", { autocomplete: "name" }),
          choices(scene, "relation", GUARDIANS),
          entry(scene, "phone", { type: "tel", inputmode: "tel", autocomplete: "tel" }),
          entry(scene, "email", { type: "email", inputmode: "email", autocomplete: "email", maxlength: LONGEST_EMAIL }),
        ),
      ),
      h("p", { class: "notice", key: "proof" }, icon("shield"), h("span", null, t("book.details.proof"))),
      unsure &&
        h("div", { class: "notice notice-warn", role: "alert", key: "unsure" }, icon("offline"), h("div", { class: "stack-tight" }, h("p", null, h("strong", null, t("book.details.unsure.title"))), h("p", null, t("book.details.unsure.body")))),
      h(
        "div",
        { class: "stack-tight actions", key: "actions" },
        primary(t(unsure ? "book.details.again" : "book.details.submit"), null, { busy: state.sending === "sending" && t("book.details.submitting") }),
        h("p", { class: "small soft center" }, t("book.details.privacy")),
        state.sending === "no" && backButton(scene),
      ),
    ),
  ];
}

/** @param {Scene} scene */
function chosen({ state, t, emit }) {
  const { slot, specialist, hospital, language } = state;
  if (!slot || !specialist || !hospital) return null;
  const zh = language === "zh";
  return h(
    "section",
    { class: "card chosen", key: "chosen", "aria-label": t("book.details.chosen") },
    h("div", null, h("p", null, h("strong", null, dayTime(language, slot.starts_at))), h("p", { class: "soft" }, `${specialist.name} ${zh ? specialist.title : t(`book.rank.${specialist.rank}`)}`), h("p", { class: "soft" }, zh ? hospital.name : hospital.name_en || hospital.name)),
    state.sending === "no" && h("button", { type: "button", class: "button", onclick: () => emit({ type: "go", screen: "time" }) }, t("book.details.change")),
  );
}

/** @param {Scene} scene @param {DetailName} name @param {import("../shared/ui/dom.js").Props} props */
function entry({ state, t, emit }, name, props) {
  const wrong = state.wrong[name];
  const hinted = name === "child_name" || name === "phone" || name === "email";
  return h(
    "div",
    { class: "field", key: name },
    h("label", { for: name }, t(`book.details.${name}`)),
    hinted && h("p", { class: "hint", key: "hint", id: `hint-${name}` }, t(`book.details.${name}.hint`)),
    h("input", {
      id: name, name, class: "input", type: "text", value: state.details[name], maxlength: 60, "aria-invalid": wrong && "true",
      "aria-describedby": [hinted && `hint-${name}`, wrong && `fault-${name}`].filter(Boolean).join(" ") || null, ...props,
      oninput: (/** @type {Event} */ event) => emit({ type: "typed", name, value: /** @type {HTMLInputElement} */ (event.currentTarget).value }),
    }), // prettier-ignore
    complaint(t, name, wrong),
  );
}

/** @param {Scene} scene @param {"sex" | "relation"} name @param {readonly string[]} values */
function choices({ state, t, emit }, name, values) {
  const wrong = state.wrong[name];
  return h(
    "fieldset",
    { class: "bare", key: name, "aria-describedby": wrong && `fault-${name}` },
    h("legend", { class: "label" }, t(`book.details.${name}`)),
    h(
      "div",
      { class: "short-choices" },
      values.map((value) =>
        h("label", { class: "choice", key: value }, h("input", { type: "radio", name, checked: state.details[name] === value, onchange: () => emit({ type: "typed", name, value }) }), h("span", null, t(`book.${name}.${value}`))),
      ),
    ),
    complaint(t, name, wrong),
  );
}

/** @param {Scene["t"]} t @param {DetailName} name @param {string | undefined} wrong */
function complaint(t, name, wrong) {
  return wrong && h("p", { class: "field-error", role: "alert", key: "fault", id: `fault-${name}` }, t(`book.fault.${wrong}`));
}

// --- done --------------------------------------------------------------------------------------------------------------

/** @param {Scene} scene */
export function doneScreen(scene) {
  const { state, t, emit } = scene;
  const made = /** @type {Made} */ (state.made);
  const zh = state.language === "zh";
  return [
    h("div", { class: "notice notice-good", role: "status", key: "head" }, icon("check"), title(t("book.done.title"))),
    h(
      "section",
      { class: "card", key: "visit" },
      h(
        "dl",
        { class: "facts" },
        fact(t("book.done.when"), dayTime(state.language, made.starts_at)),
        fact(t("book.done.who"), `${made.physician.name} ${zh ? made.physician.title : t(`book.rank.${made.physician.rank}`)}`),
        fact(t("book.done.where"), zh ? made.hospital.name : made.hospital.name_en || made.hospital.name),
        made.hospital.phone && fact(t("book.done.call"), h("a", { class: "figures", href: `tel:${made.hospital.phone}` }, made.hospital.phone)),
      ),
    ),
    made.link === null ? h("p", { class: "notice notice-warn", key: "replaced" }, icon("info"), h("span", null, t("book.done.replaced"))) : keeping(scene, made.link, made.qr),
    h(
      "section",
      { class: "card stack", key: "prepare" },
      h("h2", null, t("book.done.prepare")),
      NEEDED.map(([name, need]) => h("p", { class: "with-icon", key: need }, icon(name), h("span", null, t(`book.done.${need}`)))),
    ),
    h("p", { class: "notice notice-warn", key: "urgent" }, icon("warn"), h("span", null, t("join.urgent"))),
    h("div", { class: "stack-tight actions", key: "actions" }, quiet(t("book.done.another"), () => emit({ type: "another" }), "another")),
  ];
}

/** @param {Scene} scene @param {string} link @param {string | null} qr */
function keeping({ state, t, emit }, link, qr) {
  return h(
    "section",
    { class: "card stack", key: "keeping" },
    h("div", { class: "stack-tight" }, h("h2", null, t("book.done.link.title")), h("p", null, t("book.done.link.body"))),
    h("div", { class: "stack-tight" }, h("label", { class: "visually-hidden", for: "visit-link" }, t("book.done.link.label")), h("input", { class: "input figures small", id: "visit-link", readonly: true, value: link, onfocus: (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.currentTarget).select() }), h("button", { type: "button", class: "button button-primary button-large button-block", onclick: () => emit({ type: "copy", text: link }) }, icon("document"), t("book.done.copy"))),
    state.copied && h("p", { class: "notice notice-good", role: "status", key: "copied" }, icon("check"), h("span", null, t("book.done.copied"))),
    h("div", { class: "keep-ways", key: "ways" }, qr !== null && h("img", { class: "keep-code", src: qr, alt: t("book.done.qr"), key: "qr" }), h("div", { class: "stack-tight" }, h("p", null, t("book.done.qr.keep")), h("p", null, t("book.done.favourite")))),
    h("a", { class: "button button-block", href: link, key: "open" }, icon("arrow"), t("book.done.open")),
  );
}

/** @param {string} name @param {import("../shared/ui/dom.js").Child} value */
function fact(name, value) {
  return h("div", { key: name }, h("dt", null, name), h("dd", null, value));
}
