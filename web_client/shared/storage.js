/** The browser's own storage, which private windows and in-app browsers may bar by throwing; nothing here depends on it. */

/** @param {() => Storage} open @returns {Storage | undefined} */
export function storageOf(open) {
  try {
    return open();
  } catch {
    return undefined;
  }
}
