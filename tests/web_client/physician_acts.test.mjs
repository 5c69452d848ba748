/** What the physician can do in each state, what keys mean, and which sentence is said. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { attested, availability, destinationOf, intentFor, missing, ownHold } from "../../web_client/physician/acts.js";
import { CHECKS, whereaboutsOf } from "../../web_client/physician/attesting.js";
import { meaningOf } from "../../web_client/physician/keys.js";
import { SILENCE, hear } from "../../web_client/physician/speaking.js";
import {
  deviceSentence,
  firstCause,
  grouped,
  guardianHere,
  holdRemainingMs,
  networkSentence,
  numberToCall,
  outcomeOf,
  percent,
  qualityFigures,
  qualitySentence,
  soundOnly,
  stateSentence,
} from "../../web_client/physician/words.js";
import { decodeIntent } from "../../web_client/shared/messages.js";
import { cause, message, opened, seat, session, told, visitIn } from "./support/physician.mjs";

const ACTS = ["admit", "begin_text", "deny_family", "cancel", "attest", "hold", "resume", "refer", "complete"];
const alone = [seat("guardian", { connected: false, presence: "absent" }), seat("physician")];
const held = (name = "guardian_silent", resume_to = "live", more = {}) =>
  session("held", { causes: [cause(name, 120_000)], resume_to, ...more });
const offline = { type: "link", link: "offline", problem: null };

/** act -> "now", "hidden", or why not */
const offered = (visit) =>
  Object.fromEntries(
    ACTS.map((act) => [act, availability(visit, act)]).map(([act, { shown, why }]) => [act, shown ? (why ?? "now") : "hidden"]),
  );

describe("what can be done", () => {
  const table = [
    [
      "before the welcome",
      opened().visit,
      {
        admit: "hidden",
        cancel: "hidden",
        attest: "hidden",
        hold: "hidden",
        resume: "hidden",
        refer: "hidden",
        complete: "hidden",
      },
    ],
    [
      "waiting",
      visitIn(session("waiting")),
      {
        admit: "now",
        begin_text: "now",
        cancel: "now",
        attest: "not_admitted",
        hold: "not_admitted",
        resume: "hidden",
        refer: "now",
        complete: "not_admitted",
      },
    ],
    ["waiting alone", visitIn(session("waiting", { seats: alone })), { admit: "guardian_away", cancel: "now", refer: "now" }],
    ["by text", visitIn(session("waiting", { text: true })), { admit: "now", begin_text: "hidden", deny_family: "now", refer: "now", complete: "not_admitted" }],
    ["by text alone", visitIn(session("waiting", { text: true, seats: alone })), { admit: "guardian_away", begin_text: "hidden", refer: "now" }],
    ["admitted", visitIn(session("waiting", { admitted: true })), { admit: "hidden", begin_text: "hidden", cancel: "now", attest: "not_admitted" }],
    [
      "verifying",
      visitIn(session("verifying")),
      {
        admit: "hidden",
        cancel: "hidden",
        attest: "now",
        hold: "now",
        resume: "hidden",
        refer: "now",
        complete: "not_attested",
      },
    ],
    ["live", visitIn(session("live")), { attest: "attested", hold: "now", resume: "hidden", refer: "now", complete: "now" }],
    ["held from live", visitIn(held()), { attest: "attested", hold: "now", resume: "hidden", refer: "now", complete: "now" }],
    [
      "held from verifying",
      visitIn(held("recording_lost", "verifying")),
      { attest: "held", hold: "now", refer: "now", complete: "not_attested" },
    ],
    ["held by the physician", visitIn(held("physician_hold")), { hold: "hidden", resume: "now", refer: "now" }],
    [
      "ended",
      visitIn(session("ended", { outcome: "completed" })),
      { admit: "hidden", attest: "hidden", hold: "hidden", resume: "hidden", refer: "hidden", complete: "hidden" },
    ],
    ["consent withdrawn", visitIn(session("ended", { outcome: "consent_withdrawn" })), { refer: "now", complete: "hidden" }],
    [
      "consent withdrawn and referred",
      visitIn(session("ended", { outcome: "consent_withdrawn", referral: { id: "r", reason: "other", urgency: "routine" } })),
      { refer: "hidden" },
    ],
  ];
  for (const [name, visit, expected] of table) {
    test(name, () => {
      const found = offered(visit);
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((act) => [act, found[act]])), expected);
    });
  }

  test("nothing without a connection", () => {
    const visit = visitIn(session("live"), offline);
    assert.deepEqual([availability(visit, "refer").why, availability(visit, "hold").why], ["offline", "offline"]);
  });

  test("not twice while the first is in flight, but others go on", () => {
    const visit = visitIn(session("verifying"), { type: "sent", act: "attest" });
    assert.deepEqual([availability(visit, "attest").why, availability(visit, "refer").why], ["busy", null]);
  });

  test("nothing else once an ending is in flight", () => {
    const visit = visitIn(session("live"), { type: "sent", act: "refer" });
    assert.deepEqual(
      [availability(visit, "refer").why, availability(visit, "hold").why, availability(visit, "complete").why],
      ["busy", "ending", "ending"],
    );
  });

  test("who attested stays attested through a hold that returns to live", () => {
    assert.deepEqual(
      [attested(visitIn(held())), attested(visitIn(held("recording_lost", "verifying"))), ownHold(opened().visit)],
      [true, false, false],
    );
  });
});

