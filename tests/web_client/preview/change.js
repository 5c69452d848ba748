/** Draws one state of the page for changing an appointment: `window.show(name, language)`. */

import { show } from "/web/change/view.js";
import { NAMES, stateOf } from "./change_states.mjs";

const root = document.getElementById("page");
window.names = NAMES;
window.emitted = [];
window.show = (name, language) => {
  window.emitted = [];
  show(root, stateOf(name, language), (intent) => window.emitted.push(intent));
};
window.show(NAMES[0], "zh");
document.documentElement.dataset.ready = "yes";
