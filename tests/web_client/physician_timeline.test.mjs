/** The presence ledger as the physician's page describes it: what is drawn is also written. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { presenceLineOf, presenceTimeline } from "../../web_client/physician/views/presence.js";
import { translator } from "../../web_client/shared/i18n/i18n.js";
import { calm, eventful, ledger, line, span, textFirst, uneventful } from "./preview/ledgers.mjs";
import { session, visitIn } from "./support/physician.mjs";

const context = (language) => ({ t: translator(language), language });
const ended = (book) => visitIn(session("ended", { outcome: "completed" }), { type: "ledger", ledger: book, atMs: 0 });
const shown = (book, language = "zh") => presenceTimeline(ended(book), context(language));

/** Everything below that has this tag. */
const all = (node, tag) =>
  typeof node === "string" ? [] : [...(node.tag === tag ? [node] : []), ...node.children.flatMap((child) => all(child, tag))];
/** What is read aloud. */
const read = (node) =>
  typeof node === "string" ? node : node.props["aria-hidden"] === "true" ? "" : node.children.map(read).join("");

describe("the line", () => {
  test("is one sentence in either language", () => {
    const visit = visitIn(session("live"), { type: "ledger", ledger: calm(), atMs: 0 });
    assert.equal(read(presenceLineOf(visit, 3_000, context("zh"))), "监护人在场 10:03 · 页面曾在后台 0:20");
    assert.equal(read(presenceLineOf(visit, 3_000, context("en"))), "Guardian present 10:03 · page hidden 0:20");
  });

  test("keeps its place while there is nothing to say", () => {
    const empty = presenceLineOf(visitIn(session("verifying")), 0, context("zh"));
    assert.deepEqual([empty.tag, read(empty), empty.props.title], ["p", "", null]);
  });
});

describe("the timeline", () => {
  test("is there once the visit is over and had begun", () => {
    assert.equal(shown(calm()), null);
    assert.equal(shown(ledger({ closed: true })), null);
    assert.equal(presenceTimeline(visitIn(session("live")), context("zh")), null);
    assert.match(read(shown(uneventful())), /画面和声音接通 12:00，其间监护人一直在场：每 3 秒内都收到/);
  });

  test("claims that the guardian was there throughout only where the figures say so", () => {
    const partly = { ...uneventful(), seats: [line("guardian", { present_while_open_ms: 700_000 })] };
    assert.match(read(shown(partly, "en")), /open for 12:00; the guardian was present for 11:40 of it/);
  });

  test("writes beside every row of bars whose it is and how long, and hides the bars from whoever listens", () => {
    assert.deepEqual(all(shown(eventful()), "li").map(read), ["接通18:00", "监护人19:30", "医师20:00"]);
    const tracks = all(shown(eventful()), "span").filter(({ props }) => props.class === "timeline-track");
    assert.deepEqual(tracks.map((track) => [track.props["aria-hidden"], all(track, "i").length]), [["true", 3], ["true", 6], ["true", 1]]);
    assert.match(all(tracks[0], "i")[1].props.style["inset-inline-start"], /^27\.50%$/);
  });

  test("begins with the time by text, which counts as nobody's presence", () => {
    assert.deepEqual(all(shown(textFirst(), "en"), "li").map(read), ["Text4:00", "Open10:00", "Guardian10:05", "Doctor10:05"]);
    assert.match(read(shown(textFirst(), "en")), /Guardian: connected by text1:40/);
    const only = ledger({ closed: true, seats: [line("guardian", { by_text: [span(0, 240)] }), line("physician", { by_text: [span(0, 600)] })] });
    assert.match(read(shown(only, "en")), /by text alone/);
    for (const language of ["zh", "en"]) assert.doesNotMatch(read(shown(only, language)), /physician\.|role\.|\{/);
  });

  test("lists everything in a table that the keyboard opens", () => {
    const [details] = all(shown(eventful(), "en"), "details");
    assert.equal(details.children[0].tag, "summary");
    assert.equal(read(details.children[0]), "All entries (9)");
    assert.deepEqual(all(details, "th").map((head) => [read(head), head.props.scope]), [["Time", "col"], ["What", "col"], ["For", "col"]]);
    const rows = all(all(details, "tbody")[0], "tr").map((row) => all(row, "td").map(read).slice(1));
    assert.deepEqual(rows.slice(2, 4), [["Guardian: page in background", "0:30"], ["Guardian: sound and picture stopped", "0:30"]]);
    assert.deepEqual(rows.at(-2), ["You held: Guardian is not with the child", "1:30"]);
  });

  test("explains its stripes only where there are some, and says what it left out only if it did", () => {
    const legend = (book) => all(shown(book), "p").filter(({ props }) => props.class === "timeline-legend").length;
    assert.deepEqual([legend(uneventful()), legend(eventful())], [0, 1]);
    assert.match(read(shown({ ...uneventful(), left_out: 4 })), /另有 4 条没有列出/);
    assert.doesNotMatch(read(shown(uneventful())), /没有列出/);
  });

  test("says nothing by a bare key, in either language", () => {
    const third = line("interpreter", { stays: [span(5, 9, { parting: "replaced" })] });
    const book = { ...eventful(), seats: [...eventful().seats, third] };
    for (const language of ["zh", "en"]) assert.doesNotMatch(read(shown(book, language)), /physician\.|role\.|\{/);
  });
});
