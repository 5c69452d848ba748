/** Operations' page, put together: sign in, then ask once a second; the next question waits for the last answer. */

import { ApiProblem, createApi } from "../shared/api.js";
import { LOCALES, rememberLanguage, rememberedLanguage, translator } from "../shared/i18n/i18n.js";
import { storageOf } from "../shared/storage.js";
import { render } from "../shared/ui/dom.js";
import { initial, reduce } from "./state.js";
import { view } from "./view.js";

const EVERY_MS = 1_000;
const ROLES = new Set(["operations", "administrator"]);

const app = /** @type {HTMLElement} */ (document.querySelector("#app"));
const storage = storageOf(() => localStorage);
const now = () => performance.now();
let language = rememberedLanguage(storage) ?? "zh";
let state = initial();
let asking = false;

const api = createApi({ language: () => language, timeoutMs: 5_000 });

/** @param {import("./state.js").Event} event */
function dispatch(event) {
  state = reduce(state, event);
  draw();
}

function draw() {
  const t = translator(language);
  document.documentElement.lang = LOCALES[language];
  document.title = `${t("brand")} · ${t("ops.title")}`;
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
  }
}

/** @param {string} login @param {string} password */
async function signIn(login, password) {
  dispatch({ type: "sign_in_sent" });
  try {
    const { role } = await api.signIn(login, password);
    if (!ROLES.has(role)) throw new ApiProblem(403, "wrong_role", "");
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
    if (!ROLES.has(me.role)) return dispatch({ type: "signed_out" });
    dispatch({ type: "signed_in", me, atMs: now() });
    await ask();
  } catch (error) {
    if (error instanceof ApiProblem && error.code !== "network") return dispatch({ type: "signed_out" });
    setTimeout(begin, 3 * EVERY_MS);
  }
}

async function ask() {
  if (asking || state.screen !== "table") return;
  asking = true;
  try {
    const data = await api.opsSessions();
    if (state.screen === "table") dispatch({ type: "data", data, atMs: now() });
  } catch (error) {
    const over = error instanceof ApiProblem && (error.status === 401 || error.status === 403);
    dispatch(over ? { type: "signed_out" } : { type: "tick", atMs: now() });
  } finally {
    asking = false;
  }
}

setInterval(() => {
  void ask();
  if (state.screen !== "loading") dispatch({ type: "tick", atMs: now() });
}, EVERY_MS);
draw();
void begin();
