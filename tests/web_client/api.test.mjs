import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiProblem, createApi } from "../../web_client/shared/api.js";

/** A server that gives one answer and remembers what it was asked. */
function server(status, body, headers = {}) {
  const asked = [];
  const fetch = async (path, init) => {
    asked.push({ path, ...init });
    return new Response(body === null ? null : JSON.stringify(body), { status, headers });
  };
  return { asked, api: createApi({ language: () => "en", fetch }) };
}

test("a request carries the page's language and its cookie, and a body as JSON", async () => {
  const { asked, api } = server(200, { visit: "v", next: "/family/?visit=v" });
  assert.deepEqual(await api.join("t"), { visit: "v", next: "/family/?visit=v" });
  const [{ path, method, headers, credentials, body }] = asked;
  assert.deepEqual([path, method, credentials, JSON.parse(body)], ["/api/join", "POST", "same-origin", { token: "t" }]);
  assert.equal(headers["Accept-Language"], "en");
  assert.equal(headers["Content-Type"], "application/json");
});

test("a page says as whom it asks when it is one side's page", async () => {
  const asked = [];
  const fetch = async (path, init) => asked.push(init.headers["Peitong-Role"]) && new Response("{}");
  await createApi({ language: () => "zh", role: "physician", fetch }).visit("v");
  await createApi({ language: () => "zh", fetch }).visit("v");
  assert.deepEqual(asked, ["physician", undefined]);
});

test("a visit's name is quoted in the path", async () => {
  const { asked, api } = server(200, {});
  await api.visit("a/../b");
  await api.ledger("a/../b");
  assert.deepEqual(asked.map(({ path }) => path), ["/api/visits/a%2F..%2Fb", "/api/visits/a%2F..%2Fb/ledger"]);
});

test("an agreement names exactly the text that was shown", async () => {
  const { asked, api } = server(204, null);
  await api.consent("v", { kind: "recording", version: "2", language: "zh", title: "", paragraphs: [], sha256: "ab" }, true);
  assert.deepEqual(JSON.parse(asked[0].body), { kind: "recording", version: "2", language: "zh", sha256: "ab", agreed: true });
});

test("a refusal is a problem with the server's code and words", async () => {
  const { api } = server(429, { code: "too_many_attempts", detail: "Wait.", retry_after_s: 30 });
  await assert.rejects(api.signIn("a", "b"), (problem) => {
    assert.ok(problem instanceof ApiProblem);
    assert.deepEqual([problem.status, problem.code, problem.detail, problem.retryAfterS], [429, "too_many_attempts", "Wait.", 30]);
    return true;
  });
});

test("an answer that is no problem+json is an unknown problem", async () => {
  const api = createApi({ language: () => "zh", fetch: async () => new Response("<html>", { status: 502 }) });
  await assert.rejects(api.me(), { code: "unknown", status: 502 });
});

test("a server that cannot be reached, or does not answer in time, is a problem of the network", async () => {
  const gone = createApi({ language: () => "zh", fetch: async () => { throw new TypeError("fetch failed"); } });
  await assert.rejects(gone.me(), { code: "network", status: 0 });
  const silent = createApi({ language: () => "zh", timeoutMs: 5, fetch: (_, { signal }) => new Promise((_done, fail) => signal.addEventListener("abort", () => fail(signal.reason))) });
  await assert.rejects(silent.me(), { code: "network" });
});

test("a document is read as it is, and a refusal of it is a problem", async () => {
  const picture = new Uint8Array([255, 216, 255]);
  const api = createApi({ language: () => "zh", fetch: async () => new Response(picture, { headers: { "Content-Type": "image/jpeg" } }) });
  const blob = await api.document("/api/visits/v/documents/d");
  assert.deepEqual([blob.type, new Uint8Array(await blob.arrayBuffer())], ["image/jpeg", picture]);
  const { api: gone, asked } = server(410, { code: "documents_destroyed", detail: "" });
  await assert.rejects(gone.document("/api/visits/v/documents/d"), { code: "documents_destroyed" });
  assert.equal(asked[0].path, "/api/visits/v/documents/d");
});
