/**
 * What happens to the device under a page: its network changes, it sleeps and wakes, the page is hidden and seen again. Browsers tell
 * some of it, late or not at all; a clock that jumped tells the rest.
 *
 * @typedef {{onnetwork: () => void, onwake: (sleptMs: number) => void}} Told  `onwake`: somebody looks again; 0 when nothing was missed
 * @typedef {EventTarget & {type?: string}} Network  NetworkInformation, where there is one
 */

const TICK_MS = 1_000;
/** A timer this late did not run: the device slept, or the page was frozen. */
export const SLEPT_MS = 3_000;

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

  on(frame, "online", onnetwork);
  let type = network?.type;
  // It also tells of each new estimate of the speed, which is no change of network.
  on(network, "change", () => (network?.type === type ? onwake(0) : ((type = network?.type), onnetwork())));
  on(page, "visibilitychange", () => page.visibilityState === "visible" && onwake(0));
  on(page, "resume", () => onwake(Infinity));
  on(frame, "pageshow", ({ persisted }) => persisted && onwake(Infinity));

  let atMs = now();
  const ticking = setInterval(() => {
    const sleptMs = now() - atMs - TICK_MS;
    atMs = now();
    if (sleptMs > SLEPT_MS) onwake(sleptMs);
  }, TICK_MS);
  return () => {
    stop.abort();
    clearInterval(ticking);
  };
}
