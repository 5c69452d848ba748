/** Socket and call kept in step: what each loss, change of network and sleep leads to, with nothing real underneath. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Connection } from "../../web_client/shared/connection.js";
import { FakePeer, FakeStream } from "./support/peer.mjs";
import { FakeSocket, welcome } from "./support/socket.mjs";

const TRACKS = { audio: { kind: "audio", id: "s" }, video: { kind: "video", id: "p" } };
/** A page's connection, the sockets it opened, and a server that does only what a test says. */
class World {
  sockets = [];
  links = [];
  media = [];
  wakes = 0;
  refused = [];
  seq = 0;
  clockMs = 0;
  frame = new EventTarget();
  page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  fetchToken = async () => "token";
  connection = new Connection({
    fetchToken: () => this.fetchToken(),
    language: () => "zh",
    onmessage: () => {},
    onlink: (link) => this.links.push(link),
    onmedia: (state) => this.media.push(state),
    onremotes: () => {},
    onofferrefused: (code) => this.refused.push(code),
    onwake: () => (this.wakes += 1),
    openSocket: (hello) => this.sockets[this.sockets.push(new FakeSocket(hello)) - 1],
    PeerConnection: FakePeer,
    world: { frame: this.frame, page: this.page, network: null, now: () => this.clockMs },
    now: () => this.clockMs,
  });

  get socket() {
    return this.sockets.at(-1);
  }
  get peer() {
    return FakePeer.made.at(-1);
  }
  /** The offers that reached the server, as "peer.revision", over whichever socket. */
  get offers() {
    return this.sockets.flatMap(({ sent }) => sent).filter(({ message }) => message.type === "offer").map(({ message }) => `${message.peer}.${message.revision}`);
  }

  async settle() {
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  }

  async pass(ms) {
    for (let left = ms; left > 0; left -= 100) {
      this.clockMs += 100;
      mock.timers.tick(100);
      await this.settle();
    }
  }

  /** Media flows, or goes out and nothing comes back; the socket speaks each half second, or not. */
  async flow(ms, { path = true, socket = true } = {}) {
    for (let at = 0; at < ms; at += 100) {
      this.peer.sent += 5;
      if (path) this.peer.heard += 2;
      if (socket && at % 500 === 0) this.say({ type: "quality", light: "good", legs: [] });
      await this.pass(100);
    }
  }

  say(message) {
    this.socket.fire("message", { ...message, seq: (this.seq += 1) });
  }

  welcome(epoch, more = {}) {
    this.seq = 0;
    this.say(welcome(epoch, more));
  }

  async answer() {
    const { message, answered } = this.socket.sent.filter(({ message: { type } }) => type === "offer").at(-1);
    answered({ ok: true });
    this.say({ type: "answer", peer: message.peer, revision: message.revision, sdp: "answer", tracks: [] });
    await this.settle();
  }

  async online() {
    void this.connection.begin(TRACKS);
    this.connection.start();
    await this.settle();
    this.socket.fire("connect");
    this.welcome(1);
    await this.settle();
  }

  async inTheCall() {
    await this.online();
    await this.answer();
    this.peer.become("connected");
    await this.flow(2_000);
  }

  async resumed() {
    await this.settle();
    this.socket.fire("connect");
    await this.settle();
  }
}

let world;
beforeEach(() => {
  FakePeer.made = [];
  globalThis.MediaStream = FakeStream;
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  world = new World();
});
afterEach(async () => {
  world.connection.close();
  await world.settle();
  mock.timers.reset();
});

test("the offer is made while the socket connects, and goes out with the welcome", async () => {
  void world.connection.begin(TRACKS);
  world.connection.start();
  await world.settle();
  assert.equal(FakePeer.made.length, 1);
  world.socket.fire("connect");
  world.welcome(1);
  await world.settle();
  assert.deepEqual([FakePeer.made.length, world.offers], [1, ["1.1"]]);
});

test("a welcome that names other servers has the call begin with them", async () => {
  void world.connection.begin(TRACKS);
  world.connection.start();
  await world.settle();
  world.socket.fire("connect");
  world.welcome(1, { ice_policy: "relay", ice_servers: [{ urls: ["turn:example"], username: "u", credential: "c" }] });
  await world.settle();
  assert.deepEqual(world.offers, ["2.1"]);
  assert.equal(world.peer.configuration.iceTransportPolicy, "relay");
});

