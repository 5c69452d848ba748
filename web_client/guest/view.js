/** Draws the guest's state and emits what the guest asks for. It decides nothing and knows no network, clock or device. */

import { clockTime, hasText, LOCALES, translator } from "../shared/i18n/i18n.js";
import { chat } from "../shared/ui/chat.js";
import { dialog } from "../shared/ui/dialog.js";
import { h, icon, render } from "../shared/ui/dom.js";
import { languageSwitch } from "../shared/ui/masthead.js";
import { moving } from "../shared/ui/moving.js";
import { room } from "./room.js";
import { roleOf, screenOf } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("../shared/ui/dom.js").Child} Child */
/**
 * @typedef {{type: "choose_language", language: import("../shared/i18n/i18n.js").Language} | {type: "join"} | {type: "answer", agreed: boolean}
 *   | {type: "open_devices"} | {type: "enter"} | {type: "come_back"} | {type: "toggle_microphone"} | {type: "toggle_camera"} | {type: "play"}
 *   | {type: "play_blocked", blocked: boolean} | {type: "chat_open", open: boolean} | {type: "send_chat", text: string}
 *   | {type: "ask_leave", leaving: boolean} | {type: "leave"} | {type: "reload"} | {type: "retry_connection"}} Intent
 * @typedef {{state: State, t: import("../shared/i18n/i18n.js").Translate, emit: (intent: Intent) => void, own: MediaStream | null,
 *            remotes: ReadonlyMap<string, MediaStream>}} Scene
 */

/** @type {Readonly<Record<import("./state.js").Screen, (scene: Scene) => Child>>} */
const SCREENS = Object.freeze({
  ask, loading, agree, devices, room: loading, left, declined: said("declined"), problem, unsupported, waiting, call: room, held: room,
  ended: said("ended"), superseded,
}); // prettier-ignore

/**
 * @param {HTMLElement} root @param {(intent: Intent) => void} emit
 * @returns {{show: (state: State, media: {own: MediaStream | null, remotes: ReadonlyMap<string, MediaStream>}) => void, play: () => void}}
 */
export function createView(root, emit) {
  let shown = "";
  return {
    show(state, { own, remotes }) {
      const t = translator(state.language);
      const screen = screenOf(state);
      /** @type {Scene} */
      const scene = { state, t, emit, own, remotes };
      document.documentElement.lang = LOCALES[state.language];
      render(root, [SCREENS[screen](scene), chatSheet(scene), leaving(scene)]);
      if (screen === shown) return;
      const first = shown === "";
      shown = screen;
      const heading = /** @type {HTMLElement | null} */ (root.querySelector("[data-screen-title]"));
      document.title = [heading?.textContent, t("brand")].filter(Boolean).join(" · ");
      if (!first) heading?.focus({ preventScroll: true });
    },
    /** Play what the browser held back; must run inside a tap. */
    play() {
      for (const video of root.querySelectorAll("video")) void video.play().catch(() => undefined);
    },
  };
}

/** @param {Scene} scene @param {string} key @param {...Child} content */
function page({ t, state, emit }, key, ...content) {
  return h(
    "div",
    { class: "page", key: "page" },
    h("a", { class: "skip-link", href: "#main" }, t("language.skip")),
    h("header", { class: "masthead" }, h("span", { class: "brand" }, icon("brand"), t("brand")), languageSwitch({ t, state, emit })),
    h("main", { id: "main", class: "page-main stack-wide", key, tabindex: "-1" }, content),
  );
}

/** @param {string} words */
function title(words) {
  return h("h1", { key: words, tabindex: "-1", "data-screen-title": true }, words);
}

/** @param {string} kind @param {() => void} onclick @param {Child} words @param {{busy?: string | false, disabled?: boolean, key?: string}} [more] */
function button(kind, onclick, words, { busy = false, disabled = false, key } = {}) {
  const look = `button button-block${kind === "plain" ? "" : ` button-${kind}`}${kind === "primary" ? " button-large" : ""}`;
  return h("button", { type: "button", class: look, onclick, disabled: disabled || Boolean(busy), key }, busy ? h("span", { class: "working" }, busy) : words);
}

/** @param {Scene} scene */
function notice({ t, state }) {
  if (!state.problem) return null;
  return h("div", { class: "notice notice-warn", role: "alert", key: "notice" }, icon("warn"), h("p", null, t(problemKey(state.problem))));
}

