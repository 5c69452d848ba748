/** The care coordinator's page, put together: it asks every 15 s for referrals, complaints and incidents. */

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
  ask: async (api) => {
    const [referrals, { concerns, more }] = await Promise.all([api.coordinator.referrals(), api.coordinator.concerns()]);
    return { ...referrals, concerns, moreConcerns: more };
  },
  act: (intent, page) => {
    switch (intent.type) {
      case "reveal":
        return void reveal(page, intent.referral, () => page.api.coordinator.phone(intent.referral));
      case "reveal_concern":
        return void reveal(page, intent.concern, () => page.api.coordinator.concernPhone(intent.concern));
      case "toggle":
      case "further":
      case "ask":
        return page.dispatch(intent);
      case "tell":
        return void tell(page, intent);
      case "answer":
        return void answer(page, intent);
    }
  },
});

/** The server writes down who asked. @param {Page} page @param {string} referral or concern @param {() => Promise<{phone: string}>} read */
async function reveal({ state, dispatch }, referral, read) {
  if (state().busy) return;
  dispatch({ type: "asked", referral });
  try {
    const { phone } = await read();
    dispatch({ type: "phone", referral, phone });
  } catch (error) {
    dispatch({ type: "failed", referral, code: error instanceof ApiProblem ? error.code : "unknown" });
  }
}

/** What was typed stays in its field until the server has it. @param {Page} page @param {Extract<import("./view.js").Intent, {type: "tell"}>} intent */
async function tell({ api, state, dispatch, ask }, { referral, fact, words, appointmentAt, sent }) {
  if (state().busy) return;
  dispatch({ type: "asked", referral });
  try {
    dispatch({ type: "told", line: await api.coordinator.tell(referral, fact, words, appointmentAt) });
    sent();
    await ask();
  } catch (error) {
    dispatch({ type: "failed", referral, code: error instanceof ApiProblem ? error.code : "unknown" });
  }
}

/** What was typed stays in its field until the server has it. @param {Page} page @param {Extract<import("./view.js").Intent, {type: "answer"}>} intent */
async function answer({ api, state, dispatch, ask }, { concern, text, sent }) {
  if (state().busy) return;
  dispatch({ type: "asked", referral: concern });
  try {
    dispatch({ type: "answered", line: await api.coordinator.answer(concern, text) });
    sent();
    await ask();
  } catch (error) {
    dispatch({ type: "failed", referral: concern, code: error instanceof ApiProblem ? error.code : "unknown" });
  }
}
