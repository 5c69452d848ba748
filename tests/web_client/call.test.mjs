import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { createCall } from "../../web_client/shared/call.js";

class FakeStream {
  constructor(tracks) {
    this.tracks = tracks;
  }
  getTracks() {
    return this.tracks;
  }
}

/** A peer connection that negotiates nothing but keeps the books. */
class FakePeer extends EventTarget {
  static made = [];
  connectionState = "new";
  signalingState = "stable";
  restarts = 0;
  lines = [];
  constructor(configuration) {
    super();
    this.configuration = configuration;
    FakePeer.made.push(this);
  }
  addTransceiver(trackOrKind, { direction }) {
    const track = typeof trackOrKind === "string" ? null : trackOrKind;
    const kind = track?.kind ?? trackOrKind;
    const line = { kind, direction, mid: null, receiver: { track: { kind, id: `far-${this.lines.length}` } }, sender: fakeSender(track) };
    this.lines.push(line);
  }
  getTransceivers() {
    return this.lines;
  }
  async createOffer({ iceRestart }) {
    if (iceRestart) this.restarts += 1;
    return { type: "offer", sdp: `offer ${this.restarts}` };
  }
  async setLocalDescription({ type }) {
    this.signalingState = type === "rollback" ? "stable" : "have-local-offer";
    this.lines.forEach((line, at) => (line.mid = String(at)));
  }
  async setRemoteDescription() {
    this.signalingState = "stable";
  }
  close() {
    this.connectionState = "closed";
  }
  become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
  async getStats() {
    return new Map([
      ["a", { type: "inbound-rtp", kind: "video", trackIdentifier: "far-3", framesDecoded: 5, freezeCount: 1 }],
      ["b", { type: "outbound-rtp", kind: "video", bytesSent: 9, frameWidth: 1280, frameHeight: 720 }],
      ["c", { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.0421, availableOutgoingBitrate: 8e5, bytesSent: 7 }],
    ]);
  }
}

function fakeSender(track) {
  return {
    track,
    parameters: { encodings: [{}] },
    getParameters() {
      return this.parameters;
    },
    async setParameters(parameters) {
      this.parameters = parameters;
    },
    async replaceTrack(next) {
      this.track = next;
    },
  };
}

const SOUND = { kind: "audio", id: "s" };
const PICTURE = { kind: "video", id: "p" };
const TRACKS = [{ mid: "2", role: "physician" }, { mid: "3", role: "physician" }];

/** A call whose offers are kept, to be answered by the test. */
function begin({ receivePairs = 1, refuse = null } = {}) {
  const seen = { offers: [], states: [], remotes: null, errors: [] };
  const call = createCall({
    iceServers: [],
    receivePairs,
    PeerConnection: FakePeer,
    sendOffer: async (offer) => {
      seen.offers.push(offer);
      if (refuse) throw refuse;
    },
    onchange: (state) => seen.states.push(state),
    onremotes: (remotes) => (seen.remotes = remotes),
    onoffererror: (error) => seen.errors.push(error),
  });
  const peer = () => FakePeer.made[FakePeer.made.length - 1];
  const answer = (changed = {}) => call.applyAnswer({ peer: seen.offers.at(-1).peer, revision: seen.offers.at(-1).revision, sdp: "answer", tracks: TRACKS, ...changed });
  return { call, seen, peer, answer };
}

