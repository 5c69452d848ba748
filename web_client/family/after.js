/** After the call, and beside it: the ended pages, one for each outcome; left, superseded, and what could not be opened. */

import { hasText } from "../shared/i18n/i18n.js";
import { h, icon } from "../shared/ui/dom.js";
import { stepsList } from "../shared/ui/steps.js";
import { safetyNet, wordsForFamily } from "./aftercare.js";
import { complaintLine } from "./complaint_sheet.js";
import { button, callHospital, facts, page, title } from "./frame.js";
import { outcomeOf } from "./state.js";

/** @typedef {import("./frame.js").Scene} Scene */

/** @param {Scene} scene */
export function ended(scene) {
  const outcome = outcomeOf(scene.state) ?? "cancelled";
  if (outcome === "referred") return referred(scene);
  if (outcome === "completed") return completed(scene);
  return endedOtherwise(scene, outcome);
}

/** @param {Scene} scene @param {string} outcome */
function endedOtherwise(scene, outcome) {
  const { state, t } = scene;
  const hospital = state.status?.visit.physician.hospital ?? "";
  if (!hasText(`family.ended.${outcome}.title`)) return endedOtherwise(scene, "cancelled");
  return page(
    scene,
    { key: `ended-${outcome}` },
    title(state, t(`family.ended.${outcome}.title`)),
    h("p", null, t(`family.ended.${outcome}.body`)),
    h(
      "div",
      { class: "card stack" },
      h("h2", null, t("family.ended.next_title")),
      h("p", { class: "with-icon" }, icon("phone"), h("span", null, t(`family.ended.${outcome}.next`, { hospital }))),
      callHospital(scene),
    ),
    wordsForFamily(scene),
    state.letter ? letterCard(scene, state.letter) : safetyNet(scene),
    h("div", { key: "foot" }, complaintLine(scene)),
  );
}

/** @param {Scene} scene */
function completed(scene) {
  const { state, t } = scene;
  return page(
    scene,
    { key: "ended-completed" },
    h("div", { class: "stack-tight" }, title(state, t("family.ended.completed.title")), h("p", null, t("family.ended.completed.body"))),
    wordsForFamily(scene) ?? arriving(scene, "family.ended.completed.waiting"),
    safetyNet(scene),
    h("div", { class: "stack-tight", key: "foot" }, complaintLine(scene), h("p", { class: "small soft" }, t("family.ended.close"))),
  );
}

/** @param {Scene} scene */
function referred(scene) {
  const { state, t } = scene;
  const { letter } = state;
  const urgency = letter?.urgency ?? state.session?.referral?.urgency ?? null;
  return page(
    scene,
    { key: "ended-referred" },
    h("div", { class: "stack-tight" }, title(state, t("family.ended.referred.title")), h("p", null, t("family.ended.referred.body"))),
    urgency === "emergency" && h("div", { class: "notice notice-danger", key: "emergency", role: "alert" }, icon("warn"), h("p", null, h("strong", null, t("family.ended.referred.emergency")))),
    letter ? letterCard(scene, letter) : arriving(scene, "family.ended.referred.waiting"),
    wordsForFamily(scene),
    h("div", { class: "stack-tight", key: "foot" }, complaintLine(scene), h("p", { class: "small soft" }, t("family.ended.close"))),
  );
}

