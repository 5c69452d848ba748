import assert from "node:assert/strict";
import { test } from "node:test";

import { captured } from "../../web_client/shared/capture.js";

/** Looks once a second at an amount; gives whether each look finds the device stopped. */
function looks(amounts, { due = true, everyMs = 1_000 } = {}) {
  let capture = null;
  return amounts.map((amount, at) => (capture = captured(capture, amount, due, at * everyMs))?.stopped ?? null);
}

test("a device that gives is fine, even if it counts anew", () => {
  assert.deepEqual(looks([1, 2, 3, 4, 5, 0, 1]), [false, false, false, false, false, false, false]);
});

test("a device that gives nothing for four seconds has stopped, until it gives again", () => {
  assert.deepEqual(looks([7, 7, 7, 7, 7, 7, 8]), [false, false, false, false, true, true, false]);
});

test("nothing is said of a device that is off, hidden, or not measured", () => {
  assert.deepEqual(looks([7, 7, 7, 7, 7, 7], { due: false }).at(-1), null);
  assert.deepEqual(looks([null, null, null, null, null, null]).at(-1), null);
});

test("a page that slept begins anew", () => {
  assert.deepEqual(looks([7, 7, 7], { everyMs: 60_000 }), [false, false, false]);
});
