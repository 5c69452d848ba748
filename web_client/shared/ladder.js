/**
 * The rescue ladder of this page's own uplink (PROTOCOL.md, section 8): the same machine as media/rate/ladder.py, which explains the
 * figures and holds a receiver's downlink to them; one corpus (tests/corpus/ladder) holds both to the same rungs. Pure: times come
 * with the looks.
 *
 * @typedef {"full" | "low" | "stills" | "sound" | "chat"} Rung
 * @typedef {{estimateBps: number | null, sentBps: number, loss: number | null, carried: Rung}} Evidence
 *   what the path bears, null while unknown; what went over it lately; the part of the sound that did not arrive, null while unknown;
 *   the rung that is carried now, when that is less than the ladder's own because a receiver bears less
 * @typedef {{rung: Rung, settledMs: number, triedMs: number | null, triedBps: number | null, waitMs: number, since: Readonly<Noted>}} Ladder
 * @typedef {{starved: number | null, suffering: number | null, drowned: number | null, heard: number | null, proven: number | null, clear: number | null}} Noted
 *   since when it is so
 */

/** Best first. @type {readonly Rung[]} */
export const RUNGS = Object.freeze(["full", "low", "stills", "sound", "chat"]);

/** With such an estimate a rung is entered. @type {ReadonlyMap<Rung, number>} */
const ENOUGH_BPS = new Map([["full", 600_000], ["low", 240_000], ["stills", 200_000]]); // prettier-ignore
/** Below this a rung is left. @type {ReadonlyMap<Rung, number>} */
const KEPT_BPS = new Map([["full", 500_000], ["low", 180_000], ["stills", 100_000]]); // prettier-ignore
const PROOF = 1.1;
const STARVED_MS = 1_000;
const FILLED = 0.5;
const SUFFERING = Object.freeze({ loss: 0.15, ms: 2_000 });
const DROWNED = Object.freeze({ loss: 0.4, ms: 5_000 });
const HEARD = Object.freeze({ loss: 0.25, ms: 4_000 });
const CLEAR = Object.freeze({ loss: 0.1, ms: 2_000 });
const FIRST_WAIT_MS = 4_000;
const LAST_WAIT_MS = 60_000;
const TRIAL_MS = 5_000;
const GROWN = 1.35;
const COLLAPSED = 0.7;
const SETTLING_MS = 4_000;

/** @type {Readonly<Noted>} */
const NOTHING = Object.freeze({ starved: null, suffering: null, drowned: null, heard: null, proven: null, clear: null });

/** A new path: all is carried until something is known. @param {number} nowMs @returns {Ladder} */
export function begin(nowMs) {
  return on("full", nowMs + SETTLING_MS, {});
}

/** Nothing passed for a while, or passes again: what was measured is of no use, the rung stays. @param {Ladder} ladder @param {number} nowMs @returns {Ladder} */
export function interrupted({ rung, waitMs }, nowMs) {
  return on(rung, nowMs + SETTLING_MS, { waitMs });
}

/** The ladder after a look; to be called every 250 to 1000 ms while media flows. @param {Ladder} ladder @param {Evidence} evidence @param {number} nowMs @returns {Ladder} */
export function look(ladder, evidence, nowMs) {
  const noting = { ...ladder, since: noted(ladder, evidence, nowMs) };
  const seen = lasted(noting.triedMs, TRIAL_MS, nowMs) ? judged(noting, evidence, nowMs) : noting;
  if (seen.rung !== ladder.rung) return seen;
  const fallen = down(seen, evidence, nowMs);
  if (fallen) return fall(seen, fallen, nowMs);
  if (proven(seen, nowMs)) return on(above(seen.rung), seen.settledMs, {});
  if (mayTry(seen, evidence, nowMs)) return trial(seen, evidence, nowMs);
  return seen;
}

/** @param {Rung} a @param {Rung} b @returns {Rung} */
export function worse(a, b) {
  return RUNGS[Math.max(RUNGS.indexOf(a), RUNGS.indexOf(b))];
}

/** @param {Rung} a @param {Rung} b @returns {Rung} */
export function better(a, b) {
  return RUNGS[Math.min(RUNGS.indexOf(a), RUNGS.indexOf(b))];
}

/** @param {Rung} rung @returns {Rung} */
function above(rung) {
  return RUNGS[Math.max(0, RUNGS.indexOf(rung) - 1)];
}

/** @param {Rung} rung @returns {Rung} */
function below(rung) {
  return RUNGS[Math.min(RUNGS.indexOf(rung) + 1, RUNGS.length - 1)];
}

/** On a rung, where all is noted anew. @param {Rung} rung @param {number} settledMs @param {{triedMs?: number, triedBps?: number | null, waitMs?: number}} more @returns {Ladder} */
function on(rung, settledMs, { triedMs, triedBps, waitMs }) {
  return { rung, settledMs, triedMs: triedMs ?? null, triedBps: triedBps ?? null, waitMs: waitMs ?? FIRST_WAIT_MS, since: NOTHING };
}

// --- what a look notes ----------------------------------------------------------------------------------------------

