import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import en from "../../web_client/shared/i18n/en.js";
import { clockTime, clockTimeToTheSecond, countdown, elapsed, hasText, rememberedLanguage, rememberLanguage, translator } from "../../web_client/shared/i18n/i18n.js";
import zh from "../../web_client/shared/i18n/zh.js";
import { RUNGS } from "../../web_client/shared/ladder.js";

const WEB_CLIENT = fileURLToPath(new URL("../../web_client", import.meta.url));
/** Said in both languages on purpose, to who may read only one. */
const BILINGUAL = new Set(["letter.chineseOnly"]);
const keysOf = (catalogue) => Object.keys(catalogue).sort();
const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

/** Every source of the pages but the catalogues themselves and what others wrote. */
function sources(folder = WEB_CLIENT) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (["node_modules", "vendor", "i18n"].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sources(path) : entry.name.endsWith(".js") ? [readFileSync(path, "utf8")] : [];
  });
}

test("both languages say the same things", () => {
  assert.deepEqual(keysOf(zh), keysOf(en));
});

test("both languages name the same values in each sentence", () => {
  for (const key of keysOf(zh)) assert.deepEqual(placeholders(en[key]), placeholders(zh[key]), key);
});

test("no sentence is empty, and none was left untranslated", () => {
  for (const key of keysOf(zh)) {
    assert.notEqual(zh[key].trim(), "", key);
    assert.notEqual(en[key].trim(), "", key);
    if (!BILINGUAL.has(key)) assert.doesNotMatch(en[key], /[\u4e00-\u9fff]/u, key);
  }
});

test("a key stands in one part of a catalogue only, and every part is in it", async () => {
  for (const language of ["zh", "en"]) {
    const files = readdirSync(join(WEB_CLIENT, "shared", "i18n", language));
    const parts = await Promise.all(files.map((file) => import(`../../web_client/shared/i18n/${language}/${file}`)));
    const all = parts.flatMap((part) => Object.keys(part.default));
    assert.equal(new Set(all).size, all.length);
    assert.deepEqual(all.sort(), keysOf({ zh, en }[language]));
  }
});

test("every sentence that a page asks for by its whole key exists", () => {
  const asked = sources().flatMap((source) => [...source.matchAll(/\bt\(\s*"([a-z][\w.]+)"/g)].map(([, key]) => key));
  assert.ok(asked.length > 100);
  for (const key of asked) assert.ok(hasText(key), key);
});

test("every code that the wire can bring has its words", () => {
  const outcomes = ["completed", "referred", "guardian_absent", "physician_absent", "no_show", "recording_lost", "consent_withdrawn", "cancelled"];
  const causes = ["guardian_silent", "physician_silent", "recording_lost", "physician_hold"];
  for (const outcome of outcomes) assert.ok(hasText(`outcome.${outcome}`) && hasText(`family.ended.${outcome}.title`), outcome);
  for (const cause of causes) assert.ok(hasText(`cause.${cause}`) && hasText(`family.held.${cause}.why`) && hasText(`family.held.${cause}.do`), cause);
  for (const urgency of ["emergency", "within_24h", "within_2w", "within_30d", "routine"]) assert.ok(hasText(`urgency.${urgency}`), urgency);
  for (const problem of ["none", "busy", "interrupted", "unknown"]) assert.ok(hasText(`family.help.${problem}.body`), problem);
  for (const state of ["waiting", "sending", "lost", "checking", "kept", "leaving"]) assert.ok(hasText(`family.documents.${state}`), state);
  for (const kind of ["image/jpeg", "image/png", "image/heic", "application/pdf"]) assert.ok(hasText(`physician.documents.kind.${kind}`), kind);
  for (const screen of ["unknown", "used", "expired", "throttled", "network", "other"]) assert.ok(hasText(`join.${screen}.title`) && hasText(`join.${screen}.body`), screen);
});

test("every rung below the best has its words on both pages, whosever network is weak", () => {
  for (const page of ["family", "physician"])
    for (const rung of RUNGS.slice(1))
      for (const side of ["own", "far"]) {
        const key = `${page}.rung.${rung}.${side}`;
        assert.ok(zh[key] && en[key], key);
      }
});

test("values are put into a sentence, and one that is missing stays visible", () => {
  const t = translator("en");
  assert.equal(t("family.step", { n: 2, of: 5 }), "Step 2 of 5");
  assert.equal(t("family.step", { n: 2 }), "Step 2 of {of}");
});

test("the language is remembered where the browser allows it", () => {
  const held = new Map();
  const storage = { getItem: (key) => held.get(key) ?? null, setItem: (key, value) => held.set(key, value) };
  assert.equal(rememberedLanguage(storage), null);
  rememberLanguage(storage, "en");
  assert.equal(rememberedLanguage(storage), "en");
  const barred = { getItem: () => { throw new Error("barred"); }, setItem: () => { throw new Error("barred"); } };
  rememberLanguage(barred, "en");
  assert.equal(rememberedLanguage(barred), null);
});

test("durations read as minutes and seconds", () => {
  assert.deepEqual([0, -5, 999, 61_000, 600_000].map(countdown), ["0:00", "0:00", "0:01", "1:01", "10:00"]);
  assert.deepEqual([0, -5, 999, 61_999, 3_661_000].map(elapsed), ["0:00", "0:00", "0:00", "1:01", "1:01:01"]);
  assert.match(clockTime("zh", "2026-03-05T14:30:00+08:00"), /^\d\d:\d\d$/);
  assert.match(clockTimeToTheSecond("zh", "2026-03-05T14:30:09+08:00"), /^\d\d:\d\d:09$/);
});
