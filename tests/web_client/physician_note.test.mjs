import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiProblem } from "../../web_client/shared/api.js";
import { accepted, BOTH_MARK, changedElsewhere, isSaved, lacking, notSaved, opened, readKept, same, sending, standing, toKeep, typed } from "../../web_client/physician/note.js";
import { NoteKeeper } from "../../web_client/physician/note_keeper.js";

const SECTIONS = ["history", "advice", "family"].map((code) => ({ code, max_length: 4000, title: { zh: `【${code}】`, en: code }, hint: { zh: "", en: "" } }));
const FORM = { version: "f", sections: SECTIONS, needs: [["history"], ["advice", "family"]] };

function view(sections = {}, revision = 1, more = {}) {
  return { kind: "note", form: FORM, draft: { revision, sections, at: "2026-11-22T02:31:00Z" }, can_sign: false, safety_net: [], signed: [], ...more };
}

test("what is typed is not saved until the server has it, and only then the device forgets it", () => {
  let note = typed(opened(view({})), "history", "一");
  assert.deepEqual([isSaved(note), standing(note), toKeep(note)?.words], [false, "saving", { history: "一" }]);
  note = typed(sending(note), "history", "一二");
  note = accepted(note, view({ history: "一" }, 2));
  assert.deepEqual([note.words, note.base, note.revision, isSaved(note)], [{ history: "一二" }, { history: "一" }, 2, false]);
  note = accepted(sending(note), view({ history: "一二" }, 3));
  assert.deepEqual([standing(note), toKeep(note)], ["saved", null]);
});

test("another window's section is taken in, and one's own stays", () => {
  const mine = typed(opened(view({ history: "一" })), "advice", "我的");
  const note = changedElsewhere(mine, view({ history: "一", family: "别的" }, 2));
  assert.deepEqual([note.words, note.both, note.revision], [{ history: "一", advice: "我的", family: "别的" }, [], 2]);
});

test("what both windows changed stays twice, and is named", () => {
  const mine = typed(opened(view({ history: "一" })), "history", "我改的");
  const note = changedElsewhere(mine, view({ history: "他改的" }, 2));
  assert.deepEqual(note.words, { history: `他改的\n${BOTH_MARK}\n我改的` });
  assert.deepEqual(note.both, ["history"]);
  assert.deepEqual(typed(note, "history", "都对").both, []);
});

test("what one erased and the other went on writing is kept, and named", () => {
  const erased = typed(opened(view({ history: "一" })), "history", "");
  const note = changedElsewhere(erased, view({ history: "一二" }, 2));
  assert.deepEqual([note.words, note.both], [{ history: "一二" }, ["history"]]);
});

test("an own save whose answer was lost is no conflict", () => {
  let note = sending(typed(opened(view({ history: "一" })), "history", "一二"));
  note = changedElsewhere(typed(note, "history", "一二三"), view({ history: "一二" }, 2));
  assert.deepEqual([note.words, note.base, note.both], [{ history: "一二三" }, { history: "一二" }, []]);
});

test("words that were not saved when another window signed go into an amendment", () => {
  const mine = typed(typed(opened(view({ history: "一" })), "advice", "还有这句"), "history", "一");
  const signed = [{ id: "n", kind: "note", at: "", by: null, sections: [{ code: "history", title: { zh: "病史", en: "" }, text: "一" }] }];
  const note = changedElsewhere(mine, view({}, 2, { kind: "amendment", signed }));
  assert.deepEqual([note.kind, note.words, note.both], ["amendment", { text: "【【advice】】还有这句" }, ["text"]]);
  const nothing = changedElsewhere(opened(view({ history: "一" })), view({}, 2, { kind: "amendment", signed }));
  assert.deepEqual([nothing.words, nothing.both], [{}, []]);
});

test("what a page that died had not sent comes back when the visit is opened again", () => {
  const kept = toKeep(typed(opened(view({ history: "一" })), "history", "一二"));
  const back = opened(view({ history: "一", advice: "别的窗口" }, 4), readKept(JSON.parse(JSON.stringify(kept))));
  assert.deepEqual([back.words, back.both, back.revision], [{ history: "一二", advice: "别的窗口" }, [], 4]);
  assert.equal(toKeep(opened(view({ history: "一二" }, 2), kept)), null, "it had arrived");
});

test("what is no kept note is not taken for one", () => {
  for (const odd of [null, 3, {}, { kind: "note", revision: "1", base: {}, words: {} }, { kind: "note", revision: 1, base: {}, words: { a: 1 } }])
    assert.equal(readKept(odd), null);
});

test("what is missing for a signature is named by groups", () => {
  assert.deepEqual(lacking(typed(opened(view({ history: " " })), "family", "好")), [["history"]]);
});

/** A small generator, so that the windows below do something else each time and the same when it is run again. */
function dice(seed) {
  let at = seed;
  return (n) => (at = (at * 1103515245 + 12345) % 2147483648) % n;
}

