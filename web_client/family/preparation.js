/**
 * What the family's page knows of preparing the visit, and how it changes: a screen a group of questions, then heights and weights,
 * then thanks. Pure. Nothing here is needed to enter the waiting room.
 */

import { faultOf, pruned, visible } from "../shared/questionnaire.js";

/** @typedef {import("../shared/questionnaire.js").Form} Form */
/** @typedef {import("../shared/questionnaire.js").Group} Group */
/** @typedef {import("../shared/questionnaire.js").Question} Question */
/** @typedef {import("../shared/questionnaire.js").Answer} Answer */
/** @typedef {import("../shared/questionnaire.js").Answers} Answers */
/** @typedef {{outcome: "emergency" | "in_person" | "field", field: string | null, why: string[], safety_net: string[]}} Route */
/** @typedef {{kind: "height" | "weight", value: string, on: string, method: string, clothes?: string, sure?: boolean}} Measurement */
/** @typedef {{questionnaire: Form, answers: Answers, state: "open" | "draft" | "given", route: Route | null, measurements: Measurement[], open: boolean}} FormView */
/** @typedef {{code: string, asks: boolean, words: string}} RowFault */

/**
 * @typedef {object} Preparation
 * @property {FormView} view  as the server last had it
 * @property {boolean} shown  the reader is at it
 * @property {Answers} answers  as they are on the screen
 * @property {readonly Measurement[]} measurements
 * @property {string} step  a group's linkId, `measurements` or `done`
 * @property {Readonly<Record<string, string>>} faults  a code for each question that will not do
 * @property {"kept" | "changed" | "saving" | "failed"} saved
 * @property {Route | null} route
 * @property {Measurement} row  the measurement that is being entered
 * @property {RowFault | null} rowFault
 */

/**
 * @typedef {{type: "loaded", view: FormView} | {type: "shown", shown: boolean} | {type: "answered", link: string, answer: Answer | undefined}
 *   | {type: "saving"} | {type: "saved", route: Route | null, completed: boolean} | {type: "failed"} | {type: "moved", by: 1 | -1}
 *   | {type: "faults", faults: Readonly<Record<string, string>>} | {type: "row", changed: Partial<Measurement>}
 *   | {type: "row_refused", fault: RowFault} | {type: "measured", measurements: readonly Measurement[]}} Change
 */

/** @type {Measurement} */
const EMPTY_ROW = Object.freeze({ kind: "height", value: "", on: "", method: "standing_home" });

/** @param {Preparation | null} before @param {Change} change @returns {Preparation | null} */
export function prepare(before, change) {
  if (change.type === "loaded") return loaded(before, change.view);
  if (!before) return null;
  switch (change.type) {
    case "shown":
      return { ...before, shown: change.shown, step: before.step === "done" ? stepsOf(before)[0] : before.step };
    case "answered":
      return answered(before, change.link, change.answer);
    case "saving":
      return { ...before, saved: "saving" };
    case "saved":
      return { ...before, saved: before.saved === "changed" ? "changed" : "kept", route: change.route, view: { ...before.view, state: change.completed ? "given" : "draft" } };
    case "failed":
      return { ...before, saved: "failed" };
    case "moved":
      return moved(before, change.by);
    case "faults":
      return atFault(before, change.faults);
    case "row":
      return { ...before, row: rowChanged(before.row, change.changed), rowFault: null };
    case "row_refused":
      return { ...before, rowFault: change.fault, saved: "kept" };
    case "measured":
      return { ...before, measurements: change.measurements, row: { ...before.row, value: "", sure: false }, rowFault: null, saved: "kept" };
    default:
      return before;
  }
}

/** @param {Preparation | null} before @param {FormView} view @returns {Preparation} */
function loaded(before, view) {
  const { answers, measurements, route } = view;
  const same = before?.view.questionnaire.version === view.questionnaire.version;
  return {
    view, answers: before && same ? before.answers : answers, measurements, route,
    shown: before?.shown ?? false, step: before && same ? before.step : view.questionnaire.groups[0].link_id,
    faults: {}, saved: "kept", row: before?.row ?? EMPTY_ROW, rowFault: null,
  }; // prettier-ignore
}

