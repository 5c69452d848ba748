/** Draws one state of the booking page: `window.show(name, language)`. */

import { show } from "/web/book/view.js";
import { NAMES, stateOf } from "./book_states.mjs";

const root = document.getElementById("page");
window.names = NAMES;
window.emitted = [];
window.show = (name, language) => {
  window.emitted = [];
  show(root, stateOf(name, language), (intent) => window.emitted.push(intent));
};
window.show(NAMES[0], "zh");
document.documentElement.dataset.ready = "yes";
