/**
 * The messages of signaling/PROTOCOL.md as a page reads and writes them: the same grammar as signaling/messages.py, held to the same
 * verdicts by one corpus. The types are taken from the readers, so that what is checked and what is promised cannot differ. Pure.
 */

/** The peer spoke nonsense; `code` says which kind. */
export class Malformed extends Error {
  /** @param {"bad_message" | "unknown_type" | "too_large"} [code] */
  constructor(code = "bad_message") {
    super(code);
    this.name = "Malformed";
    this.code = code;
  }
}

// --- readers: an unknown value in, a checked one out, or Malformed ---------------------------------

/** @template T @typedef {(value: unknown) => T} Reader */

/** A string of `least` to `most` code points. @param {number} least @param {number} most @returns {Reader<string>} */
const text = (least, most) => (value) => {
  if (typeof value !== "string" || /\0|\p{Surrogate}/u.test(value)) throw new Malformed();
  return measured(value, [...value].length, least, most);
};

/** @template {string} W @param {W[]} words @returns {Reader<W>} */
const word = (...words) => (value) => {
  const found = words.find((each) => each === value);
  if (found === undefined) throw new Malformed();
  return found;
};

/** @param {number} least @param {number} [most] @returns {Reader<number>} */
const number = (least, most = Number.MAX_SAFE_INTEGER) => (value) => {
  if (typeof value !== "number" || !(value >= least && value <= most)) throw new Malformed();
  return value;
};

/** @param {number} least @param {number} [most] @returns {Reader<number>} */
const integer = (least, most) => (value) => {
  if (!Number.isInteger(value)) throw new Malformed();
  return number(least, most)(value);
};

/** @type {Reader<boolean>} */
const flag = (value) => {
  if (typeof value !== "boolean") throw new Malformed();
  return value;
};

/** @template T @param {Reader<T>} reader @returns {Reader<T | null>} */
const nullable = (reader) => (value) => (value === null ? null : reader(value));

/** What may be left out. @template T @param {Reader<T>} reader @param {T} fallback @returns {Reader<T>} */
const otherwise = (reader, fallback) => (value) => (value === undefined ? fallback : reader(value));

/** @template T @param {Reader<T>} reader @param {number} least @param {number} most @returns {Reader<T[]>} */
const list = (reader, least, most) => (value) => {
  if (!Array.isArray(value)) throw new Malformed();
  return measured(value, value.length, least, most).map((each) => reader(each));
};

/**
 * Exactly these fields; further ones are ignored.
 * @template {Record<string, Reader<any>>} F @param {F} fields @returns {Reader<{[K in keyof F]: ReturnType<F[K]>}>}
 */
const object = (fields) => (value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed();
  const given = new Map(Object.entries(value));
  const read = Object.entries(fields).map(([name, reader]) => [name, reader(given.get(name))]);
  return Object.fromEntries(read);
};

/** @template T @param {T} value @param {number} length @param {number} least @param {number} most */
function measured(value, length, least, most) {
  if (length > most) throw new Malformed("too_large");
  if (length < least) throw new Malformed();
  return value;
}

const department = text(1, 200);
const identifier = text(1, 64);
const moment = text(1, 40);
const sdp = text(1, 32768);
const count = integer(0);
const positive = integer(1);
const role = word("guardian", "physician", "local_doctor", "interpreter");
const urgency = word("emergency", "within_24h", "within_2w", "within_30d", "routine");

// --- views ----------------------------------------------------------------------------------------

const sessionView = object({
  version: count,
  state: word("waiting", "verifying", "live", "held", "ended"),
  admitted: flag,
  text: flag,
  family_denied: flag,
  stills: object({ allowed: flag, taken: count }),
  gate: flag,
  recording: word("off", "starting", "running", "lost"),
  until_ms: nullable(count),
  causes: list(
    object({
      cause: word("guardian_silent", "physician_silent", "recording_lost", "physician_hold"),
      elapsed_ms: count,
      remaining_ms: nullable(count),
    }),
    0,
    8,
  ),
  resume_to: nullable(word("verifying", "live")),
  outcome: nullable(
    word(
      "completed",
      "referred",
      "guardian_absent",
      "physician_absent",
      "no_show",
      "recording_lost",
      "consent_withdrawn",
      "cancelled",
    ),
  ),
  referral: nullable(object({ id: identifier, reason: identifier, urgency })),
  rungs: list(
    object({ from: role, to: role, rung: word("low", "stills", "sound", "chat"), why: word("uplink", "downlink") }),
    0,
    12,
  ),
  seats: list(
    object({
      role,
      name: text(0, 100),
      connected: flag,
      presence: word("present", "doubtful", "absent"),
      doubts: list(identifier, 0, 16),
    }),
    0,
    4,
  ),
});

