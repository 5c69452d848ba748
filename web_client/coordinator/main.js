/** The care coordinator's page, put together: it asks every 15 s. */

import { ApiProblem } from "../shared/api.js";
import { staffPage } from "../shared/staff/page.js";
import { initial, reduce } from "./state.js";
import { view } from "./view.js";

/** @typedef {import("../shared/staff/page.js").Page<import("./state.js").State, import("./state.js").Event>} Page */

staffPage({
  title: "coordinator.title",
  roles: ["coordinator"],
  everyMs: 15_000,
  initial,
  reduce,
  view,
  ask: (api) => api.coordinator.referrals(),
  act: (intent, page) =>
    void (intent.type === "reveal" ? reveal(page, intent.referral) : tell(page, intent.referral, intent.fact, intent.words)),
});

/** @param {Page} page @param {string} referral */
async function reveal({ api, state, dispatch }, referral) {
  if (state().busy) return;
  dispatch({ type: "asked", referral });
  try {
    const { phone } = await api.coordinator.phone(referral);
    dispatch({ type: "phone", referral, phone });
  } catch (error) {
    dispatch({ type: "failed", referral, code: error instanceof ApiProblem ? error.code : "unknown" });
  }
}

/** @param {Page} page @param {string} referral @param {"contacted" | "seen"} fact @param {string} words */
async function tell({ api, state, dispatch, ask }, referral, fact, words) {
  if (state().busy) return;
  dispatch({ type: "asked", referral });
  try {
    dispatch({ type: "told", line: await api.coordinator.tell(referral, fact, words) });
    await ask();
  } catch (error) {
    dispatch({ type: "failed", referral, code: error instanceof ApiProblem ? error.code : "unknown" });
  }
}
