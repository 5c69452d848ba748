import assert from "node:assert/strict";
import { test } from "node:test";

import { adviceOf, answerFor, asText, browserOf, configurationFor, deviceOf, figuresOf, figuresText, headlineOf, initial, isPrivate, overallOf, progressOf, reportOf, screenOfProblem, stateOf, tokenOf, waysOf, withWay, workingKinds } from "../../web_client/doctor/state.js";
import { hasText, translator } from "../../web_client/shared/i18n/i18n.js";

const SDP = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=candidate:1 1 udp 2130706431 203.0.113.5 40000 typ host",
  "a=candidate:2 1 udp 2130706175 2001:db8::5 40000 typ host",
  "a=candidate:3 1 tcp 1671430143 203.0.113.5 443 typ host tcptype passive",
  "a=end-of-candidates",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=candidate:1 1 udp 2130706431 203.0.113.5 40000 typ host",
  "a=candidate:2 1 udp 2130706175 2001:db8::5 40000 typ host",
  "a=candidate:3 1 tcp 1671430143 203.0.113.5 443 typ host tcptype passive",
  "",
].join("\r\n");
const SERVERS = [{ urls: ["turn:t.example:3478", "turn:t.example:3478?transport=tcp", "turns:t.example:443?transport=tcp", "stun:t.example"], username: "u", credential: "c" }];
const UA = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

const all = () => waysOf([{ worker: 0, sdp: SDP }], SERVERS);
const began = () => ({ ...initial({ language: "zh", secure: true, supported: true, token: "t" }), socket: "ok", socketMs: 9, ways: all() });
/** @param {Record<string, string>} found kind: state */
const after = (found, more = {}) => ({ ...began(), ...more, ways: all().map((way) => ({ ...way, state: found[way.kind] ?? "failed" })) });
const of = (state, kind) => state.ways.find((way) => way.kind === kind);

test("each candidate and each TURN address is a way of its own", () => {
  assert.deepEqual(all().map(({ kind, host, port }) => [kind, host, port]), [
    ["udp", "203.0.113.5", 40000],
    ["udp6", "2001:db8::5", 40000],
    ["tcp", "203.0.113.5", 443],
    ["turn_udp", "t.example", 3478],
    ["turn_tcp", "t.example", 3478],
    ["turn_tls", "t.example", 443],
  ]);
  assert.equal(new Set(all().map(({ id }) => id)).size, 6);
});

test("a second worker's port is a way of its own, and there is an end to ways", () => {
  const second = SDP.replaceAll("40000", "40001");
  assert.deepEqual(waysOf([{ worker: 0, sdp: SDP }, { worker: 1, sdp: second }], []).map(({ worker, port }) => [worker, port]), [[0, 40000], [0, 40000], [0, 443], [1, 40001], [1, 40001], [1, 443]]);
  const many = Array.from({ length: 30 }, (_, worker) => ({ worker, sdp: SDP }));
  assert.equal(waysOf(many, []).length, 24);
});

test("a way's answer holds its own candidate only, in every section", () => {
  const of = (kind) => answerFor(SDP, all().find((way) => way.kind === kind)).split("\r\n").filter((line) => line.startsWith("a=candidate"));
  assert.deepEqual(of("udp"), Array(2).fill("a=candidate:1 1 udp 2130706431 203.0.113.5 40000 typ host"));
  assert.deepEqual(of("udp6"), Array(2).fill("a=candidate:2 1 udp 2130706175 2001:db8::5 40000 typ host"));
  assert.deepEqual(of("tcp"), Array(2).fill("a=candidate:3 1 tcp 1671430143 203.0.113.5 443 typ host tcptype passive"));
  assert.equal(of("turn_tls").length, 4);
  assert.ok(answerFor(SDP, all()[0]).endsWith("a=candidate:1 1 udp 2130706431 203.0.113.5 40000 typ host\r\n"));
  assert.doesNotMatch(answerFor("a=candidate:nonsense\r\nv=0", all()[0]), /nonsense/);
});

