/** What the page says on which a family moves its appointment or calls it off. */

/** @type {Readonly<Record<string, string>>} */
export default Object.freeze({
  "change.title": "Your appointment",
  "change.failed.title": "This cannot be opened right now",
  "change.move": "Move to another time",
  "change.move.to": "Move to {time}",
  "change.moved": "Your visit was moved. The link stays the same and stays good.",
  "change.none.title": "This doctor has no other free times",
  "change.none.body": "You can keep the time you have, or cancel and book another doctor.",
  "change.keep": "No, go back",
  "change.cancel": "Cancel the visit",
  "change.cancel.title": "Cancel this visit?",
  "change.cancel.body": "The time goes to another child, and the link to the visit stops working.",
  "change.cancel.do": "Cancel this visit",
  "change.cancelled.title": "Cancelled",
  "change.cancelled.body": "This visit was cancelled. You can book again when you need to; if your child gets worse, see a doctor in person.",
  "change.over": "This visit has ended and cannot be changed any more.",
  "change.fixed": "This visit cannot be changed online. To move or cancel it, please call the hospital.",
  "change.book": "Book again",
  "change.back": "Back to the visit",
  "change.link": "Move or cancel",

  "change.notice.time_gone": "Somebody else has just taken that time; please choose another. Your visit stays as it was.",
  "change.notice.network": "No answer came, so we cannot tell whether it was changed. Check your connection and try again.",
  "change.notice.too_many_attempts": "That was too often. Please try again later, or call the hospital.",
  "change.notice.visit_under_way": "The visit has begun and cannot be changed any more.",
  "change.notice.not_allowed": "This hospital does not let visits be changed online. Please call the hospital.",
  "change.notice.precondition_failed": "The appointment has just changed; this is its time now.",
});
