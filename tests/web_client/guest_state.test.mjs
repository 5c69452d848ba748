/** The guest's page: which screen follows from what happened, and what is told of its devices. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { deviceReport, initialState, reduce, roleOf, screenOf, tokenOf } from "../../web_client/guest/state.js";
import { guestOf, showsPicture } from "../../web_client/shared/guests.js";

const TEXT = { version: "1", language: "zh", title: "t", paragraphs: ["p"], sha256: "aa" };
const GUEST = { visit: "v1", role: "local_doctor", name: "王", physician: { name: "林", title: "", hospital: "", licence: "" }, state: "live", agreed: false, text: TEXT };
const SESSION = { version: 3, state: "live", gate: true, recording: "running", causes: [], stills: { allowed: true, taken: 0 }, rungs: [], seats: [], outcome: null };
const play = (events, state = initialState("zh", false)) => events.reduce(reduce, state);
const says = (message) => ({ type: "message", message });
const welcome = (session = {}, chat = []) => says({ type: "welcome", session: { ...SESSION, ...session }, chat });
const inRoom = (session) => play([{ type: "guest", guest: { ...GUEST, agreed: true } }, { type: "entered" }, welcome(session)]);

test("a link asks before it is redeemed, and a page without one looks who it is", () => {
  assert.equal(screenOf(initialState("zh", true)), "ask");
  assert.equal(screenOf(initialState("zh", false)), "loading");
  assert.equal(tokenOf("/g/abc_-9"), "abc_-9");
  assert.equal(tokenOf("/g/"), "");
  assert.equal(tokenOf("/guest/"), "");
});

test("agreeing comes before the devices, and who agreed before is not asked again", () => {
  assert.equal(screenOf(play([{ type: "guest", guest: GUEST }])), "agree");
  assert.equal(screenOf(play([{ type: "guest", guest: GUEST }, { type: "busy" }, { type: "agreed" }])), "devices");
  assert.equal(screenOf(play([{ type: "guest", guest: { ...GUEST, agreed: true } }])), "devices");
  assert.equal(screenOf(play([{ type: "guest", guest: GUEST }, { type: "declined" }])), "declined");
  assert.equal(screenOf(play([{ type: "support", support: "in_app" }, { type: "guest", guest: { ...GUEST, agreed: true } }])), "unsupported");
});

test("the session says which screen of the room it is", () => {
  assert.equal(screenOf(inRoom({ state: "waiting" })), "waiting");
  assert.equal(screenOf(inRoom({ state: "verifying" })), "call");
  assert.equal(screenOf(inRoom({ state: "held" })), "held");
  assert.equal(screenOf(inRoom({ state: "ended" })), "ended");
  assert.equal(screenOf(play([says({ type: "superseded" })], inRoom())), "superseded");
  assert.equal(screenOf(play([{ type: "leaving", leaving: true }, { type: "left" }], inRoom())), "left");
  assert.equal(screenOf(play([{ type: "problem", code: "link_expired" }], inRoom())), "problem");
});

test("an older session never replaces a newer one, and the end closes what lay over the call", () => {
  const state = play([{ type: "chat_open", open: true }, { type: "leaving", leaving: true }], inRoom());
  assert.equal(play([says({ type: "session", session: { ...SESSION, version: 2, state: "held" } })], state).session.state, "live");
  const ended = play([says({ type: "session", session: { ...SESSION, version: 4, state: "ended" } })], state);
  assert.deepEqual([ended.chatOpen, ended.leaving], [false, false]);
});

test("messages of the others count as new until they are read; one's own do not", () => {
  const line = (id, role) => says({ type: "chat", message: { id, role, text: "x", at: "2026-03-05T14:31:00Z" } });
  const state = play([line("1", "physician"), line("2", "guardian"), line("3", "local_doctor")], inRoom());
  assert.equal(roleOf(state), "local_doctor");
  assert.deepEqual([state.unread, state.chat.length], [2, 3]);
  assert.equal(play([{ type: "chat_open", open: true }], state).unread, 0);
  const sent = play([{ type: "chat_sent", clientId: "c", text: "好", at: "2026-03-05T14:32:00Z" }], state);
  assert.equal(play([{ type: "chat_accepted", clientId: "c", id: "4" }], sent).chat.at(-1).id, "4");
  assert.equal(play([{ type: "chat_failed", clientId: "c" }], sent).chat.at(-1).failed, true);
});

test("a voice that was heard stays heard, and the light goes out with the connection", () => {
  const heard = play([{ type: "devices", devices: { level: 0.5 } }, { type: "devices", devices: { level: 0 } }]);
  assert.equal(heard.devices.heard, true);
  const lit = play([{ type: "call", call: "connected" }, says({ type: "quality", light: "fair", legs: [] })], inRoom());
  assert.equal(lit.light, "fair");
  assert.equal(play([{ type: "call", call: "interrupted" }], lit).light, null);
  assert.deepEqual(play([says({ type: "closing", retry_s: 4 })], lit).retryS, 4);
});

test("devices are told as they are", () => {
  const live = play([{ type: "devices", devices: { audio: "live", video: "live", muted: true, cameraOff: true } }]);
  assert.deepEqual(deviceReport(live, true), { type: "device_report", microphone: "muted", camera: "off", visible: true, picture: "unknown" });
  assert.equal(deviceReport(initialState("zh", false), false).microphone, "none");
});

test("the third seat is whoever is neither guardian nor physician", () => {
  const seat = (role, more = {}) => ({ role, name: "", connected: true, presence: "present", doubts: [], ...more });
  assert.equal(guestOf(null), null);
  assert.equal(guestOf({ seats: [seat("guardian"), seat("physician")] }), null);
  assert.equal(guestOf({ seats: [seat("guardian"), seat("physician"), seat("interpreter")] }).role, "interpreter");
  assert.equal(showsPicture(seat("interpreter")), true);
  assert.equal(showsPicture(seat("interpreter", { doubts: ["camera_off"] })), false);
  assert.equal(showsPicture(seat("interpreter", { connected: false })), false);
});
