/** What is being booked at the desk: what is missing, what is sent, and what a refusal leaves. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { bookingBody, changed, departmentsFor, fieldsOf, KINDS, LANGUAGES, missing, noBooking, proofsFor, relationsFor, slotAfter, slotsWanted } from "../../web_client/desk/booking.js";
import { DELEGATED, GUARDIANS, SEXES } from "../../web_client/shared/kinship.js";
import { dayOf, dayText, later, momentText, timeText, yearsOn } from "../../web_client/desk/days.js";
import { byReason } from "../../web_client/desk/refusals.js";
import { hasText } from "../../web_client/shared/i18n/i18n.js";

const TODAY = "2026-11-23";
const OFFER = {
  departments: [
    { id: "d1", name: "内分泌科", name_en: "E", fields: ["growth", "nutrition"] },
    { id: "d2", name: "营养科", name_en: "N", fields: ["nutrition"] },
  ],
  physicians: [],
  fields: ["growth", "nutrition", "skin"],
  proofs: ["other"],
  delegated_adults: false,
};
const FAMILY = { child: { id: "c" }, guardian: { id: "g" }, relation: { kind: "mother", proof: "other" } };
const SLOT = { id: "s", physician: "p", department: "d1", field: "growth", starts_at: "", ends_at: "" };
const KNOWN = { ...noBooking(), family: FAMILY, field: "growth", department: "d1", slot: SLOT };
const NEW = {
  ...KNOWN,
  family: null,
  who: "new",
  child: { name: " 赵小雨 ", sex: "female", birth_date: "2020-02-29" },
  guardian: { name: "赵敏", phone: "139-1111 2222", email: "", language: "zh" },
  relation: { kind: "mother", proof: "other" },
};

test("what is missing is named in the order it is filled in", () => {
  assert.deepEqual(missing(noBooking(), TODAY), ["family", "field"]);
  assert.deepEqual(missing({ ...noBooking(), who: "new", field: "growth" }, TODAY), [
    "child-name", "child-sex", "child-birth", "guardian-name", "guardian-phone", "relation-kind", "relation-proof", "department",
  ]);
  assert.deepEqual(missing({ ...KNOWN, slot: null }, TODAY), ["slot"]);
  assert.deepEqual(missing(KNOWN, TODAY), []);
  assert.deepEqual(missing(NEW, TODAY), []);
});

test("a birth after today and a number with letters cannot be right", () => {
  assert.deepEqual(missing({ ...NEW, child: { ...NEW.child, birth_date: "2026-11-24" } }, TODAY), ["child-birth"]);
  assert.deepEqual(missing({ ...NEW, child: { ...NEW.child, birth_date: TODAY } }, TODAY), []);
  for (const phone of ["1391111222a", "1234", "", "+"]) assert.deepEqual(missing({ ...NEW, guardian: { ...NEW.guardian, phone } }, TODAY), ["guardian-phone"], phone);
});

test("a known family is sent by its ids, a new one by who they are and how they are related", () => {
  assert.deepEqual(bookingBody(KNOWN), { slot: "s", kind: "first", child: "c", guardian: "g" });
  assert.deepEqual(bookingBody(NEW), {
    slot: "s",
    kind: "first",
    new_child: { name: "赵小雨", sex: "female", birth_date: "2020-02-29" },
    new_guardian: { name: "赵敏", phone: "13911112222", language: "zh" },
    relation: { kind: "mother", proof: "other" },
  });
});

test("where and in which language a new guardian is written to goes along, if it can be right", () => {
  const said = { ...NEW, guardian: { ...NEW.guardian, email: " zhao@example.com ", language: "en" } };
  assert.deepEqual(bookingBody(said).new_guardian, { name: "赵敏", phone: "13911112222", language: "en", email: "zhao@example.com" });
  assert.deepEqual(missing(said, TODAY), []);
  assert.deepEqual(missing({ ...said, guardian: { ...said.guardian, email: "zhao@" } }, TODAY), ["guardian-email"]);
});

test("a sibling comes with the guardian who is known, another guardian with the child who is", () => {
  const sibling = bookingBody({ ...NEW, family: FAMILY, who: "new_child" });
  assert.deepEqual([sibling.guardian, sibling.new_child.name, sibling.child, sibling.relation.kind], ["g", "赵小雨", undefined, "mother"]);
  const other = bookingBody({ ...NEW, family: FAMILY, who: "new_guardian" });
  assert.deepEqual([other.child, other.new_guardian.name, other.guardian], ["c", "赵敏", undefined]);
  assert.deepEqual(missing({ ...NEW, who: "new_guardian" }, TODAY), ["family"]);
});

test("a field that one department has is that department's; another field lets slot and physician go", () => {
  assert.deepEqual(fieldsOf(OFFER), ["growth", "nutrition"]);
  assert.deepEqual(departmentsFor(null, "growth"), []);
  const growth = changed(noBooking(), { field: "growth" }, OFFER);
  assert.equal(growth.department, "d1");
  const chosen = { ...growth, physician: "p", slot: SLOT };
  const nutrition = changed(chosen, { field: "nutrition" }, OFFER);
  assert.deepEqual([nutrition.department, nutrition.physician, nutrition.slot], ["d1", "", null]);
  assert.equal(changed(noBooking(), { field: "nutrition" }, OFFER).department, "", "two have it");
  assert.equal(changed(chosen, { kind: "advice" }, OFFER).slot, SLOT);
});

test("a slot stays with its own physician only", () => {
  assert.equal(changed(KNOWN, { physician: "p" }, OFFER).slot, SLOT);
  assert.equal(changed(KNOWN, { physician: "q" }, OFFER).slot, null);
  assert.equal(changed({ ...KNOWN, physician: "p" }, { physician: "" }, OFFER).slot, SLOT);
});

test("a delegated adult comes where the hospital allows it, with the written delegation and nothing else", () => {
  const allowed = { ...OFFER, delegated_adults: true };
  assert.deepEqual(relationsFor(OFFER), GUARDIANS);
  assert.deepEqual(relationsFor(allowed), [...GUARDIANS, DELEGATED]);
  const delegated = changed(NEW, { relation: { kind: DELEGATED, proof: "other" } }, allowed);
  assert.deepEqual([delegated.relation.proof, proofsFor(allowed, DELEGATED)], ["written_delegation", ["written_delegation"]]);
  assert.equal(changed(delegated, { relation: { ...delegated.relation, kind: "mother" } }, allowed).relation.proof, "");
  assert.equal(changed(NEW, { relation: { kind: "father", proof: "other" } }, allowed).relation.proof, "other");
});

test("only what is said against the slot itself lets it go", () => {
  for (const code of ["slot_taken", "schedule_closed", "physician_busy", "in_the_past", "beyond_horizon"]) assert.equal(slotAfter(SLOT, code), null, code);
  for (const code of ["training_expired", "network", "precondition_failed"]) assert.equal(slotAfter(SLOT, code), SLOT, code);
});

test("slots are asked for once it is known for what", () => {
  assert.equal(slotsWanted(changed(noBooking(), { field: "nutrition" }, OFFER)), null);
  assert.deepEqual(slotsWanted(KNOWN), { field: "growth", department: "d1" });
  assert.deepEqual(slotsWanted({ ...KNOWN, physician: "p" }), { field: "growth", department: "d1", physician: "p" });
});

test("days and times are the hospital's, wherever the page is", () => {
  assert.deepEqual([dayOf("2026-11-22T15:59:59Z"), dayOf("2026-11-22T16:00:00Z")], ["2026-11-22", "2026-11-23"]);
  assert.deepEqual([later("2026-11-30", 1), later("2026-01-01", -1), later("2028-02-28", 1)], ["2026-12-01", "2025-12-31", "2028-02-29"]);
  assert.equal(timeText("en", "2026-11-22T16:05:00Z"), "00:05");
  assert.equal(momentText("zh", "2026-11-22T16:05:00Z"), "11月23日星期一 00:05");
  assert.match(dayText("en", "2026-11-23"), /Monday.* 23 November/);
});

test("a birthday counts from its day on", () => {
  assert.deepEqual([yearsOn("2018-03-05", "2026-03-04"), yearsOn("2018-03-05", "2026-03-05")], [7, 8]);
});

test("refusals read by reason, the most frequent first, its last day first", () => {
  const reasons = ["a", "b"].map((code) => ({ code, zh: code, en: code }));
  const counts = [["2026-11-20", "a", 2], ["2026-11-22", "a", 1], ["2026-11-21", "b", 9]].map(([day, code, count]) => ({ day, code, count }));
  assert.deepEqual(byReason({ counts, reasons }).map(({ code, total, days }) => [code, total, ...days.map(({ day }) => day)]), [
    ["b", 9, "2026-11-21"],
    ["a", 3, "2026-11-22", "2026-11-20"],
  ]);
});

test("everything that can be chosen or missing has its words", () => {
  for (const kind of KINDS) assert.ok(hasText(`desk.kind.${kind}`), kind);
  for (const sex of SEXES) assert.ok(hasText(`desk.sex.${sex}`), sex);
  for (const kind of [...GUARDIANS, DELEGATED]) assert.ok(hasText(`letter.relation.${kind}`), kind);
  for (const proof of ["household_register", "birth_certificate", "court_order", "other", "written_delegation", "declared"]) assert.ok(hasText(`desk.proof.${proof}`), proof);
  const all = [...missing({ ...noBooking(), who: "new", field: "growth" }, TODAY), ...missing(noBooking(), TODAY), "slot", "guardian-email"];
  for (const language of LANGUAGES) assert.ok(hasText(`desk.language.${language}`), language);
  for (const id of all) assert.ok(hasText(`desk.missing.${id}`), id);
});
