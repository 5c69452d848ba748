/**
 * The HTTP side of the server (server/http/API.md) as functions. Every failure is an `ApiProblem` with a stable `code`; a failure to
 * reach the server at all has the code `network`.
 */

/** @typedef {import("./i18n/i18n.js").Language} Language */
/** @typedef {{code: string, text: string, urgency: string, to?: string[]}} Reason `to`: in `welcome` */
/** @typedef {{name: string, title: string, hospital: string, licence: string}} Physician */
/** @typedef {{id: string, field: string, starts_at: string, child: string, guardian: string, physician: Physician, reasons?: Reason[], call_back?: string,
 *            departments?: {code: string, text: string}[]}} VisitView */
/** @typedef {"open" | "given" | "refused" | "withdrawn"} ConsentState */
/** @typedef {{referral: string, page: string, pdf: string, fhir: string}} LetterLinks */
/**
 * `starts_in_ms`, `opens_in_ms`: counted from the answer.
 * @typedef {{visit: VisitView, hospital_phone?: string | null, role: string, state: string, starts_in_ms?: number, opens_in_ms?: number, outcome: string | null, child_confirmed: boolean, child_denied?: boolean,
 *            consents: {consultation: ConsentState, recording: ConsentState, stills?: ConsentState}, delegated?: boolean, letter: LetterLinks | null, summary: boolean,
 *            with_child?: string | null}} VisitStatus `with_child`: another guardian who is in the visit now
 */
/**
 * @typedef {{visit: string, role: import("./guests.js").GuestRole, name: string, physician: Physician, state: string, agreed: boolean,
 *            text: {version: string, language: Language, title: string, paragraphs: string[], sha256: string}}} GuestView
 */
/** @typedef {"consultation" | "recording" | "stills"} ConsentKind */
/** @typedef {{kind: ConsentKind, version: string, language: Language, title: string, paragraphs: string[], sha256: string}} ConsentText */
/**
 * @typedef {{outcome: string, told: {source: "summary" | "note" | "amendment", text: string, at: string}[], safety_net: {zh: string, en: string}[],
 *            physician: string, hospital: string, ended_at: string}} Summary
 */
/** @typedef {{source: "guardian" | "physician" | "operations" | "coordinator", at: string, text: string}} ConcernWords */
/** @typedef {{id: string, number: string, category: string, at: string, state: "open" | "answered" | "withdrawn", words: ConcernWords[]}} Concern */
/**
 * @typedef {Concern & {kind: "complaint" | "incident", source: string, child: string, guardian: string, phone: string,
 *            field: string, physician: string, starts_at: string}} ConcernLine
 */
/**
 * @typedef {{referral: string, number: string, issued_at: string, urgency: string, by_when: string,
 *            reason: {code: string, text_zh: string, text_en: string}, physician: {name: string, title: string, licence: string},
 *            hospital: string, hospital_en: string, department: string, child: {name: string, sex: string, birth_date: string},
 *            guardian: {name: string, relation: string, phone: string, call_back: string}, history: string, not_examined: string, told_family: string,
 *            measurements: import("../family/preparation.js").Measurement[], documents: {pictures: number, papers: number},
 *            safety_net: {zh: string, en: string}[], journal_head: string, receipt: string,
 *            receipts: import("./receipts.js").Receipt[], receipt_qr: string | null,
 *            destination: {hospital: string, hospital_en: string, department: string, department_en: string}, page: string, pdf: string, fhir: string}} Letter
 */
/**
 * @typedef {{number: string, urgency: string, by_when: string, issued_at: string, receipt: string, receipts: import("./receipts.js").Receipt[],
 *            hospital: string, hospital_en: string, department: string, department_en: string, from: string, from_en: string,
 *            child: string, age_years: number}} DeskReferral
 */
/**
 * @typedef {{referral: string, number: string, urgency: string, issued_at: string, state: string, overdue: {step: string, since: string} | null,
 *            due: {step: string, at: string} | null, too_late: boolean, not_sent: number, child: string, age_years: number, guardian: string,
 *            phone: string, hospital: string, department: string, department_en: string, endpoint: boolean, reason: {zh: string, en: string},
 *            receipts: import("./receipts.js").Receipt[], contacted_at: string | null,
 *            notes: {fact: string, at: string, words: string}[]}} CoordinatorLine
 */
