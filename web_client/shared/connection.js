/**
 * A page's connection to its visit as a whole: the signalling socket and the call, kept in step through lost sockets, changes of network,
 * silence and sleep. Both sides' pages use it; what messages and states mean to people is theirs.
 */

import { Call } from "./call.js";
import { Signal } from "./signal.js";
import { openSocket } from "./socket.js";
import { Uplink } from "./uplink.js";
import { watchWorld } from "./world.js";

/** @typedef {import("./messages.js").ServerMessage} ServerMessage */
/** @typedef {import("./messages.js").Intent} Intent */
/** @typedef {import("./messages.js").Ack} Ack */
/** @typedef {import("./messages.js").Welcome} Welcome */
/** @typedef {import("./call.js").Kind} Kind */
/**
 * @typedef {object} ConnectionOptions
 * @property {() => Promise<string>} fetchToken
 * @property {() => "zh" | "en"} language
 * @property {(message: ServerMessage) => void} onmessage each message once, in order
 * @property {(link: import("./signal_state.js").Link, problem: {code: string, text: string} | null) => void} onlink
 * @property {(state: import("./call.js").CallState) => void} onmedia
 * @property {(remotes: ReadonlyMap<string, MediaStream>) => void} onremotes
 * @property {(code: string) => void} onofferrefused
 * @property {() => void} [onwake] somebody looks at the page again: look after devices and what should play
 * @property {(hello: import("./messages.js").Hello) => import("./signal.js").SocketLike} [openSocket]
 * @property {typeof RTCPeerConnection} [PeerConnection]
 * @property {Parameters<typeof watchWorld>[1]} [world]
 * @property {number} [receivePairs] from how many others sound and picture are to be expected; one, unless the server says more
 * @property {() => number} [now]
 */

/** A server that carries media says something each second. */
const QUIET_MS = 1_000;
const ACK_WITHIN_MS = 2_000;
const LEAVE_WITHIN_MS = 500;
/** These refusals say that the offer was lost, not that it was bad; the call offers again. */
const LOST_OFFER = ["offline", "no_answer", "stale_epoch", "stale_offer"];
/** What a call begins with before the server said more: a welcome that says the same costs nothing. */
const SERVED = { iceServers: [], icePolicy: /** @type {const} */ ("all") };

