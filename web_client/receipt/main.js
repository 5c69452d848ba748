/** Wires the page for the destination's desk: the code's token comes from the address; only a tap tells anything. */

import { ApiProblem, createApi } from "../shared/api.js";
import { rememberedLanguage, rememberLanguage } from "../shared/i18n/i18n.js";
import { storageOf } from "../shared/storage.js";
import { initial, screenOfProblem, tokenOf } from "./state.js";
import { show } from "./view.js";

/** @typedef {import("./state.js").State} State */

const root = /** @type {HTMLElement} */ (document.getElementById("page"));
const storage = storageOf(() => window.localStorage);
const token = tokenOf(location.pathname);
/** @type {State} */
let state = initial(rememberedLanguage(storage) ?? "zh", token);
const receipt = createApi({ language: () => state.language }).receipt(token);

/** @param {Partial<State>} changed */
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
    case "ask":
      change({ asking: intent.asking, failed: false, told: false });
      return window.scrollTo(0, 0);
    case "open":
      return void open();
    case "tell":
      return void tell(intent.fact, intent.appointmentAt);
  }
}

async function open() {
  change({ screen: "loading" });
  try {
    change({ screen: "shown", referral: await receipt.open() });
  } catch (error) {
    change({ screen: screenOfProblem(error instanceof ApiProblem ? error.code : "unknown") });
  }
}

/** @param {import("./state.js").Fact} fact @param {string | null} appointmentAt */
async function tell(fact, appointmentAt) {
  if (state.busy) return;
  change({ busy: fact, failed: false });
  try {
    const referral = await receipt.tell(fact, appointmentAt);
    change({ busy: null, told: true, asking: false, referral });
  } catch {
    change({ busy: null, failed: true });
  }
}

root.replaceChildren();
change({});
if (token !== "") void open();
