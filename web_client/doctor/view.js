/** Draws the doctor's page: what is tried, how each way fared, and what to change. */

import { LOCALES, translator } from "../shared/i18n/i18n.js";
import { h, icon, render } from "../shared/ui/dom.js";
import { languageButtons } from "../shared/ui/masthead.js";
import { adviceOf, figuresText, headlineOf, overallOf, progressOf, workingKinds } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Way} Way */
/** @typedef {import("../shared/i18n/i18n.js").Translate} Translate */
/** @typedef {{type: "start"} | {type: "camera"} | {type: "copy"} | {type: "send"} | {type: "choose_language", language: import("../shared/i18n/i18n.js").Language}} Intent */
/** @typedef {(intent: Intent) => void} Emit */

const LOOKS = Object.freeze({ good: ["check", "good"], partial: ["warn", "warn"], none: ["close", "danger"] });
const WAY_LOOKS = Object.freeze({ good: ["check", "good"], poor: ["warn", "warn"], failed: ["close", "danger"], waiting: ["clock", "soft"] });
/** What fails and need not be mended is not shown as a fault. */
const NO_MATTER = new Set(["doctor.advice.other_address", "doctor.advice.ipv6", "doctor.advice.inside"]);
/** @type {Readonly<Record<string, string>>} */
const REFUSED_ICONS = Object.freeze({ expired: "clock", spent: "clock", busy: "pause", throttled: "pause", network: "offline", media: "warn" });
const RETRY = new Set(["busy", "network", "media", "throttled"]);

/** @param {HTMLElement} root @param {State} state @param {Emit} emit */
export function show(root, state, emit) {
  const t = translator(state.language);
  document.documentElement.lang = LOCALES[state.language];
  document.title = `${t("doctor.title")} · ${t("brand")}`;
  render(root, h("div", { class: "doctor" }, header(state, t, emit), h("main", { class: "doctor-main", id: "main", key: state.screen }, content(state, t, emit))));
}

/** @param {State} state @param {Translate} t @param {Emit} emit */
function header(state, t, emit) {
  return h(
    "header",
    { class: "masthead" },
    h("a", { class: "skip-link", href: "#main" }, t("language.skip")),
    h("span", { class: "brand" }, icon("brand"), t("brand"), h("span", { class: "soft doctor-where" }, t("doctor.where"))),
    languageButtons({ state, emit }),
  );
}

/** @param {State} state @param {Translate} t @param {Emit} emit */
function content(state, t, emit) {
  switch (state.screen) {
    case "ready":
      return ready(state, t, emit);
    case "running":
      return running(state, t);
    case "done":
      return done(state, t, emit);
    default:
      return refused(state, t, emit);
  }
}

/** @param {State} state @param {Translate} t @param {Emit} emit */
function ready(state, t, emit) {
  return h(
    "div",
    { class: "doctor-narrow stack-wide" },
    h("div", { class: "stack-tight" }, h("h1", null, t("doctor.title")), h("p", null, t("doctor.lead"))),
    h(
      "section",
      { class: "card stack" },
      [["clock", "minute"], ["shield", "private"], ["document", "sent"]].map(([name, fact]) =>
        h("p", { class: "doctor-fact", key: fact }, icon(name), h("span", null, t(`doctor.fact.${fact}`))),
      ),
    ),
    !state.secure && notice("danger", "warn", t("doctor.secure.no")),
    !state.supported && notice("danger", "warn", t("doctor.unsupported")),
    h("button", { type: "button", class: "button button-primary button-large button-block", disabled: !state.supported, onclick: () => emit({ type: "start" }) }, t("doctor.start")),
  );
}

/** @param {State} state @param {Translate} t */
function running(state, t) {
  const { done, of } = progressOf(state);
  const said = of ? t("doctor.running.of", { n: Math.min(done + 1, of), of }) : t("doctor.running.begin");
  return h(
    "div",
    { class: "doctor-grid" },
    h(
      "section",
      { class: "stack", key: "lead" },
      h("h1", null, t("doctor.running.title")),
      h("p", { class: "working", role: "status" }, said),
      h("progress", { class: "doctor-progress", max: of || 1, value: done, "aria-label": t("doctor.running.title") }),
      h("p", { class: "soft small" }, t("doctor.running.stay")),
      basics(state, t, null),
    ),
    ways(state, t),
  );
}

/** @param {State} state @param {Translate} t @param {Emit} emit */
function done(state, t, emit) {
  const overall = overallOf(state);
  const [name, look] = LOOKS[overall];
  const kinds = workingKinds(state).map((kind) => t(`doctor.kind.${kind}`));
  const through = kinds.length ? t("doctor.through", { ways: kinds.join(t("doctor.and")) }) : t("doctor.through_none");
  return h(
    "div",
    { class: "doctor-grid" },
    h(
      "section",
      { class: "stack", key: "lead" },
      h(
        "div",
        { class: `doctor-verdict notice-${look}`, role: "status" },
        h("span", { class: "doctor-sign" }, icon(name)),
        h("div", { class: "stack-tight" }, h("h1", null, t(`doctor.overall.${headlineOf(state)}`)), h("p", null, through), h("p", null, t(`doctor.next.${headlineOf(state)}`))),
      ),
      basics(state, t, emit),
      h(
        "div",
        { class: "doctor-actions" },
        h("button", { type: "button", class: "button button-primary", onclick: () => emit({ type: "copy" }) }, icon(state.copied ? "check" : "document"), t(state.copied ? "doctor.copied" : "doctor.copy")),
        h("button", { type: "button", class: "button", onclick: () => emit({ type: "start" }) }, t("doctor.again")),
      ),
      kept(state, t, emit),
    ),
    ways(state, t),
  );
}

