/** One state of the care coordinator's page on screen: `?state=overdue&language=en`. Nothing is sent. */

import { initial, reduce } from "/web/coordinator/state.js";
import { view } from "/web/coordinator/view.js";
import { translator } from "/web/shared/i18n/i18n.js";
import { render } from "/web/shared/ui/dom.js";

const NOW = "2026-11-23T10:10:00+08:00";
const at = (day, time) => `2026-11-${day}T${time}:00+08:00`;
const REASONS = {
  headache: { zh: "夜间痛醒的头痛，需要当面检查眼底和神经系统。", en: "Headache that wakes the child: eyes and nerves must be examined in person." },
  growth: { zh: "身高增长过慢，需要骨龄和化验检查。", en: "Slow growth: bone age and blood tests are needed." },
  skin: { zh: "皮疹范围大，远程无法判断。", en: "A large rash that cannot be judged remotely." },
};
const line = (referral, more = {}) => ({
  referral,
  number: `ZZ-261123-${referral.toUpperCase().padEnd(8, "0")}`,
  urgency: "within_2w",
  issued_at: at(22, "15:02"),
  state: "issued",
  overdue: null,
  due: { step: "received", at: at(25, "15:02") },
  too_late: false,
  not_sent: 0,
  child: "周*诺",
  age_years: 7,
  guardian: "周*",
  phone: "138****0000",
  hospital: "示范儿童医院",
  department: "内分泌遗传代谢科",
  department_en: "Endocrinology and metabolism",
  endpoint: true,
  reason: REASONS.growth,
  receipts: [],
  contacted_at: null,
  notes: [],
  ...more,
});
const SENT = { state: "sent", at: at(22, "15:03"), appointment_at: null };
const RECEIVED = { state: "received", at: at(22, "16:20"), appointment_at: null };
const BOOKED = { state: "booked", at: at(22, "17:05"), appointment_at: at(27, "09:30") };
const SEEN = { state: "seen", at: at(23, "09:40"), appointment_at: null };

const ISSUED = line("a1");
const PAPER = line("a2", { endpoint: false, child: "阿*尔", guardian: "古*·买买提", department: "皮肤科", department_en: "Dermatology", reason: REASONS.skin, urgency: "within_30d", age_years: 4 });
const ON_ITS_WAY = [
  ISSUED,
  PAPER,
  line("b1", { state: "sent", receipts: [SENT] }),
  line("c1", { state: "received", receipts: [SENT, RECEIVED], due: { step: "booked", at: at(25, "15:02") }, child: "孙*欣" }),
  line("d1", { state: "booked", receipts: [SENT, RECEIVED, BOOKED], due: { step: "seen", at: at(29, "15:02") }, contacted_at: at(23, "09:02"), notes: [{ fact: "contacted", at: at(23, "09:02"), words: "妈妈知道时间，会带疫苗本和以前的化验单。" }] }),
];
const CLOSED = line("e1", { state: "seen", receipts: [SENT, RECEIVED, BOOKED, SEEN], due: null, urgency: "routine" });
const EMERGENCY = line("f1", {
  urgency: "emergency", issued_at: at(23, "08:05"), overdue: { step: "received", since: at(23, "09:05") }, due: { step: "seen", at: at(23, "12:05") }, not_sent: 3,
  child: "吴*恩", guardian: "韩*梅", phone: "139****2222", department: "急诊科", department_en: "Emergency Department", reason: REASONS.headache,
}); // prettier-ignore
const TOO_LATE = line("f2", { state: "booked", too_late: true, receipts: [SENT, RECEIVED, { ...BOOKED, appointment_at: at(30, "14:00") }], due: { step: "seen", at: at(25, "15:02") }, urgency: "within_24h", child: "钱*多" });
const NOT_SEEN = line("f3", { state: "booked", receipts: [RECEIVED, BOOKED], issued_at: at(10, "10:00"), overdue: { step: "seen", since: at(20, "10:00") }, due: null, contacted_at: at(21, "11:30"), notes: [{ fact: "contacted", at: at(21, "11:30"), words: "外公说孩子在外地，下周回来再去。" }] });
const OVERDUE = [EMERGENCY, TOO_LATE, NOT_SEEN];

