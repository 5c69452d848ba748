/** The physician's room: its devices live no longer than its media, and the server knows how they are. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Room } from "../../web_client/physician/room.js";
import { FakeDevices, settle } from "./support/devices.mjs";
import { FakePeer } from "./support/peer.mjs";
import { FakeSocket, SESSION, welcome } from "./support/socket.mjs";

/** A visit's room, the devices under it, and a server that does only what a test says. */
class World {
  devices = new FakeDevices();
  sockets = [];
  events = [];
  streams = {};
  seq = 0;
  page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  room = new Room("v-1", {
    api: { socketToken: async () => ({ token: "t" }) },
    language: () => "zh",
    now: () => 0,
    dispatch: (event) => this.events.push(event),
    onlevel: () => {},
    onstreams: (changed) => Object.assign(this.streams, changed),
    surroundings: {
      openSocket: (hello) => this.sockets[this.sockets.push(new FakeSocket(hello)) - 1],
      world: { frame: new EventTarget(), page: this.page, network: null },
    },
  });

  get socket() {
    return this.sockets.at(-1);
  }
  /** What the page shows of its devices. */
  get shown() {
    return Object.assign({}, ...this.events.filter(({ type }) => type === "devices").map(({ devices }) => devices));
  }
  /** The reports of devices that reached the server, as "microphone camera". */
  get reports() {
    const sent = this.sockets.flatMap((socket) => socket.sent).map(({ message }) => message);
    return sent.filter(({ type }) => type === "device_report").map(({ microphone, camera }) => `${microphone} ${camera}`);
  }

  async says(message) {
    this.socket.fire("message", { ...message, seq: (this.seq += 1) });
    await settle();
  }

  /** In the visit, its devices not answered yet. */
  async enters(session = SESSION) {
    this.room.start();
    await settle();
    this.socket.fire("connect");
    await this.says(welcome(1, { role: "physician", session }));
  }

  async taken() {
    this.socket.sent.filter(({ message: { type } }) => type === "device_report").at(-1).answered({ ok: true });
    await settle();
  }

  async isSeen() {
    this.page.dispatchEvent(new Event("visibilitychange"));
    await settle();
  }

  ends(outcome) {
    return this.says({ type: "session", session: { ...SESSION, version: 2, state: "ended", outcome } });
  }
}

let world;
beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  FakePeer.made = [];
  world = new World();
  world.devices.install();
});
afterEach(() => {
  world.room.close();
  mock.timers.reset();
});

test("the call begins with what the devices gave, and the server hears how they are", async () => {
  await world.enters();
  assert.deepEqual([FakePeer.made.length, world.reports, world.shown.opened], [0, [], false]);
  await world.devices.give();
  assert.deepEqual([FakePeer.made.length, world.reports, world.shown.opened], [1, ["live live"], true]);
  assert.deepEqual(world.streams.own.getTracks(), world.devices.opened.filter(({ kind }) => kind === "video"));
});

test("what was taken away is shown, told, and asked for again when the page is seen", async () => {
  await world.enters();
  await world.devices.give();
  await world.taken();
  world.devices.opened[1].dispatchEvent(new Event("ended"));
  assert.deepEqual([world.shown.camera, world.shown.microphone, world.reports.at(-1)], ["interrupted", null, "live lost"]);
  await world.taken();
  await world.isSeen();
  assert.deepEqual(world.devices.waiting, ["user"]);
  await world.devices.give();
  assert.deepEqual([world.shown.camera, world.reports.at(-1), FakePeer.made.length], [null, "live live", 1]);
});

test("what is switched off while the socket is away is told when it is back", async () => {
  await world.enters();
  await world.devices.give();
  await world.taken();
  world.socket.fire("disconnect");
  world.room.toggleMute();
  assert.deepEqual([world.reports, world.shown.muted], [["live live"], true]);
  mock.timers.tick(400);
  await settle();
  world.socket.fire("connect");
  await settle();
  assert.deepEqual([world.socket.hello.resume.epoch, world.reports], [1, ["live live", "muted live"]]);
});

test("devices that come after the visit has ended are switched off at once", async () => {
  await world.enters();
  await world.ends("completed");
  await world.devices.give();
  assert.deepEqual([world.devices.lit, world.streams.own, FakePeer.made.length], [0, null, 0]);
});

test("a visit that ended for want of consent asks for no device again, and reports none", async () => {
  await world.enters();
  await world.devices.give();
  await world.taken();
  world.devices.opened[1].dispatchEvent(new Event("ended"));
  await world.taken();
  const told = world.reports.length;
  await world.ends("consent_withdrawn");
  await world.isSeen();
  document.dispatchEvent(new Event("visibilitychange"));
  void world.room.openDevices();
  await settle();
  assert.deepEqual([world.devices.waiting, world.devices.lit, world.reports.length], [[], 0, told]);
});

test("a report that was refused because the visit had ended is not repeated", async () => {
  await world.enters();
  await world.devices.give();
  await world.ends("consent_withdrawn");
  world.socket.sent.find(({ message: { type } }) => type === "device_report").answered({ ok: false, code: "session_ended", text: "" });
  await settle();
  mock.timers.tick(10_000);
  await settle();
  assert.equal(world.reports.length, 1);
});

test("whoever takes the seat anew tells of the devices again", async () => {
  await world.enters();
  await world.devices.give();
  await world.taken();
  world.socket.fire("disconnect");
  mock.timers.tick(400);
  await settle();
  world.socket.fire("connect");
  world.seq = 0;
  await world.says(welcome(2, { role: "physician" }));
  assert.deepEqual(world.reports, ["live live", "live live"]);
});

test("a page whose seat was taken, or that is refused, lets its devices go", async () => {
  await world.enters();
  await world.devices.give();
  assert.ok(world.devices.lit > 0);
  await world.says({ type: "superseded" });
  assert.equal(world.devices.lit, 0);
  await world.isSeen();
  assert.deepEqual(world.devices.waiting, []);
});