/** @typedef {{id: string, name: string, sex: string, birth_date: string}} DeskChild */
/** @typedef {{id: string, name: string, phone: string}} DeskGuardian `phone` is masked */
/**
 * @typedef {{id: string, revision: number, kind: string, field: string, state: string, outcome: string | null, starts_at: string, ends_at: string,
 *            waiting_since: string | null, department: string | null, department_name: string,
 *            physician: {id: string, name: string, title: string}, child: DeskChild, guardian: DeskGuardian,
 *            relation: {kind: string, proof: string}, link: {expires_at: string, redeemed_at: string | null} | null, notified: boolean}} DeskVisit
 */
/** @typedef {{child: DeskChild, guardian: DeskGuardian | null, relation: {kind: string, proof: string} | null}} DeskFamily */
/**
 * @typedef {{departments: {id: string, name: string, name_en: string, fields: string[]}[], physicians: {id: string, name: string, title: string}[],
 *            fields: string[], proofs: string[], delegated_adults: boolean}} DeskOffer
 */
/** @typedef {{id: string, physician: string, department: string, field: string, starts_at: string, ends_at: string}} DeskSlot */
/** Told once. `qr` is an SVG image as a URL has it. @typedef {{visit: string, link: string, link_expires_at: string, qr: string}} DeskLink */
/** Its link is null when the answer is given again. @typedef {DeskLink | {visit: string, link: null, link_expires_at: string, qr: null}} DeskBooked */
/**
 * @typedef {{guardian: DeskGuardian, relation: {kind: string, proof: string}}} DeskRelated
 * @typedef {{guardians: (DeskRelated & {link: {expires_at: string, redeemed_at: string | null} | null})[], others: DeskRelated[], most: number}} DeskFurther
 */
/** @typedef {DeskLink & {guardian: string}} DeskFurtherLink */
/** As of a booking. @typedef {DeskBooked & {guardian: string}} DeskFurtherAdded */
/** @typedef {{since: string, until: string, counts: {day: string, code: string, count: number}[], reasons: {code: string, zh: string, en: string}[]}} DeskRefusals */
/**
 * @typedef {{id: string, n: number, state: "uploading" | "kept", kind: string | null, bytes: number, received: number, width: number | null,
 *            height: number | null, pages: number | null, purpose?: "examination" | "delegation" | "still", at: string, url: string}} DocumentEntry
 */
/**
 * @typedef {{child: {name: string, age_years: number, sex: string}, guardians: {name: string, relation: string, proof: string, seated: boolean}[], denied: boolean, stills: ConsentState,
 *            delegation: "missing" | "unread" | "read" | null,
 *            whereabouts: {call_back: string, location: string, by: "guardian" | "physician" | null, at: string | null}}} FamilyView
 */
/** What the family told of where it is; the number masked. @typedef {{call_back: string, location: string, told: boolean}} Whereabouts */
/** @typedef {{id: string, name: string, role: "physician" | "operations" | "administrator" | "coordinator" | "desk", title?: string, hospital?: string, licence?: string}} Staff */
/**
 * @typedef {{visit: string, child: string, age_years: number, field: string, starts_at: string, state: string, outcome: string | null,
 *            guardian_waiting: boolean, waiting_since_s: number | null, child_denied: boolean}} WorklistEntry
 */
/**
 * @typedef {{seat: string, presence: string, up_bps: number, down_bps: number, up_loss: number, down_loss: number,
 *            rtt_ms: number | null, jitter_ms: number}} OpsLeg
 */
/** @typedef {{session: string, state: string, gate: boolean, recording: string, age_s: number, legs: OpsLeg[]}} OpsSession */
/** @typedef {{name: string, state: string, rooms: number}} OpsWorker */

/** Who was present when; times are RFC 3339, null while something goes on. @typedef {{since: string, until: string | null}} LedgerSpan */
/**
 * @typedef {{role: string, name: string, present_ms: number, present_while_open_ms: number, doubted_while_open_ms: Record<string, number>,
 *            stays: (LedgerSpan & {parting: string | null})[], evidence: (LedgerSpan & {what: string})[],
 *            doubts: (LedgerSpan & {what: string})[], by_text: LedgerSpan[]}} LedgerSeat
 */