export class Connection {
  /** @type {ConnectionOptions} */ #options;
  /** @type {Signal} */ #signal;
  /** @type {Call} */ #call;
  /** @type {Uplink} */ #uplink;
  #role = "";
  #served = JSON.stringify(SERVED);
  #epoch = 0;
  #begun = false;
  #forgetWorld = () => {};

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    const now = options.now ?? (() => performance.now());
    this.#signal = new Signal({
      fetchToken: options.fetchToken,
      openSocket: options.openSocket ?? openSocket,
      language: options.language,
      onmessage: (message) => this.#heard(message),
      onlink: (link, problem) => this.#linked(link, problem),
      eager: () => globalThis.document?.visibilityState !== "hidden",
      now,
    });
    this.#call = new Call({
      ...SERVED,
      receivePairs: options.receivePairs ?? 1,
      sendOffer: (offer) => this.#sendOffer(offer),
      onchange: options.onmedia,
      onremotes: options.onremotes,
      onsilence: () => this.#silent(),
      onoffererror: (/** @type {any} */ error) => options.onofferrefused(error?.code ?? "unknown"),
      PeerConnection: options.PeerConnection,
      now,
    });
    this.#uplink = new Uplink({
      stats: () => this.#call.stats(),
      carry: (rung) => this.#call.carry(rung),
      tell: (rung) => this.#signal.send({ type: "sending", rung }),
      now,
    });
    void this.#call.reach(false);
  }

  get link() {
    return this.#signal.link;
  }

  start() {
    this.#forgetWorld = watchWorld({ onnetwork: () => this.reconnect(), onwake: (sleptMs) => this.#woke(sleptMs) }, this.#options.world);
    this.#signal.start();
  }

  /**
   * Media may begin, with what the devices gave. The offer is made while the socket connects.
   * @param {Record<Kind, MediaStreamTrack | null>} tracks
   */
  async begin(tracks) {
    if (this.#begun || this.#call.state === "closed") return;
    this.#begun = true;
    await this.#call.start(tracks);
  }

  /** @param {Kind} kind @param {MediaStreamTrack | null} track */
  async replaceTrack(kind, track) {
    if (this.#begun) await this.#call.replaceTrack(kind, track);
  }

  /** @param {Intent} intent @returns {Promise<Ack>} */
  send(intent) {
    return this.#signal.send(intent);
  }

  /** Socket and path anew, at once: the network changed, or the reader asked. */
  reconnect() {
    this.#signal.reconnect();
    void this.#call.restartIce();
  }

  stats() {
    return this.#call.stats();
  }

  /** Give the seat up; the visit goes on. */
  async leave() {
    const answered = this.#signal.send({ type: "leave" });
    this.endMedia();
    await Promise.race([answered, new Promise((done) => setTimeout(done, LEAVE_WITHIN_MS))]);
    this.close();
  }

  /** The conversation is over; messages may still come. */
  endMedia() {
    this.#uplink.stop();
    this.#call.close();
    this.#options.onremotes(new Map());
  }

  close() {
    this.#forgetWorld();
    this.endMedia();
    this.#signal.close();
  }

  // --- messages -------------------------------------------------------------------------------------------------------

  /** @param {ServerMessage} message */
  #heard(message) {
    if (message.type === "welcome") this.#welcomed(message);
    else if (message.type === "answer") void this.#call.applyAnswer(message);
    else if (message.type === "media_restart") void this.#call.renew();
    else if (message.type === "receive") void this.#call.receive(message.pairs);
    if ("session" in message) this.#uplink.session(message.session, this.#role);
    if (message.type === "quality") this.#uplink.measured(message.legs, this.#role);
    this.#options.onmessage(message);
  }

  /** A new epoch needs a new peer connection: the server has closed what belonged to the former one. @param {Welcome} welcome */
  #welcomed({ epoch, role, ice_servers: iceServers, ice_policy: icePolicy, receive_pairs: receivePairs }) {
    const served = JSON.stringify({ iceServers, icePolicy });
    const again = this.#epoch !== 0;
    const changed = served !== this.#served || (again && epoch !== this.#epoch);
    [this.#served, this.#epoch] = [served, epoch];
    this.#role = role;
    if (this.#call.state !== "closed") this.#uplink.welcomed();
    this.#call.configure({ iceServers, icePolicy });
    if (changed) this.#call.configure({ receivePairs });
    void (changed ? this.#call.renew() : this.#call.receive(receivePairs));
  }

  /** @param {import("./signal_state.js").Link} link @param {{code: string, text: string} | null} problem */
  #linked(link, problem) {
    void this.#call.reach(link === "online");
    if (link === "online") this.#uplink.online();
    this.#options.onlink(link, problem);
  }

  /** A socket that says nothing at all while an offer waits is as dead as the path. @param {import("./call.js").Offer} offer */
  async #sendOffer(offer) {
    const waiting = setTimeout(() => this.#signal.quietMs >= ACK_WITHIN_MS && this.#signal.reconnect(), ACK_WITHIN_MS);
    const ack = await this.#signal.send({ type: "offer", ...offer });
    clearTimeout(waiting);
    if (!ack.ok && !LOST_OFFER.includes(ack.code)) throw Object.assign(new Error(ack.code), { code: ack.code });
  }

  // --- the world ------------------------------------------------------------------------------------------------------

  /** The media's path was lost. A socket that has fallen silent with it is left at once, a living one carries the new offer. */
  #silent() {
    if (this.#signal.link === "online" && this.#signal.quietMs >= QUIET_MS) this.#signal.reconnect();
  }

  /** @param {number} sleptMs */
  #woke(sleptMs) {
    if (sleptMs > 0) this.reconnect();
    else this.#signal.hurry();
    this.#options.onwake?.();
  }
}
