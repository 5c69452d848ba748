/** Hands in what the family chose, one after the other, and takes it back: the effects; what follows is told as events. */

import { ApiProblem } from "../shared/api.js";
import { takeBack, upload } from "../shared/upload.js";

/** @typedef {import("./documents_state.js").DocumentEvent} DocumentEvent */
/** @typedef {import("../shared/upload.js").Line} Line */

export class Documents {
  /** @type {Map<string, AbortController>} */
  #running = new Map();
  /** @type {Promise<void>} */
  #turn = Promise.resolve();
  #made = 0;

  /**
   * @param {{line: Line, visit: string, api: Pick<import("../shared/api.js").Api, "documents">, dispatch: (event: DocumentEvent) => void}} parts
   */
  constructor({ line, visit, api, dispatch }) {
    this.#line = line;
    this.#visit = visit;
    this.#api = api;
    this.#dispatch = dispatch;
  }
  #line;
  #visit;
  #api;
  #dispatch;

  /** What is there already. An upload that a page before this one left half done cannot go on without its file: it is given up. */
  async open() {
    const { documents } = await this.#api.documents(this.#visit).catch(() => ({ documents: [] }));
    this.#dispatch({ type: "documents_listed", documents: documents.filter(({ state }) => state === "kept") });
    if (this.#running.size > 0) return;
    for (const { state, url } of documents) if (state === "uploading") await takeBack(this.#line, url).catch(() => undefined);
  }

  /** @param {readonly File[]} files @param {"examination" | "delegation"} [purpose] */
  add(files, purpose = "examination") {
    for (const file of files) {
      const key = `chosen-${(this.#made += 1)}`;
      const stop = new AbortController();
      this.#running.set(key, stop);
      this.#dispatch({ type: "document_chosen", key, name: file.name, size: file.size, purpose });
      this.#turn = this.#turn.then(() => this.#send(key, file, stop.signal, purpose));
    }
  }

  /** @param {string} key @param {File} file @param {AbortSignal} signal @param {"examination" | "delegation"} purpose */
  async #send(key, file, signal, purpose) {
    if (signal.aborted) return;
    const told = {
      begun: (/** @type {string} */ url) => this.#dispatch({ type: "document_begun", key, url }),
      sent: (/** @type {number} */ sent) => this.#dispatch({ type: "document_sent", key, sent }),
      lost: () => this.#dispatch({ type: "document_lost", key }),
    };
    try {
      await upload(this.#line, this.#visit, file, told, signal, purpose);
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
    this.#dispatch({ type: "document_gone", key });
  }

  /** @param {string} key @param {unknown} error */
  #refused(key, error) {
    const { code, detail } = error instanceof ApiProblem ? error : { code: "unknown", detail: "" };
    this.#dispatch({ type: "document_refused", key, code, why: detail });
  }
}