describe("what an act needs", () => {
  const with_ = (draft) => visitIn(session("live"), { type: "draft", draft });

  test("an attestation: all checks, a number that can be called, and a place", () => {
    assert.deepEqual(missing(with_({ checks: ["child_seen"] }), "attest"), CHECKS.filter((check) => check !== "child_seen").concat("location"));
    assert.deepEqual(missing(with_({ checks: [...CHECKS], callBack: "1234", location: " " }), "attest"), ["call_back", "location"]);
    assert.deepEqual(missing(with_({ checks: [...CHECKS], callBack: "+86 138-0013-8000", location: "苏州" }), "attest"), []);
  });
  test("a hold: a reason", () => {
    assert.deepEqual([missing(with_({}), "hold"), missing(with_({ holdReason: "other" }), "hold")], [["reason"], []]);
  });
  test("a referral: reason and urgency; words only for another reason", () => {
    assert.deepEqual(missing(with_({}), "refer"), ["reason", "urgency"]);
    assert.deepEqual(missing(with_({ reason: "headache" }), "refer"), []);
    assert.deepEqual(missing(with_({ reason: "other", note: " " }), "refer"), ["note"]);
    assert.deepEqual(missing(with_({ reason: "other", note: "皮疹" }), "refer"), []);
  });
  test("completing: the adequacy answered yes, and a summary", () => {
    assert.deepEqual(missing(with_({}), "complete"), ["summary", "adequate"]);
    assert.deepEqual(missing(with_({ adequate: false, summary: "x" }), "complete"), ["not_adequate"]);
    assert.deepEqual(missing(with_({ adequate: true, summary: "x" }), "complete"), []);
  });
  test("nothing else needs anything", () => assert.deepEqual(missing(with_({}), "admit"), []));

  test("every complete draft makes an intent that the server reads", () => {
    const draft = {
      checks: [...CHECKS],
      location: " 苏州市 ",
      holdReason: "technical",
      reason: "headache",
      note: " 头痛 ",
      summary: " 好 ",
      adequate: true,
    };
    for (const act of ACTS) {
      const intent = intentFor(with_(draft), act);
      assert.deepEqual(decodeIntent(intent), intent);
    }
    assert.equal(intentFor(with_(draft), "refer").note, "头痛");
  });

  test("number and place are what the family told, until they are corrected", () => {
    const family = { child: {}, guardians: [], denied: false, stills: "open", whereabouts: { call_back: "13911112222", location: "苏州市", by: "guardian", at: null } };
    const told = { type: "family", visit: "v1", family };
    assert.deepEqual(whereaboutsOf(visitIn(session("verifying"))), { callBack: "13800138000", location: "" });
    assert.deepEqual(whereaboutsOf(visitIn(session("verifying"), told)), { callBack: "13911112222", location: "苏州市" });
    const corrected = visitIn(session("verifying"), told, { type: "draft", draft: { callBack: "110", location: " 上海市 " } });
    assert.deepEqual(whereaboutsOf(corrected), { callBack: "110", location: " 上海市 " });
    assert.equal(intentFor(corrected, "attest").location, "上海市");
  });

  test("where a referral goes follows reason and urgency, until a department is picked; another urgency is proposed for anew", () => {
    const draft = (...changes) => with_(changes[0], ...changes.slice(1));
    const picked = [{ reason: "headache" }, { to: "own" }];
    assert.equal(destinationOf(draft({})), null);
    assert.equal(destinationOf(draft({ reason: "headache" })).code, "emergency");
    assert.equal(destinationOf(draft({ reason: "headache", urgency: "within_24h" })).text, "儿童医院 神经内科");
    const drafts = (changes) => visitIn(session("live"), ...changes.map((each) => ({ type: "draft", draft: each })));
    assert.equal(destinationOf(drafts(picked)).code, "own");
    assert.deepEqual([intentFor(drafts(picked), "refer").to, intentFor(drafts(picked.slice(0, 1)), "refer").to], ["own", ""]);
    assert.equal(destinationOf(drafts([...picked, { note: "头痛" }])).code, "own");
    for (const change of [{ urgency: "emergency" }, { reason: "low_velocity" }]) assert.equal(drafts([...picked, change]).drafts.to, null);
  });

  test("an incomplete draft makes none", () => {
    for (const act of ["hold", "refer", "complete"]) assert.equal(intentFor(with_({}), act), null);
  });
});

