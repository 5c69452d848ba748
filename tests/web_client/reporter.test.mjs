import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Reporter } from "../../web_client/shared/reporter.js";

function begin() {
  const sent = [];
  const reporter = new Reporter((report) => new Promise((answer) => sent.push({ report, answer })));
  return { sent, reporter };
}
const settle = async () => {
  for (let turn = 0; turn < 9; turn += 1) await Promise.resolve();
};
beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

test("a report waits for the one before it, and only the newest is sent", async () => {
  const { sent, reporter } = begin();
  for (const camera of ["lost", "off", "live"]) reporter.say({ camera });
  assert.deepEqual(sent.map(({ report }) => report.camera), ["lost"]);
  sent[0].answer({ ok: true });
  await settle();
  assert.deepEqual(sent.map(({ report }) => report.camera), ["lost", "live"]);
});

test("what was told is not told again, until it has to be", async () => {
  const { sent, reporter } = begin();
  reporter.say({ camera: "live" });
  sent[0].answer({ ok: true });
  await settle();
  reporter.say({ camera: "live" });
  assert.equal(sent.length, 1);
  reporter.forget();
  reporter.say({ camera: "live" });
  assert.equal(sent.length, 2);
});

test("what was not taken in is said again in a while", async () => {
  const { sent, reporter } = begin();
  reporter.say({ camera: "live" });
  sent[0].answer({ ok: false });
  await settle();
  assert.equal(sent.length, 1);
  mock.timers.tick(2_000);
  assert.equal(sent.length, 2);
});

test("without a connection nothing is repeated: whoever is online again says it", async () => {
  const { sent, reporter } = begin();
  reporter.say({ camera: "live" });
  sent[0].answer({ ok: false, code: "offline" });
  await settle();
  mock.timers.tick(60_000);
  assert.equal(sent.length, 1);
  reporter.say({ camera: "live" });
  assert.equal(sent.length, 2);
});

test("what is said meanwhile takes the place of a repetition", async () => {
  const { sent, reporter } = begin();
  reporter.say({ camera: "live" });
  sent[0].answer({ ok: false });
  await settle();
  reporter.say({ camera: "off" });
  sent[1].answer({ ok: false });
  await settle();
  mock.timers.tick(2_000);
  assert.deepEqual(sent.map(({ report }) => report.camera), ["live", "off", "off"]);
  sent[2].answer({ ok: false });
  await settle();
  mock.timers.tick(2_000);
  assert.equal(sent.length, 4, "one repetition at a time");
});

test("one that is hushed repeats nothing, and says what is new", async () => {
  const { sent, reporter } = begin();
  reporter.say({ camera: "live" });
  sent[0].answer({ ok: false });
  await settle();
  reporter.hush();
  mock.timers.tick(60_000);
  assert.equal(sent.length, 1);
  reporter.say({ camera: "off" });
  reporter.hush();
  sent[1].answer({ ok: false });
  await settle();
  mock.timers.tick(60_000);
  assert.equal(sent.length, 2);
});
