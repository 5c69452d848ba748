import assert from "node:assert/strict";
import { test } from "node:test";

import { causesOf, deviceReport, initialState, isBare, othersExpected, outcomeOf, reduce, remainingMs, remoteInterrupted, screenOf, seatOf } from "../../web_client/family/state.js";

const VISIT = { id: "v", field: "growth", starts_at: "2026-03-05T14:30:00+08:00", child: "陈*安", guardian: "陈*梅", physician: { name: "林", title: "主任医师", hospital: "医院", licence: "1" }, reasons: [] };
const STATUS = { visit: VISIT, role: "guardian", state: "waiting", outcome: null, child_confirmed: false, consents: { consultation: "open", recording: "open" }, letter: null, summary: false };
const SESSION = { version: 1, state: "waiting", admitted: false, text: false, gate: false, recording: "off", until_ms: 60_000, causes: [], resume_to: null, outcome: null, referral: null, seats: [{ role: "guardian", name: "陈*梅", connected: true, presence: "present", doubts: [] }] };

const play = (events, from = initialState("zh", true)) => events.reduce(reduce, from);
const says = (message, nowMs = 0) => ({ type: "message", message: { seq: 1, ...message }, nowMs });
const session = (changed, nowMs) => says({ type: "session", session: { ...SESSION, ...changed } }, nowMs);
const READY = { ...STATUS, child_confirmed: true, consents: { consultation: "given", recording: "given" } };
const inRoom = (changed = {}) => play([{ type: "opened", status: READY }, { type: "entered" }, session(changed)]);

test("a guardian who comes for the first time goes language, child, two consents, devices", () => {
  let state = play([{ type: "opened", status: STATUS }], initialState("zh", false));
  assert.equal(screenOf(state), "language");
  state = play([{ type: "language_confirmed" }], state);
  assert.equal(screenOf(state), "child");
  state = play([{ type: "child_answered", right: true }], state);
  assert.deepEqual([screenOf(state), state.consentKind], ["consent", "consultation"]);
  state = play([{ type: "consent_answered", kind: "consultation", agreed: true }], state);
  assert.deepEqual([screenOf(state), state.consentKind], ["consent", "recording"]);
  state = play([{ type: "consent_answered", kind: "recording", agreed: true }], state);
  assert.equal(screenOf(state), "devices");
});

test("by text the written messages fill the screen, until the family is asked in to be seen", () => {
  const opened = play([{ type: "chat_open", open: true }], inRoom());
  assert.equal(screenOf(opened), "waiting");
  const written = play([session({ version: 2, text: true }), says({ type: "chat", message: { id: "c", role: "physician", text: "您好", at: VISIT.starts_at } })], opened);
  assert.deepEqual([screenOf(written), written.chatOpen, written.unread, written.chat.length], ["text", false, 0, 1]);
  const seen = { type: "devices", devices: { state: "open", audio: "live", video: "live" } };
  assert.equal(screenOf(play([seen, session({ version: 3, text: true, admitted: true })], written)), "waiting");
  assert.equal(screenOf(play([session({ version: 4, state: "verifying", gate: true, admitted: true })], written)), "call");
});

test("who waits or writes without camera and microphone is asked for them when it becomes a video visit", () => {
  const bare = inRoom();
  assert.deepEqual([isBare(bare), screenOf(bare)], [true, "waiting"]);
  const written = play([session({ version: 2, text: true })], bare);
  assert.equal(screenOf(written), "text");
  const asked = play([session({ version: 3, text: true, admitted: true })], written);
  assert.equal(screenOf(asked), "turn_on");
  const denied = play([{ type: "devices", devices: { state: "open", audioProblem: "denied", videoProblem: "denied" } }], asked);
  assert.equal(screenOf(denied), "turn_on");
  assert.equal(screenOf(play([{ type: "devices", devices: { state: "open", audio: "live", video: "none" } }], asked)), "waiting");
  assert.equal(screenOf(play([{ type: "devices", devices: { audio: "lost", video: "lost" } }], asked)), "waiting");
});