describe("keys", () => {
  const press = (key, more = {}) => ({ key, typing: false, onButton: false, modified: false, ...more });
  const live = visitIn(session("live"));
  const panel = (name) => ({ type: "panel", panel: name });
  const attesting = visitIn(session("verifying"), panel("attest"));

  test("letters act, large or small", () => {
    assert.deepEqual(meaningOf(visitIn(session("waiting")), press("a")), panel("admit"));
    assert.deepEqual(meaningOf(visitIn(session("verifying")), press("t")), panel("attest"));
    assert.deepEqual(meaningOf(live, press("R")), panel("refer"));
    assert.deepEqual(meaningOf(live, press("c")), panel("complete"));
    assert.deepEqual(meaningOf(live, press("m")), { type: "mute" });
    assert.deepEqual(meaningOf(live, press("v")), { type: "camera" });
    assert.deepEqual(meaningOf(live, press("/")), { type: "write" });
    assert.equal(meaningOf(live, press("x")), null);
  });

  test("D opens what the family handed in, and a number the picture or the download of that number", () => {
    const documents = [{ id: "x", kind: "image/jpeg" }, { id: "y", kind: "application/pdf" }];
    const looking = visitIn(session("live"), { type: "documents", visit: "v1", documents }, panel("documents"));
    assert.deepEqual(meaningOf(live, press("d")), panel("documents"));
    assert.deepEqual(meaningOf(looking, press("D")), panel(null));
    assert.deepEqual(meaningOf(looking, press("1")), { type: "show_document", id: "x" });
    assert.deepEqual(meaningOf(looking, press("2")), { type: "press", id: "document-2" });
    assert.equal(meaningOf(looking, press("3")), null);
    assert.equal(meaningOf(looking, press("Enter")), null);
  });

  test("H holds, and resumes the physician's own hold", () => {
    assert.deepEqual(meaningOf(live, press("h")), panel("hold"));
    assert.deepEqual(meaningOf(visitIn(held("physician_hold")), press("h")), { type: "act", act: "resume" });
  });

  test("a key does nothing where its button could not be pressed", () => {
    assert.equal(meaningOf(visitIn(session("waiting", { seats: alone })), press("a")), null);
    assert.equal(meaningOf(visitIn(session("verifying")), press("c")), null);
    assert.equal(meaningOf(visitIn(session("live"), offline), press("r")), null);
  });

  test("nothing while typing, or with a modifier, except closing with Escape", () => {
    const referring = visitIn(session("live"), panel("refer"));
    assert.equal(meaningOf(referring, press("r", { typing: true })), null);
    assert.equal(meaningOf(referring, press("r", { modified: true })), null);
    assert.deepEqual(meaningOf(referring, press("Escape", { typing: true })), panel(null));
    assert.equal(meaningOf(live, press("Escape")), null);
  });

  test("the help opens and closes with the same key", () => {
    assert.deepEqual(meaningOf(live, press("?")), panel("help"));
    assert.deepEqual(meaningOf(visitIn(session("live"), panel("help")), press("?")), panel(null));
  });

  test("digits tick and untick the checks", () => {
    assert.deepEqual(meaningOf(attesting, press("2")), { type: "draft", draft: { checks: ["child_seen"] } });
    const ticked = visitIn(session("verifying"), panel("attest"), { type: "draft", draft: { checks: ["child_seen"] } });
    assert.deepEqual(meaningOf(ticked, press("2")), { type: "draft", draft: { checks: [] } });
    assert.equal(meaningOf(attesting, press("7")), null);
    assert.equal(meaningOf(live, press("1")), null);
  });

  test("digits choose the reason of a hold", () => {
    const holding = visitIn(session("live"), panel("hold"));
    assert.deepEqual(meaningOf(holding, press("1")), { type: "draft", draft: { holdReason: "guardian_not_with_child" } });
    assert.equal(meaningOf(holding, press("9")), null);
  });

  test("Enter confirms the checks once all are there, and never in place of a button", () => {
    assert.equal(meaningOf(attesting, press("Enter")), null);
    const all = visitIn(session("verifying"), panel("attest"), {
      type: "draft",
      draft: { checks: [...CHECKS], location: "苏州" },
    });
    assert.deepEqual(meaningOf(all, press("Enter")), { type: "act", act: "attest" });
    assert.equal(meaningOf(all, press("Enter", { onButton: true })), null);
    const sent = visitIn(
      session("verifying"),
      panel("attest"),
      { type: "draft", draft: { checks: [...CHECKS], location: "苏州" } },
      { type: "sent", act: "attest" },
    );
    assert.equal(meaningOf(sent, press("Enter")), null);
  });

  test("the names are compared before anybody is admitted: Enter admits, N says that these are others", () => {
    const comparing = visitIn(session("waiting"), panel("admit"));
    assert.deepEqual(meaningOf(comparing, press("Enter")), { type: "act", act: "admit" });
    assert.deepEqual(meaningOf(comparing, press("n")), { type: "act", act: "deny_family" });
    assert.equal(meaningOf(comparing, press("1")), null);
    assert.deepEqual(meaningOf(visitIn(session("waiting")), press("n")), { type: "panel", panel: "note" });
    assert.equal(meaningOf(visitIn(session("waiting"), panel("admit"), { type: "sent", act: "deny_family" }), press("N")), null);
  });

  test("B begins by text once the names were compared, A goes over to video", () => {
    assert.deepEqual(meaningOf(visitIn(session("waiting")), press("b")), panel("begin_text"));
    const comparing = visitIn(session("waiting"), panel("begin_text"));
    assert.deepEqual(meaningOf(comparing, press("Enter")), { type: "act", act: "begin_text" });
    assert.deepEqual(meaningOf(comparing, press("n")), { type: "act", act: "deny_family" });
    assert.deepEqual(intentFor(comparing, "begin_text"), { type: "begin_text", names_match: true });
    const written = visitIn(session("waiting", { text: true }));
    assert.equal(meaningOf(written, press("b")), null);
    assert.deepEqual(meaningOf(written, press("a")), panel("admit"));
    assert.equal(visitIn(session("waiting"), panel("begin_text"), { type: "done", act: "begin_text" }).panel, null);
    assert.equal(visitIn(session("waiting"), panel("begin_text"), told(session("verifying", { version: 9 }))).panel, null);
  });

  test("Enter never ends a visit", () => {
    const ready = visitIn(session("live"), panel("refer"), { type: "draft", draft: { reason: "headache" } });
    assert.equal(meaningOf(ready, press("Enter")), null);
  });

  test("after the end only the referral that is still possible has a key", () => {
    const withdrawn = visitIn(session("ended", { outcome: "consent_withdrawn" }));
    assert.deepEqual(meaningOf(withdrawn, press("r")), panel("refer"));
    assert.equal(meaningOf(withdrawn, press("m")), null);
  });
});

