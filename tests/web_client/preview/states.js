/** Every screen of the family's page as a state, made by the page's own reducer from what really happens. */

import { emergency, form, MEASURED } from "/preview/preparations.mjs";
import { initialState, reduce } from "/web/family/state.js";

const PHYSICIAN = { name: "林晓岚", title: "副主任医师", hospital: "首都儿童健康中心", licence: "110110000012345" };
const VISIT = { id: "v1", field: "growth", starts_at: "2026-03-05T14:30:00+08:00", child: "陈*安", guardian: "陈*梅", physician: PHYSICIAN };
const OPEN = { consultation: "open", recording: "open" };
const GIVEN = { consultation: "given", recording: "given" };
const STATUS = { hospital_phone: "01065171234", visit: VISIT, role: "guardian", state: "waiting", outcome: null, child_confirmed: true, consents: GIVEN, letter: null, summary: false };
const SEATS = [
  { role: "guardian", name: "陈*梅", connected: true, presence: "present", doubts: [] },
  { role: "physician", name: "林晓岚", connected: true, presence: "present", doubts: [] },
];
const GUEST = { role: "interpreter", name: "阿依古丽", connected: true, presence: "present", doubts: [] };
const INVITED = { ...GUEST, connected: false, presence: "absent" };
const SESSION = {
  version: 3, state: "live", admitted: true, text: false, gate: true, recording: "running", until_ms: null, causes: [], resume_to: null, outcome: null,
  referral: null, stills: { allowed: true, taken: 0 }, rungs: [], seats: SEATS,
};
/** A direction that carries less: the guardian's unless said otherwise. */
const weak = (rung, why, from = "guardian") => ({ from, to: from === "guardian" ? "physician" : "guardian", rung, why });
const CHAT = [
  { id: "1", role: "physician", text: "您好，我是林医师。请让孩子坐到您旁边。", at: "2026-03-05T14:31:00+08:00" },
  { id: "2", role: "guardian", text: "好的，我们都在。", at: "2026-03-05T14:31:20+08:00" },
  { id: "3", role: "physician", text: "最近半年身高长了多少？有没有以前的体检本？", at: "2026-03-05T14:32:00+08:00" },
];
const texts = (language) => [
  {
    kind: "consultation", version: "2026-02", language, sha256: "0".repeat(64),
    title: language === "zh" ? "线上就诊知情同意书" : "Consent to the online visit",
    paragraphs:
      language === "zh"
        ? ["本次为儿童线上首诊。医师通过视频了解孩子的情况，不能代替全部的当面检查。", "就诊全程须有监护人在场。监护人离开时，通话会暂停；超过时限，就诊会结束。", "如果医师认为孩子的情况不适合线上诊疗，会立即结束通话，并为孩子开具转诊单。"]
        : ["This is a child’s first visit online. The doctor learns about your child by video; this cannot replace every examination in person.", "A guardian must be present throughout. When the guardian is away the call pauses; after a time limit the visit ends.", "If the doctor finds that your child’s condition does not suit online care, the call ends at once and a referral is written."],
  },
  {
    kind: "recording", version: "2026-02", language, sha256: "1".repeat(64),
    title: language === "zh" ? "全程录制知情同意书" : "Consent to the recording",
    paragraphs:
      language === "zh"
        ? ["线上首诊的声音和画面会被全程录制，加密保存三年，仅医院病案人员凭密钥可以打开。", "您可以随时撤回同意；撤回后就诊结束。"]
        : ["Sound and picture are recorded from start to end, sealed and kept for three years. Only the hospital’s records officers can open them.", "You may withdraw consent at any time; the visit then ends."],
  },
];
const LETTER = {
  referral: "r1", number: "ZZ-2026-000123", issued_at: "2026-03-05T14:58:00+08:00", urgency: "within_2w", by_when: "2026-03-19",
  reason: { code: "growth_height_below_3sd", text_zh: "身高低于同龄同性别儿童 3 个标准差", text_en: "Height more than 3 standard deviations below the mean for age and sex" },
  physician: PHYSICIAN, hospital: "首都儿童健康中心", department: "内分泌科", receipts: [], receipt_qr: null,
  destination: { hospital: "首都儿童健康中心", hospital_en: "Capital Center for Children's Health", department: "急诊科", department_en: "Emergency Department" },
  child: { name: "陈安", sex: "female", birth_date: "2018-01-01" },
  guardian: { name: "陈梅", relation: "mother", phone: "138****0000" }, history: "", not_examined: "骨龄、体格检查",
  told_family: "请带上以往的身高体重记录，空腹到院，当天可能抽血并拍骨龄片。",
  safety_net: [
    { zh: "夜间或晨起头痛、呕吐、视力下降：立即急诊。", en: "Headache at night or on waking, vomiting, failing sight: emergency department at once." },
    { zh: "精神差、嗜睡、抽搐：拨打 120。", en: "Unusually sleepy, or a seizure: call 120." },
    { zh: "两周内没有接到预约通知：请致电医院。", en: "No appointment within two weeks: call the hospital." },
  ],
  journal_head: "a1b2", receipt: "issued", page: "/letter/?visit=v1", pdf: "/api/visits/v1/letter.pdf", fhir: "/api/visits/v1/letter.fhir.json",
};
const NET = [
  { zh: "出现头痛、清晨或反复呕吐、看东西重影或视力下降，请尽快到医院就诊。", en: "Headache, repeated vomiting, double or failing vision: see a doctor in person soon." },
  { zh: "线上就诊不能代替当面检查。孩子的情况有变化，或者您不放心，请到线下就诊。", en: "An online visit does not replace an examination. If the child changes, or you are worried, have the child seen in person." },
  { zh: "孩子呼吸困难、面色青紫、抽搐、意识不清或叫不醒时，请立即拨打 120。", en: "If the child has trouble breathing, turns blue, has a seizure, is confused or cannot be woken, call 120 at once." },
];
const NOT_FINISHED = { zh: "这次就诊没有完成，医师还没有给出结论。请不要把它当作“没有问题”。", en: "This visit was not completed and the doctor has not come to a conclusion. Do not take it to mean that all is well." };
const TOLD = { source: "summary", text: "身高处于正常范围下限，生长速度正常。\n建议均衡饮食、保证睡眠，三个月后复测身高体重。", at: "2026-03-05T15:00:00+08:00" };
const COMPLAINT = { id: "c1", number: "TS-260305-1A2B3C4D", category: "none", at: "2026-03-05T15:02:00+08:00", state: "open", words: [] };
const complains = (...events) => [...events.map((event) => ({ type: "complaints", event })), { type: "sheet", sheet: "complaint" }];
const FILING = { type: "queued", sending: { clientId: "k", concern: null, fact: "filed", category: "none", text: "" } };
const SUMMARY = { outcome: "completed", told: [TOLD], safety_net: NET, physician: "林晓岚 副主任医师", hospital: PHYSICIAN.hospital, ended_at: "2026-03-05T15:00:00+08:00" };
const LIVE = { state: "open", audio: "live", video: "live", cameras: 2, level: 0.55, heard: true, picture: "ok" };

