import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiProblem } from "../../web_client/shared/api.js";
import { ConcernSender } from "../../web_client/shared/concern_sender.js";
import { concerns, current, filesAnew, NONE } from "../../web_client/shared/concerns.js";

const one = (id, state = "open", words = []) => ({ id, number: `TS-${id}`, category: "none", at: "", state, words });

function memory() {
  const kept = new Map();
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
}

/** The page's complaints at a server; `answers` are errors that come first. */
function stage({ storage = memory(), answers = [] } = {}) {
  const timers = [];
  const sent = [];
  let state = NONE;
  let ids = 0;
  const answer = (what, value) => {
    sent.push(what);
    const odd = answers.shift();
    if (odd) throw odd;
    return value;
  };
  const desk = {
    list: async () => [],
    file: async ({ clientId, category }) => answer(["filed", clientId, category], one("a")),
    tell: async (concern, { fact, text }) => answer([fact, concern, text], one("a", fact === "withdrawn" ? "withdrawn" : "open", [{ source: "guardian", at: "", text }])),
  };
  const page = new ConcernSender({ desk, key: "kept", storage, tell: (event) => (state = concerns(state, event)), newId: () => `k${(ids += 1)}`, later: (work) => timers.push(work) });
  const run = async () => {
    timers.splice(0).forEach((work) => work());
    for (let turn = 0; turn < 5; turn += 1) await new Promise((done) => setTimeout(done));
  };
  return { page, storage, sent, run, state: () => state };
}

test("one tap files it, and the number is there", async () => {
  const { page, state, storage } = stage();
  assert.equal(filesAnew(state()), true);
  const filing = page.file();
  assert.equal(filesAnew(state()), false, "a second tap files no second one");
  await filing;
  assert.deepEqual([current(state())?.number, state().queue, storage.kept.size], ["TS-a", [], 0]);
});

test("without a network it is kept on the phone, said so, and sent under the same name", async () => {
  const { page, sent, state, storage, run } = stage({ answers: [new ApiProblem(0, "network", ""), new ApiProblem(503, "unavailable", "")] });
  await page.file();
  assert.deepEqual([state().away, storage.kept.size], [true, 1]);
  await run();
  await run();
  assert.deepEqual([sent, state().away, current(state())?.id], [[["filed", "k1", "none"], ["filed", "k1", "none"], ["filed", "k1", "none"]], false, "a"]);
});

test("nothing is sent any more for somebody who signed out", async () => {
  const { page, sent, run } = stage({ answers: [new ApiProblem(0, "network", "")] });
  await page.file();
  page.close();
  await run();
  assert.equal(sent.length, 1);
});

test("a page that was closed is followed by one that sends it", async () => {
  const first = stage({ answers: [new ApiProblem(0, "network", "")] });
  await first.page.file();
  const second = stage({ storage: first.storage });
  await second.page.open();
  assert.deepEqual([second.sent, second.storage.kept.size], [[["filed", "k1", "none"]], 0]);
});

test("words and a withdrawal follow in their order; what is refused is said and not sent again", async () => {
  const { page, sent, state } = stage({ answers: [undefined, new ApiProblem(413, "too_large", "")] });
  await page.file();
  await page.add("a", "很长");
  assert.equal(state().refused, "too_large");
  await page.withdraw("a");
  assert.deepEqual([sent.map(([what]) => what), current(state()), filesAnew(state())], [["filed", "added", "withdrawn"], null, true]);
});

test("what else a phone may have kept is no complaint", async () => {
  for (const odd of ["{", '{"a":1}', "[3]"]) {
    const storage = memory();
    storage.setItem("kept", odd);
    const { page, sent } = stage({ storage });
    await page.open();
    assert.deepEqual(sent, []);
  }
});

test("an incident is filed with its category", async () => {
  const { page, sent } = stage();
  await page.file("privacy");
  assert.deepEqual(sent, [["filed", "k1", "privacy"]]);
});
