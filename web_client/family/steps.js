/** The steps before the waiting room: language, the right child, the consents, camera and microphone. */

import { dayAndTime, LANGUAGE_NAMES, LANGUAGES, LOCALES } from "../shared/i18n/i18n.js";
import { h, icon } from "../shared/ui/dom.js";
import { delegationCard, documentsCard } from "./documents_card.js";
import { moving } from "../shared/ui/moving.js";
import { button, callHospital, facts, noticeOf, page, STEPS, title } from "./frame.js";
import { prepareCard } from "./prepare.js";
import { isUnderWay } from "./state.js";
import { whereaboutsCard } from "./whereabouts.js";

/** @typedef {import("./frame.js").Scene} Scene */

/** @param {Scene} scene */
export function languageStep(scene) {
  const { state, t, emit } = scene;
  return page(
    scene,
    { key: "language", step: STEPS.language },
    h("div", { class: "stack-tight" }, title(state, t("family.language.title")), h("p", { class: "soft" }, t("family.language.lead"))),
    h(
      "fieldset",
      { class: "bare stack-tight", "aria-label": t("language.label") },
      LANGUAGES.map((language) =>
        h(
          "label",
          { class: "choice", key: language, lang: LOCALES[language] },
          h("input", { type: "radio", name: "language", checked: language === state.language, onchange: () => emit({ type: "choose_language", language }) }),
          h("span", null, LANGUAGE_NAMES[language]),
        ),
      ),
    ),
    button("primary", () => emit({ type: "confirm_language" }), t("family.language.continue")),
  );
}

/** @param {Scene} scene */
export function childStep(scene) {
  const { state, t, emit } = scene;
  const visit = state.status?.visit;
  if (!visit) return null;
  const asDelegated = state.status?.delegated;
  return page(
    scene,
    { key: "child", step: STEPS.child },
    h("div", { class: "stack-tight" }, title(state, t("family.child.title")), h("p", { class: "soft" }, t("family.child.lead"))),
    h(
      "div",
      { class: "card stack" },
      h("p", { class: "child-name" }, h("span", { class: "visually-hidden" }, t("family.child.name"), " "), visit.child),
      facts([
        [t(asDelegated ? "family.child.delegated" : "family.child.guardian"), visit.guardian],
        [t("family.child.when"), dayAndTime(state.language, visit.starts_at)],
        [t("family.child.hospital"), visit.physician.hospital],
      ]),
    ),
    noticeOf(scene),
    h("p", { class: "small soft" }, t(asDelegated ? "family.child.only_delegated" : "family.child.only_guardian")),
    h(
      "div",
      { class: "stack-tight actions" },
      button("primary", () => emit({ type: "answer_child", right: true }), t(asDelegated ? "family.child.yes_delegated" : "family.child.yes"), { busy: state.busy && t("common.working") }),
      button("plain", () => emit({ type: "answer_child", right: false }), t(asDelegated ? "family.child.no_delegated" : "family.child.no"), { disabled: state.busy }),
    ),
  );
}

/** @param {Scene} scene */
export function wrongChild(scene) {
  const { state, t, emit } = scene;
  return page(
    scene,
    { key: "wrong-child" },
    title(state, t("family.wrong.title")),
    h("p", null, t("family.wrong.body")),
    h("h2", null, t("family.wrong.next_title")),
    h("ul", null, h("li", null, t("family.wrong.next_call")), h("li", null, t("family.wrong.next_delete"))),
    callHospital(scene),
    button("plain", () => emit({ type: "reconsider" }), t("family.wrong.mistake")),
  );
}

/** @param {Scene} scene */
export function consentStep(scene) {
  const { state, t, emit } = scene;
  const kind = state.consentKind;
  const text = state.texts?.find((candidate) => candidate.kind === kind);
  if (!text) return consentLoading(scene);
  return page(
    scene,
    { key: `consent-${kind}`, step: STEPS[kind] },
    h(
      "div",
      { class: "stack-tight" },
      title(state, text.title),
      h("p", { class: "small soft" }, t("family.consent.version", { version: text.version })),
    ),
    noticeOf(scene),
    h("div", { class: "consent-text stack", lang: LOCALES[text.language] }, text.paragraphs.map((paragraph) => h("p", null, paragraph))),
    kind === "consultation" &&
      h(
        "div",
        { class: "notice", key: "intimate" },
        icon("shield"),
        h("div", { class: "stack-tight" }, h("h2", { class: "notice-title" }, t("family.consent.intimate_title")), h("p", null, t("family.consent.intimate"))),
      ),
    h(
      "div",
      { class: "stack-tight actions" },
      button("primary", () => emit({ type: "answer_consent", agreed: true }), t(`family.consent.agree.${kind}`), { busy: state.busy && t("common.working") }),
      button("plain", () => emit({ type: "answer_consent", agreed: false }), t(`family.consent.decline.${kind}`), { disabled: state.busy }),
    ),
  );
}