/** @param {Preparation} before @param {string} link @param {Answer | undefined} answer @returns {Preparation} */
function answered(before, link, answer) {
  const { [link]: _, ...others } = before.answers;
  const { [link]: __, ...faults } = before.faults;
  const answers = pruned(before.view.questionnaire.groups, answer === undefined ? others : { ...others, [link]: answer });
  return { ...before, answers, faults, saved: "changed" };
}

/** Forward only past a screen without a fault. @param {Preparation} before @param {1 | -1} by @returns {Preparation} */
function moved(before, by) {
  const faults = by > 0 ? faultsOf(before) : {};
  if (Object.keys(faults).length > 0) return { ...before, faults };
  const steps = stepsOf(before);
  const at = steps.indexOf(before.step) + by;
  return { ...before, faults: {}, rowFault: null, step: steps[Math.min(Math.max(at, 0), steps.length - 1)] };
}

/** The server found faults: back to the first screen that has one. @param {Preparation} before @param {Readonly<Record<string, string>>} faults @returns {Preparation} */
function atFault(before, faults) {
  const group = before.view.questionnaire.groups.find(({ questions }) => questions.some((question) => question.link_id in faults));
  return { ...before, faults, saved: "kept", step: group?.link_id ?? before.step };
}

/** A kind has its own ways of measuring, and only a weight has clothes. @param {Measurement} row @param {Partial<Measurement>} changed @returns {Measurement} */
function rowChanged(row, changed) {
  const next = { ...row, sure: false, ...changed };
  if (changed.kind === undefined || changed.kind === row.kind) return next;
  const { clothes: _, ...plain } = next;
  return changed.kind === "weight" ? { ...plain, value: "", method: "scale_home", clothes: "light" } : { ...plain, value: "", method: "standing_home" };
}

// --- what the view and the shell ask -----------------------------------------------------------------------------------

/** The screens there are, in order: only groups that ask something. @param {Preparation} preparation @returns {string[]} */
export function stepsOf({ view, answers }) {
  const shown = visible(view.questionnaire.groups, answers);
  const asking = view.questionnaire.groups.filter(({ questions }) => questions.some((question) => shown.has(question.link_id)));
  return [...asking.map((group) => group.link_id), "measurements", "done"];
}

/** Which screen of how many; thanks is none. @param {Preparation} preparation */
export function progressOf(preparation) {
  const steps = stepsOf(preparation);
  return { n: Math.min(steps.indexOf(preparation.step) + 1, steps.length - 1), of: steps.length - 1 };
}

/** The group on the screen with the questions that are asked; null on the last two screens. @param {Preparation} preparation @returns {Group | null} */
export function groupOf({ view, answers, step }) {
  const group = view.questionnaire.groups.find((candidate) => candidate.link_id === step);
  if (!group) return null;
  const shown = visible(view.questionnaire.groups, answers);
  return { ...group, questions: group.questions.filter((question) => shown.has(question.link_id)) };
}

/** Whether what comes next are the measurements: then the answers are whole. @param {Preparation} preparation */
export function completes(preparation) {
  const steps = stepsOf(preparation);
  return steps[steps.indexOf(preparation.step) + 1] === "measurements";
}

/** What keeps the reader on this screen. @param {Preparation} preparation @returns {Record<string, string>} */
export function faultsOf(preparation) {
  const questions = groupOf(preparation)?.questions ?? [];
  const found = questions.map((question) => [question.link_id, faultOf(question, preparation.answers[question.link_id])]);
  return Object.fromEntries(found.filter(([, fault]) => fault !== null));
}

/** What can be kept as a draft now: every answer that will do. @param {Preparation} preparation @returns {Answers} */
export function draftOf({ view, answers }) {
  const questions = new Map(view.questionnaire.groups.flatMap((group) => group.questions).map((question) => [question.link_id, question]));
  const good = Object.entries(answers).filter(([link, answer]) => {
    const question = questions.get(link);
    return question && faultOf({ ...question, required: false }, answer) === null;
  });
  return pruned(view.questionnaire.groups, Object.fromEntries(good));
}

/** Whether the reader can be at it: in the waiting room and before it, and somebody opened it. @param {Preparation | null} preparation @param {string} screen */
export function isPreparing(preparation, screen) {
  return preparation !== null && preparation.shown && preparation.view.open && (screen === "devices" || screen === "waiting");
}
