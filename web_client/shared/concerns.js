/**
 * Complaints and incidents as a page has them. Pure. One is filed by one tap; until the server has given it a number it stands in
 * `queue`, and so does every word that is added.
 *
 * @typedef {import("./api.js").Concern} Concern
 * @typedef {{clientId: string, concern: string | null, fact: "filed" | "added" | "withdrawn", category: string, text: string}} Sending
 *   `concern`: null for a new one
 * @typedef {{list: readonly Concern[], queue: readonly Sending[], refused: string | null, away: boolean}} Concerns
 * @typedef {{type: "listed", list: readonly Concern[]} | {type: "queued", sending: Sending} | {type: "sent", clientId: string, concern: Concern}
 *   | {type: "refused", clientId: string, code: string} | {type: "away"}} ConcernEvent
 */

/** What an incident may be about (server/concerns/concern.py). */
export const CATEGORIES = Object.freeze(["clinical", "identity", "privacy", "safeguarding", "technical", "other"]);

/** @type {Concerns} */
export const NONE = Object.freeze({ list: [], queue: [], refused: null, away: false });

/** @param {Concerns} before @param {ConcernEvent} event @returns {Concerns} */
export function concerns(before, event) {
  switch (event.type) {
    case "listed":
      return { ...before, list: event.list };
    case "queued":
      return { ...before, queue: [...before.queue, event.sending], refused: null };
    case "sent":
      return { ...before, list: withOne(before.list, event.concern), queue: without(before.queue, event.clientId), away: false, refused: null };
    case "refused":
      return { ...before, queue: without(before.queue, event.clientId), away: false, refused: event.code };
    case "away":
      return { ...before, away: true };
  }
}

/** The one that more can be said about: the last that was not taken back. @param {Concerns} of @returns {Concern | null} */
export function current({ list }) {
  return list.filter(({ state }) => state !== "withdrawn").at(-1) ?? null;
}

/** Whether a tap files a new one: none is open, and none is on its way. @param {Concerns} of */
export function filesAnew({ list, queue }) {
  return !queue.some(({ fact }) => fact === "filed") && !list.some(({ state }) => state === "open");
}

/** @param {readonly Concern[]} list @param {Concern} concern */
function withOne(list, concern) {
  const known = list.some(({ id }) => id === concern.id);
  return known ? list.map((one) => (one.id === concern.id ? concern : one)) : [...list, concern];
}

/** @param {readonly Sending[]} queue @param {string} clientId */
function without(queue, clientId) {
  return queue.filter((sending) => sending.clientId !== clientId);
}
