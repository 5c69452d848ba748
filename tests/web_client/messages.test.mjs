/** The pages' reading of PROTOCOL.md comes to the verdicts of the corpus, which the Python reading comes to as well. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";

import { Malformed, decodeAck, decodeHello, decodeIntent, decodeMessage, intents } from "../../web_client/shared/messages.js";

const CORPUS = new URL("../corpus/messages/", import.meta.url);
const DECODERS = { page: decodeIntent, hello: decodeHello, server: decodeMessage };

function expanded(value) {
  if (Array.isArray(value)) return value.map(expanded);
  if (typeof value !== "object" || value === null) return value;
  if (Object.keys(value).join() === "$repeat") return value.$repeat[0].repeat(value.$repeat[1]);
  return JSON.parse("{" + Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(expanded(v))}`).join() + "}");
}

const files = readdirSync(CORPUS).filter((name) => name.endsWith(".json"));
const entries = files.flatMap((name) => JSON.parse(readFileSync(new URL(name, CORPUS), "utf8"))).map(expanded);

describe("the corpus is read as it says", () => {
  for (const { name, direction, ok, message, reads_as, error } of entries) {
    test(`${direction}: ${name}`, () => {
      const read = () => DECODERS[direction](message);
      if (ok) assert.deepEqual({ ...read() }, reads_as ?? message);
      else assert.throws(read, (thrown) => thrown instanceof Malformed && thrown.code === error);
    });
  }
});

test("the corpus is not empty", () => assert.ok(entries.length > 200));

test("what the builders make is well-formed", () => {
  const built = [
    intents.offer(1, 2, "v=0"),
    intents.deviceReport({ microphone: "live", camera: "lost", visible: true, picture: "unknown" }),
    intents.chat("c-1", "您好"),
    intents.leave(),
    intents.sending("stills"),
    intents.withdrawConsent("recording"),
    intents.admit(true),
    intents.beginText(true),
    intents.denyFamily(),
    intents.attest(["guardian_seen"], "13800138000", "苏州市"),
    intents.hold("technical"),
    intents.resume(),
    intents.complete("好", true),
    intents.refer({ reason: "other", urgency: "routine", note: "", not_examined: "", told_family: "", to: "" }),
    intents.cancel(),
  ];
  assert.deepEqual(
    built.map((intent) => ({ ...decodeIntent(intent) })),
    built,
  );
  assert.equal(new Set(built.map(({ type }) => type)).size, Object.keys(intents).length);
});

test("an answer that cannot be read counts as unavailable", () => {
  for (const nonsense of [undefined, null, 1, "ok", [], {}, { ok: "true" }]) {
    assert.deepEqual(decodeAck(nonsense), { ok: false, code: "unavailable", text: "" });
  }
  assert.deepEqual(decodeAck({ ok: true, id: "m-1", referral: 3 }), { ok: true, id: "m-1" });
  assert.deepEqual(decodeAck({ ok: true, referral: "r-1" }), { ok: true, referral: "r-1" });
  assert.deepEqual(decodeAck({ ok: false, code: "wrong_state", text: "!" }), { ok: false, code: "wrong_state", text: "!" });
});
