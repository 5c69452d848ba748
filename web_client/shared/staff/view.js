/** The frame of a staff page: masthead, and the sign-in where nobody is signed in. */

import { masthead } from "../ui/frame.js";
import { signIn } from "../ui/sign_in.js";
import { waitS } from "./entry.js";

/**
 * What every staff page may want.
 * @typedef {{type: "sign_in", login: string, password: string} | {type: "sign_out"}
 *   | {type: "language", language: import("../i18n/i18n.js").Language}} StaffIntent
 */

/**
 * @template I
 * @typedef {{t: import("../i18n/i18n.js").Translate, language: import("../i18n/i18n.js").Language, emit: (intent: I | StaffIntent) => void}} Context
 */

/**
 * `inside` is the page's own, also while it is loading.
 *
 * @template I
 * @param {import("./entry.js").Entry<any>} state @param {Context<I>} context
 * @param {{title: string, signIn: string, inside: () => import("../ui/dom.js").Child}} page
 */
export function staffView(state, context, { title, signIn: heading, inside }) {
  const { t, language, emit } = context;
  return [
    masthead({
      t,
      language,
      title,
      who: state.me?.name ?? null,
      onlanguage: (chosen) => emit({ type: "language", language: chosen }),
      onsignout: () => emit({ type: "sign_out" }),
    }),
    state.screen === "sign_in" ? entrance(state, context, heading) : inside(),
  ];
}

/**
 * @template I
 * @param {{signIn: import("./entry.js").SignIn, nowMs: number}} state @param {Context<I>} context @param {string} title
 */
export function entrance(state, { t, emit }, title) {
  return signIn({
    t,
    title,
    busy: state.signIn.busy,
    problem: state.signIn.problem,
    waitS: waitS(state),
    onsubmit: (login, password) => emit({ type: "sign_in", login, password }),
  });
}
