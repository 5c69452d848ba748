/** A page's connection: each message once and in order, every intent answered, back by itself when the network is. */

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { intents } from "../../web_client/shared/messages.js";
import { Signal } from "../../web_client/shared/signal.js";
import { INITIAL, attempting, hello, isOver, lost, online, received, waitMs } from "../../web_client/shared/signal_state.js";
import { FakeSocket, SESSION, welcome } from "./support/socket.mjs";

const changed = (seq) => ({ type: "session", seq, session: { ...SESSION, version: seq } });

describe("what a connection is", () => {
  const inEpoch = (epoch, seq) => ({ ...INITIAL, link: "online", epoch, seq });

  test("nothing counts before the first welcome", () => {
    assert.equal(received(INITIAL, changed(1)).fresh, false);
  });

  test("a welcome begins its epoch anew, whatever was seen before", () => {
    for (const before of [INITIAL, inEpoch(1, 90), inEpoch(5, 90)]) {
      const { state, fresh } = received(before, welcome(3));
      assert.deepEqual([fresh, state.epoch, state.seq, state.link], [true, 3, 1, "online"]);
    }
  });

  test("a message is fresh once", () => {
    const first = received(inEpoch(1, 4), changed(5));
    assert.equal(first.fresh, true);
    assert.equal(received(first.state, changed(5)).fresh, false);
    assert.equal(received(first.state, changed(3)).fresh, false);
  });

  test("a resume is asked for once something was seen", () => {
    assert.equal(hello(INITIAL, "t", "i", "zh").resume, null);
    assert.deepEqual(hello(inEpoch(2, 7), "t", "i", "zh").resume, { epoch: 2, seq: 7 });
  });

  test("waiting doubles, is spread by chance, and has an end", () => {
    const after = (attempts) => ({ ...INITIAL, attempts });
    assert.deepEqual([1, 2, 3].map((n) => waitMs(after(n), 1)), [300, 600, 1200]);
    assert.equal(waitMs(after(1), 0), 150);
    assert.equal(waitMs(after(60), 1), 8000);
    assert.equal(waitMs({ ...after(1), notBeforeMs: 2500 }, 1), 2800);
  });

  test("a final refusal, a superseded page and a closed one stay so", () => {
    for (const over of [lost(INITIAL, "session_ended"), received(inEpoch(1, 1), { type: "superseded", seq: 2 }).state, { ...INITIAL, link: "closed" }]) {
      assert.ok(isOver(over));
      for (const next of [online(over), attempting(over), lost(over, "network")]) assert.deepEqual(next, over);
    }
  });

  test("a server that is closing says when to come back", () => {
    const { state } = received(inEpoch(1, 1), { type: "closing", seq: 2, retry_s: 2 });
    assert.deepEqual([state.link, state.notBeforeMs, lost(state, "network").link], ["closing", 2000, "closing"]);
    assert.equal(online(state).notBeforeMs, 0);
  });
});

/** Everything around a signal: sockets it opened, timers it set, what it told. */
class World {
  sockets = [];
  hellos = [];
  timers = [];
  messages = [];
  links = [];
  problems = [];
  tokens = 0;
  fetchToken = async () => `token-${++this.tokens}`;

  signal = new Signal({
    fetchToken: () => this.fetchToken(),
    openSocket: (said) => {
      this.hellos.push(said);
      this.sockets.push(new FakeSocket());
      return this.socket;
    },
    language: () => "zh",
    onmessage: (message) => this.messages.push(message),
    onlink: (link, problem) => {
      this.links.push(link);
      if (problem) this.problems.push(problem.code);
    },
    instance: "instance-0000000001",
    chance: () => 1,
    setTimer: (run, ms) => {
      const timer = { run, ms, live: true };
      this.timers.push(timer);
      return timer;
    },
    clearTimer: (timer) => {
      if (timer) timer.live = false;
    },
  });

  get socket() {
    return this.sockets.at(-1);
  }

  async settle() {
    for (let n = 0; n < 20; n++) await Promise.resolve();
  }

  async start() {
    this.signal.start();
    await this.settle();
  }

  async online() {
    await this.start();
    this.socket.fire("connect");
    this.socket.fire("message", welcome());
  }

