/**
 * The stage: the family's picture as large as it goes and nothing over it; before and between, what is going on in its place.
 * Below it the physician's own sound and picture. The video element is the same one for the whole visit.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../view.js").Context} Context
 */

import { clockTime, countdown, hasText } from "../../shared/i18n/i18n.js";
import { guestOf } from "../../shared/guests.js";
import { chat } from "../../shared/ui/chat.js";
import { h, icon } from "../../shared/ui/dom.js";
import { byText } from "../acts.js";
import { whyNoStill } from "../stills.js";
import { guestPicture } from "./guest.js";
import {
  deviceSentence,
  firstCause,
  grouped,
  holdRemainingMs,
  networkSentence,
  numberToCall,
  qualityFigures,
  qualitySentence,
  soundOnly,
} from "../words.js";

/** @param {Visit} visit @param {number} nowMs @param {Context} context */
export function stage(visit, nowMs, context) {
  const gate = visit.session?.gate ?? false;
  const shown = gate && visit.remotePicture && !withoutPicture(visit);
  return h(
    "main",
    { class: `stage night${hasThird(visit) ? " stage-three" : ""}`, id: "main", key: "stage" },
    h(
      "div",
      { class: "stage-picture" },
      h("video", {
        class: "stage-video",
        key: "video",
        autoplay: true,
        playsInline: true,
        srcObject: context.remote,
        "aria-label": context.t("physician.stage.remote"),
        "data-role": "guardian",
        style: { visibility: shown ? "visible" : "hidden" },
      }),
      !shown && h("div", { class: "stage-instead", key: "instead" }, instead(visit, nowMs, context)),
      visit.tapNeeded &&
        gate &&
        h(
          "button",
          {
            class: "button button-primary stage-tap",
            type: "button",
            key: "tap",
            onclick: () => context.emit({ type: "play" }),
          },
          icon("play"),
          context.t("physician.stage.tap"),
        ),
    ),
    guestPicture(visit, context),
    visit.session?.state !== "waiting" && continueBar(visit, context),
    controls(visit, nowMs, context),
  );
}

/** Whether a third person is in the call. @param {Visit} visit */
function hasThird({ session }) {
  return session?.gate === true && (guestOf(session)?.connected ?? false);
}

/** Something outside took camera or microphone in the middle of a visit. @param {Visit} visit @param {Context} context */
function continueBar({ devices: { opened, microphone, camera } }, { t, emit }) {
  if (microphone !== "interrupted" && camera !== "interrupted") return null;
  const which = camera !== "interrupted" ? "audio" : microphone === "interrupted" ? "both" : "video";
  return h(
    "div",
    { class: "continue", key: "continue", role: "alert" },
    h(
      "button",
      { class: "continue-button", type: "button", disabled: !opened, onclick: () => emit({ type: "devices_again" }) },
      icon("warn"),
      h(
        "span",
        { class: "continue-words" },
        h("strong", null, t(opened ? "physician.continue" : "physician.devices.asking")),
        opened && h("span", { class: "small" }, t(`physician.continue.${which}`)),
      ),
    ),
  );
}

/** No picture of the family comes now: a black one, or the last one standing still, would be none. @param {Visit} visit */
function withoutPicture(visit) {
  if (soundOnly(visit)) return true;
  const guardian = visit.session?.seats.find((seat) => seat.role === "guardian");
  return guardian?.doubts.some((doubt) => doubt === "camera_off" || doubt === "sound_only") ?? false;
}

/** @param {Visit} visit @param {number} nowMs @param {Context} context */
function instead(visit, nowMs, context) {
  const { t } = context;
  const state = visit.session?.state;
  if (!visit.session || visit.link === "connecting")
    return h("p", { class: "working", key: "connecting" }, t("physician.state.connecting"));
  if (visit.link !== "online")
    return h(
      "div",
      { class: "stage-say stack", key: "offline" },
      h("p", { class: "stage-headline" }, t(`physician.state.${visit.link}`)),
      h("p", null, t("physician.offline.body")),
    );
  if (state === "held") return held(visit, nowMs, context);
  if (byText(visit)) return written(visit, context);
  if (state === "waiting") return waiting(visit, context);
  if (visit.media === "unavailable") return h("p", { class: "working", key: "unavailable" }, t("physician.stage.unavailable"));
  if (soundOnly(visit))
    return h(
      "div",
      { class: "stage-say stack", key: "network" },
      h("p", { class: "stage-headline" }, t("physician.rung.no_picture")),
      callBack(visit, t),
    );
  if (withoutPicture(visit))
    return h("p", { class: "stage-headline", key: "off" }, icon("camera-off"), " ", t("physician.stage.cameraOff"));
  return h("p", { class: "working", key: "picture" }, t("physician.stage.connecting"));
}

