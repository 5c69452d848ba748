/** Every state of the physician's page, as the events that lead to it; for the eye (shoot.py) and for the tests. */

import { calm, eventful, ledger, line as ledgerLine, span, textFirst, uneventful } from "/preview/ledgers.mjs";
import { PREPARED } from "/preview/preparations.mjs";
import { changedElsewhere, notSaved, notSigned, opened, typed } from "/web/physician/note.js";
import { initial, reduce } from "/web/physician/state.js";

export const REASONS = [
  { code: "headache_on_waking", text: "夜间或晨起头痛", urgency: "emergency" },
  { code: "neurological_signs", text: "神经系统体征", urgency: "emergency" },
  { code: "new_seizures", text: "新发抽搐", urgency: "emergency" },
  { code: "raised_pressure", text: "颅内压增高表现或视力下降", urgency: "within_24h" },
  { code: "low_blood_sugar", text: "低血糖表现", urgency: "within_24h" },
  { code: "pubertal_arrest", text: "青春发育停滞", urgency: "within_30d" },
  { code: "height_below_3sd", text: "身高低于均值 3 个标准差", urgency: "within_30d" },
  { code: "low_velocity", text: "生长速度过低", urgency: "within_30d" },
  { code: "early_puberty", text: "性早熟表现", urgency: "within_2w" },
  { code: "cannot_examine", text: "无法远程完成必要的检查", urgency: "within_2w" },
  { code: "poor_picture", text: "画面质量不足以判断", urgency: "within_2w" },
  { code: "guardian_absent", text: "监护人不在场或无权陪同", urgency: "routine" },
  { code: "safeguarding", text: "儿童保护方面的顾虑", urgency: "within_24h" },
  { code: "family_not_reassured", text: "家属仍不放心", urgency: "within_2w" },
  { code: "other", text: "其他（请写明）", urgency: "routine" },
];

const VIEW = {
  id: "v1",
  field: "growth",
  starts_at: "2026-11-22T14:00:00+08:00",
  child: "乐*儿",
  guardian: "王*芳（母亲）",
  physician: { name: "陈明远", title: "主任医师", hospital: "首都儿童医学中心", licence: "110000000000123" },
  reasons: REASONS.map((reason) => ({ ...reason, to: ["emergency", "neurology", "own", "own", "own"] })),
  call_back: "13800138000",
  departments: [
    { code: "emergency", text: "首都儿童医学中心 急诊科" },
    { code: "neurology", text: "首都儿童医学中心 神经内科" },
    { code: "own", text: "首都儿童医学中心 内分泌遗传代谢科" },
  ],
};
const VISITS = [
  ["v0", "赵*", 5, "skin", "13:00", "ended", "completed", false, null],
  ["v3", "李*涵", 11, "growth", "13:30", "ended", "referred", false, null],
  ["v1", "乐*儿", 8, "growth", "14:00", "waiting", null, true, 743],
  ["v2", "孙*", 0, "nutrition", "14:30", "waiting", null, true, 20],
  ["v4", "欧阳*晨", 3, "skin", "15:00", "waiting", null, false, null],
  ["v5", "周*宇", 6, "growth", "15:30", "waiting", null, false, null],
].map(([visit, child, age_years, field, time, state, outcome, guardian_waiting, waiting_since_s]) => ({
  visit,
  child,
  age_years,
  field,
  starts_at: `2026-11-22T${time}:00+08:00`,
  state,
  outcome,
  guardian_waiting,
  waiting_since_s,
  child_denied: visit === "v4",
}));

