import assert from "node:assert/strict";
import { test } from "node:test";

import { completes, draftOf, faultsOf, groupOf, prepare, progressOf, stepsOf } from "../../web_client/family/preparation.js";
import { Preparing } from "../../web_client/family/preparing.js";
import { initialState, reduce, screenOf } from "../../web_client/family/state.js";
import { ApiProblem } from "../../web_client/shared/api.js";

const choice = (link_id, codes, more = {}) => ({ link_id, type: "choice", text: link_id, required: true, repeats: false, options: codes.map((code) => ({ code, text: code, exclusive: code === "none" })), ...more });
const FORM = {
  version: "growth-1", field: "growth", language: "zh", title: "t", intro: "i", sha256: "aa",
  groups: [
    { link_id: "one", text: "One", questions: [choice("signs", ["seizure", "none"], { repeats: true })] },
    { link_id: "two", text: "Two", questions: [choice("puberty", ["yes", "no"], {}), { link_id: "father", type: "integer", text: "f", required: false, repeats: false, min_value: "120", max_value: "230" }] },
    { link_id: "three", text: "Three", questions: [{ link_id: "age", type: "integer", text: "a", required: true, repeats: false, min_value: "0", max_value: "18", enable_when: { question: "puberty", operator: "=", answer: "yes" } }] },
  ],
}; // prettier-ignore
const VIEW = { questionnaire: FORM, answers: {}, state: "open", route: null, measurements: [], open: true };
const EMERGENCY = { outcome: "emergency", field: null, why: ["抽搐"], safety_net: ["120"] };
const play = (changes, from = null) => changes.reduce(prepare, from);
const loaded = (view = {}) => play([{ type: "loaded", view: { ...VIEW, ...view } }]);
const say = (link, answer) => ({ type: "answered", link, answer });
const on = { type: "moved", by: 1 };

test("a screen is a group that asks something; then come measurements, then thanks", () => {
  const begun = loaded();
  assert.deepEqual(stepsOf(begun), ["one", "two", "measurements", "done"]);
  assert.deepEqual(progressOf(begun), { n: 1, of: 3 });
  const more = play([say("puberty", "yes")], begun);
  assert.deepEqual(stepsOf(more), ["one", "two", "three", "measurements", "done"]);
  assert.deepEqual(groupOf(play([say("signs", ["none"]), on], more)).questions.map((q) => q.link_id), ["puberty", "father"]);
});

test("nobody goes on past a question that must be answered, and is told which", () => {
  const stopped = play([on], loaded());
  assert.deepEqual([stopped.step, stopped.faults], ["one", { signs: "required" }]);
  const answered = play([say("signs", ["none"])], stopped);
  assert.deepEqual([answered.faults, faultsOf(answered)], [{}, {}]);
  assert.equal(play([on], answered).step, "two");
});

test("going back asks for nothing, and stays on the first screen", () => {
  const second = play([say("signs", ["none"]), on, { type: "moved", by: -1 }], loaded());
  assert.equal(second.step, "one");
  assert.equal(play([{ type: "moved", by: -1 }], second).step, "one");
});

test("an answer that hides a question takes that question's answer away", () => {
  const said = play([say("puberty", "yes"), say("age", 9), say("puberty", "no")], loaded());
  assert.deepEqual(said.answers, { puberty: "no" });
  assert.deepEqual(play([say("puberty", undefined)], said).answers, {});
});

test("only what will do is kept as a draft", () => {
  const said = play([say("signs", ["none"]), say("father", 17)], loaded());
  assert.deepEqual(draftOf(said), { signs: ["none"] });
});

test("what was told comes back after a reload, and another language keeps what is on the screen", () => {
  const back = loaded({ answers: { signs: ["none"] }, state: "draft" });
  assert.deepEqual(back.answers, { signs: ["none"] });
  const further = play([say("puberty", "no"), on, { type: "loaded", view: { ...VIEW, questionnaire: { ...FORM, language: "en" } } }], back);
  assert.deepEqual([further.answers, further.step], [{ signs: ["none"], puberty: "no" }, "two"]);
});