  /** Lets the pending timer of about that length run. */
  async after(ms) {
    const timer = this.timers.find((each) => each.live && each.ms === ms);
    assert.ok(timer, `no timer of ${ms} ms among ${this.timers.filter((t) => t.live).map((t) => t.ms)}`);
    timer.live = false;
    timer.run();
    await this.settle();
  }
}

describe("a signal", () => {
  /** @type {World} */ let world;
  beforeEach(() => {
    world = new World();
  });

  test("connects with a fresh token and is online with its welcome", async () => {
    await world.start();
    assert.deepEqual(world.hellos, [{ token: "token-1", instance: "instance-0000000001", language: "zh", resume: null }]);
    world.socket.fire("connect");
    assert.equal(world.signal.link, "connecting");
    world.socket.fire("message", welcome());
    assert.deepEqual(world.links, ["connecting", "online"]);
    assert.equal(world.messages[0].type, "welcome");
  });

  test("does nothing before it is started, and starts once", async () => {
    world.signal.reconnect();
    assert.equal(world.sockets.length, 0);
    await world.start();
    await world.start();
    assert.equal(world.sockets.length, 1);
  });

  test("passes each message on once", async () => {
    await world.online();
    for (const seq of [2, 3, 3, 2, 4]) world.socket.fire("message", changed(seq));
    assert.deepEqual(world.messages.map(({ seq }) => seq), [1, 2, 3, 4]);
  });

  test("ignores what it cannot read", async () => {
    await world.online();
    for (const raw of [null, { type: "from_the_future", seq: 2 }, { type: "session", seq: 2 }]) world.socket.fire("message", raw);
    assert.equal(world.messages.length, 1);
  });

  test("resumes after a loss where it was", async () => {
    await world.online();
    world.socket.fire("message", changed(2));
    world.socket.fire("disconnect", "transport close");
    assert.deepEqual(world.links, ["connecting", "online", "offline"]);
    await world.after(300);
    assert.deepEqual(world.hellos[1], { token: "token-2", instance: "instance-0000000001", language: "zh", resume: { epoch: 1, seq: 2 } });
    world.socket.fire("connect");
    assert.equal(world.signal.link, "online");
    world.socket.fire("message", changed(2));
    world.socket.fire("message", changed(3));
    assert.deepEqual(world.messages.map(({ seq }) => seq), [1, 2, 3]);
  });

  test("hears nothing from a socket it has left", async () => {
    await world.online();
    const old = world.socket;
    world.signal.reconnect();
    await world.settle();
    assert.ok(old.gone);
    old.fire("message", changed(2));
    old.fire("disconnect");
    assert.equal(world.messages.length, 1);
    assert.equal(world.signal.link, "connecting");
  });

  test("tries again when the network is away, later each time", async () => {
    world.fetchToken = async () => Promise.reject(new TypeError("Failed to fetch"));
    await world.start();
    await world.after(300);
    await world.after(600);
    assert.equal(world.signal.link, "offline");
    world.fetchToken = async () => "token";
    await world.after(1200);
    assert.equal(world.sockets.length, 1);
  });

  test("tries again when a socket never connects", async () => {
    await world.start();
    await world.after(6000);
    assert.equal(world.signal.link, "offline");
    assert.ok(world.socket.gone);
    await world.after(300);
    assert.equal(world.sockets.length, 2);
  });

  test("tries again with a new token when the old one was used up", async () => {
    await world.start();
    world.socket.fire("connect_error", { data: { code: "bad_token", text: "" } });
    await world.after(300);
    assert.equal(world.hellos[1].token, "token-2");
  });

  test("gives up when the server or the token's door refuses for good", async () => {
    await world.start();
    world.socket.fire("connect_error", { data: { code: "session_ended", text: "本次会话已结束。" } });
    assert.deepEqual([world.signal.link, world.problems], ["refused", ["session_ended"]]);
    assert.equal(world.timers.some((timer) => timer.live), false);
    const other = new World();
    other.fetchToken = async () => Promise.reject(Object.assign(new Error(), { code: "consent_missing", detail: "…" }));
    await other.start();
    assert.deepEqual([other.signal.link, other.problems], ["refused", ["consent_missing"]]);
  });

  test("stays away once superseded", async () => {
    await world.online();
    world.socket.fire("message", { type: "superseded", seq: 2 });
    assert.ok(world.socket.gone);
    world.signal.reconnect();
    await world.settle();
    assert.deepEqual([world.signal.link, world.sockets.length], ["superseded", 1]);
  });

  test("comes back when a closing server said", async () => {
    await world.online();
    world.socket.fire("message", { type: "closing", seq: 2, retry_s: 2 });
    world.socket.fire("disconnect");
    assert.equal(world.signal.link, "closing");
    await world.after(2300);
    assert.equal(world.sockets.length, 2);
  });

  test("answers an intent with what the server answers", async () => {
    await world.online();
    const answer = world.signal.send(intents.admit(true));
    world.socket.sent[0].answered({ ok: false, code: "consent_missing", text: "…" });
    assert.deepEqual(await answer, { ok: false, code: "consent_missing", text: "…" });
    assert.deepEqual(world.socket.sent[0].message, { type: "admit", names_match: true });
  });

  test("answers by itself when nobody does", async () => {
    await world.start();
    assert.deepEqual(await world.signal.send(intents.admit(true)), { ok: false, code: "offline", text: "" });
    world.socket.fire("connect");
    world.socket.fire("message", welcome());
    const late = world.signal.send(intents.admit(true));
    await world.after(10000);
    assert.deepEqual(await late, { ok: false, code: "no_answer", text: "" });
    const cut = world.signal.send(intents.admit(true));
    world.socket.fire("disconnect");
    assert.deepEqual(await cut, { ok: false, code: "no_answer", text: "" });
  });

  test("keeps chat for when it is online, and repeats it until it is answered", async () => {
    await world.start();
    const answers = [world.signal.send(intents.chat("c1", "一")), world.signal.send(intents.chat("c2", "二"))];
    world.socket.fire("connect");
    world.socket.fire("message", welcome());
    assert.deepEqual(world.socket.sent.map(({ message }) => message.text), ["一", "二"]);
    world.socket.sent[0].answered({ ok: true, id: "m1" });
    world.socket.fire("disconnect");
    await world.settle();
    await world.after(300);
    world.socket.fire("connect");
    assert.deepEqual(world.socket.sent.map(({ message }) => message.client_id), ["c2"]);
    world.socket.sent[0].answered({ ok: true, id: "m2" });
    assert.deepEqual(await Promise.all(answers), [{ ok: true, id: "m1" }, { ok: true, id: "m2" }]);
  });

  test("repeats chat on the same socket when an answer is overdue", async () => {
    await world.online();
    const answer = world.signal.send(intents.chat("c1", "一"));
    await world.after(10000);
    assert.equal(world.socket.sent.length, 2);
    world.socket.sent[1].answered({ ok: true, id: "m1" });
    assert.deepEqual(await answer, { ok: true, id: "m1" });
  });

  test("keeps only so much chat", async () => {
    await world.start();
    const answers = Array.from({ length: 51 }, (_, n) => world.signal.send(intents.chat(`c${n}`, "一")));
    assert.deepEqual(await answers[50], { ok: false, code: "offline", text: "" });
  });

  test("ends for good when closed, and owes nobody an answer", async () => {
    await world.online();
    const answers = [world.signal.send(intents.admit(true)), world.signal.send(intents.chat("c1", "一"))];
    world.signal.close();
    assert.deepEqual((await Promise.all(answers)).map((ack) => ack.ok), [false, false]);
    assert.deepEqual((await world.signal.send(intents.chat("c2", "二"))).ok, false);
    world.signal.reconnect();
    await world.settle();
    assert.deepEqual([world.signal.link, world.sockets.length, world.socket.gone], ["closed", 1, true]);
  });

  test("a token that comes after closing opens nothing", async () => {
    let give;
    world.fetchToken = () => new Promise((resolve) => (give = resolve));
    await world.start();
    world.signal.close();
    give("token");
    await world.settle();
    assert.equal(world.sockets.length, 0);
  });

  test("makes an instance of its own that the server accepts", async () => {
    const hellos = [];
    const options = { fetchToken: async () => "t", openSocket: (said) => (hellos.push(said), new FakeSocket()), language: () => "en" };
    for (let n = 0; n < 2; n++) new Signal({ ...options, onmessage() {}, onlink() {}, setTimer: () => 0, clearTimer() {} }).start();
    await world.settle();
    assert.match(hellos[0].instance, /^[A-Za-z0-9_-]{16,64}$/);
    assert.notEqual(hellos[0].instance, hellos[1].instance);
  });
});