const me = { name: "陈明远", role: "physician", title: "主任医师", hospital: "首都儿童医学中心", licence: "110000000000123" };
const seat = (role, name, more = {}) => ({ role, name, connected: true, presence: "present", doubts: [], ...more });
const BOTH = [seat("guardian", "王*芳"), seat("physician", "陈明远")];
let version = 1;
const session = (state, more = {}) => ({
  version: (version += 1),
  state,
  admitted: state !== "waiting",
  text: false,
  gate: state === "verifying" || state === "live",
  recording: state === "waiting" || state === "ended" ? "off" : "running",
  until_ms: null,
  causes: [],
  resume_to: null,
  outcome: null,
  referral: null,
  stills: { allowed: true, taken: 0 }, rungs: [],
  seats: BOTH,
  ...more,
});
const GUEST = seat("interpreter", "阿依古丽");
const INVITED = seat("interpreter", "阿依古丽", { connected: false, presence: "absent" });
const welcome = (view, chat = []) => ({
  type: "message",
  at_ms: 0,
  atMs: 0,
  message: {
    type: "welcome",
    seq: 1,
    epoch: 1,
    role: "physician",
    visit: VIEW,
    session: view,
    chat,
    receive_pairs: 1,
    ice_servers: [],
    ice_policy: "all",
  },
});
const CHAT = [
  { id: "c1", role: "guardian", text: "医生您好，刚才听不太清", at: "2026-11-22T14:03:00+08:00" },
  {
    id: "c2",
    role: "physician",
    text: "好的，我说慢一点。请把手机放在桌上，让孩子站到墙边。",
    at: "2026-11-22T14:03:30+08:00",
  },
  { id: "c3", role: "guardian", text: "好的", at: "2026-11-22T14:03:50+08:00" },
];
const line = (loss, bitrate_bps = 1_800_000) => ({ loss, bitrate_bps, jitter_ms: 6 });
const quality = (light, loss, rtt) => ({
  type: "message",
  atMs: 0,
  message: {
    type: "quality",
    seq: 9,
    light,
    legs: [
      { role: "guardian", up: line(loss), down: line(0.001), rtt_ms: rtt },
      { role: "physician", up: line(0), down: line(0.002), rtt_ms: 21 },
    ],
  },
});
const devices = (more = {}) => ({ type: "devices", devices: { opened: true, ...more } });
const picture = { type: "remote", picture: true };

const start = [
  { type: "signed_in", me },
  { type: "worklist", visits: VISITS, atMs: 0 },
];
const open = (view, ...more) => [
  ...start,
  { type: "opened", visit: "v1" },
  devices(),
  welcome(view, view.state === "waiting" ? [] : CHAT),
  { type: "media", media: "up" },
  ...more,
];
const live = (...more) => open(session("live"), picture, quality("good", 0.004, 86), ...more);
/** A direction that carries less: the family's unless said otherwise. */
const weak = (rung, why, from = "guardian") => ({ from, to: from === "guardian" ? "physician" : "guardian", rung, why });
const weakly = (...rungs) => open(session("live", { rungs }), picture, quality("poor", 0.14, 210));
const verifying = (...more) => open(session("verifying"), picture, quality("good", 0.004, 86), ...more);
const held = (cause, remaining_ms, more = {}) =>
  open(
    session("held", {
      causes: [{ cause, elapsed_ms: 4000, remaining_ms }],
      resume_to: "live",
      recording: cause === "recording_lost" ? "lost" : "running",
      ...more,
    }),
  );
