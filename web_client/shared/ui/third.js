/** The third person's sound and picture on the other two's pages, and how they are called. */

import { showsPicture } from "../guests.js";
import { h, icon } from "./dom.js";
import { moving } from "./moving.js";

/** @typedef {import("../guests.js").Seat} Seat */

/** "Interpreter Wang Fang". @param {import("../i18n/i18n.js").Translate} t @param {Seat} seat */
export function whoIs(t, { role, name }) {
  return `${t(`role.${role}`)} ${name}`.trim();
}

/**
 * The element stays the same for as long as the guest is here, so that the sound goes on when the picture does not.
 * @param {{guest: Seat, held: boolean, stream: MediaStream | null, label: string, onblocked?: (blocked: boolean) => void}} options
 */
export function thirdPicture({ guest, held, stream, label, onblocked }) {
  const shown = showsPicture(guest) && !held;
  return h(
    "div",
    { class: `third-picture${held ? " third-picture-out" : ""}`, key: "picture" },
    !shown && !held && h("span", { class: "third-none", key: "none" }, icon("camera-off")),
    moving({ key: "video", class: `third-video${shown ? "" : " third-out"}`, stream, muted: false, role: guest.role, label, onblocked }),
  );
}
