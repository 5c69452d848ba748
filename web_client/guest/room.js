/** The call of three for the guest: family and physician in equal pictures, one above the other on a phone, side by side at a desk. */

import { causesLine, pictureOf } from "./room_parts.js";
import { h, icon } from "../shared/ui/dom.js";
import { light } from "../shared/ui/light.js";
import { languageSwitch } from "../shared/ui/masthead.js";
import { moving } from "../shared/ui/moving.js";
import { screenOf } from "./state.js";

/** @typedef {import("./view.js").Scene} Scene */

/** @param {Scene} scene */
export function room(scene) {
  const { state, t } = scene;
  const held = screenOf(state) === "held";
  return h(
    "div",
    { class: `room night${held ? " room-held" : ""}${state.chatOpen ? " room-chat" : ""}`, key: "room" },
    h("div", { class: "room-top" }, topLine(scene, held), offline(scene)),
    h(
      "main",
      { class: "room-stage guest-stage", id: "main", "aria-label": t("guest.page"), tabindex: "-1" },
      pictureOf(scene, "guardian", held),
      pictureOf(scene, "physician", held),
      held && causesLine(scene),
      !held && state.playBlocked && playButton(scene),
      ownPicture(scene),
    ),
    controls(scene),
  );
}

/** @param {Scene} scene @param {boolean} held */
function topLine(scene, held) {
  const { state, t } = scene;
  const recording = state.session?.gate && state.session.recording === "running" && state.call === "connected";
  return h(
    "header",
    { class: "top-line", key: "top" },
    h("div", { class: "top-row" }, h("p", { class: "top-sentence", role: "status", "data-screen-title": true, tabindex: "-1" }, held && icon("pause"), h("span", null, sentence(scene, held)))),
    h(
      "div",
      { class: "top-facts" },
      recording && h("span", { class: "recording", key: "recording" }, t("family.call.recording")),
      state.light && state.call === "connected" && light(t, state.light),
      languageSwitch(scene),
    ),
  );
}

/** The state in one sentence, most pressing first. @param {Scene} scene @param {boolean} held */
function sentence({ state, t }, held) {
  const { muted, cameraOff } = state.devices;
  if (state.call === "interrupted" || state.call === "failed") return t(`family.call.${state.call}`);
  if (held) return t("family.held.title");
  if (state.call !== "connected") return t("family.call.connecting");
  if (muted) return t("guest.call.muted");
  if (cameraOff) return t("guest.call.camera_is_off");
  return t("guest.call.live", { role: t(`role.${state.guest?.role ?? "interpreter"}`) });
}

/** @param {Scene} scene */
function offline({ state, t, emit }) {
  if (state.connection !== "offline" && state.connection !== "closing") return null;
  const words = state.connection === "closing" ? t("family.closing", { seconds: Math.max(1, Math.round(state.retryS)) }) : t("family.offline");
  return h(
    "div",
    { class: "banner", role: "status", key: "banner" },
    h("span", { class: "banner-words" }, icon("offline"), words),
    h("button", { type: "button", class: "button button-small", onclick: () => emit({ type: "retry_connection" }) }, t("family.try_now")),
  );
}

/** @param {Scene} scene */
function playButton({ t, emit }) {
  return h(
    "div",
    { class: "over", key: "play" },
    h("button", { type: "button", class: "button button-primary button-large", onclick: () => emit({ type: "play" }) }, icon("play"), t("family.call.play")),
    h("p", { class: "small" }, t("family.call.play_why")),
  );
}

/** @param {Scene} scene */
function ownPicture({ state, t, own }) {
  const { video, cameraOff } = state.devices;
  return h(
    "div",
    { class: "own guest-own", key: "own", role: "img", "aria-label": t("guest.call.own") },
    video === "live" && !cameraOff
      ? moving({ key: "picture", class: "own-video mirrored", stream: own, muted: true, label: "" })
      : h("span", { class: "own-none", key: "none" }, icon("camera-off")),
  );
}

/** @param {Scene} scene */
function controls({ state, t, emit }) {
  const { audio, video, muted, cameraOff } = state.devices;
  return h(
    "div",
    { class: "controls", role: "toolbar", "aria-label": t("family.call.controls"), key: "controls" },
    control({ name: muted ? "mic-off" : "mic", words: t(muted ? "family.call.unmute" : "family.call.mute"), on: muted, disabled: audio !== "live", onclick: () => emit({ type: "toggle_microphone" }) }),
    control({ name: cameraOff ? "camera-off" : "camera", words: t(cameraOff ? "family.call.camera_on" : "family.call.camera_off"), on: cameraOff, disabled: video !== "live", onclick: () => emit({ type: "toggle_camera" }) }),
    control({ name: "chat", words: t("family.call.chat"), badge: state.unread, badgeWords: t("family.call.unread", { n: state.unread }), onclick: () => emit({ type: "chat_open", open: !state.chatOpen }) }),
    control({ name: "leave", words: t("guest.leave.button"), danger: true, onclick: () => emit({ type: "ask_leave", leaving: true }) }),
  );
}

/**
 * @param {{name: string, words: string, onclick: () => void, on?: boolean, disabled?: boolean, danger?: boolean, badge?: number, badgeWords?: string}} options
 */
function control({ name, words, onclick, on = false, disabled = false, danger = false, badge = 0, badgeWords = "" }) {
  return h(
    "button",
    { type: "button", key: name.replace("-off", ""), class: `control${on ? " control-on" : ""}${danger ? " control-danger" : ""}`, onclick, disabled },
    h("span", { class: "control-disc" }, icon(name)),
    h("span", { class: "control-words" }, words),
    badge > 0 && h("span", { class: "control-badge figures", key: "badge" }, badge, h("span", { class: "visually-hidden" }, badgeWords)),
  );
}
