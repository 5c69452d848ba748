import assert from "node:assert/strict";
import { test } from "node:test";

import { appointmentFrom, ASK_AGAIN_MS, isOutside, isStale, NO_APPOINTMENT, opensInMs, spans, startsInMs } from "../../web_client/family/countdown.js";
import { initialState, reduce, screenOf } from "../../web_client/family/state.js";

const HOUR = 3_600_000;
const VISIT = { id: "v1", field: "growth", starts_at: "2026-11-23T01:30:00.000Z", child: "张*明", guardian: "李*", physician: { name: "王芳", title: "主任医师", hospital: "h", licence: "1" } };

/** @param {object} [changed] */
const status = (changed) => ({
  visit: VISIT, role: "guardian", state: "waiting", outcome: null, child_confirmed: true, consents: { consultation: "given", recording: "given" }, letter: null, summary: false,
  starts_in_ms: 2 * HOUR, opens_in_ms: 1.5 * HOUR, ...changed,
}); // prettier-ignore

/** @param {...object} events */
const after = (...events) => events.reduce((/** @type {any} */ state, event) => reduce(state, /** @type {any} */ (event)), initialState("zh", true));

const EARLY = { type: "opened", status: status(), nowMs: 1_000 };

test("hours before the visit the page counts down, on its own clock", () => {
  const state = after(EARLY);
  assert.equal(screenOf(state), "early");
  assert.equal(opensInMs(state), 1.5 * HOUR);
  const later = reduce(state, { type: "tick", nowMs: 1_000 + HOUR });
  assert.equal(opensInMs(later), HOUR / 2);
  assert.equal(startsInMs(later), HOUR);
});

test("at its time the countdown gives way by itself", () => {
  const state = after(EARLY, { type: "tick", nowMs: 1_000 + 1.5 * HOUR });
  assert.equal(screenOf(state), "devices");
  assert.equal(opensInMs(state), 0);
  assert.equal(startsInMs({ ...state, nowMs: 9 * HOUR }), 0);
});

test("who opens the link in time sees no countdown, nor does one whose server says nothing of it", () => {
  assert.equal(screenOf(after({ ...EARLY, status: status({ opens_in_ms: 0 }) })), "devices");
  assert.equal(screenOf(after({ type: "opened", status: status({ opens_in_ms: undefined, starts_in_ms: undefined }) })), "devices");
  assert.equal(startsInMs(after({ type: "opened", status: status({ starts_in_ms: undefined }) })), 0);
});

test("what is still to be answered comes before the countdown", () => {
  assert.equal(screenOf(after({ ...EARLY, status: status({ child_confirmed: false }) })), "child");
  const answered = after({ ...EARLY, status: status({ child_confirmed: false }) }, { type: "child_answered", right: true });
  assert.equal(screenOf(answered), "early");
});

test("a child that was denied on another device is asked about anew", () => {
  assert.equal(screenOf(after(EARLY, { type: "status", status: status({ child_confirmed: false }), nowMs: 5_000 })), "child");
});

test("the devices are tried early, and the page comes back to the countdown", () => {
  const testing = after(EARLY, { type: "test_early" });
  assert.equal(screenOf(testing), "devices");
  assert.equal(testing.appointment.testing, true);
  const tested = reduce(testing, { type: "tested", works: true });
  assert.equal(screenOf(tested), "early");
  assert.deepEqual([tested.appointment.testing, tested.appointment.tested], [false, true]);
  assert.equal(reduce(testing, { type: "tested", works: false }).appointment.tested, false);
});

test("when the time comes while they are tried, the test is the way in", () => {
  const state = after(EARLY, { type: "test_early" }, { type: "tick", nowMs: 2 * HOUR });
  assert.equal(screenOf(state), "devices");
  assert.equal(state.appointment.testing, false);
});

test("who wants to go in earlier may", () => {
  const state = after(EARLY, { type: "enter_early" });
  assert.equal(screenOf(state), "devices");
  assert.equal(screenOf(reduce(state, { type: "tick", nowMs: 2_000 })), "devices");
});

test("a move is shown on the countdown, and counted from then on", () => {
  const moved = status({ visit: { ...VISIT, starts_at: "2026-11-24T01:30:00.000Z" }, opens_in_ms: 24 * HOUR, starts_in_ms: 24.5 * HOUR });
  const state = after(EARLY, { type: "status", status: moved, nowMs: 5_000 });
  assert.equal(state.appointment.moved, true);
  assert.equal(opensInMs(state), 24 * HOUR);
  assert.equal(after(EARLY, { type: "status", status: status(), nowMs: 5_000 }).appointment.moved, false);
});

test("a physician who is early opens the waiting room", () => {
  assert.equal(screenOf(after(EARLY, { type: "status", status: status({ opens_in_ms: 0 }), nowMs: 5_000 })), "devices");
});

test("a move is shown in the waiting room at once, and one to another day leads out of it", () => {
  const room = after({ ...EARLY, status: status({ opens_in_ms: 0 }) }, { type: "entered" }, { type: "message", message: { type: "moved", seq: 3, starts_at: "2026-11-24T01:30:00.000Z" }, nowMs: 2_000 });
  assert.equal(screenOf(room), "waiting");
  assert.deepEqual([room.status?.visit.starts_at, room.appointment.moved], ["2026-11-24T01:30:00.000Z", true]);
  const out = reduce(room, { type: "outside", status: /** @type {any} */ (status({ visit: { ...VISIT, starts_at: "2026-11-24T01:30:00.000Z" } })), nowMs: 3_000 });
  assert.equal(screenOf(out), "early");
  assert.deepEqual([out.session, out.connection, out.appointment.moved], [null, "idle", true]);
});

test("a visit that is called off meanwhile has ended", () => {
  assert.equal(screenOf(after(EARLY, { type: "status", status: status({ state: "ended", outcome: "cancelled", opens_in_ms: 0 }), nowMs: 5_000 })), "ended");
});

test("what the server said is asked for again while somebody waits outside", () => {
  assert.equal(isStale({ appointment: { ...NO_APPOINTMENT, heardAtMs: 1 }, nowMs: ASK_AGAIN_MS }), false);
  assert.equal(isStale({ appointment: { ...NO_APPOINTMENT, heardAtMs: 0 }, nowMs: ASK_AGAIN_MS }), true);
  assert.deepEqual(["early", "devices", "room", "consent"].map((stage) => isOutside({ stage })), [true, true, false, false]);
  assert.equal(appointmentFrom(NO_APPOINTMENT, status(), 7, false).heardAtMs, 7);
});

test("a duration is said in its two largest units, rounded up", () => {
  /** @param {number} ms */
  const said = (ms) => {
    const { days, hours, minutes, seconds, form } = spans(ms);
    return { days: `${days} ${hours}`, hours: `${hours} ${minutes}`, minutes: `${minutes} ${seconds}` }[form] + ` ${form}`;
  };
  assert.equal(said(0), "0 0 minutes");
  assert.equal(said(59_001), "1 0 minutes");
  assert.equal(said(HOUR - 1), "1 0 hours");
  assert.equal(said(24 * HOUR - 1), "1 0 days");
  assert.equal(said(HOUR), "1 0 hours");
  assert.equal(said(HOUR + 1), "1 1 hours");
  assert.equal(said(25 * HOUR), "1 1 days");
  assert.equal(said(24 * HOUR + 1), "1 1 days");
});
