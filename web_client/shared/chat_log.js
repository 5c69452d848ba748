/** The written conversation as a value: what arrived, and what this page has sent but not yet heard back. Pure. */

/** @typedef {{id: string, role: string, text: string, at: string}} Chat */
/** @typedef {Chat & {clientId?: string, pending?: boolean, failed?: boolean}} ChatEntry */

/** A snapshot replaces everything but what is still on its way. @param {readonly ChatEntry[]} log @param {readonly Chat[]} snapshot */
export function chatSnapshot(log, snapshot) {
  const known = new Set(snapshot.map((entry) => entry.id));
  return [...snapshot, ...log.filter((entry) => (entry.pending || entry.failed) && !known.has(entry.id))];
}

/** @param {readonly ChatEntry[]} log @param {Chat} message @returns {readonly ChatEntry[]} */
export function chatArrived(log, message) {
  if (log.some((entry) => entry.id === message.id)) return log;
  const echo = log.find((entry) => entry.pending && entry.role === message.role && entry.text === message.text);
  return [...log.filter((entry) => entry !== echo), message];
}

/** @param {readonly ChatEntry[]} log @param {{clientId: string, role: string, text: string, at: string}} sent @returns {readonly ChatEntry[]} */
export function chatSent(log, { clientId, role, text, at }) {
  return [...log.filter((entry) => entry.clientId !== clientId), { id: `own-${clientId}`, clientId, role, text, at, pending: true }];
}

/** The server took it under `id`. @param {readonly ChatEntry[]} log @param {string} clientId @param {string} id @returns {readonly ChatEntry[]} */
export function chatAccepted(log, clientId, id) {
  if (log.some((entry) => entry.id === id)) return log.filter((entry) => entry.clientId !== clientId);
  return log.map((entry) => (entry.clientId === clientId ? { id, role: entry.role, text: entry.text, at: entry.at } : entry));
}

/** @param {readonly ChatEntry[]} log @param {string} clientId @returns {readonly ChatEntry[]} */
export function chatFailed(log, clientId) {
  return log.map((entry) => (entry.clientId === clientId ? { ...entry, pending: false, failed: true } : entry));
}
