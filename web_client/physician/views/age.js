/** A child's age in words. */

/** @param {import("../../shared/i18n/i18n.js").Translate} t @param {number} years */
export function ageText(t, years) {
  return years < 1 ? t("physician.underOne") : t("physician.years", { years });
}
