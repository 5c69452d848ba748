import assert from "node:assert/strict";
import { test } from "node:test";

import { Documents } from "../../web_client/family/documents.js";
import { documents, underWay } from "../../web_client/family/documents_state.js";
import { initialState, reduce } from "../../web_client/family/state.js";
import { Unfinished } from "../../web_client/family/unfinished.js";
import { KeptWords } from "../../web_client/shared/kept_words.js";

const fold = (...events) => events.reduce(documents, []);
const chosen = { type: "document_chosen", key: "a", name: "皮疹.jpg", size: 100 };
const begun = { type: "document_begun", key: "a", url: "/up/1" };

test("an item goes from waiting to kept, and its progress is its bytes", () => {
  const states = [chosen, begun, { type: "document_sent", key: "a", sent: 40 }, { type: "document_lost", key: "a" }, { type: "document_sent", key: "a", sent: 100 }, { type: "document_kept", key: "a" }];
  const seen = states.map((_, at) => fold(...states.slice(0, at + 1))[0].state);
  assert.deepEqual(seen, ["waiting", "sending", "sending", "lost", "checking", "kept"]);
  assert.equal(fold(...states.slice(0, 3))[0].sent, 40);
});

test("what was handed in before stands first, once", () => {
  const listed = { type: "documents_listed", documents: [{ id: "x", url: "/up/0", bytes: 9, kind: "image/png" }] };
  assert.deepEqual(fold(chosen, listed, listed).map(({ key, state }) => [key, state]), [["x", "kept"], ["a", "waiting"]]);
});

test("what was refused says why, and what could not be taken back stays", () => {
  const refused = { type: "document_refused", key: "a", code: "document_kind", why: "只能上传照片" };
  assert.deepEqual(fold(chosen, refused).map(({ state, why }) => [state, why]), [["refused", "只能上传照片"]]);
  const stays = fold(chosen, begun, { type: "document_kept", key: "a" }, { type: "document_leaving", key: "a" }, { ...refused, code: "document_stays" });
  assert.deepEqual([stays[0].state, stays[0].leaving, stays[0].code], ["kept", false, "document_stays"]);
});

test("what is gone is gone", () => {
  assert.deepEqual(fold(chosen, { type: "document_gone", key: "a" }), []);
});

test("what an earlier page left stands there once, and goes on from there when its file is chosen again", () => {
  const stopped = { ...chosen, type: "document_stopped", url: "/up/1", purpose: "examination", sent: 40 };
  const left = fold(stopped, stopped);
  assert.deepEqual(left.map(({ key, name, state, sent, url }) => [key, name, state, sent, url]), [["a", "皮疹.jpg", "stopped", 40, "/up/1"]]);
  assert.equal(underWay(left), 0);
  assert.deepEqual(documents(left, chosen).map(({ state, sent }) => [state, sent]), [["waiting", 40]]);
});

test("only what is still to come is under way", () => {
  assert.equal(underWay(fold(chosen, { ...chosen, key: "b" }, { type: "document_kept", key: "b" })), 1);
});

test("the page's state holds them", () => {
  assert.equal(reduce(initialState("zh", true), { type: "documents", event: chosen }).documents.length, 1);
});

/** A phone's storage: its keys are its own members. */
function phone() {
  return Object.create({
    getItem(key) { return this[key] ?? null; },
    setItem(key, value) { this[key] = value; },
    removeItem(key) { delete this[key]; },
  }); // prettier-ignore
}

/** A server that keeps everything, or refuses; one that stalls answers no piece until it is let go. */
function house({ there = [], status = 204, stalls = false, storage = phone(), received = 0, ids = "chosen" } = {}) {
  const asked = [];
  const told = [];
  let made = 0;
  let letGo = () => {};
  const refusal = () => new Response(JSON.stringify({ code: "document_kind", detail: "no" }), { status: 422 });
  const fetch = async (path, { method, headers, body }) => {
    asked.push(`${method} ${path}${method === "PATCH" ? ` ${headers["Upload-Offset"]}` : ""}`);
    if (method === "POST") return new Response(null, { status: 201, headers: { Location: `/up/${asked.length}` } });
    if (method === "HEAD") return new Response(null, { headers: { "Upload-Offset": String(received) } });
    if (method === "PATCH" && stalls) return new Promise((done) => (letGo = () => ((stalls = false), done(refusal()))));
    if (method === "PATCH") return status === 204 ? new Response(null, { status, headers: { "Upload-Offset": String(Number(headers["Upload-Offset"]) + body.size) } }) : refusal();
    return status === 204 ? new Response(null, { status }) : new Response(JSON.stringify({ code: status === 404 ? "not_found" : "document_stays", detail: "" }), { status });
  };
  const line = { fetch, headers: () => ({}), wait: async () => {} };
  const unfinished = new Unfinished(new KeptWords(storage, () => 0).of("v"));
  const api = { documents: async () => ({ documents: there }) };
  const documents = new Documents({ line, visit: "v", api, dispatch: (event) => told.push(event), unfinished, newId: () => `${ids}-${(made += 1)}` });
  const settled = async () => { for (let n = 0; n < 50; n += 1) await new Promise((done) => setImmediate(done)); };
  return { made: documents, asked, told, settled, unfinished, storage, letGo: () => letGo() };
}

const file = (name, size = 10, lastModified = 7) => new File([new Uint8Array(size)], name, { lastModified });

