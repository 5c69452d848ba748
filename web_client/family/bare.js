/**
 * Being in the visit without camera and microphone: to wait, and to write with the physician, needs neither. They are asked for when the
 * visit becomes one by video, or when the family wants to try them before.
 */

import { h, icon } from "../shared/ui/dom.js";
import { button, page, title } from "./frame.js";
import { isBare } from "./state.js";
import { deviceHelp } from "./steps.js";

/** @typedef {import("./frame.js").Scene} Scene */

/** In the waiting room: that nothing is on, and the way to try it before it is needed. @param {Scene} scene */
export function bareCard(scene) {
  const { state, t } = scene;
  if (!isBare(state)) return null;
  return h(
    "section",
    { class: "card stack-tight", key: "bare", "aria-label": t("family.bare.title") },
    h("h2", { class: "with-icon" }, icon("camera-off"), t("family.bare.title")),
    h("p", { class: "soft" }, t("family.bare.lead")),
    deviceHelp(scene) ?? opener(scene, "plain"),
  );
}

/** The physician wants to see the child: now they are needed. @param {Scene} scene */
export function turnOn(scene) {
  const { state, t, emit } = scene;
  return page(
    scene,
    { key: "turn-on" },
    h("div", { class: "stack-tight" }, title(state, t("family.turn_on.title")), h("p", null, t("family.turn_on.lead"))),
    deviceHelp(scene) ?? opener(scene, "primary"),
    h("p", { class: "with-icon small" }, icon("shield"), h("span", null, t("family.turn_on.recorded"))),
    h(
      "div",
      { class: "stack-tight actions" },
      button("plain", () => emit({ type: "open_chat" }), [icon("chat"), t("family.waiting.chat")]),
      button("quiet", () => emit({ type: "open_sheet", sheet: "trouble" }), [icon("help"), t("common.help")]),
      button("quiet", () => emit({ type: "open_sheet", sheet: "withdraw" }), t("family.menu.withdraw")),
    ),
  );
}

/** @param {Scene} scene @param {"primary" | "plain"} kind */
function opener({ state, t, emit }, kind) {
  const busy = state.devices.state === "opening" && t("family.devices.opening");
  return button(kind, () => emit({ type: "open_devices" }), t("family.devices.open"), { busy, key: "open" });
}
