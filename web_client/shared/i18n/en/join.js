/** What the join page says. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({});
