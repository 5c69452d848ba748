/**
 * The letter as a sheet of paper on the screen: Chinese first, English beside it where wanted, the urgency large and in words.
 * The same sheet prints on A4. All that people wrote is shown as text and broken where they broke it.
 *
 * @typedef {import("../shared/api.js").Letter} Letter
 * @typedef {import("../shared/api.js").Summary} Summary
 * @typedef {import("../shared/ui/dom.js").Child} Child
 * @typedef {{kind: "loading"} | {kind: "letter", letter: Letter} | {kind: "summary", summary: Summary} | {kind: "none", ended: boolean}
 *   | {kind: "problem", code: string}} Paper
 * @typedef {{paper: Paper, role: string | null, visit: string, english: boolean}} State
 * @typedef {{type: "english", shown: boolean} | {type: "print"} | {type: "again"}} Intent
 */

import { hasText, translator } from "../shared/i18n/i18n.js";
import { stepsOf } from "../shared/receipts.js";
import { h, icon } from "../shared/ui/dom.js";

const zh = translator("zh");
const en = translator("en");

/**
 * @param {State} state
 * @param {(intent: Intent) => void} emit
 */
export function view(state, emit) {
  return [bar(state, emit), h("main", { id: "main", class: "letter-page", key: "main" }, paper(state, emit))];
}

// --- around the sheet -------------------------------------------------------------------------------------------------

/** @param {State} state @param {(intent: Intent) => void} emit */
function bar({ paper: { kind, ...rest }, role, visit, english }, emit) {
  const t = english ? en : zh;
  const letter = /** @type {{letter?: Letter}} */ (rest).letter;
  const back = role === "physician" ? "/physician/" : `/family/?visit=${encodeURIComponent(visit)}`;
  return h(
    "header",
    { class: "masthead letter-bar no-print", key: "bar" },
    h("a", { class: "button button-quiet", href: back }, h("span", { class: "letter-back" }, icon("arrow")), t("letter.back")),
    h(
      "div",
      { class: "row letter-tools" },
      h(
        "button",
        {
          class: "button button-quiet",
          type: "button",
          "aria-pressed": String(english),
          key: "english",
          onclick: () => emit({ type: "english", shown: !english }),
        },
        icon("language"),
        t(english ? "letter.chineseOnly" : "letter.withEnglish"),
      ),
      (kind === "letter" || kind === "summary") &&
        h(
          "button",
          { class: "button letter-print", type: "button", key: "print", onclick: () => emit({ type: "print" }) },
          icon("document"),
          t("letter.print"),
        ),
      letter &&
        h(
          "a",
          { class: "button button-primary", key: "pdf", href: letter.pdf, download: `referral-${letter.number}.pdf` },
          icon("download"),
          t("letter.pdf"),
        ),
    ),
  );
}

/** @param {State} state @param {(intent: Intent) => void} emit */
function paper(state, emit) {
  const t = state.english ? en : zh;
  switch (state.paper.kind) {
    case "loading":
      return h("p", { class: "working", role: "status", key: "loading" }, t("letter.loading"));
    case "letter":
      return letterSheet(state.paper.letter, state.english);
    case "summary":
      return summarySheet(state.paper.summary, state.english);
    case "none":
      return h(
        "div",
        { class: "card stack letter-note", key: "none" },
        h("h1", null, t(state.paper.ended ? "letter.none.ended" : "letter.none.running")),
        h("p", null, t(state.paper.ended ? "letter.none.endedBody" : "letter.none.runningBody")),
      );
    case "problem":
      return h(
        "div",
        { class: "card stack letter-note", key: "problem", role: "alert" },
        h("h1", null, t("letter.problem.title")),
        h(
          "p",
          null,
          t(hasText(`letter.problem.${state.paper.code}`) ? `letter.problem.${state.paper.code}` : "letter.problem.unknown"),
        ),
        h(
          "button",
          { class: "button button-primary", type: "button", onclick: () => emit({ type: "again" }) },
          t("common.retry"),
        ),
      );
  }
}

// --- the letter -------------------------------------------------------------------------------------------------------

