/**
 * What the desk's page knows, as a fold of what happened: a day's visits, the one that is looked at, what is being booked, moved or
 * asked for. Pure. A link and a
 * whole telephone number are here only until their panel is closed, and nothing is left when somebody signs out.
 *
 * @typedef {import("../shared/api.js").DeskVisit} Visit
 * @typedef {import("../shared/api.js").DeskOffer} Offer
 * @typedef {import("../shared/api.js").DeskFamily} Family
 * @typedef {import("../shared/api.js").DeskSlot} Slot
 * @typedef {import("../shared/api.js").DeskLink} Link
 * @typedef {import("../shared/api.js").DeskFurtherLink} FurtherLink
 * @typedef {import("../shared/api.js").DeskRefusals} Refusals
 * @typedef {import("./booking.js").Booking} Booking
 * @typedef {import("./further.js").Further} Further
 * @typedef {{now: string, day: string, visits: Visit[], more: boolean}} Data
 * @typedef {"visit" | "book" | "move" | "cancel" | "no_show" | "link" | "proof" | "further" | "told" | "refusals"} Panel
 * @typedef {{code: string, detail: string, at: readonly {pointer: string, detail: string}[]}} Problem `detail` is the server's sentence
 * @typedef {{asked: string, items: Slot[] | null, more: boolean}} Slots  `asked`: for what, as text; null while they are being read
 *
 * @typedef {{key: string, body: object}} Pending  a booking whose answer nobody has seen yet
 *
 * @typedef {Object} Own
 * @property {string | null} day the one that is shown; null is today
 * @property {string | null} selected
 * @property {Visit | null} visit the one whose panel is open
 * @property {string | null} phone its family's whole number, once it was asked for
 * @property {Panel | null} panel
 * @property {Booking} booking
 * @property {Pending | null} pending until it is known what came of it, nothing in it changes
 * @property {{text: string, families: Family[], more: boolean} | null} found
 * @property {Offer | null} offer
 * @property {Slots | null} slots
 * @property {Slot | null} moveTo
 * @property {string} reason why a visit is called off
 * @property {string} proof which proof was seen
 * @property {Further} further who else may come to the visit that is open
 * @property {Link | FurtherLink | null} told
 * @property {Refusals | null} refusals
 * @property {boolean} busy
 * @property {boolean} tried whether a booking was sent with something missing
 * @property {Problem | null} problem
 * @property {string | null} done what was just done, said once
 * @typedef {import("../shared/staff/entry.js").Entry<Data> & Own} State
 *
 * @typedef {import("../shared/staff/entry.js").EntryEvent<Data>
 *   | {type: "day", day: string | null}
 *   | {type: "shown", day: string}
 *   | {type: "copied"}
 *   | {type: "select", visit: string | null}
 *   | {type: "panel", panel: Panel | null}
 *   | {type: "opened", visit: Visit}
 *   | {type: "phone", visit: string, phone: string}
 *   | {type: "booking", change: Partial<Booking>}
 *   | {type: "found", text: string, families: Family[], more: boolean}
 *   | {type: "offer", offer: Offer}
 *   | {type: "slots_asked", asked: string}
 *   | {type: "slots", asked: string, items: Slot[], more: boolean}
 *   | {type: "further", change: Partial<Further>}
 *   | {type: "guardians", visit: string, given: import("./further.js").Given}
 *   | {type: "choose", moveTo?: Slot | null, reason?: string, proof?: string}
 *   | {type: "refusals", refusals: Refusals}
 *   | {type: "sent", pending?: Pending, adding?: Pending}
 *   | {type: "tried"}
 *   | {type: "done", what: string, told?: Link | FurtherLink | null, visit?: Visit}
 *   | {type: "settled"}
 *   | {type: "refused", problem: Problem}} Event
 */

import { noEntry, reduceEntry } from "../shared/staff/entry.js";
import { changed, noBooking, slotAfter } from "./booking.js";
import { later } from "./days.js";
import { changedFurther, noFurther, withGiven } from "./further.js";

/** Answers come every 10 s; after three missed ones the list is no longer about now. */
export const STALE_AFTER_MS = 35_000;

/** Why a visit is called off: on whose side it lies. */
export const REASONS = Object.freeze(["family", "physician", "hospital", "other"]);

