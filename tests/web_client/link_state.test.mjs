import assert from "node:assert/strict";
import { test } from "node:test";

import { initialState, isNumber, refused } from "../../web_client/link/state.js";

test("a number is read as the server reads it", () => {
  assert.deepEqual(["13812345678", "+86 138-1234-5678", "(021) 5555.1234"].map(isNumber), [true, true, true]);
  assert.deepEqual(["", "1234", "12345678901234567", "138x", "１３８１２３４５６７８"].map(isNumber), [false, false, false, false, false]);
});

test("each refusal has its place", () => {
  const busy = { ...initialState("zh"), busy: true };
  assert.deepEqual(["recovery_off", "too_many_attempts"].map((code) => refused(busy, code).screen), ["off", "throttled"]);
  assert.deepEqual(["invalid", "network", "teapot"].map((code) => refused(busy, code).fault), ["number", "network", "other"]);
  assert.equal(refused(busy, "network").busy, false);
});
