/** The desk's page as a fold: days, panels, what was told once, and what a key means. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ACTS, meaningOf } from "../../web_client/desk/keys.js";
import { actsOn, doneKey, initial, isRead, neighbour, REASONS, reduce, shownDay, standing } from "../../web_client/desk/state.js";
import { hasText } from "../../web_client/shared/i18n/i18n.js";

const DAY = "2026-11-23";
const NOW = "2026-11-23T02:00:00.000Z";
const visit = (id, more = {}) => ({
  id,
  revision: 1,
  state: "waiting",
  outcome: null,
  starts_at: "2026-11-23T03:00:00.000Z",
  waiting_since: null,
  guardian: { id: "g", name: "李雷", phone: "138****0000" },
  relation: { kind: "father", proof: "other" },
  link: { expires_at: "", redeemed_at: null },
  ...more,
});
const data = (visits = [visit("a"), visit("b"), visit("c")], day = DAY) => ({ type: "data", data: { now: NOW, day, visits, more: false }, atMs: 0 });
const SIGNED_IN = { type: "signed_in", me: { name: "孙静", role: "desk" }, atMs: 0 };
const after = (...events) => events.reduce(reduce, initial());
const open = (...events) => after(SIGNED_IN, data(), ...events);
const opened = (id = "b", more = {}) => open({ type: "select", visit: id }, { type: "panel", panel: "visit" }, { type: "opened", visit: visit(id, more) });
const press = (key, more = {}) => ({ key, typing: false, onButton: false, modified: false, ...more });
const told = { visit: "a", link: "https://x/j/secret", link_expires_at: "", qr: "" };

test("an answer about another day than the one that is shown is let go", () => {
  const tomorrow = open({ type: "day", day: "2026-11-24" });
  assert.equal(isRead(tomorrow), false);
  assert.equal(reduce(tomorrow, data()), tomorrow);
  const read = reduce(tomorrow, data([visit("z")], "2026-11-24"));
  assert.deepEqual([isRead(read), shownDay(read)], [true, "2026-11-24"]);
  const today = reduce(read, { type: "day", day: null });
  assert.equal(shownDay(reduce(today, data())), DAY);
});

test("the arrows go from visit to visit and stop at the ends", () => {
  assert.deepEqual([neighbour(open(), 1), neighbour(open(), -1)], ["a", "c"]);
  const last = open({ type: "select", visit: "c" });
  assert.deepEqual([neighbour(last, 1), neighbour(last, -1)], ["c", "b"]);
  assert.equal(neighbour(after(SIGNED_IN, data([])), 1), null);
});

test("a panel shows the line at once, and what it has become with the next answer", () => {
  const shown = open({ type: "select", visit: "b" }, { type: "panel", panel: "visit" });
  assert.equal(shown.visit.id, "b");
  const read = reduce(shown, { type: "opened", visit: visit("b") });
  assert.equal(reduce(read, data([visit("b", { revision: 2 })])).visit.revision, 2);
  assert.equal(reduce(reduce(read, { type: "panel", panel: "book" }), { type: "opened", visit: visit("b") }).visit, null, "it came too late");
});

test("a whole number is there from when it was asked for until another visit, or none, is looked at", () => {
  const asked = reduce(opened(), { type: "sent" });
  assert.deepEqual([asked.phone, asked.busy], [null, true]);
  const phone = { type: "phone", visit: "b", phone: "13800000000" };
  const read = reduce(asked, phone);
  assert.deepEqual([read.phone, read.busy, reduce(read, data()).phone], ["13800000000", false, "13800000000"]);
  assert.equal(reduce(read, { type: "panel", panel: "move" }).phone, "13800000000");
  assert.equal(reduce(read, { type: "panel", panel: null }).phone, null);
  const other = reduce(reduce(read, { type: "select", visit: "c" }), { type: "panel", panel: "visit" });
  assert.equal(other.phone, null);
  assert.equal(reduce(other, phone).phone, null, "it came too late");
  assert.equal(JSON.stringify(reduce(read, { type: "signed_out" })).includes("13800000000"), false);
});

test("V asks for the number once, in the visit's own panel", () => {
  assert.deepEqual(meaningOf(opened(), press("v")), { type: "reveal" });
  assert.equal(meaningOf(reduce(opened(), { type: "phone", visit: "b", phone: "1" }), press("v")), null);
  assert.equal(meaningOf(reduce(opened(), { type: "panel", panel: "move" }), press("v")), null);
  assert.equal(meaningOf(open(), press("v")), null);
});

test("what was chosen for one act is forgotten when another panel is opened", () => {
  const chosen = reduce(reduce(opened(), { type: "panel", panel: "cancel" }), { type: "choose", reason: "family" });
  assert.deepEqual([chosen.visit.id, chosen.reason], ["b", "family"]);
  const moved = reduce(chosen, { type: "panel", panel: "move" });
  assert.deepEqual([moved.visit.id, moved.reason], ["b", ""]);
});

test("what is being booked survives its panel's closing, a refusal and another day", () => {
  const typed = open({ type: "panel", panel: "book" }, { type: "booking", change: { text: "赵" } });
  const later = [{ type: "panel", panel: null }, { type: "day", day: "2026-11-24" }, { type: "refused", problem: { code: "slot_taken", detail: "", at: [] } }];
  assert.equal(later.reduce(reduce, typed).booking.text, "赵");
});

test("a slot that was taken meanwhile loses nothing that was typed", () => {
  const slot = { id: "s", physician: "p", starts_at: "" };
  const filled = open({ type: "panel", panel: "book" }, { type: "booking", change: { text: "赵", who: "new", slot } }, { type: "sent" });
  const refused = reduce(filled, { type: "refused", problem: { code: "slot_taken", detail: "", at: [] } });
  assert.deepEqual(refused.booking, { ...filled.booking, slot: null });
  assert.deepEqual([refused.busy, refused.panel, refused.problem.code], [false, "book", "slot_taken"]);
  const moving = reduce(reduce(opened(), { type: "panel", panel: "move" }), { type: "choose", moveTo: slot });
  assert.equal(reduce(moving, { type: "refused", problem: { code: "network", detail: "", at: [] } }).moveTo, slot);
  assert.equal(reduce(moving, { type: "refused", problem: { code: "slot_taken", detail: "", at: [] } }).moveTo, null);
});

test("a booking whose answer was lost stays as it was sent, though its slot is taken by now", () => {
  const slot = { id: "s", physician: "p", starts_at: "" };
  const pending = { key: "k", body: { slot: "s" } };
  const sent = open({ type: "panel", panel: "book" }, { type: "slots_asked", asked: "x" }, { type: "booking", change: { slot } }, { type: "sent", pending });
  const lost = reduce(sent, { type: "refused", problem: { code: "network", detail: "", at: [] } });
  assert.deepEqual([lost.pending, lost.busy], [pending, false]);
  const later = reduce(reduce(lost, { type: "slots", asked: "x", items: [], more: false }), { type: "booking", change: { text: "钱" } });
  assert.deepEqual([later.booking.slot, later.booking.text, later.pending], [slot, "", pending]);
  const closed = reduce(reduce(later, { type: "panel", panel: null }), { type: "panel", panel: "book" });
  assert.equal(closed.pending, pending);
  assert.equal(reduce(closed, { type: "sent" }).pending, pending, "a search asks for something else");
  assert.equal(reduce(closed, { type: "done", what: "link", told }).pending, pending, "another visit's link");
  assert.equal(reduce(closed, { type: "done", what: "booked", told }).pending, null);
});

test("once it is known that nothing was booked, the booking can be changed again", () => {
  const slot = { id: "s", physician: "p", starts_at: "" };
  const sent = open({ type: "panel", panel: "book" }, { type: "booking", change: { slot } }, { type: "sent", pending: { key: "k", body: {} } });
  const refused = reduce(reduce(sent, { type: "settled" }), { type: "refused", problem: { code: "slot_taken", detail: "", at: [] } });
  assert.deepEqual([refused.pending, refused.booking.slot], [null, null]);
  assert.equal(reduce(refused, { type: "booking", change: { text: "钱" } }).booking.text, "钱");
});

test("a link is there until its panel is closed, and the booking is done with", () => {
  const booked = reduce(open({ type: "panel", panel: "book" }, { type: "booking", change: { text: "赵" } }), { type: "done", what: "booked", told });
  assert.deepEqual([booked.panel, booked.told, booked.selected, booked.booking.text], ["told", told, "a", ""]);
  const elsewhere = reduce(booked, { type: "shown", day: "2026-11-24" });
  assert.deepEqual([elsewhere.told, elsewhere.day], [told, "2026-11-24"]);
  assert.equal(reduce(booked, { type: "panel", panel: null }).told, null);
  assert.equal(JSON.stringify(reduce(booked, { type: "signed_out" })).includes("secret"), false);
});

test("a slot that is free no longer cannot stay chosen, and an answer that was asked for otherwise is let go", () => {
  const slot = { id: "s", physician: "p", starts_at: "" };
  const choosing = open({ type: "panel", panel: "book" }, { type: "slots_asked", asked: "x" }, { type: "booking", change: { slot } });
  assert.equal(reduce(choosing, { type: "slots", asked: "x", items: [slot], more: false }).booking.slot, slot);
  assert.equal(reduce(choosing, { type: "slots", asked: "x", items: [], more: false }).booking.slot, null);
  assert.equal(reduce(choosing, { type: "slots", asked: "y", items: [], more: false }), choosing);
});

test("after an act its visit is shown as it is, and said what was done", () => {
  const sent = reduce(reduce(opened(), { type: "panel", panel: "cancel" }), { type: "sent" });
  const cancelled = reduce(sent, { type: "done", what: "cancel" });
  assert.deepEqual([sent.busy, cancelled.busy, cancelled.panel, cancelled.done, cancelled.reason], [true, false, "visit", "cancel", ""]);
  assert.equal(reduce(cancelled, { type: "sent" }).done, null);
});

test("only what the rules allow now is offered", () => {
  assert.deepEqual(actsOn(visit("a"), NOW), ["link", "further", "move", "cancel"]);
  assert.deepEqual(actsOn(visit("a"), "2026-11-23T03:00:00Z"), ["link", "further", "move", "no_show", "cancel"]);
  assert.deepEqual(actsOn(visit("a", { waiting_since: NOW }), NOW), ["link", "further"]);
  assert.deepEqual(actsOn(visit("a", { state: "live" }), NOW), ["further"]);
  assert.deepEqual(actsOn(visit("a", { state: "text" }), "2026-11-23T03:00:00Z"), ["further"]);
  assert.deepEqual(actsOn(visit("a", { state: "ended", relation: { proof: "declared" } }), NOW), ["link"]);
  assert.deepEqual(actsOn(visit("a", { relation: { proof: "declared" } }), NOW)[0], "proof");
  assert.deepEqual(actsOn(visit("a", { state: "live", relation: { proof: "declared" } }), NOW), ["proof", "further"]);
});

test("how a visit stands has one word", () => {
  const redeemed_at = NOW;
  const all = [visit("a"), visit("a", { link: { redeemed_at } }), visit("a", { link: null }), visit("a", { waiting_since: NOW }), visit("a", { state: "text" }), visit("a", { state: "held" }), visit("a", { state: "ended", outcome: "no_show" })];
  assert.deepEqual(all.map(standing), ["booked", "joined", "booked", "here", "text", "under_way", "no_show"]);
});

test("letters open panels where their act may be, and nothing while somebody types", () => {
  assert.deepEqual(meaningOf(open(), press("n")), { type: "panel", panel: "book" });
  assert.deepEqual(meaningOf(open(), press("R")), { type: "panel", panel: "refusals" });
  assert.deepEqual(meaningOf(opened(), press("m")), { type: "panel", panel: "move" });
  assert.equal(meaningOf(opened(), press("x")), null, "not before its time");
  assert.equal(meaningOf(open(), press("m")), null, "no visit is open");
  assert.equal(meaningOf(open(), press("n", { typing: true })), null);
  assert.equal(meaningOf(open(), press("n", { modified: true })), null);
  assert.equal(meaningOf(reduce(open(), { type: "sent" }), press("n")), null);
  assert.equal(meaningOf(after({ type: "signed_out" }), press("n")), null);
});

test("the arrows choose visits and days beside the list, not beside a form", () => {
  assert.deepEqual(meaningOf(open(), press("ArrowDown")), { type: "select", visit: "a" });
  assert.deepEqual(meaningOf(opened(), press("ArrowUp")), { type: "select", visit: "a" });
  assert.deepEqual(meaningOf(open(), press("ArrowRight")), { type: "day", day: "2026-11-24" });
  assert.deepEqual(meaningOf(open(), press("ArrowLeft")), { type: "day", day: "2026-11-22" });
  assert.deepEqual(meaningOf(open(), press("t")), { type: "day", day: null });
  assert.equal(meaningOf(open({ type: "panel", panel: "book" }), press("ArrowDown")), null);
  assert.equal(meaningOf(after(SIGNED_IN), press("ArrowLeft")), null);
  assert.equal(meaningOf(open(), press("q")), null);
});

test("escape goes one step back, also while somebody types", () => {
  assert.equal(meaningOf(open(), press("Escape")), null);
  assert.deepEqual(meaningOf(opened(), press("Escape")), { type: "panel", panel: null });
  assert.deepEqual(meaningOf(reduce(opened(), { type: "panel", panel: "cancel" }), press("Escape")), { type: "panel", panel: "visit" });
  assert.deepEqual(meaningOf(open({ type: "panel", panel: "book" }), press("Escape", { typing: true })), { type: "panel", panel: null });
});

test("after a change it is said who tells the family of it", () => {
  const said = (done, notified) => doneKey(done, { notified });
  assert.deepEqual([said("move", true), said("move", false)], ["desk.done.move.notified", "desk.done.move.tell"]);
  assert.deepEqual([said("cancel", true), said("cancel", false)], ["desk.done.cancel.notified", "desk.done.cancel.tell"]);
  assert.equal(said("no_show", true), said("no_show", false));
});

test("every act, reason and outcome has its words", () => {
  for (const act of Object.values(ACTS)) assert.ok(hasText(`desk.${act}.act`) && hasText(`desk.${act}.title`) && hasText(`desk.${act}.confirm`), act);
  for (const reason of REASONS) assert.ok(hasText(`desk.cancel.reason.${reason}`), reason);
  for (const done of ["booked", "copied", ...Object.values(ACTS)])
    for (const notified of [true, false]) assert.ok(hasText(doneKey(done, { notified })), done);
  const outcomes = ["completed", "referred", "guardian_absent", "physician_absent", "no_show", "recording_lost", "consent_withdrawn", "cancelled"];
  for (const word of [...outcomes, "booked", "joined", "here", "text", "under_way", "ended"]) assert.ok(hasText(`desk.standing.${word}`), word);
});