/** @param {Visit} visit @param {number} nowMs @param {Context} context */
function held(visit, nowMs, { t }) {
  const cause = firstCause(visit);
  const left = holdRemainingMs(visit, nowMs);
  const again = visit.session?.resume_to === "verifying";
  return h(
    "div",
    { class: "stage-say stack", key: "held" },
    left !== null &&
      h(
        "p",
        { class: "stage-countdown", key: "left" },
        h("span", { class: "stage-clock figures", role: "timer" }, countdown(left)),
        h("span", null, t("physician.held.remaining")),
      ),
    h("p", null, t(`physician.held.why.${cause}`)),
    again && h("p", { key: "again" }, t("physician.held.reattest")),
    callBack(visit, t),
    h(
      "p",
      { class: "stage-they" },
      h("span", { class: "stage-they-label" }, t("physician.held.theySee")),
      h("q", null, theirWords(cause, t)),
    ),
  );
}

/** @param {Visit} visit @param {Context["t"]} t */
function callBack(visit, t) {
  const number = numberToCall(visit);
  if (!number) return null;
  return h(
    "p",
    { class: "call-back", key: "call-back" },
    h("span", null, t("physician.call_back")),
    h("a", { class: "button", href: `tel:${number}` }, icon("phone"), h("span", { class: "figures" }, grouped(number))),
  );
}

/** Exactly what the family's page says about it. @param {string} cause @param {Context["t"]} t */
function theirWords(cause, t) {
  return hasText(`family.held.${cause}.why`)
    ? `${t(`family.held.${cause}.why`)} ${t(`family.held.${cause}.do`)}`
    : t("family.held.title");
}

/** The visit by text: what is written stands where the picture will be. @param {Visit} visit @param {Context} context */
function written(visit, { t, language, emit }) {
  return h(
    "section",
    { class: "stage-text", key: "text", "aria-labelledby": "stage-text-title" },
    h("h2", { id: "stage-text-title" }, t("physician.text.title"), " ", h("kbd", { "aria-hidden": "true" }, "/")),
    chat({
      t,
      lines: visit.chat,
      own: "physician",
      disabled: visit.link !== "online",
      onsend: (text) => emit({ type: "say", text }),
      time: (at) => clockTime(language, at),
    }),
  );
}

/** The device check: own picture, own level, one sentence. @param {Visit} visit @param {Context} context */
function waiting(visit, context) {
  const { t, emit } = context;
  const sentence = deviceSentence(visit.devices);
  const fine = sentence === "devices.ready";
  const helpable = visit.devices.opened && !fine && visit.devices.support === "ok";
  return h(
    "section",
    { class: "device-check stack-tight", key: "devices", "aria-label": t("physician.devices.title") },
    h("h2", null, t("physician.devices.title")),
    ownPicture(visit, context, "device-preview"),
    visit.devices.microphone === null &&
      h(
        "div",
        { class: "level", key: "level", role: "img", "aria-label": t("physician.devices.level"), mount: context.level },
        h("i"),
      ),
    h(
      "p",
      { class: fine ? "device-fine" : "", role: "status" },
      icon(fine ? "check" : visit.devices.opened ? "warn" : "info"),
      " ",
      t(`physician.${sentence}`),
    ),
    helpable &&
      h(
        "button",
        { class: "button", type: "button", key: "again", onclick: () => emit({ type: "devices_again" }) },
        t("physician.devices.retry"),
      ),
  );
}

/** @param {Visit} visit @param {Context} context @param {string} className */
function ownPicture(visit, { t, own }, className) {
  const seen = own !== null && visit.devices.camera === null && !visit.devices.cameraOff;
  return h(
    "div",
    { class: className, key: className },
    h("video", {
      muted: true,
      autoplay: true,
      playsInline: true,
      srcObject: own,
      "aria-label": t("physician.devices.preview"),
      style: { visibility: seen ? "visible" : "hidden" },
    }),
    !seen && h("span", { class: "own-off", key: "off" }, icon("camera-off")),
  );
}