const welcome = (session) => ({ type: "message", nowMs: 0, message: { type: "welcome", epoch: 1, role: "guardian", visit: VISIT, session, chat: CHAT, receive_pairs: 1, ice_servers: [], ice_policy: "all" } });
const opened = (changed = {}) => ({ type: "opened", status: { ...STATUS, ...changed } });
const devices = (changed = {}) => ({ type: "devices", devices: { ...LIVE, ...changed } });
const inRoom = (session = {}) => [opened(), devices(), { type: "entered" }, welcome({ ...SESSION, ...session }), { type: "call", call: "connected" }, { type: "remotes", roles: ["physician"] }, { type: "message", nowMs: 0, message: { type: "quality", light: "good", legs: [] } }];
const cause = (name, remaining) => ({ cause: name, elapsed_ms: 4000, remaining_ms: remaining });
const held = (...causes) => inRoom({ state: "held", gate: false, causes, resume_to: "live" });
const ended = (outcome, more = {}) => [...inRoom(), { type: "message", nowMs: 0, message: { type: "session", session: { ...SESSION, state: "ended", gate: false, outcome, ...more } } }];
const prepared = (language, ...changes) => [{ type: "loaded", view: form(language) }, ...changes].map((change) => ({ type: "preparation", change }));
const preparing = (language, ...changes) => [opened(), ...prepared(language, { type: "shown", shown: true }, ...changes)];
const tells = (link, answer) => ({ type: "answered", link, answer });
const onward = { type: "moved", by: 1 };
const early = (hours, changed = {}) => ({ type: "opened", nowMs: 0, status: { ...STATUS, starts_in_ms: (hours + 0.5) * 3_600_000 - 500, opens_in_ms: hours * 3_600_000 - 500, ...changed } });
const waitingRoom = { state: "waiting", admitted: false, gate: false, recording: "off", until_ms: 25 * 60_000 };
/** In the room without camera and microphone. */
const bare = (session) => inRoom({ ...waitingRoom, ...session }).filter(({ type }) => type !== "devices");

