/** The call: the physician fills the phone, one's own picture is small and movable, one row of large controls, one sentence on top. */

import { countdown } from "../shared/i18n/i18n.js";
import { h, icon } from "../shared/ui/dom.js";
import { arriving, weakest } from "../shared/rungs.js";
import { light } from "../shared/ui/light.js";
import { guestOf } from "../shared/guests.js";
import { languageSwitch } from "../shared/ui/masthead.js";
import { moving } from "../shared/ui/moving.js";
import { thirdPicture, whoIs } from "../shared/ui/third.js";
import { banner, continueBar } from "./frame.js";
import { causesOf, devicesLost, remoteInterrupted, screenOf, seatOf } from "./state.js";

/** @typedef {import("./frame.js").Scene} Scene */
/** @typedef {import("./state.js").Corner} Corner */

/** @type {readonly Corner[]} */
const CORNERS = Object.freeze(["top-right", "bottom-right", "bottom-left", "top-left"]);

/** @param {Scene} scene */
export function room(scene) {
  const { state, t } = scene;
  const held = screenOf(state) === "held";
  return h(
    "div",
    { class: `room night${held ? " room-held" : ""}${state.chatOpen ? " room-chat" : ""}`, key: "room" },
    h("div", { class: "room-top" }, topLine(scene), state.call === "connected" && banner(scene)),
    h(
      "main",
      { class: "room-stage", id: "main", "aria-label": t("family.page"), tabindex: "-1" },
      remote(scene, held),
      held && [heldPanel(scene), heldNote(scene)],
      !held && state.playBlocked && playButton(scene),
      ownPicture(scene),
      thirdPerson(scene, held),
      network(scene, held),
    ),
    devicesLost(state) && continueBar(scene),
    controls(scene),
  );
}

/** The state in one sentence, most pressing first. @param {Scene} scene */
function sentence({ state, t }) {
  const { muted, cameraOff, picture } = state.devices;
  if (state.call === "interrupted" || state.call === "failed") return t(`family.call.${state.call}`);
  if (screenOf(state) === "held") return t("family.held.title");
  if (state.call !== "connected") return t("family.call.connecting");
  if (remoteInterrupted(state)) return t("family.call.remote_interrupted");
  if (cameraOff) return t("family.call.camera_is_off");
  if (muted) return t("family.call.muted");
  if (picture === "dark" || picture === "frozen") return t(`family.call.${picture}`);
  if (state.session?.state === "verifying") return t("family.call.verifying");
  const physician = state.status?.visit.physician;
  return t("family.call.live", { physician: `${physician?.name ?? ""} ${physician?.title ?? ""}` });
}

/** @param {Scene} scene */
function topLine(scene) {
  const { state, t, emit } = scene;
  const recording = state.session?.gate && state.session.recording === "running" && state.call === "connected" && state.connection === "online";
  const stills = state.session?.stills.taken ?? 0;
  return h(
    "header",
    { class: "top-line", key: "top" },
    h(
      "div",
      { class: "top-row" },
      h("p", { class: "top-sentence", role: "status", "data-screen-title": true, tabindex: "-1" }, screenOf(state) === "held" && icon("pause"), h("span", null, sentence(scene))),
      h("button", { type: "button", class: "button top-menu", "aria-label": t("family.call.menu"), onclick: () => emit({ type: "open_sheet", sheet: "menu" }) }, icon("menu")),
    ),
    h(
      "div",
      { class: "top-facts" },
      recording && h("span", { class: "recording", key: "recording" }, t("family.call.recording")),
      h("span", { class: "still-line", role: "status", key: "still" }, stills > 0 ? t("family.still.saved", { n: stills }) : ""),
      state.light && state.call === "connected" && light(t, state.light),
      languageSwitch(scene),
    ),
  );
}

/** What a weak network leaves, in words; always there, so that it is read out when it changes. @param {Scene} scene @param {boolean} held */
function network({ state, t }, held) {
  const weak = held || state.call !== "connected" ? null : weakest(state.session, "guardian", "physician");
  const words = weak ? t(`family.rung.${weak.rung}.${weak.side}`) : "";
  return h("p", { class: `network-note${weak ? "" : " network-note-none"}`, role: "status", key: "network" }, weak && icon(weak.rung === "chat" ? "chat" : "info"), h("span", null, words));
}

/** @param {Scene} scene @param {boolean} held */
function remote({ state, t, emit, remotes }, held) {
  const stream = remotes.get("physician") ?? null;
  const doubts = seatOf(state, "physician")?.doubts ?? [];
  const soundOnly = ["sound", "chat"].includes(arriving(state.session, "physician", "guardian"));
  const noPicture = doubts.includes("camera_off") || soundOnly;
  const why = doubts.includes("camera_off") ? "family.call.remote_camera_off" : "family.rung.no_picture";
  return h(
    "div",
    { class: `remote${state.wholePicture ? " remote-whole" : ""}`, key: "remote" },
    h("p", { class: "remote-waiting", hidden: held }, h("span", { class: noPicture ? "" : "working" }, t(noPicture ? why : "family.call.remote_waiting"))),
    moving({
      key: "video",
      class: `remote-video${held || noPicture ? " remote-out" : ""}`,
      stream,
      muted: false,
      label: t("family.call.remote"),
      onblocked: (blocked) => blocked !== state.playBlocked && emit({ type: "play_blocked", blocked }),
    }),
  );
}

