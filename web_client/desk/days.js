/** The hospital's days and times: the pilot's hospitals keep China's, wherever the page is opened. Pure. */

import { LOCALES } from "../shared/i18n/i18n.js";

/** @typedef {import("../shared/i18n/i18n.js").Language} Language */

const CHINA = "Asia/Shanghai";
const DAY_MS = 86_400_000;

/** The day of a moment. @param {string} rfc3339 @returns {string} "2026-11-22" */
export function dayOf(rfc3339) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: CHINA }).format(new Date(rfc3339));
}

/** @param {string} day @param {number} days  may be negative @returns {string} */
export function later(day, days) {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** "09:30". @param {Language} language @param {string} rfc3339 */
export function timeText(language, rfc3339) {
  return new Intl.DateTimeFormat(LOCALES[language], { timeZone: CHINA, hour: "2-digit", minute: "2-digit", hour12: false }).format(new Date(rfc3339));
}

/** "11月22日星期日". @param {Language} language @param {string} day */
export function dayText(language, day) {
  const shown = { timeZone: "UTC", month: "long", day: "numeric", weekday: "long" };
  return new Intl.DateTimeFormat(LOCALES[language], /** @type {Intl.DateTimeFormatOptions} */ (shown)).format(new Date(day));
}

/** @param {Language} language @param {string} rfc3339 */
export function momentText(language, rfc3339) {
  return `${dayText(language, dayOf(rfc3339))} ${timeText(language, rfc3339)}`;
}

/** Whole years on that day. @param {string} born @param {string} day */
export function yearsOn(born, day) {
  const [year, rest] = [Number(born.slice(0, 4)), born.slice(5)];
  return Number(day.slice(0, 4)) - year - (day.slice(5) < rest ? 1 : 0);
}