/** @param {Scene} scene @param {import("../shared/api.js").Letter} letter */
function letterCard({ state, t }, letter) {
  const zh = state.language === "zh";
  const to = letter.destination;
  const place = zh ? to : { hospital: to.hospital_en || to.hospital, department: to.department_en || to.department };
  const told = letter.told_family.trim();
  const notExamined = letter.not_examined.trim();
  return [
    h(
      "section",
      { class: "card stack letter", key: "letter" },
      h("p", { class: `letter-urgency tag ${letter.urgency === "emergency" ? "tag-danger" : letter.urgency === "routine" ? "tag-accent" : "tag-warn"}` }, t("family.ended.referred.urgency", { urgency: t(`urgency.${letter.urgency}`) })),
      h("h2", null, zh ? letter.reason.text_zh : letter.reason.text_en),
      facts([
        [t("family.ended.referred.where"), `${place.hospital} ${place.department}`],
        [t("family.ended.referred.by_when"), letter.by_when],
        [t("family.ended.referred.number"), h("span", { class: "figures" }, letter.number)],
      ]),
      told !== "" && h("div", { key: "told" }, h("h3", null, t("family.ended.referred.told")), h("p", { class: "written", lang: "zh-CN" }, told)),
      notExamined !== "" && h("div", { key: "not" }, h("h3", null, t("family.ended.referred.not_examined")), h("p", { class: "written", lang: "zh-CN" }, notExamined)),
      h(
        "div",
        { class: "stack-tight" },
        h("a", { class: "button button-primary button-large button-block", href: letter.pdf }, icon("document"), t("family.ended.referred.pdf")),
        h("a", { class: "button button-block", href: letter.page }, t("family.ended.referred.page")),
      ),
    ),
    progress(state.language, t, letter),
    h(
      "section",
      { class: "stack-tight", key: "safety" },
      h("h2", null, t("family.ended.referred.safety")),
      h("ul", null, letter.safety_net.map((line) => h("li", { key: line.en }, zh ? line.zh : line.en))),
    ),
  ];
}

/** @param {import("../shared/i18n/i18n.js").Language} language @param {Scene["t"]} t @param {import("../shared/api.js").Letter} letter */
function progress(language, t, letter) {
  return h(
    "section",
    { class: "card stack", key: "progress", role: "status" },
    h("h2", null, t("letter.receipt")),
    stepsList({ t, language, referral: letter }),
    letter.receipt === "issued" && h("p", { class: "small soft", key: "show" }, t("family.ended.referred.show")),
  );
}

/** @param {Scene} scene @param {string} words */
function arriving({ state, t, emit }, words) {
  if (!state.recordsLate) return h("p", { class: "card working", key: "arriving", role: "status" }, t(words));
  return h("div", { class: "card stack", key: "late" }, h("p", null, t("family.ended.late")), button("primary", () => emit({ type: "retry_records" }), t("common.retry")));
}

/** @param {Scene} scene */
export function left(scene) {
  const { state, t, emit } = scene;
  return page(
    scene,
    { key: "left" },
    title(state, t("family.left.title")),
    h("p", null, t("family.left.body")),
    button("primary", () => emit({ type: "come_back" }), t("family.left.back"), { busy: state.busy && t("common.working") }),
  );
}

/** @param {Scene} scene */
export function superseded(scene) {
  const { state, t, emit } = scene;
  const other = state.status?.with_child ?? "";
  return page(
    scene,
    { key: "superseded" },
    title(state, t(other ? "family.superseded.other" : "family.superseded.title", { name: other })),
    h("p", null, t(other ? "family.superseded.other.body" : "family.superseded.body", { name: other })),
    button("primary", () => emit({ type: "reload" }), t("family.superseded.here")),
  );
}

/** @param {Scene} scene */
export function problem(scene) {
  const { state, t, emit } = scene;
  const code = state.problem?.code ?? "unknown";
  const notJoined = code === "not_signed_in" || code === "not_found";
  const known = t(`error.${code}`);
  const words = known === `error.${code}` ? state.problem?.text || t("error.unknown") : known;
  return page(
    scene,
    { key: "problem" },
    title(state, t(notJoined ? "family.problem.not_joined.title" : "family.problem.title")),
    h("p", null, words),
    notJoined && h("a", { key: "lost", class: "button button-primary button-large button-block", href: "/link/" }, t("join.lost")),
    button(notJoined ? "plain" : "primary", () => emit({ type: "reload" }), t("common.retry")),
    h("p", { class: "with-icon" }, icon("hospital"), h("span", null, t("family.ended.urgent"))),
  );
}

/** @param {Scene} scene */
export function loading(scene) {
  return page(scene, { key: "loading" }, h("p", { class: "working", role: "status" }, scene.t("common.loading")));
}
