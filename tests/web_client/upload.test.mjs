import assert from "node:assert/strict";
import { test } from "node:test";

import { takeBack, upload } from "../../web_client/shared/upload.js";

const PIECE = 512 * 1024;

/** A tus server with one upload, whose answers (or whose requests) can be lost; `held` is what it has from an earlier page. */
function server({ lose = () => null, refuse = null, held = new Uint8Array(), length = null, gone = false } = {}) {
  const asked = [];
  const keys = new Set();
  const fetch = async (path, { method, headers, body }) => {
    asked.push({ path, method, headers });
    const lost = lose(asked.length, method);
    if (lost === "request") throw new TypeError("network");
    const answer = await respond(method, headers, body);
    if (lost === "answer") throw new TypeError("network");
    return answer;
  };
  const respond = async (method, headers, body) => {
    const problem = (status, code) => new Response(JSON.stringify({ code, detail: code }), { status });
    if (method === "POST") {
      length = Number(headers["Upload-Length"]);
      keys.add(headers["Idempotency-Key"]);
      return new Response(null, { status: 201, headers: { Location: `/up/${keys.size}`, "Upload-Offset": String(held.length) } });
    }
    if (method === "HEAD" && gone) return new Response(null, { status: 404 });
    if (method === "HEAD") return new Response(null, { headers: { "Upload-Offset": String(held.length) } });
    if (method === "DELETE") return new Response(null, { status: 204 });
    if (Number(headers["Upload-Offset"]) !== held.length) return problem(409, "upload_offset");
    held = new Uint8Array([...held, ...new Uint8Array(await body.arrayBuffer())]);
    if (held.length === length && refuse) return problem(422, refuse);
    return new Response(null, { status: 204, headers: { "Upload-Offset": String(held.length) } });
  };
  const waited = [];
  const line = { fetch, headers: () => ({ "Peitong-Role": "guardian" }), wait: async (ms) => void waited.push(ms) };
  return { line, asked, waited, held: () => held };
}

function listener() {
  const heard = [];
  return { heard, told: { begun: (url) => heard.push(url), sent: (sent) => heard.push(sent), lost: () => heard.push("lost") } };
}

const bytes = (length) => new Blob([Uint8Array.from({ length }, (_, at) => at % 251)]);
const wish = { key: "k" };
const forEver = () => new AbortController().signal;

async function sent(there, file, wished = wish) {
  const { heard, told } = listener();
  await upload(there.line, "v/1", file, wished, told, forEver());
  assert.deepEqual(there.held(), new Uint8Array(await file.arrayBuffer()));
  return heard;
}

test("a file goes up piece by piece, each where the one before ended", async () => {
  const there = server();
  assert.deepEqual(await sent(there, bytes(PIECE + 10)), ["/up/1", PIECE, PIECE + 10]);
  assert.deepEqual(there.asked.map(({ method }) => method), ["POST", "PATCH", "PATCH"]);
  assert.equal(there.asked[0].path, "/api/visits/v%2F1/documents");
  assert.equal(there.asked[1].headers["Tus-Resumable"], "1.0.0");
  assert.equal(there.asked[1].headers["Peitong-Role"], "guardian");
});

test("after a loss it asks where it stands and goes on there", async () => {
  for (const lose of ["request", "answer"]) {
    const there = server({ lose: (nth, method) => (nth === 3 && method === "PATCH" ? lose : null) });
    const heard = await sent(there, bytes(2 * PIECE));
    assert.ok(heard.includes("lost"));
    assert.equal(there.asked.filter(({ method }) => method === "HEAD").length, 1);
    assert.equal(heard.at(-1), 2 * PIECE);
  }
});

test("when the last answer was lost it asks for it once more, with nothing", async () => {
  const there = server({ lose: (nth, method) => (nth === 2 && method === "PATCH" ? "answer" : null) });
  await sent(there, bytes(10));
  assert.deepEqual(there.asked.map(({ method }) => method), ["POST", "PATCH", "HEAD", "PATCH"]);
});

test("a network that stays away is waited for longer and longer, and it begins anew where it was", async () => {
  const there = server({ lose: (nth) => (nth >= 2 && nth <= 8 ? "request" : null) });
  await sent(there, bytes(10));
  assert.deepEqual(there.waited, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
});

test("an answer to its beginning that was lost is asked for again under the same key, and leaves no second upload", async () => {
  const there = server({ lose: (nth) => (nth <= 2 ? "answer" : null) });
  assert.deepEqual(await sent(there, bytes(10)), ["lost", "lost", "/up/1", 10]);
  assert.deepEqual(there.asked.map(({ method, headers }) => [method, headers["Idempotency-Key"]]), [["POST", "k"], ["POST", "k"], ["POST", "k"], ["PATCH", undefined]]);
});

test("what an earlier page began goes on where the server has it, and nothing of it is sent again", async () => {
  const file = bytes(PIECE + 10);
  const held = new Uint8Array(await file.slice(0, PIECE).arrayBuffer());
  const there = server({ held, length: file.size });
  assert.deepEqual(await sent(there, file, { key: "k", url: "/up/1" }), ["/up/1", PIECE, PIECE + 10]);
  assert.deepEqual(there.asked.map(({ method, headers }) => [method, headers["Upload-Offset"]]), [["HEAD", undefined], ["PATCH", String(PIECE)]]);
});

test("of one that was all sent it is asked whether it was kept", async () => {
  const file = bytes(10);
  const there = server({ held: new Uint8Array(await file.arrayBuffer()), length: 10 });
  await sent(there, file, { key: "k", url: "/up/1" });
  assert.deepEqual(there.asked.map(({ method }) => method), ["HEAD", "HEAD", "PATCH"]);
});

test("one that the server has no more begins anew; one that it does not let in is refused", async () => {
  const there = server({ gone: true });
  await sent(there, bytes(10), { key: "k", url: "/up/0" });
  assert.deepEqual(there.asked.map(({ method, path }) => [method, path]), [["HEAD", "/up/0"], ["POST", "/api/visits/v%2F1/documents"], ["PATCH", "/up/1"]]);
  const barred = { ...there.line, fetch: async () => new Response(null, { status: 401 }) };
  await assert.rejects(upload(barred, "v", bytes(10), { key: "k", url: "/up/0" }, listener().told, forEver()), { status: 401 });
});

test("a server that is away for a moment says so without words when it is asked where an upload stands, and is asked again", async () => {
  const there = server();
  const { fetch } = there.line;
  let away = 2;
  there.line.fetch = async (path, asked) => (away-- > 0 ? new Response(null, { status: 503 }) : fetch(path, asked));
  await sent(there, bytes(10), { key: "k", url: "/up/1" });
  assert.deepEqual(there.waited, [500, 1_000]);
});

test("a refusal is not tried again", async () => {
  const there = server({ refuse: "document_kind" });
  const { told } = listener();
  await assert.rejects(upload(there.line, "v", bytes(10), wish, told, forEver()), { code: "document_kind", detail: "document_kind" });
  assert.equal(there.asked.length, 2);
});

test("who gives up is not made to wait", async () => {
  const stop = new AbortController();
  const there = server({ lose: () => "request" });
  there.line.wait = async () => stop.abort();
  await assert.rejects(upload(there.line, "v", bytes(10), wish, listener().told, stop.signal), { name: "AbortError" });
});

test("a document is taken back", async () => {
  const there = server();
  await takeBack(there.line, "/up/1");
  assert.deepEqual([there.asked[0].method, there.asked[0].path], ["DELETE", "/up/1"]);
});
