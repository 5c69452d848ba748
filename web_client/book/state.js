/**
 * What the booking page knows and how it changes: signs first, then where they lead, then hospital, specialist, time and details. Pure.
 * A screen can be gone to when all before it is answered; what was typed stays until a visit was booked.
 *
 * @typedef {import("../shared/i18n/i18n.js").Language} Language
 * @typedef {import("../shared/questionnaire.js").Form} Form
 * @typedef {import("../shared/questionnaire.js").Answers} Answers
 * @typedef {import("../shared/questionnaire.js").Answer} Answer
 * @typedef {import("../family/preparation.js").Route} Route
 * @typedef {{id: string, name: string, name_en: string, phone?: string | null, fields: string[], youngest_years: number, oldest_years: number}} Hospital
 * @typedef {{id: string, name: string, name_en: string}} Department
 * @typedef {{id: string, name: string, title: string, rank: string, licence: string, department: Department, next_at: string}} Specialist
 * @typedef {{id: string, starts_at: string, ends_at: string}} Slot
 * @typedef {{hospital: string, key: string, body: object}} Pending  a request whose answer nobody has seen yet
 * @typedef {{visit: string, hospital: {name: string, name_en: string, phone?: string | null}, department: string, field: string, physician: {name: string, title: string, rank: string, licence: string},
 *            starts_at: string, ends_at: string, link: string | null, link_expires_at: string | null, qr: string | null}} Made
 * @typedef {"child_name" | "sex" | "birth_date" | "guardian_name" | "relation" | "phone" | "email"} DetailName
 * @typedef {Readonly<Record<DetailName, string>>} Details
 * @typedef {{code: string, words: string}} Notice  a code of ours, or the server's words for one that is not
 */

import { isEmail, isOwnPhone } from "../shared/contact.js";
import { faultOf, pruned, visible } from "../shared/questionnaire.js";
import { dayOf } from "./words.js";

/**
 * What is fetched; `code` is why it could not be.
 * @template T
 * @typedef {{state: "none" | "loading" | "there" | "failed", code: string, items: readonly T[]}} Fetched
 */

/**
 * @typedef {object} State
 * @property {Language} language
 * @property {string} screen  a group's linkId, `answer`, `hospital`, `specialist`, `time`, `details` or `done`
 * @property {Form | null} form
 * @property {string} formFailed  a problem's code, or empty
 * @property {Answers} answers
 * @property {Readonly<Record<string, string>>} faults  a code for each question that will not do
 * @property {"no" | "asking" | "failed"} routing
 * @property {Route | null} route  where all answers lead, or an emergency that some of them show already
 * @property {string | null} field  the last one that all answers led to; hospital, specialist and time are of it
 * @property {Fetched<Hospital>} hospitals
 * @property {Hospital | null} hospital
 * @property {Fetched<Specialist>} specialists
 * @property {Specialist | null} specialist
 * @property {Fetched<Slot>} times
 * @property {string | null} nextDay  there are more times from this day on
 * @property {string | null} day  the one whose times are shown
 * @property {Slot | null} slot
 * @property {Details} details
 * @property {Readonly<Partial<Record<DetailName, string>>>} wrong
 * @property {"no" | "sending" | "unsure"} sending  unsure: no answer came, and it may have been booked
 * @property {Pending | null} pending
 * @property {Notice | null} notice
 * @property {Made | null} made
 * @property {boolean} online
 * @property {boolean} copied
 */

/**
 * @typedef {{type: "language", language: Language} | {type: "form", form: Form} | {type: "form_failed", code: string}
 *   | {type: "answered", link: string, answer: Answer | undefined} | {type: "faults", faults: Readonly<Record<string, string>>}
 *   | {type: "asking"} | {type: "routed", route: Route | null, complete: boolean} | {type: "routing_failed"} | {type: "reworded", route: Route}
 *   | {type: "went", screen: string}
 *   | {type: "fetching", what: "hospitals" | "specialists" | "times"} | {type: "fetch_failed", what: "hospitals" | "specialists" | "times", code: string}
 *   | {type: "hospitals", items: readonly Hospital[]} | {type: "specialists", items: readonly Specialist[]}
 *   | {type: "times", items: readonly Slot[], next: string | null, more: boolean}
 *   | {type: "hospital", hospital: Hospital} | {type: "specialist", specialist: Specialist} | {type: "day", day: string} | {type: "slot", slot: Slot}
 *   | {type: "typed", name: DetailName, value: string} | {type: "wrong", wrong: Readonly<Partial<Record<DetailName, string>>>}
 *   | {type: "sending", pending: Pending} | {type: "unsure"} | {type: "refused", code: string, words: string, wrong: Readonly<Partial<Record<DetailName, string>>>}
 *   | {type: "made", made: Made} | {type: "online", online: boolean} | {type: "copied", copied: boolean} | {type: "anew"}} Change
 */

