/**
 * What happens to the device under a page: its network changes, it sleeps and wakes, the page is hidden and seen again. Browsers tell
 * some of it, late or not at all; a clock that jumped tells the rest.
 *
 * @typedef {{onnetwork: () => void, onwake: (sleptMs: number) => void}} Told  `onwake`: somebody looks again; 0 when nothing was missed, else more than `SLEPT_MS`
 * @typedef {EventTarget & {type?: string}} Network  NetworkInformation, where there is one
 */

import { SLEPT_MS } from "./slept.js";

const TICK_MS = 1_000;

/**
 * Until the returned function is called.
 * @param {Told} told
 * @param {{frame?: EventTarget, page?: EventTarget & {visibilityState: string}, network?: Network | null, now?: () => number}} [world]
 */
export function watchWorld(
  { onnetwork, onwake },
  { frame = globalThis.window, page = globalThis.document, network = /** @type {any} */ (globalThis.navigator)?.connection, now = Date.now } = {},
) {
  const stop = new AbortController();
  const { signal } = stop;
  const on = (/** @type {EventTarget | null | undefined} */ target, /** @type {string} */ name, /** @type {(event: any) => void} */ run) =>
    target?.addEventListener(name, run, { signal });

  let type = network?.type;
  const retyped = () => {
    if (network?.type === type) return; // another estimate of the same network's speed
    type = network?.type;
    onnetwork();
  };

  let atMs = now();
  let thawedAtMs = -Infinity;
  const lateMs = () => now() - atMs - TICK_MS;
  /** A thaw comes as several events one after the other, in an order of the browser's own: the first one that knows of it tells all. */
  const woke = (/** @type {number} */ missedMs) => {
    const sleptMs = Math.max(missedMs, lateMs() > SLEPT_MS ? lateMs() : 0);
    atMs = now();
    if (Math.abs(atMs - thawedAtMs) < TICK_MS) return;
    if (sleptMs > 0) thawedAtMs = atMs;
    onwake(sleptMs);
  };

  on(frame, "online", onnetwork);
  on(network, "change", retyped);
  on(page, "visibilitychange", () => page.visibilityState === "visible" && woke(0));
  on(page, "resume", () => woke(Infinity));
  on(frame, "pageshow", ({ persisted }) => persisted && woke(Infinity));
  const ticking = setInterval(() => (lateMs() > SLEPT_MS ? woke(0) : (atMs = now())), TICK_MS);
  return () => {
    stop.abort();
    clearInterval(ticking);
  };
}
