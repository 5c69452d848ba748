/** When the physician's page reads who the family is and where. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { EVERY_MS, FamilyReader, IN_THE_CALL_MS, SOONEST_MS } from "../../web_client/physician/family_reader.js";

const FAMILY = { denied: false };

/** A reader with a clock that is set and a server that answers at once. */
function page(read = async () => FAMILY) {
  const told = [];
  const asked = [];
  let at = 0;
  const reader = new FamilyReader({ read: (visit) => (asked.push(visit), read(visit)), tell: (event) => told.push(event), now: () => at });
  return { reader, told, asked, pass: (ms) => (at += ms), settled: () => new Promise((done) => setImmediate(done)) };
}
const visit = (version, state = "waiting") => ({ id: "v1", session: { version, state } });

test("it is read when the visit is opened, then every so often", async () => {
  const { reader, told, asked, pass, settled } = page();
  reader.follow(visit(1));
  reader.follow(visit(1));
  await settled();
  assert.deepEqual([asked, told], [["v1"], [{ type: "family", visit: "v1", family: FAMILY }]]);
  pass(EVERY_MS);
  reader.follow(visit(1));
  assert.equal(asked.length, 2);
});

test("a change is followed soon before the attestation, later in the call", () => {
  const { reader, asked, pass } = page();
  reader.follow(visit(1));
  reader.follow(visit(2));
  assert.equal(asked.length, 1);
  pass(SOONEST_MS);
  reader.follow(visit(2));
  assert.equal(asked.length, 2);
  pass(SOONEST_MS);
  reader.follow(visit(3, "live"));
  assert.equal(asked.length, 2);
  pass(IN_THE_CALL_MS);
  reader.follow(visit(3, "live"));
  assert.equal(asked.length, 3);
});

test("what comes after the visit was left is nobody's, and what does not come is asked for again", async () => {
  const left = page();
  left.reader.follow(visit(1));
  left.reader.follow(null);
  await left.settled();
  assert.deepEqual(left.told, []);
  const away = page(async () => { throw new Error("network"); });
  away.reader.follow(visit(1));
  await away.settled();
  away.pass(EVERY_MS);
  away.reader.follow(visit(1));
  assert.deepEqual([away.asked.length, away.told], [2, []]);
});
