/** What the presence ledger says to the physician: the quiet line, and the timeline after the end. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { presenceLine, timeline } from "../../web_client/physician/presence.js";
import { hasText } from "../../web_client/shared/i18n/i18n.js";
import { at, calm, eventful, ledger, line, span } from "./preview/ledgers.mjs";
import { session, told, visitIn } from "./support/physician.mjs";

const READ_AT = 5_000;
const read = (book) => ({ type: "ledger", ledger: book, atMs: READ_AT });

/** The line of a visit in that state, so long after its ledger was read. */
const said = (state, book, afterMs = 0, ...more) =>
  presenceLine(visitIn(session(state), read(book), ...more), READ_AT + afterMs).map(({ key, ms }) => [
    key.slice("physician.ledger.".length),
    ms / 1000,
  ]);

describe("the quiet line", () => {
  test("says for how long the guardian was there, and what spoke against it", () => {
    assert.deepEqual(said("live", calm()), [["present", 600], ["was.page_hidden", 20]]);
    assert.deepEqual(said("verifying", calm()), [["present", 600], ["was.page_hidden", 20]]);
  });

  test("counts on while sound and picture pass", () => {
    assert.deepEqual(said("live", calm(), 2_500)[0], ["present", 602.5]);
  });

  test("counts a doubt on only while it stands", () => {
    const guardian = { ...calm().seats[0], doubts: [span(580, null, { what: "page_hidden" })] };
    assert.deepEqual(said("live", calm({ seats: [guardian] }), 3_000), [["present", 603], ["was.page_hidden", 23]]);
    assert.deepEqual(said("live", calm(), 3_000)[1], ["was.page_hidden", 20]);
  });

  test("does not count on when the page does not know: away from the server, or ahead of the ledger", () => {
    assert.deepEqual(said("live", calm(), 9_000, { type: "link", link: "offline", problem: null })[0], ["present", 600]);
    assert.deepEqual(said("held", calm(), 9_000), [["present", 600], ["was.page_hidden", 20]]);
    assert.deepEqual(presenceLine(visitIn(session("live"), read(calm())), READ_AT - 100)[0].ms, 600_000);
  });

  test("a hold is told with how long it has lasted, and goes on counting", () => {
    const held = calm({ gate: { open_ms: 500_000, heard_within_ms: 3000, lapses: 0, spans: [span(0, 500)] } });
    assert.deepEqual(said("held", held, 4_000).at(-1), ["held", 104]);
    assert.deepEqual(said("live", held, 4_000).at(-1), ["held", 100]);
  });

  test("of many doubts the one that lasted longest is said, and none that lasted less than a second", () => {
    const doubted = (doubted_while_open_ms) => calm({ seats: [line("guardian", { doubted_while_open_ms })] });
    const many = doubted({ page_hidden: 2_000, camera_off: 9_000, picture_dark: 5_000 });
    assert.deepEqual(said("live", many).map(([key]) => key), ["present", "was.camera_off"]);
    assert.deepEqual(said("live", doubted({ page_hidden: 900 })).map(([key]) => key), ["present"]);
  });

  test("of several guardians, one after the other, it says what they were together", () => {
    const father = line("guardian", { present_while_open_ms: 400_000, doubted_while_open_ms: { page_hidden: 20_000 } });
    const mother = line("guardian", { present_while_open_ms: 200_000, doubted_while_open_ms: { page_hidden: 5_000 } });
    assert.deepEqual(said("live", calm({ seats: [father, mother] })), [["present", 600], ["was.page_hidden", 25]]);
  });

  test("there is none before sound and picture passed, without a ledger, and once it is over", () => {
    assert.deepEqual(said("verifying", ledger()), []);
    assert.deepEqual(presenceLine(visitIn(session("live")), 0), []);
    assert.deepEqual(said("waiting", calm()), []);
    assert.deepEqual(said("live", calm(), 0, told(session("ended", { version: 2, outcome: "completed" }))), []);
    assert.deepEqual(said("live", calm({ seats: [line("physician")] })), []);
  });
});

