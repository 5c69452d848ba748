/**
 * What works from this browser to the relay, way by way, and what to change. Pure: answers, figures and problems come in, the page's
 * next state, its verdicts and the report come out.
 */

/** @typedef {import("../shared/i18n/i18n.js").Language} Language */
/** @typedef {import("../shared/i18n/i18n.js").Translate} Translate */
/** @typedef {"udp" | "udp6" | "tcp" | "tcp6" | "turn_udp" | "turn_tcp" | "turn_tls"} Kind */
/** @typedef {"waiting" | "trying" | "measuring" | "good" | "poor" | "failed"} WayState */
/** @typedef {{connectedMs: number | null, rttMs: number | null, loss: number | null, upBps: number | null}} Figures */
/** @typedef {{id: string, kind: Kind, host: string, port: number, worker: number, url: string, state: WayState} & Figures} Way */
/** @typedef {"ready" | "running" | "done" | "expired" | "unknown" | "spent" | "throttled" | "busy" | "network" | "media"} Screen */
/** @typedef {"good" | "partial" | "none"} Overall */
/** @typedef {"untested" | "asking" | "ok" | "denied" | "none" | "busy" | "unsupported"} Camera */
/** @typedef {{urls: string[], username: string, credential: string}} IceServer */
/**
 * @typedef {{language: Language, screen: Screen, policy: "all" | "relay", secure: boolean, supported: boolean, camera: Camera,
 *            socket: "waiting" | "failed" | "ok", socketMs: number | null, ways: readonly Way[], kept: "no" | "sending" | "kept" | "failed",
 *            copied: boolean}} State
 */

/** Beyond this a conversation suffers (docs/performance has what a call bears). */
const POOR = Object.freeze({ loss: 0.05, rttMs: 400, upBps: 300_000 });
const MOST_WAYS = 24;

/** @type {Readonly<Figures>} */
const NOTHING = Object.freeze({ connectedMs: null, rttMs: null, loss: null, upBps: null });

/** @type {Readonly<Record<string, Screen>>} */
const SCREEN_OF_CODE = Object.freeze({
  link_expired: "expired",
  link_unknown: "unknown",
  doctor_link_spent: "spent",
  too_many_attempts: "throttled",
  doctor_busy: "busy",
  network: "network",
});

/** @param {{language: Language, secure: boolean, supported: boolean, token: string}} facts @returns {State} */
export function initial({ language, secure, supported, token }) {
  return {
    language,
    screen: token === "" ? "unknown" : "ready",
    policy: "all",
    secure,
    supported,
    camera: "untested",
    socket: "waiting",
    socketMs: null,
    ways: [],
    kept: "no",
    copied: false,
  };
}

/** The token of `/doctor/{token}`; empty when the address holds none. @param {string} pathname */
export function tokenOf(pathname) {
  return /^\/doctor\/([\w-]+)\/?$/.exec(pathname)?.[1] ?? "";
}

/** @param {string} code an API problem's @returns {Screen} */
export function screenOfProblem(code) {
  return SCREEN_OF_CODE[code] ?? "media";
}

// --- ways -----------------------------------------------------------------------------------------------------------

/**
 * Every way there is: each candidate of each worker's answer, then each TURN address to the first worker.
 * @param {readonly {worker: number, sdp: string}[]} answers @param {readonly IceServer[]} servers @returns {Way[]}
 */
export function waysOf(answers, servers) {
  const direct = answers.flatMap(({ worker, sdp }) =>
    candidatesOf(sdp).map(({ transport, address, port }) => way(`${transport}${address.includes(":") ? "6" : ""}`, address, port, worker)),
  );
  const relayed = servers.flatMap(({ urls }) => urls.flatMap((url) => turnWay(url)));
  return [...direct, ...relayed].slice(0, MOST_WAYS);
}

/** @param {string} kind @param {string} host @param {number} port @param {number} worker @param {string} [url] @returns {Way} */
function way(kind, host, port, worker, url = "") {
  return { id: url || `${kind} ${host} ${port}`, kind: /** @type {Kind} */ (kind), host, port, worker, url, state: "waiting", ...NOTHING };
}

