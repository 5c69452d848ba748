import assert from "node:assert/strict";
import { test } from "node:test";

import { evidenceOf, looked, SILENT_AFTER_MS } from "../../web_client/shared/path.js";

/** Looks at [heard, sent] every 400 ms; gives whether each look finds the path silent. */
function looks(samples, everyMs = 400) {
  let path = null;
  return samples.map(([heard, sent], at) => (path = looked(path, { heard, sent }, at * everyMs)).silent);
}

test("a page that sends and hears is on a good path", () => {
  assert.deepEqual(looks([[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [6, 6]]), [false, false, false, false, false, false]);
});

test("a page that sends and hears nothing has lost its path, long before the browser says so", () => {
  assert.deepEqual(looks([[1, 1], [2, 2], [2, 3], [2, 4], [2, 5], [3, 6]]), [false, false, false, false, true, false]);
});

test("a path that was lost stays lost when the browser stops sending into it", () => {
  assert.deepEqual(looks([[1, 1], [2, 2], [2, 3], [2, 4], [2, 5], [2, 5], [2, 5], [3, 5]]).slice(4), [true, true, true, false]);
});

test("who sends nothing is owed nothing", () => {
  assert.deepEqual(looks([[1, 1], [2, 2], [2, 2], [2, 2], [2, 2], [2, 2]]).includes(true), false);
});

test("a server that never reported is not missed", () => {
  assert.deepEqual(looks([[1, 1], [1, 2], [1, 3], [1, 4], [1, 5], [1, 6]]).includes(true), false);
});

test("a browser that forgets a candidate pair counts less: that is no sign of life", () => {
  assert.deepEqual(looks([[9, 1], [10, 2], [4, 3], [4, 4], [4, 5], [5, 6]]), [false, false, false, false, true, false]);
});

test("after a sleep the path has half a second to prove itself", () => {
  const before = looked(looked(null, { heard: 1, sent: 1 }, 0), { heard: 2, sent: 2 }, 400);
  const woken = looked(before, { heard: 9, sent: 9 }, 60_000);
  assert.equal(woken.silent, false);
  assert.equal(looked(woken, { heard: 9, sent: 10 }, 60_499).silent, false);
  assert.equal(looked(woken, { heard: 9, sent: 10 }, 60_500).silent, true);
  assert.equal(looked(looked(woken, { heard: 10, sent: 10 }, 60_400), { heard: 10, sent: 11 }, 60_800).silent, false);
});

test("a page that slept and sends nothing begins anew", () => {
  const before = looked(null, { heard: 1, sent: 1 }, 0);
  assert.equal(looked(before, { heard: 1, sent: 1 }, 60_000).heardAtMs, 60_000);
});

test("evidence is what came over the transport, media or not, and what STUN brought", () => {
  const chrome = [
    { type: "transport", packetsReceived: 5, bytesReceived: 400 },
    { type: "candidate-pair", bytesReceived: 400, responsesReceived: 3 },
    { type: "inbound-rtp", packetsReceived: 2 },
    { type: "outbound-rtp", packetsSent: 7 },
    { type: "outbound-rtp", packetsSent: 1 },
  ];
  assert.deepEqual(evidenceOf(chrome), { heard: 810, sent: 8 });
  assert.deepEqual(evidenceOf([{ type: "candidate-pair" }]), { heard: 0, sent: 0 });
  assert.ok(SILENT_AFTER_MS < 2_000);
});
