import assert from "node:assert/strict";
import { test } from "node:test";

import { factsFor, groupOf, grouped, initial, lasting, reduce, shownOf, STALE_AFTER_MS } from "../../web_client/coordinator/state.js";
import { staleS } from "../../web_client/shared/staff/entry.js";
import { hasText } from "../../web_client/shared/i18n/i18n.js";

const line = (referral, more = {}) => ({ referral, state: "issued", overdue: null, too_late: false, ...more });
const signedIn = reduce(initial(), { type: "signed_in", me: { name: "周琳", role: "coordinator" }, atMs: 1_000 });

test("what is overdue or booked too late stands first, in the server's order, and empty groups are not shown", () => {
  const lines = [line("a", { overdue: { step: "seen", since: "" } }), line("b"), line("c", { state: "booked", too_late: true }), line("d", { state: "seen" })];
  assert.deepEqual(lines.map(groupOf), ["overdue", "open", "overdue", "closed"]);
  assert.deepEqual(grouped(lines).map(({ group, lines: found }) => [group, ...found.map((each) => each.referral)]), [["overdue", "a", "c"], ["open", "b"], ["closed", "d"]]);
  assert.deepEqual(grouped([]), []);
});

test("a number that was shown is gone when somebody signs out", () => {
  const shown = reduce(reduce(signedIn, { type: "asked", referral: "a" }), { type: "phone", referral: "a", phone: "13800000000" });
  assert.deepEqual([shown.phones, shown.busy], [{ a: "13800000000" }, null]);
  assert.deepEqual(reduce(shown, { type: "signed_out" }).phones, {});
});

test("a card is short until it is opened, and opens for what a call brings", () => {
  const opened = reduce(signedIn, { type: "toggle", id: "a" });
  assert.deepEqual([...opened.opened], ["a"]);
  const called = reduce(opened, { type: "phone", referral: "b", phone: "13800000000" });
  assert.deepEqual([...called.opened], ["a", "b"]);
  assert.deepEqual([...reduce(called, { type: "toggle", id: "a" }).opened], ["b"]);
  assert.equal(reduce(called, { type: "signed_out" }).opened.size, 0);
});

test("of a long list the first are shown, and more at a tap", () => {
  const lines = [...Array(25).keys()];
  const first = shownOf(signedIn, "overdue", lines);
  assert.deepEqual([first.shown.length, first.further], [10, 15]);
  const more = reduce(signedIn, { type: "further", list: "overdue" });
  assert.deepEqual([shownOf(more, "overdue", lines).shown.length, shownOf(more, "overdue", lines).further], [25, 0]);
  assert.equal(shownOf(more, "open", lines).shown.length, 10);
  assert.equal(shownOf(signedIn, "overdue", [...Array(40).keys()]).further, 20);
});

test("what was told takes its line's place at once, and a failure says of which", () => {
  const data = { now: "", referrals: [line("a"), line("b")], more: false };
  const listed = reduce(signedIn, { type: "data", data, atMs: 2_000 });
  const told = reduce(listed, { type: "told", line: line("b", { state: "seen" }) });
  assert.deepEqual(told.data.referrals.map(({ state }) => state), ["issued", "seen"]);
  const failed = reduce(reduce(listed, { type: "asked", referral: "a" }), { type: "failed", referral: "a", code: "unavailable" });
  assert.deepEqual([failed.problem, failed.busy], [{ referral: "a", code: "unavailable" }, null]);
  assert.equal(reduce(failed, { type: "asked", referral: "a" }).problem, null);
});

test("what closes a referral, opens it again or has a time is asked for first, and kept asked until it was told", () => {
  const asking = reduce(signedIn, { type: "ask", referral: "a", fact: "seen" });
  assert.deepEqual(asking.asking, { referral: "a", fact: "seen" });
  const failed = reduce(reduce(asking, { type: "asked", referral: "a" }), { type: "failed", referral: "a", code: "network" });
  assert.deepEqual(failed.asking, asking.asking);
  assert.equal(reduce(asking, { type: "ask", referral: "a", fact: null }).asking, null);
  assert.equal(reduce(asking, { type: "told", line: line("a", { state: "seen" }) }).asking, null);
});

test("an appointment that was learnt on the phone can be told, and what was closed be reopened; each has its words", () => {
  const facts = Object.fromEntries(["issued", "sent", "received", "booked", "seen"].map((state) => [state, factsFor(line("a", { state }))]));
  assert.deepEqual(facts, {
    issued: ["contacted", "received", "booked", "seen"], sent: ["contacted", "received", "booked", "seen"],
    received: ["contacted", "booked", "seen"], booked: ["contacted", "booked", "seen"], seen: ["contacted", "reopened"],
  });
  for (const fact of facts.issued.concat("reopened")) assert.ok(hasText(`coordinator.tell.${fact}`), fact);
  for (const fact of ["booked", "seen", "reopened"]) assert.ok(hasText(`coordinator.asking.${fact}`) && hasText(`coordinator.confirm.${fact}`), fact);
});

test("a list that nobody renews says how old it is", () => {
  assert.equal(staleS(reduce(signedIn, { type: "tick", atMs: 1_000 + STALE_AFTER_MS }), STALE_AFTER_MS), null);
  assert.equal(staleS(reduce(signedIn, { type: "tick", atMs: 1_000 + STALE_AFTER_MS + 1_000 }), STALE_AFTER_MS), 51);
});

test("how long something is overdue reads in the unit that fits", () => {
  const since = "2026-11-22T06:00:00.000Z";
  const after = (minutes) => new Date(Date.parse(since) + minutes * 60_000).toISOString();
  assert.deepEqual([lasting(since, after(-5)), lasting(since, after(59)), lasting(since, after(60)), lasting(since, after(47 * 60 + 59)), lasting(since, after(48 * 60))], [
    { unit: "minutes", n: 0 }, { unit: "minutes", n: 59 }, { unit: "hours", n: 1 }, { unit: "hours", n: 47 }, { unit: "days", n: 2 },
  ]);
});

test("every step and group that the server can name has its words", () => {
  for (const step of ["received", "booked", "seen"]) assert.ok(hasText(`coordinator.overdue.${step}`) && hasText(`coordinator.due.${step}`), step);
  for (const group of ["overdue", "open", "closed"]) assert.ok(hasText(`coordinator.group.${group}`), group);
  for (const unit of ["minutes", "hours", "days"]) assert.ok(hasText(`coordinator.lasting.${unit}`), unit);
});

test("an answer takes its concern's place at once", () => {
  const data = { now: "", referrals: [], more: false, concerns: [{ id: "c1", state: "open" }, { id: "c2", state: "open" }] };
  const listed = reduce(signedIn, { type: "data", data, atMs: 2_000 });
  const answered = reduce(reduce(listed, { type: "asked", referral: "c2" }), { type: "answered", line: { id: "c2", state: "answered" } });
  assert.deepEqual([answered.data.concerns.map(({ state }) => state), answered.busy], [["open", "answered"], null]);
});
