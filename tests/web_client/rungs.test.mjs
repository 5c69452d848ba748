import assert from "node:assert/strict";
import { test } from "node:test";

import { arriving, receiversBear, standsStill, weakest } from "../../web_client/shared/rungs.js";

const seat = (role, connected = true) => ({ role, name: "", connected, presence: "present", doubts: [] });
const weak = (from, to, rung, why) => ({ from, to, rung, why });
const session = (rungs, seats = [seat("guardian"), seat("physician")]) => ({ seats, rungs });

test("a page sends what the best of its receivers can take", () => {
  assert.equal(receiversBear(session([]), "guardian"), "full");
  assert.equal(receiversBear(session([weak("guardian", "physician", "sound", "downlink")]), "guardian"), "sound");
  const three = [seat("guardian"), seat("physician"), seat("interpreter")];
  assert.equal(receiversBear(session([weak("guardian", "physician", "sound", "downlink")], three), "guardian"), "full");
  const both = [weak("guardian", "physician", "sound", "downlink"), weak("guardian", "interpreter", "low", "downlink")];
  assert.equal(receiversBear(session(both, three), "guardian"), "low");
  assert.equal(receiversBear(session(both, [...three.slice(0, 2), seat("interpreter", false)]), "guardian"), "sound");
});

test("what its own uplink is too weak for says nothing of its receivers, nor does what comes the other way", () => {
  assert.equal(receiversBear(session([weak("guardian", "physician", "sound", "uplink")]), "guardian"), "full");
  assert.equal(receiversBear(session([weak("physician", "guardian", "sound", "downlink")]), "guardian"), "full");
  assert.equal(receiversBear(session([], [seat("guardian"), seat("physician", false)]), "guardian"), "full");
});

test("the worse direction is told, and whose network it is", () => {
  assert.equal(weakest(session([]), "guardian", "physician"), null);
  assert.equal(weakest(null, "guardian", "physician"), null);
  const cases = [
    [weak("guardian", "physician", "low", "uplink"), "own"],
    [weak("guardian", "physician", "low", "downlink"), "far"],
    [weak("physician", "guardian", "low", "uplink"), "far"],
    [weak("physician", "guardian", "low", "downlink"), "own"],
  ];
  for (const [each, side] of cases) assert.deepEqual(weakest(session([each]), "guardian", "physician"), { rung: "low", side });
  const both = [weak("guardian", "physician", "low", "uplink"), weak("physician", "guardian", "sound", "uplink")];
  assert.deepEqual(weakest(session(both), "guardian", "physician"), { rung: "sound", side: "far" });
  assert.equal(weakest(session([weak("guardian", "interpreter", "chat", "uplink")]), "guardian", "physician"), null);
});

test("what arrives is the direction that leads here", () => {
  const rungs = [weak("physician", "guardian", "stills", "uplink"), weak("guardian", "physician", "chat", "uplink")];
  assert.equal(arriving(session(rungs), "physician", "guardian"), "stills");
  assert.equal(arriving(session([]), "physician", "guardian"), "full");
  assert.equal(arriving(null, "physician", "guardian"), "full");
  assert.deepEqual(["full", "low", "stills", "sound", "chat"].map(standsStill), [false, false, true, true, true]);
});