/** @type {readonly DetailName[]} */
export const DETAILS = Object.freeze(["child_name", "sex", "birth_date", "guardian_name", "relation", "phone", "email"]);
const AFTER_SIGNS = Object.freeze(["answer", "hospital", "specialist", "time", "details", "done"]);
/** @type {Details} */
const EMPTY = Object.freeze({ child_name: "", sex: "", birth_date: "", guardian_name: "", relation: "", phone: "", email: "" });
/** @type {Fetched<any>} */
const NOTHING = Object.freeze({ state: "none", code: "", items: [] });

/** @param {Language} language @param {boolean} online @returns {State} */
export function initial(language, online) {
  return {
    language, screen: "", form: null, formFailed: "", answers: {}, faults: {}, routing: "no", route: null, field: null,
    hospitals: NOTHING, hospital: null, specialists: NOTHING, specialist: null, times: NOTHING, nextDay: null, day: null, slot: null,
    details: EMPTY, wrong: {}, sending: "no", pending: null, notice: null, made: null, online, copied: false,
  }; // prettier-ignore
}

/** @param {State} state @param {Change} change @returns {State} */
export function reduce(state, change) {
  switch (change.type) {
    case "language":
      return { ...state, language: change.language };
    case "form":
      return withForm(state, change.form);
    case "form_failed":
      return state.form ? state : { ...state, formFailed: change.code };
    case "answered":
      return answered(state, change.link, change.answer);
    case "faults":
      return { ...state, faults: change.faults };
    case "asking":
      return { ...state, routing: "asking", notice: null };
    case "routing_failed":
      return { ...state, routing: "failed" };
    case "routed":
      return routed(state, change.route, change.complete);
    case "reworded":
      return { ...state, route: change.route };
    case "went":
      return { ...state, screen: settled(state, change.screen), faults: {}, routing: "no", notice: null };
    case "fetching":
      return { ...state, [change.what]: { ...state[change.what], state: "loading", code: "" } };
    case "fetch_failed":
      return { ...state, [change.what]: { ...state[change.what], state: "failed", code: change.code } };
    case "hospitals":
      return { ...state, hospitals: there(change.items) };
    case "specialists":
      return { ...state, specialists: there(change.items) };
    case "times":
      return timed(state, change.items, change.next, change.more);
    default:
      return chosen(state, change);
  }
}

/** What is chosen, typed and sent. @param {State} state @param {Change} change @returns {State} */
function chosen(state, change) {
  switch (change.type) {
    case "hospital":
      return { ...state, ...without(state, change.hospital.id === state.hospital?.id ? "none" : "specialist"), hospital: change.hospital, screen: "specialist", notice: null };
    case "specialist":
      return { ...state, ...without(state, same(change.specialist, state.specialist) ? "none" : "slot"), specialist: change.specialist, screen: "time", notice: null };
    case "day":
      return { ...state, day: change.day };
    case "slot":
      return { ...state, slot: change.slot, screen: "details", notice: null };
    case "typed":
      return { ...state, details: { ...state.details, [change.name]: change.value }, wrong: { ...state.wrong, [change.name]: undefined } };
    case "wrong":
      return { ...state, wrong: change.wrong };
    case "sending":
      return { ...state, sending: "sending", pending: change.pending, notice: null };
    case "unsure":
      return { ...state, sending: "unsure" };
    case "refused":
      return refused(state, change.code, change.words, change.wrong);
    case "made":
      return { ...initial(state.language, state.online), form: state.form, screen: "done", made: change.made };
    case "anew":
      return { ...initial(state.language, state.online), form: state.form, screen: groupsOf({ ...state, answers: {} })[0] ?? "" };
    case "online":
      return { ...state, online: change.online };
    case "copied":
      return { ...state, copied: change.copied };
    default:
      return state;
  }
}

/** @template T @param {readonly T[]} items @returns {Fetched<T>} */
function there(items) {
  return { state: "there", code: "", items };
}

/** @param {Specialist} one @param {Specialist | null} other */
function same(one, other) {
  return one.id === other?.id && one.department.id === other.department.id;
}

/** What goes when something before it is chosen anew. @param {State} state @param {"none" | "hospital" | "specialist" | "slot"} from @returns {Partial<State>} */
function without(state, from) {
  const time = { times: NOTHING, nextDay: null, day: null, slot: null };
  if (from === "none") return {};
  if (from === "slot") return time;
  const whom = { ...time, specialists: NOTHING, specialist: null };
  return from === "specialist" ? whom : { ...whom, hospital: null };
}

