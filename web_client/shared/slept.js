/** What a page takes for a sleep: the device's, or a freeze of the page. It knows nothing of the time between. */

/** A timer this late did not run. */
export const SLEPT_MS = 3_000;
/** Looks that are a second apart, and once lie further apart than this, have a sleep between them. */
export const MISSED_LOOKS_MS = 2_500;
