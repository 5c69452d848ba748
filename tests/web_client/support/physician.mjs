/** A physician's visit for the tests, built by the events that lead to it. */

import { initial, reduce } from "../../../web_client/physician/state.js";

const TO = ["emergency", "neurology", "own", "own", "own"];
export const REASONS = [
  { code: "headache", text: "夜间头痛", urgency: "emergency", to: TO },
  { code: "low_velocity", text: "生长缓慢", urgency: "within_30d", to: TO },
  { code: "other", text: "其他", urgency: "routine", to: TO },
];

export const VIEW = {
  id: "v1",
  field: "growth",
  starts_at: "2026-03-02T14:00:00+08:00",
  child: "乐*儿",
  guardian: "王*芳",
  physician: { name: "陈明远", title: "主任医师", hospital: "儿童医院", licence: "110" },
  reasons: REASONS,
  call_back: "13800138000",
  departments: [
    { code: "emergency", text: "儿童医院 急诊科" },
    { code: "neurology", text: "儿童医院 神经内科" },
    { code: "own", text: "儿童医院 内分泌科" },
  ],
};

export const ENTRY = {
  visit: "v1",
  child: "乐*儿",
  age_years: 8,
  field: "growth",
  starts_at: VIEW.starts_at,
  state: "waiting",
  outcome: null,
  guardian_waiting: true,
  waiting_since_s: 60,
  child_denied: false,
};

export const seat = (role, more = {}) => ({ role, name: "", connected: true, presence: "present", doubts: [], ...more });

/** @param {string} state @param {object} [more] */
export function session(state, more = {}) {
  return {
    version: 1,
    state,
    admitted: state !== "waiting",
    text: false,
    gate: state === "verifying" || state === "live",
    recording: state === "waiting" ? "off" : "running",
    until_ms: null,
    causes: [],
    resume_to: null,
    outcome: null,
    referral: null,
    stills: { allowed: true, taken: 0 }, rungs: [],
    seats: [seat("guardian"), seat("physician")],
    ...more,
  };
}

export const cause = (name, remaining_ms, elapsed_ms = 0) => ({ cause: name, elapsed_ms, remaining_ms });
export const message = (body, atMs = 0) => ({ type: "message", message: { seq: 1, ...body }, atMs });
export const told = (view, atMs = 0) => message({ type: "session", session: view }, atMs);
export const welcome = (view, chat = [], epoch = 1) =>
  message({ type: "welcome", epoch, role: "physician", visit: VIEW, session: view, chat, receive_pairs: 1, ice_servers: [], ice_policy: "all" });
export const chat = (id, role = "guardian", text = "您好") => ({ id, role, text, at: "2026-03-02T14:01:00+08:00" });
export const ME = { name: "陈明远", role: "physician" };

export const after = (...events) => events.reduce(reduce, initial());

/** The state after the worklist was read and the visit opened, and then these events. */
export const opened = (...events) =>
  after(
    { type: "signed_in", me: ME },
    { type: "worklist", visits: [ENTRY], atMs: 0 },
    { type: "opened", visit: "v1" },
    ...events,
  );

/** The visit in that session, online, and then these events. */
export const visitIn = (view, ...events) => opened(welcome(view), ...events).visit;