/** @param {Visit} visit @param {number} nowMs @param {Context} context */
function controls(visit, nowMs, context) {
  const { t, emit } = context;
  const { muted, cameraOff, speakingMuted } = visit.devices;
  const waitingNow = visit.session?.state === "waiting";
  return h(
    "div",
    { class: "controls", role: "group", "aria-label": t("physician.controls"), key: "controls" },
    waitingNow ? h("span", { class: "own-picture", key: "gap" }) : ownPicture(visit, context, "own-picture"),
    toggle(
      t(muted ? "physician.controls.unmute" : "physician.controls.mute"),
      muted ? "mic-off" : "mic",
      "M",
      muted,
      visit.devices.microphone !== null,
      () => emit({ type: "mute" }),
    ),
    toggle(
      t(cameraOff ? "physician.controls.cameraOn" : "physician.controls.cameraOff"),
      cameraOff ? "camera-off" : "camera",
      "V",
      cameraOff,
      visit.devices.camera !== null,
      () => emit({ type: "camera" }),
    ),
    waitingNow ? null : stillButton(visit, context),
    h(
      "div",
      { class: "hints", key: "hints" },
      h(
        "p",
        { class: `muted-hint${speakingMuted ? " muted-hint-speaking" : ""}`, role: "status" },
        speakingMuted ? [icon("mic-off"), t("physician.controls.speakingMuted")] : muted ? t("physician.controls.mutedHint") : "",
      ),
      waitingNow ? null : h("p", { class: "visually-hidden", role: "status", key: "still" }, stillWords(visit, t)),
      network(visit, t),
    ),
    quality(visit, nowMs, t),
  );
}

/** @param {Visit} visit @param {Context} context */
function stillButton(visit, { t, emit }) {
  const why = whyNoStill(visit);
  return h(
    "button",
    { class: "button control", type: "button", key: "S", "aria-keyshortcuts": "S", disabled: why !== null, onclick: () => emit({ type: "still" }) },
    h("span", { class: "control-still" }, h("span", null, t("physician.still.take")), " ", h("span", { class: "small" }, stillWords(visit, t))),
    h("kbd", { "aria-hidden": "true" }, "S"),
  );
}

/** Why no still can be saved now, or what became of the last one. @param {Visit} visit @param {Context["t"]} t */
function stillWords(visit, t) {
  const { still } = visit;
  const why = whyNoStill(visit);
  if (why === "not_agreed" || why === "saving") return t(`physician.still.${why}`);
  if (still.state === "failed") return still.text || t("physician.still.failed");
  if (why) return t(`physician.still.${why}`);
  return still.state === "saved" ? t("physician.still.saved", { n: visit.session?.stills.taken ?? 0 }) : t("physician.still.ready");
}

/**
 * @param {string} label
 * @param {string} name
 * @param {string} keyName
 * @param {boolean} off
 * @param {boolean} missing
 * @param {() => void} onclick
 */
function toggle(label, name, keyName, off, missing, onclick) {
  return h(
    "button",
    {
      class: `button control${off ? " control-off" : ""}`,
      type: "button",
      key: keyName,
      "aria-keyshortcuts": keyName,
      disabled: missing,
      onclick,
    },
    icon(name),
    h("span", { class: "control-word" }, label),
    h("kbd", { "aria-hidden": "true" }, keyName),
  );
}

/** What a weak network leaves, in words; always there, so that it is read out when it changes. @param {Visit} visit @param {Context["t"]} t */
function network(visit, t) {
  const said = networkSentence(visit);
  const onStage = visit.session?.state === "held" || soundOnly(visit);
  return [
    h("p", { class: "network-note", role: "status", key: "network" }, said && icon("info"), said ? t(`physician.${said.key}`) : ""),
    !onStage && callBack(visit, t),
  ];
}

/** @param {Visit} visit @param {number} nowMs @param {Context["t"]} t */
function quality(visit, nowMs, t) {
  const running = visit.session?.gate ?? false;
  if (!running) return h("div", { class: "quality", key: "quality" });
  const { light, said } = qualitySentence(visit, nowMs);
  const figures = qualityFigures(visit, nowMs).filter((leg) => leg.role === "guardian" || leg.role === "physician");
  return h(
    "div",
    { class: "quality", key: "quality" },
    h(
      "span",
      { class: `light light-${light}` },
      h("span", { class: "light-bars", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      t(`physician.${said.key}`),
    ),
    figures.map((leg) =>
      h(
        "span",
        { class: "quality-figures figures", key: leg.role },
        t("physician.quality.figures", {
          who: t(`physician.quality.${leg.role === "physician" ? "you" : "family"}`),
          up: leg.upLoss,
          down: leg.downLoss,
          rtt: leg.rttMs,
        }),
      ),
    ),
  );
}
