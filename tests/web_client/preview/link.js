/** The states of the page for a lost link, and of the join page that leads there, for `shoot.py --page link`. */

import { show as showJoin } from "/web/join/view.js";
import { initialState } from "/web/link/state.js";
import { show } from "/web/link/view.js";

const start = initialState("zh");
const STATES = {
  ask: start,
  "ask-wrong": { ...start, phone: "1381234", fault: "number" },
  "ask-offline": { ...start, phone: "13812345678", fault: "network" },
  asking: { ...start, phone: "13812345678", busy: true },
  sent: { ...start, screen: "sent", hospitals: [{ name: "示范儿童医院", name_en: "Demo Children's Hospital", phone: "01000000000" }] },
  off: { ...start, screen: "off" },
  throttled: { ...start, screen: "throttled" },
};
const JOIN = ["used", "expired", "unknown"];
const root = document.querySelector("#page");

/** Shows one state in one language. */
window.show = (name, language) =>
  JOIN.includes(name) ? showJoin(root, { screen: name, language }, () => {}) : show(root, { ...STATES[name], language }, () => {});
document.documentElement.dataset.ready = "";
