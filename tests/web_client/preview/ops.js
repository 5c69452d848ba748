/** One state of operations' page on screen: `?state=trouble&language=en`. */

import { initial, reduce } from "/web/ops/state.js";
import { view } from "/web/ops/view.js";
import { translator } from "/web/shared/i18n/i18n.js";
import { render } from "/web/shared/ui/dom.js";

const leg = (seat, more = {}) => ({
  seat,
  presence: "present",
  up_bps: 1_842_000,
  down_bps: 1_790_000,
  up_loss: 0.002,
  down_loss: 0.001,
  rtt_ms: 34,
  jitter_ms: 5,
  ...more,
});
const session = (id, age_s, more = {}, guardian = {}, physician = {}) => ({
  session: id,
  state: "live",
  gate: true,
  recording: "running",
  age_s,
  legs: [leg("guardian", guardian), leg("physician", physician)],
  ...more,
});
const nothing = { up_bps: null, down_bps: null, up_loss: null, down_loss: null, rtt_ms: null, jitter_ms: null };
const FINE = [
  session("9f31c0aa", 1312),
  session("1b77e2d4", 640, { state: "verifying" }),
  session("c4d90e1f", 75, { state: "waiting", gate: false, recording: "off" }, {}, { presence: "absent", ...nothing }),
];
const TROUBLE = [
  ...FINE,
  session("77aa01ee", 2210, {}, { up_loss: 0.061, rtt_ms: 460, presence: "doubtful" }),
  session("03bb8812", 901, { state: "held", gate: false }, { presence: "absent", up_bps: 0, up_loss: 0.34, rtt_ms: null }),
  session("e5f61d20", 430, { state: "held", gate: false, recording: "lost" }),
];
const workers = (state = "running") => [{ name: "relay-1", state, rooms: 3 }];
const me = { name: "赵工", role: "operations" };
const shown = (sessions, state) => [
  { type: "signed_in", me, atMs: 0 },
  { type: "data", data: { sessions, workers: workers(state) }, atMs: 0 },
];
const STATES = {
  loading: [],
  "sign-in": [{ type: "signed_out" }],
  none: shown([]),
  fine: shown(FINE),
  "incident-choice": [...shown(FINE), { type: "incident", session: FINE[0].session }],
  "incident-failed": [...shown(FINE), { type: "recording", session: FINE[0].session, category: "privacy" }, { type: "not_recorded", session: FINE[0].session, code: "network" }],
  incident: [...shown(FINE), { type: "recording", session: FINE[0].session, category: "privacy" }, { type: "recorded", session: FINE[0].session, number: "SJ-261122-1A2B3C4D" }],
  trouble: shown(TROUBLE, "starting"),
  stale: [...shown(TROUBLE), { type: "tick", atMs: 12_000 }],
};

/** Shows one state in one language. */
window.show = (name, language) => {
  document.documentElement.lang = language;
  render(
    document.querySelector("#app"),
    view(STATES[name].reduce(reduce, initial()), { t: translator(language), language, emit: () => {} }),
  );
};
const query = new URLSearchParams(location.search);
window.show(query.get("state") ?? "fine", query.get("language") === "en" ? "en" : "zh");
document.documentElement.dataset.ready = "yes";
