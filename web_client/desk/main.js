/** The desk's page, put together: state, view, network and keyboard. It asks for the day every 10 s. */

import { ApiProblem } from "../shared/api.js";
import { isUnsure, newKey } from "../shared/once.js";
import { staffPage } from "../shared/staff/page.js";
import { pressOf } from "../shared/ui/press.js";
import { bookingBody, missing, slotsWanted } from "./booking.js";
import { dayOf } from "./days.js";
import { furtherBody, missingOf } from "./further.js";
import { meaningOf } from "./keys.js";
import { initial, reduce } from "./state.js";
import { view } from "./view.js";

/** @typedef {import("./view.js").Intent} Intent */
/** @typedef {import("./state.js").Panel} Panel */

const MOST_SLOTS = "200";

const page = staffPage({
  title: "desk.title",
  roles: ["desk"],
  everyMs: 10_000,
  initial,
  reduce,
  view,
  ask: (api, state) => api.desk.day(state.day),
  act: (/** @type {Intent} */ intent) => void perform(intent),
});
const { api, state, dispatch, ask } = page;

/** @param {Intent} intent */
async function perform(intent) {
  switch (intent.type) {
    case "day":
      dispatch(intent);
      return ask();
    case "select":
      return select(intent.visit);
    case "open":
      dispatch({ type: "select", visit: intent.visit });
      return openPanel("visit");
    case "panel":
      return openPanel(intent.panel);
    case "booking":
      dispatch(intent);
      return readSlots();
    case "choose":
      return dispatch(intent);
    case "find":
      return find();
    case "book":
      return book();
    case "reveal":
      return reveal();
    case "further":
      return dispatch(intent);
    case "add_further":
      return addFurther();
    case "link_further":
      return linkFurther(intent.guardian);
    case "remove_further":
      return removeFurther(intent.guardian);
    case "print":
      return window.print();
    case "copy":
      return copy();
    default:
      return act(intent.type);
  }
}

/** @param {string} visit */
async function select(visit) {
  dispatch({ type: "select", visit });
  document.getElementById(`visit-${visit}`)?.focus();
  if (state().panel === "visit") await openPanel("visit");
}

/** Panels read what they show when they open; closing one gives the focus back. @param {Panel | null} panel */
async function openPanel(panel) {
  const before = state().panel;
  dispatch({ type: "panel", panel });
  if (panel === null) return document.getElementById(before === "book" || before === "refusals" ? `open-${before}` : `visit-${state().selected}`)?.focus();
  if (panel === "visit") return readVisit();
  if (panel === "refusals") return attempt(async () => dispatch({ type: "refusals", refusals: await api.desk.refusals() }));
  if (panel === "further") return Promise.all([readOffer(), readFurther()]);
  if (panel === "book" || panel === "move" || panel === "proof") await readOffer();
  if (panel === "book") requestAnimationFrame(() => document.getElementById("family")?.focus()); // after the heading had it
  return readSlots();
}

async function readVisit() {
  const id = state().selected;
  if (id) await attempt(async () => dispatch({ type: "opened", visit: await api.desk.visit(id) }));
  await readFurther();
}

async function readFurther() {
  const visit = state().selected;
  if (visit) await attempt(async () => dispatch({ type: "guardians", visit, given: await api.desk.guardians(visit) }));
}

async function readOffer() {
  if (!state().offer) await attempt(async () => dispatch({ type: "offer", offer: await api.desk.offer() }));
}

/** The free slots that the panel wants now, unless they are there. */
async function readSlots() {
  const { panel, booking, visit, slots } = state();
  const wanted =
    panel === "book" ? slotsWanted(booking) : panel === "move" && visit ? { field: visit.field, physician: visit.physician.id, ...(visit.department && { department: visit.department }) } : null;
  const asked = wanted && JSON.stringify(wanted);
  if (!asked || (slots?.asked === asked && slots.items !== null)) return;
  dispatch({ type: "slots_asked", asked });
  await attempt(async () => {
    const { items, next } = await api.desk.slots({ ...wanted, limit: MOST_SLOTS });
    dispatch({ type: "slots", asked, items, more: next !== null });
  });
}

async function find() {
  const text = state().booking.text.trim();
  if (text === "" || state().busy) return;
  dispatch({ type: "sent" });
  await attempt(async () => dispatch({ type: "found", text, ...(await api.desk.find(text)) }));
  document.querySelector(/** @type {"input"} */ ("#found input"))?.focus();
}

async function book() {
  const { booking, data, busy, pending } = state();
  if (busy) return;
  const open = pending ? [] : missing(booking, dayOf(data?.now ?? new Date().toISOString()));
  if (open.length > 0) return incomplete(open[0]);
  const sent = pending ?? { key: newKey(), body: bookingBody(booking) };
  dispatch({ type: "sent", pending: sent });
  const booked = () => toldOnce(api.desk.book(sent), ({ visit }) => api.desk.link(visit));
  const went = await attempt(async () => dispatch({ type: "done", what: "booked", told: await booked() }));
  if (went && booking.slot) dispatchDayOf(booking.slot.starts_at);
  await again();
}