const visitView = object({
  id: identifier,
  field: identifier,
  starts_at: moment,
  child: text(0, 100),
  guardian: text(0, 100),
  physician: object({ name: text(0, 100), title: text(0, 100), hospital: text(0, 200), licence: text(0, 100) }),
  reasons: list(object({ code: identifier, text: text(1, 300), urgency, to: otherwise(list(department, 0, 5), []) }), 0, 100),
  call_back: text(0, 40),
  departments: otherwise(list(object({ code: department, text: text(1, 500) }), 0, 500), []),
});

const chat = object({ id: identifier, role, text: text(1, 2000), at: moment });
const line = object({ bitrate_bps: count, loss: number(0, 1), jitter_ms: number(0) });

// --- messages -------------------------------------------------------------------------------------

const SERVER = {
  welcome: object({
    type: word("welcome"),
    seq: positive,
    epoch: positive,
    role,
    visit: visitView,
    session: sessionView,
    chat: list(chat, 0, 2000),
    receive_pairs: integer(1, 3),
    ice_servers: list(object({ urls: list(text(1, 300), 1, 8), username: text(0, 300), credential: text(0, 300) }), 0, 8),
    ice_policy: word("all", "relay"),
  }),
  session: object({ type: word("session"), seq: positive, session: sessionView }),
  answer: object({
    type: word("answer"),
    seq: positive,
    peer: positive,
    revision: positive,
    sdp,
    tracks: list(object({ mid: text(1, 16), role }), 0, 8),
  }),
  chat: object({ type: word("chat"), seq: positive, message: chat }),
  quality: object({
    type: word("quality"),
    seq: positive,
    light: word("good", "fair", "poor"),
    legs: list(object({ role, up: line, down: line, rtt_ms: nullable(number(0)) }), 0, 4),
  }),
  moved: object({ type: word("moved"), seq: positive, starts_at: moment }),
  media_restart: object({ type: word("media_restart"), seq: positive, reason: word("relay_lost", "codec") }),
  receive: object({ type: word("receive"), seq: positive, pairs: integer(1, 3) }),
  superseded: object({ type: word("superseded"), seq: positive }),
  closing: object({ type: word("closing"), seq: positive, retry_s: number(0, 3600) }),
};

const device = word("live", "muted", "off", "lost", "none");

const PAGE = {
  offer: object({ type: word("offer"), peer: positive, revision: positive, sdp }),
  device_report: object({
    type: word("device_report"),
    microphone: device,
    camera: device,
    visible: flag,
    picture: word("ok", "dark", "frozen", "unknown"),
  }),
  chat: object({ type: word("chat"), client_id: identifier, text: text(1, 2000) }),
  sending: object({ type: word("sending"), rung: word("full", "low", "stills", "sound", "chat") }),
  leave: object({ type: word("leave") }),
  withdraw_consent: object({ type: word("withdraw_consent"), kind: word("recording", "consultation", "stills") }),
  admit: object({ type: word("admit"), names_match: flag }),
  begin_text: object({ type: word("begin_text"), names_match: flag }),
  deny_family: object({ type: word("deny_family") }),
  attest: object({ type: word("attest"), checks: list(identifier, 0, 16), call_back: text(0, 40), location: text(0, 200) }),
  hold: object({ type: word("hold"), reason: word("guardian_not_with_child", "technical", "other") }),
  resume: object({ type: word("resume") }),
  complete: object({ type: word("complete"), summary: text(1, 4000), adequate: flag }),
  refer: object({
    type: word("refer"),
    reason: identifier,
    urgency,
    note: text(0, 4000),
    not_examined: text(0, 2000),
    told_family: text(0, 2000),
    to: otherwise(text(0, 200), ""),
  }),
  cancel: object({ type: word("cancel") }),
};

const hello = object({
  token: text(16, 128),
  instance: text(16, 64),
  language: word("zh", "en"),
  resume: nullable(object({ epoch: positive, seq: positive })),
});

/** @typedef {ReturnType<typeof sessionView>} SessionView */
/** @typedef {ReturnType<typeof visitView>} VisitView */
/** @typedef {ReturnType<typeof chat>} Chat */
/** @typedef {ReturnType<typeof line>} Line */
/** @typedef {ReturnType<typeof role>} Role */
/** @typedef {ReturnType<typeof urgency>} Urgency */
/** @typedef {ReturnType<typeof device>} Device */
/** @typedef {{[K in keyof typeof SERVER]: ReturnType<(typeof SERVER)[K]>}} ServerMessages */
/** @typedef {ServerMessages[keyof ServerMessages]} ServerMessage */
/** @typedef {ServerMessages["welcome"]} Welcome */
/** @typedef {{[K in keyof typeof PAGE]: ReturnType<(typeof PAGE)[K]>}} Intents */
/** @typedef {Intents[keyof Intents]} Intent */
/** @typedef {ReturnType<typeof hello>} Hello */
/** @typedef {{ok: true, id?: string, referral?: string} | {ok: false, code: string, text: string}} Ack */

