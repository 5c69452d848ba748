import assert from "node:assert/strict";
import { test } from "node:test";

import { encodingFor } from "../../web_client/shared/encodings.js";

test("a picture starts sharp and is evened out later", () => {
  assert.deepEqual(encodingFor("video", { sharp: true, firefox: false }), { maxBitrate: 2_500_000, degradationPreference: "maintain-resolution" });
  assert.deepEqual(encodingFor("video", { sharp: false, firefox: false }), { maxBitrate: 2_500_000, degradationPreference: "balanced" });
});

test("Firefox never holds on to the resolution", () => {
  for (const sharp of [true, false]) assert.equal(encodingFor("video", { sharp, firefox: true }).degradationPreference, "balanced");
});

test("sound has a cap and no preference", () => {
  assert.deepEqual(encodingFor("audio", { sharp: true, firefox: false }), { maxBitrate: 48_000, degradationPreference: null });
});
