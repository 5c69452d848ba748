/**
 * Fetches what the family takes home, the letter or the summary, and asks again for a minute while it is being written. A family
 * that withdrew its consent is owed nothing but may still be referred: for ten minutes the page goes on looking for a letter.
 */

/** @typedef {import("../shared/api.js").Api} Api */
/** @typedef {import("./state.js").Event} StateEvent */

/** @type {readonly number[]} */
const WAITS_MS = [0, 500, 1_000, 2_000, 3_000, 5_000, 8_000, 12_000, 15_000, 15_000];

/** @type {readonly number[]} */
const LOOKS_MS = [0, ...Array(120).fill(5_000)];

/** Outcomes after which something is owed. @type {readonly (string | null)[]} */
const OWED = ["completed", "referred"];
/** The outcome after which a letter may still be written. */
const PERHAPS = "consent_withdrawn";

/**
 * @param {Pick<Api, "visit" | "letter" | "summary">} api @param {string} visit @param {(event: StateEvent) => void} dispatch
 * @param {(ms: number) => Promise<void>} [wait]
 */
export async function fetchRecords(api, visit, dispatch, wait = (ms) => new Promise((done) => setTimeout(done, ms))) {
  let waits = WAITS_MS;
  for (let asked = 0; asked < waits.length; asked += 1) {
    await wait(waits[asked]);
    try {
      const status = await api.visit(visit);
      if (status.state !== "ended") continue;
      dispatch({ type: "status", status });
      if (status.letter) return dispatch({ type: "letter", letter: await api.letter(visit) });
      if (status.summary) return dispatch({ type: "summary", summary: await api.summary(visit) });
      if (status.outcome === PERHAPS) waits = LOOKS_MS;
      else if (!OWED.includes(status.outcome)) return;
    } catch {
      // Asked again below; what is late is said in the end.
    }
  }
  if (waits === WAITS_MS) dispatch({ type: "records_late" });
}

const AGAIN_MS = 30_000;

/**
 * Reads the letter again now and then, so that the family sees when the hospital has received it; until the child was seen, and
 * only while somebody looks. Gives the function that ends it.
 *
 * @param {Pick<Api, "letter">} api @param {string} visit @param {(event: StateEvent) => void} dispatch
 * @param {{seen: () => boolean, every?: (work: () => void, ms: number) => () => void}} page  `seen`: whether the page is looked at
 */
export function followReferral(api, visit, dispatch, { seen, every = repeat }) {
  const stop = every(() => {
    if (!seen()) return;
    api.letter(visit).then(
      (letter) => {
        dispatch({ type: "letter", letter });
        if (letter.receipt === "seen") stop();
      },
      () => undefined, // asked again
    );
  }, AGAIN_MS);
  return stop;
}

/** @param {() => void} work @param {number} ms */
function repeat(work, ms) {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}
