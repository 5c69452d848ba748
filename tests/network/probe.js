/**
 * What a page sends, receives, shows and sounds like, sampled in the page itself with Unix milliseconds. Injected before any other
 * script; every RTCPeerConnection the page makes is followed. Read with `__probe.taken()`. No addresses are kept. With `__deaf` set
 * before, sound is not listened to, which spares a page some work.
 */
(() => {
  const EVERY_MS = 150;
  const LOUD = 0.05;
  const QUIET_S = 0.12;
  const TONE_SAMPLES = 1920;
  const unixMs = (now = performance.now()) => performance.timeOrigin + now;

  const kept = { samples: [], frames: [], clicks: [], spoken: [], heard: [], states: [], connections: [] };

  // --- peer connections ------------------------------------------------------------------------------------------------
  const connections = [];
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...settings) {
      super(...settings);
      connections.push(this);
      const life = { startedMs: unixMs(), connectedMs: null };
      kept.connections.push(life);
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState === "connected") life.connectedMs ??= unixMs();
      });
    }
  };

  const SENT = ["bytesSent", "headerBytesSent", "retransmittedBytesSent", "packetsSent", "retransmittedPacketsSent", "targetBitrate",
    "framesEncoded", "frameWidth", "frameHeight", "framesPerSecond", "qualityLimitationReason", "nackCount", "pliCount"];
  const RECEIVED = ["bytesReceived", "headerBytesReceived", "packetsReceived", "packetsLost", "retransmittedPacketsReceived", "framesDecoded",
    "framesReceived", "framesDropped", "keyFramesDecoded", "freezeCount", "totalFreezesDuration", "framesPerSecond", "frameWidth", "frameHeight",
    "concealedSamples", "silentConcealedSamples", "totalSamplesReceived", "jitterBufferDelay", "jitterBufferEmittedCount", "nackCount", "pliCount"];
  const only = (entry, names) => Object.fromEntries(names.filter((name) => entry[name] !== undefined).map((name) => [name, entry[name]]));

  function pairOf(report) {
    const transport = [...report.values()].find((entry) => entry.type === "transport" && entry.selectedCandidatePairId);
    const nominated = (entry) => entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded";
    const pair = transport ? report.get(transport.selectedCandidatePairId) : [...report.values()].find(nominated);
    if (!pair) return null;
    const local = report.get(pair.localCandidateId);
    return {
      ...only(pair, ["currentRoundTripTime", "availableOutgoingBitrate", "bytesSent", "bytesReceived"]),
      type: local?.candidateType ?? "",
      protocol: local?.relayProtocol ?? local?.protocol ?? "",
    };
  }

  const codecOf = (report, entry) => report.get(entry.codecId)?.mimeType?.split("/")[1] ?? "";

  async function sample(number) {
    const connection = connections[number];
    const atMs = unixMs();
    const report = await connection.getStats();
    const lines = (type, names) =>
      [...report.values()].filter((entry) => entry.type === type).map((entry) => ({ kind: entry.kind, ssrc: entry.ssrc, codec: codecOf(report, entry), ...only(entry, names) }));
    kept.samples.push({
      atMs,
      connection: number,
      state: connection.connectionState,
      pair: pairOf(report),
      sent: lines("outbound-rtp", SENT),
      received: lines("inbound-rtp", RECEIVED),
    });
  }

  // --- what is shown ---------------------------------------------------------------------------------------------------
  const watched = new WeakSet();

  function watchPicture(element) {
    if (watched.has(element) || !element.requestVideoFrameCallback) return;
    watched.add(element);
    const shown = (now, frame) => {
      kept.frames.push([unixMs(frame.presentationTime ?? now), frame.presentedFrames]);
      element.requestVideoFrameCallback(shown);
    };
    element.requestVideoFrameCallback(shown);
  }

  // --- what is said and heard: beeps of known pitch, timed where they begin ----------------------------------------------
  async function listen(track, into) {
    if (globalThis.__deaf || typeof MediaStreamTrackProcessor !== "function") return;
    // A page that is busy reads late: what it missed waits, and its time is that of the sound, not of the reading.
    const reader = new MediaStreamTrackProcessor({ track: track.clone(), maxBufferSize: 200 }).readable.getReader();
    let behindMs = Infinity;
    let quiet = 0;
    let beep = null;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
      const rate = value.sampleRate;
      const stampMs = (value.timestamp + value.duration) / 1000;
      value.close();
      behindMs = Math.min(behindMs, unixMs() - stampMs);
      const endedMs = stampMs + behindMs;
      for (let n = 0; n < samples.length; n += 1) {
        const loud = Math.abs(samples[n]) > LOUD;
        if (!beep && loud && quiet > QUIET_S * rate) beep = { atMs: endedMs - ((samples.length - n) / rate) * 1000, count: 0, crossings: 0, before: 0 };
        quiet = loud ? 0 : quiet + 1;
        if (!beep) continue;
        if (Math.sign(samples[n]) !== beep.before && samples[n] !== 0) {
          beep.crossings += beep.before === 0 ? 0 : 1;
          beep.before = Math.sign(samples[n]);
        }
        beep.count += 1;
        if (beep.count < TONE_SAMPLES) continue;
        into.push([beep.atMs, (beep.crossings * rate) / (2 * beep.count)]);
        beep = null;
      }
    }
  }

  const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (ask)
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      for (const track of stream.getAudioTracks()) void listen(track, kept.spoken);
      return stream;
    };

  const heardTracks = new WeakSet();
  function watchSound(element) {
    for (const track of element.srcObject?.getAudioTracks?.() ?? [])
      if (!heardTracks.has(track)) {
        heardTracks.add(track);
        void listen(track, kept.heard);
      }
  }

  // --- what the page knows of the visit ----------------------------------------------------------------------------------
  function noteState() {
    const session = globalThis.__peitong?.state?.()?.visit?.session;
    if (!session) return;
    const { state, gate, rungs = [], causes = [] } = session;
    const known = JSON.stringify([state, gate, rungs, causes.map(({ cause }) => cause)]);
    if (known === kept.states.at(-1)?.known) return;
    kept.states.push({ atMs: unixMs(), known, state, gate, rungs, causes: causes.map(({ cause }) => cause) });
  }

  window.addEventListener("click", (event) => kept.clicks.push([unixMs(), event.target.closest?.("[id]")?.id ?? ""]), { capture: true });
  setInterval(() => {
    connections.forEach((connection, number) => connection.connectionState !== "closed" && void sample(number).catch(() => undefined));
    for (const element of document.querySelectorAll("video"))
      if (element.matches(globalThis.__probe.remote)) {
        watchPicture(element);
        watchSound(element);
      }
    noteState();
  }, EVERY_MS);

  /** Everything; or the samples since then only, which costs a page little. @param {number} sinceMs */
  const taken = (sinceMs) => (sinceMs ? { ...kept, frames: [], samples: kept.samples.filter(({ atMs }) => atMs >= sinceMs) } : kept);

  globalThis.__probe = { remote: "video.remote-video, video[data-role=guardian]", connections, taken };
})();
