/** How a family is reached: what may be an e-mail address, what is a telephone number (as `server/telephone.py` reads it). Pure. */

const BETWEEN = /[\s\-().·\u2010-\u2015]/g;
const NUMBER = /^\+?[0-9]{5,15}$/;
const OWN = /^(?:\+[0-9]{7,15}|(?!1[0-9]{10}$)[0-9]{7,15}|1[3-9][0-9]{9})$/;

/** Without what people write between the digits. @param {string} typed */
export function plainPhone(typed) {
  return typed.replace(BETWEEN, "");
}

/** @param {string} typed */
export function isPhone(typed) {
  return NUMBER.test(plainPhone(typed));
}

/** Whether a family may be reached under it: no short number, and a mobile one of China's plan if it looks so. @param {string} typed */
export function isOwnPhone(typed) {
  return OWN.test(plainPhone(typed));
}

/** Plain ASCII ones, as the server takes them. */
const MAILBOX = /^[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z0-9-]{1,63}$/;
/** In characters (RFC 5321, 4.5.3.1.3). */
export const LONGEST_EMAIL = 254;

/** @param {string} typed */
export function isEmail(typed) {
  return typed.length <= LONGEST_EMAIL && MAILBOX.test(typed);
}
