/** What is sent under an Idempotency-Key, so that an answer that was lost can be asked for again and nothing is made twice. */

/** 256 random bits as base64url. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Whether it may have been done all the same. @param {{status: number, code: string}} problem */
export function isUnsure({ status, code }) {
  return status === 0 || status >= 500 || code === "idempotency_busy";
}
