/** What is told before a visit, for the galleries: a short questionnaire in both languages, and what the physician reads of it. */

const say = (language, zh, en) => (language === "zh" ? zh : en);

/** @param {"zh" | "en"} language @param {object} [more] */
export function form(language, more = {}) {
  const w = (zh, en) => say(language, zh, en);
  const option = (code, zh, en, exclusive = false) => ({ code, text: w(zh, en), exclusive });
  const question = (link_id, type, text, rest = {}) => ({ link_id, type, text, required: true, repeats: false, ...rest });
  return {
    questionnaire: {
      version: "growth-2026-1", field: "growth", language, sha256: "0".repeat(64), title: w("生长发育问卷", "Questions about growth"),
      intro: w("大约需要 5 分钟，可以随时停下，回答会自动保存。", "About 5 minutes. You can stop at any time; answers are saved as you go."),
      groups: [
        { link_id: "group_signs", text: w("需要先了解的情况", "First of all"), questions: [
          question("signs", "choice", w("孩子最近有下面的情况吗？", "Has the child had any of these lately?"), { repeats: true, help: w("可以选多项。", "You can choose several."), options: [
            option("head_night", "夜里痛醒，或早晨醒来就头痛", "Headache at night or on waking"), option("seizure", "最近第一次抽搐", "A first seizure"),
            option("sugar", "饿的时候出冷汗、发抖、面色苍白，吃东西后好转", "Cold sweat, trembling or paleness when hungry that eases after eating"), option("none", "以上都没有", "None of these", true)] })] },
        { link_id: "group_family", text: w("出生和家庭", "Birth and family"), questions: [
          question("twin", "boolean", w("孩子是双胞胎吗？", "Is the child a twin?")),
          question("father_height", "integer", w("父亲身高", "Father's height"), { required: false, min_value: "120", max_value: "230", unit: w("厘米", "cm") }),
          question("since", "date", w("大约从哪天开始的？", "Since about which day?"), { required: false }),
          question("question", "text", w("您最想请医生解答的是什么？", "What would you most like the doctor to answer?"), { required: false, max_length: 500 })] },
      ],
    },
    answers: {}, state: "open", route: null, measurements: [], open: true, ...more,
  }; // prettier-ignore
}

/** @param {"zh" | "en"} language */
export function emergency(language) {
  return {
    outcome: "emergency", field: null, why: [say(language, "抽搐需要马上到急诊。", "A seizure needs emergency care.")],
    safety_net: [
      say(language, "请现在就带孩子去最近的、能看儿科急诊的医院，不要等线上就诊。", "Take the child now to the nearest hospital with a paediatric emergency department. Do not wait for the online visit."),
      say(language, "孩子呼吸困难、面色青紫、抽搐、意识不清或叫不醒时，请立即拨打 120。", "If the child has trouble breathing, turns blue, has a seizure, is confused or cannot be woken, call 120 at once."),
    ],
  }; // prettier-ignore
}

export const MEASURED = [
  { kind: "height", value: "115.5", on: "2025-02-01", method: "standing_clinic", sure: false },
  { kind: "height", value: "121", on: "2026-02-01", method: "standing_home", sure: false },
  { kind: "weight", value: "24.5", on: "2026-02-01", method: "scale_home", clothes: "light", sure: false },
];

/** As the physician reads it. */
export const PREPARED = {
  questionnaire: {
    version: "growth-2026-1", at: "2026-11-22T05:40:00.000Z", turn: 1, outcome: "in_person",
    flags: [
      { reason: "growth_low_sugar", outcome: "in_person", text: "低血糖" },
      { reason: "growth_low_velocity", outcome: "field", text: "生长速率过低" },
    ],
    answers: [
      { link_id: "signs", text: "孩子最近有下面的情况吗？", answer: "饿的时候出冷汗、发抖、面色苍白，吃东西后好转", flag: true },
      { link_id: "outgrown", text: "过去一年，孩子的衣服和鞋变小了吗？", answer: "否", flag: false },
      { link_id: "father_height", text: "父亲身高", answer: "172 厘米", flag: false },
    ],
  },
  begun: false,
  measurements: { at: "2026-11-22T05:42:00.000Z", turn: 1, items: MEASURED, velocity: { cm_per_year: "5.5", since: "2025-02-01", until: "2026-02-01", at_home: true, converted: false } },
}; // prettier-ignore
