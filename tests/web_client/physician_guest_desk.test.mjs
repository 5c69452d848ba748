/** Inviting from the physician's page: one request at a time, a link that is told once, a refusal that is shown. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { GuestDesk, nobodyInvited } from "../../web_client/physician/guest_desk.js";
import { initial, reduce } from "../../web_client/physician/state.js";
import { ApiProblem } from "../../web_client/shared/api.js";

const visit = (form = {}) => ({ id: "v1", guest: { ...nobodyInvited(), ...form } });

function desk(more = {}) {
  const said = [];
  const asked = [];
  const made = new GuestDesk({
    invite: async (...given) => (asked.push(given), { link: "https://x/g/t" }),
    takeBack: async (...given) => void asked.push(given),
    copy: async () => {},
    tell: (of, form) => said.push([of, form]),
    ...more,
  });
  return { made, said, asked, last: () => said.at(-1)[1] };
}

test("the link is kept as long as the page remembers it, and the name is asked anew", async () => {
  const { made, said, asked, last } = desk();
  await made.invite(visit({ name: " 阿依古丽 ", role: "interpreter" }));
  assert.deepEqual(asked, [["v1", "interpreter", "阿依古丽"]]);
  assert.deepEqual(said[0][1], { busy: true, problem: null, copied: false });
  assert.deepEqual(last(), { busy: false, link: "https://x/g/t", name: "" });
});

test("nothing is asked without a name or while something is under way", async () => {
  const { made, asked } = desk();
  await made.invite(visit({ name: " " }));
  await made.invite(visit({ name: "甲", busy: true }));
  await made.takeBack(visit({ busy: true }));
  assert.deepEqual(asked, []);
});

test("a refusal is told by its code, anything else as unknown", async () => {
  const refused = desk({ invite: async () => Promise.reject(new ApiProblem(409, "guest_invited", "")) });
  await refused.made.invite(visit({ name: "甲" }));
  assert.deepEqual(refused.last(), { busy: false, problem: "guest_invited" });
  const broken = desk({ takeBack: async () => Promise.reject(new Error("x")) });
  await broken.made.takeBack(visit());
  assert.deepEqual(broken.last(), { busy: false, problem: "unknown" });
});

test("a link that was copied says so, one that could not be does not", async () => {
  const fine = desk();
  await fine.made.copy(visit({ link: "l" }));
  assert.deepEqual(fine.last(), { copied: true });
  const barred = desk({ copy: () => Promise.reject(new Error("denied")) });
  await barred.made.copy(visit({ link: "l" }));
  assert.deepEqual(barred.last(), { copied: false });
});

test("what is told belongs to its own visit, and the link is forgotten with the invitation", () => {
  const seat = (role) => ({ role, name: "", connected: false, presence: "absent", doubts: [] });
  const session = (version, ...roles) => ({ type: "message", atMs: 0, message: { type: "session", session: { version, state: "live", gate: true, causes: [], stills: { allowed: true, taken: 0 }, rungs: [], seats: roles.map(seat) } } });
  const events = [{ type: "opened", visit: "v1" }, session(1, "guardian", "physician", "interpreter"), { type: "guest", visit: "v1", form: { link: "l" } }];
  const invited = events.reduce(reduce, initial());
  assert.equal(invited.visit.guest.link, "l");
  assert.equal(reduce(invited, { type: "guest", visit: "v2", form: { link: "m" } }).visit.guest.link, "l");
  assert.equal(reduce(invited, session(2, "guardian", "physician", "interpreter")).visit.guest.link, "l");
  assert.equal(reduce(invited, session(2, "guardian", "physician")).visit.guest.link, "");
});