/** @param {State} state @param {Translate} t @param {Emit} emit */
function kept(state, t, emit) {
  if (state.kept === "failed") {
    const again = h("button", { type: "button", class: "button button-quiet", onclick: () => emit({ type: "send" }) }, t("common.retry"));
    return h("p", { class: "row small", role: "status", key: "kept" }, t("doctor.kept.failed"), again);
  }
  return h("p", { class: "soft small", role: "status", key: "kept" }, t(state.kept === "kept" ? "doctor.kept.kept" : "doctor.kept.sending"));
}

/** The page's own needs; the camera is asked for only by its button. @param {State} state @param {Translate} t @param {Emit | null} emit */
function basics(state, t, emit) {
  const camera = state.camera === "ok" ? "good" : state.camera === "untested" || state.camera === "asking" ? "waiting" : "failed";
  return h(
    "ul",
    { class: "doctor-list card", key: "basics", "aria-label": t("doctor.basics") },
    basic(t("doctor.secure.title"), state.secure ? "good" : "failed", t(state.secure ? "doctor.secure.yes" : "doctor.secure.no")),
    basic(
      t("doctor.socket.title"),
      state.socket === "ok" ? "good" : state.socket,
      state.socket === "ok" ? t("doctor.socket.ok", { ms: state.socketMs ?? 0 }) : t(`doctor.socket.${state.socket}`),
    ),
    emit &&
      basic(
        t("doctor.camera.title"),
        camera,
        t(`doctor.camera.${state.camera}`),
        camera !== "good" &&
          h("button", { type: "button", class: "button", disabled: state.camera === "asking", onclick: () => emit({ type: "camera" }) }, icon("camera"), t("doctor.camera.ask")),
      ),
  );
}

/** @param {string} title @param {"good" | "failed" | "waiting"} found @param {string} said @param {import("../shared/ui/dom.js").Child} [action] */
function basic(title, found, said, action) {
  const [name, look] = WAY_LOOKS[found];
  return h("li", { class: "doctor-item", key: title }, mark(name, look), h("div", { class: "doctor-words" }, h("strong", null, title), h("p", { class: "small" }, said), action));
}

/** @param {State} state @param {Translate} t */
function ways(state, t) {
  const list = state.ways.length
    ? h("ol", { class: "doctor-list card", "aria-labelledby": "ways" }, state.ways.map((way) => one(state, way, t)))
    : h("p", { class: "card soft" }, t("doctor.running.begin"));
  return h("section", { class: "stack", key: "ways" }, h("h2", { id: "ways" }, t("doctor.ways")), list);
}

/** @param {State} state @param {Way} way @param {Translate} t */
function one(state, way, t) {
  const busy = way.state === "trying" || way.state === "measuring";
  const advice = adviceOf(state, way);
  const [name, look] = way.state === "trying" || way.state === "measuring" ? ["play", "accent"] : NO_MATTER.has(advice) ? ["info", "soft"] : WAY_LOOKS[way.state];
  const figures = figuresText(way, t);
  return h(
    "li",
    { class: "doctor-item", key: way.id, "aria-busy": busy ? "true" : null, "data-kind": way.kind, "data-state": way.state },
    mark(name, look),
    h(
      "div",
      { class: "doctor-words" },
      h("p", { class: "doctor-name" }, h("strong", null, t(`doctor.kind.${way.kind}`)), h("span", { class: `doctor-state doctor-${look}` }, t(`doctor.state.${way.state}`))),
      h("p", { class: "soft small doctor-host" }, `${way.host.includes(":") ? `[${way.host}]` : way.host}:${way.port}`),
      figures && h("p", { class: "small figures doctor-figures", key: "figures" }, figures.split(" · ").map((figure) => h("span", { key: figure }, figure))),
      advice && h("p", { class: "small doctor-advice", key: "advice" }, icon("arrow"), h("span", null, t(advice, { host: way.host, port: way.port }))),
    ),
  );
}

/** @param {string} name @param {string} look */
function mark(name, look) {
  return h("span", { class: `doctor-mark doctor-${look}` }, icon(name));
}

/** @param {string} look @param {string} name @param {string} said */
function notice(look, name, said) {
  return h("p", { class: `notice notice-${look}`, key: said }, icon(name), h("span", null, said));
}

const COMMAND = "./peitong doctor --link";

/** A command is read and typed as one, so it is not broken at its hyphens. @param {string} words */
function withCommand(words) {
  return words.endsWith(COMMAND) ? [words.slice(0, -COMMAND.length), h("code", { class: "doctor-command" }, COMMAND)] : [words];
}

/** @param {State} state @param {Translate} t @param {Emit} emit */
function refused(state, t, emit) {
  return h(
    "div",
    { class: "doctor-narrow stack-wide" },
    h(
      "div",
      { class: "doctor-verdict notice-soft", role: "alert" },
      h("span", { class: "doctor-sign" }, icon(REFUSED_ICONS[state.screen] ?? "info")),
      h("div", { class: "stack-tight" }, h("h1", null, t(`doctor.refused.${state.screen}.title`)), h("p", null, withCommand(t(`doctor.refused.${state.screen}.body`)))),
    ),
    RETRY.has(state.screen) && h("button", { type: "button", class: "button button-primary button-large button-block", onclick: () => emit({ type: "start" }) }, t("common.retry")),
  );
}
