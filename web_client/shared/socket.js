/** The real socket under a `Signal`: the only import of Socket.IO's client. It connects once; coming back is the signal's business. */

import { io } from "../vendor/socket.io.esm.min.js";

/** @param {import("./messages.js").Hello} hello @returns {import("./signal.js").SocketLike} */
export function openSocket(hello) {
  return io(location.origin, {
    path: "/socket",
    transports: ["websocket"],
    auth: hello,
    reconnection: false,
    forceNew: true,
    timeout: 10_000,
  });
}