test("a TURN way uses its one address and nothing else, a direct one no server", () => {
  const [udp, , , , tcp] = all();
  assert.deepEqual(configurationFor(udp, SERVERS), { iceServers: [], iceTransportPolicy: "all", bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
  assert.deepEqual(configurationFor(tcp, SERVERS).iceServers, [{ urls: ["turn:t.example:3478?transport=tcp"], username: "u", credential: "c" }]);
  assert.equal(configurationFor(tcp, SERVERS).iceTransportPolicy, "relay");
});

test("figures come from the selected pair and the relay's count; what was sent again was lost once", () => {
  const stats = [
    { type: "transport", selectedCandidatePairId: "P2" },
    { type: "candidate-pair", id: "P1", nominated: true, currentRoundTripTime: 9 },
    { type: "candidate-pair", id: "P2", totalRoundTripTime: 0.2, responsesReceived: 10, availableOutgoingBitrate: 2_400_000.4 },
    { type: "outbound-rtp", retransmittedPacketsSent: 3, bytesSent: 1 },
    { type: "outbound-rtp", bytesSent: 1 },
  ];
  assert.deepEqual(figuresOf(stats, { packets: 96, lost: 1 }, 88.6, 5), { connectedMs: 89, rttMs: 20, loss: 0.04, upBps: 2_400_000 });
});

test("a browser that tells less gives less", () => {
  const stats = [{ type: "candidate-pair", nominated: true, currentRoundTripTime: 0.03 }, { type: "outbound-rtp", bytesSent: 625_000 }];
  assert.deepEqual(figuresOf(stats, { packets: 0, lost: 0 }, 1, 5), { connectedMs: 1, rttMs: 30, loss: null, upBps: 1_000_000 });
  assert.deepEqual(figuresOf([], { packets: 10, lost: 0 }, 1, 0), { connectedMs: 1, rttMs: null, loss: 0, upBps: null });
});

test("a way that loses, lags or is too narrow is poor", () => {
  const good = { connectedMs: 1, rttMs: 40, loss: 0.01, upBps: 2e6 };
  assert.equal(stateOf(good), "good");
  assert.equal(stateOf({ connectedMs: 1, rttMs: null, loss: null, upBps: null }), "good");
  for (const worse of [{ loss: 0.06 }, { rttMs: 401 }, { upBps: 299_999 }]) assert.equal(stateOf({ ...good, ...worse }), "poor");
});

test("good is UDP; a detour is partial; nothing is nothing", () => {
  assert.equal(overallOf(after({ udp: "good", turn_tls: "good" })), "good");
  assert.equal(overallOf(after({ udp6: "good" })), "good");
  assert.equal(overallOf(after({ udp: "poor" })), "partial");
  assert.equal(overallOf(after({ tcp: "good" })), "partial");
  assert.equal(overallOf(after({ turn_udp: "good" })), "partial");
  assert.equal(overallOf(after({})), "none");
});

test("a detour and a weak network are said apart", () => {
  assert.deepEqual([{ udp: "good" }, { udp: "poor" }, { tcp: "good" }, {}].map((found) => headlineOf(after(found))), ["good", "weak", "partial", "none"]);
});

test("without https, WebSocket or WebRTC no way helps", () => {
  for (const missing of [{ secure: false }, { socket: "failed" }, { supported: false }]) assert.equal(overallOf(after({ udp: "good" }, missing)), "none");
});

test("where media goes through TURN only, direct ways do not count", () => {
  const relay = { policy: "relay" };
  assert.equal(overallOf(after({ udp: "good" }, relay)), "none");
  assert.equal(overallOf(after({ turn_udp: "good" }, relay)), "good");
  assert.equal(overallOf(after({ udp: "good", turn_tls: "good" }, relay)), "partial");
  assert.deepEqual(workingKinds(after({ udp: "good", turn_tls: "poor" }, relay)), ["turn_tls"]);
});

test("every way that fails says what to change, in both languages", () => {
  const state = after({});
  for (const way of state.ways) {
    const key = adviceOf(state, way);
    assert.ok(hasText(key), key);
    for (const language of ["zh", "en"]) assert.doesNotMatch(translator(language)(key, { host: way.host, port: way.port }), /\{/);
  }
  assert.equal(translator("zh")(adviceOf(state, of(state, "udp")), { host: "203.0.113.5", port: 40000 }), "UDP 端口 40000 被防火墙拦截：请允许到 203.0.113.5 的 UDP 40000 出站及其回应。");
});

test("what is well or waits says nothing", () => {
  for (const found of ["good", "waiting", "trying", "measuring"]) {
    const state = after({ udp: found });
    assert.equal(adviceOf(state, of(state, "udp")), "");
  }
});

test("an address that another stands in for, and one of the inside, are no fault", () => {
  const two = waysOf([{ worker: 0, sdp: "a=candidate:1 1 udp 9 203.0.113.5 1 typ host\na=candidate:2 1 udp 8 198.51.100.7 1 typ host\na=candidate:3 1 udp 7 10.0.0.5 1 typ host" }], []);
  const state = { ...began(), ways: two.map((way, n) => ({ ...way, state: n === 0 ? "good" : "failed" })) };
  assert.deepEqual(state.ways.map((way) => adviceOf(state, way)), ["", "doctor.advice.other_address", "doctor.advice.inside"]);
});

test("a poor way says which of its figures is to blame", () => {
  const poor = (figures) => adviceOf(began(), { ...all()[0], state: "poor", ...figures });
  assert.equal(poor({ loss: 0.2, rttMs: 900 }), "doctor.advice.loss");
  assert.equal(poor({ rttMs: 900 }), "doctor.advice.slow");
  assert.equal(poor({ upBps: 1 }), "doctor.advice.narrow");
});

test("inside addresses are known", () => {
  for (const host of ["10.1.2.3", "127.0.0.1", "192.168.0.1", "172.16.0.1", "172.31.9.9", "169.254.1.1", "::1", "fd00::1", "fe80::1"]) assert.ok(isPrivate(host), host);
  for (const host of ["172.32.0.1", "203.0.113.5", "2001:db8::1", "fcsomething.example", "t.example"]) assert.ok(!isPrivate(host), host);
});

test("the report tells the browser's name and kind, and nothing of its owner", () => {
  const state = withWay(after({ udp: "good" }), "udp 203.0.113.5 40000", { connectedMs: 80, rttMs: 20, loss: 0, upBps: 2e6 });
  const report = reportOf({ ...state, camera: "asking" }, UA);
  assert.deepEqual(Object.keys(report), ["version", "browser", "device", "secure", "camera", "socket_ms", "overall", "ways"]);
  assert.deepEqual([report.browser, report.device, report.camera, report.overall], ["Chrome 156", "desktop", "untested", "good"]);
  assert.deepEqual(report.ways[0], { kind: "udp", host: "203.0.113.5", port: 40000, state: "good", connected_ms: 80, rtt_ms: 20, loss: 0, up_bps: 2e6 });
  assert.equal(reportOf(began(), UA).ways[0].state, "untested");
  assert.doesNotMatch(JSON.stringify(report), /Mozilla|Linux/);
});

test("browsers are known by name", () => {
  const known = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": ["Safari 18", "phone"],
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/150.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50": ["WeChat 8", "phone"],
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0": ["Edge 150", "desktop"],
    "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0": ["Firefox 153", "desktop"],
    "": ["Other", "desktop"],
  };
  for (const [agent, [name, device]] of Object.entries(known)) assert.deepEqual([browserOf(agent), deviceOf(agent)], [name, device]);
});

test("the copied report is for people: verdict, each way, what to change", () => {
  const text = asText(after({ tcp: "good", turn_udp: "poor" }), UA, translator("en"));
  assert.match(text, /Visits work, but only by a detour/);
  assert.match(text, /✗ UDP direct 203\.0\.113\.5:40000 {2}Does not connect\n {2}→ A firewall blocks UDP port 40000/);
  assert.match(text, /✓ TCP direct/);
  assert.match(text, /! TURN over UDP/);
  assert.match(asText({ ...after({}), secure: false, socket: "failed", socketMs: null }, UA, translator("zh")), /https: ✗ {2}WebSocket: ✗/);
});

test("figures read in the page's language", () => {
  assert.equal(figuresText({ connectedMs: 90, rttMs: 20, loss: 0.0123, upBps: 2_140_000 }, translator("en")), "connected in 90 ms · round trip 20 ms · loss 1.2% · up 2.1 Mbit/s");
  assert.equal(figuresText({ connectedMs: null, rttMs: null, loss: null, upBps: null }, translator("zh")), "");
});

test("progress counts what was tried", () => {
  assert.deepEqual(progressOf(began()), { done: 0, of: 6 });
  assert.deepEqual(progressOf(withWay(began(), "udp 203.0.113.5 40000", { state: "measuring" })), { done: 0, of: 6 });
  assert.deepEqual(progressOf(after({ udp: "good" })), { done: 6, of: 6 });
});

test("the token is what stands after /doctor/, and each refusal has its screen and words", () => {
  assert.equal(tokenOf("/doctor/abc-_1"), "abc-_1");
  assert.equal(tokenOf("/doctor/"), "");
  assert.equal(tokenOf("/doctor/a/b"), "");
  assert.equal(initial({ language: "zh", secure: true, supported: true, token: "" }).screen, "unknown");
  const codes = ["link_expired", "link_unknown", "doctor_link_spent", "too_many_attempts", "doctor_busy", "network", "teapot"];
  assert.deepEqual(codes.map(screenOfProblem), ["expired", "unknown", "spent", "throttled", "busy", "network", "media"]);
  for (const code of codes) assert.ok(hasText(`doctor.refused.${screenOfProblem(code)}.title`) && hasText(`doctor.refused.${screenOfProblem(code)}.body`), code);
});

test("every state, kind and overall verdict has its words", () => {
  for (const state of ["waiting", "trying", "measuring", "good", "poor", "failed"]) assert.ok(hasText(`doctor.state.${state}`), state);
  for (const kind of ["udp", "udp6", "tcp", "tcp6", "turn_udp", "turn_tcp", "turn_tls"]) assert.ok(hasText(`doctor.kind.${kind}`), kind);
  for (const overall of ["good", "partial", "weak", "none"]) assert.ok(hasText(`doctor.overall.${overall}`) && hasText(`doctor.next.${overall}`), overall);
  for (const camera of ["untested", "asking", "ok", "denied", "none", "busy", "unsupported"]) assert.ok(hasText(`doctor.camera.${camera}`), camera);
  for (const socket of ["waiting", "failed", "ok"]) assert.ok(hasText(`doctor.socket.${socket}`), socket);
});
