/** Operations' page: what is wrong, how old the table is, and in which order it stands. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  gateVerdict,
  initial,
  inOrder,
  judge,
  presenceVerdict,
  rateVerdict,
  recordingVerdict,
  reduce,
  sessionVerdict,
  STALE_AFTER_MS,
  stateVerdict,
  workerVerdict,
  worst,
} from "../../web_client/ops/state.js";
import { staleS } from "../../web_client/shared/staff/entry.js";

const leg = (more = {}) => ({
  seat: "guardian",
  presence: "present",
  up_bps: 1_000_000,
  down_bps: 1_000_000,
  up_loss: 0,
  down_loss: 0,
  rtt_ms: 30,
  jitter_ms: 5,
  ...more,
});
const session = (more = {}) => ({
  session: "aaaaaaaa",
  state: "live",
  gate: true,
  recording: "running",
  age_s: 10,
  legs: [leg()],
  ...more,
});
const ME = { name: "赵工", role: "operations" };
const after = (...events) => events.reduce(reduce, initial());
const data = (atMs, sessions = []) => ({ type: "data", data: { sessions, workers: [] }, atMs });

describe("the page", () => {
  test("signs in, and out to nothing", () => {
    assert.equal(after({ type: "signed_in", me: ME, atMs: 0 }).screen, "open");
    assert.deepEqual(after({ type: "signed_in", me: ME, atMs: 0 }, data(5), { type: "signed_out" }), {
      ...initial(),
      screen: "sign_in",
      nowMs: 5,
    });
  });
  test("says how old the table is once answers stay away, and stops when they are back", () => {
    const waiting = after({ type: "signed_in", me: ME, atMs: 0 }, data(1000), { type: "tick", atMs: 3000 });
    assert.equal(staleS(waiting, STALE_AFTER_MS), null);
    const stale = reduce(waiting, { type: "tick", atMs: 9000 });
    assert.equal(staleS(stale, STALE_AFTER_MS), 8);
    assert.equal(staleS(reduce(stale, data(9100)), STALE_AFTER_MS), null);
    assert.equal(staleS(after({ type: "tick", atMs: 9000 }), STALE_AFTER_MS), null);
  });
});

describe("what is wrong", () => {
  test("figures have two limits; an unknown one is not wrong", () => {
    assert.deepEqual(
      [null, 0.029, 0.03, 0.1].map((value) => judge("loss", value)),
      ["fine", "fine", "warn", "bad"],
    );
    assert.deepEqual(
      [399, 400, 800].map((value) => judge("rtt", value)),
      ["fine", "warn", "bad"],
    );
    assert.deepEqual(
      [49, 50, 120].map((value) => judge("jitter", value)),
      ["fine", "warn", "bad"],
    );
  });
  test("somebody missing matters once the visit has begun", () => {
    const away = leg({ presence: "absent" });
    const verdicts = [{ state: "waiting" }, { state: "text" }, {}].map((more) => presenceVerdict(session(more), away));
    assert.deepEqual(verdicts, ["fine", "fine", "bad"]);
    assert.deepEqual(
      [presenceVerdict(session(), leg({ presence: "doubtful" })), presenceVerdict(session(), leg())],
      ["warn", "fine"],
    );
  });
  test("a present device that sends next to nothing is noticed, one that may not send is not", () => {
    assert.equal(rateVerdict(session(), leg({ up_bps: 100 })), "warn");
    assert.equal(rateVerdict(session(), leg()), "fine");
    assert.equal(rateVerdict(session({ gate: false }), leg({ up_bps: 100 })), "fine");
    assert.equal(rateVerdict(session(), leg({ up_bps: null })), "fine");
    assert.equal(rateVerdict(session(), leg({ up_bps: 0, presence: "absent" })), "fine");
  });
  test("a gate against its state is a fault either way", () => {
    assert.deepEqual(
      [
        gateVerdict(session({ gate: false })),
        gateVerdict(session({ state: "held", gate: true })),
        gateVerdict(session({ state: "verifying" })),
        gateVerdict(session({ state: "waiting", gate: false })),
      ],
      ["bad", "bad", "fine", "fine"],
    );
  });
  test("so is an open gate without a recording", () => {
    assert.deepEqual(
      [
        recordingVerdict(session({ recording: "starting" })),
        recordingVerdict(session({ recording: "lost", gate: false })),
        recordingVerdict(session({ recording: "off", gate: false })),
        recordingVerdict(session()),
      ],
      ["bad", "bad", "fine", "fine"],
    );
  });
  test("a hold wants attention", () =>
    assert.deepEqual([stateVerdict(session({ state: "held" })), stateVerdict(session())], ["warn", "fine"]));
  test("workers: running is fine, starting and draining are on their way, all else is a fault", () => {
    assert.deepEqual(
      ["running", "starting", "draining", "lost"].map((state) => workerVerdict({ name: "w", state, rooms: 0 })),
      ["fine", "warn", "warn", "bad"],
    );
  });
  test("a session is as bad as the worst of it", () => {
    assert.equal(sessionVerdict(session()), "fine");
    assert.equal(sessionVerdict(session({ legs: [leg(), leg({ down_loss: 0.05 })] })), "warn");
    assert.equal(sessionVerdict(session({ legs: [leg({ jitter_ms: 60 }), leg({ rtt_ms: 900 })] })), "bad");
    assert.equal(worst([]), "fine");
  });
});

test("lines keep their places: the oldest first", () => {
  const order = inOrder([
    session({ session: "b", age_s: 5 }),
    session({ session: "a", age_s: 5 }),
    session({ session: "c", age_s: 50 }),
  ]);
  assert.deepEqual(
    order.map(({ session: id }) => id),
    ["c", "a", "b"],
  );
});

test("an incident is chosen, on its way, recorded with a number, or to be chosen again; signing out forgets it", () => {
  const after = (...events) => events.reduce(reduce, initial()).incidents;
  const tapped = { type: "incident", session: "a" };
  const recording = { type: "recording", session: "a", category: "privacy" };
  const recorded = { type: "recorded", session: "a", number: "SJ-1" };
  const failed = { type: "not_recorded", session: "a", code: "network" };
  assert.deepEqual(after(tapped), { a: { category: null, number: null, failed: false } });
  assert.deepEqual(after(tapped, tapped), {});
  assert.deepEqual(after(tapped, recording), { a: { category: "privacy", number: null, failed: false } });
  assert.deepEqual(after(tapped, recording, tapped), after(recording));
  assert.deepEqual(after(recording, recorded, tapped), { a: { category: "privacy", number: "SJ-1", failed: false } });
  assert.deepEqual(after(recording, failed), { a: { category: "privacy", number: null, failed: true } });
  assert.deepEqual(after(recording, failed, tapped), {});
  assert.deepEqual(after(recording, { type: "signed_out" }), {});
});
