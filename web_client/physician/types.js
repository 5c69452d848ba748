/**
 * The shapes that the physician's page passes around; types only, nothing here runs.
 *
 * What comes over the wire is PROTOCOL.md's (`shared/messages.js`) and server/http/API.md's; what is only the page's own is
 * here.
 *
 * @typedef {import("../shared/messages.js").SessionView} SessionView
 * @typedef {import("../shared/api.js").VisitView} VisitView
 * @typedef {import("../shared/messages.js").ServerMessage} ServerMessage
 * @typedef {SessionView["seats"][number]} Seat
 * @typedef {import("../shared/api.js").Staff} Staff
 * @typedef {import("../shared/api.js").WorklistEntry} WorklistEntry
 *
 * @typedef {"admit" | "begin_text" | "deny_family" | "attest" | "hold" | "resume" | "refer" | "complete" | "cancel"} Act
 * @typedef {"admit" | "begin_text" | "attest" | "hold" | "refer" | "complete" | "cancel" | "leave" | "note" | "incident" | "documents" | "guest" | "help"} Panel
 *
 * @typedef {{id: string, picture: string | null, failed: boolean}} ShownDocument `picture` is an address of this page's own
 * @typedef {"emergency" | "within_24h" | "within_2w" | "within_30d" | "routine"} Urgency
 *
 * @typedef {Object} Problem
 * @property {string} code a stable code of PROTOCOL.md section 7 or API.md
 * @property {string} text the server's sentence, may be empty
 *
 * @typedef {Object} Drafts what the physician has picked or typed but not sent
 * @property {string[]} checks
 * @property {string | null} callBack the number as it was corrected; null while what was told stands
 * @property {string | null} location
 * @property {import("../shared/messages.js").Intents["hold"]["reason"] | null} holdReason
 * @property {string | null} reason
 * @property {Urgency | null} urgency
 * @property {boolean} urgencyChosen whether the urgency was picked by hand rather than suggested by the checklist
 * @property {string | null} to the department that was picked by hand; null while the proposed one stands
 * @property {string} note
 * @property {string} notExamined
 * @property {string} toldFamily
 * @property {string} summary
 * @property {boolean | null} adequate
 *
 * @typedef {Object} Devices
 * @property {import("../shared/support.js").Support} support
 * @property {boolean} opened whether the browser answered
 * @property {import("../shared/support.js").DeviceProblem | null} microphone why there is none
 * @property {import("../shared/support.js").DeviceProblem | null} camera why there is none
 * @property {boolean} muted
 * @property {boolean} cameraOff
 * @property {boolean} speakingMuted sound comes in while muted
 *
 * @typedef {Object} Line
 * @property {number} bitrate_bps
 * @property {number} loss fraction 0..1
 * @property {number} jitter_ms
 *
 * @typedef {Object} Leg
 * @property {string} role
 * @property {Line} up
 * @property {Line} down
 * @property {number | null} rtt_ms
 *
 * @typedef {Object} Visit
 * @property {string} id
 * @property {WorklistEntry | null} entry the worklist's line, when the visit was opened from there
 * @property {"connecting" | "online" | "offline" | "refused" | "superseded" | "closing"} link
 * @property {Problem | null} refused why the server would not let the page in
 * @property {import("../shared/api.js").VisitStatus | null} status what HTTP said of a visit that is over
 * @property {VisitView | null} view
 * @property {SessionView | null} session
 * @property {number} sessionAtMs when `session` arrived, page clock
 * @property {import("../shared/api.js").Ledger | null} ledger who was present when, as last read
 * @property {number} ledgerAtMs when `ledger` came, page clock
 * @property {readonly import("../shared/api.js").DocumentEntry[] | null} documents what the family handed in, as last read
 * @property {ShownDocument | null} shownDocument the one that is looked at
 * @property {import("../shared/api.js").Prepared | null} prepared what the family told before the visit, as last read
 * @property {import("../shared/api.js").FamilyView | null} family who they are and where, as last read
 * @property {import("./note.js").Note | null} note the note, once it was read
 * @property {import("../shared/concerns.js").Concerns} incidents those that the physician recorded
 * @property {readonly import("../shared/chat_log.js").ChatEntry[]} chat
 * @property {number} chatSeen how many chat messages were on screen already
 * @property {{light: "good" | "fair" | "poor", legs: Leg[]} | null} quality
 * @property {number} qualityAtMs
 * @property {"idle" | "connecting" | "up" | "lost" | "unavailable"} media
 * @property {boolean} remotePicture
 * @property {import("../shared/flow.js").Flow | null} flow what of the family's sound and picture arrived lately
 * @property {boolean} tapNeeded the browser wants a click before it plays sound
 * @property {import("./guest_desk.js").GuestForm} guest the third seat's invitation: what is typed, what was told
 * @property {import("./stills.js").Still} still what became of the last picture that was saved
 * @property {Panel | null} panel
 * @property {Drafts} drafts
 * @property {Readonly<Partial<Record<Act, true>>>} pending intents in flight
 * @property {Readonly<Partial<Record<Act, Problem>>>} problems the last refusal of each intent
 * @property {Devices} devices
 *
 * @typedef {Object} State
 * @property {"loading" | "sign_in" | "worklist" | "visit"} screen
 * @property {boolean} unreachable the server did not answer when the page opened
 * @property {number} nowMs the page's monotonic clock
 * @property {Staff | null} me
 * @property {import("../shared/staff/entry.js").SignIn} signIn
 * @property {{visits: WorklistEntry[] | null, atMs: number, stale: boolean}} worklist
 * @property {readonly import("../shared/api.js").UnsignedVisit[]} unsigned visits that wait for a signature, the longest ago first
 * @property {Visit | null} visit
 */

export {};
