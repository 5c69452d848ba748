import assert from "node:assert/strict";
import { test } from "node:test";

import { initialState, refused } from "../../web_client/link/state.js";

test("each refusal has its place", () => {
  const busy = { ...initialState("zh"), busy: true };
  assert.deepEqual(["recovery_off", "too_many_attempts"].map((code) => refused(busy, code).screen), ["off", "throttled"]);
  assert.deepEqual(["invalid", "network", "teapot"].map((code) => refused(busy, code).fault), ["number", "network", "other"]);
  assert.equal(refused(busy, "network").busy, false);
});
