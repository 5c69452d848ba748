/** The two pictures of the guest's call, and what is said while it is held. */

import { arriving } from "../shared/rungs.js";
import { h, icon } from "../shared/ui/dom.js";
import { moving } from "../shared/ui/moving.js";
import { whoIs } from "../shared/ui/third.js";
import { roleOf } from "./state.js";

/** @typedef {import("./view.js").Scene} Scene */

/** One of the two others. The element stays while the call does, so that the sound goes on without a picture. @param {Scene} scene @param {"guardian" | "physician"} role @param {boolean} held */
export function pictureOf({ state, t, emit, remotes }, role, held) {
  const seat = state.session?.seats.find((one) => one.role === role);
  const doubts = seat?.doubts ?? [];
  const weak = ["sound", "chat"].includes(arriving(state.session, role, roleOf(state)));
  const shown = !held && !weak && !doubts.includes("camera_off") && !doubts.includes("sound_only");
  const who = seat ? whoIs(t, seat) : t(`role.${role}`);
  return h(
    "figure",
    { class: `guest-tile${held ? " guest-tile-held" : ""}`, key: role },
    !shown && !held && h("p", { class: "remote-waiting", key: "why" }, icon("camera-off"), h("span", null, t(weak ? "guest.call.no_picture" : "guest.call.camera_off"))),
    moving({
      key: "video",
      class: `guest-video${shown ? "" : " remote-out"}`,
      stream: remotes.get(role) ?? null,
      muted: false,
      role,
      label: t("guest.picture", { who }),
      onblocked: (blocked) => blocked !== state.playBlocked && emit({ type: "play_blocked", blocked }),
    }),
    h("figcaption", { class: "guest-who" }, who),
  );
}

/** @param {Scene} scene */
export function causesLine({ state, t }) {
  const causes = state.session?.causes ?? [];
  return h(
    "section",
    { class: "guest-held stack", key: "held", "aria-label": t("family.held.title") },
    causes.map(({ cause }) => h("p", { class: "held-why", key: cause }, t(`guest.held.${cause}`))),
    h("p", { class: "small" }, t("guest.held.private")),
  );
}