test("files are sent one after the other", async () => {
  const { made, asked, told, settled } = house();
  made.add([file("1.jpg"), file("2.jpg")]);
  await settled();
  assert.deepEqual(asked.map((one) => one.split(" ")[0]), ["POST", "PATCH", "POST", "PATCH"]);
  assert.deepEqual(told.filter(({ type }) => type === "document_kept").map(({ key }) => key), ["chosen-1", "chosen-2"]);
});

test("one that is refused does not keep the next from being sent", async () => {
  const { made, told, settled } = house({ status: 422 });
  made.add([file("1.exe"), file("2.exe")]);
  await settled();
  assert.deepEqual(told.filter(({ type }) => type === "document_refused").map(({ key, code, why }) => [key, code, why]), [["chosen-1", "document_kind", "no"], ["chosen-2", "document_kind", "no"]]);
});

test("a page that opens shows what is kept, and ends nobody's upload", async () => {
  const { made, asked, told } = house({ there: [{ id: "x", url: "/up/x", state: "kept", bytes: 1, kind: null }, { id: "y", url: "/up/y", state: "uploading", bytes: 1, kind: null }] });
  await made.open();
  assert.deepEqual(told.map(({ type, documents }) => [type, documents.map(({ id }) => id)]), [["documents_listed", ["x"]]]);
  assert.deepEqual(asked, []);
});

/** A page that was closed in the middle of the first of two files: what the phone has of it. */
async function closedInTheMiddle() {
  const before = house({ stalls: true });
  before.made.add([file("1.jpg"), file("2.jpg")]);
  await before.settled();
  assert.deepEqual(before.asked, ["POST /api/visits/v/documents", "PATCH /up/1 0"]);
  const left = Object.assign(phone(), before.storage);
  before.letGo();
  return left;
}

const UPLOADING = [{ id: "1", url: "/up/1", state: "uploading", bytes: 10, received: 4, kind: null }];

test("after a reload the same file goes on where the server has it, and what waited for its turn is asked for too", async () => {
  const storage = await closedInTheMiddle();
  const after = house({ storage, there: UPLOADING, received: 4, ids: "later" });
  await after.made.open();
  assert.deepEqual(after.told.slice(1).map(({ type, key, name, sent, url }) => [type, key, name, sent, url]), [["document_stopped", "chosen-1", "1.jpg", 4, "/up/1"], ["document_stopped", "chosen-2", "2.jpg", 0, null]]);
  after.made.add([file("1.jpg")]);
  await after.settled();
  assert.deepEqual(after.asked, ["HEAD /up/1", "PATCH /up/1 4"]);
  assert.deepEqual(after.told.at(-1), { type: "document_kept", key: "chosen-1" });
  assert.deepEqual(after.unfinished.list().map(({ key }) => key), ["chosen-2"]);
});

test("another file is another upload: by name, size, time or what it is for", async () => {
  for (const [other, purpose] of [[file("3.jpg")], [file("1.jpg", 11)], [file("1.jpg", 10, 8)], [file("1.jpg"), "delegation"]]) {
    const after = house({ storage: await closedInTheMiddle(), there: UPLOADING, received: 4, ids: "later" });
    after.made.add([other], purpose);
    await after.settled();
    assert.equal(after.asked[0], "POST /api/visits/v/documents");
    assert.deepEqual(after.unfinished.list().map(({ key }) => key), ["chosen-1", "chosen-2"]);
  }
});

test("what was kept after all is not asked for again, and what is taken back is forgotten", async () => {
  const after = house({ storage: await closedInTheMiddle(), there: [{ ...UPLOADING[0], state: "kept" }] });
  await after.made.open();
  assert.deepEqual(after.told.slice(1).map(({ key }) => key), ["chosen-2"]);
  await after.made.remove("chosen-2", null);
  assert.deepEqual(Object.keys(after.storage), []);
});

test("nothing of a file's content stays on the phone, and of one that was refused nothing at all", async () => {
  const words = JSON.parse(Object.values(await closedInTheMiddle())[0]).value;
  assert.deepEqual(JSON.parse(words)[0], { key: "chosen-1", name: "1.jpg", size: 10, lastModified: 7, purpose: "examination", url: "/up/1" });
  const refused = house({ status: 422 });
  refused.made.add([file("1.exe")]);
  await refused.settled();
  assert.deepEqual(Object.keys(refused.storage), []);
});

test("a phone that keeps nothing, or something else, sends all the same", async () => {
  for (const storage of [null, Object.assign(phone(), { setItem() { throw new Error("full"); } }), Object.assign(phone(), { "peitong.words.v.uploads": JSON.stringify({ atMs: 0, value: '[7, {"key": "k", "name": "1.jpg", "size": 10, "lastModified": 7, "purpose": "examination", "url": "//elsewhere/1"}]' }) })]) {
    const { made, asked, told, settled } = house({ storage });
    await made.open();
    made.add([file("1.jpg")]);
    await settled();
    assert.deepEqual(asked, ["POST /api/visits/v/documents", "PATCH /up/1 0"]);
    assert.equal(told.at(-1).type, "document_kept");
  }
});

test("a document is taken back; one that is gone already counts as taken back; one that must stay says so", async () => {
  for (const [status, last] of [[204, "document_gone"], [404, "document_gone"], [409, "document_refused"]]) {
    const { made, told } = house({ status });
    await made.remove("x", "/up/x");
    assert.deepEqual(told.map(({ type }) => type), ["document_leaving", last]);
  }
});

test("one that waits for its turn is never sent once it was taken back", async () => {
  const { made, asked, settled } = house();
  made.add([file("1.jpg"), file("2.jpg")]);
  await made.remove("chosen-2", null);
  await settled();
  assert.deepEqual(asked.map((one) => one.split(" ")[0]), ["POST", "PATCH"]);
});
