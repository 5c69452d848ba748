/**
 * The pictures and papers that the family hands in, as its page knows them: pure. An item is `waiting` for its turn, `sending`,
 * `lost` while the connection is away, `checking` once all has arrived, then `kept`, or `refused` with why. One is `stopped` that an
 * earlier page left unfinished: it goes on when the same file is chosen again.
 */

/**
 * @typedef {object} Item
 * @property {string} key  of the upload, or the document's id
 * @property {string} name  the file's, or empty for what was handed in earlier; it never leaves the phone
 * @property {string | null} url
 * @property {"waiting" | "sending" | "lost" | "checking" | "kept" | "refused" | "stopped"} state
 * @property {number} sent  bytes
 * @property {number} size  bytes
 * @property {string | null} kind  its media type once it is kept
 * @property {string} why  a sentence of the server's, of what was refused
 * @property {string} code
 * @property {"examination" | "delegation"} purpose
 * @property {boolean} leaving  it is being taken back
 */

/**
 * @typedef {{type: "documents_listed", documents: readonly {id: string, url: string, bytes: number, kind: string | null, purpose?: "examination" | "delegation" | "still"}[]}
 *   | {type: "document_chosen", key: string, name: string, size: number, purpose?: "examination" | "delegation"} | {type: "document_begun", key: string, url: string}
 *   | {type: "document_stopped", key: string, name: string, size: number, purpose: "examination" | "delegation", url: string | null, sent: number}
 *   | {type: "document_sent", key: string, sent: number} | {type: "document_lost", key: string}
 *   | {type: "document_kept", key: string} | {type: "document_refused", key: string, code: string, why: string}
 *   | {type: "document_leaving", key: string} | {type: "document_gone", key: string}} DocumentEvent
 */

/** @param {readonly Item[]} items @param {DocumentEvent} event @returns {readonly Item[]} */
export function documents(items, event) {
  switch (event.type) {
    case "documents_listed": {
      const listed = event.documents.map(({ id, url, bytes, kind, purpose }) => ({ ...fresh(id, "", bytes, purpose === "delegation" ? purpose : "examination"), url, kind, state: /** @type {const} */ ("kept"), sent: bytes }));
      return [...listed.filter(({ url }) => !items.some((item) => item.url === url)), ...items];
    }
    case "document_stopped": {
      if (items.some(({ key }) => key === event.key)) return items;
      const { url, sent } = event;
      return [...items, { ...fresh(event.key, event.name, event.size, event.purpose), url, sent, state: "stopped" }];
    }
    case "document_chosen":
      if (items.some(({ key }) => key === event.key)) return changed(items, event.key, (item) => ({ ...item, state: "waiting", code: "", why: "" }));
      return [...items, fresh(event.key, event.name, event.size, event.purpose)];
    case "document_begun":
      return changed(items, event.key, (item) => ({ ...item, url: event.url, state: "sending" }));
    case "document_sent":
      return changed(items, event.key, (item) => ({ ...item, sent: event.sent, state: event.sent < item.size ? "sending" : "checking" }));
    case "document_lost":
      return changed(items, event.key, (item) => ({ ...item, state: "lost" }));
    case "document_kept":
      return changed(items, event.key, (item) => ({ ...item, state: "kept", sent: item.size }));
    case "document_refused":
      return changed(items, event.key, (item) => ({ ...item, state: item.state === "kept" ? "kept" : "refused", code: event.code, why: event.why, leaving: false }));
    case "document_leaving":
      return changed(items, event.key, (item) => ({ ...item, leaving: true, code: "", why: "" }));
    case "document_gone":
      return items.filter((item) => item.key !== event.key);
  }
}

/** How many are on their way. @param {readonly Item[]} items */
export function underWay(items) {
  return items.filter(({ state }) => !["kept", "refused", "stopped"].includes(state)).length;
}

/** @param {string} key @param {string} name @param {number} size @param {Item["purpose"]} [purpose] @returns {Item} */
function fresh(key, name, size, purpose = "examination") {
  return { key, name, url: null, state: "waiting", sent: 0, size, kind: null, why: "", code: "", leaving: false, purpose };
}

/** @param {readonly Item[]} items @param {string} key @param {(item: Item) => Item} change */
function changed(items, key, change) {
  return items.map((item) => (item.key === key ? change(item) : item));
}
