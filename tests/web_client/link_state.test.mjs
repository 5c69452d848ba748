import assert from "node:assert/strict";
import { test } from "node:test";

import { callable, initialState, refused } from "../../web_client/link/state.js";

test("each refusal has its place", () => {
  const busy = { ...initialState("zh"), busy: true };
  assert.deepEqual(["recovery_off", "too_many_attempts"].map((code) => refused(busy, code).screen), ["off", "throttled"]);
  assert.deepEqual(["invalid", "network", "teapot"].map((code) => refused(busy, code).fault), ["number", "network", "other"]);
  assert.equal(refused(busy, "network").busy, false);
});

test("only hospitals that have a number can be called", () => {
  const with_number = { name: "甲", name_en: "A", phone: "01000000000" };
  assert.deepEqual(callable([{ ...with_number, id: "h1" }, { name: "乙", name_en: "B", phone: null }]), [with_number]);
});
