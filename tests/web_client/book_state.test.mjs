import assert from "node:assert/strict";
import { test } from "node:test";

import { hasText } from "../../web_client/shared/i18n/i18n.js";
import { before, daysOf, groupsOf, hospitalsOf, initial, keptOf, progressOf, reduce, requestOf, restored, settled, wrongOf } from "../../web_client/book/state.js";
import { dayOf, dayTime, isMorning, shortDay, timeOf } from "../../web_client/book/words.js";
import { HOSPITALS, MADE, NAMES, SLOTS, SPECIALISTS, stateOf } from "./preview/book_states.mjs";

const after = (state, ...changes) => changes.reduce(reduce, state);
const over = (state) => restored(initial("zh", true), JSON.parse(JSON.stringify(keptOf(state))));
const FIELD = { outcome: "field", field: "growth", why: [], safety_net: [] };

test("an emergency is told at once, whatever is still unanswered, and leads nowhere else", () => {
  const state = stateOf("emergency", "zh");
  assert.equal(state.screen, "answer");
  for (const screen of ["hospital", "specialist", "time", "details"]) assert.equal(settled(state, screen), "answer");
});

test("in-person care is told when everything is answered, not before", () => {
  const route = { outcome: "in_person", field: null, why: [], safety_net: [] };
  const state = stateOf("signs", "zh");
  assert.equal(after(state, { type: "answered", link: "now", answer: ["dry"] }, { type: "routed", complete: false, route }).screen, "group_concern");
  assert.equal(stateOf("in-person", "zh").screen, "answer");
});

test("nobody gets past a screen that is not answered", () => {
  const state = stateOf("signs", "zh");
  for (const screen of ["group_concern", "answer", "details", "nonsense"]) assert.equal(settled(state, screen), "group_now");
  assert.equal(settled(stateOf("field", "zh"), "details"), "hospital");
  assert.equal(settled(stateOf("hospitals", "zh"), "time"), "hospital");
  assert.equal(settled(stateOf("times", "zh"), "details"), "time");
});

test("another answer leads anew, and what was chosen stays as long as it leads to the same field", () => {
  const chosen = stateOf("details-typed", "zh");
  const changed = after(chosen, { type: "went", screen: "group_concern" }, { type: "answered", link: "concern", answer: "growth" });
  assert.equal(settled(changed, "details"), "group_concern");
  const same = after(changed, { type: "routed", complete: true, route: FIELD });
  assert.equal(settled(same, "details"), "details");
  const other = after(changed, { type: "routed", complete: true, route: { ...FIELD, field: "nutrition" } });
  assert.deepEqual([other.hospital, other.specialist, other.slot], [HOSPITALS[0], null, null]);
  const nowhere = after(changed, { type: "routed", complete: true, route: { ...FIELD, field: "skin" } });
  assert.deepEqual([nowhere.hospital, nowhere.slot, nowhere.details.child_name], [null, null, "陈小雨"]);
});

test("another hospital or specialist takes the former one's times away, the same one does not", () => {
  const chosen = stateOf("details", "zh");
  assert.equal(after(chosen, { type: "specialist", specialist: SPECIALISTS[0] }).slot?.id, SLOTS[1].id);
  const other = after(chosen, { type: "specialist", specialist: SPECIALISTS[1] });
  assert.deepEqual([other.slot, other.times.state, other.screen], [null, "none", "time"]);
  assert.equal(after(chosen, { type: "hospital", hospital: HOSPITALS[1] }).specialists.state, "none");
});

test("only hospitals that see the field are offered", () => {
  assert.deepEqual(hospitalsOf(stateOf("hospitals", "zh")), HOSPITALS);
  const nutrition = { ...stateOf("hospitals", "zh"), route: { ...FIELD, field: "nutrition" } };
  assert.deepEqual(hospitalsOf(nutrition), HOSPITALS.slice(0, 1));
});

test("a time that was taken meanwhile leads to the others, and everything typed stays", () => {
  const state = stateOf("time-gone", "zh");
  assert.deepEqual([state.screen, state.notice?.code, state.slot, state.pending, state.sending], ["time", "time_gone", null, null, "no"]);
  const again = after(state, { type: "slot", slot: SLOTS[3] });
  assert.deepEqual([again.screen, again.notice, again.details], ["details", null, stateOf("details-typed", "zh").details]);
});

test("every refusal leads to where something can be done about it, with words", () => {
  const sent = stateOf("sending", "zh");
  const where = {
    slot_taken: "time", slot_unknown: "time", schedule_closed: "time", physician_busy: "time", in_the_past: "time", beyond_horizon: "time",
    invalid: "details", age_outside_limits: "details", child_too_old: "details", too_many_attempts: "details", not_found: "hospital",
    questionnaire_changed: "group_now", needs_emergency_care: "group_now", needs_in_person_care: "group_now", field_not_routed: "group_now",
    not_whitelisted: "specialist", department_closed: "specialist", visit_open: "specialist", something_new: "specialist",
  }; // prettier-ignore
  for (const [code, screen] of Object.entries(where)) {
    const state = after(sent, { type: "refused", code, words: "…", wrong: {} });
    assert.equal(state.screen, screen, code);
    assert.equal(settled(state, screen), screen, code);
    assert.ok(state.notice && (state.notice.words !== "" || hasText(`book.notice.${state.notice.code}`)), code);
    assert.deepEqual([state.sending, state.pending, state.details], ["no", null, sent.details], code);
  }
});

