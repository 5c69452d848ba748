/**
 * The note as the page has it: what the server has (`base`, at `revision`), what stands in the fields (`words`), what is on its way
 * (`sent`). Pure. Words that another window wrote meanwhile are joined with one's own, section by section; where both changed the
 * same section both stay in it, and `both` names it, so that the physician looks.
 *
 * @typedef {Readonly<Record<string, string>>} Sections
 * @typedef {import("../shared/api.js").NoteView} NoteView
 *
 * @typedef {Object} Note
 * @property {NoteView["kind"]} kind what is being written: the note, or an amendment to it
 * @property {NoteView["form"]} form
 * @property {readonly NoteView["signed"][number][]} signed
 * @property {boolean} canSign
 * @property {readonly {zh: string, en: string}[]} safetyNet
 * @property {number} revision
 * @property {Sections} base
 * @property {Sections} words
 * @property {Sections | null} sent
 * @property {string | null} savedAt RFC 3339
 * @property {"ok" | "offline" | "refused"} line how the last attempt to save went
 * @property {string | null} problem a code, of a save or a signature that was refused
 * @property {readonly (readonly string[])[]} missing what a signature was refused for
 * @property {boolean} signing
 * @property {readonly string[]} both sections that hold two windows' words
 *
 * @typedef {{kind: NoteView["kind"], revision: number, base: Sections, words: Sections}} Kept what the device keeps while it is not saved
 */

/** Stands between two windows' words. */
export const BOTH_MARK = "—— 另一个窗口同时写的 / written in another window ——";

/** @param {NoteView} view @param {Kept | null} [kept] @returns {Note} */
export function opened(view, kept = null) {
  const note = settled(view, {
    both: [],
    words: view.draft.sections,
    missing: [],
  });
  return kept ? changedElsewhere({ ...note, kind: kept.kind, revision: kept.revision, base: kept.base, words: kept.words }, view) : note;
}

/** @param {Note} note @param {string} code @param {string} text @returns {Note} */
export function typed(note, code, text) {
  const { [code]: _, ...others } = note.words;
  return { ...note, words: text === "" ? others : { ...others, [code]: text }, both: note.both.filter((one) => one !== code), missing: [] };
}

/** @param {Note} note @returns {Note} */
export function sending(note) {
  return { ...note, sent: note.words };
}

/** The server has what was sent. What was typed since stays. @param {Note} note @param {NoteView} view @returns {Note} */
export function accepted(note, view) {
  const { sent } = note;
  const theirs = view.draft.sections;
  const words = everyCode(note.words, theirs).map((code) => {
    const since = (note.words[code] ?? "") !== (sent?.[code] ?? "");
    return [code, (since ? note.words : theirs)[code] ?? ""];
  });
  return settled(view, { ...note, words: withWords(words) });
}

/** Somebody else wrote, or signed. @param {Note} note @param {NoteView} view @returns {Note} */
export function changedElsewhere(note, view) {
  if (note.kind !== view.kind) return signedElsewhere(note, view);
  if (note.sent && same(note.sent, view.draft.sections)) return accepted(note, view); // it was ourselves: the answer was lost
  const merged = everyCode(note.base, note.words, view.draft.sections).map((code) => ({
    code,
    ...joined(note.base[code] ?? "", note.words[code] ?? "", view.draft.sections[code] ?? ""),
  }));
  const both = merged.filter((one) => one.both).map(({ code }) => code);
  return settled(view, { ...note, words: withWords(merged.map(({ code, text }) => [code, text])), both: [...new Set([...note.both, ...both])] });
}

/**
 * Words that were not saved when another window signed go into an amendment, under their section's name.
 *
 * @param {Note} note @param {NoteView} view @returns {Note}
 */
function signedElsewhere(note, view) {
  const written = view.signed.flatMap(({ sections }) => sections);
  const left = Object.entries(note.words).filter(([code, text]) => text.trim() !== "" && !written.some((one) => one.code === code && one.text.trim() === text.trim()));
  const own = left.filter(([code, text]) => text !== (note.base[code] ?? "")).map(([code, text]) => `【${titleOf(note, view, code)}】${text}`);
  if (own.length === 0) return settled(view, { ...note, words: view.draft.sections, both: [] });
  const before = view.draft.sections.text ?? "";
  const text = [before, ...own].filter(Boolean).join("\n");
  return settled(view, { ...note, words: { ...view.draft.sections, text }, both: ["text"] });
}

