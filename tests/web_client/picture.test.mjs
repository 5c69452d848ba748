import assert from "node:assert/strict";
import { test } from "node:test";

import { judgePicture, NO_PICTURE_YET } from "../../web_client/shared/picture.js";
import { deviceProblemOf, supportOf } from "../../web_client/shared/support.js";

const flat = (value, first = value) => Uint8ClampedArray.from({ length: 4 * 24 * 16 }, (_, at) => (at === 0 ? first : value));
const judge = (samples) => samples.reduce(({ memory }, pixels) => judgePicture(memory, pixels), { memory: NO_PICTURE_YET, judgement: "unknown" }).judgement;

test("a lit, moving picture is fine", () => {
  assert.equal(judge([flat(120, 1), flat(120, 2), flat(120, 3), flat(120, 4), flat(120, 5)]), "ok");
});

test("a nearly black picture is dark, even when nothing moves", () => {
  assert.equal(judge([flat(4)]), "dark");
  assert.equal(judge([flat(4), flat(4), flat(4), flat(4), flat(4)]), "dark");
});

test("a picture is frozen only after it was the same to the bit for some samples", () => {
  assert.equal(judge([flat(120), flat(120), flat(120)]), "ok");
  assert.equal(judge([flat(120), flat(120), flat(120), flat(120)]), "frozen");
  assert.equal(judge([flat(120), flat(120), flat(120), flat(120), flat(120, 7)]), "ok");
});

test("no picture is unknown, and forgets what was before", () => {
  assert.equal(judge([flat(120), flat(120), flat(120), null]), "unknown");
  assert.equal(judge([flat(120), flat(120), flat(120), null, flat(120)]), "ok");
  assert.equal(judge([new Uint8ClampedArray(0)]), "unknown");
});

test("a picture of another size is a new one", () => {
  assert.equal(judge([flat(120), flat(120), flat(120), new Uint8ClampedArray(8).fill(120)]), "ok");
});

const FACTS = { secure: true, hasDevices: true, hasPeerConnection: true, userAgent: "Mozilla/5.0 Safari" };

test("what a browser lacks is told by what to do about it", () => {
  assert.equal(supportOf(FACTS), "ok");
  assert.equal(supportOf({ ...FACTS, secure: false, hasDevices: false }), "insecure");
  assert.equal(supportOf({ ...FACTS, hasDevices: false }), "unsupported");
  assert.equal(supportOf({ ...FACTS, hasPeerConnection: false, userAgent: "iPhone MicroMessenger/8.0" }), "in_app");
});

test("each refusal of the camera has its help", () => {
  const named = (name) => Object.assign(new Error(), { name });
  const problems = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy", AbortError: "interrupted", TypeError: "unknown" };
  for (const [name, problem] of Object.entries(problems)) assert.equal(deviceProblemOf(named(name)), problem);
  assert.equal(deviceProblemOf("nonsense"), "unknown");
});
