/** What may be an e-mail address, by the server's own rule. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isEmail } from "../../web_client/shared/contact.js";

test("an address has a name, an @ and a domain with a dot", () => {
  for (const typed of ["chen.jing@example.com", "12345@qq.com", "a+b@mail.example.org"]) assert.equal(isEmail(typed), true, typed);
  for (const typed of ["", "chen", "chen@example", "chen jing@example.com", "陈@example.com", "a@b@c.com", `${"a".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(63)}.com`]) assert.equal(isEmail(typed), false, typed);
});
