/** Saving a picture out of the family's video: when it may be, what it is, and that it is sent once as what it is. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { meaningOf } from "../../web_client/physician/keys.js";
import { frameOf, fitted, MOST_BYTES, saveStill, whyNoStill } from "../../web_client/physician/stills.js";
import { session, visitIn } from "./support/physician.mjs";

const S = { key: "s", typing: false, onButton: false, modified: false };
const allowed = { stills: { allowed: true, taken: 0 } };
const picture = { type: "remote", picture: true };
/** @param {string} state @param {object} [more] */
const visitOf = (state, more = allowed) => ({ ...visitIn(session(state, more)), link: "online", remotePicture: true });

test("one can be saved while it is live and the guardian agrees", () => {
  assert.equal(whyNoStill(visitOf("live")), null);
  assert.deepEqual(meaningOf(visitOf("live"), S), { type: "still" });
});

test("why none can be saved now is said, and its key does nothing then", () => {
  const refused = visitOf("live", { stills: { allowed: false, taken: 2 } });
  assert.equal(whyNoStill(refused), "not_agreed");
  assert.equal(meaningOf(refused, S), null);
  for (const state of ["waiting", "verifying", "held"]) assert.equal(whyNoStill(visitOf(state)), "not_now");
  assert.equal(whyNoStill({ ...visitOf("live"), remotePicture: false }), "no_picture");
  assert.equal(whyNoStill({ ...visitOf("live"), link: "offline" }), "offline");
  assert.equal(whyNoStill({ ...visitOf("live"), still: { state: "saving" } }), "saving");
});

test("a picture has the video's own size, and 1920 pixels a side at most", () => {
  assert.deepEqual(fitted(1280, 720), { width: 1280, height: 720 });
  assert.deepEqual(fitted(3840, 2160), { width: 1920, height: 1080 });
  assert.deepEqual(fitted(1080, 2400), { width: 864, height: 1920 });
});

/** An easel whose pictures have these sizes in turn. @param {(Blob | null)[]} blobs */
const easelOf = (blobs, log = []) => ({ log, easel: (width, height) => ({ draw: () => log.push([width, height]), jpeg: async () => blobs.shift() ?? null }) });
const small = new Blob([new Uint8Array(10)]);

test("it is drawn at once, and made smaller until it is within the limit", async () => {
  const { easel, log } = easelOf([new Blob([new Uint8Array(MOST_BYTES + 1)]), small]);
  const frame = frameOf({ videoWidth: 640, videoHeight: 480 }, easel);
  assert.deepEqual(log, [[640, 480]]);
  assert.equal(await frame, small);
  await assert.rejects(frameOf({ videoWidth: 640, videoHeight: 480 }, easelOf([]).easel));
  await assert.rejects(frameOf({ videoWidth: 0, videoHeight: 0 }, easelOf([small]).easel));
});

/** @param {number} status @param {object} body */
function lineThat(status, body = {}) {
  const asked = [];
  const fetch = async (path, { method, headers }) => {
    asked.push([method, path, headers["Upload-Metadata"]]);
    const ok = { Location: "/api/visits/v1/stills/d1", "Upload-Offset": method === "PATCH" ? "10" : "0" };
    return new Response(status < 300 ? null : JSON.stringify(body), { status: status < 300 && method === "PATCH" ? 204 : status, headers: ok });
  };
  return { asked, line: { fetch, headers: () => ({}), wait: async () => {} } };
}

test("it goes to the stills' own route", async () => {
  const { asked, line } = lineThat(201);
  const states = [];
  await saveStill(line, "v1", Promise.resolve(small), "k1", ({ state }) => states.push(state));
  assert.deepEqual(states, ["saving", "saved"]);
  assert.deepEqual(asked, [["POST", "/api/visits/v1/stills", undefined], ["PATCH", "/api/visits/v1/stills/d1", undefined]]);
});

test("a refusal is told in the server's words", async () => {
  const { line } = lineThat(409, { code: "consent_missing", detail: "监护人没有同意留存照片。" });
  const told = [];
  await saveStill(line, "v1", Promise.resolve(small), "k1", (still) => told.push(still));
  assert.deepEqual(told.at(-1), { state: "failed", text: "监护人没有同意留存照片。" });
  await saveStill(line, "v1", Promise.reject(new Error("no picture")), "k1", (still) => told.push(still));
  assert.deepEqual(told.at(-1), { state: "failed", text: "" });
});
