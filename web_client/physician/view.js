/**
 * The physician's page as a function of what it knows. It renders state and emits intents; it knows no network and no clock.
 *
 * @typedef {import("./types.js").State} State
 * @typedef {import("./types.js").Act} Act
 * @typedef {import("./types.js").Panel} Panel
 * @typedef {import("./types.js").Drafts} Drafts
 * @typedef {import("../shared/i18n/i18n.js").Language} Language
 * @typedef {import("../shared/i18n/i18n.js").Translate} Translate
 *
 * @typedef {{type: "sign_in", login: string, password: string}
 *   | {type: "sign_out"}
 *   | {type: "language", language: Language}
 *   | {type: "open", visit: string}
 *   | {type: "back"}
 *   | {type: "leave"}
 *   | {type: "take_over"}
 *   | {type: "panel", panel: Panel | null}
 *   | {type: "show_document", id: string}
 *   | {type: "draft", draft: Partial<Drafts>}
 *   | {type: "note_type", code: string, text: string}
 *   | {type: "note_sign"}
 *   | {type: "incident", category: string}
 *   | {type: "incident_add", concern: string, text: string}
 *   | {type: "act", act: Act}
 *   | {type: "say", text: string}
 *   | {type: "mute"}
 *   | {type: "camera"}
 *   | {type: "still"}
 *   | {type: "invite"}
 *   | {type: "take_back"}
 *   | {type: "guest_form", form: Partial<import("./guest_desk.js").GuestForm>}
 *   | {type: "copy_link"}
 *   | {type: "devices_again"}
 *   | {type: "play"}} Intent
 *
 * @typedef {Object} Context what a view needs beside the state
 * @property {Translate} t
 * @property {Language} language
 * @property {(intent: Intent) => void} emit
 * @property {MediaStream | null} own
 * @property {MediaStream | null} remote the family's sound and picture
 * @property {ReadonlyMap<string, MediaStream>} remotes everybody's, by role
 * @property {(element: HTMLElement) => void} level keeps the element's `--level` at the loudness of the microphone
 */

import { h } from "../shared/ui/dom.js";
import { entrance } from "../shared/staff/view.js";
import { masthead } from "../shared/ui/frame.js";
import { visitScreen } from "./views/visit.js";
import { worklist } from "./views/worklist.js";

/**
 * @param {State} state
 * @param {Context} context
 */
export function view(state, context) {
  if (state.screen === "visit" && state.visit) return visitScreen(state.visit, state, context);
  return [frame(state, context), screen(state, context)];
}

/** @param {State} state @param {Context} context */
function frame(state, { t, language, emit }) {
  return masthead({
    t,
    language,
    title: t("physician.title"),
    who: state.me && state.screen === "worklist" ? state.me.name : null,
    onlanguage: (chosen) => emit({ type: "language", language: chosen }),
    onsignout: () => emit({ type: "sign_out" }),
  });
}

/** @param {State} state @param {Context} context */
function screen(state, context) {
  const { t } = context;
  switch (state.screen) {
    case "sign_in":
      return entrance(state, context, t("physician.signIn"));
    case "worklist":
      return worklist(state, context);
    default:
      return h(
        "main",
        { id: "main", class: "page-center", key: "loading" },
        h("p", { class: "working", role: "status" }, t(state.unreachable ? "physician.unreachable" : "physician.loading")),
      );
  }
}
