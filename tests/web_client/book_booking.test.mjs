import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiProblem } from "../../web_client/shared/api.js";
import { Booking } from "../../web_client/book/booking.js";
import { reduce } from "../../web_client/book/state.js";
import { HOSPITALS, MADE, SLOTS, SPECIALISTS, stateOf } from "./preview/book_states.mjs";

const FORM = stateOf("signs", "zh").form;
const NOW = Date.parse("2026-11-22T10:00:00Z");

/** A page in a state of the gallery, over a server that answers as told; what was asked is kept. */
function page(name, answers = {}) {
  let state = stateOf(name, "zh");
  let keys = 0;
  const asked = [];
  const ask = (what, usual) => async (...given) => {
    asked.push([what, ...given]);
    const answer = answers[what] ? await answers[what](...given) : usual;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const api = {
    form: ask("form", { questionnaire: FORM }), route: ask("route", { route: null }), hospitals: ask("hospitals", { hospitals: HOSPITALS }),
    specialists: ask("specialists", { specialists: SPECIALISTS }), slots: ask("slots", { slots: SLOTS, next: null }), book: ask("book", MADE),
  }; // prettier-ignore
  const booking = new Booking({ api, state: () => state, tell: (change) => (state = reduce(state, change)), now: () => NOW, newKey: () => `key-${++keys}` });
  return { booking, asked, state: () => state, change: (change) => (state = reduce(state, change)) };
}

test("what was said so far is routed with each screen, and everything with the last", async () => {
  const { booking, asked, state } = page("signs-asking");
  await booking.answer();
  assert.deepEqual(asked, []);
  const first = page("concern");
  first.change({ type: "went", screen: "group_now" });
  await first.booking.answer();
  assert.deepEqual(first.asked.map(([what, , , complete]) => [what, complete]), [["route", false]]);
  assert.equal(first.state().screen, "group_concern");
  first.change({ type: "answered", link: "concern", answer: "growth" });
  await first.booking.answer();
  assert.equal(first.asked[1][3], true);
  assert.equal(state().screen, "group_now");
});

test("a screen that is not answered asks the server nothing", async () => {
  const { booking, asked, state } = page("signs");
  await booking.answer();
  assert.deepEqual([asked, state().faults], [[], { now: "required" }]);
});

test("without an answer the reader stays, and answers that changed meanwhile are not led by the former", async () => {
  const failing = page("concern", { route: () => new ApiProblem(0, "network", "") });
  failing.change({ type: "went", screen: "group_now" });
  await failing.booking.answer();
  assert.deepEqual([failing.state().screen, failing.state().routing], ["group_now", "failed"]);
  const late = page("concern", { route: () => late.change({ type: "answered", link: "now", answer: ["dry"] }) && { route: null } });
  late.change({ type: "went", screen: "group_now" });
  await late.booking.answer();
  assert.equal(late.state().screen, "group_now");
});

test("a screen fetches what it needs once, and again after a failure only when asked", async () => {
  const { booking, asked, state } = page("field", { hospitals: () => (asked.length > 1 ? { hospitals: HOSPITALS } : new ApiProblem(503, "unavailable", "")) });
  await booking.need();
  assert.deepEqual(asked, []);
  const at = page("hospitals-failed");
  await at.booking.need();
  assert.deepEqual(at.asked, []);
  await at.booking.need(true);
  assert.deepEqual([at.asked.length, at.state().hospitals.items], [1, HOSPITALS]);
  await at.booking.need(true);
  assert.equal(at.asked.length, 1);
  assert.equal(state().hospitals.state, "none");
});

test("later days are asked for from where the former ended", async () => {
  const { booking, asked, state } = page("times", { slots: () => ({ slots: [], next: null }) });
  await booking.laterTimes();
  assert.deepEqual(asked, [["slots", "h1", { field: "growth", physician: "s1", department: "d1", from: "2026-12-01" }]]);
  await booking.laterTimes();
  assert.equal(asked.length, 1);
  assert.equal(state().nextDay, null);
});

test("a booking that is plainly wrong is not sent", async () => {
  const { booking, asked, state } = page("details");
  await booking.book();
  assert.deepEqual([asked, Object.keys(state().wrong).length], [[], 6]);
});

test("two taps book once", async () => {
  const { booking, asked, state } = page("details-typed");
  await Promise.all([booking.book(), booking.book()]);
  assert.deepEqual([asked.length, state().screen, state().made], [1, "done", MADE]);
});

test("a request without an answer is sent again as it was, under its own key", async () => {
  const lost = [new ApiProblem(0, "network", ""), new ApiProblem(503, "unavailable", ""), new ApiProblem(409, "idempotency_busy", "")];
  const { booking, asked, state } = page("details-typed", { book: () => lost.shift() ?? MADE });
  for (let n = 0; n < 3; n++) {
    await booking.book();
    assert.equal(state().sending, "unsure");
  }
  await booking.book();
  assert.equal(state().screen, "done");
  assert.deepEqual(new Set(asked.map(([, pending]) => JSON.stringify(pending))).size, 1);
});

test("after a refusal the next try is another request with another key", async () => {
  const answers = [new ApiProblem(409, "slot_taken", "…")];
  const { booking, asked, state, change } = page("details-typed", { book: () => answers.shift() ?? MADE });
  await booking.book();
  assert.equal(state().screen, "time");
  change({ type: "slot", slot: SLOTS[4] });
  await booking.book();
  assert.deepEqual(asked.map(([, pending]) => [pending.key, pending.body.slot]), [["key-1", SLOTS[1].id], ["key-2", SLOTS[4].id]]);
});

test("what the server finds wrong is shown at its field", async () => {
  const problem = new ApiProblem(422, "invalid", "…", null, [{ pointer: "#/phone", code: "not_a_phone", asks: false, detail: "…" }]);
  const { booking, state } = page("details-typed", { book: () => problem });
  await booking.book();
  assert.deepEqual([state().screen, state().wrong, state().notice?.code], ["details", { phone: "not_a_phone" }, "check"]);
});

test("in another language the same answers lead on, in its words", async () => {
  const route = { outcome: "field", field: "growth", why: [], safety_net: ["in English"] };
  const { booking, state, asked } = page("details-typed", { route: () => ({ route }) });
  await booking.loadForm();
  assert.deepEqual([state().screen, state().route, asked.at(-1)[3]], ["details", route, true]);
});

test("when the questions cannot be had the page says so, but not to who has them already", async () => {
  const failing = { form: () => new ApiProblem(0, "network", "") };
  const without = page("opening", failing);
  await without.booking.loadForm();
  assert.equal(without.state().formFailed, "network");
  const there = page("signs", failing);
  await there.booking.loadForm();
  assert.equal(there.state().formFailed, "");
});
