/**
 * The rail: who is present, the acts, and below them the one open panel or the written conversation. The acts keep their place
 * in every state; one that cannot be done now stays where it is and says why.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../types.js").Act} Act
 * @typedef {import("../types.js").Panel} Panel
 * @typedef {import("../view.js").Context} Context
 */

import { clockTime, dayAndTime } from "../../shared/i18n/i18n.js";
import { guestOf } from "../../shared/guests.js";
import { chat } from "../../shared/ui/chat.js";
import { h, icon } from "../../shared/ui/dom.js";
import { attested, availability, byText, ownHold } from "../acts.js";
import { isComparing } from "../state.js";
import { deniedNotice, people } from "./attest.js";
import { panel } from "./panels.js";
import { preparedFold, preparedSection } from "./prepared.js";
import { presenceLineOf } from "./presence.js";
import { problemNotice } from "./problem.js";

/** @param {Visit} visit @param {number} nowMs @param {Context} context */
export function rail(visit, nowMs, context) {
  const waiting = visit.session?.state === "waiting" && !visit.session.admitted;
  return h(
    "aside",
    { class: "rail", id: "rail", tabindex: "-1", key: "rail", "aria-label": context.t("physician.acts") },
    visit.session ? present(visit, nowMs, context) : h("div", { class: "present", key: "present" }),
    !visit.session ? h("section", { class: "acts", key: "acts" }) : waiting ? admission(visit, context) : acts(visit, context),
    h(
      "div",
      { class: "rail-foot", key: "foot" },
      visit.panel ? panel(visit, visit.panel, context) : waiting ? record(visit, context) : conversation(visit, context),
    ),
    footer(visit, context),
  );
}

/** @param {Visit} visit @param {number} nowMs @param {Context} context */
function present(visit, nowMs, context) {
  const { t } = context;
  return h(
    "section",
    { class: "present", key: "present", "aria-label": t("physician.present") },
    h(
      "ul",
      { class: "present-list" },
      (visit.session?.seats ?? []).map((seat) => person(visit, seat, t)),
    ),
    visit.session?.state !== "waiting" && presenceLineOf(visit, nowMs, context),
  );
}

/** @param {Visit} visit @param {import("../types.js").Seat} seat @param {Context["t"]} t */
function person(visit, seat, t) {
  const early = visit.session?.state === "waiting";
  const own = seat.role === "physician";
  const expected = !seat.connected && seat.role !== "guardian" && !own;
  const tone = (early && seat.connected) || (own && seat.presence === "doubtful") ? "present" : seat.presence;
  const doubts = own ? [] : seat.doubts.map((doubt) => t(`physician.doubt.${doubt}`));
  return h(
    "li",
    { class: `person person-${tone}`, key: seat.role },
    h(
      "span",
      { class: "person-mark", "aria-hidden": "true" },
      icon(tone === "present" ? "check" : tone === "doubtful" ? "warn" : "close"),
    ),
    h(
      "span",
      { class: "person-who" },
      h("b", null, t(`role.${seat.role}`)),
      " ",
      seat.name,
      own ? t("physician.presence.you") : null,
    ),
    h("span", { class: "person-word" }, t(`physician.presence.${expected ? "invited" : early && seat.connected ? "connected" : tone}`)),
    doubts.length > 0 &&
      h(
        "span",
        { class: "person-doubts small", key: "doubts", title: doubts.join(t("physician.comma")) },
        doubts.join(t("physician.comma")),
      ),
  );
}

// --- before the admission ---------------------------------------------------------------------------------------------

/** @param {Visit} visit @param {Context} context */
function admission(visit, context) {
  const { t, emit } = context;
  const { why } = availability(visit, "admit");
  return h(
    "section",
    { class: "acts acts-admission stack-tight", key: "acts" },
    h(
      "button",
      {
        class: "button button-primary button-large button-block",
        type: "button",
        id: "act-admit",
        "aria-disabled": why ? "true" : null,
        "aria-keyshortcuts": "A",
        "aria-describedby": "admit-hint",
        "aria-expanded": String(visit.panel === "admit"),
        onclick: () => why || emit({ type: "panel", panel: visit.panel === "admit" ? null : "admit" }),
      },
      t(why === "busy" ? "physician.busy" : byText(visit) ? "physician.act.toVideo" : "physician.act.admit"),
      h("kbd", { "aria-hidden": "true" }, "A"),
    ),
    h(
      "p",
      { class: "small soft", id: "admit-hint" },
      why && why !== "busy" ? t(`physician.why.${why}`) : t("physician.act.admitHint"),
    ),
    beginText(visit, context),
    deniedNotice(visit, context),
    visit.panel !== "admit" && problemNotice(visit, "admit", t),
  );
}

