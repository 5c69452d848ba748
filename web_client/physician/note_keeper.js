/**
 * Keeps the open visit's note: reads it, saves it while it is typed, goes on trying while there is no network. Until the server has
 * a word the device keeps it too, so that neither a reload nor a browser that dies takes it; then the device forgets it. What is kept
 * stays with the physician who typed it (`kept_words.js`), whoever is signed in when an answer comes.
 *
 * @typedef {import("./note.js").Note} Note
 * @typedef {import("../shared/api.js").NoteView} NoteView
 */

import { ApiProblem } from "../shared/api.js";
import { accepted, changedElsewhere, isSaved, notSaved, notSigned, opened, readKept, sending, toKeep, typed, whileSigning } from "./note.js";

export const PAUSE_MS = 700;
export const LONGEST_MS = 3_000;
export const AGAIN_MS = 3_000;

export class NoteKeeper {
  #options;
  /** @type {string | null} */ #visit = null;
  /** @type {Note | null} */ #note = null;
  /** @type {import("../shared/kept_words.js").Drawer | undefined} */ #drawer;
  /** @type {unknown} */ #timer = null;
  #dueAtMs = 0;
  /** The save that is under way in the open visit. @type {Promise<void> | null} */ #saving = null;
  /** Visits that were left during a save, as they stood then. @type {Map<string, Note>} */ #left = new Map();

  /**
   * @param {{api: Pick<import("../shared/api.js").Api, "note" | "saveNote" | "signNote">, storage: () => import("../shared/kept_words.js").Drawer | undefined,
   *          tell: (visit: string, note: Note) => void, now: () => number,
   *          later?: (work: () => void, ms: number) => unknown, never?: (timer: any) => void}} options
   */
  constructor({ later = (work, ms) => setTimeout(work, ms), never = (timer) => clearTimeout(timer), ...options }) {
    this.#options = { ...options, later, never };
  }