describe("the timeline", () => {
  const told = timeline(eventful());
  const entries = told.entries.map(({ at: when, key, who, of, ms }) => [
    (when - Date.parse(at(0))) / 1000,
    key.slice("physician.timeline.".length),
    who,
    of,
    ms === null ? null : ms / 1000,
  ]);

  test("of a visit that never began there is none", () => {
    assert.equal(timeline(ledger({ closed: true })), null);
  });

  test("goes from the first opening to the end, with a row for all who were there", () => {
    assert.deepEqual([told.from, told.to], [Date.parse(at(0)), Date.parse(at(1200))]);
    assert.deepEqual(told.rows.map(({ who, ms }) => [who, ms / 1000]), [["open", 1080], ["guardian", 1170], ["physician", 1200]]);
    assert.deepEqual([told.openMs, told.presentMs, told.heardWithinMs], [1_080_000, 1_080_000, 3000]);
  });

  test("names those of whom there are several of one role", () => {
    const seats = [line("guardian", { name: "李*" }), line("guardian", { name: "韩*梅" }), line("physician", { name: "王芳" })];
    assert.deepEqual(timeline(calm({ seats })).rows.map(({ who, name }) => [who, name]), [
      ["open", ""],
      ["guardian", "李*"],
      ["guardian", "韩*梅"],
      ["physician", ""],
    ]);
  });

  test("draws what was before it began as beginning with it", () => {
    const [open, guardian] = told.rows;
    assert.deepEqual(open.bars.map(({ start, share }) => [start, share]), [[0, 0.25], [0.275, 0.475], [0.825, 0.175]]);
    assert.deepEqual(guardian.bars.map(({ start, share }) => [start, share]), [[0, 0.25], [0.275, 0.725]]);
  });

  test("draws doubts, the physician's word, and where the network carried no picture", () => {
    assert.deepEqual(told.rows[1].doubts.map(({ start }) => Math.round(start * 1200)), [120, 400, 900, 600]);
  });

  test("lists everything in order, each thing once", () => {
    assert.deepEqual(entries, [
      [0, "opened", null, null, null],
      [60, "attested", null, null, null],
      [120, "doubt", "guardian", "physician.doubt.page_hidden", 30],
      [300, "away.silent", "guardian", null, 30],
      [330, "attested", null, null, null],
      [400, "doubt", "guardian", "physician.doubt.camera_off", 60],
      [600, "evidence.sound", "guardian", null, 60],
      [900, "held", null, "physician.hold.guardian_not_with_child", 90],
      [1200, "ended", null, null, null],
    ]);
  });

  test("whoever did not come back has no length of absence; the server's own absence and a lost recording are told", () => {
    const more = timeline(
      ledger({
        gate: { open_ms: 100_000, heard_within_ms: 3000, lapses: 0, spans: [span(0, 100)] },
        seats: [
          line("guardian", { stays: [span(0, 100, { parting: "server_away" })] }),
          line("physician", { stays: [span(0, 90, { parting: "replaced" }), span(95, 100, { parting: "left" })] }),
          line("interpreter"),
        ],
        holds: [span(100, null, { what: "recording_lost" }), span(200, 300, { what: "physician_hold" })],
        server_away: [span(100, 130)],
      }),
    );
    assert.deepEqual(more.rows.map(({ who }) => who), ["open", "guardian", "physician"]);
    assert.deepEqual(
      more.entries.map(({ key, ms, of }) => [key.slice("physician.timeline.".length), ms, of]),
      [
        ["opened", null, null],
        ["away.replaced", 5_000, null],
        ["away.server_away", null, null],
        ["away.left", null, null],
        ["recording_lost", null, null],
        ["server_away", 30_000, null],
        ["held", 100_000, "physician.hold.other"],
      ],
    );
  });

  test("a third person who was there has a row", () => {
    const third = line("interpreter", { stays: [span(10, 20, { parting: "left" })] });
    assert.equal(timeline({ ...eventful(), seats: [...eventful().seats, third] }).rows.at(-1).who, "interpreter");
  });

  test("a list without end is cut, and says so", () => {
    const doubts = Array.from({ length: 300 }, (_, n) => span(n, n + 0.5, { what: "page_hidden" }));
    const long = timeline({ ...eventful(), left_out: 7, seats: [line("guardian", { doubts })] });
    assert.equal(long.entries.length, 200);
    assert.equal(long.leftOut, 7 + 300 + 5 - 200); // opened, twice attested, held, ended
  });

  test("every code that the ledger can bring has its words", () => {
    const doubts = ["page_hidden", "camera_off", "sound_only", "picture_dark", "picture_frozen", "microphone_lost"];
    for (const doubt of doubts) assert.ok(hasText(`physician.ledger.was.${doubt}`) && hasText(`physician.doubt.${doubt}`), doubt);
    for (const parting of ["silent", "left", "replaced", "server_away"]) assert.ok(hasText(`physician.timeline.away.${parting}`), parting);
    for (const kind of ["sound", "picture", "neither"]) assert.ok(hasText(`physician.timeline.evidence.${kind}`), kind);
    for (const reason of ["guardian_not_with_child", "technical", "other"]) assert.ok(hasText(`physician.hold.${reason}`), reason);
    for (const { key, of } of told.entries) assert.ok(hasText(key) && (of === null || hasText(of)), key);
  });
});
