/** Draws one state of the family's page: `?state=live&language=en`; without one, the list of them. */

import { createView } from "/web/family/view.js";
import { h, render } from "/web/shared/ui/dom.js";
import { NAMES, stateOf } from "./states.js";

const asked = new URLSearchParams(location.search);
const name = asked.get("state") ?? "";
const language = asked.get("language") === "en" ? "en" : "zh";
const root = document.getElementById("page");
window.emitted = [];
window.names = NAMES;

/** A moving picture without a camera: a plain room and a person. */
function picture(width, height, wall, coat) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  const draw = (at) => {
    const sway = Math.sin(at / 700) * width * 0.01;
    context.fillStyle = wall;
    context.fillRect(0, 0, width, height);
    context.fillStyle = "#d9b89a";
    context.beginPath();
    context.ellipse(width / 2 + sway, height * 0.42, height * 0.15, height * 0.19, 0, 0, 7);
    context.fill();
    context.fillStyle = coat;
    context.beginPath();
    context.ellipse(width / 2 + sway, height * 1.05, height * 0.38, height * 0.45, 0, 0, 7);
    context.fill();
    setTimeout(() => draw(performance.now()), 100);
  };
  draw(0);
  return canvas.captureStream(10);
}

/** Draw a state in this page, in the place of the one before. */
function viewer() {
  const own = picture(240, 320, "#8a9c96", "#4a6a8a");
  const remotes = new Map([["physician", picture(640, 360, "#c9d3cf", "#f4f4f2")], ["interpreter", picture(640, 480, "#d6cbb8", "#6a4a5a")], ["local_doctor", picture(640, 480, "#b8c6d6", "#f4f4f2")]]);
  const view = createView(root, (intent) => window.emitted.push(intent));
  return (state, inLanguage) => {
    window.emitted = [];
    view.show(stateOf(state, inLanguage), { own, remotes });
  };
}

if (NAMES.includes(name)) {
  window.show = viewer();
  window.show(name, language);
} else {
  const links = NAMES.map((state) => h("li", { key: state }, h("a", { href: `?state=${state}&language=zh` }, state), " ", h("a", { href: `?state=${state}&language=en` }, "en")));
  render(root, h("main", { class: "page-main" }, h("ul", null, links)));
}
