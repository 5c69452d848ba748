import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { faultOf, holds, pruned, ticked, typedAnswer, visible } from "../../web_client/shared/questionnaire.js";

const CORPUS = JSON.parse(readFileSync(new URL("../corpus/questionnaires/visible.json", import.meta.url), "utf8"));
const SIGNS = { link_id: "signs", type: "choice", text: "?", required: true, repeats: true, options: ["a", "b", "none"].map((code) => ({ code, text: code, exclusive: code === "none" })) };
const of = (type, more = {}) => ({ link_id: "q", type, text: "?", required: false, repeats: false, ...more });

test("the page shows the questions that the server asks", () => {
  assert.ok(CORPUS.cases.length > 8);
  for (const { answers, visible: expected } of CORPUS.cases) assert.deepEqual([...visible(CORPUS.groups, answers)], expected, JSON.stringify(answers));
});

test("an answer to a question that is asked no more goes", () => {
  assert.deepEqual(pruned(CORPUS.groups, { puberty: "no", age: 8, early: true }), { puberty: "no" });
  assert.deepEqual(pruned(CORPUS.groups, { puberty: "yes", age: 8 }), { puberty: "yes", age: 8 });
});

test("numbers compare as numbers, however they travel", () => {
  assert.ok(holds({ question: "w", operator: "<=", answer: "10.5" }, { w: "9.75" }));
  assert.ok(holds({ question: "w", operator: ">", answer: 9 }, { w: 10 }));
  assert.ok(!holds({ question: "w", operator: ">", answer: 9 }, {}));
});

test("none of these stands alone, and ticking twice is nothing", () => {
  assert.deepEqual(ticked(SIGNS, undefined, "b"), ["b"]);
  assert.deepEqual(ticked(SIGNS, ["b"], "a"), ["a", "b"]);
  assert.deepEqual(ticked(SIGNS, ["a", "b"], "none"), ["none"]);
  assert.deepEqual(ticked(SIGNS, ["none"], "a"), ["a"]);
  assert.deepEqual(ticked(SIGNS, ["a"], "a"), []);
});

test("what is typed becomes an answer of the question's type", () => {
  assert.equal(typedAnswer(of("integer"), " 172 "), 172);
  assert.equal(typedAnswer(of("integer"), "１７２"), 172);
  assert.equal(typedAnswer(of("integer"), "17x"), "17x");
  assert.equal(typedAnswer(of("decimal"), "3，25"), "3.25");
  assert.equal(typedAnswer(of("date"), "2026-03-01"), "2026-03-01");
  assert.equal(typedAnswer(of("text"), "慢 "), "慢 ");
  for (const type of ["integer", "decimal", "date", "text"]) assert.equal(typedAnswer(of(type), "  "), undefined);
});

test("what will not do is named with the server's codes", () => {
  const bounded = { min_value: "0.4", max_value: "7" };
  assert.equal(faultOf(SIGNS, []), "required");
  assert.equal(faultOf(SIGNS, undefined), "required");
  assert.equal(faultOf(of("choice"), undefined), null);
  assert.equal(faultOf(of("integer"), "17x"), "wrong_type");
  assert.equal(faultOf(of("integer", { min_value: "120", max_value: "230" }), 17), "out_of_range");
  assert.equal(faultOf(of("integer", { min_value: "120", max_value: "230" }), 170), null);
  assert.equal(faultOf(of("decimal", bounded), "3.2555"), "wrong_type");
  assert.equal(faultOf(of("decimal", bounded), "7.5"), "out_of_range");
  assert.equal(faultOf(of("decimal", bounded), "3.25"), null);
  assert.equal(faultOf(of("text", { max_length: 3 }), "𠮷𠮷𠮷𠮷"), "too_long");
  assert.equal(faultOf(of("text", { max_length: 3 }), "𠮷𠮷𠮷"), null);
});
