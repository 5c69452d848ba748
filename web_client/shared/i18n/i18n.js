/**
 * The two languages. Every sentence a page shows comes from a catalogue by its key; both catalogues have the same keys (a test holds
 * them to it). Chinese is the default, and the choice is remembered on the device.
 */

import en from "./en.js";
import zh from "./zh.js";

/** @typedef {"zh" | "en"} Language */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Translate */

/** @type {Readonly<Record<Language, Readonly<Record<string, string>>>>} */
const CATALOGUES = Object.freeze({ zh, en });

/** @type {readonly Language[]} */
export const LANGUAGES = Object.freeze(["zh", "en"]);

/** What each language calls itself. @type {Readonly<Record<Language, string>>} */
export const LANGUAGE_NAMES = Object.freeze({ zh: "中文", en: "English" });

/** For `lang` attributes and Intl. @type {Readonly<Record<Language, string>>} */
export const LOCALES = Object.freeze({ zh: "zh-CN", en: "en-GB" });

const STORED = "peitong.language";

/**
 * `translator("en")("held.back_in", {time: "1:20"})`. An unknown key shows itself, which the tests forbid.
 * @param {Language} language
 * @returns {Translate}
 */
export function translator(language) {
  const catalogue = CATALOGUES[language];
  return (key, values = {}) => (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** Whether a sentence exists, for codes that come from a server that may be newer. @param {string} key */
export function hasText(key) {
  return key in zh;
}

/** The remembered language, or null when none was ever chosen. @param {Storage | undefined} storage @returns {Language | null} */
export function rememberedLanguage(storage) {
  const stored = attempt(() => storage?.getItem(STORED));
  return stored === "zh" || stored === "en" ? stored : null;
}

/** @param {Storage | undefined} storage @param {Language} language */
export function rememberLanguage(storage, language) {
  attempt(() => storage?.setItem(STORED, language));
}

/** Storage may be barred in private or in-app browsers; nothing depends on it. @template T @param {() => T} work @returns {T | undefined} */
function attempt(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** "14:05". @param {Language} language @param {string} rfc3339 */
export function clockTime(language, rfc3339) {
  return new Intl.DateTimeFormat(LOCALES[language], { hour: "2-digit", minute: "2-digit", hour12: false }).format(new Date(rfc3339));
}

/** "14:05:09". @param {Language} language @param {string} rfc3339 */
export function clockTimeToTheSecond(language, rfc3339) {
  return new Intl.DateTimeFormat(LOCALES[language], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }).format(
    new Date(rfc3339),
  );
}

/** "3月5日 星期四 14:05". @param {Language} language @param {string} rfc3339 */
export function dayAndTime(language, rfc3339) {
  const shown = { month: "long", day: "numeric", weekday: "long", hour: "2-digit", minute: "2-digit", hour12: false };
  return new Intl.DateTimeFormat(LOCALES[language], /** @type {Intl.DateTimeFormatOptions} */ (shown)).format(new Date(rfc3339));
}

/** "1:05" of a duration, never below zero. @param {number} ms */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** "12:03", "1:02:03": how long something has lasted, in whole seconds. @param {number} ms */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
