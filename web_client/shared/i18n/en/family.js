/** What the family page says. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({});