test("without an answer nothing can be changed, only sent again, also after a reload", () => {
  const unsure = stateOf("unsure", "zh");
  const form = { type: "form", form: unsure.form };
  const back = after(over(unsure), form);
  assert.deepEqual([back.sending, back.pending, back.screen], ["unsure", unsure.pending, "details"]);
  assert.equal(after(over(stateOf("sending", "zh")), form).sending, "unsure");
});

test("a reload loses nothing that was answered, chosen or typed", () => {
  for (const name of ["concern", "field", "hospitals", "specialists", "times", "details-typed"]) {
    const state = stateOf(name, "zh");
    const back = after(over(state), { type: "form", form: state.form });
    for (const kept of ["screen", "answers", "route", "field", "hospital", "specialist", "slot", "details"]) assert.deepEqual(back[kept], state[kept], `${name}: ${kept}`);
  }
});

test("once booked, only the visit is kept, and back stays there", () => {
  const state = stateOf("done", "zh");
  assert.deepEqual(keptOf(state), { made: MADE });
  assert.equal(over(state).screen, "done");
  for (const screen of ["details", "group_now", ""]) assert.equal(settled(state, screen), "done");
  assert.equal(before(state), null);
  const anew = after(state, { type: "anew" });
  assert.deepEqual([anew.made, anew.screen, anew.details.child_name], [null, "group_now", ""]);
});

test("what was not kept by this page restores nothing", () => {
  const fresh = initial("zh", true);
  for (const kept of [null, 3, "x", [], { screen: 3 }, { screen: "details", answers: null }]) assert.deepEqual(restored(fresh, kept), fresh);
  assert.equal(after(restored(fresh, { screen: "details", answers: {}, details: { phone: 7 } }), { type: "form", form: stateOf("signs", "zh").form }).screen, "group_now");
});

test("another version of the questions is answered anew; another language is not", () => {
  const state = stateOf("details-typed", "zh");
  assert.equal(after(state, { type: "form", form: { ...state.form, language: "en" } }).screen, "details");
  const newer = after(state, { type: "form", form: { ...state.form, version: "routing-2027-1" } });
  assert.deepEqual([newer.screen, newer.answers, newer.details.child_name], ["group_now", {}, "陈小雨"]);
});

test("later days join the earlier ones and are shown", () => {
  const later = { id: "t-later", starts_at: "2026-12-02T01:00:00Z", ends_at: "2026-12-02T01:30:00Z" };
  const state = after(stateOf("times", "zh"), { type: "times", items: [later], next: null, more: true });
  assert.deepEqual([state.times.items.length, state.day, state.nextDay], [SLOTS.length + 1, "2026-12-02", null]);
  const none = after(stateOf("times", "zh"), { type: "times", items: [], next: null, more: true });
  assert.equal(none.day, "2026-11-23");
});

test("the page's own back goes one screen back, and the steps are counted", () => {
  assert.deepEqual(["signs", "concern", "field", "hospitals", "times", "details"].map((name) => before(stateOf(name, "zh"))), [null, "group_now", "group_concern", "answer", "specialist", "time"]);
  assert.deepEqual(["concern", "field", "hospitals", "details"].map((name) => progressOf(stateOf(name, "zh")).n), [1, 1, 2, 5]);
  assert.deepEqual(groupsOf(stateOf("opening", "zh")), []);
});

test("what is plainly wrong is told before it is sent", () => {
  const fine = stateOf("details-typed", "zh").details;
  assert.deepEqual(wrongOf(fine, "2026-11-22"), {});
  assert.deepEqual(wrongOf({ ...fine, phone: "139 1234-5678" }, "2026-11-22"), {});
  assert.deepEqual(wrongOf({ ...fine, child_name: " ", birth_date: "2026-11-23", guardian_name: "陈1", phone: "12912345678" }, "2026-11-22"), { child_name: "required", birth_date: "in_future", guardian_name: "not_a_name", phone: "not_a_phone" });
  assert.deepEqual(wrongOf({ ...fine, email: "" }, "2026-11-22"), {});
  assert.deepEqual(wrongOf({ ...fine, email: "chen@" }, "2026-11-22"), { email: "not_an_email" });
  for (const code of ["required", "too_long", "not_a_name", "not_a_choice", "not_a_day", "in_future", "grown_up", "not_a_phone", "not_an_email"]) assert.ok(hasText(`book.fault.${code}`), code);
});

test("what is sent is the answers, the slot and the details, and nothing without a slot", () => {
  const state = stateOf("details-typed", "zh");
  assert.deepEqual(requestOf(state), { version: "routing-2026-1", sha256: "ab", language: "zh", answers: { now: ["none"], concern: "growth" }, complete: true, slot: SLOTS[1].id, ...state.details });
  assert.equal(requestOf(stateOf("times", "zh")), null);
});

test("days and times are the hospital's, wherever the phone is", () => {
  assert.equal(dayOf("2026-11-22T16:30:00Z"), "2026-11-23");
  assert.equal(timeOf("zh", "2026-11-22T16:30:00Z"), "00:30");
  assert.equal(dayTime("zh", "2026-11-23T01:00:00Z"), "11月23日 星期一 09:00");
  assert.deepEqual(shortDay("zh", "2026-11-23"), { weekday: "周一", date: "11/23" });
  assert.deepEqual(["2026-11-22T16:30:00Z", "2026-11-23T03:59:00Z", "2026-11-23T04:00:00Z"].map(isMorning), [true, true, false]);
  assert.deepEqual(daysOf(SLOTS).slice(0, 2), ["2026-11-23", "2026-11-24"]);
});

test("every state of the gallery is one that the page can be in", () => {
  for (const name of NAMES) {
    const state = stateOf(name, "en");
    if (state.form) assert.equal(settled(state, state.screen), state.screen, name);
  }
});
