/**
 * Keeps what this page sends to what its own uplink bears and its receivers can take: looks at the call twice a second, climbs and
 * descends the rescue ladder, tells the call what to carry and the server what the uplink bears. It decides nothing itself:
 * ladder.js does.
 *
 * @typedef {import("./ladder.js").Rung} Rung
 * @typedef {import("./call.js").CallStats} CallStats
 * @typedef {{stats: () => Promise<CallStats>, carry: (rung: Rung) => unknown, tell: (rung: Rung) => Promise<{ok: boolean, code?: string}>, now: () => number}} UplinkOptions
 */

import { begin, interrupted, look, RUNGS, worse } from "./ladder.js";
import { Reporter } from "./reporter.js";
import { receiversBear } from "./rungs.js";

const LOOK_MS = 500;
const SENT_OVER_MS = 1_000;
/** The server measures once a second; after that its word is old. */
const LOSS_GOOD_MS = 3_000;

export class Uplink {
  /** @type {UplinkOptions} */ #options;
  /** @type {import("./ladder.js").Ladder} */ #ladder;
  /** @type {Rung} */ #receivers = "full";
  /** @type {Reporter<Rung>} */ #reporter;
  /** @type {Rung | null} what was last said, taken in or not; null when it has to be said anew */ #said = null;
  /** @type {{value: number, atMs: number} | null} */ #loss = null;
  /** @type {{peer: number, bytes: number, atMs: number, bps: number} | null} */ #sent = null;
  /** @type {ReturnType<typeof setInterval> | null} */ #timer = null;

  /** @param {UplinkOptions} options */
  constructor(options) {
    this.#options = options;
    this.#ladder = begin(options.now());
    this.#reporter = new Reporter(options.tell);
  }

  /** What this page sends at most. */
  get carried() {
    return worse(this.#ladder.rung, this.#receivers);
  }

  start() {
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS);
  }

  stop() {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#reporter.hush();
  }

  /** The server has taken this page in (again): it knows nothing of the uplink yet. */
  welcomed() {
    this.#reporter.forget();
    this.#said = null;
    this.start();
  }

  /** The server can be told again; what it knows already is not repeated. */
  online() {
    if (this.#timer !== null) this.#say();
  }

  /** @param {import("./messages.js").SessionView} session @param {string} own */
  session(session, own) {
    const receivers = receiversBear(session, own);
    if (receivers === this.#receivers) return;
    this.#receivers = receivers;
    // A receiver that can take no more also lowers what is measured here: what that explains was not this uplink's weakness.
    if (RUNGS.indexOf(this.#ladder.rung) <= RUNGS.indexOf(receivers)) this.#ladder = begin(this.#options.now());
    void this.#options.carry(this.carried);
  }

  /** What the server counted of this page's packets. @param {readonly {role: string, up: {loss: number}}[]} legs @param {string} own */
  measured(legs, own) {
    const leg = legs.find(({ role }) => role === own);
    if (leg) this.#loss = { value: leg.up.loss, atMs: this.#options.now() };
  }

  async #look() {
    const stats = await this.#options.stats().catch(() => null);
    if (!stats || this.#timer === null) return;
    const nowMs = this.#options.now();
    if (stats.state !== "connected" || stats.peer !== this.#sent?.peer) {
      this.#ladder = interrupted(this.#ladder, nowMs);
      this.#sent = { peer: stats.state === "connected" ? stats.peer : 0, bytes: stats.uplink.bytesSent, atMs: nowMs, bps: 0 };
    } else {
      const loss = this.#loss && nowMs - this.#loss.atMs < LOSS_GOOD_MS ? this.#loss.value : null;
      const sentBps = this.#sentBps(stats.uplink.bytesSent, nowMs);
      this.#ladder = look(this.#ladder, { estimateBps: stats.uplink.estimateBps, sentBps, loss, carried: this.carried }, nowMs);
    }
    void this.#options.carry(this.carried);
    if (this.#ladder.rung !== this.#said) this.#say();
  }

  /** @param {number} bytes @param {number} nowMs */
  #sentBps(bytes, nowMs) {
    const sent = this.#sent;
    if (!sent) return 0;
    const passedMs = nowMs - sent.atMs;
    if (passedMs >= SENT_OVER_MS) this.#sent = { ...sent, bytes, atMs: nowMs, bps: ((bytes - sent.bytes) * 8_000) / passedMs };
    return this.#sent?.bps ?? 0;
  }

  #say() {
    this.#said = this.#ladder.rung;
    this.#reporter.say(this.#said);
  }
}
