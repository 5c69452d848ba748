import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Uplink } from "../../web_client/shared/uplink.js";

beforeEach(() => mock.timers.enable({ apis: ["setInterval", "setTimeout"] }));
afterEach(() => mock.timers.reset());

/** A page over a path that bears `estimateBps`, and all it did. */
function page() {
  const world = { nowMs: 0, estimateBps: 2_500_000, sentBps: 2_400_000, state: "connected", peer: 1, bytes: 0, answer: { ok: true }, told: [], carried: [] };
  const uplink = new Uplink({
    stats: async () => ({ state: world.state, peer: world.peer, uplink: { estimateBps: world.estimateBps, bytesSent: world.bytes } }),
    carry: (rung) => world.carried.at(-1) !== rung && world.carried.push(rung),
    tell: async (rung) => {
      world.told.push(rung);
      return world.answer;
    },
    now: () => world.nowMs,
  });
  const pass = async (seconds) => {
    for (let half = 0; half < seconds * 2; half += 1) {
      world.nowMs += 500;
      world.bytes += world.sentBps / 16;
      mock.timers.tick(500);
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
    }
  };
  return { world, uplink, pass };
}

const seat = (role) => ({ role, name: "", connected: true, presence: "present", doubts: [] });
const session = (...rungs) => ({ seats: [seat("guardian"), seat("physician")], rungs });
const DOWN = { from: "guardian", to: "physician", rung: "sound", why: "downlink" };

test("a weak uplink is left for sound within three seconds, told, and taken again", async () => {
  const { world, uplink, pass } = page();
  uplink.welcomed();
  await pass(8);
  assert.deepEqual([world.told, world.carried], [["full"], ["full"]]);
  Object.assign(world, { estimateBps: 130_000, sentBps: 150_000 });
  await pass(3);
  assert.deepEqual([world.told.at(-1), world.carried.at(-1)], ["sound", "sound"]);
  Object.assign(world, { estimateBps: 2_000_000, sentBps: 46_000 });
  await pass(10);
  assert.deepEqual(world.told.slice(-3), ["stills", "low", "full"]);
});

test("what the receivers cannot take is not sent, and not said to be this uplink's weakness", async () => {
  const { world, uplink, pass } = page();
  uplink.welcomed();
  await pass(6);
  uplink.session(session(DOWN), "guardian");
  assert.deepEqual(world.carried, ["full", "sound"]);
  Object.assign(world, { estimateBps: 150_000, sentBps: 46_000 }); // a cap that the receiver's path gave
  await pass(10);
  uplink.session(session({ ...DOWN, rung: "stills" }), "guardian");
  world.sentBps = 110_000;
  await pass(10);
  assert.deepEqual([world.told, world.carried.at(-1)], [["full"], "stills"]);
  uplink.session(session(), "guardian");
  assert.equal(uplink.carried, "full");
});

test("a fall that the receiver's weakness explains is taken back", async () => {
  const { world, uplink, pass } = page();
  uplink.welcomed();
  await pass(6);
  Object.assign(world, { estimateBps: 130_000, sentBps: 150_000 });
  await pass(3);
  assert.equal(world.told.at(-1), "sound");
  uplink.session(session(DOWN), "guardian");
  await pass(1);
  assert.deepEqual([world.told.at(-1), world.carried.at(-1)], ["full", "sound"]);
});

test("sound that the server does not get ends at chat", async () => {
  const { world, uplink, pass } = page();
  Object.assign(world, { estimateBps: null });
  uplink.welcomed();
  for (let second = 0; second < 20; second += 1) {
    uplink.measured([{ role: "physician", up: { loss: 0 } }, { role: "guardian", up: { loss: 0.6 } }], "guardian");
    await pass(1);
  }
  assert.deepEqual(world.told, ["full", "low", "stills", "sound", "chat"]);
});

test("old news of loss says nothing", async () => {
  const { world, uplink, pass } = page();
  world.estimateBps = null;
  uplink.measured([{ role: "guardian", up: { loss: 0.6 } }], "guardian");
  uplink.measured([], "guardian");
  uplink.welcomed();
  await pass(10);
  assert.deepEqual(world.told, ["full"]);
});

test("a connection that is interrupted or new keeps its rung and gets time", async () => {
  const { world, uplink, pass } = page();
  uplink.welcomed();
  await pass(6);
  world.state = "interrupted";
  world.estimateBps = 20_000;
  await pass(10);
  Object.assign(world, { state: "connected", peer: 2, bytes: 0 });
  await pass(3);
  world.estimateBps = 2_000_000;
  await pass(5);
  assert.deepEqual(world.told, ["full"]);
});

test("what the server did not take in is said again, and after a new welcome too", async () => {
  const { world, uplink, pass } = page();
  world.answer = { ok: false, code: "unavailable" };
  uplink.welcomed();
  await pass(5);
  assert.deepEqual(world.told, ["full", "full", "full"]);
  world.answer = { ok: true };
  await pass(8);
  assert.equal(world.told.length, 4);
  uplink.welcomed();
  await pass(8);
  assert.equal(world.told.length, 5);
});

test("of two changes one waits for the other, so that the server ends at the newest", async () => {
  const { world, uplink, pass } = page();
  let taken;
  world.answer = new Promise((done) => (taken = done));
  uplink.welcomed();
  await pass(8);
  Object.assign(world, { estimateBps: 130_000, sentBps: 150_000 });
  await pass(3);
  assert.deepEqual([world.told, world.carried.at(-1)], [["full"], "sound"]);
  world.answer = { ok: true };
  taken({ ok: true });
  await pass(0.5);
  assert.deepEqual(world.told, ["full", "sound"]);
});

test("a change that no socket carried is told when one does, and once", async () => {
  const { world, uplink, pass } = page();
  uplink.online();
  uplink.welcomed();
  uplink.online();
  await pass(8);
  assert.deepEqual(world.told, ["full"]);
  world.answer = { ok: false, code: "offline" };
  Object.assign(world, { estimateBps: 130_000, sentBps: 150_000 });
  await pass(4);
  assert.deepEqual(world.told, ["full", "sound"]);
  world.answer = { ok: true };
  uplink.online();
  await pass(0.5);
  uplink.online();
  await pass(1);
  assert.deepEqual(world.told, ["full", "sound", "sound"]);
});

test("once stopped it looks no more", async () => {
  const { world, uplink, pass } = page();
  world.answer = { ok: false, code: "unavailable" };
  uplink.start();
  uplink.start();
  await pass(1);
  uplink.stop();
  uplink.stop();
  const { length } = world.carried;
  world.estimateBps = 1;
  await pass(5);
  assert.equal(world.carried.length, length);
  uplink.online();
  assert.deepEqual(world.told, ["full"]);
});

test("a call that cannot be asked is left alone", async () => {
  const uplink = new Uplink({ stats: () => Promise.reject(new Error("gone")), carry: assert.fail, tell: assert.fail, now: () => 0 });
  uplink.start();
  mock.timers.tick(500);
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
  uplink.stop();
});
