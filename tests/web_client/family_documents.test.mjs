import assert from "node:assert/strict";
import { test } from "node:test";

import { Documents } from "../../web_client/family/documents.js";
import { documents, underWay } from "../../web_client/family/documents_state.js";
import { initialState, reduce } from "../../web_client/family/state.js";

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

test("only what is still to come is under way", () => {
  assert.equal(underWay(fold(chosen, { ...chosen, key: "b" }, { type: "document_kept", key: "b" })), 1);
});

test("the page's state holds them", () => {
  assert.equal(reduce(initialState("zh", true), { type: "documents", event: chosen }).documents.length, 1);
});

/** A server that keeps everything, or refuses. */
function house({ there = [], status = 204 } = {}) {
  const asked = [];
  const told = [];
  const fetch = async (path, { method, headers, body }) => {
    asked.push(`${method} ${path}`);
    if (method === "POST") return new Response(null, { status: 201, headers: { Location: `/up/${asked.length}` } });
    if (method === "PATCH") return status === 204 ? new Response(null, { status, headers: { "Upload-Offset": String(Number(headers["Upload-Offset"]) + body.size) } }) : new Response(JSON.stringify({ code: "document_kind", detail: "no" }), { status });
    return status === 204 ? new Response(null, { status }) : new Response(JSON.stringify({ code: status === 404 ? "not_found" : "document_stays", detail: "" }), { status });
  };
  const line = { fetch, headers: () => ({}), wait: async () => {} };
  const made = new Documents({ line, visit: "v", api: { documents: async () => ({ documents: there }) }, dispatch: (event) => told.push(event) });
  const settled = async () => { for (let n = 0; n < 50; n += 1) await new Promise((done) => setImmediate(done)); };
  return { made, asked, told, settled };
}

const file = (name) => new File([new Uint8Array(10)], name);

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

test("a page that opens shows what is kept and gives up what it cannot go on with", async () => {
  const { made, asked, told } = house({ there: [{ id: "x", url: "/up/x", state: "kept", bytes: 1, kind: null }, { id: "y", url: "/up/y", state: "uploading", bytes: 1, kind: null }] });
  await made.open();
  assert.deepEqual(told[0].documents.map(({ id }) => id), ["x"]);
  assert.deepEqual(asked, ["DELETE /up/y"]);
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
