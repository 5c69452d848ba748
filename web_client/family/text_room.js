/** The visit by text: what is written fills the phone; nobody is seen or heard yet, and it may become a video visit. */

import { clockTime } from "../shared/i18n/i18n.js";
import { chat } from "../shared/ui/chat.js";
import { h, icon } from "../shared/ui/dom.js";
import { languageSwitch } from "../shared/ui/masthead.js";
import { banner } from "./frame.js";
import { seatOf } from "./state.js";

/** @typedef {import("./frame.js").Scene} Scene */

/** @param {Scene} scene */
export function textRoom(scene) {
  const { state, t, emit } = scene;
  const here = seatOf(state, "physician")?.connected ?? false;
  return h(
    "div",
    { class: "text-room", key: "text-room" },
    h("header", { class: "masthead" }, h("span", { class: "brand" }, icon("brand"), t("brand")), languageSwitch(scene)),
    banner(scene),
    h(
      "main",
      { id: "main", class: "text-room-main", "aria-label": t("family.page"), tabindex: "-1" },
      h("p", { class: "text-room-sentence", role: "status", "data-screen-title": true, tabindex: "-1" }, t(here ? "family.text.title" : "family.text.away")),
      chat({
        t,
        lines: state.chat,
        own: "guardian",
        disabled: state.connection !== "online",
        onsend: (text) => emit({ type: "send_chat", text }),
        time: (at) => clockTime(state.language, at),
      }),
    ),
    h(
      "div",
      { class: "text-room-actions" },
      action(t("common.help"), () => emit({ type: "open_sheet", sheet: "trouble" })),
      action(t("family.menu.withdraw"), () => emit({ type: "open_sheet", sheet: "withdraw" })),
      action(t("family.text.leave"), () => emit({ type: "open_sheet", sheet: "leave" })),
    ),
  );
}

/** @param {string} words @param {() => void} onclick */
function action(words, onclick) {
  return h("button", { type: "button", key: words, class: "button button-quiet", onclick }, words);
}
