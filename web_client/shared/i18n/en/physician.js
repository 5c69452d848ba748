/** What the physician pages say. Keys start with `physician.`. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({});
