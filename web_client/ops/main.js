/** Operations' page, put together: it asks once a second. */

import { ApiProblem } from "../shared/api.js";
import { staffPage } from "../shared/staff/page.js";
import { initial, reduce } from "./state.js";
import { view } from "./view.js";

staffPage({
  title: "ops.title",
  roles: ["operations", "administrator"],
  everyMs: 1_000,
  timeoutMs: 5_000,
  initial,
  reduce,
  view,
  ask: (api) => api.opsSessions(),
  act: (intent, page) => (intent.type === "incident" ? page.dispatch(intent) : void record(page, intent)),
});

/** One incident of a kind; what could not be sent is sent by the next tap on it under the same name. @type {Map<string, string>} */
const names = new Map();

/** @param {Pick<import("../shared/staff/page.js").Page<any, import("./state.js").Event>, "api" | "dispatch">} page @param {{session: string, category: string}} incident */
async function record({ api, dispatch }, { session, category }) {
  const key = `${session} ${category}`;
  const name = names.get(key) ?? crypto.randomUUID();
  names.set(key, name);
  dispatch({ type: "recording", session, category });
  try {
    const { number } = await api.opsIncident(session, category, name);
    names.delete(key);
    dispatch({ type: "recorded", session, number });
  } catch (error) {
    dispatch({ type: "not_recorded", session, code: error instanceof ApiProblem ? error.code : "unknown" });
  }
}