test("still pictures are asked about last; declining them, or taking them back in the call, ends nothing", () => {
  const asked = play([{ type: "opened", status: { ...READY, consents: { ...READY.consents, stills: "open" } } }]);
  assert.deepEqual([screenOf(asked), asked.consentKind], ["consent", "stills"]);
  assert.equal(screenOf(play([{ type: "consent_answered", kind: "stills", agreed: false }], asked)), "devices");
  const agreed = play([{ type: "consent_answered", kind: "stills", agreed: true }, { type: "entered" }, session({}), { type: "sheet", sheet: "withdraw" }, { type: "withdrawing", kind: "stills" }], asked);
  const withdrawn = play([{ type: "stills_withdrawn" }], agreed);
  assert.deepEqual([screenOf(withdrawn), withdrawn.sheet, withdrawn.withdrawing, withdrawn.status.consents.stills], [screenOf(agreed), null, "recording", "withdrawn"]);
});

test("who comes back is asked only what is still open", () => {
  const state = play([{ type: "opened", status: { ...READY, consents: { consultation: "given", recording: "open" } } }]);
  assert.deepEqual([screenOf(state), state.consentKind], ["consent", "recording"]);
});

test("a child that is not theirs stops the guardian, and a slip of the finger can be undone", () => {
  const stopped = play([{ type: "opened", status: STATUS }, { type: "child_answered", right: false }]);
  assert.equal(screenOf(stopped), "wrong_child");
  assert.equal(screenOf(play([{ type: "reconsidered" }], stopped)), "child");
});

test("after the end a device that was never asked is asked whose child it was before it reads anything", () => {
  const asked = play([{ type: "opened", status: { ...STATUS, state: "ended", outcome: "referred" } }], initialState("zh", false));
  assert.equal(screenOf(asked), "child");
  assert.equal(screenOf(play([{ type: "child_answered", right: false }], asked)), "wrong_child");
  assert.equal(screenOf(play([{ type: "child_answered", right: true }], asked)), "ended");
});

test("refusing the recording offers in-person care, and reading again is possible", () => {
  const refused = play([{ type: "opened", status: { ...READY, consents: { consultation: "given", recording: "open" } } }, { type: "consent_answered", kind: "recording", agreed: false }]);
  assert.deepEqual([screenOf(refused), refused.consentKind], ["declined", "recording"]);
  assert.equal(screenOf(play([{ type: "reconsidered" }], refused)), "consent");
});

test("a consent that was withdrawn before is a declined one", () => {
  assert.equal(screenOf(play([{ type: "opened", status: { ...READY, consents: { consultation: "withdrawn", recording: "given" } } }])), "declined");
});

test("a browser that cannot do it is told so before it is asked for its camera", () => {
  assert.equal(screenOf(play([{ type: "support", support: "in_app" }, { type: "opened", status: READY }])), "unsupported");
});

test("another language drops the consent texts, the same keeps them", () => {
  const state = play([{ type: "texts", texts: [] }]);
  assert.equal(play([{ type: "language", language: "en" }], state).texts, null);
  assert.deepEqual(play([{ type: "language", language: "zh" }], state).texts, []);
});

test("the screen follows the session", () => {
  assert.equal(screenOf(play([{ type: "opened", status: READY }, { type: "entered" }])), "waiting");
  for (const [state, screen] of [["waiting", "waiting"], ["verifying", "call"], ["live", "call"], ["held", "held"]]) assert.equal(screenOf(inRoom({ state })), screen);
  assert.equal(screenOf(inRoom({ state: "ended", outcome: "referred" })), "ended");
});

test("an ended session closes what lay over it and stays ended", () => {
  const state = play([{ type: "sheet", sheet: "withdraw" }, { type: "busy" }, { type: "chat_open", open: true }, session({ state: "ended", outcome: "consent_withdrawn" }), says({ type: "superseded" })], inRoom({ state: "live" }));
  assert.deepEqual([state.sheet, state.busy, state.chatOpen, outcomeOf(state), screenOf(state)], [null, false, false, "consent_withdrawn", "ended"]);
});

test("a visit that had ended before the page was opened shows how", () => {
  const state = play([{ type: "opened", status: { ...READY, state: "ended", outcome: "no_show" } }]);
  assert.deepEqual([screenOf(state), outcomeOf(state)], ["ended", "no_show"]);
  assert.equal(outcomeOf(play([{ type: "opened", status: { ...READY, state: "ended", outcome: null } }])), "cancelled");
  assert.equal(outcomeOf(inRoom({ state: "ended", outcome: null })), "cancelled");
});

