/**
 * A staff page, put together: sign in, then ask again and again; the next question waits for the last answer. A session that is over
 * shows the sign-in; a server that does not answer leaves what is on screen, which says how old it is.
 */

import { ApiProblem, createApi } from "../api.js";
import { LOCALES, rememberLanguage, rememberedLanguage, translator } from "../i18n/i18n.js";
import { storageOf } from "../storage.js";
import { render } from "../ui/dom.js";

const TICK_MS = 1_000;
const RETRY_MS = 3_000;

/**
 * What a page does its own intents with. `ask` asks now rather than when it is time.
 *
 * @template S, E
 * @typedef {{api: import("../api.js").Api, now: () => number, state: () => S, dispatch: (event: E | import("./entry.js").EntryEvent<any>) => void, ask: () => Promise<void>}} Page
 */

/**
 * `title` is a key of the catalogue; `roles` are those that may sign in here; `ask` gives the data that the state is renewed with.
 *
 * @template {import("./entry.js").Entry<any>} S
 * @template {{type: string}} E
 * @template {{type: string}} I
 * @param {{title: string, roles: readonly string[], everyMs: number, timeoutMs?: number, initial: () => S,
 *          reduce: (state: S, event: E | import("./entry.js").EntryEvent<any>) => S,
 *          view: (state: S, context: import("./view.js").Context<I>) => import("../ui/dom.js").Child,
 *          ask: (api: import("../api.js").Api, state: S) => Promise<any>,
 *          act?: (intent: I, page: Page<S, E>) => void}} options
 * @returns {Page<S, E>}
 */
export function staffPage({ title, roles, everyMs, timeoutMs, initial, reduce, view, ask: question, act }) {
  const app = /** @type {HTMLElement} */ (document.querySelector("#app"));
  const storage = storageOf(() => localStorage);
  const now = () => performance.now();
  let language = rememberedLanguage(storage) ?? "zh";
  let state = initial();
  /** @type {Promise<void> | null} */
  let asking = null;

  const api = createApi({ language: () => language, ...(timeoutMs && { timeoutMs }) });

  /** @param {E | import("./entry.js").EntryEvent<any>} event */
  function dispatch(event) {
    state = reduce(state, event);
    draw();
  }

  function draw() {
    const t = translator(language);
    document.documentElement.lang = LOCALES[language];
    document.title = `${t("brand")} · ${t(title)}`;
    render(app, view(state, { t, language, emit }));
  }

  /** @param {I | import("./view.js").StaffIntent} intent */
  function emit(intent) {
    const common = /** @type {import("./view.js").StaffIntent} */ (intent);
    switch (common.type) {
      case "sign_in":
        return void signIn(common.login, common.password);
      case "sign_out":
        return void api
          .signOut()
          .catch(() => undefined)
          .then(() => dispatch({ type: "signed_out" }));
      case "language":
        language = common.language;
        rememberLanguage(storage, language);
        return draw();
      default:
        return act?.(/** @type {I} */ (intent), page);
    }
  }

  /** @param {string} login @param {string} password */
  async function signIn(login, password) {
    dispatch({ type: "sign_in_sent" });
    try {
      const { role } = await api.signIn(login, password);
      if (!roles.includes(role)) throw new ApiProblem(403, "wrong_role", "");
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
      if (!roles.includes(me.role)) return dispatch({ type: "signed_out" });
      dispatch({ type: "signed_in", me, atMs: now() });
      await ask();
    } catch (error) {
      if (error instanceof ApiProblem && error.code !== "network") return dispatch({ type: "signed_out" });
      setTimeout(begin, RETRY_MS);
    }
  }

  /** After what is being asked already, whose answer may be of before. */
  function ask() {
    const mine = (asking ?? Promise.resolve()).then(askOnce).finally(() => {
      if (asking === mine) asking = null;
    });
    asking = mine;
    return mine;
  }

  async function askOnce() {
    if (state.screen !== "open") return;
    try {
      const data = await question(api, state);
      if (state.screen === "open") dispatch({ type: "data", data, atMs: now() });
    } catch (error) {
      const over = error instanceof ApiProblem && (error.status === 401 || error.status === 403);
      dispatch(over ? { type: "signed_out" } : { type: "tick", atMs: now() });
    }
  }

  setInterval(() => void (asking ?? ask()), everyMs);
  setInterval(() => {
    if (state.screen !== "loading") dispatch({ type: "tick", atMs: now() });
  }, TICK_MS);
  const page = Object.freeze({ api, now, state: () => state, dispatch, ask });
  draw();
  void begin();
  return page;
}