/** @param {Scene} scene */
function consentLoading(scene) {
  const { state, t, emit } = scene;
  const kind = state.consentKind;
  return page(
    scene,
    { key: `consent-${kind}`, step: STEPS[kind] },
    state.notice
      ? [noticeOf(scene), button("primary", () => emit({ type: "reload" }), t("common.retry"), { key: "retry" })]
      : h("p", { class: "working", key: "loading" }, t("family.consent.loading")),
  );
}

/** @param {Scene} scene */
export function declined(scene) {
  const { state, t, emit } = scene;
  const kind = state.consentKind;
  const hospital = state.status?.visit.physician.hospital ?? "";
  return page(
    scene,
    { key: "declined" },
    title(state, t(`family.declined.${kind}.title`)),
    h("p", null, t(`family.declined.${kind}.body`)),
    h(
      "div",
      { class: "card stack" },
      h("h2", null, t("family.declined.next_title")),
      h("p", { class: "with-icon" }, icon("phone"), h("span", null, t("family.declined.next_book", { hospital }))),
      callHospital(scene),
      h("p", { class: "with-icon" }, icon("hospital"), h("span", null, t("family.declined.next_urgent"))),
    ),
    button("plain", () => emit({ type: "reconsider" }), t("family.declined.reconsider")),
  );
}

/** @param {Scene} scene */
export function unsupported(scene) {
  const { state, t } = scene;
  const kind = state.devices.support;
  return page(
    scene,
    { key: "unsupported" },
    title(state, t(`family.support.${kind}.title`)),
    h("p", null, t(`family.support.${kind}.body`)),
    kind === "in_app" && h("ul", { key: "in-app" }, h("li", null, t("family.support.in_app.update")), h("li", null, t("family.support.in_app.relink"))),
  );
}

/** @param {Scene} scene */
export function devicesStep(scene) {
  const { state, t, emit } = scene;
  const { state: opened } = state.devices;
  const closed = opened !== "open";
  const again = isUnderWay(state);
  if (closed && state.status?.state === "text" && !state.appointment.testing) return byText(scene);
  return page(
    scene,
    { key: "devices", step: again ? undefined : STEPS.devices },
    h(
      "div",
      { class: "stack-tight" },
      title(state, t(again ? "family.devices.under_way.title" : "family.devices.title")),
      again ? h("p", { key: "again" }, t("family.devices.under_way.lead")) : closed && h("p", { class: "soft", key: "lead" }, t("family.devices.lead")),
    ),
    state.status?.with_child && h("p", { class: "notice", key: "with_child" }, icon("info"), h("span", null, t("family.devices.with_child", { name: state.status.with_child }))),
    closed
      ? button("primary", () => emit({ type: "open_devices" }), t("family.devices.open"), { busy: opened === "opening" && t("family.devices.opening"), key: "open" })
      : h("div", { class: "device-check", key: "check" }, preview(scene), h("div", { class: "stack" }, cameraChoice(scene), microphoneCheck(scene), deviceHelp(scene))),
    !closed && enter(scene),
    opened === "closed" && !again && !state.appointment.testing && later(scene),
    state.appointment.testing && closed && button("plain", () => emit({ type: "tested", works: false }), t("family.early.back"), { key: "back" }),
    whereaboutsCard(scene),
    prepareCard(scene),
    delegationCard(scene),
    documentsCard(scene),
  );
}

/** Neither is needed to wait, nor for a visit that begins by text. @param {Scene} scene */
function later(scene) {
  const { t, emit } = scene;
  return h(
    "div",
    { class: "stack-tight", key: "later" },
    button("quiet", () => emit({ type: "enter" }), t("family.devices.later")),
    h("p", { class: "small soft" }, t("family.devices.later_lead")),
  );
}

/** The physician is writing already: in, without a check. @param {Scene} scene */
function byText(scene) {
  const { state, t, emit } = scene;
  return page(
    scene,
    { key: "by-text" },
    h("div", { class: "stack-tight" }, title(state, t("family.devices.text.title")), h("p", null, t("family.devices.text.lead"))),
    noticeOf(scene),
    button("primary", () => emit({ type: "enter" }), t("family.devices.text.enter"), { busy: state.busy && t("common.working") }),
    button("quiet", () => emit({ type: "open_devices" }), t("family.devices.open"), { busy: state.devices.state === "opening" && t("family.devices.opening"), key: "open" }),
  );
}

