/** Wires the join page: the token comes from the address, and only a tap redeems it (link previews never do). */

import { ApiProblem, createApi } from "../shared/api.js";
import { rememberedLanguage, rememberLanguage } from "../shared/i18n/i18n.js";
import { storageOf } from "../shared/storage.js";
import { destinationOf, screenOfProblem, tokenOf } from "./state.js";
import { show } from "./view.js";

/** @typedef {import("./state.js").State} State */

const root = /** @type {HTMLElement} */ (document.getElementById("page"));
const storage = storageOf(() => window.localStorage);
const token = tokenOf(location.pathname);
/** @type {State} */
let state = { language: rememberedLanguage(storage) ?? "zh", screen: token === "" ? "unknown" : "ask" };
const api = createApi({ language: () => state.language });

/** @param {Partial<State>} changed */
function change(changed) {
  state = { ...state, ...changed };
  show(root, state, handle);
}

/** @param {import("./view.js").Intent} intent */
function handle(intent) {
  if (intent.type === "choose_language") {
    rememberLanguage(storage, intent.language);
    change({ language: intent.language });
  } else void join();
}

async function join() {
  if (state.screen === "joining") return;
  change({ screen: "joining" });
  try {
    const { visit, next } = await api.join(token);
    // The link leaves the history, so that "back" does not return to it.
    location.replace(destinationOf(next, visit));
  } catch (error) {
    change({ screen: screenOfProblem(error instanceof ApiProblem ? error.code : "unknown") });
  }
}

root.replaceChildren();
change({});
