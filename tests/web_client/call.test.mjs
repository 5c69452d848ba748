import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Call } from "../../web_client/shared/call.js";
import { FakePeer, FakeStream } from "./support/peer.mjs";

const SOUND = { kind: "audio", id: "s" };
const PICTURE = { kind: "video", id: "p" };
const TRACKS = [{ mid: "2", role: "physician" }, { mid: "3", role: "physician" }];

/** A call whose offers are kept, to be answered by the test. */
function begin({ receivePairs = 1, refuse = null } = {}) {
  const seen = { offers: [], offeredAtMs: [], states: [], remotes: null, errors: [], silences: 0 };
  seen.refuse = refuse;
  const call = new Call({
    iceServers: [],
    receivePairs,
    PeerConnection: FakePeer,
    sendOffer: async (offer) => {
      seen.offers.push(offer);
      seen.offeredAtMs.push(clockMs);
      if (seen.refuse) throw seen.refuse;
    },
    now: () => clockMs,
    onsilence: () => (seen.silences += 1),
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
let clockMs = 0;
const pass = async (ms) => {
  for (let left = ms; left > 0; left -= 100) {
    const step = Math.min(left, 100);
    clockMs += step;
    mock.timers.tick(step);
    await settle();
  }
};
/** Time passes while media goes out and the server's reports come back, or do not. */
const flow = async (peer, ms, { heard = true } = {}) => {
  for (let at = 0; at < ms; at += 100) {
    peer.sent += 5;
    if (heard) peer.heard += 2;
    await pass(100);
  }
};
/** A call whose media flows. */
async function connected(options) {
  const begun = begin(options);
  await begun.call.start({ audio: SOUND, video: PICTURE });
  await begun.answer();
  begun.peer().become("connected");
  await flow(begun.peer(), 2_000);
  return begun;
}

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
  assert.equal(sender.parameters.encodings[0].maxBitrate, 2_700_000);
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
  assert.deepEqual([peer().lines[1].sender.parameters.encodings[0].active, peer().lines[1].sender.parameters.encodings[0].maxBitrate], [true, 2_700_000]);
});

test("a path that falls silent is told and asks for new addresses at once, long before the browser says so", async () => {
  const { seen, peer, answer } = await connected();
  await flow(peer(), 1_700, { heard: false });
  assert.deepEqual(seen.offers.at(-1), { peer: 1, revision: 2, sdp: "offer 1" });
  assert.deepEqual([seen.states.at(-1), seen.silences, peer().connectionState], ["interrupted", 1, "connected"]);
  await answer();
  await flow(peer(), 500);
  await flow(peer(), 10_000);
  assert.deepEqual([seen.offers.length, seen.states.at(-1), seen.silences], [2, "connected", 1]);
});

test("a new address may come late: restarts are repeated, then a new peer connection is made", async () => {
  const { seen, peer, answer } = await connected();
  const first = peer();
  for (let at = 0; at < 120 && peer() === first; at += 1) {
    await flow(first, 100, { heard: false });
    if (first.signalingState === "have-local-offer") await answer();
  }
  assert.deepEqual(seen.offers.slice(1).map(({ peer: number, revision }) => `${number}.${revision}`), ["1.2", "1.3", "1.4", "1.5", "2.1"]);
  const [, ...times] = seen.offeredAtMs;
  assert.deepEqual(times.slice(1).map((at, n) => at - times[n]), [1_000, 1_500, 2_500, 4_000]);
});

test("a browser that says disconnected is believed at once", async () => {
  const { seen, peer, answer } = await connected();
  peer().become("disconnected");
  await settle();
  assert.equal(seen.offers.at(-1).revision, 2);
  await answer();
  peer().become("connected");
  await flow(peer(), 60_000);
  assert.equal(seen.offers.length, 2);
  assert.deepEqual(seen.states, ["connecting", "connected", "interrupted", "connected"]);
});

test("a page that sends nothing, and one whose far side is silent, lose no path", async () => {
  const { seen, peer } = await connected();
  await pass(20_000);
  await flow(peer(), 20_000);
  assert.deepEqual([seen.offers.length, seen.silences], [1, 0]);
});

test("while nothing can carry an offer none is made; the first that can goes at once", async () => {
  const { call, seen, peer } = await connected();
  await call.reach(false);
  await flow(peer(), 6_000, { heard: false });
  assert.deepEqual([seen.offers.length, seen.silences, seen.states.at(-1)], [1, 1, "interrupted"]);
  await call.reach(true);
  assert.deepEqual(seen.offers.at(-1), { peer: 1, revision: 2, sdp: "offer 1" });
});

test("what comes back by itself needs no restart", async () => {
  const { call, seen, peer } = await connected();
  await call.reach(false);
  await flow(peer(), 6_000, { heard: false });
  await flow(peer(), 1_000);
  await call.reach(true);
  assert.deepEqual([seen.offers.length, seen.states.at(-1)], [1, "connected"]);
});

test("a restart that got no answer is repeated on and on, whatever the socket did meanwhile", async () => {
  const { call, seen, peer } = await connected();
  const first = peer();
  await flow(first, 1_500, { heard: false });
  assert.equal(seen.offers.at(-1).revision, 2);
  await call.reach(false);
  await flow(first, 2_000, { heard: false });
  await call.reach(true);
  assert.equal(seen.offers.at(-1).revision, 3);
  for (let at = 0; at < 120 && peer() === first; at += 1) await flow(first, 100, { heard: false });
  // The last one waits 4 s, and is offered again after 3 s as it got no answer.
  assert.deepEqual(seen.offers.slice(1).map(({ peer: number, revision }) => `${number}.${revision}`), ["1.2", "1.3", "1.4", "1.5", "1.6", "2.1"]);
});

test("a restart that was made just before the socket was lost is repeated too", async () => {
  const { call, seen, peer, answer } = await connected();
  peer().become("disconnected");
  await call.reach(false);
  await flow(peer(), 1_500, { heard: false });
  assert.equal(seen.offers.length, 1);
  await call.reach(true);
  assert.equal(seen.offers.length, 2);
  await answer();
  await flow(peer(), 2_600, { heard: false });
  assert.equal(seen.offers.length, 3);
});

test("a change of network that nothing can carry yet is remembered", async () => {
  const { call, seen } = await connected();
  await call.reach(false);
  await call.restartIce();
  assert.equal(seen.offers.length, 1);
  await call.reach(true);
  assert.equal(seen.offers.at(-1).revision, 2);
  await call.reach(true);
  assert.equal(seen.offers.length, 3, "and offered again, as it was not answered");
});

test("a call that begins while nothing carries has its offer ready", async () => {
  const { call, seen } = begin();
  await call.reach(false);
  await call.start({ audio: SOUND });
  assert.equal(seen.offers.length, 0);
  await pass(500);
  await call.reach(true);
  assert.deepEqual(seen.offers, [{ peer: 1, revision: 1, sdp: "offer 0" }]);
});

test("an offer that waited long is made anew, as its addresses may be gone", async () => {
  const { call, seen } = begin();
  await call.reach(false);
  await call.start({ audio: SOUND });
  await pass(2_500);
  await call.reach(true);
  assert.deepEqual(seen.offers, [{ peer: 1, revision: 2, sdp: "offer 1" }]);
});

test("an offer without an answer is offered again, more patiently each time", async () => {
  const { call, seen, answer } = begin();
  await call.start({ audio: SOUND });
  await pass(2_900);
  assert.equal(seen.offers.length, 1);
  await pass(100);
  assert.equal(seen.offers.at(-1).revision, 2);
  await pass(4_400);
  assert.equal(seen.offers.length, 2);
  await pass(100);
  assert.equal(seen.offers.at(-1).revision, 3);
  assert.equal(await answer(), true);
});

test("an answer that was lost in the middle of a call is asked for again", async () => {
  const { call, seen, answer, peer } = await connected();
  await call.restartIce();
  await flow(peer(), 3_000);
  assert.equal(seen.offers.at(-1).revision, 3);
  assert.equal(await answer({ revision: 2 }), false);
  assert.equal(await answer(), true);
  await flow(peer(), 30_000);
  assert.equal(seen.offers.length, 3);
});

test("of two offers that are made at once only the newer is sent", async () => {
  const { call, seen, answer } = await connected();
  await Promise.all([call.restartIce(), call.restartIce()]);
  assert.deepEqual(seen.offers.map(({ revision }) => revision), [1, 2]);
  assert.equal(await answer(), true);
});

test("an answer that the browser cannot use leads to a new peer connection, not to a storm of them", async () => {
  const { call, seen, peer, answer } = begin();
  await call.start({ audio: SOUND });
  peer().setRemoteDescription = async () => Promise.reject(new Error("no"));
  assert.equal(await answer(), false);
  assert.equal(FakePeer.made.length, 1);
  await pass(300);
  assert.deepEqual([FakePeer.made.length, seen.states.at(-1)], [2, "connecting"]);
});

test("an offer that will never be taken is not repeated", async () => {
  const { call, seen } = begin({ refuse: Object.assign(new Error("no"), { code: "no_common_codec" }) });
  await call.start({ audio: SOUND });
  await pass(60_000);
  assert.deepEqual([seen.offers.length, seen.errors.length], [1, 1]);
});

test("an offer that was refused for a while is repeated", async () => {
  const { call, seen, answer } = begin({ refuse: Object.assign(new Error("no"), { code: "media_unavailable" }) });
  await call.start({ audio: SOUND });
  seen.refuse = null;
  await pass(3_000);
  assert.equal(seen.offers.length, 2);
  assert.equal(await answer(), true);
});

test("a failed connection is made anew, later each time but soon", async () => {
  const { call, seen, peer } = begin();
  await call.start({ audio: SOUND });
  const waits = [];
  for (let at = 0; at < 6; at += 1) {
    const made = FakePeer.made.length;
    peer().become("failed");
    let waited = 0;
    while (FakePeer.made.length === made) (waited += 100), await pass(100);
    waits.push(waited);
  }
  assert.deepEqual(waits, [300, 700, 1_000, 1_500, 2_000, 2_000]);
  assert.deepEqual([seen.offers.at(-1).peer, seen.offers.at(-1).revision], [7, 1]);
});

test("one that failed while nothing carries is made anew at once, and offered when something does", async () => {
  const { call, seen, peer } = await connected();
  await call.reach(false);
  peer().become("failed");
  await pass(100);
  assert.equal(FakePeer.made.length, 2);
  await pass(20_000);
  assert.deepEqual([FakePeer.made.length, seen.offers.length], [2, 1]);
  await call.reach(true);
  assert.equal(seen.offers.at(-1).peer, 2);
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

test("a camera that comes back while only sound passes sends no picture", async () => {
  const { call, peer } = await connected();
  await call.replaceTrack("video", null);
  await call.carry("sound");
  const { sender } = peer().lines[1];
  assert.notEqual(sender.parameters.encodings[0].active, false, "a sender without a track is left alone");
  await call.replaceTrack("video", PICTURE);
  assert.deepEqual([sender.track, sender.parameters.encodings[0].active], [PICTURE, false]);
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
  const { inbound, outbound, rttMs, uplink, captured } = await call.stats();
  assert.deepEqual(uplink, { estimateBps: 800_000, bytesSent: 7 });
  assert.deepEqual(captured, { audio: null, video: 12 });
  assert.deepEqual([inbound[0].role, inbound[0].framesDecoded, inbound[0].freezes, outbound.at(-1).width, rttMs], ["physician", 5, 1, 1280, 42]);
});

test("a seat that is added gets lines on the connection that runs, and nothing else begins anew", async () => {
  const { call, seen, peer, answer } = begin();
  await call.start({ audio: SOUND, video: PICTURE });
  await answer();
  const before = seen.remotes.get("physician");
  await call.receive(2);
  assert.equal(FakePeer.made.length, 1);
  assert.deepEqual(peer().lines.map(({ kind, direction }) => `${kind} ${direction}`).slice(4), ["audio recvonly", "video recvonly"]);
  assert.deepEqual([seen.offers.at(-1).peer, seen.offers.at(-1).revision], [1, 2]);
  assert.equal(peer().restarts, 0);
  await answer({ tracks: [...TRACKS, { mid: "4", role: "interpreter" }, { mid: "5", role: "interpreter" }] });
  assert.deepEqual([...seen.remotes.keys()], ["physician", "interpreter"]);
  assert.equal(seen.remotes.get("physician"), before);
  await call.receive(2);
  assert.equal(seen.offers.length, 2);
  await call.renew();
  assert.equal(peer().lines.length, 6);
});