/** @param {Ladder} ladder @param {Evidence} evidence @param {number} nowMs @returns {Noted} */
function noted(ladder, evidence, nowMs) {
  const { loss, estimateBps } = evidence;
  const enoughBps = ENOUGH_BPS.get(above(ladder.rung));
  const quiet = loss === null || loss < CLEAR.loss;
  /** @type {Record<keyof Noted, boolean>} */
  const holds = {
    starved: starved(ladder, evidence, nowMs),
    suffering: loss !== null && loss >= SUFFERING.loss,
    drowned: loss !== null && loss >= DROWNED.loss,
    heard: loss !== null && loss < HEARD.loss,
    proven: quiet && enoughBps !== undefined && estimateBps !== null && estimateBps >= enoughBps * PROOF,
    clear: quiet,
  };
  /** @param {keyof Noted} name */
  const since = (name) => (holds[name] ? (ladder.since[name] ?? nowMs) : null);
  return {
    starved: since("starved"),
    suffering: since("suffering"),
    drowned: since("drowned"),
    heard: since("heard"),
    proven: since("proven"),
    clear: since("clear"),
  };
}

/** @param {number | null} sinceMs @param {number} forMs @param {number} nowMs */
function lasted(sinceMs, forMs, nowMs) {
  return sinceMs !== null && nowMs - sinceMs >= forMs;
}

/**
 * Whether the estimate is too little for what is carried. One that nobody uses up does not count.
 * @param {Ladder} ladder @param {Evidence} evidence @param {number} nowMs
 */
function starved({ rung, settledMs, triedMs, triedBps }, { estimateBps, sentBps, carried }, nowMs) {
  const least = worse(rung, carried);
  const keptBps = KEPT_BPS.get(least);
  if (estimateBps === null || nowMs < settledMs || keptBps === undefined) return false;
  if (triedMs !== null) return triedBps !== null && estimateBps < COLLAPSED * triedBps;
  return estimateBps < keptBps && sentBps >= FILLED * estimateBps;
}

/**
 * A trial is over: on where the estimate has grown, there where it is enough (or nobody knows), else back and wait longer.
 * @param {Ladder} ladder @param {Evidence} evidence @param {number} nowMs @returns {Ladder}
 */
function judged(ladder, evidence, nowMs) {
  const { estimateBps, sentBps } = evidence;
  if (estimateBps !== null && ladder.triedBps !== null && estimateBps >= GROWN * ladder.triedBps) return trial(ladder, evidence, nowMs);
  const enough = estimateBps === null || estimateBps >= (KEPT_BPS.get(ladder.rung) ?? 0) || sentBps < FILLED * estimateBps;
  if (enough) return { ...ladder, triedMs: null, triedBps: null, waitMs: FIRST_WAIT_MS };
  return fall(ladder, below(ladder.rung), nowMs);
}

/** @param {Ladder} ladder @param {Evidence} evidence @param {number} nowMs @returns {Ladder} */
function trial({ rung, settledMs, waitMs }, { estimateBps }, nowMs) {
  return on(above(rung), settledMs, { triedMs: nowMs, triedBps: estimateBps, waitMs });
}

// --- down -----------------------------------------------------------------------------------------------------------

/** The rung to fall to, if the evidence is clear. @param {Ladder} ladder @param {Evidence} evidence @param {number} nowMs @returns {Rung | null} */
function down({ rung, since }, { estimateBps, carried }, nowMs) {
  if (rung === "sound") return lasted(since.drowned, DROWNED.ms, nowMs) ? "chat" : null;
  if (rung === "chat") return null;
  if (estimateBps !== null && lasted(since.starved, STARVED_MS, nowMs)) {
    const bears = [...ENOUGH_BPS.keys()].find((each) => bearable(each, estimateBps)) ?? "sound";
    return worse(bears, below(worse(rung, carried)));
  }
  const unfounded = estimateBps === null || !bearable(rung, estimateBps);
  return unfounded && lasted(since.suffering, SUFFERING.ms, nowMs) ? below(rung) : null;
}

/** @param {Rung} rung @param {number} estimateBps */
function bearable(rung, estimateBps) {
  return estimateBps >= (ENOUGH_BPS.get(rung) ?? 0);
}

/** What was tried and failed is left for where it was tried from, and not tried again so soon. @param {Ladder} ladder @param {Rung} rung @param {number} nowMs @returns {Ladder} */
function fall({ rung: tried, settledMs, triedMs, waitMs }, rung, nowMs) {
  if (triedMs === null) return on(rung, settledMs, { waitMs });
  return on(below(tried), settledMs, { waitMs: Math.min(2 * waitMs, LAST_WAIT_MS) });
}

// --- up -------------------------------------------------------------------------------------------------------------

/** The estimate is enough for the rung above; from `chat` it is sound that must be heard again. @param {Ladder} ladder @param {number} nowMs */
function proven({ rung, since }, nowMs) {
  return rung === "chat" ? lasted(since.heard, HEARD.ms, nowMs) : lasted(since.proven, CLEAR.ms, nowMs);
}

/** @param {Ladder} ladder @param {Evidence} evidence @param {number} nowMs */
function mayTry({ rung, since, waitMs }, { estimateBps }, nowMs) {
  const limited = estimateBps === null || rung === "stills" || rung === "sound";
  const climbs = rung === "low" || rung === "stills" || rung === "sound";
  return climbs && limited && lasted(since.clear, waitMs, nowMs);
}