/** Beside the admission: write first, see later. @param {Visit} visit @param {Context} context */
function beginText(visit, { t, emit }) {
  const { shown, why } = availability(visit, "begin_text");
  if (!shown) return null;
  return h(
    "button",
    {
      class: "button button-block",
      type: "button",
      key: "begin_text",
      id: "act-begin_text",
      "aria-disabled": why ? "true" : null,
      "aria-keyshortcuts": "B",
      "aria-expanded": String(visit.panel === "begin_text"),
      onclick: () => why || emit({ type: "panel", panel: visit.panel === "begin_text" ? null : "begin_text" }),
    },
    icon("chat"),
    t(why === "busy" ? "physician.busy" : "physician.act.begin_text"),
    h("kbd", { "aria-hidden": "true" }, "B"),
  );
}

/** What is known before the visit. @param {Visit} visit @param {Context} context */
function record(visit, context) {
  const { t, language } = context;
  const view = visit.view;
  if (!view) return h("section", { class: "record", key: "record" });
  return h(
    "section",
    { class: "record stack", key: "record", "aria-label": t("physician.record") },
    h("h2", null, t("physician.record")),
    people(visit, context),
    h(
      "dl",
      { class: "facts record-facts" },
      fact(t("physician.record.field"), t(`field.${view.field}`)),
      fact(t("physician.record.time"), dayAndTime(language, view.starts_at)),
      view.reasons &&
        fact(t("physician.record.checklist"), t("physician.record.checklistCount", { count: view.reasons.length })),
    ),
    h(
      "div",
      { class: "row record-other" },
      h(
        "button",
        {
          class: "button button-quiet",
          type: "button",
          "aria-keyshortcuts": "R",
          onclick: () => context.emit({ type: "panel", panel: "refer" }),
        },
        t("physician.act.referEarly"),
        h("kbd", { "aria-hidden": "true" }, "R"),
      ),
      h(
        "button",
        { class: "button button-quiet", type: "button", onclick: () => context.emit({ type: "panel", panel: "cancel" }) },
        t("physician.act.cancel"),
      ),
    ),
    preparedSection(visit, context),
  );
}

/** @param {string} name @param {string} value */
function fact(name, value) {
  return h("div", { key: name }, h("dt", null, name), h("dd", null, value));
}

// --- the acts ---------------------------------------------------------------------------------------------------------

/** @param {Visit} visit @param {Context} context */
function acts(visit, context) {
  const { t } = context;
  return h(
    "section",
    { class: "acts", key: "acts", "aria-label": t("physician.acts") },
    act(visit, "attest", "T", "attest", context),
    ownHold(visit) ? act(visit, "resume", "H", null, context) : act(visit, "hold", "H", "hold", context),
    act(visit, "refer", "R", "refer", context),
    act(visit, "complete", "C", "complete", context),
    problemNotice(visit, "resume", t),
  );
}

/**
 * @param {Visit} visit @param {Act} name @param {string} keyName
 * @param {Panel | null} opens the panel it opens, or null when it acts at once
 * @param {Context} context
 */