/** @param {Scene} scene */
function preview({ state, t, own }) {
  const { video, picture, facing } = state.devices;
  const bad = video !== "live" || picture === "dark" || picture === "frozen";
  const words = video !== "live" ? "camera_none" : picture === "dark" || picture === "frozen" ? `picture_${picture}` : "camera_ok";
  return h(
    "figure",
    { class: "preview" },
    h(
      "div",
      { class: "preview-frame" },
      video === "live"
        ? moving({ key: "own", class: `preview-video${facing === "user" ? " mirrored" : ""}`, stream: own, muted: true, label: t("family.devices.preview") })
        : h("span", { class: "preview-none", key: "none" }, icon("camera-off")),
    ),
    h("figcaption", { class: `verdict ${bad ? "verdict-bad" : "verdict-good"}`, role: "status" }, icon(bad ? "warn" : "check"), t(`family.devices.${words}`)),
  );
}

/** @param {Scene} scene */
function cameraChoice({ state, t, emit }) {
  const { video, cameras, facing } = state.devices;
  if (video !== "live" || cameras < 2) return null;
  return h(
    "div",
    { class: "segments", role: "group", "aria-label": t("family.devices.which"), key: "which" },
    /** @type {const} */ (["user", "environment"]).map((side) =>
      h(
        "button",
        { key: side, type: "button", class: "segment", "aria-pressed": String(side === facing), onclick: () => emit({ type: "choose_camera", facing: side }) },
        icon("camera"),
        t(side === "user" ? "family.devices.front" : "family.devices.back"),
      ),
    ),
  );
}

/** @param {Scene} scene */
function microphoneCheck({ state, t }) {
  const { audio, level, heard } = state.devices;
  if (audio !== "live") return h("p", { class: "verdict verdict-bad", key: "no-sound" }, icon("mic-off"), t("family.devices.microphone_none"));
  return h(
    "div",
    { class: "stack-tight", key: "level" },
    h("p", { class: `verdict ${heard ? "verdict-good" : ""}`, role: "status" }, icon(heard ? "check" : "mic"), t(heard ? "family.devices.level_heard" : "family.devices.level_try")),
    h(
      "div",
      { class: "level", role: "meter", "aria-label": t("family.devices.level"), "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": Math.round(level * 100) },
      h("span", { class: "level-bar", style: { transform: `scaleX(${level.toFixed(2)})` } }),
    ),
  );
}

/** Why a device does not open and what to do about it; null when nothing is known to be wrong. @param {Scene} scene */
export function deviceHelp({ state, t, emit }) {
  const { audioProblem, videoProblem } = state.devices;
  const problem = videoProblem ?? audioProblem;
  if (!problem) return null;
  const lines = problem === "denied" ? ["denied.ios", "denied.android", "denied.desktop"] : [`${problem}.body`];
  return h(
    "div",
    { class: "notice notice-warn", role: "alert", key: `help-${problem}` },
    icon("warn"),
    h(
      "div",
      { class: "stack-tight" },
      h("h2", { class: "notice-title" }, t(`family.help.${problem}.title`)),
      lines.map((line) => h("p", null, t(`family.help.${line}`))),
      h("button", { type: "button", class: "button", onclick: () => emit({ type: "open_devices" }) }, t("family.devices.again")),
    ),
  );
}

/** @param {Scene} scene */
function enter(scene) {
  const { state, t, emit } = scene;
  const { audio, video } = state.devices;
  const missing = video !== "live" ? t("family.devices.missing.camera") : audio !== "live" ? t("family.devices.missing.microphone") : null;
  if (video !== "live" && audio !== "live" && !state.appointment.testing) return h("div", { class: "stack", key: "need" }, h("p", { class: "soft" }, t("family.devices.need_one")), !isUnderWay(state) && later(scene));
  if (state.appointment.testing) return h("div", { class: "actions", key: "works" }, button(missing ? "plain" : "primary", () => emit({ type: "tested", works: !missing }), missing ? t("family.early.test.without", { missing }) : t("family.early.test.works")));
  const doing = isUnderWay(state) ? "family.devices.rejoin" : "family.devices.enter";
  const words = missing ? t(`${doing}_without`, { missing }) : t(doing);
  return h(
    "div",
    { class: "stack-tight actions", key: "enter" },
    noticeOf(scene),
    button(missing ? "plain" : "primary", () => emit({ type: "enter" }), words, { busy: state.busy && t("common.working") }),
  );
}
