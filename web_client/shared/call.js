/**
 * One side of the conversation's media, and the only file of a visit that touches RTCPeerConnection (PROTOCOL.md, section 6). The page
 * always offers and the server only answers. A call keeps itself alive: an ICE restart when the path falls silent or the network changes, a
 * new peer connection when the old one failed, an offer again that got no answer. Its owner carries offers and answers, says whether
 * the server can be reached now, and shows what `onchange` tells.
 */

import { addLines, addPairs, ownLine, remotesOf, roleOfTrack } from "./call_lines.js";
import { figuresOf } from "./call_stats.js";
import { encodingFor, SHARP_START_MS, withEncoding } from "./encodings.js";
import { evidenceOf, looked, SEEK_WAITS_MS } from "./path.js";

/** @typedef {"audio" | "video"} Kind */
/** @typedef {{peer: number, revision: number, sdp: string}} Offer */
/** @typedef {{peer: number, revision: number, sdp: string, tracks: {mid: string, role: string}[]}} Answer */
/** @typedef {"idle" | "connecting" | "connected" | "interrupted" | "failed" | "closed"} CallState */
/**
 * `sendOffer` rejects with a `code` when the server refused the offer; `onsilence` tells that the path was lost.
 * @typedef {{iceServers: RTCIceServer[], icePolicy?: RTCIceTransportPolicy, receivePairs: number, sendOffer: (offer: Offer) => Promise<unknown>,
 *            onchange: (state: CallState) => void, onremotes: (remotes: ReadonlyMap<string, MediaStream>) => void,
 *            onsilence?: () => void, onoffererror?: (error: unknown) => void, PeerConnection?: typeof RTCPeerConnection, now?: () => number}} CallOptions
 */
/** @typedef {{state: CallState, peer: number, revision: number} & import("./call_stats.js").CallFigures} CallStats */

const LOOK_EVERY_MS = 250;
const CONNECT_WITHIN_MS = 10_000;
const NEVER_CONNECTED = ["new", "connecting"];
const RENEW_WAITS_MS = [300, 700, 1_000, 1_500, 2_000];
/** How long an answer may take: an offer can be lost with the socket that carried it, and the answer likewise. */
const ANSWER_WAITS_MS = [3_000, 4_500, 6_000];
/** An offer that waited longer to be carried is made anew: the addresses it was made with may be gone. */
const OFFER_FRESH_MS = 2_000;
/** After these refusals the same offer will never do. */
const NEVER_TAKEN = ["bad_sdp", "no_common_codec"];

/** @param {number[]} waits @param {number} times */
const nth = (waits, times) => waits[Math.min(times, waits.length - 1)];

export class Call {
  /** @type {RTCPeerConnection | null} */ #pc = null;
  /** @type {Record<Kind, MediaStreamTrack | null>} */ #tracks = { audio: null, video: null };
  /** @type {Map<string, MediaStream>} */ #remotes = new Map();
  /** @type {Map<string, string>} mid -> role */ #roles = new Map();
  /** @type {CallState} */ #state = "idle";
  #peer = 0;
  #revision = 0;
  #turn = 0;
  #renewals = 0;
  #sharp = true;
  #tuned = Promise.resolve();
  /** @type {import("./ladder.js").Rung} */ #rung = "full";
  #reachable = true;
  /** @type {{offer: Offer, madeAtMs: number} | null} made while the server could not be reached */ #unsent = null;
  #unanswered = 0;
  /** @type {import("./path.js").Path | null} */ #path = null;
  /** @type {number | null} restarts since the path was lost; null while it is good */ #seeking = null;
  #restartDue = false;
  /** @type {Map<string, ReturnType<typeof setTimeout>>} one for each purpose */ #timers = new Map();
  /** @type {CallOptions} */ #options;

