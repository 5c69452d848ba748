import assert from "node:assert/strict";
import { test } from "node:test";

import { encodingFor, withEncoding } from "../../web_client/shared/encodings.js";

const BEGUN = { rung: "full", sharp: true, firefox: false };
const RUNGS = ["full", "low", "stills", "sound", "chat"];

test("a picture starts sharp and is evened out later", () => {
  const { maxBitrate, degradationPreference } = encodingFor("video", BEGUN);
  assert.deepEqual([maxBitrate, degradationPreference], [2_700_000, "maintain-resolution"]);
  assert.equal(encodingFor("video", { ...BEGUN, sharp: false }).degradationPreference, "balanced");
});

test("Firefox never holds on to the resolution", () => {
  for (const rung of RUNGS)
    for (const sharp of [true, false]) assert.equal(encodingFor("video", { rung, sharp, firefox: true }).degradationPreference, "balanced");
});

test("sound is always sent, before any picture, and takes less on a weak link", () => {
  for (const rung of RUNGS) {
    const sound = encodingFor("audio", { ...BEGUN, rung });
    assert.deepEqual([sound.active, sound.priority, sound.degradationPreference], [true, "high", null]);
    assert.equal(encodingFor("video", { ...BEGUN, rung }).priority, "low");
  }
  assert.equal(encodingFor("audio", BEGUN).maxBitrate, 48_000);
  assert.equal(encodingFor("audio", { ...BEGUN, rung: "sound" }).maxBitrate, 24_000);
});

test("each rung takes less than the one above, and from sound on no picture is sent", () => {
  const pictures = RUNGS.map((rung) => encodingFor("video", { ...BEGUN, rung }));
  const taken = pictures.map(({ active, maxBitrate }) => (active ? maxBitrate : 0));
  assert.deepEqual(taken, [2_700_000, 450_000, 60_000, 0, 0]);
  assert.deepEqual(pictures.slice(1, 3).map(({ maxFramerate, scaleResolutionDownBy }) => [maxFramerate, scaleResolutionDownBy]), [[null, 2], [1, 2]]);
});

test("what a rung limited is free again on the next, and the rest of the parameters stays", () => {
  const parameters = { transactionId: "t", encodings: [{ rid: "r", active: true }] };
  const still = withEncoding(parameters, encodingFor("video", { ...BEGUN, rung: "stills" }));
  assert.equal(still.encodings[0].maxFramerate, 1);
  const again = withEncoding(still, encodingFor("video", BEGUN));
  assert.equal(again.transactionId, "t");
  assert.deepEqual(again.encodings, [{ rid: "r", active: true, maxBitrate: 2_700_000, scaleResolutionDownBy: 1, priority: "low" }]);
  assert.equal(again.degradationPreference, "maintain-resolution");
  assert.equal("scaleResolutionDownBy" in withEncoding(parameters, encodingFor("audio", BEGUN)).encodings[0], false);
});
