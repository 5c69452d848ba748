/** Where the child is, as the family tells it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { whereabouts, WhereaboutsKeeper } from "../../web_client/family/whereabouts.js";
import { ApiProblem } from "../../web_client/shared/api.js";

const UNTOLD = { call_back: "138****8000", location: "", told: false };
const TOLD = { ...UNTOLD, location: "苏州市", told: true };
const play = (...changes) => changes.reduce(whereabouts, null);
const loaded = (told) => ({ type: "loaded", told });
const typed = (changed) => ({ type: "typed", changed });

/** A keeper that keeps what it is told, and a server that answers as it is given. */
function page(tellWhereabouts, read = async () => UNTOLD) {
  const asked = [];
  let known = null;
  const api = { whereabouts: read, tellWhereabouts: (...words) => (asked.push(words), tellWhereabouts()) };
  const keeper = new WhereaboutsKeeper({ api, visit: "v1", known: () => known, tell: (change) => (known = whereabouts(known, change)) });
  return { keeper, asked, known: () => known };
}

test("nothing is shown before it is known what was told", () => assert.equal(play(typed({ location: "x" })), null));

test("what is typed is not told yet, and takes the fault away", () => {
  const state = play(loaded(UNTOLD), { type: "failed", code: "location_missing" }, typed({ location: "苏州市" }));
  assert.deepEqual([state.location, state.code, state.saved], ["苏州市", null, false]);
  assert.equal(play(loaded(TOLD)).saved, true);
});

test("a fault without words of its own is one that failed", () => {
  assert.equal(play(loaded(UNTOLD), { type: "failed", code: "internal" }).code, "failed");
});

test("it is told once, trimmed, and the number goes masked again", async () => {
  const { keeper, asked, known } = page(async () => TOLD);
  await keeper.load();
  await keeper.handle({ type: "whereabouts_typed", changed: { location: " 苏州市 ", number: "139 1111 2222 " } });
  const telling = keeper.handle({ type: "whereabouts_tell" });
  await keeper.handle({ type: "whereabouts_tell" });
  await telling;
  assert.deepEqual(asked, [["v1", "139 1111 2222", "苏州市"]]);
  assert.deepEqual([known().number, known().saved, known().busy], ["", true, false]);
});

test("what the server will not have is said, and what cannot be fetched is not offered", async () => {
  const refused = page(async () => { throw new ApiProblem(409, "call_back_unclear", ""); });
  await refused.keeper.load();
  await refused.keeper.handle({ type: "whereabouts_tell" });
  assert.deepEqual([refused.known().code, refused.known().busy], ["call_back_unclear", false]);
  const away = page(async () => TOLD, async () => { throw new ApiProblem(0, "network", ""); });
  await away.keeper.load();
  await away.keeper.handle({ type: "whereabouts_tell" });
  assert.deepEqual([away.known(), away.asked], [null, []]);
});
