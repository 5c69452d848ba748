/** A browser's media without a browser: streams that hold tracks, and peer connections that negotiate nothing but keep the books. */

export class FakeStream {
  constructor(tracks) {
    this.tracks = tracks;
  }
  getTracks() {
    return this.tracks;
  }
  getAudioTracks() {
    return this.tracks.filter(({ kind }) => kind === "audio");
  }
  getVideoTracks() {
    return this.tracks.filter(({ kind }) => kind === "video");
  }
}

/** A peer connection that negotiates nothing but keeps the books. */
export class FakePeer extends EventTarget {
  static made = [];
  connectionState = "new";
  signalingState = "stable";
  restarts = 0;
  lines = [];
  constructor(configuration) {
    super();
    this.configuration = configuration;
    FakePeer.made.push(this);
  }
  addTransceiver(trackOrKind, { direction }) {
    const track = typeof trackOrKind === "string" ? null : trackOrKind;
    const kind = track?.kind ?? trackOrKind;
    const line = { kind, direction, mid: null, receiver: { track: { kind, id: `far-${this.lines.length}` } }, sender: fakeSender(track) };
    this.lines.push(line);
  }
  getTransceivers() {
    return this.lines;
  }
  async createOffer({ iceRestart }) {
    if (iceRestart) this.restarts += 1;
    return { type: "offer", sdp: `offer ${this.restarts}` };
  }
  async setLocalDescription({ type }) {
    this.signalingState = type === "rollback" ? "stable" : "have-local-offer";
    this.lines.forEach((line, at) => (line.mid = String(at)));
  }
  async setRemoteDescription() {
    this.signalingState = "stable";
  }
  close() {
    this.connectionState = "closed";
  }
  become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
  /** Packets that came over the transport and media packets that went out: a test makes them grow, or not. */
  heard = 0;
  sent = 0;
  async getStats() {
    return new Map([
      ["t", { type: "transport", packetsReceived: this.heard }],
      ["o", { type: "outbound-rtp", kind: "audio", packetsSent: this.sent }],
      ["a", { type: "inbound-rtp", kind: "video", trackIdentifier: "far-3", framesDecoded: 5, freezeCount: 1 }],
      ["b", { type: "outbound-rtp", kind: "video", bytesSent: 9, frameWidth: 1280, frameHeight: 720 }],
      ["m", { type: "media-source", kind: "video", frames: 12 }],
      ["c", { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.0421, availableOutgoingBitrate: 8e5, bytesSent: 7 }],
    ]);
  }
}

function fakeSender(track) {
  return {
    track,
    parameters: { encodings: [{}] },
    getParameters() {
      return this.parameters;
    },
    async setParameters(parameters) {
      this.parameters = parameters;
    },
    async replaceTrack(next) {
      this.track = next;
    },
  };
}