/** @param {string} code */
function problemKey(code) {
  return hasText(`guest.problem.${code}`) ? `guest.problem.${code}` : hasText(`error.${code}`) ? `error.${code}` : "error.unknown";
}

// --- before the room ------------------------------------------------------------------------------------------------------

/** @param {Scene} scene */
function ask(scene) {
  const { t, state, emit } = scene;
  return page(
    scene,
    "ask",
    h("div", { class: "stack-tight" }, title(t("guest.ask.title")), h("p", null, t("guest.ask.lead"))),
    button("primary", () => emit({ type: "join" }), t("guest.ask.button"), { busy: state.busy && t("common.working") }),
    h("p", { class: "small soft" }, t("guest.ask.bound")),
  );
}

/** @param {Scene} scene */
function loading(scene) {
  return page(scene, "loading", h("p", { class: "working", role: "status" }, scene.t("guest.loading")));
}

/** @param {Scene} scene */
function agree(scene) {
  const { t, state, emit } = scene;
  const guest = state.guest;
  if (!guest) return loading(scene);
  const { physician, text } = guest;
  return page(
    scene,
    "agree",
    h("div", { class: "stack-tight" }, title(t("guest.agree.title", { role: t(`role.${guest.role}`) })), h("p", { class: "soft" }, t("guest.agree.as", { who: `${t(`role.${guest.role}`)} ${guest.name}` }))),
    h(
      "section",
      { class: "card licence", "aria-label": t("guest.agree.by"), key: "by" },
      h("span", { class: "licence-mark" }, icon("shield")),
      h("div", null, h("p", { class: "small soft" }, t("guest.agree.by")), h("p", { class: "licence-name" }, physician.name, " ", h("span", { class: "tag tag-accent" }, physician.title)), h("p", null, physician.hospital)),
    ),
    h("h2", null, text.title),
    h("div", { class: "consent-text stack", lang: LOCALES[text.language] }, text.paragraphs.map((paragraph) => h("p", null, paragraph))),
    notice(scene),
    h(
      "div",
      { class: "stack-tight actions" },
      button("primary", () => emit({ type: "answer", agreed: true }), t("guest.agree.yes"), { busy: state.busy && t("common.working") }),
      button("plain", () => emit({ type: "answer", agreed: false }), t("guest.agree.no"), { disabled: state.busy }),
    ),
  );
}

/** @param {Scene} scene */
function devices(scene) {
  const { t, state, emit, own } = scene;
  const { state: opened, audio, video, audioProblem, videoProblem, heard, level } = state.devices;
  const why = videoProblem ?? audioProblem;
  const none = opened === "open" && audio !== "live" && video !== "live";
  return page(
    scene,
    "devices",
    h("div", { class: "stack-tight" }, title(t("guest.devices.title")), h("p", { class: "soft" }, t("guest.devices.lead"))),
    opened === "open"
      ? h(
          "figure",
          { class: "preview", key: "preview" },
          h("div", { class: "preview-frame" }, video === "live" ? moving({ key: "own", class: "preview-video mirrored", stream: own, muted: true, label: t("family.devices.preview") }) : h("span", { class: "preview-none", key: "none" }, icon("camera-off"))),
          h("figcaption", { class: "stack-tight" }, verdict(video === "live", t(video === "live" ? "family.devices.camera_ok" : "family.devices.camera_none")), verdict(audio === "live" && heard, t(audio !== "live" ? "family.devices.microphone_none" : heard ? "family.devices.level_heard" : "guest.devices.speak"))),
          audio === "live" && h("div", { class: "level", key: "level", role: "meter", "aria-label": t("family.devices.level"), "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": Math.round(level * 100) }, h("span", { class: "level-bar", style: { transform: `scaleX(${level.toFixed(2)})` } })),
        )
      : button("primary", () => emit({ type: "open_devices" }), t("family.devices.open"), { busy: opened === "opening" && t("family.devices.opening"), key: "open" }),
    opened === "open" && why && h("div", { class: "notice notice-warn", role: "alert", key: "help" }, icon("warn"), h("div", { class: "stack-tight" }, h("h2", { class: "notice-title" }, t(`family.help.${why}.title`)), h("button", { type: "button", class: "button", onclick: () => emit({ type: "open_devices" }) }, t("family.devices.again")))),
    notice(scene),
    opened === "open" && (none ? h("p", { class: "soft", key: "need" }, t("guest.devices.need_one")) : button("primary", () => emit({ type: "enter" }), t("guest.devices.enter"), { key: "enter" })),
  );
}