describe("the sentence on top", () => {
  const said = (visit) => stateSentence(visit).key;
  const received = (packets, atMs) => ({ type: "received", received: { packets, frames: packets }, atMs });
  const standsStill = (looks) => [{ type: "media", media: "up" }, ...Array.from({ length: looks }, (_, at) => received(9, at * 1_000))];
  const table = [
    ["state.connecting", opened().visit],
    ["state.offline", opened(offline).visit],
    ["state.refused", opened({ type: "link", link: "refused", problem: null }).visit],
    ["state.superseded", visitIn(session("live"), message({ type: "superseded" }))],
    ["state.offline", visitIn(session("live"), offline)],
    ["state.closing", visitIn(session("live"), message({ type: "closing", retry_s: 3 }))],
    ["state.guardian_here", visitIn(session("waiting"))],
    ["state.guardian_not_here", visitIn(session("waiting", { seats: alone }))],
    ["state.text", visitIn(session("waiting", { text: true }))],
    ["state.text_alone", visitIn(session("waiting", { text: true, seats: alone }))],
    ["state.admitted", visitIn(session("waiting", { admitted: true, text: true }))],
    ["state.admitted", visitIn(session("waiting", { admitted: true }))],
    ["state.admitted_alone", visitIn(session("waiting", { admitted: true, seats: alone }))],
    ["state.verifying", visitIn(session("verifying"))],
    ["state.live", visitIn(session("live"))],
    ["state.media_lost", visitIn(session("live"), { type: "media", media: "lost" })],
    ["state.live", visitIn(session("live"), ...standsStill(3))],
    ["state.interrupted", visitIn(session("live"), ...standsStill(4))],
    ["state.interrupted", visitIn(session("verifying"), ...standsStill(4))],
    ["state.live", visitIn(session("live"), ...standsStill(4), received(10, 4_000))],
    ["state.media_lost", visitIn(session("live"), ...standsStill(4), { type: "media", media: "lost" })],
    ["held.recording_lost", visitIn(session("live"), ...standsStill(4), told({ ...held("recording_lost"), version: 2 }))],
    ["state.offline", visitIn(session("live"), ...standsStill(4), offline)],
    ["held.recording_lost", visitIn(held("recording_lost"))],
    ["outcome.referred", visitIn(session("ended", { outcome: "referred" }))],
    ["outcome.unknown", visitIn(session("ended"), offline)],
  ];
  for (const [key, visit] of table) test(`${key}`, () => assert.equal(said(visit), key));
});

