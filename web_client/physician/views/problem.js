/** Why an intent was not carried out, where its button is. */

import { hasText } from "../../shared/i18n/i18n.js";
import { h, icon } from "../../shared/ui/dom.js";

/**
 * @param {import("../types.js").Visit} visit
 * @param {import("../types.js").Act} act
 * @param {import("../../shared/i18n/i18n.js").Translate} t
 */
export function problemNotice(visit, act, t) {
  const problem = visit.problems[act];
  return (
    problem &&
    h(
      "p",
      { class: "notice notice-danger small", role: "alert", key: `problem-${act}` },
      icon("warn"),
      h("span", null, problemText(problem, t)),
    )
  );
}

/**
 * The server's own sentence where it sent one; ours for what happens before it answers.
 *
 * @param {import("../types.js").Problem} problem @param {import("../../shared/i18n/i18n.js").Translate} t
 */
export function problemText({ code, text }, t) {
  const own = `physician.problem.${code}`;
  if (hasText(own)) return t(own);
  return text || t("physician.problem.unknown");
}
