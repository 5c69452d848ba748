/** Whether the doctor's link is good, tried as the page opens: so that one that is over says so before anybody begins. */

import { ApiProblem } from "../shared/api.js";
import { screenOfProblem } from "./state.js";

/** @typedef {import("./state.js").Screen} Screen */

/** @param {unknown} error @returns {Screen} */
export function screenOfError(error) {
  return screenOfProblem(error instanceof ApiProblem ? error.code : "unknown");
}

/**
 * Asks once, which opens no room. A refusal that comes when the check has begun meanwhile is left to the check.
 * @param {{begin: () => Promise<unknown>}} server @param {() => Screen} screen what is shown now @param {(refused: Screen) => void} refuse
 */
export async function tryLink(server, screen, refuse) {
  try {
    await server.begin();
  } catch (error) {
    if (screen() === "ready") refuse(screenOfError(error));
  }
}