test("whatever several windows do, no word is lost but by the hand of a window that showed it", () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const roll = dice(seed);
    const server = { revision: 0, sections: {} };
    const look = () => view({ ...server.sections }, server.revision);
    const windows = [opened(look()), opened(look())];
    const written = new Set();
    for (let step = 0; step < 40; step += 1) {
      const at = roll(2);
      const code = SECTIONS[roll(3)].code;
      if (roll(2) === 0) {
        const word = `字${step};`;
        windows[at] = typed(windows[at], code, (windows[at].words[code] ?? "") + word);
        written.add(word);
        continue;
      }
      const sent = sending(windows[at]);
      if (sent.revision === server.revision) {
        server.revision += 1;
        server.sections = { ...sent.words };
        windows[at] = roll(4) === 0 ? { ...sent, line: "offline" } : accepted(sent, look()); // now and then the answer is lost
      } else windows[at] = changedElsewhere(sent, look());
      const everywhere = [server.sections, ...windows.map(({ words }) => words)].map((words) => Object.values(words).join("")).join("");
      for (const word of written) assert.ok(everywhere.includes(word), `seed ${seed}, step ${step}: ${word} is gone`);
    }
    for (const [at] of [[0], [1], [0], [1]]) {
      windows[at] = changedElsewhere(sending(windows[at]), look());
      if (!same(windows[at].words, server.sections)) {
        server.revision += 1;
        server.sections = { ...windows[at].words };
      }
    }
    const left = Object.values(server.sections).join("");
    for (const word of written) assert.ok(left.includes(word), `seed ${seed}: ${word} never arrived`);
  }
});

// --- the keeper ---------------------------------------------------------------------------------------------------------

function memory() {
  const kept = new Map();
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
}

/** A keeper whose timers run when told, at a server of one note. */
function stage({ storage = memory(), server = { revision: 1, sections: {} } } = {}) {
  const timers = [];
  const told = [];
  const saves = [];
  const answers = [];
  const api = {
    note: async () => {
      if (server.away) throw new ApiProblem(0, "network", "");
      return view({ ...server.sections }, server.revision, { can_sign: server.ended === true });
    },
    saveNote: async (visit, kind, revision, sections) => {
      saves.push({ visit, revision, sections });
      const odd = await answers.shift();
      if (odd) throw odd;
      if (revision !== server.revision) throw new ApiProblem(412, "note_changed", "", null, [], { note: view({ ...server.sections }, server.revision) });
      server.revision += 1;
      server.sections = sections;
      return view({ ...sections }, server.revision);
    },
    signNote: async () => view({}, server.revision + 1, { kind: "amendment", signed: [{ id: "n", kind: "note", at: "", by: null, sections: [] }] }),
  };
  const keeper = new NoteKeeper({ api, storage: () => storage, tell: (visit, note) => told.push(note), now: () => 0, later: (work) => timers.push(work), never: () => timers.splice(0) });
  const settle = async () => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((done) => setTimeout(done));
  };
  const run = async () => {
    timers.splice(0).forEach((work) => work());
    await settle();
  };
  return { keeper, storage, server, saves, answers, run, settle, note: () => told.at(-1) };
}

test("the keeper saves what was typed and lets the device forget it", async () => {
  const { keeper, storage, server, run, settle, note } = stage();
  keeper.follow("v1");
  await settle();
  keeper.type("history", "一二");
  assert.match(storage.kept.get("peitong.note.v1"), /一二/);
  await run();
  assert.deepEqual([server.sections, storage.kept.size, standing(note())], [{ history: "一二" }, 0, "saved"]);
});

test("without a network it keeps the words on the device, says so, and sends them when there is one", async () => {
  const { keeper, storage, server, answers, run, settle, note } = stage();
  keeper.follow("v1");
  await settle();
  answers.push(new ApiProblem(0, "network", ""), new ApiProblem(503, "unavailable", ""));
  keeper.type("history", "一");
  await run();
  assert.deepEqual([standing(note()), storage.kept.size], ["offline", 1]);
  await run();
  await run();
  assert.deepEqual([server.sections, standing(note()), storage.kept.size], [{ history: "一" }, "saved", 0]);
});

test("a page that died is followed by one that sends what the device kept", async () => {
  const first = stage();
  first.keeper.follow("v1");
  await first.settle();
  first.keeper.type("history", "没来得及保存");
  const second = stage({ storage: first.storage, server: first.server });
  second.keeper.follow("v1");
  await second.settle();
  assert.equal(second.note().words.history, "没来得及保存");
  await second.run();
  assert.deepEqual([second.server.sections, second.storage.kept.size], [{ history: "没来得及保存" }, 0]);
});

