import assert from "node:assert/strict";
import { test } from "node:test";

import { fetchRecords, followReferral } from "../../web_client/family/records.js";

const LINKS = { referral: "r", page: "/p", pdf: "/q", fhir: "/f" };

/** A server whose visit changes with each asking; the last status stays. */
function server(...statuses) {
  const told = [];
  let asked = 0;
  const api = {
    visit: async () => {
      const status = statuses[Math.min(asked++, statuses.length - 1)];
      if (status instanceof Error) throw status;
      return status;
    },
    letter: async () => ({ number: "1" }),
    summary: async () => ({ summary: "好" }),
  };
  return { told, fetching: () => fetchRecords(api, "v", (event) => told.push(event.type), async () => {}), asked: () => asked };
}

test("a letter that is there is shown at once", async () => {
  const { told, fetching } = server({ state: "ended", outcome: "referred", letter: LINKS, summary: false });
  await fetching();
  assert.deepEqual(told, ["status", "letter"]);
});

test("a summary that is written meanwhile is fetched when it is there", async () => {
  const pending = { state: "ended", outcome: "completed", letter: null, summary: false };
  const { told, fetching } = server({ ...pending, state: "live" }, new Error("network"), pending, { ...pending, summary: true });
  await fetching();
  assert.deepEqual(told, ["status", "status", "summary"]);
});

test("where nothing is owed nothing is waited for", async () => {
  const { told, fetching, asked } = server({ state: "ended", outcome: "no_show", letter: null, summary: false });
  await fetching();
  assert.deepEqual([told, asked()], [["status"], 1]);
});

test("after a withdrawal the page goes on looking, and shows a letter that is written minutes later", async () => {
  const withdrawn = { state: "ended", outcome: "consent_withdrawn", letter: null, summary: false };
  const { told, fetching, asked } = server(...Array(40).fill(withdrawn), new Error("network"), { ...withdrawn, letter: LINKS });
  await fetching();
  assert.deepEqual([told.at(-1), asked()], ["letter", 42]);
});

test("after a withdrawal nothing is owed: without a letter the page stops looking and complains of nothing", async () => {
  const { told, fetching, asked } = server({ state: "ended", outcome: "consent_withdrawn", letter: null, summary: false });
  await fetching();
  assert.deepEqual([new Set(told), asked()], [new Set(["status"]), 121]);
});

test("what does not come within the time is said to be late", async () => {
  const { told, fetching } = server(new Error("network"));
  await fetching();
  assert.deepEqual(told, ["records_late"]);
});

/** A page whose clock the test turns; gives how often the letter was read and what was told. */
function following(letters, seen = () => true) {
  let turn = () => {};
  const told = [];
  let read = 0;
  let over = false;
  const every = (work) => {
    turn = work;
    return () => (over = true);
  };
  const api = { letter: async () => { const letter = letters[Math.min(read++, letters.length - 1)]; if (letter instanceof Error) throw letter; return letter; } };
  followReferral(api, "v", (event) => told.push(event.letter.receipt), { seen, every });
  return { told, read: () => read, over: () => over, later: async () => { turn(); await new Promise((done) => setImmediate(done)); } };
}

test("a letter is read again until the child was seen, and a network that failed costs nothing", async () => {
  const page = following([{ receipt: "received" }, new Error("network"), { receipt: "seen" }]);
  for (let n = 0; n < 3; n += 1) await page.later();
  assert.deepEqual([page.told, page.over()], [["received", "seen"], true]);
});

test("a page that nobody looks at does not ask", async () => {
  const page = following([{ receipt: "received" }], () => false);
  await page.later();
  assert.equal(page.read(), 0);
});
