/**
 * The third seat on the physician's page: the panel that invites and takes back, and the guest's picture beside the family's.
 *
 * @typedef {import("../types.js").Visit} Visit
 * @typedef {import("../view.js").Context} Context
 * @typedef {import("../../shared/ui/dom.js").Child} Child
 */

import { GUEST_ROLES, guestOf } from "../../shared/guests.js";
import { hasText } from "../../shared/i18n/i18n.js";
import { h, icon } from "../../shared/ui/dom.js";
import { thirdPicture, whoIs } from "../../shared/ui/third.js";
import { panelBody } from "./panel_parts.js";

/** @param {Visit} visit @param {Context} context @returns {Child[]} */
export function guestPanel(visit, context) {
  const guest = guestOf(visit.session);
  return guest ? invited(visit, guest, context) : inviting(visit, context);
}

/** @param {Visit} visit @param {Context} context */
export function guestPicture(visit, { t, remotes }) {
  const guest = guestOf(visit.session);
  if (!guest?.connected || visit.session?.state === "waiting") return null;
  const held = visit.session?.gate !== true;
  const stream = remotes.get(guest.role) ?? null;
  const who = whoIs(t, guest);
  return h(
    "figure",
    { class: `third stage-third${held ? " stage-third-out" : ""}`, key: "third" },
    thirdPicture({ guest, held, stream, label: t("guest.picture", { who }) }),
    h("figcaption", { class: "third-who" }, who),
  );
}

/** @param {Visit} visit @param {Context} context @returns {Child[]} */
function inviting(visit, { t, emit }) {
  const { role, name, busy } = visit.guest;
  const blocked = busy || name.trim() === "" || visit.link !== "online";
  return [
    panelBody(
      h("p", { class: "small soft" }, t("physician.guest.body")),
      h(
        "div",
        { class: "choices choices-two", role: "radiogroup", "aria-label": t("physician.guest.role") },
        GUEST_ROLES.map((one) =>
          h(
            "label",
            { class: "choice", key: one },
            h("input", {
              type: "radio",
              name: "guest-role",
              checked: role === one,
              "data-first": role === one,
              "data-guest": one,
              onchange: () => emit({ type: "guest_form", form: { role: one } }),
            }),
            h("span", { class: "choice-words" }, t(`role.${one}`)),
          ),
        ),
      ),
      h(
        "div",
        { class: "field", key: "name" },
        h("label", { for: "guest-name" }, t("physician.guest.name")),
        h("p", { class: "hint", id: "guest-name-hint" }, t("physician.guest.nameHint")),
        h("input", {
          class: "input",
          id: "guest-name",
          maxlength: "40",
          autocomplete: "off",
          value: name,
          "aria-describedby": "guest-name-hint",
          oninput: (/** @type {Event} */ event) =>
            emit({ type: "guest_form", form: { name: /** @type {HTMLInputElement} */ (event.currentTarget).value } }),
        }),
      ),
    ),
    h(
      "div",
      { class: "panel-foot stack-tight", key: "confirm" },
      problem(visit, t),
      h(
        "button",
        {
          class: "button button-block button-primary panel-confirm",
          type: "button",
          id: "panel-confirm",
          "aria-disabled": blocked ? "true" : null,
          onclick: () => blocked || emit({ type: "invite" }),
        },
        t(busy ? "physician.busy" : "physician.guest.confirm"),
      ),
    ),
  ];
}

/** @param {Visit} visit @param {import("../../shared/guests.js").Seat} guest @param {Context} context @returns {Child[]} */
function invited(visit, guest, { t, emit }) {
  const { link, copied, busy } = visit.guest;
  return [
    panelBody(
      h("p", { key: "who", role: "status" }, t(guest.connected ? "guest.here" : "guest.invited", { who: whoIs(t, guest) })),
      !guest.connected &&
        (link
          ? h(
              "div",
              { class: "field", key: "link" },
              h("label", { for: "guest-link" }, t("physician.guest.link")),
              h("p", { class: "hint", id: "guest-link-hint" }, t("physician.guest.linkHint")),
              h("input", { class: "input figures", id: "guest-link", readonly: true, value: link, "aria-describedby": "guest-link-hint" }),
              h(
                "button",
                { class: "button button-block", type: "button", id: "guest-copy", "data-first": true, onclick: () => emit({ type: "copy_link" }) },
                icon(copied ? "check" : "document"),
                t(copied ? "physician.guest.copied" : "physician.guest.copy"),
              ),
            )
          : h("p", { class: "small soft", key: "no-link" }, t("physician.guest.linkGone"))),
      h("p", { class: "small soft", key: "counts" }, t("physician.guest.counts")),
    ),
    h(
      "div",
      { class: "panel-foot stack-tight", key: "take-back" },
      problem(visit, t),
      h(
        "button",
        {
          class: "button button-block button-danger",
          type: "button",
          id: "guest-take-back",
          "aria-disabled": busy ? "true" : null,
          onclick: () => busy || emit({ type: "take_back" }),
        },
        t(busy ? "physician.busy" : guest.connected ? "physician.guest.showOut" : "physician.guest.takeBack"),
      ),
    ),
  ];
}

/** @param {Visit} visit @param {Context["t"]} t */
function problem({ guest }, t) {
  if (!guest.problem) return null;
  const key = `error.${guest.problem}`;
  return h("p", { class: "notice notice-warn", role: "alert", key: "problem" }, icon("warn"), h("span", null, t(hasText(key) ? key : "error.unknown")));
}
