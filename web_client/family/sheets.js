/** What comes up from below: leaving, more, help, withdrawing consent, the physician's licence, the written messages. */

import { clockTime } from "../shared/i18n/i18n.js";
import { chat } from "../shared/ui/chat.js";
import { dialog } from "../shared/ui/dialog.js";
import { h, icon } from "../shared/ui/dom.js";
import { complaintSheet } from "./complaint_sheet.js";
import { button, noticeOf } from "./frame.js";
import { screenOf } from "./state.js";
import { licenceCard } from "./waiting.js";

/** @typedef {import("./frame.js").Scene} Scene */

/** @param {Scene} scene */
export function sheet(scene) {
  switch (scene.state.sheet) {
    case "leave":
      return leaving(scene);
    case "menu":
      return menu(scene);
    case "trouble":
      return trouble(scene);
    case "withdraw":
      return withdrawing(scene);
    case "licence":
      return licence(scene);
    case "complaint":
      return complaintSheet(scene);
    default:
      return null;
  }
}

/** @param {Scene} scene */
function leaving({ state, t, emit }) {
  const prefix = ["waiting", "text"].includes(screenOf(state)) ? "family.leave.waiting_" : "family.leave.";
  const close = () => emit({ type: "close_sheet" });
  return dialog(
    { key: "leave", title: t(`${prefix}title`), onclose: close },
    h("p", null, t(`${prefix}body`)),
    h("div", { class: "dialog-actions" }, button("primary", close, t("family.leave.stay")), button("plain", () => emit({ type: "leave" }), t("family.leave.go"))),
  );
}

/** @param {Scene} scene */
function menu({ state, t, emit }) {
  const close = () => emit({ type: "close_sheet" });
  /** @param {import("./state.js").Sheet} name */
  const open = (name) => () => emit({ type: "open_sheet", sheet: name });
  return dialog(
    { key: "menu", title: t("family.menu.title"), onclose: close },
    h(
      "div",
      { class: "menu" },
      menuLine("eye", t(state.wholePicture ? "family.menu.fill" : "family.menu.whole"), () => emit({ type: "show_whole", whole: !state.wholePicture })),
      menuLine("person", t("family.menu.licence"), open("licence")),
      menuLine("help", t("family.menu.help"), open("trouble")),
      menuLine("chat", t("family.complaint.tap"), () => emit({ type: "complain" })),
      menuLine("shield", t("family.menu.withdraw"), open("withdraw")),
    ),
    button("plain", close, t("common.close")),
  );
}

/** @param {string} name @param {string} words @param {() => void} onclick */
function menuLine(name, words, onclick) {
  return h("button", { key: name, type: "button", class: "menu-line", onclick }, icon(name), words);
}

/** @param {Scene} scene */
function trouble({ t, emit }) {
  const close = () => emit({ type: "close_sheet" });
  return dialog(
    { key: "trouble", title: t("family.trouble.title"), onclose: close },
    h("ul", null, ["hear", "see", "reload", "write"].map((line) => h("li", { key: line }, t(`family.trouble.${line}`)))),
    h("p", { class: "notice notice-warn" }, icon("warn"), t("family.trouble.urgent")),
    h("div", { class: "dialog-actions" }, button("primary", close, t("common.close")), button("plain", () => emit({ type: "reload" }), t("family.trouble.do_reload"))),
  );
}

/** @param {Scene} scene */
function licence(scene) {
  const { t, emit } = scene;
  const close = () => emit({ type: "close_sheet" });
  return dialog({ key: "licence", title: t("family.licence.title"), onclose: close }, licenceCard(scene), button("plain", close, t("common.close")));
}

/** @param {Scene} scene */
function withdrawing(scene) {
  const { state, t, emit } = scene;
  const close = () => emit({ type: "close_sheet" });
  const stills = state.status?.consents.stills === "given";
  const kinds = /** @type {import("../shared/api.js").ConsentKind[]} */ (["recording", "consultation", ...(stills ? ["stills"] : [])]);
  const ends = state.withdrawing !== "stills";
  return dialog(
    { key: "withdraw", title: t("family.withdraw.title"), onclose: close },
    h("p", null, t("family.withdraw.body")),
    h("ul", null, (ends ? ["ends", "kept", "care"] : ["goes_on", "no_more"]).map((line) => h("li", { key: line }, t(`family.withdraw.${line}`)))),
    h(
      "fieldset",
      { class: "bare stack-tight" },
      h("legend", { class: "label" }, t("family.withdraw.which")),
      kinds.map((kind) =>
        h(
          "label",
          { class: "choice", key: kind },
          h("input", { type: "radio", name: "withdraw", checked: kind === state.withdrawing, onchange: () => emit({ type: "choose_withdrawal", kind }) }),
          h("span", null, t(`family.withdraw.${kind}`)),
        ),
      ),
    ),
    noticeOf(scene),
    h(
      "div",
      { class: "dialog-actions" },
      button("plain", close, t("common.cancel"), { large: true }),
      button("danger", () => emit({ type: "withdraw" }), t(ends ? "family.withdraw.go" : "family.withdraw.go_stills"), { busy: state.busy && t("common.working") }),
    ),
  );
}

/** @param {Scene} scene */
export function chatSheet({ state, t, emit }) {
  if (!state.chatOpen) return null;
  const close = () => emit({ type: "close_chat" });
  return h(
    "section",
    { class: "chat-sheet", key: "chat", "aria-label": t("chat.title"), onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && close() },
    h(
      "div",
      { class: "spread" },
      h("h2", null, t("chat.title")),
      h("button", { type: "button", class: "button button-quiet", "aria-label": t("common.close"), onclick: close }, icon("close")),
    ),
    chat({
      t,
      lines: state.chat,
      own: "guardian",
      disabled: state.connection !== "online",
      onsend: (text) => emit({ type: "send_chat", text }),
      time: (at) => clockTime(state.language, at),
    }),
  );
}
