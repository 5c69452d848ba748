/** When the presence ledger is read: at once when it changed, gently, and once at the end. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { AT_LEAST_APART_MS, EVERY_MS, LedgerReader } from "../../web_client/physician/ledger_reader.js";
import { ApiProblem } from "../../web_client/shared/api.js";
import { opened, seat, session, visitIn } from "./support/physician.mjs";

/** A reader with a clock that is set by hand; `asked` are the moments at which it asked. */
function rig(answer = async () => ({ visit: "v1" })) {
  let nowMs = 0;
  let timer = null;
  const asked = [];
  const told = [];
  const reader = new LedgerReader({
    read: (visit) => {
      asked.push([nowMs, visit]);
      return answer(asked.length);
    },
    tell: (ledger) => told.push(ledger),
    now: () => nowMs,
    later: (work, ms) => (timer = { work, dueMs: nowMs + ms }),
    cancel: (which) => {
      if (timer === which) timer = null;
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    asked,
    told,
    waits: () => timer !== null,
    follow: (visit) => reader.follow(visit),
    settle,
    /** Lets so much time pass, and what is due in it happen. */
    async pass(ms) {
      const untilMs = nowMs + ms;
      await settle();
      while (timer && timer.dueMs <= untilMs) {
        const { work, dueMs } = timer;
        [timer, nowMs] = [null, dueMs];
        work();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}

const live = (...seats) => visitIn(session("live", seats.length > 0 ? { seats } : {}));
const moments = (asked) => asked.map(([ms]) => ms);

describe("the ledger's reader", () => {
  test("reads at once, and again every ten seconds while the visit goes on", async () => {
    const page = rig();
    page.follow(live());
    await page.pass(2 * EVERY_MS);
    assert.deepEqual(page.asked, [[0, "v1"], [EVERY_MS, "v1"], [2 * EVERY_MS, "v1"]]);
    assert.equal(page.told.length, 3);
  });

  test("what changes nothing about who is there asks nothing", async () => {
    const page = rig();
    for (const version of [1, 2, 3]) page.follow(visitIn(session("live", { version })));
    await page.pass(EVERY_MS - 1);
    assert.deepEqual(moments(page.asked), [0]);
  });

  test("a change is read soon, but never twice within two seconds", async () => {
    const page = rig();
    page.follow(live());
    await page.pass(500);
    page.follow(live(seat("guardian", { presence: "doubtful", doubts: ["page_hidden"] })));
    page.follow(live(seat("guardian")));
    await page.pass(AT_LEAST_APART_MS);
    assert.deepEqual(moments(page.asked), [0, AT_LEAST_APART_MS]);
  });

  test("one question at a time; what changed meanwhile is asked afterwards", async () => {
    let answerNow;
    const page = rig(() => new Promise((resolve) => (answerNow = resolve)));
    page.follow(live());
    await page.pass(5_000);
    page.follow(visitIn(session("held")));
    await page.pass(5_000);
    assert.deepEqual(moments(page.asked), [0]);
    answerNow({ visit: "v1" });
    await page.pass(0);
    assert.deepEqual(moments(page.asked), [0, 10_000]);
  });

  test("at the end it is read once more and then left alone", async () => {
    const page = rig();
    page.follow(live());
    await page.pass(3_000);
    page.follow(visitIn(session("ended", { outcome: "completed" })));
    await page.pass(10 * EVERY_MS);
    assert.deepEqual(moments(page.asked), [0, 3_000]);
    assert.equal(page.waits(), false);
  });

  test("a visit that was opened after its end is read, too", async () => {
    const page = rig();
    const status = { visit: {}, state: "ended", outcome: "referred", letter: null, summary: false };
    page.follow(opened({ type: "status", status }).visit);
    await page.pass(0);
    assert.deepEqual(page.asked, [[0, "v1"]]);
  });

  test("what may pass is tried again, also at the end; what is refused is not", async () => {
    const ended = visitIn(session("ended", { outcome: "completed" }));
    for (const [code, times] of [["network", 3], ["unavailable", 3], ["not_found", 1]]) {
      const page = rig(async () => {
        throw new ApiProblem(0, code, "");
      });
      page.follow(ended);
      await page.pass(2 * EVERY_MS);
      assert.equal(page.asked.length, times, code);
      assert.deepEqual(page.told, []);
    }
  });

  test("a mistake of ours is not asked for ever", async () => {
    const page = rig(async () => {
      throw new TypeError("a bug");
    });
    page.follow(live());
    await page.pass(EVERY_MS);
    assert.equal(page.asked.length, 1);
  });

  test("before the visit began, without one, and on a page that is not its voice nothing is asked", async () => {
    const superseded = visitIn(session("live"), { type: "message", message: { type: "superseded", seq: 2 }, atMs: 0 });
    for (const visit of [null, opened().visit, visitIn(session("waiting")), superseded]) {
      const page = rig();
      page.follow(visit);
      await page.pass(EVERY_MS);
      assert.deepEqual(page.asked, []);
    }
  });

  test("whoever leaves the visit is told nothing more of it", async () => {
    let answerNow;
    const page = rig(() => new Promise((resolve) => (answerNow = resolve)));
    page.follow(live());
    await page.pass(0);
    page.follow(null);
    answerNow({ visit: "v1" });
    await page.pass(EVERY_MS);
    assert.deepEqual(page.told, []);
    assert.equal(page.waits(), false);
    page.follow(live());
    await page.pass(0);
    page.follow(null);
    assert.equal(page.waits(), false);
  });
});
