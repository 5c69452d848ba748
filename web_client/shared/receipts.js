/**
 * How far a referral has come, as the steps that are shown: those that were told with their times, those that are still to come, and
 * none that was passed over (a hospital without a system is never "sent" to; nobody books an emergency). Pure.
 *
 * @typedef {{state: string, at: string, appointment_at: string | null}} Receipt
 * @typedef {{state: string, at: string | null, appointmentAt: string | null, done: boolean, current: boolean}} Step
 */

const STATES = Object.freeze(["issued", "sent", "received", "booked", "seen"]);

/** @param {{issued_at: string, receipt: string, receipts?: Receipt[]}} referral @returns {Step[]} */
export function stepsOf({ issued_at: issuedAt, receipt, receipts = [] }) {
  const reached = STATES.indexOf(receipt);
  return STATES.flatMap((state, index) => {
    const told = state === "issued" ? { at: issuedAt, appointment_at: null } : receipts.find((each) => each.state === state);
    const done = told !== undefined || index === reached;
    if (!done && (state === "sent" || index < reached)) return [];
    return [{ state, at: told?.at ?? null, appointmentAt: told?.appointment_at ?? null, done, current: index === reached }];
  });
}

/** What a `datetime-local` field holds, in the own time of who fills it in, as the server takes it. @param {string} value @returns {string | null} */
export function appointmentOf(value) {
  const at = value === "" ? Number.NaN : new Date(value).getTime();
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
