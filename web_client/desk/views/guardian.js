/** Who a guardian is that the register does not know yet: particulars, relation to the child, and the proof that was seen. */

import { LONGEST_EMAIL } from "../../shared/contact.js";
import { DELEGATED } from "../../shared/kinship.js";
import { h, icon } from "../../shared/ui/dom.js";
import { LANGUAGES, proofsFor } from "../booking.js";
import { choices, field, text } from "./parts.js";

/** @typedef {import("../booking.js").Booking} Booking */
/** @typedef {Pick<import("../view.js").Context, "t">} Words */

/** @param {Words} context @param {Booking["guardian"]} guardian @param {(guardian: Booking["guardian"]) => void} change @param {(id: string) => string | null} wrong */
export function guardianFields({ t }, guardian, change, wrong) {
  return h(
    "div",
    { class: "stack-tight", key: "guardian" },
    field(t("desk.guardian.name"), "guardian-name", wrong("guardian-name"), text({ id: "guardian-name", value: guardian.name, wrong: wrong("guardian-name"), oninput: (name) => change({ ...guardian, name }) })),
    field(t("desk.guardian.phone"), "guardian-phone", wrong("guardian-phone"), text({ id: "guardian-phone", type: "tel", inputmode: "tel", value: guardian.phone, wrong: wrong("guardian-phone"), oninput: (phone) => change({ ...guardian, phone }) })),
    field(t("desk.guardian.email"), "guardian-email", wrong("guardian-email"), text({ id: "guardian-email", type: "email", inputmode: "email", maxlength: LONGEST_EMAIL, value: guardian.email, wrong: wrong("guardian-email"), oninput: (email) => change({ ...guardian, email }) })),
    choices({ name: "guardian-language", legend: t("desk.guardian.language"), value: guardian.language, inline: true, options: LANGUAGES.map((value) => ({ value, text: t(`desk.language.${value}`) })), onchoose: (language) => change({ ...guardian, language }) }),
  );
}

/**
 * @param {Words} context @param {import("../booking.js").Offer | null} offer @param {readonly string[]} kinds @param {Booking["relation"]} relation
 * @param {(relation: Booking["relation"]) => void} change @param {(id: string) => string | null} wrong
 */
export function relationFields({ t }, offer, kinds, relation, change, wrong) {
  return h(
    "div",
    { class: "stack-tight", key: "relation" },
    choices({ name: "relation-kind", legend: t("desk.relation"), value: relation.kind, wrong: wrong("relation-kind"), inline: true, options: kinds.map((value) => ({ value, text: t(`letter.relation.${value}`) })), onchoose: (kind) => change({ ...relation, kind }) }),
    choices({ name: "relation-proof", legend: t("desk.proof.seen"), value: relation.proof, wrong: wrong("relation-proof"), inline: true, options: proofsFor(offer, relation.kind).map((value) => ({ value, text: t(`desk.proof.${value}`) })), onchoose: (proof) => change({ ...relation, proof }) }),
    relation.kind === DELEGATED && h("p", { class: "notice", key: "delegated" }, icon("info"), h("span", null, t("desk.delegated"))),
  );
}
