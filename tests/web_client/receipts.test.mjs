import assert from "node:assert/strict";
import { test } from "node:test";

import { stepsOf } from "../../web_client/shared/receipts.js";

const AT = "2026-11-22T06:18:00.000Z";
const told = (state, appointment = null) => ({ state, at: AT, appointment_at: appointment });
const shown = (receipt, ...receipts) => stepsOf({ issued_at: AT, receipt, receipts }).map(({ state, done }) => (done ? state : `(${state})`));

test("what is still to come stands after what was told, and sending is never promised", () => {
  assert.deepEqual(shown("issued"), ["issued", "(received)", "(booked)", "(seen)"]);
  assert.deepEqual(shown("sent", told("sent")), ["issued", "sent", "(received)", "(booked)", "(seen)"]);
});

test("a step that was passed over is not shown", () => {
  assert.deepEqual(shown("seen", told("received"), told("seen")), ["issued", "received", "seen"]);
  assert.deepEqual(shown("booked", told("received"), told("booked")), ["issued", "received", "booked", "(seen)"]);
});

test("a step has its time, a booking its appointment, and the last one reached is the present one", () => {
  const steps = stepsOf({ issued_at: AT, receipt: "booked", receipts: [told("received"), told("booked", "2026-11-25T01:00:00Z")] });
  assert.deepEqual(steps.filter(({ current }) => current), [{ state: "booked", at: AT, appointmentAt: "2026-11-25T01:00:00Z", done: true, current: true }]);
  assert.equal(steps[0].at, AT);
});

test("a letter of an older server without times still shows where it is", () => {
  assert.deepEqual(stepsOf({ issued_at: AT, receipt: "received" }).map(({ state, done, at }) => [state, done, at]), [
    ["issued", true, AT], ["received", true, null], ["booked", false, null], ["seen", false, null],
  ]);
});
