import assert from "node:assert/strict";
import { test } from "node:test";

import { canRetry, destinationOf, isLinkRefused, screenOfProblem, tokenOf } from "../../web_client/join/state.js";

test("the token is what stands after /j/, and nothing else", () => {
  assert.equal(tokenOf("/j/abc-_1"), "abc-_1");
  assert.equal(tokenOf("/j/abc/"), "abc");
  assert.equal(tokenOf("/j/"), "");
  assert.equal(tokenOf("/j/a/b"), "");
});

test("each refusal has its page, and an unknown one a helpful one", () => {
  assert.deepEqual(["link_unknown", "link_used", "link_expired", "too_many_attempts", "network", "teapot"].map(screenOfProblem), ["unknown", "used", "expired", "throttled", "network", "other"]);
});

test("trying again is offered only where it may help", () => {
  assert.deepEqual(["unknown", "used", "expired", "throttled", "network", "other"].filter(canRetry), ["throttled", "network", "other"]);
});

test("a new link is offered where the link is what is wrong", () => {
  assert.deepEqual(["unknown", "used", "expired", "throttled", "network", "other"].filter(isLinkRefused), ["unknown", "used", "expired"]);
});

test("joining leads only to a path of this server", () => {
  assert.equal(destinationOf("/family/?visit=v1", "v1"), "/family/?visit=v1");
  for (const elsewhere of ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", ""]) assert.equal(destinationOf(elsewhere, "v 1"), "/family/?visit=v%201");
});
