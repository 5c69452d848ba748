/**
 * Fetches what the family takes home, the letter and the physician's words, and asks again for a minute while it is being written. What
 * to watch for comes with every end. A family that withdrew its consent is owed nothing but may still be referred: for ten minutes the page goes on looking for a letter.
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
  let read = false; // what every family reads, however the visit ended
  for (let asked = 0; asked < waits.length; asked += 1) {
    await wait(waits[asked]);
    try {
      const status = await api.visit(visit);
      if (status.state !== "ended") continue;
      dispatch({ type: "status", status });
      if (status.letter) dispatch({ type: "letter", letter: await api.letter(visit) });
      const owed = OWED.includes(status.outcome) && !status.letter;
      if (!read || owed) {
        const summary = await api.summary(visit);
        read = !owed || summary.told.length > 0;
        if (read) dispatch({ type: "summary", summary });
      }
      if (status.letter || (read && status.outcome !== PERHAPS)) return;
      if (status.outcome === PERHAPS) waits = LOOKS_MS;
    } catch {
      // Asked again below; what is late is said in the end.
    }
  }
  if (waits === WAITS_MS) dispatch({ type: "records_late" });
}

const AGAIN_MS = 30_000;

/**
 * Reads again now and then what can still change, while somebody looks: how far the referral has come, until the child was seen; what
 * the physician writes for the family later; what the hospital answers. Gives the function that ends it.
 *
 * @param {Pick<Api, "letter" | "summary">} api @param {string} visit @param {(event: StateEvent) => void} dispatch
 * @param {{seen: () => boolean, awaits: () => boolean, look: () => void, every?: (work: () => void, ms: number) => () => void}} page
 *   `seen`: whether the page is looked at; `awaits`: whether a referral is still on its way; `look`: asks for what else can change
 */
export function followRecords(api, visit, dispatch, { seen, awaits, look, every = repeat }) {
  return every(() => {
    if (!seen()) return;
    const again = () => undefined; // it is asked for again
    if (awaits()) api.letter(visit).then((letter) => dispatch({ type: "letter", letter }), again);
    api.summary(visit).then((summary) => dispatch({ type: "summary", summary }), again);
    look();
  }, AGAIN_MS);
}

/** @param {() => void} work @param {number} ms */
function repeat(work, ms) {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}