test("what is refused is not sent for ever", async () => {
  const { keeper, answers, saves, run, settle, note } = stage();
  keeper.follow("v1");
  await settle();
  answers.push(new ApiProblem(413, "too_large", ""));
  keeper.type("history", "长");
  await run();
  await run();
  assert.deepEqual([saves.length, standing(note()), note().problem], [1, "refused", "too_large"]);
  keeper.type("history", "短");
  await run();
  assert.equal(standing(note()), "saved");
});

test("leaving a visit sends what was typed in it, and the next one is read", async () => {
  const { keeper, saves, settle } = stage();
  keeper.follow("v1");
  await settle();
  keeper.type("history", "一");
  keeper.follow("v2");
  await settle();
  assert.deepEqual(saves.map(({ visit }) => visit), ["v1"]);
});

/** An answer that comes when it is let. */
function held() {
  let arrive;
  const answer = new Promise((done) => (arrive = done));
  return { answer, arrive };
}

test("what is typed during a save goes on to the server when the visit is left meanwhile", async () => {
  const { keeper, storage, server, saves, answers, settle } = stage();
  const slow = held();
  answers.push(slow.answer);
  keeper.follow("v1");
  await settle();
  keeper.type("history", "先写的");
  void keeper.saveNow();
  keeper.type("history", "先写的，后写的");
  keeper.follow("v2");
  await settle();
  assert.match(storage.kept.get("peitong.note.v1"), /后写的/);
  slow.arrive();
  await settle();
  assert.deepEqual(saves.map(({ visit, sections }) => [visit, sections.history]), [["v1", "先写的"], ["v1", "先写的，后写的"]]);
  assert.deepEqual([server.sections, storage.kept.size], [{ history: "先写的，后写的" }, 0]);
});

test("without a network the device keeps what was typed during the save of a visit that was left", async () => {
  const { keeper, storage, answers, saves, settle } = stage();
  const slow = held();
  answers.push(slow.answer);
  keeper.follow("v1");
  await settle();
  keeper.type("history", "先写的");
  void keeper.saveNow();
  keeper.type("advice", "后写的");
  keeper.follow(null);
  slow.arrive(new ApiProblem(0, "network", ""));
  await settle();
  assert.deepEqual([saves.length, JSON.parse(storage.kept.get("peitong.note.v1")).words], [1, { history: "先写的", advice: "后写的" }]);
});

test("who comes back to a visit while it is still being saved finds every word", async () => {
  const { keeper, storage, server, answers, run, settle, note } = stage();
  const slow = held();
  answers.push(slow.answer);
  keeper.follow("v1");
  await settle();
  keeper.type("history", "先写的");
  void keeper.saveNow();
  keeper.type("history", "先写的，后写的");
  keeper.follow("v2");
  keeper.follow("v1");
  slow.arrive();
  await settle();
  await run();
  assert.deepEqual([note().words, server.sections, storage.kept.size], [{ history: "先写的，后写的" }, { history: "先写的，后写的" }, 0]);
});

test("signing during a save waits for it, and signs what was typed since", async () => {
  const { keeper, server, answers, settle, note } = stage();
  const slow = held();
  answers.push(slow.answer);
  keeper.follow("v1");
  await settle();
  keeper.type("history", "先写的");
  void keeper.saveNow();
  keeper.type("history", "先写的，后写的");
  const signed = keeper.sign();
  await settle();
  assert.deepEqual([note().signing, note().problem], [true, null]);
  slow.arrive();
  await signed;
  assert.deepEqual([server.sections, note().kind, note().signing, note().problem], [{ history: "先写的，后写的" }, "amendment", false, null]);
});

test("a note is being signed until it is, also while its words are saved", () => {
  const note = accepted(sending({ ...typed(opened(view({})), "history", "一"), signing: true }), view({ history: "一" }, 2));
  assert.equal(note.signing, true);
});

test("signing saves first, and does not sign what another window wrote meanwhile", async () => {
  const { keeper, server, run, settle, note } = stage();
  keeper.follow("v1");
  await settle();
  keeper.type("history", "我的");
  Object.assign(server, { revision: 7, sections: { history: "别人的" } });
  await keeper.sign();
  assert.deepEqual([note().kind, note().both, note().signing], ["note", ["history"], false]);
  keeper.type("history", "看过了");
  await run();
  await keeper.sign();
  assert.deepEqual([note().kind, note().signed.length], ["amendment", 1]);
});

test("after the end the note is read again, as often as it takes, and can be signed; what was typed meanwhile stays", async () => {
  const { keeper, server, run, settle, note } = stage();
  keeper.follow("v1");
  await settle();
  keeper.type("history", "一");
  await run();
  Object.assign(server, { ended: true, away: true });
  void keeper.again();
  await settle();
  assert.equal(note().canSign, false);
  server.away = false;
  await run();
  assert.deepEqual([note().canSign, note().words], [true, { history: "一" }]);
});
