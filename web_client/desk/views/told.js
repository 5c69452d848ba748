/** The family's link, told once: to copy, or on paper with its QR code. */

import { h, icon } from "../../shared/ui/dom.js";
import { momentText } from "../days.js";
import { listedVisit } from "../state.js";
import { heading } from "./parts.js";

/** @param {import("../state.js").State} state @param {import("../view.js").Context} context */
export function toldPanel(state, context) {
  const { t, language, emit } = context;
  const { told } = state;
  if (!told) return heading(context, t("desk.told"));
  const visit = listedVisit(state);
  const whose = "guardian" in told ? state.further.given?.guardians.find(({ guardian }) => guardian.id === told.guardian)?.guardian.name : undefined;
  return [
    heading(context, t("desk.told")),
    state.done && h("p", { class: "notice notice-good", key: "done", role: "status" }, icon("check"), h("span", null, t(`desk.done.${state.done}`))),
    h("p", { class: "notice notice-warn", key: "once" }, icon("warn"), h("span", null, t("desk.told.once"))),
    h(
      "div",
      { class: "row no-print", key: "acts" },
      h("button", { type: "button", class: "button button-primary", onclick: () => emit({ type: "print" }) }, icon("document"), t("desk.told.print")),
      h("button", { type: "button", class: "button", onclick: () => emit({ type: "copy" }) }, t(state.done === "copied" ? "desk.told.copied" : "desk.told.copy")),
    ),
    h(
      "div",
      { class: "desk-slip center stack-tight", key: "slip" },
      h("p", { class: "desk-slip-brand" }, `${t("brand")} · ${state.me?.hospital ?? ""}`),
      visit && h("p", { key: "visit" }, h("strong", null, momentText(language, visit.starts_at)), h("br", null), `${t(`field.${visit.field}`)} · ${visit.physician.name} ${visit.physician.title}`),
      whose && h("p", { key: "whose" }, t("desk.told.whose", { name: whose })),
      h("img", { class: "desk-qr", src: `data:image/svg+xml,${told.qr}`, alt: t("desk.told.qr"), key: told.link }),
      h("p", { class: "small desk-link", key: "link" }, told.link),
      h("p", { class: "small", key: "how" }, t("desk.told.how", { time: momentText(language, told.link_expires_at) })),
    ),
  ];
}
