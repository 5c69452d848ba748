import assert from "node:assert/strict";
import { test } from "node:test";

import { fetchRecords, followRecords } from "../../web_client/family/records.js";

const LINKS = { referral: "r", page: "/p", pdf: "/q", fhir: "/f" };

/** A server whose visit changes with each asking; the last status stays. */
function server(...statuses) {
  const told = [];
  let asked = 0;
  let written = false;
  const api = {
    visit: async () => {
      const status = statuses[Math.min(asked++, statuses.length - 1)];
      if (status instanceof Error) throw status;
      written = status.summary;
      return status;
    },
    letter: async () => ({ number: "1" }),
    summary: async () => ({ told: written ? [{ text: "好" }] : [] }),
  };
  return { told, fetching: () => fetchRecords(api, "v", (event) => told.push(event.type), async () => {}), asked: () => asked };
}

test("a letter that is there is shown at once", async () => {
  const { told, fetching } = server({ state: "ended", outcome: "referred", letter: LINKS, summary: false });
  await fetching();
  assert.deepEqual(told, ["status", "letter", "summary"]);
});

test("a summary that is written meanwhile is fetched when it is there", async () => {
  const pending = { state: "ended", outcome: "completed", letter: null, summary: false };
  const { told, fetching } = server({ ...pending, state: "live" }, new Error("network"), pending, { ...pending, summary: true });
  await fetching();
  assert.deepEqual(told, ["status", "status", "summary"]);
});

test("where nothing is owed nothing is waited for; what to watch for is read all the same", async () => {
  const { told, fetching, asked } = server({ state: "ended", outcome: "no_show", letter: null, summary: false });
  await fetching();
  assert.deepEqual([told, asked()], [["status", "summary"], 1]);
});

test("after a withdrawal the page goes on looking, and shows a letter that is written minutes later", async () => {
  const withdrawn = { state: "ended", outcome: "consent_withdrawn", letter: null, summary: false };
  const { told, fetching, asked } = server(...Array(40).fill(withdrawn), new Error("network"), { ...withdrawn, letter: LINKS });
  await fetching();
  assert.deepEqual([told.at(-1), told.filter((type) => type === "summary").length, asked()], ["letter", 1, 42]);
});

test("after a withdrawal nothing is owed: without a letter the page stops looking and complains of nothing", async () => {
  const { told, fetching, asked } = server({ state: "ended", outcome: "consent_withdrawn", letter: null, summary: false });
  await fetching();
  assert.deepEqual([new Set(told), asked()], [new Set(["status", "summary"]), 121]);
});

test("what does not come within the time is said to be late", async () => {
  const { told, fetching } = server(new Error("network"));
  await fetching();
  assert.deepEqual(told, ["records_late"]);
});

/** A page that looks again when it is told to. */
function following({ receipt = "sent", seen = true } = {}) {
  const told = [];
  let again = () => {};
  let looks = 0;
  const api = { letter: async () => ({ receipt: "received" }), summary: async () => ({ told: [] }) };
  const stop = followRecords(api, "v", (event) => told.push(event.type), {
    seen: () => seen,
    awaits: () => receipt !== "seen",
    look: () => (looks += 1),
    every: (work) => ((again = work), () => (again = () => {})),
  });
  const tick = async () => {
    again();
    await new Promise((done) => setTimeout(done));
  };
  return { told, tick, stop, looks: () => looks };
}

test("a page that is looked at reads again how far the referral is, and what was written for the family since", async () => {
  const page = following();
  await page.tick();
  assert.deepEqual([page.told.sort(), page.looks()], [["letter", "summary"], 1]);
  page.stop();
  await page.tick();
  assert.equal(page.told.length, 2);
});

test("a referral whose child was seen is not asked about any more, and a page that nobody looks at asks for nothing", async () => {
  const done = following({ receipt: "seen" });
  await done.tick();
  assert.deepEqual(done.told, ["summary"]);
  const away = following({ seen: false });
  await away.tick();
  assert.deepEqual([away.told, away.looks()], [[], 0]);
});
