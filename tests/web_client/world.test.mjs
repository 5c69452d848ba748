import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { watchWorld } from "../../web_client/shared/world.js";

let clockMs = 0;
function begin() {
  const told = [];
  const frame = new EventTarget();
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const network = Object.assign(new EventTarget(), { type: "wifi" });
  const stop = watchWorld({ onnetwork: () => told.push("network"), onwake: (sleptMs) => told.push(sleptMs) }, { frame, page, network, now: () => clockMs });
  return { told, frame, page, network, stop };
}
const pass = (ms) => {
  clockMs += ms;
  mock.timers.tick(1_000);
};

beforeEach(() => {
  clockMs = 0;
  mock.timers.enable({ apis: ["setInterval"] });
});
afterEach(() => mock.timers.reset());

test("being online again, or on another kind of network, is a change of network", () => {
  const { told, frame, network } = begin();
  frame.dispatchEvent(new Event("online"));
  network.type = "cellular";
  network.dispatchEvent(new Event("change"));
  assert.deepEqual(told, ["network", "network"]);
});

test("another estimate of the same network's speed is none, nor does anybody look again", () => {
  const { told, network } = begin();
  network.dispatchEvent(new Event("change"));
  assert.deepEqual(told, []);
});

test("a page that is seen again is told so, one that is hidden is not", () => {
  const { told, page } = begin();
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(told, [0]);
});

test("a page that was frozen, or kept for the back button, missed everything", () => {
  const { told, page, frame } = begin();
  page.dispatchEvent(new Event("resume"));
  pass(1_000);
  frame.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
  frame.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  assert.deepEqual(told, [Infinity, Infinity]);
});

test("a page that is seen twice within a moment is told so twice, as nothing was missed between", () => {
  const { told, page } = begin();
  page.dispatchEvent(new Event("visibilitychange"));
  clockMs += 500;
  page.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(told, [0, 0]);
});

test("one thaw is told once, in whichever order its events come", () => {
  const events = {
    resume: ({ page }) => page.dispatchEvent(new Event("resume")),
    seen: ({ page }) => page.dispatchEvent(new Event("visibilitychange")),
    shown: ({ frame }) => frame.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true })),
    tick: () => mock.timers.tick(1_000),
  };
  for (const [order, sleptMs] of [
    [["resume", "seen", "shown", "tick"], Infinity],
    [["shown", "resume", "seen", "tick"], Infinity],
    [["seen", "resume", "shown", "tick"], 60_000],
    [["tick", "seen", "resume"], 60_000],
  ]) {
    const world = begin();
    clockMs += 61_000;
    for (const event of order) events[event](world);
    assert.deepEqual(world.told, [sleptMs], order.join());
    pass(1_000);
    events.seen(world);
    clockMs += 61_000;
    events.resume(world);
    assert.deepEqual(world.told, [sleptMs, 0, Infinity], "the next is told anew");
    world.stop();
  }
});

test("a clock that was put back hides no later sleep", () => {
  const { told } = begin();
  pass(61_000);
  pass(-3_600_000);
  pass(61_000);
  assert.deepEqual(told, [60_000, 60_000]);
});

test("a clock that jumped more than three seconds tells of a sleep", () => {
  const { told } = begin();
  pass(1_000);
  pass(3_900);
  assert.deepEqual(told, []);
  pass(61_000);
  pass(1_000);
  assert.deepEqual(told, [60_000]);
});

test("after stopping nothing is told", () => {
  const { told, frame, page, stop } = begin();
  stop();
  frame.dispatchEvent(new Event("online"));
  page.dispatchEvent(new Event("resume"));
  pass(61_000);
  assert.deepEqual(told, []);
});

test("where a browser knows nothing of networks the rest is told", () => {
  const frame = new EventTarget();
  const told = [];
  const stop = watchWorld({ onnetwork: () => told.push("network"), onwake: () => {} }, { frame, page: Object.assign(new EventTarget(), { visibilityState: "visible" }), network: null });
  frame.dispatchEvent(new Event("online"));
  stop();
  assert.deepEqual(told, ["network"]);
});
