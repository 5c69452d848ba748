/** What the letter pages say. Keys start with `letter.`. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({});