/** @param {string} url @returns {Way[]} none for what is no TURN address */
function turnWay(url) {
  const match = /^(turns?):(\[[\da-f:.]+\]|[^\s:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/i.exec(url);
  if (!match) return [];
  const secure = match[1].toLowerCase() === "turns";
  const port = Number(match[3] ?? (secure ? 5349 : 3478));
  const kind = secure ? "turn_tls" : (match[4] ?? "udp").toLowerCase() === "tcp" ? "turn_tcp" : "turn_udp";
  return [way(kind, match[2].replace(/^\[|\]$/g, ""), port, 0, url)];
}

/** @param {string} sdp @returns {{transport: string, address: string, port: number}[]} each once, in the answer's order */
function candidatesOf(sdp) {
  const found = sdp.split(/\r?\n/).flatMap((line) => {
    const candidate = candidateOf(line);
    return candidate ? [candidate] : [];
  });
  return found.filter((one, at) => found.findIndex((other) => sameCandidate(one, other)) === at);
}

/** @param {string} line */
function candidateOf(line) {
  const match = /^a=candidate:\S+ 1 (udp|tcp) \d+ (\S+) (\d+) typ host/i.exec(line);
  return match && { transport: match[1].toLowerCase(), address: match[2], port: Number(match[3]) };
}

/** @param {{transport: string, address: string, port: number}} one @param {{transport: string, address: string, port: number}} other */
function sameCandidate(one, other) {
  return one.transport === other.transport && one.address === other.address && one.port === other.port;
}

/** @param {Way} way */
export function isTurn({ kind }) {
  return kind.startsWith("turn");
}

/**
 * The answer with only what this way may use: its one candidate, or for TURN the relay's UDP ones.
 * @param {string} sdp @param {Way} way
 */
export function answerFor(sdp, way) {
  const lines = sdp.split(/\r?\n/).filter((line) => {
    if (!line.startsWith("a=candidate:")) return true;
    const candidate = candidateOf(line);
    if (!candidate) return false;
    if (isTurn(way)) return candidate.transport === "udp";
    return sameCandidate(candidate, { transport: way.kind.slice(0, 3), address: way.host, port: way.port });
  });
  return lines.join("\r\n");
}

/**
 * How the peer connection of a way is made.
 * @param {Way} way @param {readonly IceServer[]} servers @returns {RTCConfiguration}
 */
export function configurationFor(way, servers) {
  const own = servers.filter(({ urls }) => urls.includes(way.url)).map((server) => ({ ...server, urls: [way.url] }));
  return { iceServers: own, iceTransportPolicy: isTurn(way) ? "relay" : "all", bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" };
}

// --- figures --------------------------------------------------------------------------------------------------------

/**
 * What five seconds showed: the browser's own statistics and the relay's count. What the relay misses and what had to be sent again
 * were both lost once.
 * @param {readonly any[]} stats entries of `getStats` @param {{packets: number, lost: number}} counted @param {number} connectedMs @param {number} seconds
 * @returns {Figures}
 */
export function figuresOf(stats, counted, connectedMs, seconds) {
  const transport = stats.find((entry) => entry.type === "transport" && entry.selectedCandidatePairId);
  const pair = stats.find((entry) => entry.type === "candidate-pair" && (transport ? entry.id === transport.selectedCandidatePairId : entry.nominated));
  const outbound = stats.filter((entry) => entry.type === "outbound-rtp");
  const again = sum(outbound, "retransmittedPacketsSent");
  const packets = counted.packets + counted.lost;
  const sentBps = seconds > 0 ? (sum(outbound, "bytesSent") * 8) / seconds : 0;
  const trips = pair?.responsesReceived > 0 && pair.totalRoundTripTime > 0 ? pair.totalRoundTripTime / pair.responsesReceived : pair?.currentRoundTripTime;
  return {
    connectedMs: Math.round(connectedMs),
    rttMs: typeof trips === "number" ? Math.round(trips * 1000) : null,
    loss: packets > 0 ? Math.min(1, (counted.lost + again) / (packets + again)) : null,
    upBps: Math.round(pair?.availableOutgoingBitrate ?? sentBps) || null,
  };
}

/** @param {readonly any[]} entries @param {string} name */
function sum(entries, name) {
  return entries.reduce((total, entry) => total + (entry[name] ?? 0), 0);
}

/** @param {Figures} figures @returns {"good" | "poor"} */
export function stateOf({ loss, rttMs, upBps }) {
  const poor = (loss ?? 0) > POOR.loss || (rttMs ?? 0) > POOR.rttMs || (upBps !== null && upBps < POOR.upBps);
  return poor ? "poor" : "good";
}

/** @param {State} state @param {string} id @param {Partial<Way>} changed @returns {State} */
export function withWay(state, id, changed) {
  return { ...state, ways: state.ways.map((way) => (way.id === id ? { ...way, ...changed } : way)) };
}

// --- verdicts -------------------------------------------------------------------------------------------------------

/** @param {Way} way */
function works({ state }) {
  return state === "good" || state === "poor";
}

/** Whether visits may take this way at all: with TURN only, the direct ones do not matter. @param {State} state @param {Way} way */
function counts({ policy }, way) {
  return policy === "all" || isTurn(way);
}

/**
 * `good`: media flows well over UDP. `partial`: only by a detour, or badly. `none`: no way, or the page itself cannot speak to the server.
 * @param {State} state @returns {Overall}
 */
export function overallOf(state) {
  const usable = state.ways.filter((way) => counts(state, way) && works(way));
  if (!usable.length || !state.secure || !state.supported || state.socket === "failed") return "none";
  const overUdp = usable.some(({ kind, state: found }) => found === "good" && (kind.startsWith("udp") || (state.policy === "relay" && kind === "turn_udp")));
  return overUdp ? "good" : "partial";
}

/** The verdict as it is said: `partial` is a detour, or UDP that is there and `weak`. @param {State} state @returns {Overall | "weak"} */
export function headlineOf(state) {
  const overall = overallOf(state);
  return overall === "partial" && workingKinds(state).some((kind) => kind.startsWith("udp")) ? "weak" : overall;
}

/** The kinds of way that work, the best first. @param {State} state @returns {Kind[]} */
export function workingKinds(state) {
  return [...new Set(state.ways.filter((way) => counts(state, way) && works(way)).map(({ kind }) => kind))];
}

/**
 * What to change for a way, as a key of the catalogue; empty when there is nothing to do.
 * @param {State} state @param {Way} way
 */
export function adviceOf(state, way) {
  if (way.state === "poor") return (way.loss ?? 0) > POOR.loss ? "doctor.advice.loss" : (way.rttMs ?? 0) > POOR.rttMs ? "doctor.advice.slow" : "doctor.advice.narrow";
  if (way.state !== "failed") return "";
  if (!isTurn(way) && isPrivate(way.host)) return "doctor.advice.inside";
  const alike = state.ways.some((other) => other.id !== way.id && other.kind === way.kind && other.worker === way.worker && works(other));
  if (!isTurn(way) && alike) return "doctor.advice.other_address";
  if (way.kind.endsWith("6")) return "doctor.advice.ipv6";
  return `doctor.advice.${way.kind}`;
}

/** An address that only its own network reaches (RFC 1918, 4193, 3927, loopback). @param {string} host */
export function isPrivate(host) {
  return /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host) || /^(::1$|f[cd][\da-f]{2}:|fe[89ab][\da-f]:)/i.test(host);
}

/** How many ways have been tried, of all. @param {State} state */
export function progressOf({ ways }) {
  return { done: ways.filter((way) => !["waiting", "trying", "measuring"].includes(way.state)).length, of: ways.length };
}

// --- the report -----------------------------------------------------------------------------------------------------

/** "Chrome 156": never the whole user agent, which tells the device. @param {string} userAgent */
export function browserOf(userAgent) {
  const names = /** @type {[RegExp, string][]} */ ([
    [/MicroMessenger\/(\d+)/, "WeChat"],
    [/Edg\w*\/(\d+)/, "Edge"],
    [/(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
    [/(?:Chrome|CriOS|Chromium)\/(\d+)/, "Chrome"],
    [/Version\/(\d+).*Safari/, "Safari"],
  ]);
  for (const [pattern, name] of names) {
    const match = pattern.exec(userAgent);
    if (match) return `${name} ${match[1].slice(0, 4)}`;
  }
  return "Other";
}

/** @param {string} userAgent @returns {"phone" | "desktop"} */
export function deviceOf(userAgent) {
  return /Mobi|Android|iPhone|iPad/.test(userAgent) ? "phone" : "desktop";
}

/** As `server/doctor/report.py` reads it. @param {State} state @param {string} userAgent */
export function reportOf(state, userAgent) {
  const ended = new Set(["good", "poor", "failed"]);
  return {
    version: 1,
    browser: browserOf(userAgent),
    device: deviceOf(userAgent),
    secure: state.secure,
    camera: state.camera === "asking" ? "untested" : state.camera,
    socket_ms: state.socketMs,
    overall: overallOf(state),
    ways: state.ways.map(({ kind, host, port, state: found, connectedMs, rttMs, loss, upBps }) => ({
      kind,
      host,
      port,
      state: ended.has(found) ? found : "untested",
      connected_ms: connectedMs,
      rtt_ms: rttMs,
      loss,
      up_bps: upBps,
    })),
  };
}

/** The report for a mail to whoever minds the firewall. @param {State} state @param {string} userAgent @param {Translate} t */
export function asText(state, userAgent, t) {
  const lines = [t("doctor.title"), t(`doctor.overall.${headlineOf(state)}`), `${browserOf(userAgent)} · ${t(`doctor.device.${deviceOf(userAgent)}`)}`];
  lines.push(`https: ${state.secure ? "✓" : "✗"}  WebSocket: ${state.socket === "ok" ? `✓ ${state.socketMs} ms` : "✗"}  ${t("doctor.camera.title")}: ${t(`doctor.camera.${state.camera}`)}`);
  for (const way of state.ways) {
    const advice = adviceOf(state, way);
    lines.push(`${way.state === "good" ? "✓" : way.state === "poor" ? "!" : "✗"} ${t(`doctor.kind.${way.kind}`)} ${way.host}:${way.port}  ${t(`doctor.state.${way.state}`)}  ${figuresText(way, t)}`.trimEnd());
    if (advice) lines.push(`  → ${t(advice, { host: way.host, port: way.port })}`);
  }
  return lines.join("\n");
}

/** "连接 90 毫秒 · 往返 20 毫秒 · 丢失 0.0% · 上行 2.1 Mbit/s". @param {Figures} figures @param {Translate} t */
export function figuresText({ connectedMs, rttMs, loss, upBps }, t) {
  return [
    connectedMs !== null && t("doctor.figure.connected", { ms: connectedMs }),
    rttMs !== null && t("doctor.figure.rtt", { ms: rttMs }),
    loss !== null && t("doctor.figure.loss", { percent: (loss * 100).toFixed(1) }),
    upBps !== null && t("doctor.figure.up", { mbps: (upBps / 1e6).toFixed(1) }),
  ]
    .filter(Boolean)
    .join(" · ");
}