function act(visit, name, keyName, opens, { t, emit }) {
  const { shown, why } = availability(visit, name);
  const done = name === "attest" && attested(visit);
  const open = opens !== null && visit.panel === opens;
  const blocked = why !== null || !shown;
  const label = t(done ? "physician.act.attested" : `physician.act.${name}`);
  return h(
    "button",
    {
      class: classes(`button act act-${name}`, { "act-next": isNext(visit, name), "act-open": open, "act-done": done }),
      type: "button",
      key: name === "resume" ? "hold" : name,
      id: `act-${name}`,
      "aria-disabled": blocked ? "true" : null,
      "aria-keyshortcuts": keyName,
      "aria-expanded": opens ? String(open) : null,
      onclick: () =>
        blocked || (opens ? emit({ type: "panel", panel: open ? null : opens }) : emit({ type: "act", act: name })),
    },
    h("span", { class: "act-label" }, done && icon("check"), label),
    h("kbd", { "aria-hidden": "true" }, keyName),
    why && !done && h("span", { class: "act-why", key: "why" }, t(`physician.why.${why}`)),
  );
}

/** @param {string} always @param {Record<string, boolean>} sometimes */
function classes(always, sometimes) {
  return [always, ...Object.keys(sometimes).filter((name) => sometimes[name])].join(" ");
}

/** The one act that is the natural next step in this state. @param {Visit} visit @param {Act} name */
function isNext(visit, name) {
  if (name === "resume") return true;
  return name === "attest" && visit.session?.state === "verifying" && visit.panel === null;
}

// --- below ------------------------------------------------------------------------------------------------------------

/** @param {Visit} visit @param {Context} context */
function conversation(visit, context) {
  const { t, language, emit } = context;
  return h(
    "section",
    { class: "rail-chat", key: "chat" },
    preparedFold(visit, context),
    h("h2", { class: "rail-title" }, t("chat.title"), h("kbd", { "aria-hidden": "true" }, "/")),
    chat({
      t,
      lines: visit.chat,
      own: "physician",
      disabled: visit.link !== "online",
      onsend: (text) => emit({ type: "say", text }),
      time: (at) => clockTime(language, at),
    }),
  );
}

/** @param {Visit} visit @param {Context} context */
function footer(visit, { t, emit }) {
  const unread = visit.chat.length - visit.chatSeen;
  return h(
    "p",
    { class: "rail-footer row", key: "footer" },
    visit.panel &&
      unread > 0 &&
      h(
        "button",
        { class: "button button-quiet", type: "button", key: "unread", onclick: () => emit({ type: "panel", panel: null }) },
        icon("chat"),
        t("physician.chat.unread", { count: unread }),
      ),
    h(
      "button",
      {
        class: "button button-quiet",
        type: "button",
        key: "note",
        id: "act-note",
        "aria-keyshortcuts": isComparing(visit.panel) ? null : "N", // there it says that these are other people
        "aria-expanded": String(visit.panel === "note"),
        onclick: () => emit({ type: "panel", panel: visit.panel === "note" ? null : "note" }),
      },
      t("physician.note.title"),
      !isComparing(visit.panel) && h("kbd", { "aria-hidden": "true" }, "N"),
    ),
    h(
      "button",
      {
        class: "button button-quiet",
        type: "button",
        key: "documents",
        id: "act-documents",
        "aria-keyshortcuts": "D",
        "aria-expanded": String(visit.panel === "documents"),
        onclick: () => emit({ type: "panel", panel: visit.panel === "documents" ? null : "documents" }),
      },
      icon("document"),
      t("physician.documents.count", { count: visit.documents?.length ?? 0 }),
      h("kbd", { "aria-hidden": "true" }, "D"),
    ),
    h(
      "button",
      {
        class: "button button-quiet",
        type: "button",
        key: "guest",
        id: "act-guest",
        "aria-keyshortcuts": "G",
        "aria-expanded": String(visit.panel === "guest"),
        onclick: () => emit({ type: "panel", panel: visit.panel === "guest" ? null : "guest" }),
      },
      icon("person"),
      t(guestOf(visit.session) ? "physician.guest.manage" : "physician.guest.open"),
      h("kbd", { "aria-hidden": "true" }, "G"),
    ),
    h(
      "button",
      {
        class: "button button-quiet rail-help",
        type: "button",
        key: "help",
        "aria-keyshortcuts": "?",
        onclick: () => emit({ type: "panel", panel: visit.panel === "help" ? null : "help" }),
      },
      t("physician.help.short"),
      h("kbd", { "aria-hidden": "true" }, "?"),
    ),
  );
}