test("another version begins anew with what the server has of it", () => {
  const other = play([say("signs", ["none"]), { type: "loaded", view: { ...VIEW, questionnaire: { ...FORM, version: "growth-2" } } }], loaded());
  assert.deepEqual([other.answers, other.step], [{}, "one"]);
});

test("the server's faults lead back to the first screen that has one", () => {
  const last = play([say("signs", ["none"]), on, say("puberty", "no")], loaded());
  assert.ok(completes(last));
  assert.equal(play([{ type: "faults", faults: { signs: "required" } }], last).step, "one");
});

test("what was typed while it was being saved is still to be saved", () => {
  const typing = play([say("signs", ["none"]), { type: "saving" }, say("puberty", "no"), { type: "saved", route: null, completed: false }], loaded());
  assert.equal(typing.saved, "changed");
  assert.equal(play([{ type: "saving" }, { type: "saved", route: EMERGENCY, completed: true }], typing).view.state, "given");
});

test("a row of measurements knows its own ways, and only a weight has clothes", () => {
  const weight = play([{ type: "row", changed: { kind: "weight" } }], loaded());
  assert.deepEqual([weight.row.method, weight.row.clothes], ["scale_home", "light"]);
  const height = play([{ type: "row", changed: { kind: "height" } }], weight);
  assert.deepEqual([height.row.method, "clothes" in height.row], ["standing_home", false]);
  const doubted = play([{ type: "row", changed: { value: "99" } }, { type: "row_refused", fault: { code: "unlikely", asks: true, words: "?" } }], height);
  assert.equal(doubted.rowFault.asks, true);
  assert.equal(play([{ type: "row", changed: { value: "119" } }], doubted).rowFault, null);
  assert.equal(play([{ type: "measured", measurements: [doubted.row] }], doubted).row.value, "");
});

test("before the form is there nothing can be said", () => {
  assert.equal(prepare(null, on), null);
});

test("whoever comes again to what is done begins at the first screen", () => {
  const done = { ...loaded(), step: "done" };
  assert.equal(play([{ type: "shown", shown: true }], done).step, "one");
});

// --- within the page's own state ---

const VISIT = { id: "v", field: "growth", starts_at: "2026-03-05T14:30:00+08:00", child: "陈*安", guardian: "陈*梅", physician: { name: "林", title: "主任医师", hospital: "医院", licence: "1" } };
const READY = { visit: VISIT, role: "guardian", state: "waiting", outcome: null, child_confirmed: true, consents: { consultation: "given", recording: "given" }, letter: null, summary: false };
const SESSION = { version: 1, state: "waiting", admitted: false, text: false, gate: false, recording: "off", until_ms: null, causes: [], resume_to: null, outcome: null, referral: null, seats: [] };
const page = (events, from = initialState("zh", true)) => events.reduce(reduce, from);
const change = (inner) => ({ type: "preparation", change: inner });
const OPENED = [{ type: "opened", status: READY }, change({ type: "loaded", view: VIEW })];
const arrives = (state) => ({ type: "message", nowMs: 0, message: { type: "session", seq: 1, session: { ...SESSION, state } } });

test("preparing is an offer: the device check is there until somebody opens it", () => {
  const offered = page(OPENED);
  assert.equal(screenOf(offered), "devices");
  const open = page([change({ type: "shown", shown: true })], offered);
  assert.equal(screenOf(open), "prepare");
  assert.equal(screenOf(page([change({ type: "shown", shown: false })], open)), "devices");
});

test("in the waiting room one can prepare, and the call comes over it by itself", () => {
  const waiting = page([...OPENED, { type: "entered" }, arrives("waiting"), change({ type: "shown", shown: true })]);
  assert.equal(screenOf(waiting), "prepare");
  assert.equal(screenOf(page([arrives("verifying")], waiting)), "call");
  assert.equal(screenOf(page([arrives("ended")], waiting)), "ended");
});

test("what the waiting room takes no more is not opened", () => {
  const late = page([{ type: "opened", status: READY }, change({ type: "loaded", view: { ...VIEW, open: false } }), change({ type: "shown", shown: true })]);
  assert.equal(screenOf(late), "devices");
});

