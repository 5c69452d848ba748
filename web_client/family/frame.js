/** What stands around every screen of the family's page: the name of the house, a banner when the line is down. */

import { h, icon } from "../shared/ui/dom.js";
import { languageSwitch } from "../shared/ui/masthead.js";

/** @typedef {import("../shared/i18n/i18n.js").Translate} Translate */
/** @typedef {import("../shared/ui/dom.js").Child} Child */
/** @typedef {import("./state.js").State} State */
/** @typedef {(intent: import("./intents.js").Intent) => void} Emit */
/**
 * What a screen is drawn from.
 * @typedef {{state: State, t: Translate, emit: Emit, own: MediaStream | null, remotes: ReadonlyMap<string, MediaStream>}} Scene
 */

/**
 * @param {Scene} scene @param {{key: string, step?: number}} screen @param {...Child} content
 */
export function page(scene, { key, step }, ...content) {
  const { t } = scene;
  return h(
    "div",
    { class: "page", key: "page" },
    h("a", { class: "skip-link", href: "#main" }, t("language.skip")),
    h(
      "header",
      { class: "masthead" },
      h("span", { class: "brand" }, icon("brand"), t("brand")),
      languageSwitch(scene),
    ),
    banner(scene),
    h(
      "main",
      { id: "main", class: "page-main stack-wide", key, tabindex: "-1" },
      step !== undefined && progress(t, step, Object.keys(STEPS).length),
      content,
    ),
  );
}

export const STEPS = Object.freeze({ language: 1, child: 2, consultation: 3, recording: 4, stills: 5, devices: 6 });

/** @param {Translate} t @param {number} n @param {number} of */
export function progress(t, n, of) {
  const dots = Array.from({ length: of }, (_, at) => h("i", { class: at < n ? "progress-done" : "" }));
  return h("p", { class: "progress", key: "progress" }, h("span", { class: "small soft" }, t("family.step", { n, of })), h("span", { class: "progress-dots", "aria-hidden": "true" }, dots));
}

/** @param {Scene} scene */
export function banner({ state, t, emit }) {
  if (state.connection !== "offline" && state.connection !== "closing") return null;
  const words = state.connection === "closing" ? t("family.closing", { seconds: Math.max(1, Math.round(state.retryS)) }) : t("family.offline");
  return h(
    "div",
    { class: "banner", role: "status", key: "banner" },
    h("span", { class: "banner-words" }, icon("offline"), words),
    h("button", { type: "button", class: "button button-small", onclick: () => emit({ type: "retry_connection" }) }, t("family.try_now")),
  );
}

/** A phone call took camera or microphone away: the way back is one tap, since phones give them back only to a tap. @param {Scene} scene */
export function continueBar({ state, t, emit }) {
  const opening = state.devices.state === "opening";
  return h(
    "div",
    { class: "continue", key: "continue", role: "alert" },
    h(
      "button",
      { type: "button", class: "continue-button", disabled: opening, onclick: () => emit({ type: "continue" }) },
      icon("phone"),
      h(
        "span",
        { class: "continue-words" },
        h("strong", null, t(opening ? "family.call.lost.opening" : "family.call.lost.continue")),
        h("span", { class: "small" }, t(`family.call.lost.${whatIsLost(state)}`)),
      ),
    ),
  );
}

/** @param {State} state @returns {"both" | "audio" | "video"} */
function whatIsLost({ devices: { audio, video } }) {
  if (audio !== "lost") return "video";
  return video === "lost" ? "both" : "audio";
}

/** @param {Scene} scene @param {string | null} code */
export function noticeOf({ t, state }, code = state.notice) {
  if (!code) return null;
  const known = code === "consent_changed" ? t("family.consent.changed") : t(`error.${code}`);
  const words = known === `error.${code}` ? t("error.unknown") : known;
  return h("div", { class: "notice notice-warn", role: "alert", key: "notice" }, icon("warn"), h("p", null, words));
}

/** @param {State} state @param {string} words */
export function title(state, words) {
  return h("h1", { key: `title-${words}`, tabindex: "-1", "data-screen-title": true }, words);
}

/**
 * @param {string} kind "primary" | "plain" | "quiet" | "danger" @param {() => void} onclick @param {Child} words
 * @param {{busy?: string | false, disabled?: boolean, large?: boolean, key?: string}} [more]
 */
export function button(kind, onclick, words, { busy = false, disabled = false, large = kind === "primary", key } = {}) {
  const look = `button button-block${kind === "plain" ? "" : ` button-${kind}`}${large ? " button-large" : ""}`;
  return h("button", { type: "button", class: look, onclick, disabled: disabled || Boolean(busy), key }, busy ? h("span", { class: "working" }, busy) : words);
}

/** @param {[string, Child][]} pairs */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.map(([name, value]) => h("div", { key: name }, h("dt", null, name), h("dd", null, value))));
}

/** A tap calls the hospital, where its number is on the register. @param {Scene} scene */
export function callHospital({ state, t }) {
  const phone = state.status?.hospital_phone;
  return phone ? h("a", { class: "button button-block", href: `tel:${phone}`, key: "call-hospital" }, icon("phone"), t("common.callHospital", { phone })) : null;
}
