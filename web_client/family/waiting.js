/** The waiting room: who will see the child, when, and that everything is ready. */

import { dayAndTime } from "../shared/i18n/i18n.js";
import { h, icon } from "../shared/ui/dom.js";
import { delegationCard, documentsCard } from "./documents_card.js";
import { movedNotice } from "./early.js";
import { guestOf } from "../shared/guests.js";
import { moving } from "../shared/ui/moving.js";
import { whoIs } from "../shared/ui/third.js";
import { bareCard } from "./bare.js";
import { button, callHospital, continueBar, page, title } from "./frame.js";
import { prepareCard } from "./prepare.js";
import { whereaboutsCard } from "./whereabouts.js";
import { devicesLost, isBare, othersExpected, remainingMs, seatOf } from "./state.js";

/** @typedef {import("./frame.js").Scene} Scene */

const KEPT_SHOWN_BELOW_MS = 30 * 60_000;

/** @param {Scene} scene */
export function waiting(scene) {
  const { state, t, emit } = scene;
  const visit = state.status?.visit;
  if (!visit) return null;
  return page(
    scene,
    { key: "waiting" },
    h(
      "div",
      { class: "stack-tight" },
      title(state, t(othersExpected(state) ? "family.waiting.denied.title" : state.session ? "family.waiting.title" : "family.waiting.connecting")),
      !othersExpected(state) && h("p", { class: "soft", key: "lead" }, t("family.waiting.lead", { physician: `${visit.physician.name} ${visit.physician.title}` })),
    ),
    devicesLost(state) && continueBar(scene),
    deniedNotice(scene),
    movedNotice(scene),
    status(scene),
    h(
      "div",
      { class: "waiting-grid" },
      h("div", { class: "stack" }, bareCard(scene), licenceCard(scene), chatButton(scene), whereaboutsCard(scene), prepareCard(scene), delegationCard(scene), documentsCard(scene)),
      !isBare(state) && ownPicture(scene),
    ),
    h(
      "div",
      { class: "stack-tight actions" },
      button("plain", () => emit({ type: "open_sheet", sheet: "trouble" }), [icon("help"), t("common.help")]),
      button("quiet", () => emit({ type: "open_sheet", sheet: "leave" }), t("family.waiting.leave")),
      button("quiet", () => emit({ type: "open_sheet", sheet: "withdraw" }), t("family.menu.withdraw")),
    ),
  );
}

/** The physician said that others have this appointment: who to call, and that waiting here is no mistake. @param {Scene} scene */
function deniedNotice(scene) {
  const { state, t } = scene;
  if (!othersExpected(state)) return null;
  const hospital = state.status?.visit.physician.hospital ?? "";
  return h(
    "section",
    { class: "notice notice-warn", key: "denied", role: "status" },
    icon("info"),
    h(
      "div",
      { class: "stack-tight" },
      h("p", null, t("family.waiting.denied.body")),
      h("p", null, h("strong", null, t("family.waiting.denied.call", { hospital }))),
      callHospital(scene),
      h("p", null, t("family.waiting.denied.stay")),
      h("p", null, t("family.declined.next_urgent")),
    ),
  );
}

/** @param {Scene} scene */
function status({ state, t }) {
  const visit = state.status?.visit;
  const physicianHere = seatOf(state, "physician")?.connected ?? false;
  const admitted = state.session?.admitted ?? false;
  const remaining = remainingMs(state);
  const guest = guestOf(state.session);
  const ready = state.call === "connected";
  const online = state.connection === "online";
  return h(
    "ul",
    { class: "card status-list", role: "status" },
    h("li", null, icon("clock"), h("span", null, t("family.waiting.when"), h("strong", null, dayAndTime(state.language, visit?.starts_at ?? "")))),
    online && h("li", { key: "physician", class: physicianHere ? "status-good" : "" }, icon("person"), h("span", null, t(physicianHere ? "family.waiting.physician_here" : "family.waiting.physician_away"))),
    online && !othersExpected(state) && h(
      "li",
      { key: "ready", class: admitted || ready ? "status-good" : "" },
      icon(ready ? "check" : "clock"),
      h("span", null, t(admitted ? "family.waiting.admitted" : ready ? (isBare(state) ? "family.bare.ready" : "family.waiting.ready") : "family.waiting.preparing")),
    ),
    guest && h("li", { key: "guest" }, icon("person"), h("span", null, t(guest.connected ? "guest.here" : "guest.invited", { who: whoIs(t, guest) }))),
    remaining !== null &&
      remaining < KEPT_SHOWN_BELOW_MS &&
      h("li", { key: "kept", class: "status-warn" }, icon("info"), h("span", null, t("family.waiting.kept", { minutes: Math.max(1, Math.ceil(remaining / 60_000)) }))),
  );
}

/** @param {Scene} scene */
export function licenceCard({ state, t }) {
  const physician = state.status?.visit.physician;
  if (!physician) return null;
  return h(
    "section",
    { class: "card licence", "aria-label": t("family.licence.title"), key: "licence" },
    h("span", { class: "licence-mark" }, icon("shield")),
    h(
      "div",
      null,
      h("p", { class: "licence-name" }, physician.name, " ", h("span", { class: "tag tag-accent" }, physician.title)),
      h("p", null, physician.hospital),
      h("p", { class: "small soft figures" }, t("family.licence.number"), " ", physician.licence),
    ),
  );
}

/** @param {Scene} scene */
function chatButton({ state, t, emit }) {
  const unread = state.unread > 0 && h("span", { class: "tag tag-accent", key: "unread" }, t("family.call.unread", { n: state.unread }));
  return h("button", { type: "button", class: "button button-block", onclick: () => emit({ type: "open_chat" }) }, icon("chat"), t("family.waiting.chat"), unread);
}

/** @param {Scene} scene */
function ownPicture({ state, t, own }) {
  const { video, facing, cameraOff } = state.devices;
  const shown = video === "live" && !cameraOff;
  return h(
    "figure",
    { class: "preview preview-waiting" },
    h(
      "div",
      { class: "preview-frame" },
      shown
        ? moving({ key: "own", class: `preview-video${facing === "user" ? " mirrored" : ""}`, stream: own, muted: true, label: t("family.waiting.own") })
        : h("span", { class: "preview-none", key: "none" }, icon("camera-off")),
    ),
    h("figcaption", { class: "small soft" }, t("family.waiting.private")),
  );
}
