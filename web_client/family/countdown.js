/**
 * The time before the waiting room opens. The server says in how many milliseconds that is; from then on the page counts on a clock of
 * its own that no wrong setting of the phone can touch, and asks again now and then, since that clock may stand while the phone sleeps.
 * Pure.
 */

/** @typedef {import("../shared/api.js").VisitStatus} VisitStatus */
/**
 * @typedef {object} Appointment
 * @property {number | null} opensAtMs  on the page's clock; null before the server said it
 * @property {number | null} startsAtMs
 * @property {number} heardAtMs  when it was said
 * @property {boolean} moved  the time changed while the page was open
 * @property {boolean} testing  camera and microphone are tried out, not yet to go in
 * @property {boolean} tested
 * @property {boolean} early  the family wants to go in before the time
 */

/** @type {Appointment} */
export const NO_APPOINTMENT = Object.freeze({ opensAtMs: null, startsAtMs: null, heardAtMs: 0, moved: false, testing: false, tested: false, early: false });

/** How long what the server said is good for. */
export const ASK_AGAIN_MS = 30_000;

/** @param {Appointment} before @param {VisitStatus} status @param {number} nowMs @param {boolean} moved @returns {Appointment} */
export function appointmentFrom(before, { starts_in_ms, opens_in_ms }, nowMs, moved) {
  const at = (/** @type {number | undefined} */ inMs) => (inMs === undefined ? null : nowMs + inMs);
  return { ...before, opensAtMs: at(opens_in_ms), startsAtMs: at(starts_in_ms), heardAtMs: nowMs, moved: before.moved || moved };
}

/** Milliseconds until the waiting room opens for this page; 0 when it is open, or the family wants to go in. @param {{appointment: Appointment, nowMs: number}} state */
export function opensInMs({ appointment: { opensAtMs, early }, nowMs }) {
  return opensAtMs === null || early ? 0 : Math.max(0, opensAtMs - nowMs);
}

/** @param {{appointment: Appointment, nowMs: number}} state */
export function startsInMs({ appointment: { startsAtMs }, nowMs }) {
  return startsAtMs === null ? 0 : Math.max(0, startsAtMs - nowMs);
}

/** Before the waiting room's door, with nothing left to be asked. @param {{stage: string}} state */
export function isOutside({ stage }) {
  return stage === "early" || stage === "devices";
}

/** Whether what the page knows is old. @param {{appointment: Appointment, nowMs: number}} state */
export function isStale({ appointment: { heardAtMs }, nowMs }) {
  return nowMs - heardAtMs >= ASK_AGAIN_MS;
}

/**
 * A duration in its two largest units, rounded up, as people say it: 2 days 3 hours, 3 hours 5 minutes, and below an hour minutes and seconds.
 * @param {number} ms @returns {{days: number, hours: number, minutes: number, seconds: number, form: "days" | "hours" | "minutes"}}
 */
export function spans(ms) {
  const [day, hour, minute] = [86_400, 3_600, 60];
  const whole = Math.ceil(ms / 1000);
  const byTheMinute = Math.ceil(whole / minute) * minute;
  const byTheHour = Math.ceil(whole / hour) * hour;
  const form = byTheHour >= day && byTheMinute >= day ? "days" : byTheMinute >= hour && whole >= hour ? "hours" : "minutes";
  const rest = { days: byTheHour, hours: byTheMinute, minutes: whole }[form];
  return { days: Math.floor(rest / day), hours: Math.floor((rest % day) / hour), minutes: Math.floor((rest % hour) / minute), seconds: rest % minute, form };
}
