/** A key that was pressed, as a page's `keys.js` wants to know it. */

/**
 * `typing`: into a field; `onButton`: the focus is on a button or link.
 * @typedef {{key: string, typing: boolean, onButton: boolean, modified: boolean}} Press
 */

/** @param {KeyboardEvent} event @returns {Press} */
export function pressOf(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const typing = target.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");
  return {
    key: event.key,
    typing,
    onButton: target.matches("button, a"),
    modified: event.ctrlKey || event.metaKey || event.altKey,
  };
}
