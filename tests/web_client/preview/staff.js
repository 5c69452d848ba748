/** One state of the physician's page on screen: `?state=live&language=en`. Panels and drafts work; nothing else does. */

import { translator } from "/web/shared/i18n/i18n.js";
import { render } from "/web/shared/ui/dom.js";
import { reduce } from "/web/physician/state.js";
import { view } from "/web/physician/view.js";
import { stateNamed } from "/preview/physician_states.mjs";

let language = "zh";
let state = stateNamed("loading");

/** A picture to stand for the family's. @param {string} colour */
function painted(colour) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 720, height: 960 });
  const ink = canvas.getContext("2d");
  const draw = () => {
    ink.fillStyle = colour;
    ink.fillRect(0, 0, 720, 960);
    ink.fillStyle = "#e8c9a8";
    ink.beginPath();
    ink.arc(360, 360, 150, 0, 7);
    ink.fill();
    ink.fillStyle = "#4b6f93";
    ink.fillRect(180, 520, 360, 440);
  };
  setInterval(draw, 100);
  draw();
  return canvas.captureStream(10);
}

const family = painted("#8fa79a");
const self = painted("#b9a88f");
const third = painted("#7f8fa7");

const draw = () => {
  const context = {
    t: translator(language),
    language,
    own: state.visit ? self : null,
    remote: state.visit ? family : null,
    remotes: new Map([["interpreter", third]]),
    level: (element) => element.style.setProperty("--level", "0.55"),
    emit,
  };
  render(document.querySelector("#app"), view(state, context));
};
const emit = (intent) => {
  if (intent.type === "panel" || intent.type === "draft") state = reduce(state, intent);
  draw();
};
/** Shows one state in one language; the tests go from state to state as the page does, without loading it anew. */
window.show = (name, inLanguage) => {
  [state, language] = [stateNamed(name), inLanguage];
  document.documentElement.lang = language;
  draw();
};
const query = new URLSearchParams(location.search);
window.show(query.get("state") ?? "worklist", query.get("language") === "en" ? "en" : "zh");
document.documentElement.dataset.ready = "yes";
