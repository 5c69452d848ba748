/** One state of the letter's page on screen: `?state=emergency&language=en` (English beside). */

import { view } from "/web/letter/view.js";
import { render } from "/web/shared/ui/dom.js";

const letter = {
  referral: "r1",
  number: "ZZ-2026-000127",
  issued_at: "2026-11-22T06:18:00.000Z",
  urgency: "emergency",
  by_when: "立即 · now",
  reason: {
    code: "headache_on_waking",
    text_zh: "夜间或晨起头痛，需要当面检查神经系统",
    text_en: "Headache at night or on waking: the nervous system must be examined in person",
  },
  physician: { name: "陈明远", title: "主任医师", licence: "110000000000123" },
  hospital: "首都儿童医学中心",
  hospital_en: "Capital Center for Children's Health",
  department: "内分泌科急诊",
  child: { name: "乐㼆儿", sex: "male", birth_date: "2018-04-02" },
  guardian: { name: "王晓芳", relation: "mother", phone: "13800002231", call_back: "13911112222" },
  history: "近两周晨起头痛 5 次，伴呕吐 2 次。\n身高 122 cm（家长测量，靠墙，10 月 30 日），体重 24.5 kg（家用秤）。",
  measurements: [
    { kind: "height", value: "122", on: "2026-10-30", method: "standing_home", sure: false },
    { kind: "weight", value: "24.5", on: "2026-10-30", method: "scale_home", clothes: "light", sure: false },
  ],
  documents: { pictures: 2, papers: 1 },
  not_examined: "眼底、视野、神经系统查体。",
  told_family: "今天就去急诊，不要等预约；路上出现抽搐或叫不醒请拨打 120。",
  safety_net: [
    {
      zh: "出现抽搐、叫不醒、反复呕吐或突然看不清：立即拨打 120。",
      en: "Seizures, hard to wake, repeated vomiting or sudden loss of sight: call 120 at once.",
    },
    { zh: "到达后向分诊台出示本单。", en: "Show this letter at triage on arrival." },
    {
      zh: "如果接诊医院没有安排，请致电本院门诊办公室。",
      en: "If the hospital cannot see your child, call our outpatient office.",
    },
  ],
  journal_head: "a3f19c0d5e7788aa01234567deadbeefcafef00d8899aabbccddeeff00112233",
  receipt: "sent",
  receipts: [{ state: "sent", at: "2026-11-22T06:18:20.000Z", appointment_at: null }],
  receipt_qr: null,
  destination: { hospital: "首都儿童医学中心", hospital_en: "Capital Center for Children's Health", department: "急诊科", department_en: "Emergency Department" },
  page: "",
  pdf: "/x.pdf",
  fhir: "",
};
const STATES = {
  emergency: { kind: "letter", letter },
  weeks: { kind: "letter", letter: { ...letter, urgency: "within_2w", by_when: "2026-12-06", history: "", measurements: [], documents: { pictures: 0, papers: 0 }, receipt: "booked" } },
  routine: { kind: "letter", letter: { ...letter, urgency: "routine", by_when: "择期 · routine", receipt: "seen" } },
  summary: {
    kind: "summary",
    summary: {
      outcome: "completed",
      told: [
        { source: "summary", text: "生长速度正常，每年约 5.5 厘米。\n建议保证睡眠与户外运动，3 个月后复查身高体重。", at: "2026-11-22T06:18:00Z" },
        { source: "amendment", text: "复查时请带上骨龄片。", at: "2026-11-23T02:00:00Z" },
      ],
      safety_net: [
        { zh: "出现头痛、反复呕吐、视力下降，请尽快到医院就诊。", en: "Headache, repeated vomiting, failing vision: see a doctor in person soon." },
        { zh: "孩子呼吸困难、抽搐或叫不醒时，请立即拨打 120。", en: "Trouble breathing, a seizure, cannot be woken: call 120 at once." },
      ],
      physician: "陈明远",
      hospital: "首都儿童医学中心",
      ended_at: "2026-11-22T06:18:00Z",
    },
  },
  loading: { kind: "loading" },
  none: { kind: "none", ended: false },
  denied: { kind: "problem", code: "not_signed_in" },
};
/** Shows one state; "en" means English beside the Chinese. */
window.show = (name, language) => {
  document.documentElement.lang = language;
  render(
    document.querySelector("#app"),
    view({ paper: STATES[name], role: "guardian", visit: "v1", english: language === "en" }, () => {}),
  );
};
const query = new URLSearchParams(location.search);
window.show(query.get("state") ?? "weeks", query.get("language") === "en" ? "en" : "zh");
document.documentElement.dataset.ready = "yes";
