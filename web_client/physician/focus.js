/**
 * Where the keyboard is. Opening a panel brings the focus to its first field, closing it back to the button that opened it,
 * and a new screen to its heading; nothing else ever takes the focus away. A picture that was asked for is scrolled to.
 *
 * @typedef {import("./types.js").State} State
 */

/** @typedef {{screen: string, panel: string | null, reason: string | null, picture: string | null}} Drawn */

/** What the last drawing showed, by the element it was drawn into. @type {WeakMap<HTMLElement, Drawn>} */
const DRAWN = new WeakMap();

/**
 * Call before drawing; call what it returns after.
 *
 * @param {HTMLElement} app
 * @param {State} state
 * @returns {() => void}
 */
export function followFocus(app, state) {
  const before = DRAWN.get(app);
  const { panel = null, drafts, shownDocument } = state.visit ?? {};
  const after = { screen: screenOf(state), panel, reason: drafts?.reason ?? null, picture: shownDocument?.picture ?? null };
  DRAWN.set(app, after);
  if (!before) return () => undefined;
  return () => {
    if (before.screen !== after.screen) return focus(app, "h1[tabindex]");
    if (after.panel && (before.panel !== after.panel || before.reason !== after.reason)) return openedPanel(app);
    if (after.picture && before.picture !== after.picture) app.querySelector(".document-shown")?.scrollIntoView({ block: "nearest" });
    if (before.panel && !after.panel && focusIsLost(app)) return focus(app, `#act-${before.panel}`) ?? focus(app, "#rail");
    return undefined;
  };
}

/** @param {HTMLElement} app */
function openedPanel(app) {
  app.querySelector("#panel")?.scrollIntoView({ block: "start" });
  return focus(app, "#panel [data-first]") ?? focus(app, "#panel-title");
}

/** @param {State} state */
function screenOf({ screen, visit }) {
  return visit?.session?.state === "ended" ? "ended" : screen;
}

/** @param {HTMLElement} app */
function focusIsLost(app) {
  return document.activeElement === null || !app.contains(document.activeElement);
}

/**
 * @param {HTMLElement} app
 * @param {string} selector
 */
function focus(app, selector) {
  const element = /** @type {HTMLElement | null} */ (app.querySelector(selector));
  element?.focus({ preventScroll: selector.startsWith("#panel") && !element.closest(".panel-body") });
  return element;
}

/** @param {HTMLElement} app */
export function writeMessage(app) {
  focus(app, ".chat input");
}