test("the countdown runs on the page's own clock and stops at nothing", () => {
  const state = play([session({ until_ms: 10_000 }, 5_000), { type: "tick", nowMs: 9_000 }], inRoom());
  assert.equal(remainingMs(state), 6_000);
  assert.equal(remainingMs(play([{ type: "tick", nowMs: 99_000 }], state)), 0);
  assert.equal(remainingMs(inRoom({ until_ms: null })), null);
  assert.equal(remainingMs(initialState("zh", true)), null);
});

test("the cause that ends the visit soonest is told first", () => {
  const cause = (name, remaining_ms) => ({ cause: name, elapsed_ms: 0, remaining_ms });
  const state = inRoom({ state: "held", causes: [cause("physician_hold", null), cause("recording_lost", 9_000), cause("guardian_silent", 5_000)] });
  assert.deepEqual(causesOf(state).map(({ cause: name }) => name), ["guardian_silent", "recording_lost", "physician_hold"]);
  assert.deepEqual(causesOf(initialState("zh", true)), []);
});

test("a welcome brings the whole snapshot and takes the banner away", () => {
  const line = { id: "1", role: "physician", text: "您好", at: "" };
  const state = play([{ type: "connection", connection: "offline" }, says({ type: "welcome", epoch: 1, role: "guardian", visit: { ...VISIT, child: "李*" }, session: SESSION, chat: [line], receive_pairs: 1, ice_servers: [], ice_policy: "all" })], inRoom());
  assert.deepEqual([state.connection, state.status.visit.child, state.chat], ["online", "李*", [line]]);
});

test("a new attempt to connect does not hide that the line is down", () => {
  const down = play([{ type: "connection", connection: "offline" }, { type: "connection", connection: "connecting" }], inRoom());
  assert.equal(down.connection, "offline");
  assert.equal(play([{ type: "connection", connection: "online" }], down).connection, "online");
  const closing = play([says({ type: "closing", retry_s: 15 }), { type: "connection", connection: "offline" }], inRoom());
  assert.deepEqual([closing.connection, closing.retryS], ["closing", 15]);
});

test("a seat that was taken elsewhere says so", () => {
  assert.equal(screenOf(play([says({ type: "superseded" })], inRoom({ state: "live" }))), "superseded");
  const other = play([says({ type: "superseded" }), { type: "status", status: { ...inRoom({ state: "live" }).status, with_child: "韩*梅" } }], inRoom({ state: "live" }));
  assert.deepEqual([screenOf(other), other.status.with_child], ["superseded", "韩*梅"]);
});

test("leaving keeps the visit and forgets the call", () => {
  const state = play([{ type: "call", call: "connected" }, { type: "remotes", roles: ["physician"] }, { type: "left" }], inRoom({ state: "live" }));
  assert.deepEqual([screenOf(state), state.call, state.remotes], ["left", "idle", []]);
});

test("a message of the physician counts as unread until the chat is open", () => {
  const from = (role, id) => says({ type: "chat", message: { id, role, text: id, at: "" } });
  const state = play([from("physician", "a"), from("guardian", "b"), from("physician", "a")], inRoom());
  assert.equal(state.unread, 1);
  assert.equal(play([{ type: "chat_open", open: true }, from("physician", "c")], state).unread, 0);
});

test("what was sent shows at once, then under the server's name, or as not sent", () => {
  const sent = play([{ type: "chat_sent", clientId: "c1", text: "好", at: "" }], inRoom());
  assert.equal(sent.chat[0].pending, true);
  assert.deepEqual(play([{ type: "chat_accepted", clientId: "c1", id: "7" }], sent).chat, [{ id: "7", role: "guardian", text: "好", at: "" }]);
  assert.equal(play([{ type: "chat_failed", clientId: "c1" }], sent).chat[0].failed, true);
});

test("the light goes out with the call", () => {
  const state = play([{ type: "call", call: "connected" }, says({ type: "quality", light: "fair", legs: [] })], inRoom());
  assert.equal(state.light, "fair");
  assert.equal(play([{ type: "call", call: "interrupted" }], state).light, null);
});