// --- the shell around it, with an API that answers what it is told to ---

function shell(answers) {
  let preparation = loaded();
  const calls = [];
  const answer = (name) => async (...args) => {
    calls.push([name, ...args.slice(1)]);
    const given = answers[name]?.shift?.() ?? answers[name];
    if (given instanceof Error) throw given;
    return given;
  };
  const api = Object.fromEntries(["questionnaire", "answers", "measurements"].map((name) => [name, answer(name)]));
  const preparing = new Preparing({ api, visit: "v", preparation: () => preparation, language: () => "zh", tell: (told) => (preparation = prepare(preparation, told)) });
  return { preparing, calls, now: () => preparation };
}

test("going on keeps a draft, and the last group completes the answers", async () => {
  const { preparing, calls, now } = shell({ answers: { state: "draft", route: EMERGENCY } });
  await preparing.handle({ type: "prepare_answer", link: "signs", answer: ["seizure"] });
  await preparing.handle({ type: "prepare_next" });
  assert.deepEqual(calls, [["answers", FORM, { signs: ["seizure"] }, false]]);
  assert.deepEqual([now().step, now().route.outcome, now().saved], ["two", "emergency", "kept"]);
  await preparing.handle({ type: "prepare_answer", link: "puberty", answer: "no" });
  await preparing.handle({ type: "prepare_next" });
  assert.deepEqual(calls[1], ["answers", FORM, { signs: ["seizure"], puberty: "no" }, true]);
  assert.deepEqual([now().step, now().view.state], ["measurements", "given"]);
});

test("what could not be completed stays on the screen and says so", async () => {
  const { preparing, now } = shell({ answers: new ApiProblem(0, "network", "") });
  for (const [link, answer] of [["signs", ["none"]], ["puberty", "no"]]) {
    await preparing.handle({ type: "prepare_answer", link, answer });
    await preparing.handle({ type: "prepare_next" });
  }
  assert.deepEqual([now().step, now().saved], ["two", "failed"]);
});

test("faults of the server are shown at their questions", async () => {
  const errors = [{ pointer: "#/answers/signs", code: "contradiction", asks: false, detail: "" }];
  const { preparing, now } = shell({ answers: new ApiProblem(422, "invalid", "", null, errors) });
  await preparing.handle({ type: "prepare_answer", link: "signs", answer: ["none"] });
  await preparing.handle({ type: "prepare_close" });
  assert.deepEqual(now().faults, { signs: "contradiction" });
});

test("a questionnaire that changed meanwhile is fetched anew", async () => {
  const newer = { ...VIEW, questionnaire: { ...FORM, version: "growth-2" } };
  const { preparing, now } = shell({ answers: new ApiProblem(409, "questionnaire_changed", ""), questionnaire: newer });
  await preparing.handle({ type: "prepare_answer", link: "signs", answer: ["none"] });
  await preparing.handle({ type: "prepare_close" });
  assert.equal(now().view.questionnaire.version, "growth-2");
});

test("an unlikely height is asked about once, and then taken", async () => {
  const errors = [{ pointer: "#/measurements/0", code: "unlikely", asks: true, detail: "确定吗？" }];
  const { preparing, calls, now } = shell({ measurements: [new ApiProblem(422, "invalid", "", null, errors), { measurements: [{ kind: "height", value: "99" }] }] });
  await preparing.handle({ type: "prepare_row", changed: { value: " 99 ", on: "2026-02-01" } });
  await preparing.handle({ type: "prepare_measure", sure: false });
  assert.deepEqual(now().rowFault, { code: "unlikely", asks: true, words: "确定吗？" });
  await preparing.handle({ type: "prepare_measure", sure: true });
  assert.deepEqual(calls[1][1], [{ kind: "height", value: "99", on: "2026-02-01", method: "standing_home", sure: true }]);
  assert.equal(now().measurements.length, 1);
});

test("a form that cannot be had is not spoken of", async () => {
  const { preparing, now } = shell({ questionnaire: new ApiProblem(503, "unavailable", "") });
  await preparing.load();
  assert.deepEqual(now().view, VIEW);
});