/** Let every promise that can settle do so; the clock is the test's. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};
const pass = async (ms) => {
  mock.timers.tick(ms);
  await settle();
};

beforeEach(() => {
  FakePeer.made = [];
  globalThis.MediaStream = FakeStream;
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => mock.timers.reset());

test("the offer has own sound and picture first, then a pair for each far seat", async () => {
  const { call, seen, peer } = begin({ receivePairs: 2 });
  await call.start({ audio: SOUND, video: PICTURE });
  assert.deepEqual(peer().lines.map(({ kind, direction }) => `${kind} ${direction}`), ["audio sendonly", "video sendonly", "audio recvonly", "video recvonly", "audio recvonly", "video recvonly"]);
  assert.deepEqual(seen.offers, [{ peer: 1, revision: 1, sdp: "offer 0" }]);
});

test("a missing camera leaves its line inactive", async () => {
  const { call, peer } = begin();
  await call.start({ audio: SOUND });
  assert.deepEqual(peer().lines.slice(0, 2).map(({ direction }) => direction), ["sendonly", "inactive"]);
});

test("the answer tells whose media each line carries", async () => {
  const { call, seen, peer, answer } = begin();
  await call.start({ audio: SOUND, video: PICTURE });
  assert.equal(await answer(), true);
  assert.deepEqual([...seen.remotes.keys()], ["physician"]);
  assert.deepEqual(seen.remotes.get("physician").getTracks(), [peer().lines[2].receiver.track, peer().lines[3].receiver.track]);
});

test("an answer to an older offer or peer is dropped", async () => {
  const { call, seen, answer } = begin();
  await call.start({ audio: SOUND });
  await call.renew();
  assert.equal(await answer({ peer: 1 }), false);
  assert.equal(await answer({ revision: 2 }), false);
  assert.equal(seen.remotes, null);
  assert.equal(await answer(), true);
  assert.equal(await answer(), false);
});

test("a stream keeps its identity over a new answer, so that the picture is not begun anew", async () => {
  const { call, seen, answer } = begin();
  await call.start({ audio: SOUND });
  await answer();
  const before = seen.remotes.get("physician");
  await call.restartIce();
  await answer();
  assert.equal(seen.remotes.get("physician"), before);
});

test("a picture starts sharp and is evened out later", async () => {
  const { call, peer, answer } = begin();
  await call.start({ audio: SOUND, video: PICTURE });
  await answer();
  peer().become("connected");
  const { sender } = peer().lines[1];
  assert.equal(sender.parameters.degradationPreference, "maintain-resolution");
  assert.equal(sender.parameters.encodings[0].maxBitrate, 2_500_000);
  await pass(12_000);
  assert.equal(sender.parameters.degradationPreference, "balanced");
});

test("what is to be carried is told to both senders at once, and to those of the next connection", async () => {
  const { call, peer, answer } = begin();
  await call.start({ audio: SOUND, video: PICTURE });
  await answer();
  await call.carry("sound");
  assert.deepEqual(peer().lines.slice(0, 2).map(({ sender }) => sender.parameters.encodings[0].active), [true, false]);
  await call.renew();
  await answer({ peer: 2 });
  assert.equal(peer().lines[1].sender.parameters.encodings[0].active, false);
  await Promise.all([call.carry("low"), call.carry("full")]);
  assert.deepEqual([peer().lines[1].sender.parameters.encodings[0].active, peer().lines[1].sender.parameters.encodings[0].maxBitrate], [true, 2_500_000]);
});

test("an interrupted connection asks for new addresses until it is back", async () => {
  const { call, seen, peer, answer } = begin();
  await call.start({ audio: SOUND });
  await answer();
  peer().become("connected");
  peer().become("disconnected");
  await pass(1_000);
  assert.deepEqual(seen.offers.at(-1), { peer: 1, revision: 2, sdp: "offer 1" });
  await pass(4_000);
  assert.equal(seen.offers.at(-1).revision, 3);
  await answer();
  peer().become("connected");
  await pass(60_000);
  assert.equal(seen.offers.length, 3);
  assert.deepEqual(seen.states, ["connecting", "connected", "interrupted", "connected"]);
});

test("a failed connection is made anew, later each time", async () => {
  const { call, seen, peer } = begin();
  await call.start({ audio: SOUND });
  peer().become("failed");
  await pass(499);
  assert.equal(FakePeer.made.length, 1);
  await pass(1);
  assert.deepEqual([FakePeer.made.length, seen.offers.at(-1).peer, seen.offers.at(-1).revision], [2, 2, 1]);
  peer().become("failed");
  await pass(999);
  assert.equal(FakePeer.made.length, 2);
  await pass(1);
  assert.equal(FakePeer.made.length, 3);
});

test("a connection that never comes about is made anew", async () => {
  const { call, peer } = begin();
  await call.start({ audio: SOUND });
  await pass(12_000);
  await pass(500);
  assert.equal(FakePeer.made.length, 2);
  peer().become("connected");
  await pass(60_000);
  assert.equal(FakePeer.made.length, 2);
});

test("what an older peer connection does is nobody's business", async () => {
  const { call, seen, peer } = begin();
  await call.start({ audio: SOUND });
  const old = peer();
  await call.renew();
  old.become("failed");
  await pass(5_000);
  assert.equal(FakePeer.made.length, 2);
  assert.deepEqual(seen.states, ["connecting"]);
});

test("another camera goes out on the same line", async () => {
  const { call, seen, peer } = begin();
  await call.start({ audio: SOUND, video: PICTURE });
  const back = { kind: "video", id: "back" };
  await call.replaceTrack("video", back);
  assert.equal(peer().lines[1].sender.track, back);
  assert.equal(seen.offers.length, 1);
});

test("a camera that comes later needs a new peer connection", async () => {
  const { call, seen, peer } = begin();
  await call.start({ audio: SOUND });
  await call.replaceTrack("video", PICTURE);
  assert.deepEqual(peer().lines.slice(0, 2).map(({ direction }) => direction), ["sendonly", "sendonly"]);
  assert.equal(seen.offers.at(-1).peer, 2);
});

test("an offer that could not be carried is told and can be made again", async () => {
  const { call, seen } = begin({ refuse: new Error("offline") });
  await call.start({ audio: SOUND });
  assert.equal(seen.errors.length, 1);
  await call.offerAgain();
  assert.deepEqual(seen.offers.map(({ revision }) => revision), [1, 2]);
});

test("a fresh welcome can bring other servers and more seats", async () => {
  const { call, peer } = begin();
  await call.start({ audio: SOUND });
  call.configure({ receivePairs: 3, iceServers: [{ urls: "turn:example" }], icePolicy: "relay" });
  await call.renew();
  assert.equal(peer().lines.length, 8);
  assert.deepEqual(peer().configuration.iceServers, [{ urls: "turn:example" }]);
  assert.equal(peer().configuration.iceTransportPolicy, "relay");
});

test("a closed call stays closed", async () => {
  const { call, seen, peer } = begin();
  await call.start({ audio: SOUND });
  const last = peer();
  call.close();
  await call.renew();
  await call.restartIce();
  await pass(60_000);
  assert.equal(last.connectionState, "closed");
  assert.deepEqual([FakePeer.made.length, seen.states.at(-1), call.remotes.size], [1, "closed", 0]);
});

test("figures name the role a line belongs to", async () => {
  const { call, answer } = begin();
  await call.start({ audio: SOUND, video: PICTURE });
  await answer();
  const { inbound, outbound, rttMs, uplink } = await call.stats();
  assert.deepEqual(uplink, { estimateBps: 800_000, bytesSent: 7 });
  assert.deepEqual([inbound[0].role, inbound[0].framesDecoded, inbound[0].freezes, outbound[0].width, rttMs], ["physician", 5, 1, 1280, 42]);
});