test("a voice that was heard once stays heard", () => {
  const level = (value) => ({ type: "devices", devices: { level: value } });
  assert.equal(play([level(0.1)]).devices.heard, false);
  assert.equal(play([level(0.6), level(0)]).devices.heard, true);
});

test("the device report tells silence from absence", () => {
  const report = (devices) => deviceReport(play([{ type: "devices", devices }]), true);
  assert.deepEqual(report({ audio: "live", video: "live", picture: "ok" }), { type: "device_report", microphone: "live", camera: "live", visible: true, picture: "ok" });
  assert.deepEqual(report({ audio: "live", video: "live", picture: "ok", muted: true, cameraOff: true }), { type: "device_report", microphone: "muted", camera: "off", visible: true, picture: "unknown" });
  assert.deepEqual(report({ audio: "lost", video: "none", muted: true, cameraOff: true }), { type: "device_report", microphone: "lost", camera: "none", visible: true, picture: "unknown" });
});

test("a step that was refused says why and can be tried again", () => {
  const state = play([{ type: "opened", status: STATUS }, { type: "busy" }, { type: "refused", code: "network" }]);
  assert.deepEqual([screenOf(state), state.busy, state.notice], ["child", false, "network"]);
});

test("what cannot be opened is a page of its own", () => {
  const state = play([{ type: "problem", code: "not_found", text: "" }]);
  assert.deepEqual([screenOf(state), state.problem.code], ["problem", "not_found"]);
});

test("letter and summary are shown when they come, and lateness is forgotten then", () => {
  const late = play([{ type: "records_late" }]);
  assert.equal(late.recordsLate, true);
  assert.equal(play([{ type: "letter", letter: { number: "1" } }], late).recordsLate, false);
  assert.deepEqual(play([{ type: "summary", summary: { summary: "好" } }], late).summary, { summary: "好" });
});

test("what the reader arranges stays arranged", () => {
  const state = play([{ type: "corner", corner: "bottom-left" }, { type: "whole_picture", whole: true }, { type: "withdrawing", kind: "consultation" }, { type: "play_blocked", blocked: true }], inRoom({ state: "live" }));
  assert.deepEqual([state.corner, state.wholePicture, state.withdrawing, state.playBlocked], ["bottom-left", true, "consultation", true]);
});

test("an unknown message or event changes nothing", () => {
  const state = inRoom();
  assert.equal(play([{ type: "unheard-of" }], state), state);
  assert.equal(play([says({ type: "answer" })], state), state);
});

test("a status by itself changes only the status, and the other seat is found by its role", () => {
  const state = play([{ type: "status", status: { ...READY, summary: true } }], inRoom({ state: "live" }));
  assert.deepEqual([state.status.summary, screenOf(state)], [true, "call"]);
  assert.equal(seatOf(state, "guardian").presence, "present");
  assert.equal(seatOf(state, "physician"), null);
});

test("a picture that stands still in an open visit is an interruption until it moves, or until something else explains it", () => {
  const stands = [0, 1_000, 2_000, 3_000].map((nowMs) => ({ type: "received", received: { packets: 9, frames: 9 }, nowMs }));
  const calling = play([{ type: "connection", connection: "online" }, { type: "call", call: "connected" }], inRoom({ state: "live", gate: true }));
  assert.equal(remoteInterrupted(play(stands.slice(0, 3), calling)), false);
  const still = play(stands, calling);
  assert.equal(remoteInterrupted(still), true);
  for (const event of [
    { type: "received", received: { packets: 10, frames: 10 }, nowMs: 4_000 },
    { type: "connection", connection: "offline" },
    { type: "call", call: "interrupted" },
    session({ state: "held", gate: false }),
  ])
    assert.equal(remoteInterrupted(play([event], still)), false);
});

test("who waits for another family's appointment is told, until the physician admits after all", () => {
  assert.equal(othersExpected(play([])), false);
  assert.equal(othersExpected(inRoom({ family_denied: false })), false);
  assert.equal(othersExpected(inRoom({ family_denied: true })), true);
  assert.equal(othersExpected(inRoom({ family_denied: true, admitted: true })), false);
  assert.equal(othersExpected(inRoom({ family_denied: true, state: "ended" })), false);
});
