import assert from "node:assert/strict";
import { test } from "node:test";

import { hasText } from "../../web_client/shared/i18n/i18n.js";
import { reduce, wordsOf } from "../../web_client/change/state.js";
import { SLOTS } from "./preview/book_states.mjs";
import { APPOINTMENT, stateOf } from "./preview/change_states.mjs";

const after = (name, ...changes) => changes.reduce(reduce, stateOf(name, "zh"));

test("a time that is gone is chosen anew, and the visit stays as it was", () => {
  for (const code of ["slot_taken", "physician_busy", "slot_unknown", "in_the_past", "beyond_horizon", "schedule_closed"]) {
    const state = after("moving", { type: "refused", code });
    assert.deepEqual([state.screen, state.slot, state.times.state, state.notice, state.busy], ["times", null, "none", "time_gone", false], code);
    assert.equal(state.appointment, APPOINTMENT);
  }
});

test("without an answer the chosen time stays chosen, to be sent again", () => {
  const state = stateOf("unsure", "zh");
  assert.deepEqual([state.screen, state.slot, state.notice, state.busy], ["times", SLOTS[3], "network", false]);
});

test("every other refusal is said where the visit is shown, in words", () => {
  for (const code of ["visit_under_way", "not_allowed", "too_many_attempts", "precondition_failed", "network", "something_new"]) {
    const state = after("cancel", { type: "sending" }, { type: "refused", code });
    assert.deepEqual([state.screen, state.notice], ["shown", code]);
    assert.ok(hasText(wordsOf(code)), code);
  }
  assert.equal(after("cancel", { type: "refused", code: "session_ended" }).notice, "");
});

test("a visit that has begun has no button that would be refused again", () => {
  assert.deepEqual(after("cancel", { type: "sending" }, { type: "refused", code: "visit_under_way" }).appointment?.may, { move: false, cancel: false });
});

test("a visit that was moved is shown with its new time, and former times are forgotten", () => {
  const state = stateOf("moved", "zh");
  assert.deepEqual([state.screen, state.moved, state.appointment?.revision, state.times.state, state.slot], ["shown", true, 2, "none", null]);
  assert.equal(after("moved", { type: "go", screen: "times" }).moved, false);
});

test("later days join the earlier ones and are shown; none leaves the day as it was", () => {
  const later = { id: "t-later", starts_at: "2026-12-02T01:00:00Z", ends_at: "2026-12-02T01:30:00Z" };
  const state = after("times", { type: "times", items: [later], next: null, more: true });
  assert.deepEqual([state.day, state.times.items.length, state.nextDay], ["2026-12-02", SLOTS.length, null]);
  assert.equal(after("times", { type: "times", items: [], next: null, more: true }).day, "2026-11-23");
  assert.equal(after("times", { type: "day", day: "2026-11-24" }, { type: "language", language: "en" }).day, "2026-11-24");
});
