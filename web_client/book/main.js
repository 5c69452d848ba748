/** Wires the booking page: a history entry for each screen, what was typed kept in this tab, one drawing for each change. */

import { createApi } from "../shared/api.js";
import { rememberedLanguage, rememberLanguage } from "../shared/i18n/i18n.js";
import { newKey } from "../shared/once.js";
import { storageOf } from "../shared/storage.js";
import { Booking } from "./booking.js";
import { before, initial, keptOf, reduce, restored, settled } from "./state.js";
import { show } from "./view.js";

/** @typedef {import("./state.js").Change} Change */

const KEPT = "peitong.book";
const root = /** @type {HTMLElement} */ (document.getElementById("page"));
const device = storageOf(() => window.localStorage);
const tab = storageOf(() => window.sessionStorage);
let state = restored(initial(rememberedLanguage(device) ?? "zh", navigator.onLine), kept());
const booking = new Booking({
  api: createApi({ language: () => state.language }).book, state: () => state, tell: apply, now: Date.now, newKey,
}); // prettier-ignore

/** @param {Change} change */
function apply(change) {
  const screen = state.screen;
  state = reduce(state, change);
  keep();
  if (state.screen !== screen && change.type !== "went") remember(screen);
  draw(state.screen !== screen);
  if (change.type === "wrong" || change.type === "faults" || (change.type === "refused" && change.code === "invalid")) toFirstFault();
}

function toFirstFault() {
  const field = root.querySelector(".field-error")?.closest(".field, fieldset");
  /** @type {HTMLElement | null | undefined} */ (field?.querySelector("input, textarea"))?.focus();
}

/** Another screen begins at its top, with its title under the reader's eye and ear. @param {boolean} anew */
function draw(anew) {
  show(root, state, handle);
  if (!anew) return;
  scrollTo(0, 0);
  /** @type {HTMLElement | null} */ (root.querySelector("[data-screen-title]"))?.focus({ preventScroll: true });
  void booking.need();
}

/** The first screen, and the last, take the place of the entry that is there. @param {string} former */
function remember(former) {
  if (former === "" || state.screen === "done") history.replaceState({ screen: state.screen }, "");
  else history.pushState({ screen: state.screen, from: former }, "");
}

/** @param {import("./frame.js").Intent} intent */
function handle(intent) {
  switch (intent.type) {
    case "choose_language":
      rememberLanguage(device, intent.language);
      apply({ type: "language", language: intent.language });
      return state.made ? undefined : void booking.loadForm();
    case "retry":
      return state.form ? void booking.need(true) : void booking.loadForm();
    case "next":
      return void booking.answer();
    case "later_times":
      return void booking.laterTimes();
    case "book":
      return void booking.book();
    case "back":
      return back();
    case "go":
      return go(intent.screen);
    case "another":
      apply({ type: "anew" });
      return state.form ? undefined : void booking.loadForm();
    case "copy":
      return void copy(intent.text);
    default:
      return apply(intent);
  }
}

/** The browser's own "back" where that leads to the same screen. */
function back() {
  const to = before(state);
  if (to !== null && history.state?.from === to) history.back();
  else if (to !== null) go(to);
}

/** @param {string} screen */
function go(screen) {
  const former = state.screen;
  apply({ type: "went", screen });
  if (state.screen !== former) remember(former);
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    apply({ type: "copied", copied: true });
  } catch {
    const field = /** @type {HTMLInputElement | null} */ (root.querySelector("#visit-link"));
    field?.select();
    apply({ type: "copied", copied: document.execCommand("copy") });
  }
}

function keep() {
  try {
    tab?.setItem(KEPT, JSON.stringify(keptOf(state)));
  } catch {
    // A full or barred storage: the page works, and a reload begins anew.
  }
}

function kept() {
  try {
    return JSON.parse(tab?.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

addEventListener("popstate", (event) => apply({ type: "went", screen: settled(state, event.state?.screen ?? "") }));
addEventListener("online", () => {
  apply({ type: "online", online: true });
  if (!state.form) void booking.loadForm();
  else void booking.need(true);
});
addEventListener("offline", () => apply({ type: "online", online: false }));
root.replaceChildren();
draw(false);
if (!state.made) void booking.loadForm().then(() => booking.need());
