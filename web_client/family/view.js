/** Draws the family's state and emits what the guardian asks for. It decides nothing and knows no network, clock or device. */

import { LOCALES, translator } from "../shared/i18n/i18n.js";
import { render } from "../shared/ui/dom.js";
import { turnOn } from "./bare.js";
import { early } from "./early.js";
import { ended, left, loading, problem, superseded } from "./after.js";
import { room } from "./room.js";
import { chatSheet, sheet } from "./sheets.js";
import { prepareScreen } from "./prepare.js";
import { screenOf } from "./state.js";
import { childStep, consentStep, declined, devicesStep, languageStep, unsupported, wrongChild } from "./steps.js";
import { textRoom } from "./text_room.js";
import { waiting } from "./waiting.js";

/** @typedef {import("./frame.js").Scene} Scene */
/** @typedef {import("./frame.js").Emit} Emit */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Screen} Screen */

/** @type {Readonly<Record<Screen, (scene: Scene) => import("../shared/ui/dom.js").Child>>} */
const SCREENS = Object.freeze({
  loading, problem, language: languageStep, child: childStep, wrong_child: wrongChild, consent: consentStep, declined, early, unsupported,
  devices: devicesStep, prepare: prepareScreen, waiting, turn_on: turnOn, text: textRoom, call: room, held: room, ended, left, superseded,
}); // prettier-ignore

/**
 * @param {HTMLElement} root @param {Emit} emit
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
      render(root, [SCREENS[screen](scene), chatSheet(scene), sheet(scene)]);
      const name = `${screen}/${screen === "consent" ? state.consentKind : screen === "prepare" ? state.preparation?.step : ""}`;
      if (name === shown) return;
      const first = shown === "";
      shown = name;
      document.title = titleOf(root, t);
      if (!first) announce(root);
    },
    /** Play what the browser held back; must run inside a tap. */
    play() {
      for (const video of root.querySelectorAll("video")) void video.play().catch(() => undefined);
    },
  };
}

/** @param {HTMLElement} root @param {import("../shared/i18n/i18n.js").Translate} t */
function titleOf(root, t) {
  const words = root.querySelector("[data-screen-title]")?.textContent;
  return [words, t("brand")].filter(Boolean).join(" · ");
}

/** A new screen starts at its top and is read from its title. @param {HTMLElement} root */
function announce(root) {
  window.scrollTo(0, 0);
  if (root.querySelector("[role=dialog]")) return;
  /** @type {HTMLElement | null} */ (root.querySelector("[data-screen-title]"))?.focus({ preventScroll: true });
}
