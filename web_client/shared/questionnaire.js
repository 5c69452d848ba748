/**
 * A questionnaire's rules on the page (server/http/API.md, FormView), as `server/questionnaires` has them: which questions are asked,
 * and what is wrong with an answer. Pure. tests/corpus/questionnaires holds both languages to the same questions.
 */

/** @typedef {{question: string, operator: "exists" | "=" | "!=" | ">" | "<" | ">=" | "<=", answer: string | number | boolean}} Comparison */
/** @typedef {Comparison | {all: Condition[]} | {any: Condition[]}} Condition */
/** @typedef {{code: string, text: string, exclusive: boolean}} Option */
/**
 * @typedef {{link_id: string, type: "choice" | "boolean" | "integer" | "decimal" | "date" | "text", text: string, required: boolean,
 *            repeats: boolean, help?: string, options?: Option[], min_value?: string, max_value?: string, unit?: string,
 *            max_length?: number, enable_when?: Condition}} Question
 */
/** @typedef {{link_id: string, text: string, questions: Question[]}} Group */
/** @typedef {{version: string, field: string, language: string, title: string, intro: string, sha256: string, groups: Group[]}} Form */
/** @typedef {string | number | boolean | string[]} Answer */
/** @typedef {Readonly<Record<string, Answer>>} Answers */

/** @param {Condition} condition @param {Answers} answers @returns {boolean} */
export function holds(condition, answers) {
  if ("all" in condition) return condition.all.every((each) => holds(each, answers));
  if ("any" in condition) return condition.any.some((each) => holds(each, answers));
  const said = answers[condition.question];
  const values = said === undefined ? [] : Array.isArray(said) ? said : [said];
  const wanted = condition.answer;
  switch (condition.operator) {
    case "exists":
      return values.length > 0 === wanted;
    case "=":
      return values.some((value) => value === wanted);
    case "!=":
      return values.length > 0 && values.every((value) => value !== wanted);
    default:
      return values.some((value) => compares(Number(value), condition.operator, Number(wanted)));
  }
}

/** @param {number} value @param {string} operator @param {number} wanted */
function compares(value, operator, wanted) {
  if (operator === ">") return value > wanted;
  if (operator === "<") return value < wanted;
  return operator === ">=" ? value >= wanted : value <= wanted;
}

/** The linkIds of what these answers make visible; a hidden question's own answer counts for nothing. @param {readonly Group[]} groups @param {Answers} answers */
export function visible(groups, answers) {
  /** @type {Record<string, Answer>} */
  const heard = {};
  /** @type {Set<string>} */
  const shown = new Set();
  for (const { link_id: link, enable_when: when } of groups.flatMap((group) => group.questions)) {
    if (when && !holds(when, heard)) continue;
    shown.add(link);
    if (link in answers) heard[link] = answers[link];
  }
  return shown;
}

/** The answers without those to questions that are not asked (any more). @param {readonly Group[]} groups @param {Answers} answers @returns {Answers} */
export function pruned(groups, answers) {
  const shown = visible(groups, answers);
  return Object.fromEntries(Object.entries(answers).filter(([link]) => shown.has(link)));
}

/** The answer after a tick: an exclusive option stands alone. @param {Question} question @param {Answer | undefined} before @param {string} code @returns {string[]} */
export function ticked(question, before, code) {
  const codes = Array.isArray(before) ? before : [];
  if (codes.includes(code)) return codes.filter((each) => each !== code);
  const options = question.options ?? [];
  const alone = new Set(options.filter((option) => option.exclusive).map((option) => option.code));
  const kept = alone.has(code) ? [] : codes.filter((each) => !alone.has(each));
  return options.map((option) => option.code).filter((each) => each === code || kept.includes(each));
}

/**
 * What somebody typed, as the answer that travels; undefined for nothing. What is no number stays what it is, and is a fault.
 * @param {Question} question @param {string} typed @returns {Answer | undefined}
 */
export function typedAnswer(question, typed) {
  const text = typed.trim();
  if (text === "") return undefined;
  if (question.type === "text") return typed;
  const plain = text.replace(/[，,]/u, ".").replace(/[０-９．]/gu, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
  return question.type === "integer" && /^\d{1,6}$/.test(plain) ? Number(plain) : question.type === "date" ? text : plain;
}

/** Why an answer will not do, as the server's codes; null when it does. @param {Question} question @param {Answer | undefined} answer @returns {string | null} */
export function faultOf(question, answer) {
  const { type, required, min_value: low, max_value: high, max_length: most } = question;
  if (answer === undefined || (Array.isArray(answer) && answer.length === 0)) return required ? "required" : null;
  if (type === "integer" && typeof answer !== "number") return "wrong_type";
  if (type === "decimal" && !/^\d{1,6}(\.\d{1,3})?$/.test(String(answer))) return "wrong_type";
  if (low !== undefined && (Number(answer) < Number(low) || Number(answer) > Number(high))) return "out_of_range";
  if (type === "text" && most !== undefined && [...String(answer)].length > most) return "too_long";
  return null;
}
