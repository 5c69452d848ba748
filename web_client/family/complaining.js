/** Where the family's complaints go. */

import { ConcernSender } from "../shared/concern_sender.js";

/**
 * @param {Pick<import("../shared/api.js").Api, "complaints" | "complain" | "tellOfComplaint">} api @param {string} visit
 * @param {Storage | undefined} storage @param {(event: import("../shared/concerns.js").ConcernEvent) => void} tell
 */
export function complaintSender(api, visit, storage, tell) {
  return new ConcernSender({
    desk: {
      list: async () => (await api.complaints(visit)).complaints,
      file: ({ clientId, text }) => api.complain(visit, clientId, text),
      tell: (concern, { fact, text }) => api.tellOfComplaint(visit, concern, fact, text),
    },
    key: `peitong.complaint.${visit}`,
    storage,
    tell,
  });
}
