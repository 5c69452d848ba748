import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../web_client/shared/ui/tokens.css", import.meta.url), "utf8");
const tokens = Object.fromEntries([...css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/gi)].map(([, name, value]) => [name, value]));

/** WCAG 2.2, relative luminance. */
function luminance(name) {
  assert.ok(tokens[name], `no colour ${name}`);
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(tokens[name].slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const TEXT = [
  ...["paper", "surface", "surface-sunk"].flatMap((surface) => ["ink", "ink-soft", "accent", "accent-deep", "danger", "warn", "good"].map((text) => [text, surface])),
  ...["accent-soft", "good-soft", "warn-soft", "danger-soft"].map((surface) => ["ink", surface]),
  ["accent", "accent-soft"], ["accent-deep", "accent-soft"], ["good", "good-soft"], ["warn", "warn-soft"], ["danger", "danger-soft"], ["ink-soft", "accent-soft"],
  ["on-accent", "accent"], ["on-accent", "accent-deep"], ["on-danger", "danger"], ["on-danger", "danger-deep"],
  ...["night", "night-surface", "night-raised"].map((surface) => ["night-ink", surface]),
  ...["night", "night-surface"].flatMap((surface) => ["night-soft", "night-good", "night-warn", "night-bad"].map((text) => [text, surface])),
  ["night", "night-ink"], ["night", "night-warn"],
];

test("every text reaches 4.5:1 on each surface it is used on", () => {
  for (const [text, surface] of TEXT) assert.ok(contrast(text, surface) >= 4.5, `${text} on ${surface}: ${contrast(text, surface).toFixed(2)}`);
});

test("the edges of what can be touched, and the ring of the focus, reach 3:1", () => {
  const edges = [["line-strong", "surface"], ["line-strong", "paper"], ["focus", "paper"], ["focus", "surface"], ["night-focus", "night"], ["accent", "surface"]];
  for (const [edge, surface] of edges) assert.ok(contrast(edge, surface) >= 3, `${edge} on ${surface}: ${contrast(edge, surface).toFixed(2)}`);
});
