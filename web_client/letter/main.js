/**
 * What a visit left behind, as a page for the guardian and for the physician: the referral's letter, or the summary, or why
 * there is nothing to read yet. It asks again while the paper is on its way.
 */

import { ApiProblem, createApi } from "../shared/api.js";
import { LOCALES, rememberLanguage, rememberedLanguage, translator } from "../shared/i18n/i18n.js";
import { storageOf } from "../shared/storage.js";
import { render } from "../shared/ui/dom.js";
import { view } from "./view.js";

const AGAIN_MS = 3_000;
const app = /** @type {HTMLElement} */ (document.querySelector("#app"));
const storage = storageOf(() => localStorage);
const visit = new URLSearchParams(location.search).get("visit") ?? "";
const language = rememberedLanguage(storage) ?? "zh";

/** @type {import("./view.js").State} */
let state = { paper: { kind: "loading" }, role: null, visit, english: language === "en" };

const api = createApi({ language: () => language });

/** @param {Partial<import("./view.js").State>} change */
function become(change) {
  state = { ...state, ...change };
  document.documentElement.lang = LOCALES[state.english ? "en" : "zh"];
  const t = translator(state.english ? "en" : "zh");
  document.title = t(state.paper.kind === "summary" ? "letter.summary.title" : "letter.title");
  render(app, view(state, emit));
}

/** @param {import("./view.js").Intent} intent */
function emit(intent) {
  switch (intent.type) {
    case "english":
      rememberLanguage(storage, intent.shown ? "en" : "zh");
      return become({ english: intent.shown });
    case "print":
      return window.print();
    case "again":
      become({ paper: { kind: "loading" } });
      return void read();
  }
}

async function read() {
  try {
    const status = await api.visit(visit);
    if (!status.child_confirmed && status.role === "guardian") return location.replace(`/family/?visit=${encodeURIComponent(visit)}&then=letter`);
    become({ role: status.role });
    if (status.letter) become({ paper: { kind: "letter", letter: await api.letter(visit) } });
    else if (status.state === "ended" && status.outcome !== "referred") become({ paper: { kind: "summary", summary: await api.summary(visit) } });
    else {
      become({ paper: { kind: "none", ended: status.state === "ended" } });
      setTimeout(read, AGAIN_MS);
    }
  } catch (error) {
    become({ paper: { kind: "problem", code: error instanceof ApiProblem ? error.code : "unknown" } });
  }
}

become({});
void read();
