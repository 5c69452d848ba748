import assert from "node:assert/strict";
import { test } from "node:test";

import { DocumentsReader, EVERY_MS } from "../../web_client/physician/documents_reader.js";
import { session, visitIn } from "./support/physician.mjs";

const ENTRY = { id: "x", url: "/d/x", kind: "image/jpeg" };

/** A page with a clock that is set, a server that answers when told to, and pictures that are counted. */
function page({ fetch = async () => new Blob(["picture"]), list = async () => ({ documents: [ENTRY] }) } = {}) {
  const told = [];
  const asked = [];
  const held = [];
  let at = 0;
  let made = 0;
  const reader = new DocumentsReader({
    list: (visit) => (asked.push(visit), list(visit)),
    fetch,
    tell: (event) => told.push(event),
    now: () => at,
    objectUrl: () => (held.push(`blob:${(made += 1)}`), `blob:${made}`),
    letGo: (url) => held.splice(held.indexOf(url), 1),
  });
  const settled = () => new Promise((done) => setImmediate(done));
  return { reader, told, asked, held, settled, pass: (ms) => (at += ms) };
}

test("the list of an opened visit is read at once, then every so often", async () => {
  const { reader, told, asked, settled, pass } = page();
  reader.follow({ id: "v1" });
  reader.follow({ id: "v1" });
  await settled();
  assert.deepEqual([asked, told], [["v1"], [{ type: "documents", visit: "v1", documents: [ENTRY] }]]);
  pass(EVERY_MS);
  reader.follow({ id: "v1" });
  reader.follow(null);
  reader.follow({ id: "v2" });
  assert.deepEqual(asked, ["v1", "v1", "v2"]);
});

test("a list that comes after the visit was left is nobody's, and one that does not come is asked for again", async () => {
  const { reader, told, settled } = page();
  reader.follow({ id: "v1" });
  reader.follow(null);
  await settled();
  assert.deepEqual(told, []);
  const away = page({ list: async () => { throw new Error("network"); } });
  away.reader.follow({ id: "v1" });
  await away.settled();
  away.pass(EVERY_MS);
  away.reader.follow({ id: "v1" });
  assert.equal(away.asked.length, 2);
  assert.deepEqual(away.told, []);
});

test("a picture is fetched when it is asked for, and let go when another is shown or the visit is left", async () => {
  const { reader, told, held, settled } = page();
  reader.follow({ id: "v1" });
  await reader.show(ENTRY);
  assert.deepEqual(held, ["blob:1"]);
  assert.deepEqual(told.at(-1), { type: "document_shown", shown: { id: "x", picture: "blob:1", failed: false } });
  await reader.show({ ...ENTRY, id: "y" });
  assert.deepEqual(held, ["blob:2"]);
  reader.follow(null);
  await settled();
  assert.deepEqual(held, []);
});

test("of two that were asked for only the last is shown", async () => {
  const answers = [];
  const { reader, told, held, settled } = page({ fetch: () => new Promise((done) => answers.push(done)) });
  void reader.show(ENTRY);
  void reader.show({ ...ENTRY, id: "y" });
  answers[1](new Blob(["y"]));
  answers[0](new Blob(["x"]));
  await settled();
  assert.deepEqual(held, ["blob:1"]);
  assert.deepEqual(told.at(-1).shown, { id: "y", picture: "blob:1", failed: false });
});

test("one that does not come says so", async () => {
  const { reader, told } = page({ fetch: async () => { throw new Error("network"); } });
  await reader.show(ENTRY);
  assert.deepEqual(told.at(-1).shown, { id: "x", picture: null, failed: true });
});

test("the page's state holds the list of its own visit, and what is shown", () => {
  const documents = [ENTRY];
  const shown = { id: "x", picture: "blob:1", failed: false };
  const visit = visitIn(session("live"), { type: "documents", visit: "v1", documents }, { type: "document_shown", shown });
  assert.deepEqual([visit.documents, visit.shownDocument], [documents, shown]);
  assert.equal(visitIn(session("live"), { type: "documents", visit: "another", documents }).documents, null);
});
