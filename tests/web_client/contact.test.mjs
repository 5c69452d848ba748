/** What may be an e-mail address or a telephone number, and the words of the register, by the server's own rules. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { isEmail, isOwnPhone, isPhone, plainPhone } from "../../web_client/shared/contact.js";
import { DELEGATED, GUARDIANS, SEXES } from "../../web_client/shared/kinship.js";

/** tests/server/test_telephone.py and test_kinship.py read it, too. */
const WORDS = JSON.parse(readFileSync(new URL("../corpus/families/words.json", import.meta.url), "utf8"));

test("a telephone number is read as the server reads it", () => {
  const read = WORDS.numbers.map(({ typed }) => ({ typed, plain: plainPhone(typed), number: isPhone(typed), own: isOwnPhone(typed) }));
  assert.deepEqual(read, WORDS.numbers);
});

test("the register's words are the server's", () => {
  assert.deepEqual({ sexes: SEXES, guardians: GUARDIANS, delegated: DELEGATED }, { sexes: WORDS.sexes, guardians: WORDS.guardians, delegated: WORDS.delegated });
});

test("an address has a name, an @ and a domain with a dot", () => {
  for (const typed of ["chen.jing@example.com", "12345@qq.com", "a+b@mail.example.org"]) assert.equal(isEmail(typed), true, typed);
  for (const typed of ["", "chen", "chen@example", "chen jing@example.com", "陈@example.com", "a@b@c.com", `${"a".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(63)}.com`]) assert.equal(isEmail(typed), false, typed);
});
