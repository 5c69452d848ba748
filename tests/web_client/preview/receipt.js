/** The states of the page for the destination's desk, for `shoot.py --page receipt`. */

import { initial } from "/web/receipt/state.js";
import { show } from "/web/receipt/view.js";

const REFERRAL = {
  number: "ZZ-261123-A1B2C3D4", urgency: "within_24h", by_when: "2026-11-24 15:02", issued_at: "2026-11-23T15:02:00+08:00", receipt: "sent",
  receipts: [{ state: "sent", at: "2026-11-23T15:03:00+08:00", appointment_at: null }],
  hospital: "示范儿童医院", hospital_en: "Demo Children's Hospital", department: "神经内科", department_en: "Neurology",
  from: "首都儿童健康中心", from_en: "Capital Children's Health Centre", child: "周*诺", age_years: 7,
}; // prettier-ignore
const step = (state, time, appointment_at = null) => ({ state, at: `2026-11-23T${time}:00+08:00`, appointment_at });
const RECEIVED = { ...REFERRAL, receipt: "received", receipts: [...REFERRAL.receipts, step("received", "15:20")] };
const BOOKED = { ...RECEIVED, receipt: "booked", receipts: [...RECEIVED.receipts, step("booked", "15:31", "2026-11-24T09:30:00+08:00")] };
const SEEN = { ...BOOKED, receipt: "seen", receipts: [...BOOKED.receipts, step("seen", "16:10")] };

const start = { ...initial("zh", "token"), screen: "shown" };
const STATES = {
  sent: { ...start, referral: REFERRAL },
  received: { ...start, referral: RECEIVED, told: true },
  booked: { ...start, referral: BOOKED, told: true },
  asking: { ...start, referral: BOOKED, asking: true },
  "asking-failed": { ...start, referral: BOOKED, asking: true, failed: true },
  "asking-busy": { ...start, referral: BOOKED, asking: true, busy: "seen" },
  seen: { ...start, referral: SEEN, told: true },
  unknown: initial("zh", ""),
};
const root = document.querySelector("#page");

/** Shows one state in one language. */
window.show = (name, language) => show(root, { ...STATES[name], language }, () => {});
document.documentElement.dataset.ready = "";
