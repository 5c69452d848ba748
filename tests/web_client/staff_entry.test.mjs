/** What every staff page's state begins with: signing in and out, and how old the last answer is. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { noEntry, reduceEntry, staleS, waitS } from "../../web_client/shared/staff/entry.js";

const initial = () => ({ ...noEntry(), own: "nothing" });
const after = (...events) => events.reduce((state, event) => reduceEntry(state, event, initial), initial());
const ME = { name: "周琳", role: "coordinator" };

test("signing in opens the page, and signing out leaves nothing of the one who was there", () => {
  const open = after({ type: "signed_in", me: ME, atMs: 5 }, { type: "data", data: ["seen"], atMs: 9 });
  assert.deepEqual([open.screen, open.me, open.data, open.atMs], ["open", ME, ["seen"], 9]);
  const out = reduceEntry({ ...open, own: "a number" }, { type: "signed_out" }, initial);
  assert.deepEqual(out, { ...initial(), screen: "sign_in", nowMs: 9 });
});

test("a refused sign-in says when it may be tried again, and the next try forgets it", () => {
  const refused = after({ type: "sign_in_sent" }, { type: "sign_in_failed", code: "too_many_attempts", retryAfterS: 15, atMs: 100 });
  assert.deepEqual(refused.signIn, { busy: false, problem: "too_many_attempts", retryAtMs: 15_100 });
  const at = (atMs) => waitS(reduceEntry(refused, { type: "tick", atMs }, initial));
  assert.deepEqual([at(100), at(14_101), at(15_100), at(99_000)], [15, 1, 0, 0]);
  assert.equal(waitS(after({ type: "sign_in_failed", code: "sign_in_failed", retryAfterS: null, atMs: 7 })), 0);
  assert.deepEqual(reduceEntry(refused, { type: "sign_in_sent" }, initial).signIn, { busy: true, problem: null, retryAtMs: null });
  assert.equal(reduceEntry(refused, { type: "signed_in", me: ME, atMs: 0 }, initial).signIn.problem, null);
});

test("what nobody renews says how old it is, but only where somebody is signed in", () => {
  const open = after({ type: "signed_in", me: ME, atMs: 1_000 });
  const at = (atMs) => staleS(reduceEntry(open, { type: "tick", atMs }, initial), 50_000);
  assert.deepEqual([at(51_000), at(51_001)], [null, 50]);
  assert.equal(staleS(after({ type: "tick", atMs: 99_000 }), 50_000), null);
});