test("devices that come after the welcome begin the call then", async () => {
  world.connection.start();
  await world.settle();
  world.socket.fire("connect");
  world.welcome(1);
  await world.settle();
  assert.deepEqual(world.offers, []);
  void world.connection.begin(TRACKS);
  await world.settle();
  assert.deepEqual(world.offers, ["1.1"]);
});

test("a socket that is lost while media runs disturbs no media", async () => {
  await world.inTheCall();
  world.socket.fire("disconnect");
  await world.flow(900, { socket: false });
  await world.resumed();
  await world.flow(3_000);
  assert.deepEqual([world.offers, world.media], [["1.1"], ["connecting", "connected"]]);
  assert.equal(world.socket.hello.resume.epoch, 1);
});

test("media that is lost while the socket lives is mended over that socket", async () => {
  await world.inTheCall();
  await world.flow(1_900, { path: false });
  assert.deepEqual([world.sockets.length, world.offers], [1, ["1.1", "1.2"]]);
  await world.answer();
  await world.flow(1_000);
  assert.deepEqual(world.media, ["connecting", "connected", "interrupted", "connected"]);
});

test("when both fall silent the socket is left at once and the offer goes with the next", async () => {
  await world.inTheCall();
  await world.flow(2_000, { path: false, socket: false });
  assert.deepEqual([world.sockets.length, world.sockets[0].gone, world.offers], [2, true, ["1.1"]]);
  await world.resumed();
  assert.deepEqual(world.offers, ["1.1", "1.2"]);
});

test("in a blackout an attempt is made about every second, and both are back with the first that passes", async () => {
  await world.inTheCall();
  const asked = [];
  let give = null;
  world.fetchToken = () => new Promise((done) => asked.push(world.clockMs) && (give = done));
  await world.flow(40_000, { path: false, socket: false });
  const gaps = asked.slice(1).map((at, n) => at - asked[n]);
  assert.ok(asked.length >= 35 && Math.max(...gaps) <= 1_100, `${asked.length} attempts, gaps ${gaps}`);
  world.peer.become("failed");
  await world.pass(100);
  give("token");
  await world.resumed();
  assert.equal(world.offers.at(-1), "2.1");
});

test("an offer whose socket says nothing at all goes over another", async () => {
  await world.inTheCall();
  await world.flow(400, { socket: false });
  await world.flow(1_000, { path: false, socket: false });
  const before = world.sockets.length;
  world.say({ type: "quality", light: "good", legs: [] });
  await world.flow(3_000, { path: false, socket: false });
  assert.equal(world.sockets.length, before + 1);
});

test("an answer that was lost with its socket is asked for again over the next", async () => {
  await world.online();
  world.socket.sent.find(({ message }) => message.type === "offer").answered({ ok: true });
  world.socket.fire("disconnect");
  await world.pass(400);
  await world.resumed();
  assert.deepEqual(world.offers, ["1.1", "1.2"]);
  await world.answer();
  world.peer.become("connected");
  assert.equal(world.media.at(-1), "connected");
});

test("an offer that the server never answers is offered again on the same socket", async () => {
  await world.online();
  await world.flow(3_100);
  assert.deepEqual([world.offers, world.sockets.length], [["1.1", "1.2"], 1]);
});

test("a change of network leaves the socket at once and restarts ICE over the next", async () => {
  await world.inTheCall();
  world.frame.dispatchEvent(new Event("online"));
  await world.resumed();
  assert.deepEqual([world.sockets.length, world.offers], [2, ["1.1", "1.2"]]);
});

test("what the uplink bears is told after each welcome, and with the socket that resumes only if it changed", async () => {
  const sendings = () => world.sockets.map(({ sent }) => sent.filter(({ message }) => message.type === "sending").length);
  await world.inTheCall();
  world.socket.sent.find(({ message }) => message.type === "sending").answered({ ok: true });
  await world.settle();
  world.socket.fire("disconnect");
  await world.flow(400, { socket: false });
  await world.resumed();
  await world.flow(1_000);
  assert.deepEqual(sendings(), [1, 0]);
  world.socket.fire("disconnect");
  await world.flow(400, { socket: false });
  await world.resumed();
  world.welcome(2);
  await world.pass(600);
  assert.deepEqual(sendings(), [1, 0, 1]);
});

