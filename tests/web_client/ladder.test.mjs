import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { begin, better, interrupted, look, RUNGS, worse } from "../../web_client/shared/ladder.js";

const traces = JSON.parse(readFileSync(new URL("../corpus/ladder/traces.json", import.meta.url), "utf8"));

/** The changes of rung over a trace, as its README says. */
function changesOver({ path, every_ms: everyMs }) {
  const changes = [];
  let ladder = begin(0);
  let atMs = 0;
  for (const found of path) {
    for (let first = true; atMs < found.until_ms; atMs += everyMs, first = false) {
      const before = ladder.rung;
      const evidence = { estimateBps: found.estimate_bps, sentBps: found.sent_bps, loss: found.loss, carried: found.carried ?? "full" };
      ladder = found.interrupted && first ? interrupted(ladder, atMs) : look(ladder, evidence, atMs);
      if (ladder.rung !== before) changes.push([atMs, ladder.rung]);
    }
  }
  return changes;
}

for (const trace of traces) test(`trace: ${trace.name}`, () => assert.deepEqual(changesOver(trace), trace.rungs));

test("rungs are compared best first", () => {
  assert.deepEqual(RUNGS, ["full", "low", "stills", "sound", "chat"]);
  assert.equal(worse("low", "sound"), "sound");
  assert.equal(better("low", "sound"), "low");
});