const alone = [seat("guardian", "", { connected: false, presence: "absent" }), seat("physician", "陈明远")];
const ended = (outcome, more = {}) => open(session("ended", { outcome, ...more }));
const told = (book) => ({ type: "ledger", ledger: book, atMs: 0 });
const PICTURE = { id: "d1", n: 1, state: "kept", kind: "image/jpeg", bytes: 3_100_000, received: 3_100_000, width: 3024, height: 4032, pages: 1, at: "2026-03-05T09:00:00+08:00", url: "/d1" };
const PDF = { ...PICTURE, id: "d2", n: 2, kind: "application/pdf", width: 0, height: 0, pages: 3, url: "/d2" };
const SHEET = { ...PDF, id: "d4", n: 4, pages: 1, url: "/d4" };
const HEIC = { ...PICTURE, id: "d3", n: 3, kind: "image/heic", url: "/d3" };
const handedIn = (...documents) => ({ type: "documents", visit: "v1", documents });
const looking = (more) => ({ type: "document_shown", shown: { id: "d1", picture: null, failed: false, ...more } });
/** Everything that the line can hold at once. */
const DOUBTED = calm({
  gate: { open_ms: 3_700_000, heard_within_ms: 3000, lapses: 0, spans: [span(-4000, 600)] },
  seats: [
    ledgerLine("guardian", {
      present_while_open_ms: 3_700_000,
      doubted_while_open_ms: { page_hidden: 80_000, microphone_lost: 725_000, picture_frozen: 9_000 },
    }),
  ],
});
const SECTIONS = [
  ["history", "病史", "History", "家长所述、既往检查、生长记录"],
  ["findings", "所见", "Findings", "视频和图片上看到的"],
  ["not_examined", "未能检查", "Not examined", "线上无法判断的内容"],
  ["impression", "初步印象", "Impression", "判断及其把握程度"],
  ["advice", "建议", "Advice", "处理与检查建议"],
  ["follow_up", "随访", "Follow-up", "何时、以何种方式复诊"],
  ["family", "给家长的话", "For the family", "用平实的中文写：孩子怎么样，家长做什么"],
].map(([code, zh, en, hint]) => ({ code, max_length: 4000, title: { zh, en }, hint: { zh: hint, en: hint } }));
const AMENDMENT = [["reason", "补正原因", "Reason"], ["text", "补正内容", "What is added or put right"], ["family", "给家长的补充（可不填）", "For the family (optional)"]].map(
  ([code, zh, en]) => ({ code, max_length: 4000, title: { zh, en }, hint: { zh, en } }),
);
const WORDS = {
  history: "近一年长了 3 厘米，父亲 172 cm，母亲 160 cm。胃纳一般，睡眠 21:30–7:00。\n2026-09 外院骨龄片：家长未带。",
  not_examined: "骨龄、甲状腺、第二性征",
  impression: "生长速度偏慢，原因待查；家族性矮小可能。",
  advice: "线下测量身高体重，拍骨龄片，查甲状腺功能。",
  family: "孩子这一年长得偏慢，需要到医院量身高、拍一张手腕的片子。不用紧张，先不要吃增高产品。",
};
const NEEDS = [["history"], ["findings", "not_examined"], ["impression"], ["advice"]];
const NET = [
  { zh: "出现头痛、反复呕吐、视力下降，请尽快到医院就诊。", en: "Headache, repeated vomiting, failing vision: see a doctor in person soon." },
  { zh: "孩子呼吸困难、抽搐或叫不醒时，请立即拨打 120。", en: "Trouble breathing, a seizure, cannot be woken: call 120 at once." },
];
const noteView = (sections = {}, more = {}) => ({
  kind: "note",
  form: { version: "note-2026-1", sections: SECTIONS, needs: NEEDS },
  draft: { revision: 4, sections, at: Object.keys(sections).length ? "2026-11-22T10:31:00+08:00" : null },
  can_sign: true,
  safety_net: NET,
  signed: [],
  ...more,
});
const signedNote = (id, kind, sections) => ({
  id,
  kind,
  at: kind === "note" ? "2026-11-22T10:45:00+08:00" : "2026-11-23T09:10:00+08:00",
  by: { name: "陈明远", title: "主任医师", licence: "110000000000123" },
  sections: Object.entries(sections).map(([code, text]) => ({ code, title: [...SECTIONS, ...AMENDMENT].find((one) => one.code === code).title, text })),
});
const SIGNED = [signedNote("n1", "note", WORDS), signedNote("a1", "amendment", { reason: "家长次日补充", text: "外院骨龄 6 岁 10 个月（实际 8 岁 1 个月）。" })];
const amending = (sections = {}) => noteView(sections, { kind: "amendment", form: { version: "note-2026-1", sections: AMENDMENT, needs: [["reason"], ["text"]] }, signed: SIGNED });
const noted = (note) => ({ type: "note", visit: "v1", note });
const UNSIGNED = [
  ["v8", "何*", 6, "skin", "2026-11-19T15:20:00+08:00", "referred", true],
  ["v9", "司马*然", 10, "growth", "2026-11-21T09:40:00+08:00", "completed", false],
  ["v7", "陆*", 4, "nutrition", "2026-11-21T11:00:00+08:00", "completed", true, "amendment"],
].map(([visit, child, age_years, field, ended_at, outcome, begun, kind = "note"]) => ({ visit, child, age_years, field, starts_at: ended_at, ended_at, outcome, begun, kind }));
const problem = (code, text = "") => ({ code, text });
/** Who they are and where, as the server says it. */
const FAMILY = {
  child: { name: "乐*儿", age_years: 8, sex: "female" },
  guardians: [{ name: "王*芳", relation: "mother", proof: "household_register", seated: true }],
  denied: false,
  stills: "given",
  delegation: null,
  whereabouts: { call_back: "13800138000", location: "江苏省苏州市姑苏区十全街 188 号 3 幢 502 室", by: "guardian", at: "2026-11-22T13:50:00+08:00" },
};
const family = (more = {}) => ({ type: "family", visit: "v1", family: { ...FAMILY, ...more } });
const UNTOLD = { whereabouts: { call_back: "13800138000", location: "", by: null, at: null } };
const ALL_CHECKS = ["guardian_seen", "child_seen", "identity_matches", "private_place", "call_back_confirmed", "location_confirmed"];
const prepared = (more = {}) => ({ type: "prepared", visit: "v1", prepared: { ...PREPARED, ...more } });