describe("a hold", () => {
  const both = session("held", {
    causes: [cause("physician_hold", null), cause("recording_lost", 90_000), cause("guardian_silent", 20_000)],
  });

  test("names the cause that would end the visit first", () => {
    assert.equal(firstCause(visitIn(both)), "guardian_silent");
    assert.equal(firstCause(visitIn(session("held"))), "unknown");
    assert.equal(firstCause(opened().visit), "unknown");
  });

  test("counts down on the page's own clock and stops at nothing", () => {
    const visit = visitIn(session("live"), told({ ...both, version: 2 }, 1000));
    assert.deepEqual(
      [holdRemainingMs(visit, 1000), holdRemainingMs(visit, 6000), holdRemainingMs(visit, 99_000)],
      [20_000, 15_000, 0],
    );
    assert.equal(
      holdRemainingMs(visitIn(held("physician_hold", "live", { causes: [cause("physician_hold", null)] })), 0),
      null,
    );
    assert.equal(holdRemainingMs(opened().visit, 0), null);
  });

  test("nobody is here before the server said so", () => assert.equal(guardianHere(opened().visit), false));
});

describe("the outcome", () => {
  const status = (more) => ({
    type: "status",
    status: { state: "ended", outcome: "completed", letter: null, summary: true, ...more },
  });

  test("is the session's own while the page was there", () => {
    const filed = { id: "r", reason: "headache", urgency: "emergency" };
    assert.deepEqual(outcomeOf(visitIn(session("ended", { outcome: "referred", referral: filed }))), {
      name: "referred",
      referral: filed,
      letter: true,
      summary: false,
    });
  });
  test("is what HTTP says when the visit was opened after its end", () => {
    assert.deepEqual(outcomeOf(opened(status({})).visit), { name: "completed", referral: null, letter: false, summary: true });
    assert.equal(outcomeOf(opened(status({ outcome: null, letter: {} })).visit).name, "unknown");
  });
  test("is none before the end", () => assert.equal(outcomeOf(opened(status({ state: "live" })).visit), null));
});

