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
  act: ({ session }, page) => void record(page, session),
});

/** One tap, one incident; what could not be sent is sent by the next tap under the same name. @type {Map<string, string>} */
const names = new Map();

/** @param {Pick<import("../shared/staff/page.js").Page<any, import("./state.js").Event>, "api" | "dispatch">} page @param {string} session */
async function record({ api, dispatch }, session) {
  const name = names.get(session) ?? crypto.randomUUID();
  names.set(session, name);
  dispatch({ type: "recording", session });
  try {
    const { number } = await api.opsIncident(session, name);
    names.delete(session);
    dispatch({ type: "recorded", session, number });
  } catch (error) {
    dispatch({ type: "not_recorded", session, code: error instanceof ApiProblem ? error.code : "unknown" });
  }
}