/** A message from the server. Raises `Malformed`. @param {unknown} value @returns {ServerMessage} */
export function decodeMessage(value) {
  return byType(SERVER, value);
}

/** An intent, as the server reads it: to check one before it is sent. Raises `Malformed`. @param {unknown} value @returns {Intent} */
export function decodeIntent(value) {
  return byType(PAGE, value);
}

/** What a page says when it connects. Raises `Malformed`. @param {unknown} value @returns {Hello} */
export function decodeHello(value) {
  const read = hello(value);
  if (!/^[A-Za-z0-9_-]+$/.test(read.instance)) throw new Malformed();
  return read;
}

/** @template {Record<string, Reader<any>>} R @param {R} readers @param {unknown} value @returns {ReturnType<R[keyof R]>} */
function byType(readers, value) {
  const { type } = object({ type: /** @type {Reader<unknown>} */ ((each) => each) })(value);
  if (typeof type !== "string") throw new Malformed();
  const reader = new Map(Object.entries(readers)).get(type);
  if (!reader) throw new Malformed("unknown_type");
  return reader(value);
}

/** An answer to an intent; one that cannot be read counts as `unavailable`. @param {unknown} value @returns {Ack} */
export function decodeAck(value) {
  const given = typeof value === "object" && value !== null ? new Map(Object.entries(value)) : new Map();
  const optional = (/** @type {string} */ name) => (typeof given.get(name) === "string" ? { [name]: given.get(name) } : {});
  if (given.get("ok") === true) return { ok: true, ...optional("id"), ...optional("referral") };
  return { ok: false, code: "unavailable", text: "", ...optional("code"), ...optional("text") };
}

// --- what a page asks for -------------------------------------------------------------------------

/** One builder an intent; arguments in the order of PROTOCOL.md. */
export const intents = Object.freeze({
  /** @param {number} peer @param {number} revision @param {string} sdp @returns {Intents["offer"]} */
  offer: (peer, revision, sdp) => ({ type: "offer", peer, revision, sdp }),
  /** @param {Omit<Intents["device_report"], "type">} report @returns {Intents["device_report"]} */
  deviceReport: ({ microphone, camera, visible, picture }) => ({ type: "device_report", microphone, camera, visible, picture }),
  /** @param {string} clientId @param {string} words @returns {Intents["chat"]} */
  chat: (clientId, words) => ({ type: "chat", client_id: clientId, text: words }),
  /** @param {Intents["sending"]["rung"]} rung @returns {Intents["sending"]} */
  sending: (rung) => ({ type: "sending", rung }),
  /** @returns {Intents["leave"]} */
  leave: () => ({ type: "leave" }),
  /** @param {Intents["withdraw_consent"]["kind"]} kind @returns {Intents["withdraw_consent"]} */
  withdrawConsent: (kind) => ({ type: "withdraw_consent", kind }),
  /** @param {boolean} namesMatch @returns {Intents["admit"]} */
  admit: (namesMatch) => ({ type: "admit", names_match: namesMatch }),
  /** @param {boolean} namesMatch @returns {Intents["begin_text"]} */
  beginText: (namesMatch) => ({ type: "begin_text", names_match: namesMatch }),
  /** @returns {Intents["deny_family"]} */
  denyFamily: () => ({ type: "deny_family" }),
  /** @param {string[]} checks @param {string} callBack @param {string} location @returns {Intents["attest"]} */
  attest: (checks, callBack, location) => ({ type: "attest", checks, call_back: callBack, location }),
  /** @param {Intents["hold"]["reason"]} reason @returns {Intents["hold"]} */
  hold: (reason) => ({ type: "hold", reason }),
  /** @returns {Intents["resume"]} */
  resume: () => ({ type: "resume" }),
  /** @param {string} summary @param {boolean} adequate @returns {Intents["complete"]} */
  complete: (summary, adequate) => ({ type: "complete", summary, adequate }),
  /** @param {Omit<Intents["refer"], "type">} referral @returns {Intents["refer"]} */
  refer: ({ reason, urgency: by, note, not_examined, told_family, to }) => ({
    type: "refer",
    reason,
    urgency: by,
    note,
    not_examined,
    told_family,
    to,
  }),
  /** @returns {Intents["cancel"]} */
  cancel: () => ({ type: "cancel" }),
});
