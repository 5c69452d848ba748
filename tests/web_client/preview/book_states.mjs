/** Every state of the booking page, reached as a reader reaches it: by what happens, through the page's own rules. */

const { initial, reduce } = await import(globalThis.document ? "/web/book/state.js" : "../../../web_client/book/state.js");

const WORDS = {
  zh: {
    now: "孩子现在的情况", ask: "孩子现在有下面的情况吗？", several: "可以选多项。", breathing: "呼吸费力、面色或口唇发青，或者脸、嘴唇、舌头肿", dry: "6 小时以上没有小便，或哭时没有眼泪、眼窝凹陷", none: "以上都没有",
    visit: "这次就诊", concern: "这次主要想看哪方面？", growth: "身高、生长发育", skin: "皮肤",
    why: "呼吸费力、口唇发青或面部肿胀，需要马上急救。", why2: "隐私部位只在医院当面检查。", net: ["等待就诊期间如果出现呼吸困难、抽搐或意识不清，请立即拨打 120。", "如果情况变重，请到医院当面就诊。"],
  },
  en: {
    now: "How the child is now", ask: "Does the child have any of these now?", several: "You can choose several.", breathing: "Hard work to breathe, blue face or lips, or swelling of face, lips or tongue", dry: "No urine for 6 hours, or no tears when crying, or sunken eyes", none: "None of these",
    visit: "This visit", concern: "What is this visit mainly about?", growth: "Height, growth and development", skin: "The skin",
    why: "Trouble breathing, blue lips or a swollen face need help at once.", why2: "Intimate parts are only examined in person.", net: ["While you wait: call 120 if your child has trouble breathing, a seizure, or cannot be woken.", "If it gets worse, see a doctor in person."],
  },
}; // prettier-ignore

const formOf = (language, w) => ({
  version: "routing-2026-1", field: "routing", language, title: "", intro: "", sha256: "ab",
  groups: [
    { link_id: "group_now", text: w.now, questions: [{ link_id: "now", type: "choice", text: w.ask, help: w.several, required: true, repeats: true, options: [{ code: "breathing", text: w.breathing, exclusive: false }, { code: "dry", text: w.dry, exclusive: false }, { code: "none", text: w.none, exclusive: true }] }] },
    { link_id: "group_concern", text: w.visit, questions: [{ link_id: "concern", type: "choice", text: w.concern, required: true, repeats: false, options: [{ code: "growth", text: w.growth, exclusive: false }, { code: "skin", text: w.skin, exclusive: false }] }] },
  ],
}); // prettier-ignore

export const HOSPITALS = [
  { id: "h1", name: "示范儿童医院", name_en: "Demo Children's Hospital", fields: ["growth", "nutrition"], youngest_years: 0, oldest_years: 17 },
  { id: "h2", name: "首都儿童健康中心附属第一儿童医院", name_en: "First Children's Hospital of the Capital Center for Children's Health", fields: ["growth"], youngest_years: 3, oldest_years: 13 },
];
const DEPARTMENT = { id: "d1", name: "内分泌遗传代谢科", name_en: "Endocrinology, Genetics and Metabolism" };
export const SPECIALISTS = [
  { id: "s1", name: "王芳", title: "主任医师", rank: "chief", licence: "110110000000001", department: DEPARTMENT, next_at: "2026-11-23T01:00:00Z" },
  { id: "s2", name: "买买提·阿不都热西提", title: "副主任医师、副教授", rank: "associate_chief", licence: "110110000000002", department: DEPARTMENT, next_at: "2026-11-25T06:30:00Z" },
];
const at = (day, minutes) => new Date(Date.UTC(2026, 10, day, 1, minutes)).toISOString();
export const SLOTS = [23, 24, 25, 27, 28, 30].flatMap((day) => [0, 30, 60, 90, 300, 330, 360].map((minutes) => ({ id: `t-${day}-${minutes}`, starts_at: at(day, minutes), ends_at: at(day, minutes + 30) })));
const TYPED = { child_name: "陈小雨", sex: "female", birth_date: "2019-06-01", guardian_name: "陈静", relation: "mother", phone: "13912345678", email: "" };
/** Of the link below. */
const CODE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAFoAAABaAQAAAAAQ03yvAAABGElEQVR42r1UMWoAMAiUugbyFcFV8OtC1oBfEVyFNJ1aatbWLRze6eUSON9l8JcHwFlhSqD2AT/raMbWefI0hDhgwEl8IEOIjF+IjKx49GiKkSd3HUD+qsds5yDb0q8VfrMRnSSF2dl0oIAxtZ6x7lwVvhqyd7I7jWhIGJiwrmg6oRoYcq1rExhWlgg2ZB2/EhzU2KZtVwxYDTG/TVCr77NDIKlO18FxZ8DS3gOh6/pj2R2dOKlMpLNhhO8q6Pso+Rps3Nn45ioKute0fU23qQ+v3eeu1ZEaxj5S+i1gjBpDoU9ws7Ompcojb3IDfLjraPqN59G+KfE0XQ7weiW5Ztp6INsckh9epwluetwpILhaWT3ewn/8FJ8M+LSJyZST5wAAAABJRU5ErkJggg==";
export const MADE = {
  visit: "v1", hospital: { name: "示范儿童医院", name_en: "Demo Children's Hospital", phone: "01000000000" }, department: DEPARTMENT.name, field: "growth", physician: { name: "王芳", title: "主任医师", rank: "chief", licence: "110110000000001" },
  starts_at: SLOTS[0].starts_at, ends_at: SLOTS[0].ends_at, link: "https://peitong.example/j/Zm9ydHktdGhyZWUtY2hhcmFjdGVycy1vZi1hLXRva2VuLi4u", link_expires_at: at(30, 0), qr: CODE,
}; // prettier-ignore
const PENDING = { hospital: "h1", key: "k".repeat(43), body: {} };

