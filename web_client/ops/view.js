/**
 * One dense table: a line a leg, grouped by session. It is quiet while all is well; what is wrong carries a symbol, a colour
 * and a word, and is counted on top. It renders state and emits intents.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Verdict} Verdict
 * @typedef {import("./state.js").OpsSession} OpsSession
 * @typedef {import("./state.js").OpsLeg} OpsLeg
 * @typedef {import("../shared/i18n/i18n.js").Translate} Translate
 * @typedef {import("../shared/staff/view.js").Context<{type: "incident", session: string} | {type: "incident_is", session: string, category: string}>} Context
 */

import { hasText } from "../shared/i18n/i18n.js";
import { h, icon } from "../shared/ui/dom.js";
import { incidentButton, incidentChoice } from "./incident.js";
import { staleS } from "../shared/staff/entry.js";
import { staffView } from "../shared/staff/view.js";
import {
  gateVerdict,
  inOrder,
  judge,
  presenceVerdict,
  rateVerdict,
  recordingVerdict,
  sessionVerdict,
  STALE_AFTER_MS,
  stateVerdict,
  workerVerdict,
} from "./state.js";

/** @param {State} state @param {Context} context */
export function view(state, context) {
  const { t } = context;
  return staffView(state, context, {
    title: t("ops.title"),
    signIn: t("ops.signIn"),
    inside: () => (state.screen === "loading" ? opening(context) : table(state, context)),
  });
}

/** @param {Context} context */
function opening({ t }) {
  return h("main", { id: "main", class: "ops", key: "loading" }, h("p", { class: "working", role: "status" }, t("ops.loading")));
}

/** @param {State} state @param {Context} context */
function table(state, context) {
  const { t } = context;
  const stale = staleS(state, STALE_AFTER_MS);
  const sessions = inOrder(state.data?.sessions ?? []);
  const workers = state.data?.workers ?? [];
  return h(
    "main",
    { id: "main", class: `ops${stale === null ? "" : " ops-stale"}`, key: "table" },
    h(
      "div",
      { class: "ops-status", role: "status" },
      stale === null
        ? summary(t, state.data, sessions)
        : h("p", { class: "banner banner-danger", key: "stale" }, icon("offline"), t("ops.stale", { seconds: stale })),
    ),
    h(
      "div",
      { class: "ops-scroll", role: "region", tabindex: "0", "aria-label": t("ops.sessions") },
      h(
        "table",
        { class: "ops-table figures" },
        h("caption", { class: "visually-hidden" }, t("ops.sessions")),
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            COLUMNS.map((column) =>
              h("th", { scope: "col", key: column, class: NUMBERS.has(column) ? "num" : "" }, t(`ops.column.${column}`)),
            ),
          ),
        ),
        sessions.map((session) => rows(state, session, context)),
        sessions.length === 0 &&
          h(
            "tbody",
            { key: "none" },
            h(
              "tr",
              null,
              h("td", { colspan: COLUMNS.length, class: "ops-none soft" }, t(state.data ? "ops.none" : "ops.loading")),
            ),
          ),
      ),
    ),
    h(
      "section",
      { class: "ops-workers", "aria-label": t("ops.workers") },
      h("h2", null, t("ops.workers")),
      h(
        "ul",
        null,
        workers.map((worker) => workerLine(t, worker)),
        state.data && workers.length === 0 && h("li", { class: "cell-bad", key: "none" }, mark(t, "bad"), t("ops.noWorkers")),
      ),
    ),
    h("p", { class: "soft small ops-limits" }, t("ops.limits")),
  );
}

const COLUMNS = Object.freeze([
  "session",
  "incident",
  "state",
  "gate",
  "recording",
  "age",
  "seat",
  "presence",
  "upLoss",
  "downLoss",
  "rtt",
  "jitter",
  "up",
  "down",
]);
const NUMBERS = new Set(["age", "upLoss", "downLoss", "rtt", "jitter", "up", "down"]);

/** @param {Translate} t @param {State["data"]} data @param {OpsSession[]} sessions */
function summary(t, data, sessions) {
  const wrong = sessions.filter((session) => sessionVerdict(session) !== "fine");
  const workers = (data?.workers ?? []).filter((worker) => workerVerdict(worker) !== "fine");
  const count = h("span", { key: "count" }, t("ops.count", { sessions: sessions.length }));
  if (!data) return h("p", { key: "quiet" }, t("ops.loading"));
  if (wrong.length + workers.length === 0) return h("p", { class: "soft", key: "quiet" }, count, t("ops.quiet"));
  const bad =
    wrong.some((session) => sessionVerdict(session) === "bad") || workers.some((worker) => workerVerdict(worker) === "bad");
  return h(
    "p",
    { class: `ops-wrong ${bad ? "ops-wrong-bad" : ""}`, key: "wrong" },
    h(
      "span",
      null,
      mark(t, bad ? "bad" : "warn"),
      count,
      wrong.length > 0 && t("ops.wrongSessions", { sessions: wrong.length }),
      workers.length > 0 && t("ops.wrongWorkers", { workers: workers.length }),
    ),
    wrong.map(({ session }) => h("a", { href: `#s-${session}`, key: session }, session)),
  );
}