/**
 * @typedef {{visit: string, journal: {n: number, head: string}, since: string, until: string, closed: boolean, admitted_at: string | null,
 *            attested_at: string[], gate: {open_ms: number, heard_within_ms: number, lapses: number, spans: LedgerSpan[]},
 *            seats: LedgerSeat[], holds: (LedgerSpan & {what: string, why?: string})[], server_away: LedgerSpan[],
 *            clock_steps: {at: string, by_ms: number}[], left_out: number}} Ledger
 */

/** Of an `invalid`; `asks`: it is only a question. @typedef {{pointer: string, code: string, asks: boolean, detail: string}} FieldError */
/**
 * @typedef {{questionnaire: null | {version: string, at: string, turn: number, outcome: string, flags: {reason: string, outcome: string, text: string}[],
 *                                   answers: {link_id: string, text: string, answer: string, flag: boolean}[]},
 *            begun: boolean,
 *            measurements: null | {at: string, turn: number, items: import("../family/preparation.js").Measurement[],
 *                                  velocity: null | {cm_per_year: string, since: string, until: string, at_home: boolean, converted: boolean}}}} Prepared
 */
/** @typedef {{zh: string, en: string}} BothLanguages */
/**
 * @typedef {{kind: "note" | "amendment",
 *            form: {version: string, sections: {code: string, max_length: number, title: BothLanguages, hint: BothLanguages}[], needs: string[][]},
 *            draft: {revision: number, sections: Record<string, string>, at: string | null}, can_sign: boolean, safety_net: BothLanguages[],
 *            signed: {id: string, kind: "note" | "amendment", at: string, by: null | {name: string, title: string, licence: string},
 *                     sections: {code: string, title: BothLanguages, text: string}[]}[]}} NoteView
 */
/**
 * @typedef {{visit: string, child: string, age_years: number, field: string, starts_at: string, ended_at: string, outcome: string,
 *            begun: boolean, kind: "note" | "amendment"}} UnsignedVisit
 */

const SOCKET_TOKEN_WITHIN_MS = 5_000;
const DOCUMENT_WITHIN_MS = 120_000;

/** The server said no (RFC 9457), or could not be reached (`code` "network", `status` 0). */
export class ApiProblem extends Error {
  /** @param {number} status @param {string} code @param {string} detail @param {number | null} [retryAfterS] @param {readonly FieldError[]} [errors] @param {any} [body] */
  constructor(status, code, detail, retryAfterS = null, errors = [], body = null) {
    super(code);
    this.name = "ApiProblem";
    this.status = status;
    this.code = code;
    /** A sentence in the page's language, or empty. */
    this.detail = detail;
    this.retryAfterS = retryAfterS;
    /** What is wrong where, of an `invalid`. */
    this.errors = errors;
    /** The whole problem document. @type {any} */
    this.body = body;
  }
}

/**
 * `role`: as whom a page asks whose browser may hold two cookies (server/http/API.md).
 *
 * @param {{language: () => Language, role?: "guardian" | "physician" | "guest", fetch?: typeof globalThis.fetch, timeoutMs?: number}} options
 */
