/** What the ops pages say. Keys start with `ops.`. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({});
