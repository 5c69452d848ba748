/**
 * Keeps what this page sends to what its own uplink bears and its receivers can take: looks at the call twice a second, climbs and
 * descends the rescue ladder, tells the call what to carry and the server what the uplink bears. It decides nothing itself:
 * ladder.js does.
 *
 * @typedef {import("./ladder.js").Rung} Rung
 * @typedef {import("./call.js").CallStats} CallStats
 * @typedef {{stats: () => Promise<CallStats> | null, carry: (rung: Rung) => unknown, tell: (rung: Rung) => Promise<boolean>, now: () => number}} UplinkOptions
 *   `tell` says whether the server has taken it in
 */

import { begin, interrupted, look, RUNGS, worse } from "./ladder.js";
import { receiversBear } from "./rungs.js";

const LOOK_MS = 500;
const SENT_OVER_MS = 1_000;
/** The server measures once a second; after that its word is old. */
const LOSS_GOOD_MS = 3_000;
/** What the server did not take in is said again, but not at every look. */
const AGAIN_MS = 2_000;

export class Uplink {
  /** @type {UplinkOptions} */ #options;
  /** @type {import("./ladder.js").Ladder} */ #ladder;
  /** @type {Rung} */ #receivers = "full";
  /** @type {Rung | null} */ #told = null;
  #againMs = 0;
  /** @type {{value: number, atMs: number} | null} */ #loss = null;
  /** @type {{peer: number, bytes: number, atMs: number, bps: number} | null} */ #sent = null;
  /** @type {ReturnType<typeof setInterval> | null} */ #timer = null;

  /** @param {UplinkOptions} options */
  constructor(options) {
    this.#options = options;
    this.#ladder = begin(options.now());
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
  }

  /** The server has taken this page in (again): it knows nothing of the uplink yet. */
  welcomed() {
    this.#told = null;
    this.#againMs = 0;
    this.start();
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
    const stats = await this.#options.stats()?.catch(() => null);
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
    await this.#act();
  }

  /** @param {number} bytes @param {number} nowMs */
  #sentBps(bytes, nowMs) {
    const sent = this.#sent;
    if (!sent) return 0;
    const passedMs = nowMs - sent.atMs;
    if (passedMs >= SENT_OVER_MS) this.#sent = { ...sent, bytes, atMs: nowMs, bps: ((bytes - sent.bytes) * 8_000) / passedMs };
    return this.#sent?.bps ?? 0;
  }

  async #act() {
    void this.#options.carry(this.carried);
    const { rung } = this.#ladder;
    const nowMs = this.#options.now();
    if (rung === this.#told || nowMs < this.#againMs) return;
    this.#told = rung;
    const taken = await this.#options.tell(rung);
    if (taken || this.#told !== rung) return;
    this.#told = null;
    this.#againMs = nowMs + AGAIN_MS;
  }
}
