/** Several guardians at the desk, as a fold: who is added, who is removed, and what an answer that was lost leaves. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { changedFurther, furtherBody, hasRoom, missingOf, NEW, noFurther, withGiven } from "../../web_client/desk/further.js";
import { meaningOf } from "../../web_client/desk/keys.js";
import { initial, reduce } from "../../web_client/desk/state.js";

const OFFER = { departments: [], physicians: [], fields: [], proofs: ["household_register", "court_order"], delegated_adults: true };
const mother = { guardian: { id: "g9", name: "韩梅梅", phone: "139****2222" }, relation: { kind: "mother", proof: "household_register" } };
const GIVEN = { guardians: [], others: [mother], most: 1 };
const COMING = { guardians: [{ ...mother, link: null }], others: [], most: 1 };
const visit = (id, more = {}) => ({ id, state: "waiting", waiting_since: null, starts_at: "2026-11-23T03:00:00.000Z", guardian: { id: "g", name: "李雷", phone: "1" }, relation: { kind: "father", proof: "other" }, link: null, ...more });
const DATA = { type: "data", data: { now: "2026-11-23T02:00:00.000Z", day: "2026-11-23", visits: [visit("a"), visit("b")], more: false }, atMs: 0 };
const opened = (...events) =>
  [{ type: "signed_in", me: { name: "孙静", role: "desk" }, atMs: 0 }, DATA, { type: "offer", offer: OFFER }, { type: "select", visit: "a" }, { type: "panel", panel: "further" }, { type: "guardians", visit: "a", given: GIVEN }, ...events].reduce(reduce, initial());
const further = (change) => ({ type: "further", change });
const typed = { name: " 周明 ", phone: "137 1111-2222", email: "", language: "zh" };

test("somebody on the register is added by their id, somebody new with relation and proof", () => {
  assert.deepEqual(missingOf(noFurther()), ["further"]);
  assert.deepEqual(furtherBody({ ...noFurther(), chosen: "g9" }), { guardian: "g9" });
  const fresh = { ...noFurther(), chosen: NEW };
  assert.deepEqual(missingOf(fresh), ["guardian-name", "guardian-phone", "relation-kind", "relation-proof"]);
  const filled = { ...fresh, guardian: typed, relation: { kind: "father", proof: "court_order" } };
  assert.deepEqual(missingOf(filled), []);
  assert.deepEqual(furtherBody(filled), { new_guardian: { name: "周明", phone: "13711112222", language: "zh" }, relation: { kind: "father", proof: "court_order" } });
});

test("a proof that there is not is let go", () => {
  const kept = changedFurther(noFurther(), { relation: { kind: "mother", proof: "court_order" } }, OFFER);
  assert.equal(kept.relation.proof, "court_order");
  assert.equal(changedFurther(kept, { relation: { kind: "mother", proof: "other" } }, OFFER).relation.proof, "");
});

test("who comes already, or may not, is chosen no longer; what was typed stays", () => {
  const chosen = { ...noFurther(), chosen: "g9", guardian: typed, removing: "x" };
  const read = withGiven(chosen, COMING);
  assert.deepEqual([read.chosen, read.guardian, read.removing], ["", typed, null]);
  assert.equal(withGiven(chosen, GIVEN).chosen, "g9");
  assert.equal(withGiven({ ...chosen, chosen: NEW }, COMING).chosen, NEW);
  assert.deepEqual([hasRoom(noFurther()), hasRoom(withGiven(chosen, GIVEN)), hasRoom(read)], [false, true, false]);
});

test("an addition whose answer was lost stays as it was sent, until it is known what came of it", () => {
  const pending = { key: "k", body: { guardian: "g9" } };
  const lost = opened(further({ chosen: "g9" }), { type: "sent", adding: pending }, { type: "refused", problem: { code: "network", detail: "", at: [] } });
  assert.deepEqual([lost.busy, lost.further.pending, lost.further.chosen], [false, pending, "g9"]);
  const later = [further({ chosen: NEW }), { type: "guardians", visit: "a", given: COMING }].reduce(reduce, lost);
  assert.deepEqual([later.further.pending, later.further.chosen], [pending, "g9"]);
  assert.equal(reduce(later, { type: "settled" }).further.pending, null);
});

test("a link is told with whose it is; a removal stays with the guardians", () => {
  const told = { visit: "a", guardian: "g9", link: "https://x/j/secret", link_expires_at: "", qr: "" };
  const done = opened(further({ chosen: "g9" }), { type: "sent" }, { type: "done", what: "further", told }, { type: "guardians", visit: "a", given: COMING });
  assert.deepEqual([done.panel, done.told, done.further.chosen, done.further.given], ["told", told, "", COMING]);
  const removed = opened({ type: "sent" }, { type: "done", what: "removed" });
  assert.deepEqual([removed.panel, removed.done, removed.further.given], ["further", "removed", GIVEN]);
});

test("another visit begins with nobody, and an answer about another visit is let go", () => {
  const state = opened(further({ chosen: "g9" }));
  assert.equal(reduce(state, { type: "panel", panel: "visit" }).further.chosen, "g9");
  const other = [{ type: "select", visit: "b" }, { type: "panel", panel: "visit" }].reduce(reduce, state);
  assert.deepEqual(other.further, noFurther());
  assert.equal(reduce(other, { type: "guardians", visit: "a", given: COMING }), other);
});

test("G opens the guardians of the visit that is open, and of no visit that has ended", () => {
  const press = { key: "g", typing: false, onButton: false, modified: false };
  assert.deepEqual(meaningOf(opened({ type: "panel", panel: "visit" }), press), { type: "panel", panel: "further" });
  const ended = opened({ type: "panel", panel: "visit" }, { type: "opened", visit: visit("a", { state: "ended" }) });
  assert.equal(meaningOf(ended, press), null);
});
