/**
 * What a session says of the rungs of its directions (PROTOCOL.md, section 8), as a page needs it. Pure.
 *
 * @typedef {import("./messages.js").SessionView} SessionView
 * @typedef {import("./ladder.js").Rung} Rung
 * @typedef {{rung: Exclude<Rung, "full">, side: "own" | "far"}} Weakness  the worse direction, and whose network is too weak
 */

import { better, RUNGS, worse } from "./ladder.js";

/** Where no moving picture arrives. @type {readonly Rung[]} */
const STANDING = Object.freeze(["stills", "sound", "chat"]);

/** The best that those who receive from `own` can take: to send less would be for the sake of one of several. @param {SessionView} session @param {string} own @returns {Rung} */
export function receiversBear({ seats, rungs }, own) {
  const others = seats.filter(({ role, connected }) => connected && role !== own);
  /** @param {string} role @returns {Rung} */
  const bears = (role) => rungs.find(({ from, to, why }) => from === own && to === role && why === "downlink")?.rung ?? "full";
  return others.length === 0 ? "full" : others.map(({ role }) => bears(role)).reduce(better);
}

/** What the conversation of two suffers from most, or null. @param {SessionView | null} session @param {string} own @param {string} far @returns {Weakness | null} */
export function weakest(session, own, far) {
  const between = (session?.rungs ?? []).filter(({ from, to }) => (from === own && to === far) || (from === far && to === own));
  const worst = between.sort((a, b) => RUNGS.indexOf(b.rung) - RUNGS.indexOf(a.rung))[0];
  if (!worst) return null;
  const sender = worst.why === "uplink";
  return { rung: worst.rung, side: (worst.from === own) === sender ? "own" : "far" };
}

/** What arrives from `far`. @param {{rungs?: SessionView["rungs"]} | null} session @param {string} far @param {string} own @returns {Rung} */
export function arriving(session, far, own) {
  const known = session?.rungs?.filter(({ from, to }) => from === far && to === own) ?? [];
  return known.map(({ rung }) => /** @type {Rung} */ (rung)).reduce(worse, "full");
}

/** @param {Rung} rung */
export function standsStill(rung) {
  return STANDING.includes(rung);
}