  /** @param {CallOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get state() {
    return this.#state;
  }

  /** Whose sound and picture arrive, by role; a stream keeps its identity for the life of the peer connection. */
  get remotes() {
    return /** @type {ReadonlyMap<string, MediaStream>} */ (this.#remotes);
  }

  /**
   * Begin with the page's own tracks. Again: a new peer connection on the same seat.
   * @param {{audio?: MediaStreamTrack | null, video?: MediaStreamTrack | null}} tracks
   */
  async start({ audio = null, video = null } = {}) {
    this.#tracks = { audio, video };
    await this.#newPeer();
  }

  /** Servers or seats changed (a fresh `welcome`). @param {Partial<Pick<CallOptions, "iceServers" | "icePolicy" | "receivePairs">>} changed */
  configure(changed) {
    this.#options = { ...this.#options, ...changed };
  }

  /** A seat was added: room for its sound and picture beside what already runs, which goes on. @param {number} pairs */
  async receive(pairs) {
    const pc = this.#pc;
    const before = this.#options.receivePairs;
    this.configure({ receivePairs: pairs });
    if (!pc || this.#state === "closed" || pairs <= before) return;
    addPairs(pc, pairs);
    await this.#offer(pc, this.#seeking !== null);
  }

  /** Whether an offer would reach the server now. What waited for that goes at once. @param {boolean} reachable */
  async reach(reachable) {
    this.#reachable = reachable;
    const pc = this.#pc;
    if (!reachable || !pc) return;
    if (this.#seeking !== null) return this.#seek(pc); // before an offer that waits: only a seek is repeated until something is heard
    if (this.#unsent && this.#now() - this.#unsent.madeAtMs < OFFER_FRESH_MS) return this.#send(pc, this.#unsent.offer);
    if (pc.signalingState === "have-local-offer") return this.offerAgain();
    if (this.#restartDue) return this.restartIce();
  }

  /** A new peer connection now: the server said `media_restart`, or this seat has a new epoch. */
  async renew() {
    if (this.#state === "closed" || this.#peer === 0) return;
    await this.#newPeer();
  }

  /**
   * The server's answer; one that is not to the latest offer is dropped.
   * @param {Answer} answer
   * @returns {Promise<boolean>} whether it was applied
   */
  async applyAnswer({ peer, revision, sdp, tracks }) {
    const pc = this.#pc;
    if (!pc || peer !== this.#peer || revision !== this.#revision || pc.signalingState !== "have-local-offer") return false;
    this.#cancel("answer");
    this.#unanswered = 0;
    this.#roles = new Map(tracks.map(({ mid, role }) => [mid, role]));
    try {
      await pc.setRemoteDescription({ type: "answer", sdp });
    } catch {
      if (pc === this.#pc) this.#renewLater();
      return false;
    }
    if (pc !== this.#pc) return false;
    this.#remotes = remotesOf(pc, this.#roles, this.#remotes);
    this.#options.onremotes(this.remotes);
    await this.#tuneSenders(pc);
    return true;
  }

  /**
   * Another microphone or camera, or none for a while, without renegotiation where the line exists already.
   * @param {Kind} kind @param {MediaStreamTrack | null} track
   */
  async replaceTrack(kind, track) {
    this.#tracks = { ...this.#tracks, [kind]: track };
    const line = ownLine(this.#pc, kind);
    if (!line) return;
    if (track && line.direction === "inactive") return this.#newPeer();
    await line.sender.replaceTrack(track);
    if (this.#pc) await this.#tuneSenders(this.#pc); // a sender without a track was passed over
  }

  /** Send no more than this rung of the rescue ladder from now on. @param {import("./ladder.js").Rung} rung */
  async carry(rung) {
    if (rung === this.#rung) return;
    this.#rung = rung;
    if (this.#pc) await this.#tuneSenders(this.#pc);
  }

  /** Ask for new addresses on the same connection; the keys and the picture go on. */
  async restartIce() {
    const pc = this.#pc;
    if (!pc || this.#state === "closed") return;
    this.#restartDue = !this.#reachable;
    if (["failed", "closed"].includes(pc.connectionState)) return this.#newPeer();
    if (this.#reachable) await this.#offer(pc, true);
  }

  /** The last offer again, when it or its answer was lost. */
  async offerAgain() {
    const pc = this.#pc;
    if (!pc || this.#state === "closed" || pc.signalingState !== "have-local-offer") return;
    await this.#offer(pc, true);
  }

  close() {
    this.#clearTimers();
    this.#dropPeer();
    this.#remotes.clear();
    this.#change("closed");
  }

  /** Figures for tests and for support; no addresses. @returns {Promise<CallStats>} */
  async stats() {
    const report = this.#pc ? [...(await this.#pc.getStats()).values()] : [];
    return { state: this.#state, peer: this.#peer, revision: this.#revision, ...figuresOf(report, (id) => roleOfTrack(this.#pc, this.#roles, id)) };
  }

  // --- a peer connection's life ---------------------------------------------------------------------------------------

  async #newPeer() {
    this.#clearTimers();
    this.#dropPeer();
    const { PeerConnection = globalThis.RTCPeerConnection, iceServers, icePolicy, receivePairs } = this.#options;
    const pc = new PeerConnection({ iceServers, iceTransportPolicy: icePolicy, bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
    this.#pc = pc;
    this.#peer += 1;
    this.#revision = 0;
    this.#roles = new Map();
    this.#sharp = true;
    this.#forgetPath();
    addLines(pc, this.#tracks, receivePairs);
    pc.addEventListener("connectionstatechange", () => pc === this.#pc && this.#connectionChanged(pc));
    this.#change("connecting");
    this.#lookOn(pc);
    await this.#offer(pc, false);
  }

  /** The newest call of this wins: an offer that was overtaken while it was made is never sent. @param {RTCPeerConnection} pc @param {boolean} iceRestart */
  async #offer(pc, iceRestart) {
    const turn = (this.#turn += 1);
    const overtaken = () => pc !== this.#pc || turn !== this.#turn;
    this.#restartDue = false;
    try {
      if (pc.signalingState === "have-local-offer") await pc.setLocalDescription({ type: "rollback" });
      if (overtaken()) return;
      const made = await pc.createOffer({ iceRestart });
      if (overtaken()) return;
      await pc.setLocalDescription(made);
      if (overtaken()) return;
      this.#revision += 1;
      const offer = { peer: this.#peer, revision: this.#revision, sdp: made.sdp ?? "" };
      if (this.#reachable) await this.#send(pc, offer);
      else this.#unsent = { offer, madeAtMs: this.#now() };
    } catch (error) {
      if (!overtaken()) this.#options.onoffererror?.(error);
    }
  }

  /** @param {RTCPeerConnection} pc @param {Offer} offer */
  async #send(pc, offer) {
    this.#unsent = null;
    this.#restartDue = false;
    this.#later("answer", nth(ANSWER_WAITS_MS, this.#unanswered), () => {
      this.#unanswered += 1;
      if (this.#reachable) void this.offerAgain();
    });
    if (NEVER_CONNECTED.includes(pc.connectionState) && !this.#timers.has("connect"))
      this.#later("connect", CONNECT_WITHIN_MS, () => NEVER_CONNECTED.includes(pc.connectionState) && this.#renewLater());
    try {
      await this.#options.sendOffer(offer);
    } catch (error) {
      if (pc !== this.#pc || offer.revision !== this.#revision) return;
      if (NEVER_TAKEN.includes(/** @type {any} */ (error)?.code)) this.#clearTimers();
      this.#options.onoffererror?.(error);
    }
  }

  /** @param {RTCPeerConnection} pc */
  #connectionChanged(pc) {
    switch (pc.connectionState) {
      case "connected":
        this.#renewals = 0;
        this.#cancel("connect");
        if (this.#path) this.#path = { ...this.#path, heardAtMs: this.#now(), silent: false };
        if (this.#sharp) this.#later("sharp", SHARP_START_MS, () => this.#evenOut(pc));
        return this.#found();
      case "disconnected":
        return this.#lost(pc);
      case "failed":
        return this.#renewLater();
    }
  }

  // --- the path -------------------------------------------------------------------------------------------------------

  /** @param {RTCPeerConnection} pc */
  #lookOn(pc) {
    this.#later("look", LOOK_EVERY_MS, async () => {
      await this.#look(pc).catch(() => undefined);
      if (pc === this.#pc) this.#lookOn(pc);
    });
  }

  /** @param {RTCPeerConnection} pc */
  async #look(pc) {
    if (!["connected", "disconnected"].includes(pc.connectionState)) return;
    const report = await pc.getStats();
    if (pc !== this.#pc) return;
    this.#path = looked(this.#path, evidenceOf([...report.values()]), this.#now());
    if (this.#path.silent) this.#lost(pc);
    else if (pc.connectionState === "connected") this.#found();
  }

  /** Nothing comes any more. @param {RTCPeerConnection} pc */
  #lost(pc) {
    if (this.#seeking !== null) return;
    this.#seeking = 0;
    this.#change("interrupted");
    this.#options.onsilence?.();
    void this.#seek(pc);
  }

  /** Ask for a new path again and again until something is heard; without the server wait for it. @param {RTCPeerConnection} pc */
  async #seek(pc) {
    if (pc !== this.#pc || this.#seeking === null || !this.#reachable) return;
    if (this.#seeking >= SEEK_WAITS_MS.length) return this.#newPeer();
    this.#later("seek", SEEK_WAITS_MS[this.#seeking], () => void this.#seek(pc));
    this.#seeking += 1;
    await this.#offer(pc, true);
  }

  #found() {
    this.#seeking = null;
    this.#cancel("seek");
    this.#change("connected");
  }

  #forgetPath() {
    this.#path = null;
    this.#seeking = null;
    this.#unsent = null;
    this.#unanswered = 0;
    this.#restartDue = false;
  }

  /** While the server cannot be reached it is made at once, to be ready when it can. */
  #renewLater() {
    if (this.#state === "closed") return;
    this.#change("failed");
    const waitMs = this.#reachable ? nth(RENEW_WAITS_MS, this.#renewals) : 0;
    this.#renewals += 1;
    this.#clearTimers();
    this.#later("renew", waitMs, () => void this.#newPeer());
  }

  #dropPeer() {
    const pc = this.#pc;
    this.#pc = null;
    pc?.close();
  }

  /** @param {RTCPeerConnection} pc */
  #evenOut(pc) {
    this.#sharp = false;
    void this.#tuneSenders(pc);
  }

  /** What goes out is decided in encodings.js; here it is only told to the senders, one change after the other. @param {RTCPeerConnection} pc */
  #tuneSenders(pc) {
    this.#tuned = this.#tuned.then(() => this.#tune(pc));
    return this.#tuned;
  }

  /** @param {RTCPeerConnection} pc */
  async #tune(pc) {
    if (pc !== this.#pc) return;
    const circumstances = { rung: this.#rung, sharp: this.#sharp, firefox: /Firefox\//.test(globalThis.navigator?.userAgent ?? "") };
    for (const { sender } of pc.getTransceivers()) {
      const kind = /** @type {Kind | undefined} */ (sender.track?.kind);
      const parameters = sender.getParameters();
      if (!kind || !parameters.encodings?.length) continue;
      await sender.setParameters(withEncoding(parameters, encodingFor(kind, circumstances))).catch(() => undefined);
    }
  }

  #now() {
    return (this.#options.now ?? (() => performance.now()))();
  }

  /** @param {string} purpose @param {number} ms @param {() => void} work */
  #later(purpose, ms, work) {
    this.#cancel(purpose);
    const timer = setTimeout(() => {
      this.#timers.delete(purpose);
      work();
    }, ms);
    this.#timers.set(purpose, timer);
  }

  /** @param {string} purpose */
  #cancel(purpose) {
    clearTimeout(this.#timers.get(purpose));
    this.#timers.delete(purpose);
  }

  #clearTimers() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** @param {CallState} state */
  #change(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onchange(state);
  }
}