/** Each state is the one before it in its own list, and what happens then. */
const opened = (language) => [{ type: "form", form: formOf(language, WORDS[language]) }];
const signs = (language) => [...opened(language), { type: "answered", link: "now", answer: ["none"] }];
const concern = (language) => [...signs(language), { type: "routed", route: null, complete: false }];
const toField = (language) => [...concern(language), { type: "answered", link: "concern", answer: "growth" }, { type: "routed", complete: true, route: { outcome: "field", field: "growth", why: [], safety_net: WORDS[language].net } }];
const atHospital = (language) => [...toField(language), { type: "went", screen: "hospital" }];
const hospitals = (language) => [...atHospital(language), { type: "hospitals", items: HOSPITALS }];
const atSpecialist = (language) => [...hospitals(language), { type: "hospital", hospital: HOSPITALS[0] }];
const specialists = (language) => [...atSpecialist(language), { type: "specialists", items: SPECIALISTS }];
const atTime = (language) => [...specialists(language), { type: "specialist", specialist: SPECIALISTS[0] }];
const times = (language) => [...atTime(language), { type: "times", items: SLOTS, next: "2026-12-01", more: false }];
const details = (language) => [...times(language), { type: "slot", slot: SLOTS[1] }];
const typed = (language) => [...details(language), ...Object.entries(TYPED).map(([name, value]) => ({ type: "typed", name, value }))];
const refused = (code, words, wrong = {}) => (language) => [...typed(language), { type: "sending", pending: PENDING }, { type: "refused", code, words: words[language], wrong }];
const said = (zh, en) => ({ zh, en });

const STORIES = {
  opening: () => [],
  "opening-failed": () => [{ type: "form_failed", code: "network" }],
  signs: opened,
  "signs-missing": (language) => [...opened(language), { type: "faults", faults: { now: "required" } }],
  "signs-asking": (language) => [...signs(language), { type: "asking" }],
  "signs-no-answer": (language) => [...signs(language), { type: "routing_failed" }],
  concern,
  emergency: (language) => [...opened(language), { type: "answered", link: "now", answer: ["breathing"] }, { type: "routed", complete: false, route: { outcome: "emergency", field: null, why: [WORDS[language].why], safety_net: WORDS[language].net } }],
  "in-person": (language) => [...concern(language), { type: "answered", link: "concern", answer: "skin" }, { type: "routed", complete: true, route: { outcome: "in_person", field: null, why: [WORDS[language].why2], safety_net: WORDS[language].net } }],
  field: toField,
  "hospitals-loading": (language) => [...atHospital(language), { type: "fetching", what: "hospitals" }],
  "hospitals-failed": (language) => [...atHospital(language), { type: "fetch_failed", what: "hospitals", code: "network" }],
  hospitals,
  "hospitals-none": (language) => [...atHospital(language), { type: "hospitals", items: [] }],
  specialists,
  "specialists-none": (language) => [...atSpecialist(language), { type: "specialists", items: [] }],
  times,
  "times-none": (language) => [...atTime(language), { type: "times", items: [], next: null, more: false }],
  details,
  "details-wrong": (language) => [...details(language), { type: "typed", name: "child_name", value: "小雨2" }, { type: "wrong", wrong: { child_name: "not_a_name", sex: "required", birth_date: "required", guardian_name: "required", relation: "required", phone: "not_a_phone" } }],
  "details-typed": typed,
  sending: (language) => [...typed(language), { type: "sending", pending: PENDING }],
  unsure: (language) => [...typed(language), { type: "sending", pending: PENDING }, { type: "unsure" }],
  "time-gone": (language) => [...refused("slot_taken", said("", ""))(language), { type: "times", items: SLOTS.slice(2), next: null, more: false }],
  "too-old": refused("age_outside_limits", said("患儿年龄不在医院的接诊范围内。", "The child's age is outside what the hospital sees online.")),
  "too-often": refused("too_many_attempts", said("", "")),
  "hospital-closed": (language) => [...refused("not_found", said("", ""))(language), { type: "hospitals", items: HOSPITALS.slice(1) }],
  offline: (language) => [...typed(language), { type: "online", online: false }],
  done: (language) => [...typed(language), { type: "made", made: MADE }],
  "done-copied": (language) => [...typed(language), { type: "made", made: MADE }, { type: "copied", copied: true }],
  "done-replaced": (language) => [...typed(language), { type: "made", made: { ...MADE, link: null, qr: null, link_expires_at: null } }],
}; // prettier-ignore

export const NAMES = Object.keys(STORIES);

/** @param {string} name @param {"zh" | "en"} language */
export function stateOf(name, language) {
  return STORIES[name](language).reduce(reduce, initial(language, true));
}
