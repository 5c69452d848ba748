import assert from "node:assert/strict";
import { test } from "node:test";

import { KeptReferral } from "../../web_client/physician/kept_referral.js";
import { initial, reduce } from "../../web_client/physician/state.js";
import { KEPT_FOR_MS, KeptWords } from "../../web_client/shared/kept_words.js";
import { session, told, welcome } from "./support/physician.mjs";

/** A desk whose browser can be loaded again: the page as `main.js` puts it together, for one physician after another. */
function desk(storage = device()) {
  const clock = { ms: 1_000_000_000_000 };
  const page = (physician = "chen") => {
    const kept = new KeptReferral(() => new KeptWords(storage, () => clock.ms).of(physician));
    let state = initial();
    const dispatch = (event) => {
      state = reduce(state, event);
      kept.follow(state.visit);
    };
    const open = (visit = "v1") => {
      dispatch({ type: "opened", visit, draft: kept.read(visit) });
      dispatch(welcome(session("live")));
    };
    return { kept, dispatch, open, drafts: () => state.visit.drafts };
  };
  return { storage, clock, page };
}

/** A browser's storage: its keys are its own members. */
function device() {
  return Object.create({
    getItem(key) { return this[key] ?? null; },
    setItem(key, value) { this[key] = value; },
    removeItem(key) { delete this[key]; },
  }); // prettier-ignore
}

const WORDS = { reason: "headache", note: "夜间头痛三天", notExamined: "眼底", toldFamily: "今天去急诊" };
const typed = { type: "draft", draft: WORDS };

function written(there = desk()) {
  const page = there.page();
  page.open();
  page.dispatch(typed);
  return { ...there, before: page };
}

test("a reload in the middle of a referral loses none of its words, nor what was chosen with them", () => {
  const { page } = written();
  const after = page();
  after.open();
  const { reason, urgency, note, notExamined, toldFamily } = after.drafts();
  assert.deepEqual({ reason, note, notExamined, toldFamily }, WORDS);
  assert.equal(urgency, "emergency");
});

test("the page that takes the seat back has them too", () => {
  const { before } = written();
  before.dispatch({ type: "left" });
  before.open();
  assert.equal(before.drafts().note, WORDS.note);
});

test("they are that physician's and that visit's", () => {
  const { page } = written();
  for (const [physician, visit] of [["chen", "v2"], ["wang", "v1"]]) {
    const other = page(physician);
    other.open(visit);
    assert.equal(other.drafts().note, "");
  }
});

test("with the referral, with any other end, and when they are deleted again, the device forgets them", () => {
  const ends = [{ type: "done", act: "refer" }, told(session("ended", { version: 2, outcome: "cancelled" })), { type: "status", status: { state: "ended", outcome: "no_show" } }, { type: "draft", draft: { note: " ", notExamined: "", toldFamily: "" } }];
  for (const end of ends) {
    const { storage, before } = written();
    assert.equal(Object.keys(storage).length, 1);
    before.dispatch(end);
    assert.deepEqual(Object.keys(storage), []);
  }
});

test("a refusal forgets nothing", () => {
  const { storage, before } = written();
  before.dispatch({ type: "failed", act: "refer", problem: { code: "network", text: "" } });
  assert.equal(Object.keys(storage).length, 1);
});

test("a day after they were typed they are gone, and looking at them makes it no later", () => {
  const { clock, page } = written();
  clock.ms += KEPT_FOR_MS - 1;
  page().open();
  clock.ms += 1;
  const late = page();
  late.open();
  assert.equal(late.drafts().note, "");
});

test("a reason without words is chosen again", () => {
  const { storage, page } = desk();
  const before = page();
  before.open();
  before.dispatch({ type: "draft", draft: { reason: "headache" } });
  assert.deepEqual(Object.keys(storage), []);
});

test("only where the device has no room are words at risk", () => {
  assert.equal(written().before.kept.atRisk(), false);
  for (const storage of [null, Object.assign(device(), { setItem() { throw new Error("full"); } })]) {
    const { before } = written(desk(storage));
    assert.equal(before.kept.atRisk(), true);
    before.dispatch({ type: "done", act: "refer" });
    assert.equal(before.kept.atRisk(), false);
  }
});

test("what stands there and is no such draft is not taken for one", () => {
  const odd = ["", "7", "{", "{}", "null", JSON.stringify({ ...WORDS, urgency: "tomorrow", urgencyChosen: false }), JSON.stringify({ ...WORDS, note: 7, urgency: null, urgencyChosen: false })];
  for (const value of odd) {
    const { storage, clock, page } = desk();
    storage.setItem("peitong.words.chen.referral.v1", JSON.stringify({ atMs: clock.ms, value }));
    const one = page();
    one.open();
    assert.equal(one.drafts().note, "", value);
  }
});
