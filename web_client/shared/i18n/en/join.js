/** What the join page says, and what each refused link means. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({
  "join.title": "Join your child’s online visit",
  "join.lead": "The hospital invites you and your child to a video visit with a specialist.",
  "join.need_title": "Have these ready",
  "join.need_child": "Your child beside you; you stay for the whole visit",
  "join.need_place": "A quiet, well-lit place",
  "join.need_phone": "A charged phone and a steady connection",
  "join.need_records": "Earlier test results, heights and weights, if you have them",
  "join.button": "Join the visit on this device",
  "join.bound": "The link works once and is tied to the device you are using now. Tap it on the phone or computer you will use for the video.",
  "join.working": "Joining, one moment…",

  "join.unknown.title": "This link cannot be used",
  "join.unknown.body": "It may be incomplete, or a newer link has replaced it. Open the latest message from the hospital and tap the link in it.",
  "join.used.title": "This link was used on another device",
  "join.used.body": "If you opened it on another phone or in another app, go back there to continue. To move to this device, call the hospital and ask for a new link.",
  "join.expired.title": "This link has expired",
  "join.expired.body": "Call the hospital and ask for a new link. Your appointment is not cancelled.",
  "join.throttled.title": "Too many attempts",
  "join.throttled.body": "To protect your child’s information, please wait a few minutes and try again.",
  "join.network.title": "There is no connection",
  "join.network.body": "Check your mobile signal or Wi-Fi, then try again. The link has not been used up.",
  "join.other.title": "You cannot join right now",
  "join.other.body": "It is not your fault. Please try again shortly. If it keeps happening, call the hospital.",
  "join.urgent": "If your child needs urgent help, do not wait: call 120 now.",
});
