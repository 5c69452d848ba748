/**
 * A visit: a bar on top (whose visit, what the state is), the stage with the picture, and the rail where everything is done.
 * When the session has ended, or the page is not the seat's voice any more, a plain page says so instead.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../types.js").State} State
 * @typedef {import("../view.js").Context} Context
 */

import { clockTime, LANGUAGE_NAMES } from "../../shared/i18n/i18n.js";
import { h, icon } from "../../shared/ui/dom.js";
import { outcomeOf, stateSentence } from "../words.js";
import { ageText } from "./age.js";
import { outcome } from "./outcome.js";
import { rail } from "./rail.js";
import { stage } from "./stage.js";

/** @param {Visit} visit @param {State} state @param {Context} context */
export function visitScreen(visit, state, context) {
  const over = visit.link === "superseded" || visit.link === "refused" || outcomeOf(visit) !== null;
  return h(
    "div",
    { class: `visit${over ? " visit-over" : ""}`, key: "visit" },
    h("a", { class: "skip-link", href: "#rail" }, context.t("physician.skip")),
    bar(visit, context),
    over ? outcome(visit, context) : [stage(visit, state.nowMs, context), rail(visit, state.nowMs, context)],
  );
}

/** @param {Visit} visit @param {Context} context */
function bar(visit, context) {
  const { t, language, emit } = context;
  const other = language === "zh" ? "en" : "zh";
  return h(
    "header",
    { class: "visit-bar", key: "bar" },
    h(
      "button",
      {
        class: "button button-quiet visit-back",
        type: "button",
        "aria-label": t("physician.back"),
        onclick: () => emit({ type: "back" }),
      },
      icon("arrow"),
      h("span", { class: "visit-back-word" }, t("physician.back")),
    ),
    who(visit, context),
    h(
      "h1",
      { class: `visit-state-line visit-state-${tone(visit)}`, role: "status", tabindex: "-1" },
      icon(toneIcon(visit)),
      h("span", null, t(`physician.${stateSentence(visit).key}`)),
    ),
    recording(visit, t),
    h(
      "button",
      {
        class: "button button-quiet visit-language",
        type: "button",
        lang: other,
        onclick: () => emit({ type: "language", language: other }),
      },
      LANGUAGE_NAMES[other],
    ),
  );
}

/** @param {Visit} visit @param {Context} context */
function who(visit, { t, language }) {
  const child = visit.view?.child ?? visit.entry?.child;
  if (!child) return h("p", { class: "visit-who", key: "who" });
  const starts = visit.view?.starts_at ?? visit.entry?.starts_at ?? "";
  const field = visit.view?.field ?? visit.entry?.field ?? "";
  const facts = [visit.entry && ageText(t, visit.entry.age_years), t(`field.${field}`), clockTime(language, starts)];
  return h(
    "p",
    { class: "visit-who", key: "who" },
    h("b", null, child),
    h("span", { class: "soft" }, facts.filter(Boolean).join(" · ")),
  );
}

/** @param {Visit} visit @returns {"calm" | "good" | "warn" | "danger"} */
function tone(visit) {
  if (visit.link === "superseded" || visit.link === "refused") return "warn";
  if (outcomeOf(visit)) return "calm";
  if (visit.link === "offline" || visit.link === "closing") return "danger";
  switch (visit.session?.state) {
    case "held":
      return "warn";
    case "live":
      return visit.media === "lost" || visit.media === "unavailable" ? "danger" : "good";
    default:
      return "calm";
  }
}

/** @param {Visit} visit */
function toneIcon(visit) {
  if (visit.session?.state === "held" && visit.link === "online") return "pause";
  return { calm: "info", good: "check", warn: "warn", danger: "offline" }[tone(visit)];
}

/** @param {Visit} visit @param {Context["t"]} t */
function recording(visit, t) {
  const over = outcomeOf(visit) !== null || visit.link === "superseded" || visit.link === "refused";
  const state = over ? "off" : (visit.session?.recording ?? "off");
  if (state === "off") return h("span", { class: "recording", key: "recording" });
  return h(
    "span",
    { class: `recording recording-${state}`, key: "recording" },
    h("i", { "aria-hidden": "true" }),
    t(`physician.recording.${state}`),
  );
}
