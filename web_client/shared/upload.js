/**
 * Uploads that go on after a loss: tus 1.0.0 (https://tus.io/protocols/resumable-upload) over `fetch`, piece by piece. A connection
 * that is lost is waited for and asked where the upload stands; what arrived is never sent again. No clock and no network of its
 * own: both are given.
 */

import { ApiProblem } from "./api.js";

const VERSION = { "Tus-Resumable": "1.0.0" };
const PIECE = 512 * 1024;
const PIECE_WITHIN_MS = 60_000;
/** How long is waited after each loss in a row, in ms; the last again and again. @type {readonly number[]} */
const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000];
/** What may be tried again: not reached, busy, another's connection was still at it. */
const AGAIN = new Set(["network", "unavailable", "upload_offset"]);

/**
 * @typedef {object} Line
 * @property {typeof globalThis.fetch} fetch
 * @property {() => Record<string, string>} headers  what every request says (language, role)
 * @property {(ms: number) => Promise<void>} wait
 *
 * @typedef {object} Wish
 * @property {string} key  drawn at random, this upload's alone: under it the server begins one upload, however often it is asked
 * @property {string | null} [url]  where an earlier page began it
 * @property {"examination" | "delegation" | "still"} [purpose]  a still is the physician's, and has a route of its own
 *
 * @typedef {object} Told  what the sender hears of it
 * @property {(url: string) => void} begun
 * @property {(sent: number) => void} sent  so many bytes have arrived
 * @property {() => void} lost  the connection is away and waited for
 */

/**
 * Sends a file, or what the server does not have of it yet. Resolves when the server has checked and kept it; rejects with
 * `ApiProblem`, or with an `AbortError` once `signal` was aborted.
 * @param {Line} line @param {string} visit @param {Blob} file @param {Wish} wish @param {Told} told @param {AbortSignal} signal
 */
export async function upload(line, visit, file, wish, told, signal) {
  const standing = (wish.url && (await goneOn(line, wish.url, told, signal))) || (await begun(line, visit, file, wish, told, signal));
  const { url } = standing;
  told.begun(url);
  let { sent } = standing;
  if (sent > 0) told.sent(sent);
  let astray = sent === file.size; // all is there: whether it was kept is still to be heard
  while (sent < file.size || astray) {
    sent = await persistently(line, told, signal, async () => {
      if (astray) {
        sent = offsetOf(await ask(line, url, "HEAD", signal));
        astray = false;
        if (sent < file.size) return sent;
      }
      astray = true; // until the answer is here nobody knows how much of the piece arrived
      const headers = { "Upload-Offset": String(sent), "Content-Type": "application/offset+octet-stream" };
      const answer = await ask(line, url, "PATCH", signal, headers, file.slice(sent, sent + PIECE));
      astray = false;
      return offsetOf(answer);
    });
    told.sent(sent);
  }
}

/**
 * Where a new upload is, or the one that was begun under this key before: an answer that was lost leaves no second one behind.
 * @param {Line} line @param {string} visit @param {Blob} file @param {Wish} wish @param {Told} told @param {AbortSignal} signal
 */
async function begun(line, visit, file, { key, purpose = "examination" }, told, signal) {
  const room = purpose === "still" ? "stills" : "documents";
  const metadata = purpose === "delegation" && { "Upload-Metadata": `purpose ${btoa(purpose)}` };
  const announced = { "Upload-Length": String(file.size), "Idempotency-Key": key, ...metadata };
  const begin = () => ask(line, `/api/visits/${encodeURIComponent(visit)}/${room}`, "POST", signal, announced);
  const answer = await persistently(line, told, signal, begin);
  return { url: answer.headers.get("Location") ?? "", sent: offsetOf(answer) };
}

/**
 * Where an earlier upload stands, or null when the server has it no more.
 * @param {Line} line @param {string} url @param {Told} told @param {AbortSignal} signal
 */
async function goneOn(line, url, told, signal) {
  try {
    return { url, sent: offsetOf(await persistently(line, told, signal, () => ask(line, url, "HEAD", signal))) };
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

/** Gives up an upload, or takes back a document. @param {Line} line @param {string} url */
export async function takeBack(line, url) {
  await ask(line, url, "DELETE", new AbortController().signal);
}

/**
 * @template T
 * @param {Line} line @param {Told} told @param {AbortSignal} signal @param {() => Promise<T>} work @returns {Promise<T>}
 */
async function persistently(line, told, signal, work) {
  for (let losses = 0; ; losses += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiProblem) || !AGAIN.has(error.code)) throw error;
      told.lost();
      await line.wait((error.retryAfterS ?? 0) * 1_000 || WAITS_MS[Math.min(losses, WAITS_MS.length - 1)]);
    }
  }
}

/** @param {Response} answer */
function offsetOf(answer) {
  return Number(answer.headers.get("Upload-Offset"));
}

/**
 * @param {Line} line @param {string} path @param {string} method @param {AbortSignal} signal
 * @param {Record<string, string>} [headers] @param {Blob} [body]
 */
async function ask(line, path, method, signal, headers = {}, body) {
  signal.throwIfAborted?.();
  const abort = new AbortController();
  const stop = () => abort.abort();
  signal.addEventListener("abort", stop);
  const timer = setTimeout(stop, PIECE_WITHIN_MS);
  try {
    const said = { ...line.headers(), ...VERSION, ...headers };
    const answer = await line.fetch(path, { method, headers: said, body, credentials: "same-origin", cache: "no-store", signal: abort.signal });
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  } catch (error) {
    if (signal.aborted || error instanceof ApiProblem) throw error;
    throw new ApiProblem(0, "network", "");
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** @param {Response} answer */
async function problemOf(answer) {
  const body = await answer.json().catch(() => null);
  const wait = Number(body?.retry_after_s);
  const code = body?.code ?? (answer.status >= 500 ? "unavailable" : "unknown"); // the answer to HEAD has no body
  return new ApiProblem(answer.status, code, body?.detail ?? "", wait > 0 ? wait : null);
}
