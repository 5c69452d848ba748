/** Wires the page for changing an appointment: the visit comes from the address, the device's cookie says whose it is. */

import { ApiProblem, createApi } from "../shared/api.js";
import { rememberedLanguage, rememberLanguage } from "../shared/i18n/i18n.js";
import { storageOf } from "../shared/storage.js";
import { initial, reduce } from "./state.js";
import { show } from "./view.js";

/** @typedef {import("./state.js").Change} Change */

const root = /** @type {HTMLElement} */ (document.getElementById("page"));
const storage = storageOf(() => window.localStorage);
let state = initial(rememberedLanguage(storage) ?? "zh");
const visit = new URLSearchParams(location.search).get("visit") ?? "";
const appointment = createApi({ language: () => state.language, role: "guardian" }).appointment(visit);

/** @param {Change} change */
function apply(change) {
  const screen = state.screen;
  state = reduce(state, change);
  show(root, state, handle);
  if (state.screen === screen) return;
  scrollTo(0, 0);
  /** @type {HTMLElement | null} */ (root.querySelector("[data-screen-title]"))?.focus({ preventScroll: true });
}

/** @param {import("./view.js").Intent} intent */
function handle(intent) {
  switch (intent.type) {
    case "choose_language":
      rememberLanguage(storage, intent.language);
      return apply({ type: "language", language: intent.language });
    case "retry":
      return void (state.screen === "times" ? times(null) : read());
    case "later_times":
      return void times(state.nextDay);
    case "move":
      return void move();
    case "cancel":
      return void send(() => appointment.cancel(), "read");
    case "go":
      return go(intent.screen);
    default:
      return apply(intent);
  }
}

/** The browser's "back" leads from either screen to the visit. @param {import("./state.js").Screen} screen */
function go(screen) {
  if (screen === "shown" && history.state?.screen) return history.back();
  if (screen !== "shown") history.pushState({ screen }, "");
  apply({ type: "go", screen });
  if (screen === "times" && state.times.state === "none") void times(null);
}

async function read() {
  apply({ type: "go", screen: "loading" });
  try {
    apply({ type: "read", appointment: await appointment.read() });
  } catch (error) {
    if (codeOf(error) === "child_not_confirmed") return location.replace(`/family/?visit=${encodeURIComponent(visit)}&then=change`);
    apply({ type: "unread", code: codeOf(error) });
  }
}

/** @param {string | null} from */
async function times(from) {
  apply({ type: "fetching" });
  try {
    const { slots, next } = await appointment.slots(from);
    apply({ type: "times", items: slots, next, more: from !== null });
  } catch (error) {
    apply({ type: "no_times", code: codeOf(error) });
  }
}

async function move() {
  const { slot, appointment: known } = state;
  if (!slot || !known) return;
  await send(() => appointment.move(slot.id, known.revision), "moved");
  if (state.screen === "times" && state.times.state === "none") await times(null);
}

/** An answer that was lost is read anew: what has become of the visit is then plain to see. @param {() => Promise<import("./state.js").Appointment>} act @param {"read" | "moved"} type */
async function send(act, type) {
  if (state.busy) return;
  apply({ type: "sending" });
  try {
    apply({ type, appointment: await act() });
    history.replaceState(null, "");
  } catch (error) {
    const code = codeOf(error);
    if (["precondition_failed", "session_ended", "child_not_confirmed"].includes(code)) await read();
    apply({ type: "refused", code });
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof ApiProblem ? error.code : "unknown";
}

addEventListener("popstate", () => state.appointment && apply({ type: "go", screen: "shown" }));
history.replaceState(null, "");
root.replaceChildren();
void read();
