import assert from "node:assert/strict";
import { test } from "node:test";

import { tryLink } from "../../web_client/doctor/link.js";
import { createApi } from "../../web_client/shared/api.js";

/** The page with a link, at this screen when the answer comes: what was asked, and what is shown afterwards. */
async function opened(answer, { meanwhile = "ready" } = {}) {
  const asked = [];
  let screen = "ready";
  const fetch = async (path, { method }) => {
    asked.push([method, path]);
    screen = meanwhile;
    return answer();
  };
  await tryLink(createApi({ language: () => "zh", fetch }).doctor("t"), () => screen, (refused) => (screen = refused));
  return { asked, screen };
}

const refused = (status, code) => () => new Response(JSON.stringify({ code, detail: "" }), { status });
const good = () => new Response(JSON.stringify({ workers: 1, ice_policy: "all", ice_servers: [] }));

test("a good link is asked for once, opens no room and changes nothing", async () => {
  assert.deepEqual(await opened(good), { asked: [["POST", "/api/doctor/t/begin"]], screen: "ready" });
});

test("a link that is false, old or used up says so before anybody begins", async () => {
  const shown = [];
  for (const [status, code] of [[404, "link_unknown"], [410, "link_expired"], [429, "doctor_link_spent"], [429, "too_many_attempts"]]) shown.push((await opened(refused(status, code))).screen);
  assert.deepEqual(shown, ["unknown", "expired", "spent", "throttled"]);
});

test("a server that gives no answer, or none that is understood, is said to be away", async () => {
  assert.equal((await opened(() => Promise.reject(new TypeError("failed to fetch")))).screen, "network");
  assert.equal((await opened(() => new Response("<html>", { status: 502 }))).screen, "media");
});

test("a refusal that comes when the check has begun is left to the check", async () => {
  for (const meanwhile of ["running", "done", "busy"]) assert.equal((await opened(refused(410, "link_expired"), { meanwhile })).screen, meanwhile);
});
