/** The care coordinator's page, put together: sign in, then ask every 15 s; the next question waits for the last answer. */

import { ApiProblem, createApi } from "../shared/api.js";
import { LOCALES, rememberLanguage, rememberedLanguage, translator } from "../shared/i18n/i18n.js";
import { storageOf } from "../shared/storage.js";
import { render } from "../shared/ui/dom.js";
import { initial, reduce } from "./state.js";
import { view } from "./view.js";

const EVERY_MS = 15_000;
const ROLE = "coordinator";

const app = /** @type {HTMLElement} */ (document.querySelector("#app"));
const storage = storageOf(() => localStorage);
const now = () => performance.now();
let language = rememberedLanguage(storage) ?? "zh";
let state = initial();
let asking = false;

const api = createApi({ language: () => language });

/** @param {import("./state.js").Event} event */
function dispatch(event) {
  state = reduce(state, event);
  draw();
}

function draw() {
  const t = translator(language);
  document.documentElement.lang = LOCALES[language];
  document.title = `${t("brand")} · ${t("coordinator.title")}`;
  render(app, view(state, { t, language, emit }));
}

/** @param {import("./view.js").Intent} intent */
function emit(intent) {
  switch (intent.type) {
    case "sign_in":
      return void signIn(intent.login, intent.password);
    case "sign_out":
      return void api
        .signOut()
        .catch(() => undefined)
        .then(() => dispatch({ type: "signed_out" }));
    case "language":
      language = intent.language;
      rememberLanguage(storage, language);
      return draw();
    case "reveal":
      return void reveal(intent.referral);
    case "tell":
      return void tell(intent.referral, intent.fact, intent.words);
  }
}

/** @param {string} login @param {string} password */
async function signIn(login, password) {
  dispatch({ type: "sign_in_sent" });
  try {
    const { role } = await api.signIn(login, password);
    if (role !== ROLE) throw new ApiProblem(403, "wrong_role", "");
    dispatch({ type: "signed_in", me: await api.me(), atMs: now() });
    await ask();
  } catch (error) {
    const problem = error instanceof ApiProblem ? error : new ApiProblem(0, "unknown", "");
    dispatch({ type: "sign_in_failed", code: problem.code, retryAfterS: problem.retryAfterS, atMs: now() });
  }
}

async function begin() {
  try {
    const me = await api.me();
    if (me.role !== ROLE) return dispatch({ type: "signed_out" });
    dispatch({ type: "signed_in", me, atMs: now() });
    await ask();
  } catch (error) {
    if (error instanceof ApiProblem && error.code !== "network") return dispatch({ type: "signed_out" });
    setTimeout(begin, 3_000);
  }
}

async function ask() {
  if (asking || state.screen !== "list") return;
  asking = true;
  try {
    const data = await api.coordinator.referrals();
    if (state.screen === "list") dispatch({ type: "data", data, atMs: now() });
  } catch (error) {
    const over = error instanceof ApiProblem && (error.status === 401 || error.status === 403);
    dispatch(over ? { type: "signed_out" } : { type: "tick", atMs: now() });
  } finally {
    asking = false;
  }
}

/** @param {string} referral */
async function reveal(referral) {
  if (state.busy) return;
  dispatch({ type: "asked", referral });
  try {
    const { phone } = await api.coordinator.phone(referral);
    dispatch({ type: "phone", referral, phone });
  } catch (error) {
    dispatch({ type: "failed", referral, code: error instanceof ApiProblem ? error.code : "unknown" });
  }
}

/** @param {string} referral @param {string} fact @param {string} words */
async function tell(referral, fact, words) {
  if (state.busy) return;
  dispatch({ type: "asked", referral });
  try {
    dispatch({ type: "told", line: await api.coordinator.tell(referral, fact, words) });
    await ask();
  } catch (error) {
    dispatch({ type: "failed", referral, code: error instanceof ApiProblem ? error.code : "unknown" });
  }
}

setInterval(() => void ask(), EVERY_MS);
setInterval(() => {
  if (state.screen !== "loading") dispatch({ type: "tick", atMs: now() });
}, 1_000);
draw();
void begin();
