import assert from "node:assert/strict";
import { test } from "node:test";

import { dueFrom, flowed, NOTHING_DUE, receivedOf } from "../../web_client/shared/flow.js";

const BOTH = { media: true, picture: true };

/** Looks once a second at [packets, frames]; gives whether each look finds an interruption. */
function looks(samples, due = BOTH, everyMs = 1_000) {
  let flow = NOTHING_DUE;
  return samples.map(([packets, frames], at) => {
    flow = flowed(flow, { packets, frames }, due, at * everyMs);
    return flow?.interrupted ?? null;
  });
}

test("what grows is no interruption", () => {
  assert.deepEqual(looks([[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]]), [false, false, false, false, false]);
});

test("nothing new for three seconds is an interruption, until something comes again", () => {
  assert.deepEqual(looks([[9, 9], [9, 9], [9, 9], [9, 9], [9, 9], [10, 10]]), [false, false, false, true, true, false]);
});

test("a picture that stands still while sound goes on is an interruption", () => {
  assert.deepEqual(looks([[1, 9], [2, 9], [3, 9], [4, 9], [5, 10]]), [false, false, false, true, false]);
});

test("sound alone is enough where no picture is due, or none ever came", () => {
  assert.equal(looks([[1, 9], [2, 9], [3, 9], [4, 9]], { media: true, picture: false }).at(-1), false);
  assert.equal(looks([[1, 0], [2, 0], [3, 0], [4, 0]]).at(-1), false);
});

test("a new peer connection that counts from nought is no sign of life, its first packet is", () => {
  assert.deepEqual(looks([[99, 99], [99, 99], [0, 0], [0, 0], [0, 0], [1, 0]]), [false, false, false, true, true, false]);
});

test("a page that slept begins anew", () => {
  assert.deepEqual(looks([[9, 9], [9, 9], [9, 9]], BOTH, 60_000), [false, false, false]);
});

test("where nothing is due nothing is interrupted", () => {
  assert.deepEqual(looks([[9, 9], [9, 9], [9, 9], [9, 9]], { media: false, picture: true }), [null, null, null, null]);
});

test("media is due while the gate is open and this page is connected, a picture unless the far camera has a reason", () => {
  const session = (gate, doubts = []) => ({ gate, seats: [{ role: "guardian", doubts }, { role: "physician", doubts: ["camera_off"] }] });
  assert.deepEqual(dueFrom(session(true), true, "guardian", "physician"), BOTH);
  assert.equal(dueFrom(session(false), true, "guardian", "physician").media, false);
  assert.equal(dueFrom(session(true), false, "guardian", "physician").media, false);
  assert.equal(dueFrom(null, true, "guardian", "physician").media, false);
  assert.equal(dueFrom(session(true, ["picture_dark"]), true, "guardian", "physician").picture, true);
  for (const doubt of ["page_hidden", "camera_off", "sound_only"]) assert.equal(dueFrom(session(true, [doubt]), true, "guardian", "physician").picture, false);
});

test("where the network bears no moving picture none is due", () => {
  const session = (rung, from = "guardian") => ({ gate: true, seats: [], rungs: [{ from, to: from === "guardian" ? "physician" : "guardian", rung, why: "uplink" }] });
  const due = (...rung) => dueFrom(session(...rung), true, "guardian", "physician");
  assert.deepEqual(["low", "stills", "sound", "chat"].map((rung) => due(rung).picture), [true, false, false, false]);
  assert.deepEqual(due("sound", "physician"), BOTH);
});

test("received is all the packets, and the frames of the picture", () => {
  const line = (kind, packets, framesDecoded) => ({ kind, packets, framesDecoded });
  assert.deepEqual(receivedOf({ inbound: [line("audio", 5, 0), { ...line("video", 7, 3), role: "guardian" }, { ...line("video", 90, 90), role: "interpreter" }] }, "guardian"), { packets: 12, frames: 3 });
});