/** name -> events. @type {Record<string, any[]>} */
export const STATES = {
  loading: [],
  unreachable: [{ type: "unreachable" }],
  "sign-in": [{ type: "signed_out" }],
  "sign-in-failed": [
    { type: "signed_out" },
    { type: "sign_in_failed", code: "sign_in_failed", retryAfterS: null, atMs: 0 },
  ],
  "sign-in-throttled": [
    { type: "signed_out" },
    { type: "sign_in_failed", code: "too_many_attempts", retryAfterS: 42, atMs: 0 },
  ],
  worklist: start,
  "worklist-unsigned": [...start, { type: "unsigned", visits: UNSIGNED }],
  "worklist-stale": [...start, { type: "tick", atMs: 185_000 }, { type: "worklist_failed" }],
  "worklist-empty": [
    { type: "signed_in", me },
    { type: "worklist", visits: [], atMs: 0 },
  ],
  connecting: [...start, { type: "opened", visit: "v1" }],
  "still-refused": open(session("live", { stills: { allowed: false, taken: 0 } }), picture, quality("good", 0.004, 86)),
  three: open(session("live", { seats: [...BOTH, GUEST] }), picture, quality("good", 0.004, 86)),
  "three-no-picture": open(session("live", { seats: [...BOTH, { ...GUEST, presence: "doubtful", doubts: ["camera_off"] }] }), picture),
  "three-held": open(session("held", { seats: [...BOTH, GUEST], causes: [{ cause: "guardian_silent", elapsed_ms: 4000, remaining_ms: 96_000 }], resume_to: "live" })),
  "guest-panel": live({ type: "panel", panel: "guest" }),
  "guest-panel-refused": live({ type: "panel", panel: "guest" }, { type: "guest", visit: "v1", form: { name: "阿依古丽", problem: "guest_invited" } }),
  "guest-link": open(session("live", { seats: [...BOTH, INVITED] }), picture, { type: "guest", visit: "v1", form: { link: `https://visit.hospital.example/g/${"Ab3_".repeat(10)}abc` } }, { type: "panel", panel: "guest" }),
  "guest-link-gone": open(session("waiting", { seats: [...BOTH, INVITED] }), { type: "panel", panel: "guest" }),
  "guest-here": open(session("live", { seats: [...BOTH, GUEST] }), picture, { type: "panel", panel: "guest" }),
  "waiting-alone": open(session("waiting", { seats: alone })),
  waiting: open(session("waiting")),
  "waiting-prepared": open(session("waiting"), prepared()),
  "waiting-begun": open(session("waiting"), prepared({ questionnaire: null, measurements: null, begun: true })),
  "waiting-denied": open(session("waiting"), devices({ microphone: "denied", camera: "denied" })),
  "waiting-refused": open(session("waiting"), {
    type: "failed",
    act: "admit",
    problem: problem("training_expired", "您的线上首诊资格已于 11 月 20 日到期，不能接诊。请联系医务处。"),
  }),
  "waiting-cancel": open(session("waiting"), { type: "panel", panel: "cancel" }),
  admitted: open(session("waiting", { admitted: true, recording: "starting" })),
  verifying: verifying(),
  "waiting-family": open(session("waiting"), family(), prepared()),
  admit: open(session("waiting"), family(), { type: "panel", panel: "admit" }),
  "admit-refused": open(
    session("waiting"),
    family(),
    { type: "panel", panel: "admit" },
    { type: "failed", act: "admit", problem: problem("training_expired", "您的线上首诊资格已于 11 月 20 日到期，不能接诊。请联系医务处。") },
  ),
  "admit-delegated": open(
    session("waiting"),
    family({ guardians: [{ name: "赵*兰", relation: "delegated", proof: "written_delegation", seated: true }], delegation: "unread" }),
    handedIn({ ...PICTURE, purpose: "delegation" }),
    { type: "panel", panel: "admit" },
  ),
  "begin-text": open(session("waiting"), family(), { type: "panel", panel: "begin_text" }),
  text: open(session("waiting", { text: true }), family(), ...CHAT.map((said) => ({ type: "message", atMs: 0, message: { type: "chat", seq: 9, message: said } }))),
  "text-alone": open(session("waiting", { text: true, seats: alone }), family()),
  "text-to-video": open(session("waiting", { text: true }), family(), { type: "panel", panel: "admit" }),
  "admit-denied": open(session("waiting"), family({ denied: true, stills: "refused" })),
  attest: verifying(family(), { type: "panel", panel: "attest" }, { type: "draft", draft: { checks: ["guardian_seen"] } }),
  "attest-untold": verifying(family(UNTOLD), { type: "panel", panel: "attest" }, { type: "draft", draft: { checks: ALL_CHECKS } }),
  "attest-busy": verifying(
    family(),
    { type: "panel", panel: "attest" },
    { type: "draft", draft: { checks: ALL_CHECKS } },
    { type: "sent", act: "attest" },
  ),
  live: live(),
  "live-ledger": live(told(calm())),
  "live-prepared": live(prepared()),
  "held-ledger": [...held("physician_hold", 1_500_000), told(DOUBTED)],
  "live-doubtful": open(
    session("live", {
      seats: [seat("guardian", "王*芳", { presence: "doubtful", doubts: ["page_hidden", "picture_dark"] }), BOTH[1]],
    }),
    picture,
    quality("poor", 0.14, 210),
  ),
  "live-camera-off": open(
    session("live", { seats: [seat("guardian", "王*芳", { presence: "doubtful", doubts: ["camera_off"] }), BOTH[1]] }),
    quality("fair", 0.01, 520),
  ),
  "live-weak-low": weakly(weak("low", "uplink")),
  "live-weak-stills": weakly(weak("stills", "downlink")),
  "live-weak-sound": weakly(weak("sound", "uplink")),
  "live-weak-chat": weakly(weak("chat", "uplink")),
  "live-weak-chat-there": weakly(weak("chat", "downlink", "physician")),
  "live-muted": live(devices({ muted: true, speakingMuted: true })),
  "live-tap": live({ type: "remote", tapNeeded: true }),
  "live-media-lost": live({ type: "message", atMs: 0, message: { type: "media_restart", seq: 20, reason: "relay_lost" } }),
  offline: live({ type: "link", link: "offline" }),
  closing: live({ type: "message", atMs: 0, message: { type: "closing", seq: 21, retry_s: 5 } }),
  hold: live({ type: "panel", panel: "hold" }),
  "held-own": held("physician_hold", 1_500_000),
  "held-guardian": held("guardian_silent", 103_000, {
    seats: [seat("guardian", "王*芳", { connected: false, presence: "absent" }), BOTH[1]],
  }),
  "held-recording": held("recording_lost", 96_000, { resume_to: "verifying" }),
  refer: live({ type: "panel", panel: "refer" }),
  "refer-chosen": live({ type: "panel", panel: "refer" }, { type: "draft", draft: { reason: "headache_on_waking" } }),
  "refer-failed": live(
    { type: "panel", panel: "refer" },
    { type: "draft", draft: { reason: "other", note: "" } },
    { type: "failed", act: "refer", problem: problem("unavailable") },
  ),
  complete: live({ type: "panel", panel: "complete" }),
  "complete-inadequate": live({ type: "panel", panel: "complete" }, { type: "draft", draft: { adequate: false } }),
  "complete-filled": live(
    { type: "panel", panel: "complete" },
    {
      type: "draft",
      draft: { adequate: true, summary: "生长速度正常，每年约 5.5 厘米。建议保证睡眠与户外运动，3 个月后复查身高体重。" },
    },
  ),
  "documents-none": live({ type: "panel", panel: "documents" }, handedIn()),
  "documents-waiting": open(session("waiting"), handedIn(PICTURE, PDF), { type: "panel", panel: "documents" }),
  documents: live(handedIn(PICTURE, PDF, HEIC, SHEET), { type: "panel", panel: "documents" }),
  "documents-fetching": live(handedIn(PICTURE, PDF), { type: "panel", panel: "documents" }, looking({})),
  "documents-shown": live(handedIn(PICTURE, PDF, SHEET), { type: "panel", panel: "documents" }, looking({ picture: "/web/shared/ui/icons/brand.svg" })),
  "documents-failed": live(handedIn(PICTURE, PDF), { type: "panel", panel: "documents" }, looking({ failed: true })),
  "note-reading": live({ type: "panel", panel: "note" }),
  "note-empty": live(noted(opened(noteView())), { type: "panel", panel: "note" }),
  note: live(noted(opened(noteView(WORDS))), { type: "panel", panel: "note" }),
  "note-offline": live(noted(notSaved(typed(opened(noteView(WORDS)), "findings", "视频中身材匀称"), "offline", "network")), { type: "panel", panel: "note" }),
  "note-both": live(
    noted(changedElsewhere(typed(opened(noteView(WORDS)), "advice", "查甲状腺功能、IGF-1。"), noteView({ ...WORDS, advice: "先复测身高。" }))),
    { type: "panel", panel: "note" },
  ),
  incident: live({ type: "panel", panel: "incident" }),
  "incident-recorded": live(
    { type: "panel", panel: "incident" },
    { type: "incidents", visit: "v1", event: { type: "listed", list: [{ id: "i1", number: "SJ-261122-1A2B3C4D", category: "privacy", at: "2026-11-22T14:12:00+08:00", state: "open", words: [{ source: "physician", at: "2026-11-22T14:13:00+08:00", text: "画面里出现了另一位患儿的病历。" }] }] } },
  ),
  "complete-noted": live(noted(opened(noteView(WORDS))), { type: "panel", panel: "complete" }, { type: "draft", draft: { adequate: true } }),
  "ended-unsigned": [...ended("completed"), noted(opened(noteView(WORDS)))],
  "ended-incomplete": [...ended("guardian_absent"), noted(opened(noteView({ history: WORDS.history })))],
  "ended-signed": [...ended("completed"), noted(opened(amending()))],
  "ended-incident": [...ended("completed"), noted(opened(amending())), { type: "panel", panel: "incident" }],
  "ended-amending": [...ended("completed"), noted(notSigned(opened(amending({ reason: "笔误", text: "应为 4 厘米" })), "note_changed"))],
  leave: live({ type: "panel", panel: "leave" }),
  help: live({ type: "panel", panel: "help" }),
  "help-emergency": live(family(), { type: "panel", panel: "help" }),
  "refer-emergency": live(family(), { type: "panel", panel: "refer" }, { type: "draft", draft: { reason: "headache_on_waking" } }),
  "ended-referred": ended("referred", { referral: { id: "r1", reason: "headache_on_waking", urgency: "emergency" } }),
  "ended-completed": ended("completed"),
  "ended-timeline": [...ended("completed"), told(eventful())],
  "ended-timeline-text": [...ended("completed"), told(textFirst())],
  "ended-timeline-calm": [
    ...ended("referred", { referral: { id: "r1", reason: "headache_on_waking", urgency: "emergency" } }),
    told(uneventful()),
  ],
  "ended-never-began": [...ended("cancelled"), told(ledger({ closed: true }))],
  "ended-guardian-absent": ended("guardian_absent"),
  "ended-withdrawn": ended("consent_withdrawn"),
  superseded: live({ type: "message", atMs: 0, message: { type: "superseded", seq: 30 } }),
  refused: [
    ...start,
    { type: "opened", visit: "v1" },
    { type: "link", link: "refused", problem: problem("not_allowed", "这次就诊不是您的。") },
  ],
};

/** @param {string} name */
export function stateNamed(name) {
  return STATES[name].reduce(reduce, initial());
}
