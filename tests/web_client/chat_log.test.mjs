import assert from "node:assert/strict";
import { test } from "node:test";

import { chatAccepted, chatArrived, chatFailed, chatSent, chatSnapshot } from "../../web_client/shared/chat_log.js";

const said = (id, role = "physician", text = id) => ({ id, role, text, at: "" });
const sent = (log, clientId, text) => chatSent(log, { clientId, role: "guardian", text, at: "" });

test("a message that was seen before is not said twice", () => {
  const log = chatArrived([], said("1"));
  assert.equal(chatArrived(log, said("1")), log);
});

test("the echo of one's own message takes the place of the one on its way", () => {
  const log = chatArrived(sent([], "c", "好"), said("1", "guardian", "好"));
  assert.deepEqual(log, [said("1", "guardian", "好")]);
});

test("answer and echo may come in either order", () => {
  const echoFirst = chatAccepted(chatArrived(sent([], "c", "好"), said("1", "guardian", "好")), "c", "1");
  const answerFirst = chatArrived(chatAccepted(sent([], "c", "好"), "c", "1"), said("1", "guardian", "好"));
  assert.deepEqual(echoFirst.map(({ id }) => id), ["1"]);
  assert.deepEqual(answerFirst.map(({ id }) => id), ["1"]);
});

test("an answer for a message that is already there leaves one", () => {
  const log = chatAccepted([said("1", "guardian", "好"), ...sent([], "c", "好")], "c", "1");
  assert.deepEqual(log.map(({ id }) => id), ["1"]);
});

test("sending again replaces what failed", () => {
  const failed = chatFailed(sent([], "c", "好"), "c");
  assert.equal(failed[0].failed, true);
  const again = sent(failed, "c", "好");
  assert.deepEqual([again.length, again[0].pending], [1, true]);
});

test("a snapshot keeps what is still on its way", () => {
  const log = chatSnapshot([said("old"), ...sent([], "c", "好")], [said("1"), said("2")]);
  assert.deepEqual(log.map(({ id }) => id), ["1", "2", "own-c"]);
});
