/**
 * Hands in what the family chose, one after the other, and takes it back: the effects; what follows is told as events. What a page
 * before this one did not finish goes on where the server has it, once the same file is chosen again: a page has no right to a file
 * after a reload.
 */

import { ApiProblem } from "../shared/api.js";
import { newKey } from "../shared/once.js";
import { takeBack, upload } from "../shared/upload.js";
import { isSame } from "./unfinished.js";

/** @typedef {import("./documents_state.js").DocumentEvent} DocumentEvent */
/** @typedef {import("./unfinished.js").Chosen} Chosen */
/** @typedef {import("../shared/upload.js").Line} Line */

export class Documents {
  /** @type {Map<string, AbortController>} */
  #running = new Map();
  /** @type {Promise<void>} */
  #turn = Promise.resolve();

  /**
   * @param {{line: Line, visit: string, api: Pick<import("../shared/api.js").Api, "documents">, dispatch: (event: DocumentEvent) => void,
   *          unfinished: import("./unfinished.js").Unfinished, newId?: () => string}} parts
   */
  constructor({ line, visit, api, dispatch, unfinished, newId = newKey }) {
    this.#line = line;
    this.#visit = visit;
    this.#api = api;
    this.#dispatch = dispatch;
    this.#unfinished = unfinished;
    this.#newId = newId;
  }
  #line;
  #visit;
  #api;
  #dispatch;
  #unfinished;
  #newId;

  /** What is there already, and what an earlier page on this device did not finish. */
  async open() {
    const there = await this.#api.documents(this.#visit).then(({ documents }) => documents, () => null);
    if (there) this.#dispatch({ type: "documents_listed", documents: there.filter(({ state }) => state === "kept") });
    for (const chosen of this.#unfinished.list()) {
      if (this.#running.has(chosen.key)) continue;
      const begun = there?.find(({ url }) => url === chosen.url);
      if (begun?.state === "kept") this.#unfinished.forget(chosen.key);
      else this.#dispatch({ type: "document_stopped", ...chosen, sent: begun?.received ?? 0 });
    }
  }

  /** @param {readonly File[]} files @param {"examination" | "delegation"} [purpose] */
  add(files, purpose = "examination") {
    for (const file of files) {
      const chosen = this.#stopped(file, purpose) ?? this.#fresh(file, purpose);
      const stop = new AbortController();
      this.#running.set(chosen.key, stop);
      this.#dispatch({ type: "document_chosen", key: chosen.key, name: file.name, size: file.size, purpose });
      this.#turn = this.#turn.then(() => this.#send(chosen, file, stop.signal));
    }
  }

  /** What of an earlier page goes on with this file. @param {File} file @param {Chosen["purpose"]} purpose */
  #stopped(file, purpose) {
    return this.#unfinished.list().find((chosen) => !this.#running.has(chosen.key) && isSame(chosen, file, purpose));
  }

  /** @param {File} file @param {Chosen["purpose"]} purpose @returns {Chosen} */
  #fresh({ name, size, lastModified }, purpose) {
    const chosen = { key: this.#newId(), name, size, lastModified, purpose, url: null };
    this.#unfinished.put(chosen);
    return chosen;
  }

  /** @param {Chosen} chosen @param {File} file @param {AbortSignal} signal */
  async #send(chosen, file, signal) {
    const { key } = chosen;
    if (signal.aborted) return;
    const told = {
      begun: (/** @type {string} */ url) => {
        if (signal.aborted) return; // it was taken back meanwhile
        this.#unfinished.put({ ...chosen, url });
        this.#dispatch({ type: "document_begun", key, url });
      },
      sent: (/** @type {number} */ sent) => this.#dispatch({ type: "document_sent", key, sent }),
      lost: () => this.#dispatch({ type: "document_lost", key }),
    };
    try {
      await upload(this.#line, this.#visit, file, chosen, told, signal);
      this.#unfinished.forget(key);
      this.#dispatch({ type: "document_kept", key });
    } catch (error) {
      if (!signal.aborted) this.#refused(key, error);
    } finally {
      this.#running.delete(key);
    }
  }

  /** @param {string} key @param {string | null} url */
  async remove(key, url) {
    this.#dispatch({ type: "document_leaving", key });
    this.#running.get(key)?.abort();
    try {
      if (url) await takeBack(this.#line, url);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== "not_found") return this.#refused(key, error);
    }
    this.#unfinished.forget(key);
    this.#dispatch({ type: "document_gone", key });
  }

  /** @param {string} key @param {unknown} error */
  #refused(key, error) {
    const { code, detail } = error instanceof ApiProblem ? error : { code: "unknown", detail: "" };
    if (code !== "network") this.#unfinished.forget(key);
    this.#dispatch({ type: "document_refused", key, code, why: detail });
  }
}
