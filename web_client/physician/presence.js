/**
 * What the presence ledger (server/http/API.md, LedgerView) says to the physician: one quiet line while the visit goes on, and
 * a timeline when it is over. Catalogue keys and figures, not text. Pure.
 *
 * @typedef {import("./types.js").Visit} Visit
 * @typedef {import("../shared/api.js").Ledger} Ledger
 * @typedef {import("../shared/api.js").LedgerSeat} LedgerSeat
 * @typedef {import("../shared/api.js").LedgerSpan} LedgerSpan
 *
 * @typedef {{key: string, ms: number}} Part a key that wants `{time}`
 * @typedef {{start: number, share: number}} Bar where it begins and how long it is, as shares of the whole (0 to 1)
 * @typedef {{who: string, name: string, ms: number, bars: Bar[], doubts: Bar[]}} Row `who`: a role, "open" for sound and
 *   picture, "text" for the family by text; `name` where several of one role came
 * @typedef {{at: number, key: string, who: string | null, of: string | null, ms: number | null}} Entry `of`: a key to fill in
 * @typedef {{from: number, to: number, openMs: number, presentMs: number, heardWithinMs: number, rows: Row[], entries: Entry[],
 *            leftOut: number}} Timeline  times are milliseconds since 1970
 */

const GOING_ON = ["verifying", "live", "held"];
const WORTH_SAYING_MS = 1000;
const MOST_ENTRIES = 200;
/** Doubts that say themselves which kind of media is missing. */
const EXPLAINING = ["camera_off", "sound_only", "microphone_lost"];

/**
 * "Guardian present 12:03 · page in background 0:20 · on hold 0:40", counted on from when the ledger came for as long as the page
 * knows that it still holds. Only what was while sound and picture could pass counts: before it, nobody was to be accompanied.
 *
 * @param {Visit} visit
 * @param {number} nowMs page clock
 * @returns {Part[]} none before there is something to say
 */
export function presenceLine(visit, nowMs) {
  const { ledger, session } = visit;
  const guardians = ledger ? guardiansOf(ledger) : [];
  const first = ledger?.gate.spans[0];
  if (!ledger || !guardians.length || !first || !session || !GOING_ON.includes(session.state)) return [];
  const sinceMs = visit.link === "online" ? Math.max(0, nowMs - visit.ledgerAtMs) : 0;
  const open = session.gate && ledger.gate.spans.some(goesOn);
  const held = session.state === "held" && !ledger.gate.spans.some(goesOn);
  const doubted = new Set(guardians.flatMap((one) => Object.keys(one.doubted_while_open_ms)));
  const doubts = [...doubted].map((doubt) => ({
    key: `physician.ledger.was.${doubt}`,
    ms:
      total(guardians, (one) => one.doubted_while_open_ms[doubt] ?? 0) +
      (open && guardians.some((one) => one.doubts.some((each) => each.what === doubt && goesOn(each))) ? sinceMs : 0),
  }));
  const heldMs = time(ledger.until) - time(first.since) - ledger.gate.open_ms + (held ? sinceMs : 0);
  const longest = doubts.sort((a, b) => b.ms - a.ms).slice(0, 1); // one line holds no more; the timeline has them all
  const said = [...longest, { key: "physician.ledger.held", ms: heldMs }];
  return [
    { key: "physician.ledger.present", ms: total(guardians, (one) => one.present_while_open_ms) + (open ? sinceMs : 0) },
    ...said.filter(({ ms }) => ms >= WORTH_SAYING_MS),
  ];
}

/**
 * Everything from when the visit began by text, or sound and picture first passed, to the end.
 *
 * @param {Ledger} ledger
 * @returns {Timeline | null} null when neither was
 */
export function timeline(ledger) {
  const begun = [...ledger.gate.spans.slice(0, 1), ...ledger.seats.flatMap(({ by_text }) => by_text)].map(({ since }) => time(since));
  if (begun.length === 0) return null;
  const [from, to] = [Math.min(...begun), time(ledger.until)];
  const texts = guardiansOf(ledger).flatMap(({ by_text }) => by_text);
  const came = ledger.seats.filter(({ role, stays }) => stays.length > 0 || role === "guardian" || role === "physician");
  const entries = [...moments(ledger, to), ...came.flatMap(ofSeat), ...ofHolds(ledger), ...ofServer(ledger)]
    .filter(({ at, ms }) => at + (ms ?? 0) >= from && at <= to)
    .sort((a, b) => a.at - b.at);
  return {
    from,
    to,
    openMs: ledger.gate.open_ms,
    presentMs: total(guardiansOf(ledger), (one) => one.present_while_open_ms),
    heardWithinMs: ledger.gate.heard_within_ms,
    rows: [
      ...(texts.length > 0 ? [{ who: "text", name: "", ms: texts.reduce((sum, text) => sum + within(text, from, to), 0), bars: bars(texts, from, to), doubts: [] }] : []),
      { who: "open", name: "", ms: ledger.gate.open_ms, bars: bars(ledger.gate.spans, from, to), doubts: [] },
      ...came.map((seat) => ({
        who: seat.role,
        name: came.some((other) => other !== seat && other.role === seat.role) ? seat.name : "",
        ms: seat.stays.reduce((sum, stay) => sum + within(stay, from, to), 0),
        bars: bars(seat.stays, from, to),
        doubts: bars([...seat.doubts, ...thinned(seat)], from, to),
      })),
    ],
    entries: entries.slice(0, MOST_ENTRIES),
    leftOut: ledger.left_out + Math.max(0, entries.length - MOST_ENTRIES),
  };
}

