import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { hedged } from "../../web_client/shared/hedge.js";

/** Requests that the test answers, in the order in which they were made. */
function begin({ wanted = () => true } = {}) {
  const asked = [];
  const ask = () => new Promise((done, fail) => asked.push({ done, fail }));
  const result = hedged(ask, { wanted, mayPass: (error) => error === "passes", setTimer: setTimeout, clearTimer: clearTimeout });
  const told = { answer: undefined, error: undefined };
  result.then((answer) => (told.answer = answer), (error) => (told.error = error));
  return { asked, told };
}
const settle = async () => {
  for (let turn = 0; turn < 9; turn += 1) await Promise.resolve();
};

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

test("an answer that comes soon is to the only request", async () => {
  const { asked, told } = begin();
  asked[0].done("token");
  await settle();
  mock.timers.tick(60_000);
  assert.deepEqual([told.answer, asked.length], ["token", 1]);
});

test("without an answer it is asked anew, soon at first and then every second", () => {
  const { asked } = begin();
  const at = [];
  for (let ms = 100; ms <= 5_000; ms += 100) {
    const before = asked.length;
    mock.timers.tick(100);
    if (asked.length > before) at.push(ms);
  }
  assert.deepEqual(at, [400, 1_200, 2_200, 3_200, 4_200]);
});

test("the first answer counts", async () => {
  const { asked, told } = begin();
  mock.timers.tick(400);
  mock.timers.tick(800);
  assert.equal(asked.length, 3);
  asked[2].done("third");
  asked[0].done("first");
  await settle();
  mock.timers.tick(60_000);
  assert.deepEqual([told.answer, asked.length], ["third", 3]);
});

test("a request that times out harms none of the others", async () => {
  const { asked, told } = begin();
  mock.timers.tick(400);
  asked[0].fail("passes");
  await settle();
  assert.equal(told.error, undefined);
  asked[1].done("token");
  await settle();
  assert.equal(told.answer, "token");
});

test("when all have failed it has failed, and nothing more is asked", async () => {
  const { asked, told } = begin();
  mock.timers.tick(400);
  asked[1].fail("passes");
  asked[0].fail("passes");
  await settle();
  mock.timers.tick(60_000);
  assert.deepEqual([told.error, asked.length], ["passes", 2]);
});

test("a refusal that will not pass counts at once", async () => {
  const { asked, told } = begin();
  mock.timers.tick(400);
  asked[0].fail("not_signed_in");
  await settle();
  mock.timers.tick(60_000);
  assert.deepEqual([told.error, asked.length], ["not_signed_in", 2]);
});

test("what nobody waits for any more is not asked again", () => {
  const { asked } = begin({ wanted: () => false });
  mock.timers.tick(60_000);
  assert.equal(asked.length, 1);
});
