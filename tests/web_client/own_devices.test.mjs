/** Camera and microphone of a page: one light for each at most, none once all was released, and the last asking counts. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { OwnDevices } from "../../web_client/shared/own_devices.js";
import { FakeDevices, settle } from "./support/devices.mjs";

let devices;
beforeEach(() => {
  devices = new FakeDevices();
  devices.install();
});

/** A page's devices, what they told so far, the tracks that were handed over, and what the page looks at. */
function begin() {
  const page = { seen: {}, told: [], handed: [], watched: [] };
  const watch = (track) => {
    page.watched.push(track);
    return () => page.watched.splice(page.watched.indexOf(track), 1);
  };
  page.own = new OwnDevices({
    tell: (changed) => {
      page.told.push(changed);
      Object.assign(page.seen, changed);
    },
    ontrack: (kind, track) => page.handed.push(`${kind} ${track ? track.facing || "sound" : "none"}`),
    watch: { audio: watch, video: watch },
  });
  return page;
}

/** One whose camera and microphone are open. */
async function opened() {
  const page = begin();
  const opening = page.own.open();
  await devices.give();
  assert.equal(await opening, true);
  return page;
}

test("both are asked for with one question, told, watched and handed over", async () => {
  const page = begin();
  const opening = page.own.open();
  assert.deepEqual([page.seen.state, devices.waiting], ["opening", ["audio user"]]);
  await devices.give();
  assert.equal(await opening, true);
  assert.deepEqual(page.seen, { state: "open", audio: "live", video: "live", audioProblem: null, videoProblem: null, cameras: 2, facing: "user" });
  assert.deepEqual([page.handed, page.watched.length, devices.lit], [["audio sound", "video user"], 2, 2]);
  assert.deepEqual(page.own.stream.getTracks(), [page.own.tracks.video]);
});

test("one of them is better than none, and the other was never there", async () => {
  const page = begin();
  const opening = page.own.open();
  await devices.refuse("NotReadableError");
  await devices.give();
  await devices.refuse("NotFoundError");
  assert.equal(await opening, true);
  assert.deepEqual([page.seen.audio, page.seen.video, page.seen.videoProblem, page.own.stream], ["live", "none", "none", null]);
  assert.deepEqual(page.handed, ["audio sound", "video none"]);
});

test("where nothing opens that is the answer", async () => {
  const page = begin();
  const opening = page.own.open();
  for (let asked = 0; asked < 3; asked += 1) await devices.refuse("NotFoundError");
  assert.equal(await opening, false);
  assert.deepEqual([page.seen.state, page.seen.audio, page.seen.video, devices.lit], ["open", "none", "none", 0]);
});

test("asking again stops what was open before, and what was there and is not now is lost", async () => {
  const page = await opened();
  const again = page.own.open();
  assert.deepEqual([devices.lit, page.watched.length], [0, 0]);
  await devices.refuse("NotReadableError");
  await devices.give();
  await devices.refuse("NotReadableError");
  assert.equal(await again, true);
  assert.deepEqual([page.seen.audio, page.seen.video, page.seen.videoProblem, devices.lit], ["live", "lost", "busy", 1]);
});

test("of two askings the later counts: what the earlier brings is stopped", async () => {
  const page = begin();
  const first = page.own.open();
  const second = page.own.open();
  await devices.give();
  assert.equal(await first, false);
  assert.deepEqual([devices.lit, page.handed, page.seen.state], [0, [], "opening"]);
  await devices.give();
  assert.equal(await second, true);
  assert.deepEqual([devices.lit, page.handed.length, page.seen.state], [2, 2, "open"]);
});

test("a camera that comes after all was released is switched off at once", async () => {
  for (const ask of [(own) => own.open(), (own) => own.flip(), (own) => own.recover()]) {
    const page = await opened();
    page.own.tracks.video.dispatchEvent(new Event("ended"));
    const before = page.handed.length;
    const asking = ask(page.own);
    page.own.release();
    await devices.give();
    await asking;
    assert.deepEqual([devices.lit, page.handed.length, page.watched.length, page.own.stream], [0, before, 0, null]);
    assert.deepEqual([page.seen.state, page.seen.audio, page.seen.video], ["closed", "none", "none"]);
    await page.own.recover();
    assert.deepEqual(devices.waiting, [], "and nothing is asked for any more");
  }
});

test("once all was released the reader is asked no more", async () => {
  for (const answered of [0, 1]) {
    const page = begin();
    const opening = page.own.open();
    if (answered) await devices.refuse("NotReadableError");
    page.own.release();
    if (answered) await devices.give();
    else await devices.refuse("NotReadableError");
    assert.equal(await opening, false);
    assert.deepEqual([devices.waiting, devices.lit], [[], 0]);
  }
});

test("one that is released while the cameras are counted stays closed", async () => {
  const page = begin();
  let counted;
  devices.enumerateDevices = () => new Promise((done) => (counted = done));
  const opening = page.own.open();
  await devices.give();
  page.own.release();
  counted([]);
  assert.equal(await opening, false);
  assert.deepEqual([page.seen.state, devices.lit], ["closed", 0]);
});