describe("the connection in words", () => {
  const line = (loss) => ({ loss, bitrate_bps: 1, jitter_ms: 1 });
  const leg = (role, loss, rtt_ms) => ({ role, up: line(loss), down: line(0), rtt_ms });
  const shown = (light, ...legs) => visitIn(session("live"), message({ type: "quality", light, legs }, 1000));
  const key = (visit, now = 1500) => qualitySentence(visit, now).said.key;

  test("good is good, whatever the figures", () => assert.equal(key(shown("good", leg("guardian", 0.5, 900))), "quality.good"));
  test("says whose network, and loss before delay", () => {
    assert.equal(key(shown("poor", leg("guardian", 0.2, 900), leg("physician", 0, 20))), "quality.poor.loss.family");
    assert.equal(key(shown("fair", leg("guardian", 0, 20), leg("physician", 0.04, 20))), "quality.fair.loss.you");
    assert.equal(key(shown("fair", leg("guardian", 0, 500), leg("physician", 0, null))), "quality.fair.delay.family");
    assert.equal(key(shown("fair", leg("guardian", 0, null))), "quality.fair");
    assert.equal(key(shown("fair")), "quality.fair");
  });
  test("old figures are not told as if they were now", () => {
    const visit = shown("good", leg("guardian", 0, 86.4));
    assert.equal(key(visit, 9000), "quality.unknown");
    assert.equal(key(visitIn(session("live"))), "quality.unknown");
    assert.deepEqual(qualityFigures(visit, 9000), []);
    assert.deepEqual(qualityFigures(visit, 1500), [{ role: "guardian", upLoss: "0", downLoss: "0", rttMs: "86" }]);
    assert.equal(qualityFigures(shown("good", leg("guardian", 0, null)), 1500)[0].rttMs, "–");
  });
  test("shares are short", () =>
    assert.deepEqual([0, 0.0004, 0.004, 0.0994, 0.0996, 0.34].map(percent), ["0", "0", "0.4", "9.9", "10", "34"]));
});