/** What the family hands in, at every stage. */
const chosen = (key, name, size, ...events) => [{ type: "document_chosen", key, name, size }, ...events.map((event) => ({ key, ...event }))];
const handedIn = (language) =>
  [
    ...chosen("a", "IMG_20260304_skin_left_arm_close_up_in_daylight.jpg", 3_100_000, { type: "document_begun", url: "/a" }, { type: "document_kept" }),
    ...chosen("b", language === "zh" ? "血常规报告.pdf" : "blood count.pdf", 900_000, { type: "document_begun", url: "/b" }, { type: "document_refused", code: "document_active", why: language === "zh" ? "这个 PDF 含有脚本或附件，无法接收。请拍照或重新导出后上传。" : "This PDF holds scripts or attachments. Please take a picture of it, or export it again." }),
    ...chosen("c", "IMG_2.jpg", 4_000_000, { type: "document_begun", url: "/c" }, { type: "document_sent", sent: 1_500_000 }, { type: "document_lost" }),
    { type: "document_stopped", key: "s", name: language === "zh" ? "骨龄片.jpg" : "bone age.jpg", size: 6_000_000, purpose: "examination", url: "/s", sent: 2_200_000 },
    ...chosen("d", "IMG_3.jpg", 4_000_000, { type: "document_begun", url: "/d" }, { type: "document_sent", sent: 4_000_000 }),
    ...chosen("e", "IMG_4.jpg", 4_000_000),
  ].map((event) => ({ type: "documents", event }));

