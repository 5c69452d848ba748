/** Sent under a key: drawn new for each, and whether an answer leaves it open. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isUnsure, newKey } from "../../web_client/shared/once.js";

test("a key is 256 bits as base64url, and never the same", () => {
  assert.match(newKey(), /^[\w-]{43}$/);
  assert.notEqual(newKey(), newKey());
});

test("without an answer, or with one that the server did not mean, it may have been done", () => {
  for (const [status, code] of [[0, "network"], [502, "unknown"], [409, "idempotency_busy"]]) assert.equal(isUnsure({ status, code }), true, code);
  for (const [status, code] of [[409, "slot_taken"], [401, "not_signed_in"], [422, "idempotency_mismatch"]]) assert.equal(isUnsure({ status, code }), false, code);
});
