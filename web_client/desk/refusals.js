/** What was refused, as it is read: a row a reason, the most frequent first, its days from the last one back. Pure. */

/** @param {import("../shared/api.js").DeskRefusals} refusals */
export function byReason({ counts, reasons }) {
  const rows = reasons.map((reason) => {
    const days = counts.filter(({ code }) => code === reason.code).sort((a, b) => b.day.localeCompare(a.day));
    return { ...reason, days, total: days.reduce((sum, { count }) => sum + count, 0) };
  });
  return rows.sort((a, b) => b.total - a.total || a.code.localeCompare(b.code));
}
