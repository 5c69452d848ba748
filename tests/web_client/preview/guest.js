/** The states of the guest's page, made by its own reducer, for `shoot.py --page guest`. */

import { initialState, reduce } from "/web/guest/state.js";
import { createView } from "/web/guest/view.js";

const PHYSICIAN = { name: "林晓岚", title: "副主任医师", hospital: "首都儿童健康中心", licence: "110110000012345" };
const TEXT = (language) => ({
  version: "2026-1", language, sha256: "0".repeat(64),
  title: language === "zh" ? "受邀参与线上就诊说明" : "Taking part in an online visit as an invited guest",
  paragraphs: language === "zh"
    ? ["医师邀请您参与这次儿童线上就诊。您的姓名和身份会告知家属和医师。", "您在场时，您的声音和画面会与其他人的一起被录制并加密保存3年。", "您不能代替监护人陪同孩子。"]
    : ["The physician invites you into this child's online visit. Your name and function are told to the family and the physician.", "While you are present, your sound and picture are recorded with those of the others and kept for 3 years.", "You cannot accompany the child in the guardian's place."],
});
const SEATS = [
  { role: "guardian", name: "陈*梅", connected: true, presence: "present", doubts: [] },
  { role: "physician", name: "林晓岚", connected: true, presence: "present", doubts: [] },
  { role: "interpreter", name: "阿依古丽", connected: true, presence: "present", doubts: [] },
];
const SESSION = {
  version: 3, state: "live", admitted: true, text: false, gate: true, recording: "running", until_ms: null, causes: [], resume_to: null, outcome: null,
  referral: null, stills: { allowed: true, taken: 0 }, rungs: [], seats: SEATS,
};
const CHAT = [{ id: "1", role: "physician", text: "请您帮忙翻译孩子外婆的话。", at: "2026-03-05T14:31:00+08:00" }];
const guest = (language, more = {}) => ({ type: "guest", guest: { visit: "v1", role: "interpreter", name: "阿依古丽", physician: PHYSICIAN, state: "live", agreed: false, text: TEXT(language), ...more } });
const devices = (more = {}) => ({ type: "devices", devices: { state: "open", audio: "live", video: "live", level: 0.55, heard: true, ...more } });
const says = (message) => ({ type: "message", message });
const inRoom = (language, session = {}) => [
  guest(language, { agreed: true }), devices(), { type: "entered" },
  says({ type: "welcome", session: { ...SESSION, ...session }, chat: CHAT }), { type: "call", call: "connected" }, says({ type: "quality", light: "good", legs: [] }),
];
const held = (...causes) => ({ state: "held", gate: false, resume_to: "live", causes: causes.map((cause) => ({ cause, elapsed_ms: 4000, remaining_ms: 96_000 })) });

const STATES = {
  ask: () => [{ type: "unopened" }],
  joining: () => [{ type: "unopened" }, { type: "busy" }],
  loading: () => [],
  agree: (language) => [guest(language)],
  "agree-changed": (language) => [guest(language, { role: "local_doctor", name: "阿木日哈" }), { type: "refused", code: "consent_changed" }],
  devices: (language) => [guest(language, { agreed: true })],
  "devices-open": (language) => [guest(language, { agreed: true }), devices({ heard: false, level: 0.1 })],
  "devices-denied": (language) => [guest(language, { agreed: true }), devices({ audio: "none", video: "none", audioProblem: "denied", videoProblem: "denied" })],
  unsupported: (language) => [{ type: "support", support: "in_app" }, guest(language, { agreed: true })],
  waiting: (language) => inRoom(language, { state: "waiting", gate: false, recording: "off" }),
  call: (language) => inRoom(language),
  "call-muted": (language) => [...inRoom(language), devices({ muted: true, cameraOff: true })],
  "call-no-picture": (language) => inRoom(language, { seats: [{ ...SEATS[0], doubts: ["camera_off"] }, SEATS[1], SEATS[2]], rungs: [{ from: "physician", to: "interpreter", rung: "sound", why: "downlink" }] }),
  "call-offline": (language) => [...inRoom(language), { type: "connection", connection: "offline" }, { type: "call", call: "interrupted" }],
  "call-tap-to-play": (language) => [...inRoom(language), { type: "play_blocked", blocked: true }],
  "call-chat": (language) => [...inRoom(language), { type: "chat_open", open: true }],
  "call-leave": (language) => [...inRoom(language), { type: "leaving", leaving: true }],
  held: (language) => inRoom(language, held("guardian_silent")),
  "held-two": (language) => inRoom(language, held("physician_silent", "recording_lost")),
  left: (language) => [...inRoom(language), { type: "left" }],
  declined: (language) => [guest(language), { type: "declined" }],
  ended: (language) => [...inRoom(language), says({ type: "session", session: { ...SESSION, version: 9, state: "ended", gate: false, outcome: "completed" } })],
  superseded: (language) => [...inRoom(language), says({ type: "superseded" })],
  "problem-expired": () => [{ type: "problem", code: "link_expired" }],
  "problem-network": () => [{ type: "problem", code: "network" }],
};

/** A moving picture without a camera. @param {string} wall @param {string} coat */
function picture(wall, coat, width = 640, height = 360) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const ink = canvas.getContext("2d");
  const draw = () => {
    ink.fillStyle = wall;
    ink.fillRect(0, 0, width, height);
    ink.fillStyle = coat;
    ink.beginPath();
    ink.ellipse(width / 2, height, height * 0.4, height * 0.6, 0, 0, 7);
    ink.fill();
  };
  setInterval(draw, 100);
  draw();
  return canvas.captureStream(10);
}

const own = picture("#d6cbb8", "#6a4a5a", 240, 320);
const remotes = new Map([["guardian", picture("#8fa79a", "#4b6f93", 360, 640)], ["physician", picture("#c9d3cf", "#f4f4f2")]]);
const view = createView(document.querySelector("#page"), () => {});

/** Shows one state in one language. */
window.show = (name, language) => {
  const events = STATES[name](language);
  const unopened = events[0]?.type === "unopened";
  view.show(events.filter(({ type }) => type !== "unopened").reduce(reduce, initialState(language, unopened)), { own, remotes });
};
document.documentElement.dataset.ready = "";
