/** The states of the doctor's page, for `shoot.py --page doctor`. */

import { initial, waysOf } from "/web/doctor/state.js";
import { show } from "/web/doctor/view.js";

const SDP = [
  "a=candidate:1 1 udp 2130706431 203.0.113.5 40000 typ host",
  "a=candidate:2 1 udp 2130706175 2001:db8:4f1c:9a02:216:3eff:fe5a:1d7 40000 typ host",
  "a=candidate:3 1 tcp 1671430143 203.0.113.5 40000 typ host tcptype passive",
].join("\r\n");
const SERVERS = [{ urls: ["turn:turn.hospital.example:3478", "turn:turn.hospital.example:3478?transport=tcp", "turns:turn.hospital.example:443"], username: "u", credential: "c" }];
const WELL = { state: "good", connectedMs: 142, rttMs: 23, loss: 0.001, upBps: 2_512_000 };
const FAIR = { state: "poor", connectedMs: 1904, rttMs: 480, loss: 0.081, upBps: 412_000 };
const FAILED = { state: "failed" };

const start = { ...initial({ language: "zh", secure: true, supported: true, token: "t" }) };
const begun = { ...start, screen: "running", socket: "ok", socketMs: 38 };
const ways = (...found) => waysOf([{ worker: 0, sdp: SDP }], SERVERS).map((way, n) => ({ ...way, ...found[n] }));
const done = (more, ...found) => ({ ...begun, screen: "done", kept: "kept", ways: ways(...found), ...more });

const STATES = {
  ready: start,
  insecure: { ...start, secure: false, supported: false },
  beginning: { ...begun, socket: "waiting", socketMs: null },
  running: { ...begun, ways: ways(WELL, FAILED, { state: "measuring" }) },
  good: done({ camera: "ok" }, WELL, FAILED, WELL, WELL, WELL, WELL),
  partial: done({ copied: true }, FAILED, FAILED, WELL, FAILED, FAIR, WELL),
  none: done({ socket: "failed", socketMs: null, camera: "denied", kept: "failed" }, FAILED, FAILED, FAILED, FAILED, FAILED, FAILED),
  expired: { ...start, screen: "expired" },
  busy: { ...start, screen: "busy" },
};

/** Shows one state in one language. */
window.show = (name, language) => show(document.querySelector("#app"), { ...STATES[name], language }, () => {});
document.documentElement.dataset.ready = "";