const concern = (id, more = {}) => ({
  id, number: `TS-261123-${id.toUpperCase().padEnd(8, "0")}`, kind: "complaint", category: "none", source: "guardian", at: at(23, "09:12"), state: "open",
  child: "张*明", guardian: "李*", phone: "138****0000", field: "growth", physician: "王芳", starts_at: at(23, "08:40"), words: [], ...more,
}); // prettier-ignore
const said = (source, time, text) => ({ source, at: at(23, time), text });
const WORDS = said("guardian", "09:14", "等了一个多小时才接诊。\n医师没有开摄像头，问了几句就结束了。");
const ANSWER = said("coordinator", "09:50", "已与您电话沟通，抱歉让您久等。王医师当时网络中断，已为您免费改约明天上午。");
const incident = (id, more) => concern(id, { kind: "incident", number: `SJ-261123-${id.toUpperCase().padEnd(8, "0")}`, source: "physician", ...more });
const COMPLAINTS = [concern("k1", { words: [WORDS] }), concern("k2", { at: at(23, "10:01"), child: "孙*欣", physician: "陈思远", field: "skin" })];
const INCIDENTS = [
  incident("i1", { category: "privacy", words: [said("physician", "09:22", "画面里出现了另一位患儿的病历。")] }),
  incident("i2", { category: "technical", source: "operations", at: at(23, "09:40") }),
];
const ANSWERED = [
  concern("k3", { state: "answered", words: [WORDS, ANSWER] }),
  incident("i3", { category: "safeguarding", state: "answered", words: [said("physician", "09:22", "孩子手臂有多处旧伤，解释前后不一。"), said("coordinator", "10:00", "已联系社工，今天下午回访。")] }),
  concern("k4", { state: "withdrawn" }),
];
const REOPENED = concern("k5", { words: [WORDS, ANSWER, said("guardian", "10:05", "还没有接到电话。")] });

const me = { name: "周琳", role: "coordinator", hospital: "示范儿童医院" };
const signedIn = { type: "signed_in", me, atMs: 0 };
const shown = (referrals, concerns = [], more = false) => [signedIn, { type: "data", data: { now: NOW, referrals, more, concerns, moreConcerns: more }, atMs: 0 }];
const toggled = (id) => ({ type: "toggle", id });
const refused = (code, retryAfterS = null) => [{ type: "signed_out" }, { type: "sign_in_failed", code, retryAfterS, atMs: 0 }];

const STATES = {
  loading: [],
  "sign-in": [{ type: "signed_out" }],
  "sign-in-refused": refused("sign_in_failed"),
  "sign-in-role": refused("wrong_role"),
  "sign-in-later": refused("too_many_attempts", 42),
  reading: [signedIn],
  empty: shown([]),
  fine: shown([...ON_ITS_WAY, CLOSED]),
  overdue: shown([...OVERDUE, ...ON_ITS_WAY, CLOSED]),
  many: shown([...Array(24)].map((_, n) => ({ ...OVERDUE[n % 3], referral: `m${n}` })), [...Array(9)].map((_, n) => concern(`n${n}`)), true),
  opened: [...shown([...OVERDUE, ...ON_ITS_WAY, CLOSED]), ...["f1", "f3", "a2", "e1"].map(toggled)],
  "ask-booked": [...shown([EMERGENCY, TOO_LATE]), toggled("f2"), { type: "ask", referral: "f2", fact: "booked" }],
  "ask-seen": [...shown([EMERGENCY, TOO_LATE]), toggled("f1"), { type: "ask", referral: "f1", fact: "seen" }],
  "ask-reopened": [...shown([CLOSED]), toggled("e1"), { type: "ask", referral: "e1", fact: "reopened" }],
  called: [...shown([EMERGENCY]), { type: "asked", referral: "f1" }, { type: "phone", referral: "f1", phone: "13912342222" }],
  busy: [...shown([EMERGENCY, ISSUED]), { type: "asked", referral: "f1" }],
  refused: [...shown([EMERGENCY]), { type: "asked", referral: "f1" }, { type: "failed", referral: "f1", code: "unavailable" }],
  complaints: shown([ISSUED], COMPLAINTS),
  "complaint-called": [...shown([ISSUED], COMPLAINTS), { type: "asked", referral: "k1" }, { type: "phone", referral: "k1", phone: "13812340000" }],
  incidents: shown([ISSUED], INCIDENTS),
  reopened: [...shown([], [REOPENED]), toggled("k5")],
  answered: shown([CLOSED], ANSWERED),
  "answer-refused": [...shown([], COMPLAINTS), { type: "asked", referral: "k1" }, { type: "failed", referral: "k1", code: "network" }],
  everything: shown([...OVERDUE, ...ON_ITS_WAY, CLOSED], [...COMPLAINTS, ...INCIDENTS, ...ANSWERED]),
  stale: [...shown([ISSUED], COMPLAINTS), { type: "tick", atMs: 62_000 }],
};

/** Shows one state in one language. */
window.show = (name, language) => {
  document.documentElement.lang = language;
  render(document.querySelector("#app"), view(STATES[name].reduce(reduce, initial()), { t: translator(language), language, emit: () => {} }));
};
const query = new URLSearchParams(location.search);
window.show(query.get("state") ?? "everything", query.get("language") === "en" ? "en" : "zh");
document.documentElement.dataset.ready = "yes";
