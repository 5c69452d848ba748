import assert from "node:assert/strict";
import { test } from "node:test";

import { hasText } from "../../web_client/shared/i18n/i18n.js";
import { appointmentOf } from "../../web_client/shared/receipts.js";
import { canRetry, factsAfter, initial, screenOfProblem, tokenOf } from "../../web_client/receipt/state.js";

test("the token is the address's last part and nothing else", () => {
  assert.equal(tokenOf("/r/abc-_1"), "abc-_1");
  for (const path of ["/r/", "/r", "/r/a/b", "/x/abc", "/"]) assert.equal(tokenOf(path), "");
});

test("nothing asks whether the child was seen until it is tapped, and an address without a token is unknown", () => {
  assert.deepEqual([initial("zh", "abc").asking, initial("zh", "abc").screen, initial("en", "").screen], [false, "loading", "unknown"]);
});

test("the next step is offered first, what closes the referral last, and nothing after the child was seen", () => {
  assert.deepEqual(["issued", "sent", "received", "booked", "seen"].map(factsAfter), [["received"], ["received"], ["booked", "seen"], ["booked", "seen"], []]);
});

test("every refusal has its screen with words, and only what may pass can be tried again", () => {
  const codes = { link_unknown: "unknown", link_expired: "expired", too_many_attempts: "throttled", network: "network", internal: "other" };
  for (const [code, screen] of Object.entries(codes)) {
    assert.equal(screenOfProblem(code), screen);
    assert.ok(hasText(`receipt.${screen}.title`) && hasText(`receipt.${screen}.body`), screen);
  }
  assert.deepEqual(["unknown", "expired", "throttled", "network", "other"].map(canRetry), [false, false, true, true, true]);
});

test("an appointment is told with its zone, and none is told when the field is empty or half filled", () => {
  assert.equal(appointmentOf(""), null);
  assert.equal(appointmentOf("no time"), null);
  assert.equal(appointmentOf("2026-12-01T09:30"), new Date("2026-12-01T09:30").toISOString());
});
