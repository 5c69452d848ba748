/** The physician's page as a fold of what happened. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { initial, reduce } from "../../web_client/physician/state.js";
import { calm } from "./preview/ledgers.mjs";
import { ENTRY, ME, VIEW, after, cause, chat, message, opened, session, told, visitIn, welcome } from "./support/physician.mjs";

describe("signing in", () => {
  test("a page that knows nobody asks for a sign-in, and one whose server is away says so", () => {
    assert.equal(after({ type: "signed_out" }).screen, "sign_in");
    assert.equal(after({ type: "unreachable" }).unreachable, true);
  });

  test("a failure is kept until the next try", () => {
    const sent = after({ type: "signed_out" }, { type: "sign_in_sent" });
    assert.equal(sent.signIn.busy, true);
    const failed = reduce(sent, { type: "sign_in_failed", code: "too_many_attempts", retryAfterS: 42, atMs: 1000 });
    assert.deepEqual(failed.signIn, { busy: false, problem: "too_many_attempts", retryAtMs: 43_000 });
    assert.equal(reduce(failed, { type: "sign_in_sent" }).signIn.problem, null);
  });

  test("signing in leads to the worklist and forgets the failure", () => {
    const state = after(
      { type: "sign_in_failed", code: "x", retryAfterS: null, atMs: 0 },
      { type: "signed_in", me: ME },
    );
    assert.equal(state.screen, "worklist");
    assert.equal(state.signIn.problem, null);
  });

  test("signing in again while a visit is open comes back to that visit", () => {
    assert.equal(reduce(opened(), { type: "signed_in", me: ME }).screen, "visit");
  });

  test("signing out leaves nothing of the visit, but the clock goes on", () => {
    const state = reduce({ ...opened(welcome(session("live"))), nowMs: 77 }, { type: "signed_out" });
    assert.deepEqual(state, { ...initial(), screen: "sign_in", nowMs: 77 });
  });
});

describe("the worklist", () => {
  test("a refresh that fails keeps the list and marks it stale; the next one mends it", () => {
    const stale = after({ type: "worklist", visits: [ENTRY], atMs: 5 }, { type: "worklist_failed" });
    assert.deepEqual(stale.worklist, { visits: [ENTRY], atMs: 5, stale: true });
    assert.equal(reduce(stale, { type: "worklist", visits: [], atMs: 9 }).worklist.stale, false);
  });

  test("opening takes the line along; a visit that is not listed opens without one", () => {
    assert.equal(opened().visit.entry, ENTRY);
    assert.equal(after({ type: "opened", visit: "v9" }).visit.entry, null);
    assert.equal(reduce(opened(), { type: "left" }).visit, null);
  });

  test("a visit opened by its address gets its line when the list comes, if it has one", () => {
    assert.equal(after({ type: "opened", visit: "v1" }, { type: "worklist", visits: [ENTRY], atMs: 0 }).visit.entry, ENTRY);
    assert.equal(after({ type: "opened", visit: "v9" }, { type: "worklist", visits: [ENTRY], atMs: 0 }).visit.entry, null);
    assert.equal(reduce(opened(), { type: "worklist", visits: [{ ...ENTRY }], atMs: 0 }).visit.entry, ENTRY);
  });
});

describe("the connection", () => {
  test("the welcome brings everything and means online", () => {
    const visit = visitIn(session("live"));
    assert.equal(visit.link, "online");
    assert.equal(visit.view, VIEW);
    assert.equal(visit.session.state, "live");
  });

  test("a visit that was told over HTTP first is shown before the welcome", () => {
    const visit = opened({ type: "status", status: { visit: VIEW, state: "waiting" } }).visit;
    assert.equal(visit.view, VIEW);
    assert.equal(
      reduce(opened(welcome(session("live"))), { type: "status", status: { visit: { ...VIEW, child: "x" } } }).visit.view,
      VIEW,
    );
  });

  test("while it is tried again it stays offline until it is online", () => {
    const trying = visitIn(
      session("live"),
      { type: "link", link: "offline", problem: null },
      { type: "link", link: "connecting", problem: null },
    );
    assert.equal(trying.link, "offline");
    assert.equal(
      visitIn(
        session("live"),
        { type: "link", link: "offline", problem: null },
        { type: "link", link: "online", problem: null },
      ).link,
      "online",
    );
  });

  test("a server that announced its closing is not called a lost network", () => {
    assert.equal(
      visitIn(session("live"), message({ type: "closing", retry_s: 5 }), { type: "link", link: "offline", problem: null }).link,
      "closing",
    );
  });

  for (const [name, over] of [
    ["superseded", message({ type: "superseded" })],
    ["refused", { type: "link", link: "refused", problem: { code: "not_allowed", text: "不是您的" } }],
  ]) {
    test(`${name} is final for this page`, () => {
      const visit = visitIn(
        session("live"),
        over,
        { type: "link", link: "offline", problem: null },
        { type: "link", link: "closed", problem: null },
      );
      assert.equal(visit.link, name);
      assert.equal(visit.remotePicture, false);
    });
  }

  test("a refusal keeps its reason", () => {
    const problem = { code: "not_allowed", text: "不是您的" };
    assert.deepEqual(opened({ type: "link", link: "refused", problem }).visit.refused, problem);
  });

  test("closing the connection on purpose says nothing", () => {
    assert.equal(visitIn(session("live"), { type: "link", link: "closed", problem: null }).link, "online");
  });

  test("what concerns a visit is nothing without one", () => {
    const state = after({ type: "signed_in", me: ME });
    assert.equal(reduce(state, told(session("live"))), state);
  });

  test("answers to offers change nothing on the page", () => {
    const before = opened(welcome(session("live")));
    assert.equal(reduce(before, message({ type: "answer", peer: 1, revision: 1, sdp: "", tracks: [] })).visit, before.visit);
  });
});

describe("the session", () => {
  test("an older session never replaces a newer one", () => {
    const visit = visitIn(session("live", { version: 5 }), told(session("held", { version: 4 })));
    assert.equal(visit.session.state, "live");
  });

  test("a welcome replaces whatever there was, for it is a new epoch's snapshot", () => {
    assert.equal(
      visitIn(session("live", { version: 5 }), welcome(session("held", { version: 1 }), [], 2)).session.state,
      "held",
    );
  });

  test("a closed gate takes the picture, a still open one leaves it", () => {
    const seen = { type: "remote", picture: true };
    assert.equal(visitIn(session("live"), seen, told(session("live", { version: 2 }))).remotePicture, true);
    assert.equal(visitIn(session("live"), seen, told(session("held", { version: 2 }))).remotePicture, false);
  });

  test("the end takes picture, figures and media", () => {
    const visit = visitIn(
      session("live"),
      { type: "media", media: "up" },
      { type: "remote", picture: true },
      told(session("ended", { version: 2, outcome: "referred" })),
    );
    assert.deepEqual([visit.media, visit.remotePicture, visit.quality], ["idle", false, null]);
  });

  test("media that is lost or restarted takes the picture", () => {
    const seen = [
      { type: "media", media: "up" },
      { type: "remote", picture: true, tapNeeded: true },
    ];
    assert.equal(visitIn(session("live"), ...seen).tapNeeded, true);
    assert.equal(visitIn(session("live"), ...seen, { type: "media", media: "lost" }).remotePicture, false);
    assert.equal(visitIn(session("live"), ...seen, { type: "media", media: "up" }).remotePicture, true);
    assert.equal(visitIn(session("live"), ...seen, message({ type: "media_restart", reason: "relay_lost" })).media, "lost");
  });

  test("the presence ledger carries the time it came, and another visit's is not this one's", () => {
    const visit = visitIn(session("live"), { type: "ledger", ledger: calm(), atMs: 900 });
    assert.deepEqual([visit.ledger.gate.open_ms, visit.ledgerAtMs], [600_000, 900]);
    const other = { type: "ledger", ledger: calm({ visit: "v2" }), atMs: 900 };
    assert.deepEqual([visitIn(session("live"), other).ledger, visitIn(session("live"), other).ledgerAtMs], [null, 0]);
  });

  test("figures carry the time they came", () => {
    const visit = visitIn(session("live"), message({ type: "quality", light: "fair", legs: [] }, 900));
    assert.deepEqual([visit.quality, visit.qualityAtMs], [{ light: "fair", legs: [] }, 900]);
  });
});

describe("intents", () => {
  const attest = [
    { type: "panel", panel: "attest" },
    { type: "draft", draft: { checks: ["guardian_seen"] } },
    { type: "sent", act: "attest" },
  ];

  test("an intent is in flight until it is answered", () => {
    assert.deepEqual(visitIn(session("verifying"), ...attest).pending, { attest: true });
    assert.deepEqual(visitIn(session("verifying"), ...attest, { type: "done", act: "attest" }).pending, {});
  });

  test("a refusal stays where its button is, with the panel and the draft, until it is tried again", () => {
    const problem = { code: "wrong_state", text: "现在不行" };
    const refused = visitIn(session("verifying"), ...attest, { type: "failed", act: "attest", problem });
    assert.deepEqual(
      [refused.problems, refused.panel, refused.drafts.checks],
      [{ attest: problem }, "attest", ["guardian_seen"]],
    );
    assert.deepEqual(
      visitIn(session("verifying"), ...attest, { type: "failed", act: "attest", problem }, { type: "sent", act: "attest" })
        .problems,
      {},
    );
  });

  test("success closes the act's own panel and forgets its draft", () => {
    const visit = visitIn(session("verifying"), ...attest, { type: "done", act: "attest" });
    assert.deepEqual([visit.panel, visit.drafts.checks], [null, []]);
    const held = visitIn(
      session("live"),
      { type: "panel", panel: "hold" },
      { type: "draft", draft: { holdReason: "technical" } },
      { type: "done", act: "hold" },
    );
    assert.deepEqual([held.panel, held.drafts.holdReason], [null, null]);
  });

  test("success of another act leaves the open panel alone", () => {
    assert.equal(visitIn(session("live"), { type: "panel", panel: "refer" }, { type: "done", act: "hold" }).panel, "refer");
    assert.equal(visitIn(session("held"), { type: "panel", panel: "refer" }, { type: "done", act: "resume" }).panel, "refer");
  });

  for (const act of ["refer", "complete", "cancel"]) {
    test(`${act} that was accepted leaves no draft behind`, () => {
      const visit = visitIn(
        session("live"),
        { type: "panel", panel: act },
        { type: "draft", draft: { note: "a", summary: "b" } },
        { type: "done", act },
      );
      assert.deepEqual([visit.panel, visit.drafts.note, visit.drafts.summary], [null, "", ""]);
    });
  }
});

describe("panels", () => {
  /** @param {string} panel @param {string} from @param {string} to */
  const survives = (panel, from, to) =>
    visitIn(session(from), { type: "panel", panel }, told(session(to, { version: 2 }))).panel === panel;

  test("a referral being written survives a hold", () => assert.equal(survives("refer", "live", "held"), true));
  test("a summary being written survives a hold", () => assert.equal(survives("complete", "live", "held"), true));
  test("the attestation survives a hold, and is over when live", () => {
    assert.equal(survives("attest", "verifying", "held"), true);
    assert.equal(survives("attest", "verifying", "live"), false);
  });
  test("cancelling is over once the visit began", () => {
    assert.equal(survives("cancel", "waiting", "verifying"), false);
    assert.equal(
      visitIn(session("waiting"), { type: "panel", panel: "cancel" }, told(session("waiting", { version: 2, admitted: true })))
        .panel,
      "cancel",
    );
  });
  test("every panel is over at the end, except the help", () => {
    assert.equal(survives("refer", "live", "ended"), false);
    assert.equal(survives("help", "live", "ended"), true);
  });
});

