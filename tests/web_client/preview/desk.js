/** One state of the desk's page on screen: `?state=booking&language=en`. What is typed and chosen works; nothing is sent. */

import { initial, reduce } from "/web/desk/state.js";
import { view } from "/web/desk/view.js";
import { translator } from "/web/shared/i18n/i18n.js";
import { render } from "/web/shared/ui/dom.js";

const NOW = "2026-11-23T02:10:00.000Z";
const DAY = "2026-11-23";
const at = (hour, minute = 0, day = DAY) => new Date(Date.parse(`${day}T00:00:00+08:00`) + (hour * 60 + minute) * 60_000).toISOString();
const wang = { id: "p1", name: "王芳", title: "主任医师" };
const chen = { id: "p2", name: "陈思远", title: "副主任医师" };
const visit = (id, hour, minute, more = {}) => ({
  id,
  revision: 1,
  kind: "first",
  field: "growth",
  state: "waiting",
  outcome: null,
  starts_at: at(hour, minute),
  ends_at: at(hour, minute + 20),
  waiting_since: null,
  department: "d1",
  department_name: "内分泌遗传代谢科",
  physician: wang,
  child: { id: `c-${id}`, name: "张小明", sex: "male", birth_date: "2018-03-05" },
  guardian: { id: `g-${id}`, name: "李雷", phone: "138****0000" },
  relation: { kind: "father", proof: "household_register" },
  link: { expires_at: at(9, 0, "2026-11-29"), redeemed_at: null },
  ...more,
});
const child = (name, sex, birth_date) => ({ id: `c-${name}`, name, sex, birth_date });
const VISITS = [
  visit("a", 9, 0, { state: "ended", outcome: "completed", child: child("周一诺", "female", "2019-07-01") }),
  visit("b", 9, 20, { state: "ended", outcome: "cancelled", child: child("吴承恩", "male", "2016-02-11") }),
  visit("c", 9, 40, { state: "live", child: child("钱多多", "female", "2020-12-30"), link: { expires_at: at(18), redeemed_at: at(9, 31) } }),
  visit("d", 10, 0, { child: child("张小明", "male", "2018-03-05") }),
  visit("e", 10, 20, { waiting_since: at(10, 5), child: child("孙可欣", "female", "2022-05-20"), guardian: { id: "g", name: "韩梅梅", phone: "139****2222" }, relation: { kind: "mother", proof: "birth_certificate" }, link: { expires_at: at(18), redeemed_at: at(9, 58) } }),
  visit("f", 10, 40, { physician: chen, field: "skin", department: "d2", department_name: "皮肤科", kind: "follow_up", child: child("阿依努尔·买买提", "female", "2021-01-09"), guardian: { id: "g2", name: "古丽·买买提", phone: "137****8811" }, relation: { kind: "mother", proof: "declared" } }),
  visit("g", 11, 0, { kind: "advice", child: child("赵小雨", "female", "2020-02-29"), link: { expires_at: at(18), redeemed_at: at(8, 2) } }),
];
const data = (visits = VISITS, more = false) => ({ type: "data", data: { now: NOW, day: DAY, visits, more }, atMs: 0 });
const me = { name: "孙静", role: "desk", hospital: "示范儿童医院" };
const signedIn = { type: "signed_in", me, atMs: 0 };
const open = (panel, id = "d") => [signedIn, data(), { type: "offer", offer: OFFER }, { type: "select", visit: id }, { type: "panel", panel }, { type: "opened", visit: VISITS.find((each) => each.id === id) }];
const OFFER = {
  departments: [
    { id: "d1", name: "内分泌遗传代谢科", name_en: "Endocrinology and metabolism", fields: ["growth", "nutrition"] },
    { id: "d2", name: "皮肤科", name_en: "Dermatology", fields: ["skin"] },
  ],
  physicians: [wang, chen],
  fields: ["growth", "nutrition", "skin"],
  proofs: ["household_register", "birth_certificate", "court_order", "other"],
  delegated_adults: true,
};
const slots = ["2026-11-24", "2026-11-25", "2026-11-26"].flatMap((day, d) =>
  [0, 1, 2, 3, 4, 5, 6, 7].slice(d).map((n) => ({ id: `s${d}${n}`, physician: n % 3 ? "p1" : "p2", department: "d1", field: "growth", starts_at: at(9, n * 20, day), ends_at: at(9, n * 20 + 20, day) })),
);
const free = (items = slots, more = false) => [{ type: "slots_asked", asked: "x" }, { type: "slots", asked: "x", items, more }];
const known = (name, phone, kind = "mother") => ({ child: child(name, "female", "2020-02-29"), guardian: { id: `g-${name}`, name: "赵敏", phone }, relation: { kind, proof: "birth_certificate" } });
const FAMILIES = [known("赵小雨", "139****2222"), known("赵小雪", "139****2222"), { child: child("赵一", "male", "2017-04-01"), guardian: null, relation: null }];
const found = (families = FAMILIES, more = false) => ({ type: "found", text: "赵", families, more });
const booking = (change) => ({ type: "booking", change });
const BOOK = [signedIn, data(), { type: "offer", offer: OFFER }, { type: "panel", panel: "book" }];
const CHOSEN = [...BOOK, booking({ text: "赵" }), found(), booking({ family: FAMILIES[0] }), booking({ field: "growth" }), ...free()];
const FILLED = [...BOOK, booking({ who: "new", child: { name: "赵小雨", sex: "female", birth_date: "2020-02-29" }, guardian: { name: "赵敏", phone: "139 1111 2222" }, relation: { kind: "mother", proof: "birth_certificate" } }), booking({ field: "growth" }), ...free(), booking({ slot: slots[2] })];
const refused = (code, detail = "", at = []) => ({ type: "refused", problem: { code, detail, at } });
const QR = encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29"><path fill="#fff" d="M0 0h29v29H0z"/><path d="${[...Array(29)].map((_, y) => [...Array(29)].map((__, x) => ((x * 7 + y * 13 + x * y) % 3 ? "" : `M${x} ${y}h1v1h-1z`)).join("")).join("")}"/></svg>`,
);
const told = { visit: "d", link: "https://visit.hospital.example/j/kP3x0vQ9o2cW7bLrT5yZ8aN1mE4uHsDgFjXcVqRtKwY", link_expires_at: at(9, 0, "2026-11-30"), qr: QR };
const REFUSALS = {
  since: "2026-10-24",
  until: DAY,
  counts: [
    { day: "2026-11-20", code: "slot_taken", count: 2 },
    { day: "2026-11-22", code: "slot_taken", count: 5 },
    { day: "2026-11-22", code: "training_expired", count: 1 },
    { day: "2026-11-23", code: "visit_open", count: 3 },
  ],
  reasons: [
    { code: "training_expired", zh: "医师的培训在就诊当日已过有效期。", en: "The physician's training is no longer valid on that day." },
    { code: "slot_taken", zh: "该号源已被预约。", en: "This slot is taken." },
    { code: "visit_open", zh: "患儿在该专业已有一次未结束的就诊。", en: "The child has a visit in this field that has not ended yet." },
  ],
};