test("a seat that has a new epoch begins a new peer connection", async () => {
  await world.inTheCall();
  world.socket.fire("disconnect");
  await world.pass(400);
  world.socket.fire("connect");
  world.welcome(2);
  await world.settle();
  assert.deepEqual(world.offers, ["1.1", "2.1"]);
});

test("a device that slept comes back at once, one that was only hidden is looked after", async () => {
  await world.inTheCall();
  world.page.dispatchEvent(new Event("visibilitychange"));
  await world.settle();
  assert.deepEqual([world.sockets.length, world.wakes], [1, 1]);
  world.clockMs += 60_000;
  await world.pass(1_000);
  assert.deepEqual([world.sockets.length, world.wakes], [2, 2]);
  await world.resumed();
  assert.equal(world.offers.at(-1), "1.2");
});

test("a page that lost its socket while it was hidden tries at once when it is seen again", async () => {
  await world.inTheCall();
  world.page.visibilityState = "hidden";
  for (let failed = 0; failed < 6; failed += 1) {
    world.socket.fire("disconnect");
    await world.pass(8_000);
  }
  world.socket.fire("disconnect");
  await world.pass(100);
  const before = world.sockets.length;
  world.page.visibilityState = "visible";
  world.page.dispatchEvent(new Event("visibilitychange"));
  await world.settle();
  assert.equal(world.sockets.length, before + 1);
  world.page.dispatchEvent(new Event("visibilitychange"));
  await world.settle();
  assert.equal(world.sockets.length, before + 1, "an attempt that is under way is left alone");
});

test("the server's request for new media is followed", async () => {
  await world.inTheCall();
  world.say({ type: "media_restart", reason: "relay_lost" });
  await world.settle();
  assert.deepEqual(world.offers, ["1.1", "2.1"]);
});

test("an offer that the server will never take is told", async () => {
  await world.online();
  world.socket.sent[0].answered({ ok: false, code: "no_common_codec", text: "" });
  await world.settle();
  assert.deepEqual(world.refused, ["no_common_codec"]);
});

test("whoever leaves says so, and hears no more of it", async () => {
  await world.inTheCall();
  const left = world.connection.leave();
  assert.equal(world.socket.sent.at(-1).message.type, "leave");
  await world.pass(500);
  await left;
  assert.deepEqual([world.links.at(-1), world.media.at(-1), world.peer.connectionState], ["closed", "closed", "closed"]);
  await world.connection.begin(TRACKS);
  await world.connection.replaceTrack("video", null);
  await world.pass(60_000);
  assert.deepEqual([world.sockets.length, FakePeer.made.length], [1, 1]);
});

test("when a visit has ended media stops and messages still come", async () => {
  await world.inTheCall();
  const sendings = () => world.sockets.flatMap(({ sent }) => sent).filter(({ message }) => message.type === "sending").length;
  const before = sendings();
  assert.equal(before, 1);
  world.socket.sent.find(({ message }) => message.type === "sending").answered({ ok: true });
  await world.settle();
  world.connection.endMedia();
  world.welcome(2);
  await world.pass(5_000);
  assert.equal(sendings(), before, "nobody asks any more what this uplink bears");
  assert.deepEqual([world.connection.link, world.media.at(-1)], ["online", "closed"]);
  assert.equal((await world.connection.stats()).state, "closed");
});

test("a seat that is added is received on the connection that runs; so is one that only the next welcome tells of", async () => {
  await world.inTheCall();
  world.say({ type: "receive", pairs: 2 });
  await world.settle();
  assert.deepEqual([FakePeer.made.length, world.peer.lines.length, world.offers], [1, 6, ["1.1", "1.2"]]);
  await world.answer();
  world.say({ ...welcome(1, { receive_pairs: 3 }) });
  await world.settle();
  assert.deepEqual([FakePeer.made.length, world.peer.lines.length], [1, 8]);
});
