/**
 * Asking when the network may be dead: a request that was sent into a blackout, or over a kept connection from an address that is gone,
 * does not come back when the network does; so while no answer comes it is asked anew, and the first answer counts.
 */

const AGAIN_AFTER_MS = [400, 800];
const AGAIN_EVERY_MS = 1_000;

/**
 * Rejects at once with an error that will not pass, and with the last one when every request has failed.
 * @template T
 * @param {() => Promise<T>} ask must end by itself, if only by a time-out
 * @param {{wanted: () => boolean, mayPass: (error: unknown) => boolean, setTimer: (run: () => void, ms: number) => unknown, clearTimer: (timer: any) => void}} options
 *   `wanted`: whether anybody still waits for it
 * @returns {Promise<T>}
 */
export function hedged(ask, { wanted, mayPass, setTimer, clearTimer }) {
  return new Promise((done, fail) => {
    /** @type {unknown} */
    let timer = null;
    let pending = 0;
    let asked = 0;
    const failed = (/** @type {unknown} */ error) => {
      pending -= 1;
      if (pending > 0 && mayPass(error)) return;
      clearTimer(timer);
      fail(error);
    };
    const once = () => {
      pending += 1;
      timer = setTimer(() => wanted() && once(), AGAIN_AFTER_MS[asked] ?? AGAIN_EVERY_MS);
      asked += 1;
      ask().then((answer) => (clearTimer(timer), done(answer)), failed);
    };
    once();
  });
}