/** @param {boolean} good @param {string} words */
function verdict(good, words) {
  return h("p", { class: `verdict${good ? " verdict-good" : ""}`, role: "status" }, icon(good ? "check" : "info"), words);
}

/** @param {Scene} scene */
function unsupported(scene) {
  const { t, state } = scene;
  return page(scene, "unsupported", title(t(`family.support.${state.devices.support}.title`)), h("p", null, t(`family.support.${state.devices.support}.body`)));
}

// --- in the room, before the call; and afterwards ---------------------------------------------------------------------------

/** @param {Scene} scene */
function waiting(scene) {
  const { t, state, emit, own } = scene;
  const physician = state.guest?.physician;
  return page(
    scene,
    "waiting",
    h("div", { class: "stack-tight" }, title(t(state.session ? "guest.waiting.title" : "family.waiting.connecting")), h("p", { class: "soft", role: "status" }, t("guest.waiting.lead", { physician: `${physician?.name ?? ""} ${physician?.title ?? ""}`.trim() }))),
    h("figure", { class: "preview preview-waiting" }, h("div", { class: "preview-frame" }, own && !state.devices.cameraOff ? moving({ key: "own", class: "preview-video mirrored", stream: own, muted: true, label: t("family.waiting.own") }) : h("span", { class: "preview-none", key: "none" }, icon("camera-off"))), h("figcaption", { class: "small soft" }, t("guest.waiting.private"))),
    h("div", { class: "stack-tight actions" }, button("plain", () => emit({ type: "chat_open", open: true }), [icon("chat"), t("family.call.chat"), state.unread > 0 && h("span", { class: "tag tag-accent", key: "unread" }, t("family.call.unread", { n: state.unread }))]), button("quiet", () => emit({ type: "ask_leave", leaving: true }), t("guest.leave.button"))),
  );
}

/** @param {"declined" | "ended"} which @returns {(scene: Scene) => Child} */
function said(which) {
  return (scene) => page(scene, which, title(scene.t(`guest.${which}.title`)), h("p", null, scene.t(`guest.${which}.body`)));
}

/** @param {Scene} scene */
function left(scene) {
  const { t, emit } = scene;
  return page(scene, "left", title(t("guest.left.title")), h("p", null, t("guest.left.body")), button("primary", () => emit({ type: "come_back" }), t("guest.left.back")));
}

/** @param {Scene} scene */
function superseded(scene) {
  const { t, emit } = scene;
  return page(scene, "superseded", title(t("family.superseded.title")), h("p", null, t("guest.superseded.body")), button("plain", () => emit({ type: "reload" }), t("family.superseded.here")));
}

/** @param {Scene} scene */
function problem(scene) {
  const { t, state, emit } = scene;
  const code = state.problem ?? "unknown";
  const again = ["network", "unknown", "unavailable", "too_many_attempts"].includes(code);
  return page(
    scene,
    "problem",
    h("div", { class: "stack", role: "alert" }, title(t("guest.problem.title")), h("p", null, t(problemKey(code)))),
    again && button("primary", () => emit({ type: "reload" }), t("common.retry"), { key: "retry" }),
  );
}

/** @param {Scene} scene */
function chatSheet({ state, t, emit }) {
  if (!state.chatOpen) return null;
  const close = () => emit({ type: "chat_open", open: false });
  return h(
    "section",
    { class: "chat-sheet", key: "chat", "aria-label": t("chat.title"), onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && close() },
    h("div", { class: "spread" }, h("h2", null, t("chat.title")), h("button", { type: "button", class: "button button-quiet", "aria-label": t("common.close"), onclick: close }, icon("close"))),
    chat({ t, lines: state.chat, own: roleOf(state), disabled: state.connection !== "online", onsend: (text) => emit({ type: "send_chat", text }), time: (at) => clockTime(state.language, at) }),
  );
}

/** @param {Scene} scene */
function leaving({ state, t, emit }) {
  if (!state.leaving) return null;
  const close = () => emit({ type: "ask_leave", leaving: false });
  return dialog(
    { key: "leave", title: t("guest.leave.title"), onclose: close },
    h("p", null, t("guest.leave.body")),
    h("div", { class: "dialog-actions" }, button("primary", close, t("family.leave.stay")), button("plain", () => emit({ type: "leave" }), t("guest.leave.go"))),
    h("p", { class: "small soft" }, t("guest.leave.no_more")),
    button("quiet", () => emit({ type: "answer", agreed: false }), t("guest.leave.withdraw"), { busy: state.busy && t("common.working") }),
  );
}