/** @param {Letter} letter @param {boolean} english */
function letterSheet(letter, english) {
  return h(
    "article",
    { class: `sheet urgency-${letter.urgency}`, lang: "zh-CN", key: "letter" },
    h(
      "header",
      { class: "sheet-head" },
      h(
        "div",
        { class: "spread sheet-from" },
        h("p", null, letter.hospital, beside(letter.hospital_en, english)),
        h("p", { class: "figures sheet-number" }, label("letter.number", english), " ", letter.number),
      ),
      h("h1", null, zh("letter.title"), beside(en("letter.title"), english)),
    ),
    urgencyBox(letter, english),
    people(letter, english),
    written("letter.history", letter.history, english),
    measurements(letter, english),
    documents(letter, english),
    written("letter.notExamined", letter.not_examined, english),
    written("letter.toldFamily", letter.told_family, english),
    h(
      "section",
      { class: "safety", key: "safety" },
      heading("letter.safety", english),
      h(
        "ul",
        null,
        letter.safety_net.map((words) =>
          h("li", { key: words.zh }, words.zh, english && h("span", { class: "english", lang: "en" }, words.en)),
        ),
      ),
    ),
    receipt(letter, english),
    h(
      "footer",
      { class: "sheet-foot" },
      h(
        "p",
        null,
        letter.physician.name,
        " ",
        letter.physician.title,
        " · ",
        label("letter.licence", english),
        " ",
        h("span", { class: "figures" }, letter.physician.licence),
      ),
      h(
        "p",
        null,
        label("letter.issued", english),
        " ",
        h("time", { datetime: letter.issued_at, class: "figures" }, moment(letter.issued_at)),
      ),
      h("p", { class: "journal" }, label("letter.journal", english), " ", h("code", null, inGroups(letter.journal_head))),
    ),
  );
}

/** @param {Letter} letter @param {boolean} english */
function urgencyBox(letter, english) {
  return h(
    "section",
    { class: "urgency-box", "aria-label": zh("letter.urgency") },
    h(
      "p",
      { class: "urgency-words" },
      icon(letter.urgency === "routine" ? "clock" : "warn"),
      h("strong", null, zh(`urgency.${letter.urgency}`)),
      beside(en(`urgency.${letter.urgency}`), english),
    ),
    h(
      "dl",
      { class: "urgency-facts" },
      pair("letter.byWhen", byWhen(letter, english), english),
      pair("letter.where", [`${letter.destination.hospital} ${letter.destination.department}`, beside(letter.destination.department_en, english)], english),
      pair("letter.reason", [letter.reason.text_zh, beside(letter.reason.text_en, english)], english),
    ),
  );
}

/**
 * For an emergency and for routine the server's words hold both languages; a day is the same in both.
 *
 * @param {Letter} letter @param {boolean} english
 */
function byWhen({ urgency, by_when: words }, english) {
  if (urgency !== "emergency" && urgency !== "routine") return words;
  return [zh(`letter.byWhen.${urgency}`), beside(en(`letter.byWhen.${urgency}`), english)];
}

/** @param {Letter} letter @param {boolean} english */
function people({ child, guardian, physician }, english) {
  return h(
    "dl",
    { class: "people", key: "people" },
    pair("letter.child", child.name, english),
    pair("letter.sex", coded("letter.sex", child.sex, english), english),
    pair("letter.born", child.birth_date, english),
    pair("letter.guardian", guardian.name, english),
    pair("letter.relation", coded("letter.relation", guardian.relation, english), english),
    pair("letter.phone", guardian.phone, english),
    guardian.call_back !== "" && pair("letter.callBack", guardian.call_back, english),
    pair("letter.physician", `${physician.name} ${physician.title}`, english),
  );
}

/** @param {string} key @param {string} text @param {boolean} english */
function written(key, text, english) {
  return text.trim() !== "" && h("section", { key }, heading(key, english), h("p", { class: "written" }, text));
}

/** @param {Letter} letter @param {boolean} english */
function measurements({ measurements: taken }, english) {
  return (
    taken.length > 0 &&
    h(
      "section",
      { key: "measurements" },
      heading("letter.measurements", english),
      h(
        "dl",
        { class: "measured" },
        taken.map(({ kind, value, on, method, clothes }) =>
          h(
            "div",
            { key: kind + on },
            h("dt", null, zh(`letter.measured.${kind}`), beside(en(`letter.measured.${kind}`), english)),
            h(
              "dd",
              null,
              h("strong", { class: "figures" }, `${value} ${kind === "height" ? "cm" : "kg"}`),
              " ",
              h("time", { datetime: on, class: "figures" }, on),
              " ",
              h("span", { class: "soft" }, ways(zh, "，", method, clothes), beside(ways(en, ", ", method, clothes), english)),
            ),
          ),
        ),
      ),
    )
  );
}

/** How it was taken. @param {typeof zh} t @param {string} comma @param {string} method @param {string} [clothes] */
function ways(t, comma, method, clothes) {
  return [t(`prepare.method.${method}`), ...(clothes ? [t(`prepare.clothes.${clothes}`)] : [])].join(comma);
}