/** Panels about the visit that is open. @type {ReadonlySet<Panel | null>} */
const OF_VISIT = new Set(/** @type {Panel[]} */ (["visit", "move", "cancel", "no_show", "link", "proof", "further"]));

/** @returns {State} */
export function initial() {
  return {
    ...noEntry(),
    day: null,
    selected: null,
    visit: null,
    phone: null,
    panel: null,
    booking: noBooking(),
    pending: null,
    found: null,
    offer: null,
    slots: null,
    moveTo: null,
    reason: "",
    proof: "",
    further: noFurther(),
    told: null,
    refusals: null,
    busy: false,
    tried: false,
    problem: null,
    done: null,
  };
}

/** @param {State} state @param {Event} event @returns {State} */
export function reduce(state, event) {
  switch (event.type) {
    case "data":
      return listed(state, event);
    case "day":
      return { ...withPanel(state, null), day: event.day, selected: null, done: null };
    case "shown": // what is open stays open
      return { ...state, day: event.day };
    case "copied":
      return { ...state, done: "copied" };
    case "select":
      return { ...state, selected: event.visit };
    case "panel":
      return withPanel(state, event.panel);
    case "opened":
      return state.selected === event.visit.id && OF_VISIT.has(state.panel) ? { ...state, visit: event.visit } : state;
    case "phone":
      return { ...state, busy: false, phone: state.visit?.id === event.visit ? event.phone : state.phone };
    case "booking":
      return state.pending ? state : { ...state, booking: changed(state.booking, event.change, state.offer) };
    case "found":
      return { ...state, busy: false, found: { text: event.text, families: event.families, more: event.more } };
    case "offer":
      return { ...state, offer: event.offer };
    case "slots_asked":
      return { ...state, slots: { asked: event.asked, items: state.slots?.asked === event.asked ? state.slots.items : null, more: false } };
    case "slots":
      return state.slots?.asked === event.asked ? withSlots(state, event) : state;
    case "choose": {
      const { type, ...choice } = event;
      return { ...state, ...choice };
    }
    case "further":
      return { ...state, done: null, further: changedFurther(state.further, event.change, state.offer) };
    case "guardians":
      return state.selected === event.visit && (OF_VISIT.has(state.panel) || state.panel === "told") ? { ...state, further: withGiven(state.further, event.given) } : state;
    case "refusals":
      return { ...state, busy: false, refusals: event.refusals };
    case "sent":
      return { ...state, busy: true, problem: null, done: null, pending: event.pending ?? state.pending, further: { ...state.further, pending: event.adding ?? state.further.pending } };
    case "tried":
      return { ...state, tried: true, problem: null };
    case "settled": // what came of what was sent is known
      return { ...state, pending: null, further: { ...state.further, pending: null } };
    case "done":
      return done(state, event);
    case "refused":
      return refused(state, event.problem);
    default:
      return reduceEntry(state, event, initial);
  }
}

/** An answer about another day than the one that is shown now is let go. @param {State} state @param {Extract<Event, {type: "data"}>} event */
function listed(state, event) {
  if (state.day !== null && event.data.day !== state.day) return state;
  const next = reduceEntry(state, event, initial);
  const gone = next.selected !== null && !event.data.visits.some(({ id }) => id === next.selected);
  const line = event.data.visits.find(({ id }) => id === next.visit?.id);
  const visit = next.visit && (line ?? next.visit);
  return { ...next, visit, selected: gone && !OF_VISIT.has(next.panel) ? null : next.selected };
}

/** @param {State} state @param {Panel | null} panel @returns {State} */
function withPanel(state, panel) {
  const closed = { ...state, panel, problem: null, tried: false, moveTo: null, reason: "", proof: "", slots: null, told: null };
  const visit = OF_VISIT.has(panel) ? (state.visit?.id === state.selected ? state.visit : (listedVisit(state) ?? null)) : null;
  const same = visit !== null && visit.id === state.visit?.id;
  const kept = { phone: same ? state.phone : null, further: same ? { ...state.further, removing: null } : noFurther() };
  return { ...closed, ...kept, visit, ...(panel !== null && { done: null }), ...(panel !== "refusals" && { refusals: null }) };
}