export function createApi({ language, role, fetch = globalThis.fetch.bind(globalThis), timeoutMs = 15_000 }) {
  /**
   * @param {string} path @param {RequestInit} [init] @param {number} [withinMs]
   * @param {(response: Response) => Promise<any>} [read]  how the body of a good answer is read
   * @returns {Promise<any>}
   */
  const call = async (path, init = {}, withinMs = timeoutMs, read = readJson) => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), withinMs);
    const headers = { Accept: "application/json", "Accept-Language": language(), ...(role && { "Peitong-Role": role }), ...init.headers };
    try {
      const response = await fetch(path, { ...init, headers, credentials: "same-origin", cache: "no-store", signal: abort.signal });
      if (!response.ok) throw problemOf(response, await readJson(response));
      return await read(response);
    } catch (error) {
      throw error instanceof ApiProblem ? error : new ApiProblem(0, "network", "");
    } finally {
      clearTimeout(timer);
    }
  };
  /** @param {string} path @param {object} [body] @param {number} [withinMs] @param {Record<string, string>} [headers] @returns {Promise<any>} */
  const post = (path, body = {}, withinMs = timeoutMs, headers = {}) =>
    call(path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) }, withinMs);
  /** @param {string} visit @param {string} act @param {object} [body] @returns {Promise<any>} */
  const atDesk = (visit, act, body) => post(`/api/desk/visits/${encodeURIComponent(visit)}/${act}`, body);
  /** @param {string} visit @param {string} rest */
  const of = (visit, rest = "") => `/api/visits/${encodeURIComponent(visit)}${rest}`;

  return Object.freeze({
    /** @param {string} token @returns {Promise<{visit: string, next: string}>} */
    join: (token) => post("/api/join", { token }),
    /** The same answer for every number. @param {string} phone @returns {Promise<{ok: true}>} */
    lostLink: (phone) => post("/api/lost-link", { phone }),
    /** @param {string} visit @returns {Promise<VisitStatus>} */
    visit: (visit) => call(of(visit)),
    /** @param {string} visit @param {Language} inLanguage @returns {Promise<ConsentText[]>} */
    consentTexts: (visit, inLanguage) => call(of(visit, `/consent-texts?language=${inLanguage}`)),
    /** @param {string} visit @param {boolean} confirmed */
    confirmChild: (visit, confirmed) => post(of(visit, "/child"), { confirmed }),
    /** @param {string} visit @param {ConsentText} text @param {boolean} agreed */
    consent: (visit, { kind, version, language: textLanguage, sha256 }, agreed) =>
      post(of(visit, "/consents"), { kind, version, language: textLanguage, sha256, agreed }),
    /** @param {string} visit @param {Language} inLanguage @returns {Promise<import("../family/preparation.js").FormView>} */
    questionnaire: (visit, inLanguage) => call(of(visit, `/questionnaire?language=${inLanguage}`)),
    /**
     * @param {string} visit @param {import("./questionnaire.js").Form} form @param {import("./questionnaire.js").Answers} answers @param {boolean} complete
     * @returns {Promise<{state: "draft" | "given", route: import("../family/preparation.js").Route | null}>}
     */
    answers: (visit, { version, sha256, language: formLanguage }, answers, complete) =>
      post(of(visit, "/answers"), { version, sha256, language: formLanguage, answers, complete }),
    /**
     * @param {string} visit @param {readonly import("../family/preparation.js").Measurement[]} measurements
     * @returns {Promise<{measurements: import("../family/preparation.js").Measurement[]}>}
     */
    measurements: (visit, measurements) => post(of(visit, "/measurements"), { measurements }),
    /** @param {string} visit @returns {Promise<Whereabouts>} */
    whereabouts: (visit) => call(of(visit, "/whereabouts")),
    /** An empty number leaves it as it is. @param {string} visit @param {string} callBack @param {string} location @returns {Promise<Whereabouts>} */
    tellWhereabouts: (visit, callBack, location) => post(of(visit, "/whereabouts"), { call_back: callBack, location }),
    /** @param {string} visit @returns {Promise<FamilyView>} */
    family: (visit) => call(of(visit, "/family")),
    /** @param {string} visit @returns {Promise<Prepared>} */
    prepared: (visit) => call(of(visit, "/prepared")),
    /** Asked for again while no answer comes, so a lost one is given up soon. @param {string} visit @returns {Promise<{token: string, expires_in_s: number}>} */
    socketToken: (visit) => post(of(visit, "/socket-token"), {}, SOCKET_TOKEN_WITHIN_MS),
    /** @param {string} visit @returns {Promise<{documents: DocumentEntry[]}>} */
    documents: (visit) => call(of(visit, "/documents")),
    /** One of them; staff's opening it is journaled. @param {string} url as the list says @returns {Promise<Blob>} */
    document: (url) => call(url, {}, DOCUMENT_WITHIN_MS, (response) => response.blob()),
    /** @param {string} visit @param {import("./guests.js").GuestRole} guestRole @param {string} name @returns {Promise<{invitation: string, link: string, expires_at: string}>} */
    inviteGuest: (visit, guestRole, name) => post(of(visit, "/guest"), { role: guestRole, name }),
    /** @param {string} visit */
    takeBackGuest: (visit) => post(of(visit, "/guest/take-back")),
    /** A guest's link. @param {string} token @returns {Promise<{visit: string, next: string}>} */
    joinAsGuest: (token) => post("/api/guests/join", { token }),
    /** @param {string} visit @returns {Promise<GuestView>} */
    guest: (visit) => call(of(visit, "/guest")),
    /** @param {string} visit @param {GuestView["text"]} text @param {boolean} agreed */
    guestConsent: (visit, { version, language: textLanguage, sha256 }, agreed) =>
      post(of(visit, "/guest/consent"), { version, language: textLanguage, sha256, agreed }),
    /** @param {string} visit @returns {Promise<Letter>} */
    letter: (visit) => call(of(visit, "/letter")),
    /** @param {string} visit @returns {Promise<Summary>} */
    summary: (visit) => call(of(visit, "/summary")),
    /** @param {string} visit @returns {Promise<{complaints: Concern[]}>} */
    complaints: (visit) => call(of(visit, "/complaints")),
    /** @param {string} visit @param {string} clientId @param {string} text @returns {Promise<Concern>} */
    complain: (visit, clientId, text) => post(of(visit, "/complaints"), { client_id: clientId, text }),
    /** @param {string} visit @param {string} concern @param {string} fact @param {string} text @returns {Promise<Concern>} */
    tellOfComplaint: (visit, concern, fact, text) => post(of(visit, `/complaints/${encodeURIComponent(concern)}`), { fact, text }),
    /** @param {string} visit @param {string} clientId @param {string} category @param {string} text @returns {Promise<Concern>} */
    recordIncident: (visit, clientId, category, text) => post(of(visit, "/incidents"), { client_id: clientId, category, text }),
    /** @param {string} visit @param {string} concern @param {string} text @returns {Promise<Concern>} */
    tellOfIncident: (visit, concern, text) => post(of(visit, `/incidents/${encodeURIComponent(concern)}`), { fact: "added", text }),
    /** @param {string} visit @returns {Promise<{incidents: Concern[]}>} */
    incidents: (visit) => call(of(visit, "/incidents")),
    /** @param {string} visit @returns {Promise<Ledger>} */
    ledger: (visit) => call(of(visit, "/ledger")),
    /** @param {string} visit @returns {Promise<NoteView>} */
    note: (visit) => call(of(visit, "/note")),
    /** @param {string} visit @param {NoteView["kind"]} kind @param {number} revision @param {Readonly<Record<string, string>>} sections @returns {Promise<NoteView>} */
    saveNote: (visit, kind, revision, sections) =>
      call(of(visit, "/note"), { method: "PUT", headers: { "Content-Type": "application/json", "If-Match": `"${revision}"` }, body: JSON.stringify({ kind, sections }) }),
    /** @param {string} visit @param {number} revision @returns {Promise<NoteView>} */
    signNote: (visit, revision) =>
      call(of(visit, "/note/signature"), { method: "POST", headers: { "Content-Type": "application/json", "If-Match": `"${revision}"` }, body: "{}" }),
    /** @returns {Promise<{visits: UnsignedVisit[], more: boolean}>} */
    unsigned: () => call("/api/staff/unsigned"),
    /** @param {string} login @param {string} password @returns {Promise<{name: string, role: string}>} */
    signIn: (login, password) => post("/api/staff/sign-in", { login, password }),
    signOut: () => post("/api/staff/sign-out"),
    /** @returns {Promise<Staff>} */
    me: () => call("/api/staff/me"),
    /** @returns {Promise<{visits: WorklistEntry[]}>} */
    worklist: () => call("/api/staff/worklist"),
    /** What the doctor's page asks with its link's token. @param {string} token */
    doctor: (token) => ({
      /** @returns {Promise<{workers: number, ice_policy: "all" | "relay", ice_servers: {urls: string[], username: string, credential: string}[]}>} */
      begin: () => post(`/api/doctor/${token}/begin`),
      /** @param {number} worker @param {string} sdp @returns {Promise<{sdp: string}>} */
      offer: (worker, sdp) => post(`/api/doctor/${token}/offer`, { worker, sdp }),
      /** @returns {Promise<{packets: number, lost: number}>} */
      figures: () => post(`/api/doctor/${token}/figures`),
      /** @param {object} report */
      report: (report) => post(`/api/doctor/${token}/report`, { report }),
    }),
    /** What the destination's desk does with the code on a letter. @param {string} token */
    receipt: (token) => ({
      /** @returns {Promise<DeskReferral>} */
      open: () => post(`/api/receipts/${encodeURIComponent(token)}/open`),
      /** @param {string} fact @param {string | null} appointmentAt @returns {Promise<DeskReferral>} */
      tell: (fact, appointmentAt) =>
        post(`/api/receipts/${encodeURIComponent(token)}/tell`, { fact, appointment_at: appointmentAt }),
    }),
    /** A family's own appointment. @param {string} visit */
    appointment: (visit) => ({
      /** @returns {Promise<import("../change/state.js").Appointment>} */
      read: () => call(of(visit, "/appointment")),
      /** @param {string | null} from @returns {Promise<{slots: import("../book/state.js").Slot[], next: string | null}>} */
      slots: (from) => call(of(visit, `/appointment/slots${from === null ? "" : `?${new URLSearchParams({ from })}`}`)),
      /** @param {string} slot @param {number} revision @returns {Promise<import("../change/state.js").Appointment>} */
      move: (slot, revision) => post(of(visit, "/appointment/move"), { slot, revision }),
      /** @returns {Promise<import("../change/state.js").Appointment>} */
      cancel: () => post(of(visit, "/appointment/cancel")),
    }),
    /** What a family asks that has no link yet. */
    book: {
      /** @param {Language} inLanguage @returns {Promise<{questionnaire: import("./questionnaire.js").Form}>} */
      form: (inLanguage) => call(`/api/routing?language=${inLanguage}`),
      /**
       * @param {import("./questionnaire.js").Form} form @param {import("./questionnaire.js").Answers} answers @param {boolean} complete
       * @returns {Promise<{route: import("../family/preparation.js").Route | null}>}
       */
      route: ({ version, sha256, language: formLanguage }, answers, complete) =>
        post("/api/routing", { version, sha256, language: formLanguage, answers, complete }),
      /** @returns {Promise<{hospitals: import("../book/state.js").Hospital[]}>} */
      hospitals: () => call("/api/book/hospitals"),
      /** @param {string} hospital @param {string} field @returns {Promise<{specialists: import("../book/state.js").Specialist[]}>} */
      specialists: (hospital, field) => call(`/api/book/hospitals/${encodeURIComponent(hospital)}/specialists?${new URLSearchParams({ field })}`),
      /** @param {string} hospital @param {Record<string, string>} asked @returns {Promise<{slots: import("../book/state.js").Slot[], next: string | null}>} */
      slots: (hospital, asked) => call(`/api/book/hospitals/${encodeURIComponent(hospital)}/slots?${new URLSearchParams(asked)}`),
      /** The same key and body again book nothing twice. @param {import("../book/state.js").Pending} pending @returns {Promise<import("../book/state.js").Made>} */
      book: ({ hospital, key, body }) =>
        post(`/api/book/hospitals/${encodeURIComponent(hospital)}/visits`, body, timeoutMs, { "Idempotency-Key": key }),
    },
    coordinator: {
      /** @returns {Promise<{now: string, referrals: CoordinatorLine[], more: boolean}>} */
      referrals: () => call("/api/coordinator/referrals"),
      /** @returns {Promise<{concerns: ConcernLine[], more: boolean}>} */
      concerns: () => call("/api/coordinator/concerns"),
      /** @param {string} concern @returns {Promise<{phone: string}>} */
      concernPhone: (concern) => post(`/api/coordinator/concerns/${encodeURIComponent(concern)}/phone`),
      /** @param {string} concern @param {string} text @returns {Promise<ConcernLine>} */
      answer: (concern, text) => post(`/api/coordinator/concerns/${encodeURIComponent(concern)}/answer`, { text }),
      /** @param {string} referral @returns {Promise<{phone: string}>} */
      phone: (referral) => post(`/api/coordinator/referrals/${encodeURIComponent(referral)}/phone`),
      /** @param {string} referral @param {string} fact @param {string} words @param {string | null} appointmentAt @returns {Promise<CoordinatorLine>} */
      tell: (referral, fact, words, appointmentAt) =>
        post(`/api/coordinator/referrals/${encodeURIComponent(referral)}/tell`, { fact, words, appointment_at: appointmentAt }),
    },
    desk: {
      /** @param {string | null} day "2026-11-22", null for today @returns {Promise<{now: string, day: string, visits: DeskVisit[], more: boolean}>} */
      day: (day) => call(`/api/desk/visits${day ? `?day=${day}` : ""}`),
      /** @param {string} visit @returns {Promise<DeskVisit>} */
      visit: (visit) => call(`/api/desk/visits/${encodeURIComponent(visit)}`),
      /** The whole number; who asks is written down. @param {string} visit @returns {Promise<{phone: string}>} */
      phone: (visit) => atDesk(visit, "phone"),
      /** @returns {Promise<DeskOffer>} */
      offer: () => call("/api/desk/offer"),
      /** @param {Record<string, string>} wanted @returns {Promise<{items: DeskSlot[], next: string | null}>} */
      slots: (wanted) => call(`/api/desk/slots?${new URLSearchParams(wanted)}`),
      /** @param {string} text @returns {Promise<{families: DeskFamily[], more: boolean}>} */
      find: (text) => post("/api/desk/families", { text }),
      /** @param {{key: string, body: object}} booking sent under its own Idempotency-Key @returns {Promise<DeskBooked>} */
      book: ({ key, body }) => post("/api/desk/visits", body, timeoutMs, { "Idempotency-Key": key }),
      /** @param {DeskVisit} visit as it was read @param {string} slot */
      move: ({ id, revision }, slot) =>
        post(`/api/desk/visits/${encodeURIComponent(id)}/move`, { slot }, timeoutMs, { "If-Match": `"${revision}"` }),
      /** @param {string} visit @param {string} reason */
      cancel: (visit, reason) => atDesk(visit, "cancel", { reason }),
      /** @param {string} visit */
      noShow: (visit) => atDesk(visit, "no-show"),
      /** @param {string} visit @returns {Promise<DeskLink>} */
      link: (visit) => atDesk(visit, "link"),
      /** @param {string} visit @param {string} proof @returns {Promise<DeskVisit>} */
      proof: (visit, proof) => atDesk(visit, "proof", { proof }),
      /** @param {string} visit @returns {Promise<DeskFurther>} */
      guardians: (visit) => call(`/api/desk/visits/${encodeURIComponent(visit)}/guardians`),
      /** @param {string} visit @param {{key: string, body: object}} added sent under its own Idempotency-Key @returns {Promise<DeskFurtherAdded>} */
      addGuardian: (visit, { key, body }) => post(`/api/desk/visits/${encodeURIComponent(visit)}/guardians`, body, timeoutMs, { "Idempotency-Key": key }),
      /** @param {string} visit @param {string} guardian @returns {Promise<DeskFurtherLink>} */
      linkGuardian: (visit, guardian) => atDesk(visit, `guardians/${encodeURIComponent(guardian)}/link`),
      /** @param {string} visit @param {string} guardian @returns {Promise<DeskFurther>} */
      removeGuardian: (visit, guardian) => atDesk(visit, `guardians/${encodeURIComponent(guardian)}/remove`),
      /** @returns {Promise<DeskRefusals>} */
      refusals: () => call("/api/desk/refusals"),
    },
    /** @param {string} session @param {string} category @param {string} clientId @returns {Promise<{number: string, at: string}>} */
    opsIncident: (session, category, clientId) => post("/api/ops/incidents", { session, client_id: clientId, category, text: "" }),
    /** @returns {Promise<{sessions: OpsSession[], workers: OpsWorker[]}>} */
    opsSessions: () => call("/api/ops/sessions"),
  });
}

/** @typedef {ReturnType<typeof createApi>} Api */

/** @param {Response} response */
async function readJson(response) {
  const text = await response.text();
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiProblem(response.status, "unknown", "");
  }
}

/** @param {Response} response @param {any} body */
function problemOf(response, body) {
  const code = typeof body?.code === "string" ? body.code : "unknown";
  const detail = typeof body?.detail === "string" ? body.detail : "";
  const wait = Number(body?.retry_after_s ?? response.headers.get("Retry-After"));
  const errors = Array.isArray(body?.errors) ? body.errors : [];
  return new ApiProblem(response.status, code, detail, Number.isFinite(wait) && wait > 0 ? wait : null, errors, body);
}