describe("drafts", () => {
  const pick = (reason) => ({ type: "draft", draft: { reason } });

  test("a reason brings its suggested urgency", () => {
    assert.equal(visitIn(session("live"), pick("headache")).drafts.urgency, "emergency");
    assert.equal(visitIn(session("live"), pick("headache"), pick("low_velocity")).drafts.urgency, "within_30d");
  });

  test("an urgency picked by hand is kept when the reason changes", () => {
    const visit = visitIn(
      session("live"),
      pick("headache"),
      { type: "draft", draft: { urgency: "within_24h" } },
      pick("low_velocity"),
    );
    assert.equal(visit.drafts.urgency, "within_24h");
  });

  test("a reason that the checklist does not know suggests nothing", () => {
    assert.equal(visitIn(session("live"), pick("headache"), pick("unknown")).drafts.urgency, "emergency");
    assert.equal(opened(pick("headache")).visit.drafts.urgency, null);
  });

  test("taking the reason back keeps the urgency", () => {
    assert.equal(visitIn(session("live"), pick("headache"), pick(null)).drafts.urgency, "emergency");
  });
});

describe("the written conversation", () => {
  const arrives = (id, role) => message({ type: "chat", message: chat(id, role) });
  const unread = (visit) => visit.chat.length - visit.chatSeen;

  test("a message counts as seen while the conversation is on screen", () => {
    assert.equal(unread(visitIn(session("live"), arrives("a"))), 0);
  });

  test("behind a panel it counts as unread until the panel is closed", () => {
    const behind = [{ type: "panel", panel: "refer" }, arrives("a"), arrives("b")];
    assert.equal(unread(visitIn(session("live"), ...behind)), 2);
    assert.equal(unread(visitIn(session("live"), ...behind, { type: "panel", panel: null })), 0);
  });

  test("the same message twice is one message", () => {
    assert.equal(visitIn(session("live"), arrives("a"), arrives("a")).chat.length, 1);
  });

  test("what was written shows at once, then as accepted or as failed", () => {
    const said = { type: "said", clientId: "c1", text: "好", at: "2026-03-02T14:02:00+08:00" };
    assert.equal(visitIn(session("live"), said).chat[0].pending, true);
    assert.equal(visitIn(session("live"), said, { type: "said_accepted", clientId: "c1", id: "m1" }).chat[0].id, "m1");
    assert.equal(visitIn(session("live"), said, { type: "said_failed", clientId: "c1" }).chat[0].failed, true);
  });

  test("a fresh welcome behind a panel tells how many are new", () => {
    const first = [chat("a")];
    const both = [chat("a"), chat("b")];
    const visit = opened(
      welcome(session("live"), first),
      { type: "panel", panel: "refer" },
      welcome(session("live"), both, 2),
    ).visit;
    assert.equal(unread(visit), 1);
    assert.equal(unread(opened(welcome(session("live"), both)).visit), 0);
  });
});

test("devices change one by one", () => {
  const visit = visitIn(
    session("live"),
    { type: "devices", devices: { muted: true } },
    { type: "devices", devices: { speakingMuted: true } },
  );
  assert.deepEqual([visit.devices.muted, visit.devices.speakingMuted, visit.devices.cameraOff], [true, true, false]);
});

test("a hold remembers when it was told", () => {
  const visit = visitIn(
    session("live"),
    told(session("held", { version: 2, causes: [cause("guardian_silent", 120_000)] }), 5000),
  );
  assert.equal(visit.sessionAtMs, 5000);
});

test("time passes", () => assert.equal(after({ type: "tick", atMs: 12 }).nowMs, 12));