/** Something is missing, from this field on. @param {string} field */
function incomplete(field) {
  dispatch({ type: "tried" });
  const first = document.getElementById(field);
  return (first?.matches("fieldset") ? /** @type {HTMLElement | null} */ (first.querySelector("input")) : first)?.focus();
}

/**
 * With a link: where the first answer was lost, its link was too, and a new one takes its place.
 *
 * @template {{link: string | null}} Answer @template {{link: string}} Told
 * @param {Promise<Answer>} asked @param {(answer: Answer) => Promise<Told>} anew
 */
async function toldOnce(asked, anew) {
  try {
    const answer = await asked;
    return answer.link === null ? await anew(answer) : /** @type {Answer & {link: string}} */ (answer);
  } catch (error) {
    if (error instanceof ApiProblem && !isUnsure(error)) dispatch({ type: "settled" });
    throw error;
  }
}

async function addFurther() {
  const { visit, further, busy } = state();
  if (!visit || busy) return;
  const open = further.pending ? [] : missingOf(further);
  if (open.length > 0) return incomplete(open[0]);
  const sent = further.pending ?? { key: newKey(), body: furtherBody(further) };
  dispatch({ type: "sent", adding: sent });
  const added = () => toldOnce(api.desk.addGuardian(visit.id, sent), ({ guardian }) => api.desk.linkGuardian(visit.id, guardian));
  await attempt(async () => dispatch({ type: "done", what: "further", told: await added() }));
  await readFurther();
}

/** @param {string} guardian */
async function linkFurther(guardian) {
  const { visit, busy } = state();
  if (!visit || busy) return;
  dispatch({ type: "sent" });
  await attempt(async () => dispatch({ type: "done", what: "link", told: await api.desk.linkGuardian(visit.id, guardian) }));
}

/** @param {string} guardian */
async function removeFurther(guardian) {
  const { visit, busy } = state();
  if (!visit || busy) return;
  dispatch({ type: "sent" });
  await attempt(async () => {
    const given = await api.desk.removeGuardian(visit.id, guardian);
    dispatch({ type: "done", what: "removed" });
    dispatch({ type: "guardians", visit: visit.id, given });
  });
}

/** The day that was booked into is the one to be looked at. @param {string} startsAt */
function dispatchDayOf(startsAt) {
  dispatch({ type: "shown", day: dayOf(startsAt) });
}

/** The server writes down who asked. */
async function reveal() {
  const { visit, busy } = state();
  if (!visit || busy) return;
  dispatch({ type: "sent" });
  await attempt(async () => dispatch({ type: "phone", visit: visit.id, ...(await api.desk.phone(visit.id)) }));
}

/** @param {"move" | "cancel" | "no_show" | "link" | "proof"} name */
async function act(name) {
  const { visit, moveTo, reason, proof, busy } = state();
  if (!visit || busy) return;
  dispatch({ type: "sent" });
  const went = await attempt(async () => {
    if (name === "link") return dispatch({ type: "done", what: "link", told: await api.desk.link(visit.id) });
    if (name === "proof") return dispatch({ type: "done", what: "proof", visit: await api.desk.proof(visit.id, proof) });
    if (name === "move") await api.desk.move(visit, moveTo?.id ?? "");
    if (name === "cancel") await api.desk.cancel(visit.id, reason);
    if (name === "no_show") await api.desk.noShow(visit.id);
    return dispatch({ type: "done", what: name });
  });
  if (went && moveTo) dispatchDayOf(moveTo.starts_at);
  if (went && name !== "link") await readVisit();
  await again();
}

/** After what was done or refused, the day and the slots are as they are now. */
async function again() {
  const { slots } = state();
  if (slots) dispatch({ type: "slots_asked", asked: "" });
  await Promise.all([ask(), readSlots()]);
}

async function copy() {
  const link = state().told?.link;
  if (!link) return;
  await navigator.clipboard.writeText(link).then(
    () => dispatch({ type: "copied" }),
    () => dispatch({ type: "refused", problem: { code: "clipboard", detail: "", at: [] } }),
  );
}

/** Whether it went well; what was refused is told. @param {() => Promise<void>} work */
async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    const problem = error instanceof ApiProblem ? error : new ApiProblem(0, "unknown", "");
    if (problem.status === 401) dispatch({ type: "signed_out" });
    else dispatch({ type: "refused", problem: { code: problem.code, detail: problem.detail, at: problem.errors } });
    return false;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const meaning = meaningOf(state(), pressOf(event));
  if (!meaning) return;
  event.preventDefault();
  void perform(meaning);
});
window.addEventListener("beforeunload", (event) => {
  const { booking, further } = state();
  if (booking.child.name || booking.guardian.name || further.guardian.name || state().pending || further.pending || state().told) event.preventDefault();
});
