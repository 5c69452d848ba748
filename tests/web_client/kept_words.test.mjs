import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiProblem } from "../../web_client/shared/api.js";
import { KEPT_FOR_MS, KeptWords } from "../../web_client/shared/kept_words.js";
import { NoteKeeper } from "../../web_client/physician/note_keeper.js";

/** A browser's storage: its keys are its own members. */
function device() {
  return Object.create({
    getItem(key) { return this[key] ?? null; },
    setItem(key, value) { this[key] = value; },
    removeItem(key) { delete this[key]; },
  }); // prettier-ignore
}

function stage() {
  const storage = device();
  const clock = { ms: 1_000_000_000_000 };
  return { storage, clock, kept: new KeptWords(storage, () => clock.ms) };
}

test("what one physician typed is there for that one, after a reload too, and for no other", () => {
  const { storage, clock, kept } = stage();
  kept.of("wang").setItem("note.v1", "头痛三天");
  const reloaded = new KeptWords(storage, () => clock.ms);
  assert.deepEqual([reloaded.of("wang").getItem("note.v1"), reloaded.of("wang").count()], ["头痛三天", 1]);
  assert.deepEqual([reloaded.of("chen").getItem("note.v1"), reloaded.of("chen").count()], [null, 0]);
  assert.equal(reloaded.of("wan").getItem("note.v1"), null, "nor for one whose id begins alike");
  reloaded.of("wang").removeItem("note.v1");
  assert.deepEqual(Object.keys(storage), []);
});

test("signing out takes one's own words and leaves those of others, and the language", () => {
  const { storage, kept } = stage();
  storage.setItem("peitong.language", "en");
  const wang = kept.of("wang");
  wang.setItem("note.v1", "一");
  wang.setItem("incident.v1", "二");
  kept.of("chen").setItem("note.v2", "三");
  wang.empty();
  assert.deepEqual([wang.count(), kept.of("chen").count(), storage.getItem("peitong.language")], [0, 1, "en"]);
  wang.setItem("note.v1", "an answer that came late");
  assert.equal(wang.getItem("note.v1"), null);
  kept.of("wang").setItem("note.v1", "signed in again");
  assert.equal(kept.of("wang").getItem("note.v1"), "signed in again");
});

test("after a day nothing is read any more, and the next look at the device deletes it, whosever it is", () => {
  for (const later of [KEPT_FOR_MS, 3 * KEPT_FOR_MS, -KEPT_FOR_MS]) {
    const { storage, clock, kept } = stage();
    kept.of("wang").setItem("note.v1", "一");
    clock.ms += later - Math.sign(later);
    kept.sweep();
    assert.equal(kept.of("wang").getItem("note.v1"), Math.abs(later) > KEPT_FOR_MS ? null : "一", String(later));
    clock.ms += Math.sign(later);
    assert.deepEqual([kept.of("wang").getItem("note.v1"), kept.of("wang").count()], [null, 0]);
    kept.sweep();
    assert.deepEqual(Object.keys(storage), []);
  }
});

test("what stands there and was never put there by this page is not taken for words, and goes", () => {
  for (const odd of ["", "null", "7", "{", '{"atMs":0}', '{"value":"一"}', '{"atMs":1000000000000,"value":7}']) {
    const { storage, kept } = stage();
    storage.setItem("peitong.words.wang.note.v1", odd);
    assert.equal(kept.of("wang").getItem("note.v1"), null, odd);
    kept.sweep();
    assert.deepEqual(Object.keys(storage), [], odd);
  }
});

test("a browser that bars its storage keeps nothing, and nothing fails", () => {
  const barred = new Proxy({}, { ownKeys: () => { throw new Error("barred"); } }); // prettier-ignore
  for (const storage of [undefined, barred]) {
    const kept = new KeptWords(storage, () => 0);
    kept.sweep();
    kept.of("wang").empty();
    assert.equal(kept.of("wang").count(), 0);
  }
  const none = new KeptWords(undefined, () => 0).of("wang");
  none.setItem("note.v1", "一");
  assert.equal(none.getItem("note.v1"), null);
});

const VIEW = { kind: "note", form: { sections: [], needs: [] }, signed: [], can_sign: false, safety_net: [], draft: { revision: 1, sections: {}, at: null } };

test("words typed without a network are gone with the physician who signs out while they are on their way", async () => {
  const { kept } = stage();
  const wang = kept.of("wang");
  let signedIn = wang;
  /** @type {(error: Error) => void} */
  let fail = () => undefined;
  const api = { note: async () => VIEW, saveNote: () => new Promise((_, reject) => (fail = reject)) };
  const told = [];
  const keeper = new NoteKeeper({ api, storage: () => signedIn, tell: (_, note) => told.push(note), now: () => 0, later: () => 0, never: () => undefined });
  const settle = () => new Promise((done) => setTimeout(done));
  keeper.follow("v1");
  await settle();
  keeper.type("history", "头痛三天");
  assert.equal(wang.count(), 1);
  const saving = keeper.saveNow();
  wang.empty();
  signedIn = kept.of("chen");
  keeper.follow(null);
  fail(new ApiProblem(0, "network", ""));
  await saving;
  assert.deepEqual([wang.count(), kept.of("chen").count()], [0, 0]);
  keeper.follow("v1");
  await settle();
  assert.deepEqual(told.at(-1).words, {});
});

test("words that were not saved when a session ran out wait for the one who typed them", async () => {
  const { kept } = stage();
  let signedIn = kept.of("wang");
  const api = { note: async () => VIEW, saveNote: async () => { throw new ApiProblem(401, "not_signed_in", ""); } }; // prettier-ignore
  const told = [];
  const keeper = new NoteKeeper({ api, storage: () => signedIn, tell: (_, note) => told.push(note), now: () => 0, later: () => 0, never: () => undefined });
  const settle = () => new Promise((done) => setTimeout(done));
  keeper.follow("v1");
  await settle();
  keeper.type("history", "头痛三天");
  keeper.follow(null);
  await settle();
  signedIn = kept.of("chen");
  keeper.follow("v1");
  await settle();
  assert.deepEqual([told.at(-1).words, kept.of("chen").count()], [{}, 0]);
  keeper.follow(null);
  signedIn = kept.of("wang");
  keeper.follow("v1");
  await settle();
  assert.deepEqual(told.at(-1).words, { history: "头痛三天" });
});