/** A slot that is free no longer cannot stay chosen. @param {State} state @param {{asked: string, items: Slot[], more: boolean}} slots @returns {State} */
function withSlots(state, { asked, items, more }) {
  /** @param {Slot | null} slot */
  const still = (slot) => (slot && items.some(({ id }) => id === slot.id) ? slot : null);
  const { booking, moveTo, pending } = state;
  const slot = pending ? booking.slot : still(booking.slot); // it may be this very booking that has it
  return { ...state, slots: { asked, items, more }, booking: { ...booking, slot }, moveTo: still(moveTo) };
}

/** @param {State} state @param {Extract<Event, {type: "done"}>} event @returns {State} */
function done(state, { what, told = null, visit }) {
  const next = { ...state, busy: false, tried: false, problem: null, done: what, told, moveTo: null, reason: "", proof: "", slots: null };
  const further = { ...noFurther(), given: state.further.given };
  if (told) return { ...next, panel: "told", selected: told.visit, further, ...(what === "booked" && { booking: noBooking(), pending: null, found: null }) };
  return { ...next, panel: what === "removed" ? "further" : "visit", visit: visit ?? next.visit, further };
}

/** What was typed stays whatever the server says. @param {State} state @param {Problem} problem @returns {State} */
function refused(state, problem) {
  const { booking, moveTo, pending } = state;
  /** @param {Slot | null} slot */
  const left = (slot) => slotAfter(slot, problem.code);
  return { ...state, busy: false, problem, booking: { ...booking, slot: pending ? booking.slot : left(booking.slot) }, moveTo: left(moveTo) };
}

/** The line of the list that is selected. @param {State} state @returns {Visit | undefined} */
export function listedVisit({ data, selected }) {
  return data?.visits.find(({ id }) => id === selected);
}

/** The one before or after the selected one. @param {State} state @param {1 | -1} step @returns {string | null} */
export function neighbour({ data, selected }, step) {
  const ids = (data?.visits ?? []).map(({ id }) => id);
  if (ids.length === 0) return null;
  const at = selected === null ? -1 : ids.indexOf(selected);
  if (at < 0) return step > 0 ? ids[0] : ids[ids.length - 1];
  return ids[Math.min(ids.length - 1, Math.max(0, at + step))];
}

/** The day that is shown. @param {State} state @returns {string | null} */
export function shownDay({ day, data }) {
  return day ?? data?.day ?? null;
}

/** The day before or after. @param {State} state @param {number} days @returns {string | null} */
export function dayLater(state, days) {
  const shown = shownDay(state);
  return shown && later(shown, days);
}

/** Whether the data on screen are of the day that is asked for. @param {State} state */
export function isRead({ data, day }) {
  return data !== null && (day === null || data.day === day);
}

/**
 * What can be done with a visit now. What began, or has the family in the waiting room, is the physician's.
 *
 * @param {Visit} visit @param {string} now by the server
 * @returns {Panel[]}
 */
export function actsOn(visit, now) {
  if (visit.state === "ended") return ["link"]; // to the letter and the summary, for a family that lost its own
  if (visit.state !== "waiting") return visit.relation.proof === "declared" ? ["proof", "further"] : ["further"];
  const begun = Date.parse(now) >= Date.parse(visit.starts_at);
  /** @type {[Panel, boolean][]} */
  const acts = [
    ["proof", visit.relation.proof === "declared"],
    ["link", true],
    ["further", true],
    ["move", visit.waiting_since === null],
    ["no_show", visit.waiting_since === null && begun],
    ["cancel", visit.waiting_since === null],
  ];
  return acts.filter(([, may]) => may).map(([act]) => act);
}

/**
 * What was done, in words: after a move or a cancellation also who tells the family, the server or the desk.
 *
 * @param {string} done @param {Visit} visit
 */
export function doneKey(done, visit) {
  return `desk.done.${done}${["move", "cancel"].includes(done) ? (visit.notified ? ".notified" : ".tell") : ""}`;
}

/** In which word a visit stands. @param {Visit} visit @returns {string} */
export function standing({ state, outcome, waiting_since, link }) {
  if (state === "ended") return outcome ?? "ended";
  if (state === "text") return "text";
  if (state !== "waiting") return "under_way";
  if (waiting_since !== null) return "here";
  return link?.redeemed_at ? "joined" : "booked";
}
