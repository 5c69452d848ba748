"""`doctor`: what of this works in this network and what to change; the link for a browser's part; what a browser last found."""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from server import qr
from server.calendar import CHINA
from server.clock import Clock
from server.commands import ready
from server.commands.place import place
from server.config import Config
from server.doctor import certificates, machine, origin, relays, turns
from server.doctor import report as reports
from server.doctor.findings import Finding, as_json, as_text
from server.doctor.report import Report, WayFound
from server.doctor.ways import Survey
from server.doctor.words import CHECKS, finding
from server.store import heartbeat, people
from server.store.database import Database, sqlite_file
from server.store.doctor import LASTS_S, DoctorLinks
from server.store.errors import Unavailable
from server.wiring import chance

PATIENCE_S = 5.0
SLOW_WRITE_MS = 400
_BEATS_AS = "doctor"

Progress = Callable[[str], None]


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    about = "tell what of this works in this network and what to change"
    parser = commands.add_parser("doctor", help=about, description=about)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--link", action="store_true", help="only make a link for a browser's part (good for an hour)")
    only.add_argument("--last", action="store_true", help="only show what a browser found last")
    parser.add_argument("--config", type=Path, metavar="FILE", help="its TOML file (default: the PEITONG_* variables)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="for --link and --last: its data folder, as of a demo")
    parser.add_argument("--origin", help="with --data and --link: what browsers show, such as http://localhost:8480")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.data is not None and not (options.link or options.last):
        print("peitong: --data: belongs to --link or --last; the whole examination needs --config", file=sys.stderr)
        return 2
    faults: list[str] = []
    config = place(options, faults, needs_origin=options.link)
    if config is None or faults:
        return _cannot_begin(faults, options)
    file = sqlite_file(config.database_url)
    if (options.link or options.last) and file is not None and not file.exists():
        print(f"peitong: no server has been set up in {file.parent}; start it once", file=sys.stderr)
        return 1
    try:
        if options.link:
            return asyncio.run(_link(config, options.json))
        if options.last:
            return asyncio.run(_last(config, options.json))
    except Unavailable as error:
        print(f"peitong: the database does not answer, has the server been started once? {error}", file=sys.stderr)
        return 1
    return asyncio.run(_examination(config, options.json))


def _cannot_begin(faults: list[str], options: argparse.Namespace) -> int:
    """Without a configuration nothing else can be looked at: its faults are the whole report."""
    if options.link or options.last:
        for fault in faults:
            print(f"peitong: {fault}", file=sys.stderr)
        return 2
    found = [finding("config_fault", fault=fault.removeprefix("configuration: ")) for fault in faults]
    _show(found, "", options.json)
    return 1


async def _examination(config: Config, bare: bool) -> int:
    found, link = await examine(config, _progress, ssl.create_default_context())
    _show(found, link, bare)
    return 0 if as_json(found)["ok"] else 1


def _progress(what: str) -> None:
    print(f"检查 / looking at: {what}", file=sys.stderr, flush=True)


def _show(found: list[Finding], link: str, bare: bool) -> None:
    if bare:
        print(json.dumps(as_json(found) | {"link": link or None}, ensure_ascii=False))
        return
    print(as_text(found, CHECKS))
    if link:
        print(_invitation(link))


async def examine(config: Config, progress: Progress, context: ssl.SSLContext) -> tuple[list[Finding], str]:
    """Everything, and the link for a browser's part ("" while the server is stopped). ``context``: whom browsers trust."""
    progress(CHECKS["configuration"])
    found = [finding("config_good"), *relays.settings(config)]
    progress("本机 / this machine")
    found += machine.examine(config)
    found += certificates.examine(config, origin.host_of(config.origin), time.time())
    progress(CHECKS["database"])
    database = Database(config.database_url, PATIENCE_S)
    try:
        found.append(await _database(config, database))
        if found[-1].code in ("database_good", "database_slow"):
            found += machine.hospital_keys(config.sealing, await people.hospitals(database))
        progress(CHECKS["server"])
        told = await asyncio.to_thread(ready.ask, config)
        found.append(machine.open_files(told.open_files))
        links = DoctorLinks(database, chance().new_secret)
        if "server" in told.missing:
            host, port = config.listen
            found += [finding("server_stopped", listen=f"{host}:{port}"), *relays.ports_taken(config)]
            token = link = ""
        else:
            away = ", ".join(told.missing)
            found.append(finding("server_missing", missing=away) if away else finding("server_good"))
            progress(CHECKS["origin"])
            found += await asyncio.to_thread(origin.examine, config, context)
            token = await _ways(config, links, found, progress)
            link = await _new_link(config, links)
    except Unavailable:
        token = link = ""  # told as the database's finding
    finally:
        await database.close()
    for url in config.turn_urls:
        progress(f"TURN {url}")
        leg = await _leg(config, token)
        found.append(await turns.examine(url, config, time.time(), leg, context))
    if token:
        await asyncio.to_thread(relays.close, config, token)
    return found, link


async def _ways(config: Config, links: DoctorLinks, found: list[Finding], progress: Progress) -> str:
    """Adds what was found at each relay's candidates; the token by which the last leg's room is held."""
    token = await links.issue(Clock()())
    for worker in range(config.relays):
        progress(f"{CHECKS['udp']} · {CHECKS['tcp']} ({worker + 1}/{config.relays})")
        try:
            leg = await asyncio.to_thread(relays.leg, config, token, worker)
        except relays.LegRefused as error:
            found.append(finding("leg_refused", why=str(error)))
        else:
            found += await relays.candidates(leg)
    return token


async def _leg(config: Config, token: str) -> Survey | None:
    """A fresh leg for each TURN server, as the relay soon lets go of one whose handshake does not begin."""
    try:
        return await asyncio.to_thread(relays.leg, config, token, 0) if token else None
    except relays.LegRefused:
        return None  # told when the ways were looked at


async def _database(config: Config, database: Database) -> Finding:
    file = sqlite_file(config.database_url)
    if file is not None and not file.exists():
        return finding("database_none")
    started = time.perf_counter()
    try:
        await heartbeat.beat(database, _BEATS_AS, Clock()())
    except Unavailable as error:
        return finding("database_away", error=str(error))
    ms = round((time.perf_counter() - started) * 1000)
    return finding("database_slow", write_ms=ms, limit_ms=1000) if ms > SLOW_WRITE_MS else finding("database_good", write_ms=ms)


# --- the browser's part -----------------------------------------------------------------------------


async def _new_link(config: Config, links: DoctorLinks) -> str:
    return f"{config.origin}/doctor/{await links.issue(Clock()())}"


async def _link(config: Config, bare: bool) -> int:
    database = Database(config.database_url, PATIENCE_S)
    try:
        link = await _new_link(config, DoctorLinks(database, chance().new_secret))
    finally:
        await database.close()
    print(json.dumps({"link": link, "good_for_s": int(LASTS_S)}) if bare else _invitation(link), flush=True)
    return 0


def _invitation(link: str) -> str:
    return (
        "\n请在医院的电脑上，以及用移动流量的手机上，各打开一次\n"
        "Open this on the hospital's workstation, and on a phone that is not in its Wi-Fi:\n"
        f"  {link}\n  一小时内有效 / good for an hour\n{qr.terminal(link)}"
    )


async def _last(config: Config, bare: bool) -> int:
    database = Database(config.database_url, PATIENCE_S)
    try:
        told = await DoctorLinks(database, chance().new_secret).last()
    finally:
        await database.close()
    if told is None:
        print(json.dumps({"report": None}) if bare else "还没有浏览器的检查结果 / no browser has reported yet")
        return 1
    report = reports.read(json.loads(told.report))
    at = datetime.fromtimestamp(told.at, CHINA)
    if bare:
        print(json.dumps({"at": at.isoformat(timespec="seconds"), "report": json.loads(told.report)}))
    else:
        print(last_as_text(report, at))
    return 0 if report.overall != "none" else 1


_OVERALL = {
    "good": "可以通话 / works",
    "partial": "只有部分方式可用 / works only through some ways",
    "none": "无法通话 / will not work",
}
_STATE = {"good": "✓", "poor": "!", "failed": "✗", "untested": "-"}
_KIND = {
    "udp": "UDP",
    "udp6": "UDP IPv6",
    "tcp": "ICE-TCP",
    "tcp6": "ICE-TCP IPv6",
    "turn_udp": "TURN/UDP",
    "turn_tcp": "TURN/TCP",
    "turn_tls": "TURN/TLS",
}


def last_as_text(report: Report, at: datetime) -> str:
    """A browser's report for a person; one line a way."""
    lines = [f"{at:%Y-%m-%d %H:%M}  {report.browser} ({report.device})  {_OVERALL[report.overall]}"]
    socket = "✗" if report.socket_ms is None else f"✓ {report.socket_ms} ms"
    lines.append(f"  https {'✓' if report.secure else '✗'}   WebSocket {socket}   摄像头 / camera {report.camera}")
    return "\n".join([*lines, *map(_way, report.ways)])


def _way(way: WayFound) -> str:
    figures: list[Any] = []
    if way.connected_ms is not None:
        figures.append(f"{way.connected_ms} ms")
    if way.rtt_ms is not None:
        figures.append(f"rtt {way.rtt_ms} ms")
    if way.loss is not None:
        figures.append(f"loss {way.loss:.1%}")
    if way.up_bps is not None:
        figures.append(f"up {way.up_bps / 1e6:.1f} Mbit/s")
    return f"  {_STATE[way.state]} {_KIND[way.kind]:<12} {way.host}:{way.port}  {'  '.join(figures)}".rstrip()
