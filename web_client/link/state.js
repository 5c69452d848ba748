/** The page for a lost link: a telephone number, and one answer whatever the number. Pure. */

/** @typedef {import("../shared/i18n/i18n.js").Language} Language */
/** @typedef {"ask" | "sent" | "off" | "throttled"} Screen */
/**
 * @typedef {object} State
 * @property {Language} language
 * @property {Screen} screen
 * @property {string} phone  as it was typed
 * @property {boolean} busy
 * @property {readonly {name: string, name_en: string, phone: string}[]} hospitals  whom to call
 * @property {"number" | "network" | "other" | null} fault  why asking did not work
 */

/** @param {Language} language @returns {State} */
export function initialState(language) {
  return { language, screen: "ask", phone: "", busy: false, hospitals: [], fault: null };
}

/** @param {State} state @param {string} code an API problem's @returns {State} */
export function refused(state, code) {
  const asked = { ...state, busy: false };
  if (code === "recovery_off") return { ...asked, screen: "off" };
  if (code === "too_many_attempts") return { ...asked, screen: "throttled" };
  return { ...asked, fault: code === "invalid" ? "number" : code === "network" ? "network" : "other" };
}

/** Those that have a number. @param {readonly {name: string, name_en: string, phone?: string | null}[]} hospitals */
export function callable(hospitals) {
  return hospitals.flatMap(({ name, name_en, phone }) => (phone ? [{ name, name_en, phone }] : []));
}
