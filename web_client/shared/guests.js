/**
 * The guest of the third seat (PROTOCOL.md, section 9), as a session names them. Pure.
 *
 * @typedef {import("./messages.js").SessionView["seats"][number]} Seat
 */

/** The roles that a physician may invite. */
export const GUEST_ROLES = Object.freeze(/** @type {const} */ (["interpreter", "local_doctor"]));
/** @typedef {(typeof GUEST_ROLES)[number]} GuestRole */

/** The seat of whoever was invited, or null. @param {{seats: readonly Seat[]} | null | undefined} session @returns {(Seat & {role: GuestRole}) | null} */
export function guestOf(session) {
  const seat = session?.seats.find(({ role }) => role !== "guardian" && role !== "physician");
  return seat ? /** @type {Seat & {role: GuestRole}} */ (seat) : null;
}

/** Whether a moving picture of that seat is to be expected. @param {Seat} seat */
export function showsPicture({ connected, doubts }) {
  return connected && !doubts.includes("camera_off") && !doubts.includes("sound_only");
}