/** Each guardian who held the seat, the booked one first: together they are the guardian's presence. @param {Ledger} ledger */
function guardiansOf(ledger) {
  return ledger.seats.filter(({ role }) => role === "guardian");
}

/** @param {LedgerSeat[]} seats @param {(seat: LedgerSeat) => number} of */
function total(seats, of) {
  return seats.reduce((sum, seat) => sum + of(seat), 0);
}

// --- the list ---------------------------------------------------------------------------------------------------------

/**
 * @param {number} at @param {string} key below `physician.timeline`
 * @param {{who?: string, of?: string, ms?: number | null}} [more]
 * @returns {Entry}
 */
function entry(at, key, { who, of, ms } = {}) {
  return { at, key: `physician.timeline.${key}`, who: who ?? null, of: of ?? null, ms: ms ?? null };
}

/** @param {Ledger} ledger @param {number} to */
function moments(ledger, to) {
  const opened = ledger.gate.spans.slice(0, 1).map(({ since }) => entry(time(since), "opened"));
  const attested = ledger.attested_at.map((at) => entry(time(at), "attested"));
  return [...opened, ...attested, ...(ledger.closed ? [entry(to, "ended")] : [])];
}

/** When somebody was away and why, and what spoke against them. @param {LedgerSeat} seat */
function ofSeat(seat) {
  const { role: who, stays, doubts, by_text } = seat;
  const texts = by_text.map((text) => entry(time(text.since), "text", { who, ms: lasted(text) }));
  const away = stays.flatMap(({ until, parting }, index) => {
    const back = stays[index + 1];
    if (until === null || !parting || parting === "visit_ended") return [];
    return [entry(time(until), `away.${parting}`, { who, ms: back && time(back.since) - time(until) })];
  });
  const doubted = doubts
    .filter(({ what }) => what !== "not_with_child") // the hold says it
    .map((doubt) => entry(time(doubt.since), "doubt", { who, of: `physician.doubt.${doubt.what}`, ms: lasted(doubt) }));
  const thin = thinned(seat).map((span) => entry(time(span.since), `evidence.${span.what}`, { who, ms: lasted(span) }));
  return [...texts, ...away, ...doubted, ...thin];
}

/** Where a kind of media was missing and no doubt says why: the network carried no more. @param {LedgerSeat} seat */
function thinned({ evidence, doubts }) {
  const known = doubts.filter(({ what }) => EXPLAINING.includes(what));
  return evidence.filter((span) => span.what !== "sound_and_picture" && !known.some((doubt) => meet(doubt, span)));
}

/** A hold because somebody was silent is said by their absence. @param {Ledger} ledger */
function ofHolds({ holds }) {
  return holds.flatMap((hold) => {
    const [at, ms] = [time(hold.since), lasted(hold)];
    if (hold.what === "recording_lost") return [entry(at, "recording_lost", { ms })];
    return hold.what === "physician_hold" ? [entry(at, "held", { of: `physician.hold.${hold.why ?? "other"}`, ms })] : [];
  });
}

/** @param {Ledger} ledger */
function ofServer({ server_away }) {
  return server_away.map((span) => entry(time(span.since), "server_away", { ms: lasted(span) }));
}

// --- spans ------------------------------------------------------------------------------------------------------------

/** @param {readonly LedgerSpan[]} spans @param {number} from @param {number} to @returns {Bar[]} */
function bars(spans, from, to) {
  const whole = Math.max(1, to - from);
  return spans
    .filter((span) => within(span, from, to) > 0)
    .map((span) => ({ start: Math.max(0, time(span.since) - from) / whole, share: within(span, from, to) / whole }));
}

/** How much of it lies between two moments. @param {LedgerSpan} span @param {number} from @param {number} to */
function within({ since, until }, from, to) {
  return Math.max(0, (until === null ? to : Math.min(to, time(until))) - Math.max(from, time(since)));
}

/** Whether they held at the same time. @param {LedgerSpan} one @param {LedgerSpan} other */
function meet(one, other) {
  const before = (/** @type {LedgerSpan} */ a, /** @type {LedgerSpan} */ b) => a.until !== null && time(a.until) <= time(b.since);
  return !before(one, other) && !before(other, one);
}

/** @param {LedgerSpan} span */
function lasted({ since, until }) {
  return until === null ? null : time(until) - time(since);
}

/** @param {LedgerSpan} span */
function goesOn({ until }) {
  return until === null;
}

/** @param {string} rfc3339 */
function time(rfc3339) {
  return Date.parse(rfc3339);
}