describe("camera and microphone", () => {
  const says = (devices) =>
    deviceSentence({
      support: "ok",
      opened: true,
      microphone: null,
      camera: null,
      muted: false,
      cameraOff: false,
      speakingMuted: false,
      ...devices,
    });
  const table = [
    ["devices.insecure", { support: "insecure" }],
    ["devices.unsupported", { support: "unsupported" }],
    ["devices.asking", { opened: false }],
    ["devices.denied", { microphone: "none", camera: "denied" }],
    ["devices.denied", { microphone: "denied" }],
    ["devices.busy", { camera: "busy" }],
    ["devices.busy", { microphone: "busy" }],
    ["devices.missing", { microphone: "none", camera: "none" }],
    ["devices.noMicrophone", { microphone: "none" }],
    ["devices.noCamera", { camera: "none" }],
    ["devices.failed", { camera: "unknown" }],
    ["devices.failed", { microphone: "interrupted" }],
    ["devices.ready", {}],
  ];
  for (const [key, devices] of table) test(`${JSON.stringify(devices)}`, () => assert.equal(says(devices), key));
});

describe("speaking while muted", () => {
  const heard = (...levels) => levels.reduce((before, [level, at]) => hear(before, level, at), SILENCE).speaking;

  test("is told after a voice has lasted, not for a knock", () => {
    assert.equal(heard([0.8, 0]), false);
    assert.equal(heard([0.8, 0], [0.8, 200], [0.8, 320]), true);
    assert.equal(heard([0.8, 0], [0.1, 100], [0.8, 200], [0.8, 400]), false);
  });
  test("lasts through the gaps between words, and ends in quiet", () => {
    assert.equal(heard([0.8, 0], [0.8, 400], [0.1, 900]), true);
    assert.equal(heard([0.8, 0], [0.8, 400], [0.1, 900], [0.1, 2000]), false);
  });
});

describe("a weak network", () => {
  const family = (rung, why = "uplink") => ({ from: "guardian", to: "physician", rung, why });
  const own = (rung, why = "uplink") => ({ from: "physician", to: "guardian", rung, why });
  const weak = (...rungs) => visitIn(session("live", { rungs }));

  test("is said with whose it is, the worse direction first", () => {
    assert.equal(networkSentence(weak()), null);
    assert.deepEqual(networkSentence(weak(family("low"))), { key: "rung.low.far" });
    assert.deepEqual(networkSentence(weak(family("stills", "downlink"))), { key: "rung.stills.own" });
    assert.deepEqual(networkSentence(weak(own("low"), family("sound"))), { key: "rung.sound.far" });
    assert.deepEqual(networkSentence(weak(own("chat"), family("sound"))), { key: "rung.chat.own" });
    assert.equal(networkSentence(visitIn(held("guardian_silent", "live", { rungs: [family("low")] }))), null);
  });

  test("leaves no picture from sound on", () => {
    const rungs = ["low", "stills", "sound", "chat"];
    assert.deepEqual(rungs.map((rung) => soundOnly(weak(family(rung)))), [false, false, true, true]);
    assert.equal(soundOnly(weak(own("sound"))), false);
  });

  test("shows the number to call once sound does not pass or the family is silent, and at no other time", () => {
    for (const rung of ["low", "stills", "sound"]) assert.equal(numberToCall(weak(family(rung))), null);
    for (const visit of [weak(family("chat")), weak(own("chat", "downlink")), visitIn(held())]) assert.equal(numberToCall(visit), "13800138000");
    assert.equal(numberToCall(visitIn(held("physician_hold"))), null);
    assert.equal(numberToCall(visitIn(session("ended", { outcome: "completed", rungs: [family("chat")] }))), null);
    assert.equal(numberToCall({ ...weak(family("chat")), view: null }), null);
  });

  test("a number is read in groups", () => {
    assert.equal(grouped("13800138000"), "138 0013 8000");
    assert.equal(grouped("010-1234"), "010-1234");
  });
});