test("turning the camera round stops the one before it asks for the other", async () => {
  const page = await opened();
  const turning = page.own.flip();
  assert.deepEqual([devices.lit, devices.waiting], [1, ["environment"]]);
  await devices.give();
  await turning;
  assert.deepEqual([page.seen.facing, page.handed.at(-1), devices.lit, page.watched.length], ["environment", "video environment", 2, 2]);
  await page.own.choose("environment");
  assert.deepEqual(devices.waiting, [], "the camera that is open already is not asked for");
});

test("a double tap turns the camera once and never opens two", async () => {
  const page = await opened();
  const turning = Promise.all([page.own.flip(), page.own.flip()]);
  assert.deepEqual(devices.waiting, ["environment"]);
  await devices.give();
  await turning;
  assert.deepEqual([page.seen.facing, devices.lit], ["environment", 2]);
  const back = page.own.flip();
  await devices.give();
  await back;
  assert.deepEqual([page.seen.facing, devices.lit], ["user", 2]);
});

test("a camera that will not turn is lost, and asked for again that way round", async () => {
  const page = await opened();
  const turning = page.own.flip();
  await devices.refuse("NotReadableError");
  await turning;
  assert.deepEqual([page.seen.video, page.seen.videoProblem, page.handed.at(-1)], ["lost", "busy", "video none"]);
  const recovering = page.own.recover();
  assert.deepEqual(devices.waiting, ["environment"]);
  await devices.give();
  await recovering;
  assert.deepEqual([page.seen.video, page.seen.videoProblem], ["live", null]);
});

test("what a phone call took is asked for again, and the rest left alone", async () => {
  const page = await opened();
  const { audio } = page.own.tracks;
  await page.own.recover();
  assert.deepEqual(devices.waiting, [], "nothing is lost");
  page.own.tracks.video.dispatchEvent(new Event("mute"));
  assert.equal(page.seen.video, "lost");
  const recovering = page.own.recover();
  void page.own.recover();
  void page.own.flip();
  assert.deepEqual([page.seen.state, devices.waiting], ["opening", ["user"]]);
  await devices.give();
  await recovering;
  assert.deepEqual([page.seen.state, page.seen.video, devices.lit], ["open", "live", 2]);
  assert.equal(page.own.tracks.audio, audio);
});

test("both are asked for one after the other when both were taken, and what is not given back stays lost", async () => {
  const page = await opened();
  for (const track of Object.values(page.own.tracks)) track.dispatchEvent(new Event("ended"));
  const recovering = page.own.recover();
  assert.deepEqual(devices.waiting, ["audio"]);
  await devices.give();
  assert.deepEqual([devices.waiting, page.seen.audio, page.seen.video], [["user"], "live", "lost"]);
  await devices.refuse("NotAllowedError");
  await recovering;
  assert.deepEqual([page.seen.state, page.seen.video, page.seen.videoProblem], ["open", "lost", "denied"]);
});

test("a device that gives back by itself is lost no more", async () => {
  const page = await opened();
  page.own.tracks.audio.dispatchEvent(new Event("mute"));
  page.own.tracks.audio.dispatchEvent(new Event("unmute"));
  assert.equal(page.seen.audio, "live");
  await page.own.recover();
  assert.deepEqual(devices.waiting, []);
});

test("a track that was replaced is watched no more", async () => {
  const page = await opened();
  const before = page.own.tracks.video;
  const turning = page.own.flip();
  await devices.give();
  await turning;
  before.dispatchEvent(new Event("ended"));
  assert.equal(page.seen.video, "live");
});

test("one that stopped giving without a word is lost, unless it was told to be silent or the page is hidden", async () => {
  const page = await opened();
  const look = (from, to, amounts) => {
    for (let second = from; second <= to; second += 1) page.own.judge(amounts, second * 1_000);
  };
  page.own.turnCamera(true);
  look(0, 9, { audio: 1, video: 1 });
  assert.deepEqual([page.seen.audio, page.seen.video], ["lost", "live"]);
  page.own.turnCamera(false);
  document.visibilityState = "hidden";
  look(10, 19, { audio: 1, video: 1 });
  assert.equal(page.seen.video, "live");
  document.visibilityState = "visible";
  look(20, 29, { audio: 1, video: 1 });
  assert.equal(page.seen.video, "lost");
  page.own.judge({ audio: 1, video: 2 }, 30_000);
  assert.equal(page.seen.video, "live");
});

test("whoever is muted, or has the camera off, stays so over a reopening and a turn", async () => {
  const page = await opened();
  page.own.mute(true);
  page.own.turnCamera(true);
  assert.deepEqual([page.seen.muted, page.seen.cameraOff], [true, true]);
  const again = page.own.open();
  await devices.give();
  await again;
  const turning = page.own.flip();
  await devices.give();
  await turning;
  assert.deepEqual(Object.values(page.own.tracks).map(({ enabled }) => enabled), [false, false]);
  page.own.mute(false);
  assert.equal(page.own.tracks.audio.enabled, true);
});

test("what the page no longer looks at is not looked at again either", async () => {
  const page = await opened();
  page.own.unwatch("audio");
  assert.deepEqual(page.watched, [page.own.tracks.video]);
  const again = page.own.open();
  await devices.give();
  await again;
  await settle();
  assert.deepEqual(page.watched, [page.own.tracks.video]);
});
