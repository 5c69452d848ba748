/** A browser's camera and microphone: each asking waits for the test to answer it, and every light that is on is counted. */

import { FakePeer, FakeStream } from "./peer.mjs";

export class FakeTrack extends EventTarget {
  readyState = "live";
  enabled = true;
  constructor(kind, facing = "") {
    super();
    Object.assign(this, { kind, facing });
  }
  stop() {
    this.readyState = "ended";
  }
  clone() {
    return new FakeTrack(this.kind, this.facing);
  }
}

/** Stands in for `navigator.mediaDevices`; `install` puts it, and a page that is seen, where browsers have them. */
export class FakeDevices {
  cameras = 2;
  opened = [];
  #asked = [];

  install() {
    globalThis.MediaStream = FakeStream;
    globalThis.RTCPeerConnection = FakePeer;
    globalThis.isSecureContext = true;
    globalThis.document = Object.assign(new EventTarget(), { visibilityState: "visible" });
    const navigator = { mediaDevices: this, userAgent: "Chrome", permissions: { query: async () => ({ state: "prompt" }) } };
    Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });
  }

  getUserMedia({ audio, video }) {
    return new Promise((give, refuse) => this.#asked.push({ audio, video, give, refuse }));
  }

  async enumerateDevices() {
    return Array.from({ length: this.cameras }, () => ({ kind: "videoinput" }));
  }

  /** What is asked for and not answered yet, oldest first: "audio", "user", "environment" or both. */
  get waiting() {
    return this.#asked.map(({ audio, video }) => [audio && "audio", video?.facingMode.ideal].filter(Boolean).join(" "));
  }

  /** How many lights are on. */
  get lit() {
    return this.opened.filter(({ readyState }) => readyState === "live").length;
  }

  /** Answers the oldest asking with what it asks for. */
  async give() {
    const { audio, video, give } = this.#asked.shift();
    const tracks = [audio && new FakeTrack("audio"), video && new FakeTrack("video", video.facingMode.ideal)].filter(Boolean);
    this.opened.push(...tracks);
    give(new FakeStream(tracks));
    await settle();
  }

  /** Refuses the oldest asking. @param {string} name of the DOMException */
  async refuse(name) {
    this.#asked.shift().refuse(new DOMException("", name));
    await settle();
  }
}

/** Lets every promise that can settle do so. */
export async function settle() {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}