/** @type {Record<string, (language: "zh" | "en") => any[]>} name -> the events that lead there */
const STORIES = {
  loading: () => [],
  "problem-not-joined": () => [{ type: "problem", code: "not_signed_in", text: "" }],
  "problem-network": () => [{ type: "problem", code: "network", text: "" }],
  language: () => [{ type: "unchosen" }, opened()],
  child: () => [opened({ child_confirmed: false })],
  "child-delegated": () => [opened({ child_confirmed: false, delegated: true })],
  "child-wrong": () => [opened({ child_confirmed: false }), { type: "child_answered", right: false }],
  "consent-consultation": (language) => [opened({ consents: OPEN }), { type: "texts", texts: texts(language) }],
  "consent-recording": (language) => [opened({ consents: { ...OPEN, consultation: "given" } }), { type: "texts", texts: texts(language) }],
  "consent-stills": (language) => [opened({ consents: { ...GIVEN, stills: "open" } }), { type: "texts", texts: [...texts(language), { ...texts(language)[1], kind: "stills", title: language === "zh" ? "留存照片知情同意书（可选）" : "Informed consent to keeping still pictures (optional)" }] }],
  delegation: () => [opened({ delegated: true }), { type: "documents", event: { type: "document_chosen", key: "w", name: "委托书.jpg", size: 900_000, purpose: "delegation" } }],
  whereabouts: () => [opened(), { type: "whereabouts", change: { type: "loaded", told: { call_back: "138****8000", location: "", told: false } } }],
  "whereabouts-told": () => [opened(), { type: "whereabouts", change: { type: "loaded", told: { call_back: "138****8000", location: "江苏省苏州市姑苏区十全街 188 号 3 幢 502 室", told: true } } }],
  "whereabouts-refused": () => [
    opened(),
    { type: "whereabouts", change: { type: "loaded", told: { call_back: "138****8000", location: "", told: false } } },
    { type: "whereabouts", change: { type: "failed", code: "location_missing" } },
  ],
  "declined-recording": () => [opened({ consents: { consultation: "given", recording: "refused" } })],
  "declined-consultation": () => [opened({ consents: { consultation: "refused", recording: "open" } })],
  "unsupported-insecure": () => [opened(), { type: "support", support: "insecure" }],
  "unsupported-in-app": () => [opened(), { type: "support", support: "in_app" }],
  "unsupported-browser": () => [opened(), { type: "support", support: "unsupported" }],
  early: (language) => [early(51.6), ...prepared(language)],
  "early-tested": () => [early(0.4), { type: "test_early" }, { type: "tested", works: true }],
  "early-moved": () => [early(3), { ...early(27.4, { visit: { ...VISIT, starts_at: "2026-03-06T15:00:00+08:00" } }), type: "status" }],
  "early-test": () => [early(2), { type: "test_early" }, devices()],
  "early-test-no-camera": () => [early(2), { type: "test_early" }, devices({ video: "none", videoProblem: "busy" })],
  "devices-under-way": () => [opened({ state: "live" })],
  "devices-under-way-open": () => [opened({ state: "held" }), devices()],
  "waiting-moved": () => [...inRoom(waitingRoom), { type: "message", nowMs: 0, message: { type: "moved", seq: 9, starts_at: "2026-03-05T15:00:00+08:00" } }],
  "devices-closed": () => [opened()],
  "devices-opening": () => [opened(), devices({ state: "opening", audio: "none", video: "none" })],
  "devices-open": () => [opened(), devices()],
  "devices-dark-quiet": () => [opened(), devices({ picture: "dark", level: 0.1, heard: false })],
  "devices-denied": () => [opened(), devices({ audio: "none", video: "none", audioProblem: "denied", videoProblem: "denied", level: 0, heard: false })],
  "devices-no-camera": () => [opened(), devices({ video: "none", videoProblem: "none" })],
  "devices-busy": () => [opened(), devices({ video: "none", videoProblem: "busy" })],
  "devices-documents": (language) => [opened(), ...handedIn(language)],
  "waiting-documents": (language) => [...inRoom(waitingRoom), ...handedIn(language)],
  "devices-prepare": (language) => [opened(), devices(), ...prepared(language)],
  "prepare-questions": (language) => preparing(language),
  "prepare-missing": (language) => preparing(language, onward),
  "prepare-emergency": (language) => preparing(language, tells("signs", ["seizure"]), { type: "saved", route: emergency(language), completed: false }),
  "prepare-family": (language) => preparing(language, tells("signs", ["none"]), onward, tells("father_height", 17), onward),
  "prepare-measurements": (language) => preparing(language, tells("signs", ["none"]), onward, tells("twin", false), onward, { type: "measured", measurements: MEASURED }, { type: "row", changed: { kind: "weight" } }, { type: "row", changed: { value: "50", on: "2026-03-01" } }, { type: "row_refused", fault: { code: "unlikely", asks: true, words: language === "zh" ? "这个数值在同龄孩子中很少见，确定没有填错吗？" : "This is rare at the child's age. Is it right?" } }),
  "prepare-done": (language) => preparing(language, tells("signs", ["none"]), onward, tells("twin", false), onward, onward),
  "waiting-prepare": (language) => [...inRoom(waitingRoom), ...prepared(language)],
  waiting: () => inRoom({ ...waitingRoom, seats: [SEATS[0], { ...SEATS[1], connected: false, presence: "absent" }] }),
  "waiting-denied": () => inRoom({ ...waitingRoom, family_denied: true }),
  "waiting-admitted": () => inRoom({ ...waitingRoom, admitted: true }),
  text: () => inRoom({ ...waitingRoom, text: true }),
  "devices-by-text": () => [opened({ state: "text" })],
  "waiting-bare": () => bare({}),
  "text-bare": () => bare({ text: true }),
  "turn-on": () => bare({ text: true, admitted: true }),
  "turn-on-denied": () => [...bare({ admitted: true }), devices({ audio: "none", video: "none", audioProblem: "denied", videoProblem: "denied", level: 0, heard: false })],
  "text-away": () => [...inRoom({ ...waitingRoom, text: true, seats: [SEATS[0], { ...SEATS[1], connected: false, presence: "absent" }] }), { type: "connection", connection: "offline" }],
  "text-to-video": () => inRoom({ ...waitingRoom, text: true, admitted: true }),
  "waiting-offline": () => [...inRoom(waitingRoom), { type: "connection", connection: "offline" }],
  verifying: () => inRoom({ state: "verifying" }),
  live: () => [...inRoom(), { type: "message", nowMs: 0, message: { type: "chat", message: { id: "9", role: "physician", text: "…", at: CHAT[0].at } } }],
  "live-three": () => inRoom({ seats: [...SEATS, GUEST] }),
  "live-three-corner": () => [...inRoom({ seats: [...SEATS, { ...GUEST, role: "local_doctor", name: "西昌市人民医院 阿木日哈" }] }), { type: "corner", corner: "top-left" }],
  "live-three-no-picture": () => inRoom({ seats: [...SEATS, { ...GUEST, presence: "doubtful", doubts: ["camera_off"] }] }),
  "live-invited": () => inRoom({ seats: [...SEATS, INVITED] }),
  "held-three": () => held(cause("guardian_silent", 96_000), cause("recording_lost", 110_000)).map((event) => (event.message?.session ? { ...event, message: { ...event.message, session: { ...event.message.session, seats: [...SEATS, GUEST] } } } : event)),
  "waiting-invited": () => inRoom({ ...waitingRoom, seats: [...SEATS, INVITED] }),
  "live-poor": () => [...inRoom(), { type: "message", nowMs: 0, message: { type: "quality", light: "poor", legs: [] } }],
  "live-muted": () => [...inRoom(), devices({ muted: true })],
  "live-camera-off": () => [...inRoom(), devices({ cameraOff: true }), { type: "corner", corner: "bottom-left" }],
  "live-chat": () => [...inRoom(), { type: "chat_open", open: true }, { type: "chat_sent", clientId: "c", text: "稍等，我去拿体检本。", at: CHAT[2].at }],
  "live-no-picture": () => inRoom({ seats: [SEATS[0], { ...SEATS[1], presence: "doubtful", doubts: ["camera_off"] }] }),
  "live-interrupted": () => [...inRoom(), { type: "call", call: "interrupted" }, { type: "connection", connection: "offline" }],
  "live-tap-to-play": () => [...inRoom(), { type: "play_blocked", blocked: true }],
  "live-weak-low": () => inRoom({ rungs: [weak("low", "downlink", "physician")] }),
  "live-still-saved": () => inRoom({ stills: { allowed: true, taken: 1 } }),
  "live-weak-stills": () => inRoom({ rungs: [weak("stills", "uplink", "physician")] }),
  "live-weak-sound": () => inRoom({ rungs: [weak("sound", "downlink", "physician"), weak("sound", "uplink")] }),
  "live-weak-chat": () => inRoom({ rungs: [weak("sound", "downlink", "physician"), weak("chat", "uplink")] }),
  "live-phone-call": () => [...inRoom(), devices({ audio: "lost", video: "lost" })],
  "live-leave": () => [...inRoom(), { type: "sheet", sheet: "leave" }],
  "live-menu": () => [...inRoom(), { type: "sheet", sheet: "menu" }],
  "live-withdraw": () => [...inRoom(), { type: "sheet", sheet: "withdraw" }],
  "live-trouble": () => [...inRoom(), { type: "sheet", sheet: "trouble" }],
  "live-licence": () => [...inRoom(), { type: "sheet", sheet: "licence" }],
  "held-guardian": () => held(cause("guardian_silent", 96_000)),
  "held-physician": () => held(cause("physician_silent", 280_000)),
  "held-recording": () => held(cause("recording_lost", 100_000)),
  "held-by-physician": () => held(cause("physician_hold", null)),
  "held-two": () => held(cause("guardian_silent", 96_000), cause("recording_lost", 110_000)),
  left: () => [...inRoom(), { type: "left" }],
  "superseded-other": () => [...inRoom(), { type: "message", nowMs: 0, message: { type: "superseded" } }, { type: "status", status: { ...STATUS, with_child: "韩*梅" } }],
  superseded: () => [...inRoom(), { type: "message", nowMs: 0, message: { type: "superseded" } }],
  closing: () => [...inRoom(waitingRoom), { type: "message", nowMs: 0, message: { type: "closing", retry_s: 15 } }],
  "ended-completed": () => [...ended("completed"), { type: "summary", summary: SUMMARY }],
  "ended-completed-amended": () => [...ended("completed"), { type: "summary", summary: { ...SUMMARY, told: [TOLD, { source: "amendment", text: "复查时请带上骨龄片。", at: "2026-03-06T09:00:00+08:00" }] } }],
  "ended-cancelled-told": () => [...ended("recording_lost"), { type: "summary", summary: { ...SUMMARY, outcome: "recording_lost", safety_net: [NOT_FINISHED, ...NET], told: [{ ...TOLD, source: "note", text: "网络中断前看到的皮疹不能排除感染，请今天带孩子到门诊。" }] } }],
  "ended-complaint-answered": () => [...ended("completed"), { type: "summary", summary: SUMMARY }, { type: "complaints", event: { type: "listed", list: [{ ...COMPLAINT, state: "answered" }] } }],
  "live-complaint-filing": () => [...inRoom(), ...complains(FILING)],
  "live-complaint-away": () => [...inRoom(), ...complains(FILING, { type: "away" })],
  "live-complaint": () => [...inRoom(), ...complains({ type: "listed", list: [COMPLAINT] })],
  "complaint-answered": () => [
    ...ended("completed"),
    ...complains({ type: "listed", list: [{ ...COMPLAINT, state: "answered", words: [{ source: "guardian", at: "2026-03-05T15:03:00+08:00", text: "等了一个小时，没有人告诉我们为什么。" }, { source: "coordinator", at: "2026-03-06T10:00:00+08:00", text: "很抱歉让您久等。已与科室核实，候诊超过 20 分钟将主动告知。" }] }] }),
  ],
  "complaint-withdrawn": () => [...ended("completed"), ...complains({ type: "listed", list: [{ ...COMPLAINT, state: "withdrawn" }] })],
  "ended-completed-waiting": () => ended("completed"),
  "ended-completed-late": () => [...ended("completed"), { type: "records_late" }],
  "ended-referred": () => [...ended("referred", { referral: { id: "r1", reason: LETTER.reason.code, urgency: "within_2w" } }), { type: "letter", letter: LETTER }],
  "ended-referred-emergency": () => [...ended("referred", { referral: { id: "r1", reason: "x", urgency: "emergency" } }), { type: "letter", letter: { ...LETTER, urgency: "emergency" } }],
  "ended-referred-waiting": () => ended("referred", { referral: { id: "r1", reason: "x", urgency: "within_2w" } }),
  "ended-guardian-absent": () => ended("guardian_absent"),
  "ended-physician-absent": () => ended("physician_absent"),
  "ended-no-show": () => ended("no_show"),
  "ended-recording-lost": () => ended("recording_lost"),
  "ended-consent-withdrawn": () => ended("consent_withdrawn"),
  "ended-cancelled": () => ended("cancelled"),
};

export const NAMES = Object.keys(STORIES);

/** @param {string} name @param {"zh" | "en"} language */
export function stateOf(name, language) {
  const events = STORIES[name](language);
  const chosen = events[0]?.type !== "unchosen";
  return events.filter((event) => event.type !== "unchosen").reduce(reduce, initialState(language, chosen));
}
