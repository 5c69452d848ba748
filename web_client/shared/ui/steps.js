/** How far a referral has come, as a list of sentences with their times; the one reached last is marked by a word, not by colour alone. */

import { dayAndTime } from "../i18n/i18n.js";
import { stepsOf } from "../receipts.js";
import { h, icon } from "./dom.js";

/**
 * @param {{t: import("../i18n/i18n.js").Translate, language: import("../i18n/i18n.js").Language,
 *          referral: {issued_at: string, receipt: string, receipts?: import("../receipts.js").Receipt[]}}} options
 */
export function stepsList({ t, language, referral }) {
  return h(
    "ol",
    { class: "steps" },
    stepsOf(referral).map(({ state, at, appointmentAt, done, current }) =>
      h(
        "li",
        { key: state, class: done ? "steps-done" : "steps-open", "aria-current": current ? "step" : null },
        icon(done ? "check" : "clock"),
        h(
          "span",
          null,
          t(`letter.receipt.${state}`),
          appointmentAt && h("strong", { class: "steps-line" }, t("receipt.appointment", { time: dayAndTime(language, appointmentAt) })),
          at && h("time", { class: "soft small steps-line", datetime: at }, dayAndTime(language, at)),
          !done && h("span", { class: "soft small steps-line" }, t("receipt.notYet")),
        ),
      ),
    ),
  );
}