/** @param {Note} note @param {NoteView} view @param {string} code */
function titleOf(note, view, code) {
  const form = [...note.form.sections, ...view.signed.flatMap(({ sections }) => sections)];
  return form.find((one) => one.code === code)?.title.zh ?? code;
}

/**
 * Three ways into one: who changed it has it; both the same is one; both differently stays twice.
 *
 * @param {string} base @param {string} mine @param {string} theirs @returns {{text: string, both: boolean}}
 */
function joined(base, mine, theirs) {
  if (mine === theirs || mine === base) return { text: theirs, both: false };
  if (theirs === base || (mine.includes(theirs) && theirs !== "")) return { text: mine, both: false };
  if (theirs.includes(mine) && mine !== "") return { text: theirs, both: false };
  if (mine === "" || theirs === "") return { text: mine || theirs, both: true }; // one erased what the other went on writing
  return { text: `${theirs}\n${BOTH_MARK}\n${mine}`, both: true };
}

/** @param {Note} note @param {"offline" | "refused"} line @param {string | null} [problem] @returns {Note} */
export function notSaved(note, line, problem = null) {
  return { ...note, sent: null, line, problem };
}

/** @param {Note} note @param {boolean} signing @returns {Note} */
export function whileSigning(note, signing) {
  return { ...note, signing, problem: null, missing: [] };
}

/** @param {Note} note @param {string} problem @param {readonly (readonly string[])[]} [missing] @returns {Note} */
export function notSigned(note, problem, missing = []) {
  return { ...note, signing: false, problem, missing };
}

/** @param {Note} note */
export function isSaved(note) {
  return same(note.words, note.base);
}

/** The groups of sections of which none has words yet. @param {Note} note */
export function lacking(note) {
  return note.form.needs.filter((group) => group.every((code) => (note.words[code] ?? "").trim() === ""));
}

/** How it stands with saving, in one word. @param {Note} note @returns {"empty" | "saved" | "saving" | "offline" | "refused"} */
export function standing(note) {
  if (note.line === "refused" && note.problem) return "refused";
  if (!isSaved(note)) return note.line === "offline" ? "offline" : "saving";
  return note.savedAt === null || Object.keys(note.words).length === 0 ? "empty" : "saved";
}

/** @param {Note} note @returns {Kept | null} what the device must keep, or null when the server has everything */
export function toKeep(note) {
  return isSaved(note) ? null : { kind: note.kind, revision: note.revision, base: note.base, words: note.words };
}

/** @param {unknown} value @returns {Kept | null} what was kept, if it is that */
export function readKept(value) {
  const kept = /** @type {any} */ (value);
  const sections = (/** @type {any} */ one) => one && typeof one === "object" && Object.values(one).every((text) => typeof text === "string");
  if (!kept || (kept.kind !== "note" && kept.kind !== "amendment") || !Number.isInteger(kept.revision)) return null;
  return sections(kept.base) && sections(kept.words) ? kept : null;
}

/** @param {NoteView} view @param {Pick<Note, "words" | "both" | "missing"> & {signing?: boolean}} rest @returns {Note} */
function settled(view, { words, both, missing, signing = false }) {
  return {
    kind: view.kind,
    form: view.form,
    signed: view.signed,
    canSign: view.can_sign,
    safetyNet: view.safety_net,
    revision: view.draft.revision,
    base: view.draft.sections,
    words,
    sent: null,
    savedAt: view.draft.at,
    line: "ok",
    problem: null,
    missing,
    signing,
    both,
  };
}

/** @param {...Sections} many */
function everyCode(...many) {
  return [...new Set(many.flatMap((one) => Object.keys(one)))];
}

/** @param {readonly (readonly [string, string] | string[])[]} pairs @returns {Sections} */
function withWords(pairs) {
  return Object.fromEntries(pairs.filter(([, text]) => text !== ""));
}

/** @param {Sections} one @param {Sections} other */
export function same(one, other) {
  return everyCode(one, other).every((code) => (one[code] ?? "") === (other[code] ?? ""));
}