/** Whoever the physician invited: named as soon as that is so, seen and heard once they are here. @param {Scene} scene @param {boolean} held */
function thirdPerson({ state, t, emit, remotes }, held) {
  const guest = guestOf(state.session);
  if (!guest) return null;
  const seen = guest.connected && !held;
  return h(
    "figure",
    { class: `third third-${state.corner === "top-left" ? "right" : "left"}${seen ? "" : " third-words"}`, key: "third" },
    guest.connected && thirdPicture({ guest, held, stream: remotes.get(guest.role) ?? null, label: t("guest.picture", { who: whoIs(t, guest) }), onblocked: (blocked) => blocked !== state.playBlocked && emit({ type: "play_blocked", blocked }) }),
    h("figcaption", { class: "third-who", role: "status" }, guest.connected ? whoIs(t, guest) : t("guest.invited", { who: whoIs(t, guest) })),
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
function heldPanel({ state, t }) {
  const causes = causesOf(state);
  const passed = state.nowMs - state.sessionAtMs;
  const ends = causes.find(({ remaining_ms: remaining }) => remaining !== null);
  const time = ends ? countdown((ends.remaining_ms ?? 0) - passed) : null;
  const why = causes.map(({ cause }) =>
    h("div", { key: cause, class: "stack-tight" }, h("h1", { class: "held-why" }, t(`family.held.${cause}.why`)), h("p", null, t(`family.held.${cause}.do`))),
  );
  return h(
    "section",
    { class: "held-panel stack-wide", key: "held", "aria-label": t("family.held.title") },
    why.slice(0, 1),
    time !== null &&
      h(
        "div",
        { class: "held-time", key: "time" },
        h("p", { class: "small" }, t("family.held.time")),
        h("p", { class: "held-clock figures", role: "timer" }, time),
        h("p", { class: "small" }, t("family.held.left")),
      ),
    why.slice(1),
  );
}

/** @param {Scene} scene */
function heldNote({ t }) {
  return h("p", { class: "held-note small", key: "note" }, t("family.held.private"));
}

/** @param {Scene} scene */
function ownPicture({ state, t, own, emit }) {
  const { video, cameraOff, facing } = state.devices;
  const next = CORNERS[(CORNERS.indexOf(state.corner) + 1) % CORNERS.length];
  return h(
    "button",
    {
      key: "own", type: "button", class: `own own-${state.corner}`, "aria-label": t("family.call.own"),
      onclick: (/** @type {Event} */ event) => wasDragged(event) || emit({ type: "move_own", corner: next }),
      mount: (/** @type {HTMLElement} */ element) => dragToCorner(element, (corner) => emit({ type: "move_own", corner })),
    },
    video === "live" && !cameraOff
      ? moving({ key: "picture", class: `own-video${facing === "user" ? " mirrored" : ""}`, stream: own, muted: true, label: "" })
      : h("span", { class: "own-none", key: "none" }, icon("camera-off")),
  ); // prettier-ignore
}

/** @param {Event} event */
function wasDragged(event) {
  const element = /** @type {HTMLElement} */ (event.currentTarget);
  const dragged = element.dataset.dragged === "yes";
  delete element.dataset.dragged;
  return dragged;
}

/** Follow the finger, then rest in the nearest corner. @param {HTMLElement} element @param {(corner: Corner) => void} onrest */
function dragToCorner(element, onrest) {
  /** @type {{x: number, y: number} | null} */
  let from = null;
  element.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX, y: event.clientY };
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (Math.hypot(dx, dy) > 8) element.dataset.dragged = "yes";
    if (element.dataset.dragged) element.style.setProperty("transform", `translate(${dx}px, ${dy}px)`);
  });
  const rest = () => {
    const stage = element.parentElement?.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    from = null;
    element.style.removeProperty("transform");
    if (!stage || !element.dataset.dragged) return;
    const vertical = box.top + box.height / 2 < stage.top + stage.height / 2 ? "top" : "bottom";
    const horizontal = box.left + box.width / 2 < stage.left + stage.width / 2 ? "left" : "right";
    onrest(/** @type {Corner} */ (`${vertical}-${horizontal}`));
  };
  element.addEventListener("pointerup", rest);
  element.addEventListener("pointercancel", rest);
}

/** @param {Scene} scene */
function controls({ state, t, emit }) {
  const { state: asked, audio, video, muted, cameraOff, cameras } = state.devices;
  return h(
    "div",
    { class: "controls", role: "toolbar", "aria-label": t("family.call.controls"), key: "controls" },
    control({ name: muted ? "mic-off" : "mic", words: t(muted ? "family.call.unmute" : "family.call.mute"), on: muted, disabled: audio !== "live", onclick: () => emit({ type: "toggle_microphone" }) }),
    control({ name: cameraOff ? "camera-off" : "camera", words: t(cameraOff ? "family.call.camera_on" : "family.call.camera_off"), on: cameraOff, disabled: video !== "live", onclick: () => emit({ type: "toggle_camera" }) }),
    cameras > 1 && control({ name: "flip", words: t("family.call.flip"), disabled: video !== "live" || cameraOff || asked === "opening", onclick: () => emit({ type: "flip_camera" }) }),
    control({ name: "chat", words: t("family.call.chat"), badge: state.unread, badgeWords: t("family.call.unread", { n: state.unread }), onclick: () => emit({ type: state.chatOpen ? "close_chat" : "open_chat" }) }),
    control({ name: "leave", words: t("family.call.leave"), danger: true, onclick: () => emit({ type: "open_sheet", sheet: "leave" }) }),
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
