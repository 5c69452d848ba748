/** How a family is reached: what may be an e-mail address. Pure. */

/** Plain ASCII ones, as the server takes them. */
const MAILBOX = /^[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z0-9-]{1,63}$/;
/** In characters (RFC 5321, 4.5.3.1.3). */
export const LONGEST_EMAIL = 254;

/** @param {string} typed */
export function isEmail(typed) {
  return typed.length <= LONGEST_EMAIL && MAILBOX.test(typed);
}
