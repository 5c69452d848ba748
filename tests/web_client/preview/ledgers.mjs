/** Presence ledgers for the gallery and the tests, as the server tells them (server/http/API.md, LedgerView): seconds after 14:00. */

/** @param {number} s */
export const at = (s) => new Date(Date.parse("2026-03-02T14:00:00+08:00") + s * 1000).toISOString();

/** @param {number} since @param {number | null} until @param {object} [more] */
export const span = (since, until, more = {}) => ({ since: at(since), until: until === null ? null : at(until), ...more });

/** @param {string} role @param {object} [more] */
export const line = (role, more = {}) => ({
  role,
  name: "",
  present_ms: 0,
  present_while_open_ms: 0,
  doubted_while_open_ms: {},
  stays: [],
  evidence: [],
  doubts: [],
  by_text: [],
  ...more,
});

/** A visit of which nothing but this is known. @param {object} more */
export const ledger = (more = {}) => ({
  visit: "v1",
  journal: { n: 9, head: "aa" },
  since: at(0),
  until: at(600),
  closed: false,
  admitted_at: at(0),
  attested_at: [],
  gate: { open_ms: 0, heard_within_ms: 3000, lapses: 0, spans: [] },
  seats: [line("guardian"), line("physician")],
  holds: [],
  server_away: [],
  clock_steps: [],
  left_out: 0,
  ...more,
});

const GATE = { heard_within_ms: 3000, lapses: 0 };

/** Ten minutes, all of them open, both there, and the page of the guardian hidden for 20 s. */
export const calm = (more = {}) => {
  const all = (/** @type {object} */ of) => span(0, null, of);
  return ledger({
    gate: { ...GATE, open_ms: 600_000, spans: [all({})] },
    seats: [
      line("guardian", {
        present_while_open_ms: 600_000,
        doubted_while_open_ms: { page_hidden: 20_000 },
        stays: [all({ parting: null })],
        doubts: [span(100, 120, { what: "page_hidden" })],
        evidence: [all({ what: "sound_and_picture" })],
      }),
      line("physician", { present_while_open_ms: 600_000, stays: [all({ parting: null })] }),
    ],
    ...more,
  });
};

/** Twenty minutes with most of what can happen, and over. */
export const eventful = () =>
  ledger({
    until: at(1200),
    closed: true,
    attested_at: [at(60), at(330)],
    gate: { ...GATE, open_ms: 1_080_000, spans: [span(0, 300), span(330, 900), span(990, 1200)] },
    seats: [
      line("guardian", {
        present_while_open_ms: 1_080_000,
        stays: [span(-120, 300, { parting: "silent" }), span(330, 1200, { parting: "visit_ended" })],
        doubts: [
          span(-60, -30, { what: "picture_dark" }),
          span(120, 150, { what: "page_hidden" }),
          span(400, 460, { what: "camera_off" }),
          span(900, 990, { what: "not_with_child" }),
        ],
        evidence: [
          span(-120, 300, { what: "sound_and_picture" }),
          span(330, 400, { what: "sound_and_picture" }),
          span(400, 460, { what: "sound" }),
          span(460, 600, { what: "sound_and_picture" }),
          span(600, 660, { what: "sound" }),
          span(660, 1200, { what: "sound_and_picture" }),
        ],
      }),
      line("physician", { present_while_open_ms: 1_080_000, stays: [span(-20, 1200, { parting: "visit_ended" })] }),
    ],
    holds: [span(300, 330, { what: "guardian_silent" }), span(900, 990, { what: "physician_hold", why: "guardian_not_with_child" })],
  });

/** Five minutes by text, the guardian away for one of them, then ten to be seen, and over. */
export const textFirst = () =>
  ledger({
    until: at(600),
    closed: true,
    attested_at: [at(40)],
    gate: { ...GATE, open_ms: 600_000, spans: [span(0, 600)] },
    seats: [
      line("guardian", { present_while_open_ms: 600_000, stays: [span(-5, 600, { parting: "visit_ended" })], by_text: [span(-300, -200), span(-140, 0)] }),
      line("physician", { present_while_open_ms: 600_000, stays: [span(-5, 600, { parting: "visit_ended" })], by_text: [span(-300, 0)] }),
    ],
  });

/** Twelve minutes in which nothing happened, and over. */
export const uneventful = () =>
  ledger({
    until: at(720),
    closed: true,
    attested_at: [at(35)],
    gate: { ...GATE, open_ms: 720_000, spans: [span(0, 720)] },
    seats: ["guardian", "physician"].map((role) =>
      line(role, { present_while_open_ms: 720_000, stays: [span(-60, 720, { parting: "visit_ended" })] }),
    ),
  });