/** What there is, not the files. @param {Letter} letter @param {boolean} english */
function documents({ documents: { pictures, papers } }, english) {
  if (pictures + papers === 0) return false;
  const counts = { pictures: String(pictures), papers: String(papers) };
  return h(
    "section",
    { key: "documents" },
    heading("letter.documents", english),
    h("p", null, zh("letter.documents.counts", counts), beside(en("letter.documents.counts", counts), english)),
  );
}

/** @param {Letter} letter @param {boolean} english */
function receipt(letter, english) {
  return h(
    "section",
    { class: "receipt", key: "receipt" },
    heading("letter.receipt", english),
    h(
      "ol",
      null,
      stepsOf(letter).map(({ state, done, current, at }) =>
        h(
          "li",
          { key: state, class: done ? "receipt-done" : "", "aria-current": current ? "step" : null },
          done ? icon("check") : h("span", { class: "receipt-open", "aria-hidden": "true" }),
          h(
            "span",
            null,
            zh(`letter.receipt.${state}`),
            beside(en(`letter.receipt.${state}`), english),
            at && h("time", { datetime: at, class: "soft figures receipt-time" }, moment(at)),
          ),
        ),
      ),
    ),
    letter.receipt_qr &&
      h(
        "figure",
        { class: "receipt-code", key: "code" },
        h("img", { src: letter.receipt_qr, width: "112", height: "112", alt: zh("letter.receipt.code") }),
        h("figcaption", null, zh("letter.receipt.code"), beside(en("letter.receipt.code"), english)),
      ),
  );
}

// --- the summary ------------------------------------------------------------------------------------------------------

/** @param {Summary} summary @param {boolean} english */
function summarySheet(summary, english) {
  return h(
    "article",
    { class: "sheet", lang: "zh-CN", key: "summary" },
    h(
      "header",
      { class: "sheet-head" },
      h("p", { class: "sheet-from" }, summary.hospital),
      h("h1", null, zh("letter.summary.title"), beside(en("letter.summary.title"), english)),
    ),
    summary.told.length === 0 && h("section", { key: "none" }, h("p", null, zh("letter.summary.nothing"), beside(en("letter.summary.nothing"), english))),
    summary.told.map(({ source, text, at }, n) =>
      h(
        "section",
        { key: at + source },
        n > 0 && h("h2", null, zh("letter.summary.added"), beside(en("letter.summary.added"), english), " ", h("time", { datetime: at, class: "soft figures" }, moment(at))),
        h("p", { class: "written summary-text" }, text),
      ),
    ),
    h(
      "section",
      { class: "safety", key: "safety" },
      h("ul", null, summary.safety_net.map((line) => h("li", { key: line.en }, line.zh, english && h("span", { class: "english", lang: "en" }, line.en)))),
    ),
    h(
      "footer",
      { class: "sheet-foot" },
      h("p", null, label("letter.summary.physician", english), " ", summary.physician),
      h(
        "p",
        null,
        label("letter.ended", english),
        " ",
        h("time", { datetime: summary.ended_at, class: "figures" }, moment(summary.ended_at)),
      ),
    ),
  );
}

// --- small parts ------------------------------------------------------------------------------------------------------

/** @param {string} words @param {boolean} english */
function beside(words, english) {
  return english && words !== "" && h("span", { class: "english english-beside", lang: "en", key: "english" }, words);
}

/** @param {string} key @param {boolean} english */
function label(key, english) {
  return h("span", { class: "soft" }, zh(key), beside(en(key), english));
}

/** @param {string} key @param {boolean} english */
function heading(key, english) {
  return h("h2", null, zh(key), beside(en(key), english));
}

/** @param {string} key @param {Child} value @param {boolean} english */
function pair(key, value, english) {
  return h("div", { key }, h("dt", null, zh(key), beside(en(key), english)), h("dd", null, value));
}

/** @param {string} prefix @param {string} code @param {boolean} english @returns {Child[]} */
function coded(prefix, code, english) {
  const key = `${prefix}.${code}`;
  return hasText(key) ? [zh(key), beside(en(key), english)] : [code];
}

/** China's time, where the hospital is and the letter counts from. @param {string} rfc3339 */
function moment(rfc3339) {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "Asia/Shanghai",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  return parts.format(new Date(rfc3339));
}

/** @param {string} hash */
function inGroups(hash) {
  return hash.replace(/(.{8})(?=.)/g, "$1 ");
}