const mother = { guardian: { id: "g9", name: "韩梅梅", phone: "139****2222" }, relation: { kind: "mother", proof: "birth_certificate" } };
const GRANDMOTHER = { guardian: { id: "g8", name: "周秀英", phone: "136****7788" }, relation: { kind: "legal_guardian", proof: "court_order" } };
const NO_FURTHER = { guardians: [], others: [mother, GRANDMOTHER], most: 4 };
const WITH_MOTHER = { guardians: [{ ...mother, link: { expires_at: at(9, 0, "2026-11-30"), redeemed_at: at(9, 50) } }], others: [GRANDMOTHER], most: 4 };
const FULL = { guardians: ["a", "b", "c", "d"].map((id) => ({ ...mother, guardian: { ...mother.guardian, id }, link: null })), others: [], most: 4 };
const guardians = (given = WITH_MOTHER) => ({ type: "guardians", visit: "d", given });
const further = (change) => ({ type: "further", change });
const NEWCOMER = further({ chosen: "new", guardian: { name: "周明", phone: "137 1111 2222", email: "", language: "zh" }, relation: { kind: "father", proof: "birth_certificate" } });

const STATES = {
  loading: [],
  "sign-in": [{ type: "signed_out" }],
  reading: [signedIn],
  none: [signedIn, data([])],
  day: [signedIn, data(VISITS, true), { type: "select", visit: "d" }],
  stale: [signedIn, data(), { type: "tick", atMs: 50_000 }],
  visit: open("visit"),
  "visit-phone": [...open("visit"), { type: "phone", visit: "d", phone: "13800000000" }],
  "visit-unsaved": [...open("visit"), { type: "sent" }, refused("unavailable", "系统暂时不可用，请稍后再试。")],
  "visit-here": open("visit", "e"),
  "visit-ended": open("visit", "a"),
  "visit-live": open("visit", "c"),
  "visit-declared": open("visit", "f"),
  proof: [...open("proof", "f"), { type: "choose", proof: "household_register" }],
  moved: [...open("visit"), { type: "done", what: "move", visit: { ...VISITS[3], notified: true } }],
  "moved-tell": [...open("visit"), { type: "done", what: "move", visit: { ...VISITS[3], notified: false } }],
  cancelled: [...open("visit"), { type: "done", what: "cancel", visit: { ...VISITS[3], state: "ended", outcome: "cancelled", notified: true } }],
  "proof-done": [...open("proof", "f"), { type: "done", what: "proof", visit: { ...VISITS[5], relation: { kind: "mother", proof: "household_register" } } }],
  move: [...open("move"), ...free(slots.filter(({ physician }) => physician === "p1")), { type: "choose", moveTo: slots[4] }],
  "move-changed": [...open("move"), ...free([]), refused("precondition_failed")],
  cancel: open("cancel"),
  "cancel-chosen": [...open("cancel"), { type: "choose", reason: "family" }],
  "cancel-refused": [...open("cancel"), { type: "choose", reason: "family" }, refused("visit_under_way", "家属已在候诊或就诊已开始，不能再从外部更改。")],
  "no-show": open("no_show"),
  link: open("link", "g"),
  told: [...open("visit"), { type: "done", what: "link", told }],
  "told-copied": [...open("visit"), { type: "done", what: "booked", told }, { type: "copied" }],
  "book-loading": [signedIn, data(), { type: "panel", panel: "book" }],
  book: BOOK,
  "book-found": CHOSEN,
  "book-nobody": [...BOOK, booking({ text: "欧阳" }), { ...found([]), text: "欧阳" }],
  "book-missing": [...BOOK, booking({ who: "new" }), booking({ field: "growth" }), ...free(), { type: "tried" }],
  "book-filled": FILLED,
  "book-delegated": [...FILLED, booking({ relation: { kind: "delegated", proof: "" } })],
  "book-taken": [...FILLED, { type: "sent" }, refused("slot_taken"), ...free(slots.filter(({ id }) => id !== "s02"), true)],
  "book-refused": [...FILLED, { type: "sent" }, refused("training_expired", "医师的培训在就诊当日已过有效期。患儿年龄不在医院的接诊范围内。")],
  "book-full": [...BOOK, booking({ field: "skin" }), ...free([])],
  "book-offline": [...FILLED, { type: "sent" }, refused("network")],
  "visit-guardians": [...open("visit"), guardians()],
  "further-reading": open("further"),
  further: [...open("further"), guardians(NO_FURTHER), further({ chosen: "g9" })],
  "further-mother": [...open("further"), guardians()],
  "further-open": [...open("further"), guardians(), further({ chosen: "new" }), { type: "tried" }],
  "further-new": [...open("further"), guardians(), NEWCOMER],
  "further-unsure": [...open("further"), guardians(), NEWCOMER, { type: "sent", adding: { key: "k", body: {} } }, refused("network")],
  "further-removing": [...open("further"), guardians(), further({ removing: "g9" })],
  "further-removed": [...open("further"), guardians(NO_FURTHER), { type: "done", what: "removed" }],
  "further-refused": [...open("further"), guardians(), refused("visit_under_way")],
  "further-full": [...open("further"), guardians(FULL)],
  "further-told": [...open("further"), guardians(), { type: "done", what: "further", told: { ...told, guardian: "g9" } }],
  refusals: [signedIn, data(), { type: "panel", panel: "refusals" }, { type: "refusals", refusals: REFUSALS }],
  "refusals-none": [signedIn, data(), { type: "panel", panel: "refusals" }, { type: "refusals", refusals: { ...REFUSALS, counts: [], reasons: [] } }],
};

let state = initial();
let language = "zh";
const draw = () => render(document.querySelector("#app"), view(state, { t: translator(language), language, emit }));
const emit = (intent) => {
  if (["booking", "choose", "further", "panel", "select"].includes(intent.type)) state = reduce(state, intent);
  draw();
};
window.names = Object.keys(STATES);
/** Shows one state in one language. */
window.show = (name, inLanguage) => {
  [state, language] = [STATES[name].reduce(reduce, initial()), inLanguage];
  document.documentElement.lang = language;
  draw();
};
const query = new URLSearchParams(location.search);
window.show(query.get("state") ?? "day", query.get("language") === "en" ? "en" : "zh");
document.documentElement.dataset.ready = "yes";
