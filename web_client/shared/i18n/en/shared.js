/** What every page says. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({
  "brand": "Peitong",
  "brand.line": "First online visits for children",
  "language.label": "Choose a language",
  "language.skip": "Skip to main content",

  "role.guardian": "Guardian",
  "role.physician": "Doctor",
  "role.local_doctor": "Local doctor",
  "role.interpreter": "Interpreter",

  "field.growth": "Growth and development",
  "field.nutrition": "Nutrition",
  "field.skin": "Skin",

  "light.good": "Connection good",
  "light.fair": "Connection fair",
  "light.poor": "Connection poor",

  "chat.title": "Written messages",
  "chat.messages": "Messages so far",
  "chat.empty": "No messages yet. If you cannot hear or see well, you can write here.",
  "chat.write": "Write a message",
  "chat.send": "Send",
  "chat.sending": "Sending…",
  "chat.failed": "Not sent. Please send it again",
  "chat.me": "Me",

  "common.close": "Close",
  "common.back": "Back",
  "common.cancel": "No, go back",
  "common.retry": "Try again",
  "common.continue": "Continue",
  "common.working": "One moment…",
  "common.loading": "Opening, one moment…",
  "common.help": "I need help",

  "urgency.emergency": "Emergency, now",
  "urgency.within_24h": "Within 24 hours",
  "urgency.within_2w": "Within 2 weeks",
  "urgency.within_30d": "Within 30 days",
  "urgency.routine": "Routine appointment",

  "outcome.completed": "Visit completed",
  "outcome.referred": "Referred to in-person care",
  "outcome.guardian_absent": "Ended: the guardian was away",
  "outcome.physician_absent": "Ended: the doctor could not return",
  "outcome.no_show": "Did not start in time",
  "outcome.recording_lost": "Ended: recording failed",
  "outcome.consent_withdrawn": "Ended: consent withdrawn",
  "outcome.cancelled": "Visit cancelled",

  "cause.guardian_silent": "No sound or picture from the guardian",
  "cause.physician_silent": "No sound or picture from the doctor",
  "cause.recording_lost": "The recording was interrupted",
  "cause.physician_hold": "The doctor has paused the call",

  "error.network": "There is no connection. Check your mobile signal or Wi-Fi, then try again.",
  "error.unknown": "Something went wrong; it is not your fault. Please try again. If it keeps happening, call the hospital.",
  "error.too_many_attempts": "Too many attempts. Please wait a few minutes and try again.",
  "error.not_signed_in": "This device has not joined this visit yet. Please open the link from the hospital again.",
  "error.not_found": "This visit was not found. Please open the link from the hospital again.",
  "error.unavailable": "The system cannot check a necessary condition right now. Please try again shortly.",
  "error.rate_limited": "That was too fast. Please wait a few seconds and try again.",
  "error.session_ended": "This visit has already ended.",
  "error.no_common_codec": "This browser cannot exchange video with the hospital. Please use a recent Chrome, Safari or Edge.",
  "error.media_unavailable": "The video service is not available right now. Reconnecting.",
});