/** In another language it is the same form, and keeps its answers; another version does not. @param {State} state @param {Form} form @returns {State} */
function withForm(state, form) {
  const same = !state.form || state.form.version === form.version;
  const next = { ...state, form, formFailed: "", answers: same ? pruned(form.groups, state.answers) : {}, route: same ? state.route : null };
  return { ...next, screen: settled(next, state.screen || form.groups[0].link_id) };
}

/** @param {State} state @param {string} link @param {Answer | undefined} answer @returns {State} */
function answered(state, link, answer) {
  if (!state.form) return state;
  const { [link]: _, ...others } = state.answers;
  const { [link]: __, ...faults } = state.faults;
  const answers = pruned(state.form.groups, answer === undefined ? others : { ...others, [link]: answer });
  return { ...state, answers, faults, route: null, routing: "no", notice: null };
}

/** An emergency is told at once, all else when everything is answered. @param {State} state @param {Route | null} route @param {boolean} complete @returns {State} */
function routed(state, route, complete) {
  const next = { ...state, routing: /** @type {const} */ ("no") };
  if (route && (complete || route.outcome === "emergency")) {
    if (route.outcome !== "field" || route.field === state.field) return { ...next, route, screen: "answer" };
    const stays = state.hospital !== null && route.field !== null && state.hospital.fields.includes(route.field);
    return { ...next, ...without(state, stays ? "specialist" : "hospital"), route, field: route.field, screen: "answer" };
  }
  const groups = groupsOf(state);
  const at = groups.indexOf(state.screen);
  return { ...next, screen: groups[Math.min(at + 1, groups.length - 1)] };
}

/** @param {State} state @param {readonly Slot[]} items @param {string | null} next @param {boolean} more @returns {State} */
function timed(state, items, next, more) {
  const all = more ? [...state.times.items, ...items] : items;
  const days = daysOf(all);
  const day = state.day !== null && days.includes(state.day) ? state.day : (days[0] ?? null);
  const slot = all.find((each) => each.id === state.slot?.id) ?? null;
  return { ...state, times: there(all), nextDay: next, day: more && items.length > 0 ? dayOf(items[0].starts_at) : day, slot };
}

const TIME_GONE = new Set(["slot_taken", "slot_unknown", "schedule_closed", "physician_busy", "in_the_past", "beyond_horizon"]);
const OF_PEOPLE = new Set(["age_outside_limits", "child_too_old", "child_not_born", "too_many_open"]);
const ROUTED_AWAY = new Set(["needs_emergency_care", "needs_in_person_care", "field_not_routed"]);

/** Nothing typed is lost: the reader comes to the screen where something can be done about it. @param {State} state @param {string} code @param {string} words @param {State["wrong"]} wrong @returns {State} */
function refused(state, code, words, wrong) {
  const next = { ...state, sending: /** @type {const} */ ("no"), pending: null, wrong };
  if (TIME_GONE.has(code)) return { ...next, ...without(state, "slot"), screen: "time", notice: { code: "time_gone", words: "" } };
  if (code === "invalid") return { ...next, screen: "details", notice: { code: "check", words: "" } };
  if (OF_PEOPLE.has(code)) return { ...next, screen: "details", notice: { code, words } };
  if (code === "questionnaire_changed") return { ...next, route: null, screen: groupsOf(state)[0] ?? "", notice: { code, words: "" } };
  if (ROUTED_AWAY.has(code)) return { ...next, route: null, screen: groupsOf(state)[0] ?? "", notice: { code: "again", words } };
  if (code === "not_found") return { ...next, ...without(state, "hospital"), hospitals: NOTHING, screen: "hospital", notice: { code: "hospital_closed", words: "" } };
  if (code === "too_many_attempts") return { ...next, screen: "details", notice: { code, words: "" } };
  return { ...next, ...without(state, "specialist"), screen: "specialist", notice: { code: "specialist_gone", words } };
}

// --- what the view and the shell ask -----------------------------------------------------------------------------------

/** The screens of questions, in order: only groups that ask something. @param {State} state @returns {string[]} */
export function groupsOf({ form, answers }) {
  if (!form) return [];
  const shown = visible(form.groups, answers);
  return form.groups.filter(({ questions }) => questions.some((question) => shown.has(question.link_id))).map((group) => group.link_id);
}

/** The questions of a screen that are asked. @param {State} state @param {string} screen */
export function questionsOf({ form, answers }, screen) {
  const shown = form ? visible(form.groups, answers) : new Set();
  return form?.groups.find((group) => group.link_id === screen)?.questions.filter((question) => shown.has(question.link_id)) ?? [];
}

