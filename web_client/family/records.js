/** Fetches what the family takes home, the letter or the summary, and asks again for a minute while it is being written. */

/** @typedef {import("../shared/api.js").Api} Api */
/** @typedef {import("./state.js").Event} StateEvent */

const WAITS_MS = [0, 500, 1_000, 2_000, 3_000, 5_000, 8_000, 12_000, 15_000, 15_000];

/** Outcomes after which something is owed; after any other there may still be a letter. @type {readonly (string | null)[]} */
const OWED = ["completed", "referred"];

/**
 * @param {Pick<Api, "visit" | "letter" | "summary">} api @param {string} visit @param {(event: StateEvent) => void} dispatch
 * @param {(ms: number) => Promise<void>} [wait]
 */
export async function fetchRecords(api, visit, dispatch, wait = (ms) => new Promise((done) => setTimeout(done, ms))) {
  for (const ms of WAITS_MS) {
    await wait(ms);
    try {
      const status = await api.visit(visit);
      if (status.state !== "ended") continue;
      dispatch({ type: "status", status });
      if (status.letter) return dispatch({ type: "letter", letter: await api.letter(visit) });
      if (status.summary) return dispatch({ type: "summary", summary: await api.summary(visit) });
      if (!OWED.includes(status.outcome)) return;
    } catch {
      // Asked again below; what is late is said in the end.
    }
  }
  dispatch({ type: "records_late" });
}