/** @param {State} state @param {OpsSession} session @param {Context} context */
function rows(state, session, context) {
  const { t } = context;
  const verdict = sessionVerdict(session);
  const legs = session.legs.length > 0 ? session.legs : [null];
  return h(
    "tbody",
    { key: session.session, id: `s-${session.session}`, class: `session session-${verdict}` },
    legs.map((leg, index) =>
      h(
        "tr",
        { key: leg?.seat ?? "none" },
        index === 0 && sessionCells(state, session, legs.length, context),
        leg ? legCells(t, session, leg) : h("td", { colspan: COLUMNS.length - 6, class: "soft" }, t("ops.noLegs")),
      ),
    ),
    incidentChoice(state, session.session, COLUMNS.length, context),
  );
}

/** @param {State} state @param {OpsSession} session @param {number} span @param {Context} context */
function sessionCells(state, session, span, context) {
  const { t } = context;
  return [
    h("th", { scope: "rowgroup", rowspan: span, key: "session", class: "session-id" }, session.session),
    h("td", { rowspan: span, key: "incident", class: "incident" }, h("span", { role: "status" }, incidentButton(state, session.session, context))),
    cell(t, "state", stateVerdict(session), known(t, "ops.state", session.state), span),
    cell(t, "gate", gateVerdict(session), t(session.gate ? "ops.gate.open" : "ops.gate.closed"), span),
    cell(t, "recording", recordingVerdict(session), known(t, "ops.recording", session.recording), span),
    cell(t, "age", "fine", age(session.age_s), span),
  ];
}

/** @param {Translate} t @param {OpsSession} session @param {OpsLeg} leg */
function legCells(t, session, leg) {
  return [
    h("td", { key: "seat" }, known(t, "role", leg.seat)),
    cell(t, "presence", presenceVerdict(session, leg), known(t, "ops.presence", leg.presence)),
    cell(t, "upLoss", judge("loss", leg.up_loss), percent(leg.up_loss)),
    cell(t, "downLoss", judge("loss", leg.down_loss), percent(leg.down_loss)),
    cell(t, "rtt", judge("rtt", leg.rtt_ms), whole(leg.rtt_ms)),
    cell(t, "jitter", judge("jitter", leg.jitter_ms), whole(leg.jitter_ms)),
    cell(t, "up", rateVerdict(session, leg), kilobits(leg.up_bps)),
    cell(t, "down", "fine", kilobits(leg.down_bps)),
  ];
}

/** @param {Translate} t @param {string} column @param {Verdict} verdict @param {string} text @param {number} [span] */
function cell(t, column, verdict, text, span = 1) {
  return h(
    "td",
    { key: column, rowspan: span > 1 ? span : null, class: `${NUMBERS.has(column) ? "num " : ""}cell-${verdict}` },
    mark(t, verdict),
    text,
  );
}

/** A symbol with its word for those who do not see it. @param {Translate} t @param {Verdict} verdict */
function mark(t, verdict) {
  if (verdict === "fine") return null;
  return h(
    "span",
    { class: "mark", key: "mark", role: "img", "aria-label": t(`ops.verdict.${verdict}`) },
    verdict === "bad" ? "✕" : "▲",
  );
}

/** @param {Translate} t @param {import("./state.js").OpsWorker} worker */
function workerLine(t, worker) {
  const verdict = workerVerdict(worker);
  return h(
    "li",
    { key: worker.name, class: `cell-${verdict}` },
    mark(t, verdict),
    h("b", null, worker.name),
    " ",
    known(t, "ops.worker", worker.state),
    " · ",
    t("ops.rooms", { rooms: worker.rooms }),
  );
}

/** @param {Translate} t @param {string} prefix @param {string} code */
function known(t, prefix, code) {
  return hasText(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : code;
}

/** @param {number} seconds */
function age(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours}:${String(minutes).padStart(2, "0")}:${String(Math.floor(seconds) % 60).padStart(2, "0")}`;
}

/** @param {number | null} fraction */
function percent(fraction) {
  return fraction === null ? "–" : `${(fraction * 100).toFixed(1)}%`;
}

/** @param {number | null} value */
function whole(value) {
  return value === null ? "–" : String(Math.round(value));
}

/** @param {number | null} bps */
function kilobits(bps) {
  return bps === null ? "–" : String(Math.round(bps / 1000));
}
