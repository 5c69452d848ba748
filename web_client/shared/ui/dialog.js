/**
 * A question over the page: it takes the focus, keeps Tab inside, closes on Escape and gives the focus back. Used where `dialog`
 * elements do not exist yet (in-app browsers).
 */

import { h } from "./dom.js";

/** @typedef {import("./dom.js").Child} Child */

/**
 * @param {{key: string, title: string, onclose: () => void}} options
 * @param {...Child} children
 */
export function dialog({ key, title, onclose }, ...children) {
  const id = `dialog-${key}`;
  return h(
    "div",
    { class: "veil", key, onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && onclose(), mount: holdFocus },
    h(
      "div",
      { class: "dialog stack", role: "dialog", "aria-modal": "true", "aria-labelledby": id },
      h("h2", { id, tabindex: "-1", "data-autofocus": true }, title),
      children,
    ),
  );
}

/** @param {HTMLElement} veil */
function holdFocus(veil) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  requestAnimationFrame(() => /** @type {HTMLElement | null} */ (veil.querySelector("[data-autofocus]"))?.focus());
  veil.addEventListener("keydown", (event) => event.key === "Tab" && wrap(veil, event));
  const gone = new MutationObserver(() => {
    if (veil.isConnected) return;
    gone.disconnect();
    if (before?.isConnected) before.focus();
  });
  gone.observe(document.body, { childList: true, subtree: true });
}

/** @param {HTMLElement} veil @param {KeyboardEvent} event */
function wrap(veil, event) {
  const stops = /** @type {HTMLElement[]} */ ([
    ...veil.querySelectorAll("button:not([disabled]), a[href], input:not([disabled]), textarea, select, summary"),
  ]);
  if (stops.length === 0) return event.preventDefault();
  const first = stops[0];
  const last = stops[stops.length - 1];
  const at = document.activeElement;
  if (event.shiftKey && (at === first || !stops.includes(/** @type {HTMLElement} */ (at)))) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && at === last) {
    event.preventDefault();
    first.focus();
  }
}
