/** Days and times as the hospital's clock shows them, wherever the phone is. Pure. */

import { LOCALES } from "../shared/i18n/i18n.js";

/** @typedef {import("../shared/i18n/i18n.js").Language} Language */

/** The pilot's hospitals keep China's time. */
const ZONE = "Asia/Shanghai";

/** The hospital's day, ISO text. @param {string | number} at RFC 3339, or milliseconds since 1970 */
export function dayOf(at) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format(new Date(at));
}

/** "09:30". @param {Language} language @param {string} at */
export function timeOf(language, at) {
  return shown(language, at, { hour: "2-digit", minute: "2-digit", hour12: false });
}

/** "11月23日 星期一". @param {Language} language @param {string} at */
export function wholeDay(language, at) {
  const day = shown(language, at, { month: "long", day: "numeric" });
  const weekday = shown(language, at, { weekday: "long" });
  return language === "zh" ? `${day} ${weekday}` : `${weekday} ${day}`;
}

/** "11月23日 星期一 09:30". @param {Language} language @param {string} at */
export function dayTime(language, at) {
  return `${wholeDay(language, at)} ${timeOf(language, at)}`;
}

/** "周一", "11/23", of an ISO day. @param {Language} language @param {string} day */
export function shortDay(language, day) {
  const noon = `${day}T12:00:00+08:00`;
  return { weekday: shown(language, noon, { weekday: "short" }), date: shown(language, noon, language === "zh" ? { month: "numeric", day: "numeric" } : { month: "short", day: "numeric" }) };
}

/** Before noon at the hospital. @param {string} at */
export function isMorning(at) {
  return Number(shown("en", at, { hour: "2-digit", hour12: false })) < 12;
}

/** @param {Language} language @param {string} at @param {Intl.DateTimeFormatOptions} options */
function shown(language, at, options) {
  return new Intl.DateTimeFormat(LOCALES[language], { ...options, timeZone: ZONE }).format(new Date(at));
}
