/** Wires the page for a lost link. The number is kept nowhere on the device. */

import { ApiProblem, createApi } from "../shared/api.js";
import { isPhone } from "../shared/contact.js";
import { rememberedLanguage, rememberLanguage } from "../shared/i18n/i18n.js";
import { storageOf } from "../shared/storage.js";
import { callable, initialState, refused } from "./state.js";
import { show } from "./view.js";

const root = /** @type {HTMLElement} */ (document.getElementById("page"));
const storage = storageOf(() => window.localStorage);
let state = initialState(rememberedLanguage(storage) ?? "zh");
const api = createApi({ language: () => state.language });

/** @param {Partial<import("./state.js").State>} changed */
function change(changed) {
  state = { ...state, ...changed };
  show(root, state, handle);
}

/** @param {import("./view.js").Intent} intent */
function handle(intent) {
  switch (intent.type) {
    case "choose_language":
      rememberLanguage(storage, intent.language);
      return change({ language: intent.language });
    case "type":
      return change({ phone: intent.phone, fault: null });
    case "again":
      return change({ screen: "ask", phone: "", fault: null });
    case "ask":
      return void ask();
  }
}

async function ask() {
  if (state.busy) return;
  if (!isPhone(state.phone)) return change({ fault: "number" });
  change({ busy: true, fault: null });
  try {
    await api.lostLink(state.phone);
    change({ busy: false, screen: "sent" });
  } catch (error) {
    change(refused(state, error instanceof ApiProblem ? error.code : "unknown"));
  }
}

/** Without them the words to call stand without numbers. */
async function readHospitals() {
  const { hospitals } = await api.book.hospitals();
  change({ hospitals: callable(hospitals) });
}

root.replaceChildren();
change({});
readHospitals().catch(() => {});