  /** The visit that is open now, or none. What was typed in the one before is sent on. @param {string | null} visit */
  follow(visit) {
    if (visit === this.#visit) return;
    void this.saveNow();
    if (this.#visit && this.#note && this.#saving) this.#left.set(this.#visit, this.#note);
    this.#options.never(this.#timer);
    this.#visit = visit;
    this.#drawer = this.#options.storage();
    this.#note = null;
    this.#saving = null;
    if (visit) void this.#read(visit);
  }

  /** Reads it again, after the visit's end for one: then it can be signed. */
  async again() {
    const visit = this.#visit;
    if (!visit || !this.#note) return;
    const view = this.#saving ? null : await this.#options.api.note(visit).catch(() => null);
    if (visit !== this.#visit || !this.#note) return;
    if (!view || this.#saving) return void this.#options.later(() => visit === this.#visit && void this.again(), AGAIN_MS);
    this.#become(changedElsewhere(this.#note, view));
    this.#schedule(0);
  }

  /** @param {string} code @param {string} text */
  type(code, text) {
    if (!this.#note) return;
    const clean = isSaved(this.#note);
    this.#become(typed(this.#note, code, text));
    if (clean) this.#dueAtMs = this.#options.now() + LONGEST_MS;
    this.#schedule(Math.min(PAUSE_MS, Math.max(0, this.#dueAtMs - this.#options.now())));
  }

  /** One at a time: whoever asks during a save waits for that one. */
  async saveNow() {
    if (this.#saving) return this.#saving;
    if (!this.#visit || !this.#note || isSaved(this.#note)) return;
    this.#saving = this.#save(this.#visit, this.#note);
    await this.#saving;
  }

  /** Saves what is typed, then signs it. */
  async sign() {
    const visit = this.#visit;
    if (!visit || !this.#note || this.#note.signing) return;
    this.#become(whileSigning(this.#note, true));
    await this.#saving;
    await this.saveNow();
    if (visit !== this.#visit || !this.#note) return;
    if (!isSaved(this.#note)) return this.#become(notSigned(this.#note, this.#note.problem ?? "network"));
    if (this.#note.both.length > 0) return this.#become({ ...whileSigning(this.#note, false), both: this.#note.both });
    try {
      const view = await this.#options.api.signNote(visit, this.#note.revision);
      if (visit === this.#visit && this.#note) this.#become(opened(view));
    } catch (error) {
      if (visit !== this.#visit || !this.#note) return;
      const now = changedNote(error);
      if (now) return this.#become(notSigned(changedElsewhere(this.#note, now), "note_changed"));
      const problem = error instanceof ApiProblem ? error : null;
      this.#become(notSigned(this.#note, problem?.code ?? "unknown", problem?.body?.missing ?? []));
    }
  }

  // --- within -----------------------------------------------------------------------------------------------------------

  /** @param {string} visit */
  async #read(visit) {
    const view = await this.#options.api.note(visit).catch((error) => (error instanceof ApiProblem && error.code === "network" ? null : error));
    if (visit !== this.#visit) return;
    if (view === null) return void this.#options.later(() => visit === this.#visit && void this.#read(visit), AGAIN_MS);
    if (view instanceof Error) return;
    this.#become(opened(view, this.#kept(visit)));
    this.#schedule(0);
  }

  /** @param {string} visit @param {Note} before */
  async #save(visit, before) {
    const drawer = this.#drawer;
    this.#options.never(this.#timer);
    const sent = sending(before);
    this.#become(sent);
    const what = await this.#send(visit, sent);
    const left = this.#left.get(visit);
    this.#left.delete(visit);
    if (visit !== this.#visit || !this.#note) return this.#sendOn(drawer, visit, what(left ?? sent));
    this.#saving = null;
    this.#become(what(this.#note));
    if (!isSaved(this.#note) && this.#note.line !== "refused") this.#schedule(this.#note.line === "offline" ? AGAIN_MS : 0);
  }

  /** @param {string} visit @param {Note} sent @returns {Promise<(note: Note) => Note>} what came of it, for the note as it is by then */
  async #send(visit, sent) {
    try {
      const view = await this.#options.api.saveNote(visit, sent.kind, sent.revision, sent.words);
      return (note) => accepted(note, view);
    } catch (error) {
      return this.#refusal(error);
    }
  }

  /** The visit was left during a save: what had been typed by then is sent on, and the device keeps what the server will not have. @param {import("../shared/kept_words.js").Drawer | undefined} drawer @param {string} visit @param {Note} left */
  async #sendOn(drawer, visit, left) {
    let note = left;
    this.#store(drawer, visit, note);
    while (!isSaved(note) && note.line === "ok") {
      const sent = sending(note);
      note = (await this.#send(visit, sent))(sent);
      this.#store(drawer, visit, note);
    }
  }

  /** @param {unknown} error @returns {(note: Note) => Note} */
  #refusal(error) {
    const view = changedNote(error);
    if (view) return (note) => changedElsewhere(note, view);
    const problem = error instanceof ApiProblem ? error : null;
    const away = !problem || problem.code === "network" || problem.status >= 500 || problem.status === 429;
    return (note) => notSaved(note, away ? "offline" : "refused", problem?.code ?? "unknown");
  }

  /** @param {Note} note */
  #become(note) {
    this.#note = note;
    if (!this.#visit) return;
    this.#store(this.#drawer, this.#visit, note);
    this.#options.tell(this.#visit, note);
  }

  /** @param {number} ms */
  #schedule(ms) {
    this.#options.never(this.#timer);
    if (this.#note && !isSaved(this.#note)) this.#timer = this.#options.later(() => void this.saveNow(), ms);
  }

  /** @param {import("../shared/kept_words.js").Drawer | undefined} drawer @param {string} visit @param {Note} note */
  #store(drawer, visit, note) {
    const kept = toKeep(note);
    try {
      if (kept) drawer?.setItem(keyOf(visit), JSON.stringify(kept));
      else drawer?.removeItem(keyOf(visit));
    } catch {
      // a device without room: the server is asked all the same
    }
  }

  /** @param {string} visit */
  #kept(visit) {
    try {
      return readKept(JSON.parse(this.#drawer?.getItem(keyOf(visit)) ?? "null"));
    } catch {
      return null;
    }
  }
}

/** @param {string} visit */
function keyOf(visit) {
  return `peitong.note.${visit}`;
}

/** @param {unknown} error @returns {NoteView | null} */
function changedNote(error) {
  return error instanceof ApiProblem && error.code === "note_changed" ? (error.body?.note ?? null) : null;
}
