/** A socket to the server that does nothing by itself, and what a server says first. */

export const SESSION = {
  version: 1, state: "waiting", admitted: false, text: false, family_denied: false, stills: { allowed: false, taken: 0 }, gate: false, recording: "off", until_ms: null,
  causes: [], resume_to: null, outcome: null, referral: null, rungs: [], seats: [],
}; // prettier-ignore
const VISIT = {
  id: "v-1", field: "growth", starts_at: "2026-02-02T09:00:00+08:00", child: "王*", guardian: "王**",
  physician: { name: "林", title: "", hospital: "", licence: "" }, reasons: [], call_back: "",
}; // prettier-ignore

export const welcome = (epoch = 1, more = {}) => ({
  type: "welcome", seq: 1, epoch, role: "guardian", visit: VISIT, session: SESSION, chat: [], receive_pairs: 1, ice_servers: [], ice_policy: "all", ...more,
}); // prettier-ignore

export class FakeSocket {
  listeners = {};
  sent = [];
  gone = false;
  constructor(hello) {
    this.hello = hello;
  }
  on(event, listener) {
    this.listeners[event] = listener;
  }
  emit(_, message, answered) {
    this.sent.push({ message, answered });
  }
  disconnect() {
    this.gone = true;
  }
  fire(event, ...values) {
    this.listeners[event](...values);
  }
}
