/** Where the incidents that the physician records go. */

import { ConcernSender } from "../shared/concern_sender.js";

/**
 * @param {Pick<import("../shared/api.js").Api, "incidents" | "recordIncident" | "tellOfIncident">} api @param {string} visit
 * @param {import("../shared/kept_words.js").Drawer | undefined} storage @param {(event: import("../shared/concerns.js").ConcernEvent) => void} tell
 */
export function incidentSender(api, visit, storage, tell) {
  return new ConcernSender({
    desk: {
      list: async () => (await api.incidents(visit)).incidents,
      file: ({ clientId, category, text }) => api.recordIncident(visit, clientId, category, text),
      tell: (concern, { text }) => api.tellOfIncident(visit, concern, text),
    },
    key: `peitong.incident.${visit}`,
    storage,
    tell,
  });
}
