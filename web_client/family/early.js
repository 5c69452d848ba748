/** Before the waiting room opens: how long still, what can be done meanwhile, and that the page goes in by itself. */

import { dayAndTime } from "../shared/i18n/i18n.js";
import { h, icon } from "../shared/ui/dom.js";
import { opensInMs, spans, startsInMs } from "./countdown.js";
import { delegationCard, documentsCard } from "./documents_card.js";
import { button, noticeOf, page, title } from "./frame.js";
import { prepareCard } from "./prepare.js";
import { licenceCard } from "./waiting.js";

/** @typedef {import("./frame.js").Scene} Scene */

/** @param {Scene} scene */
export function early(scene) {
  const { state, t, emit } = scene;
  const visit = state.status?.visit;
  if (!visit) return null;
  const { tested } = state.appointment;
  return page(
    scene,
    { key: "early" },
    h("div", { class: "stack-tight" }, title(state, t("family.early.title")), h("p", { class: "soft" }, t("family.early.lead"))),
    movedNotice(scene),
    clock(scene),
    noticeOf(scene),
    h(
      "section",
      { class: "card stack-tight", key: "test", "aria-label": t("family.early.test.title") },
      h("h2", null, t("family.early.test.title")),
      tested
        ? h("p", { class: "verdict verdict-good", key: "tested" }, icon("check"), t("family.early.test.done"))
        : h("p", { class: "soft", key: "untested" }, t("family.early.test.lead")),
      button(tested ? "plain" : "primary", () => emit({ type: "test_early" }), t(tested ? "family.early.test.again" : "family.early.test.do")),
    ),
    prepareCard(scene),
    delegationCard(scene),
    documentsCard(scene),
    licenceCard(scene),
    h(
      "div",
      { class: "stack-tight actions" },
      h("p", { class: "small soft" }, t("family.early.close")),
      button("quiet", () => emit({ type: "enter_early" }), t("family.early.enter")),
      h("a", { class: "button button-quiet button-block", href: `/change/?visit=${encodeURIComponent(visit.id)}`, key: "change" }, t("change.link")),
    ),
  );
}

/** The time changed while somebody looked. @param {Scene} scene */
export function movedNotice({ state, t }) {
  if (!state.appointment.moved) return null;
  const time = dayAndTime(state.language, state.status?.visit.starts_at ?? "");
  return h("div", { class: "notice notice-warn", role: "alert", key: "moved" }, icon("clock"), h("p", null, t("family.early.moved", { time })));
}

/** Read aloud by the minute, not by the second. @param {Scene} scene */
function clock({ state, t }) {
  const left = opensInMs(state);
  const shown = spans(left);
  const spoken = spans(Math.ceil(left / 60_000) * 60_000);
  return h(
    "section",
    { class: "card stack-tight countdown", key: "clock" },
    h("p", { class: "soft" }, t("family.waiting.when"), " ", h("strong", null, dayAndTime(state.language, state.status?.visit.starts_at ?? ""))),
    h("p", { class: "countdown-time figures", "aria-hidden": "true" }, t(`family.early.left.${shown.form}`, padded(shown))),
    h("p", { class: "visually-hidden", role: "timer", "aria-live": "off" }, t(`family.early.left.${spoken.form}`, padded(spoken))),
    h("p", { class: "small soft" }, t("family.early.opens", { minutes: Math.round((startsInMs(state) - left) / 60_000) })),
  );
}

/** @param {ReturnType<typeof spans>} shown */
function padded({ days, hours, minutes, seconds }) {
  return { days, hours, minutes, seconds: String(seconds).padStart(2, "0") };
}