/** What keeps the reader on a screen of questions. @param {State} state @param {string} screen @returns {Record<string, string>} */
export function faultsOf(state, screen) {
  const found = questionsOf(state, screen).map((question) => [question.link_id, faultOf(question, state.answers[question.link_id])]);
  return Object.fromEntries(found.filter(([, fault]) => fault !== null));
}

/** The screen that is shown when one is asked for: that one, or the last before it that can be gone to. @param {State} state @param {string} wanted @returns {string} */
export function settled(state, wanted) {
  if (state.made) return "done";
  const groups = groupsOf(state);
  const open = groups.findIndex((group) => Object.keys(faultsOf(state, group)).length > 0);
  const reach = { answer: state.route !== null, hospital: state.route?.outcome === "field", specialist: state.hospital !== null, time: state.specialist !== null, details: state.slot !== null || state.pending !== null, done: false };
  const later = [...groups.slice(0, open < 0 ? groups.length : open + 1)];
  for (const screen of AFTER_SIGNS) {
    if (open >= 0 && state.route?.outcome !== "emergency") break;
    if (!reach[/** @type {keyof typeof reach} */ (screen)]) break;
    later.push(screen);
  }
  if (later.includes(wanted)) return wanted;
  const order = [...groups, ...AFTER_SIGNS];
  const upTo = order.slice(0, order.indexOf(wanted) + 1);
  return later.findLast((screen) => upTo.includes(screen)) ?? groups[0] ?? "";
}

/** The screen that the page's own "back" leads to; null on the first. @param {State} state @returns {string | null} */
export function before(state) {
  const order = [...groupsOf(state), ...AFTER_SIGNS];
  const at = order.indexOf(state.screen);
  return at > 0 && state.screen !== "done" ? order[at - 1] : null;
}

/** How far: the signs are one step. @param {State} state @returns {{n: number, of: number}} */
export function progressOf(state) {
  const at = AFTER_SIGNS.indexOf(state.screen);
  return { n: at <= 0 ? 1 : at + 1, of: 5 };
}

/** The days that have times, ISO text, each once. @param {readonly Slot[]} slots @returns {string[]} */
export function daysOf(slots) {
  return [...new Set(slots.map((slot) => dayOf(slot.starts_at)))];
}

/** The hospitals that see the field. @param {State} state @returns {readonly Hospital[]} */
export function hospitalsOf({ hospitals, route }) {
  return hospitals.items.filter((each) => route?.field != null && each.fields.includes(route.field));
}

/** What is plainly wrong with what was typed; the server looks closer. @param {Details} details @param {string} today ISO text @returns {Partial<Record<DetailName, string>>} */
export function wrongOf(details, today) {
  /** @type {Partial<Record<DetailName, string>>} */
  const wrong = {};
  for (const name of DETAILS) if (name !== "email" && details[name].trim() === "") wrong[name] = "required";
  for (const name of /** @type {const} */ (["child_name", "guardian_name"])) if (/\p{N}/u.test(details[name])) wrong[name] = "not_a_name";
  if (details.birth_date > today) wrong.birth_date = "in_future";
  if (details.phone.trim() !== "" && !isOwnPhone(details.phone)) wrong.phone = "not_a_phone";
  const email = details.email.trim();
  if (email !== "" && !isEmail(email)) wrong.email = "not_an_email";
  return wrong;
}

/** All that is sent. @param {State} state */
export function requestOf({ form, answers, slot, details }) {
  if (!form || !slot) return null;
  const { version, sha256, language } = form;
  return { version, sha256, language, answers, complete: true, slot: slot.id, ...details };
}

// --- kept over a reload, in this tab only ------------------------------------------------------------------------------

/** What a reload must not lose; once a visit is booked only that. @param {State} state @returns {object} */
export function keptOf(state) {
  if (state.made) return { made: state.made };
  const { screen, answers, route, field, hospital, specialist, slot, details, pending } = state;
  return { screen, answers, route, field, hospital, specialist, slot, details, pending };
}

/** @param {State} state @param {any} kept what `keptOf` gave, or anything else @returns {State} */
export function restored(state, kept) {
  if (kept === null || typeof kept !== "object") return state;
  if (kept.made) return { ...state, made: kept.made, screen: "done" };
  const { screen, answers, route, field, hospital, specialist, slot, details, pending } = kept;
  if (typeof screen !== "string" || typeof answers !== "object" || answers === null) return state;
  const typed = Object.fromEntries(DETAILS.map((name) => [name, typeof details?.[name] === "string" ? details[name] : ""]));
  return {
    ...state, screen, answers, route: route ?? null, field: field ?? null, hospital: hospital ?? null, specialist: specialist ?? null, slot: slot ?? null,
    details: /** @type {Details} */ (typed), pending: pending ?? null, sending: pending ? "unsure" : "no",
  }; // prettier-ignore
}
