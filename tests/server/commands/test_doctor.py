"""The doctor on the server's side: against real sockets, a real server process and a real coturn."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sqlite3
import ssl
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from server import demo
from server.commands import doctor
from server.config import Config, Secret
from server.doctor import certificates, machine, origin, relays, turns
from server.doctor.findings import Finding, Verdict
from server.doctor.report import read, write
from server.doctor.ways import Candidate, Survey
from server.store.database import Database
from server.store.doctor import DoctorLinks
from server.store.migrate import migrate
from tests.server.commands.doctor_rig import RECIPIENT, ROOT, SECRET, WITH_SECRET, coturn, free_port, running_server
from tests.server.doctor.test_report import a_way, sent

NOW = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
TRUSTING_NOBODY = ssl.create_default_context()


def config_of(folder: Path, **changed: Any) -> Config:
    return replace(Config(folder, (RECIPIENT,), "http://localhost:8480", ("127.0.0.1", free_port())), **changed)


def codes(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found]


# --- the machine --------------------------------------------------------------------------------------


def test_packages_are_those_of_the_lock_file_or_named(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    assert machine.packages(lock).code == "packages_unpinned"
    right = version("aiohttp")
    lock.write_text(f"aiohttp=={right} \\\n    --hash=sha256:00\nnot-here==1 ; sys_platform == 'win32' \\\n")
    assert machine.packages(lock).code == "packages_good"
    lock.write_text("aiohttp==0.1 ; python_full_version < '3.12' \\\n" + f"aiohttp=={right} ; python_full_version >= '3.12'\n")
    assert machine.packages(lock).code == "packages_good"
    lock.write_text("aiohttp==0.1\nnot-here==1\n")
    found = machine.packages(lock)
    assert (found.code, found.figures["names"]) == ("packages_differ", "aiohttp, not-here")


def test_the_data_folder_is_written_and_its_mode_seen(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert machine.data_folder(folder).code == "data_missing"
    folder.mkdir(mode=0o700)
    assert machine.data_folder(folder).code == "data_good"
    folder.chmod(0o755)
    assert machine.data_folder(folder).figures["mode"] == "0755"
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    found = machine.data_folder(Path("/proc"))
    assert (found.code, found.verdict) == ("data_unwritable", Verdict.FAULT)


@pytest.mark.parametrize(("free_gb", "code"), [(1.0, "disk_full"), (50.0, "disk_low"), (500.0, "disk_good")])
def test_free_space_is_told_in_hours_of_recording(tmp_path: Path, free_gb: float, code: str) -> None:
    found = machine.disk(tmp_path / "not" / "there", lambda path: int(free_gb * 1e9))
    assert found.code == code
    assert found.figures["hours"] == pytest.approx(free_gb / machine.GB_AN_HOUR, abs=0.1)


@pytest.mark.parametrize(
    ("now", "status", "code"),
    [(NOW, 0, "clock_good"), (NOW, 0x0040, "clock_free"), (NOW, -1, "clock_unknown"), (86400.0, 0, "clock_wrong")],
)
def test_the_clock_is_judged_by_the_kernel(now: float, status: int, code: str) -> None:
    assert machine.clock(now, lambda: (status, 12_000)).code == code


def test_the_kernels_own_word_on_its_clock_is_understood() -> None:
    assert machine.clock(NOW).code in {"clock_good", "clock_free", "clock_unknown"}


@pytest.mark.parametrize(("limit", "code"), [(None, "files_unknown"), (1024, "files_low"), (65_536, "files_good")])
def test_open_files_are_judged_by_what_the_server_says_of_itself(limit: int | None, code: str) -> None:
    assert machine.open_files(limit).code == code


def test_kernel_buffers_are_held_against_what_the_relay_asks_for(tmp_path: Path) -> None:
    assert machine.udp_buffers(tmp_path).code == "buffers_unknown"
    (tmp_path / "rmem_max").write_text("212992\n")
    (tmp_path / "wmem_max").write_text("4194304\n")
    found = machine.udp_buffers(tmp_path)
    assert (found.code, found.figures["receive_kib"]) == ("buffers_small", 208)
    (tmp_path / "rmem_max").write_text("4194304\n")
    assert machine.udp_buffers(tmp_path).code == "buffers_good"


def test_recipients_are_read_by_the_library_that_seals() -> None:
    assert machine.recipients((RECIPIENT,)).code == "recipients_good"
    assert machine.recipients((RECIPIENT, "age1" + "q" * 58)).figures["number"] == 2


# --- certificates -------------------------------------------------------------------------------------


def certificate(
    folder: Path, name: str, *, since: timedelta = timedelta(days=-1), until: timedelta = timedelta(days=90), chain: bool = True
) -> tuple[Path, Path, Path]:
    """A server's certificate of a test authority: (certificate file, key file, the authority's)."""
    now = datetime.fromtimestamp(NOW, UTC)
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A Test Authority")])

    def build(subject: x509.Name, key: ec.EllipticCurvePrivateKey, ca: bool) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now + since).not_valid_after(now + until)
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
        if not ca:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return builder.sign(authority, hashes.SHA256())

    leaf = build(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), own, False)
    top = build(issuer, authority, True)
    files = folder / "cert.pem", folder / "key.pem", folder / "ca.pem"
    files[2].write_bytes(top.public_bytes(Encoding.PEM))
    files[0].write_bytes(leaf.public_bytes(Encoding.PEM) + (top.public_bytes(Encoding.PEM) if chain else b""))
    files[1].write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files[1].chmod(0o600)
    return files


def examined(tmp_path: Path, files: tuple[Path, ...], host: str = "visit.example", now: float = NOW) -> list[str]:
    config = config_of(tmp_path, origin=f"https://{host}", certificate=files[0], certificate_key=files[1])
    return codes(certificates.examine(config, host, now))


def test_a_good_certificate_is_good(tmp_path: Path) -> None:
    assert examined(tmp_path, certificate(tmp_path, "visit.example")) == ["certificate_good"]
    assert examined(tmp_path, certificate(tmp_path, "*.example")) == ["certificate_good"]


@pytest.mark.parametrize(("days", "code"), [(91, "certificate_expired"), (80, "certificate_soon"), (-2, "certificate_early")])
def test_its_days_are_counted(tmp_path: Path, days: int, code: str) -> None:
    assert examined(tmp_path, certificate(tmp_path, "visit.example"), now=NOW + days * 86400) == [code]


def test_everything_that_is_wrong_with_it_is_told_at_once(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    cert, _, _ = certificate(tmp_path, "elsewhere.example", chain=False)
    _, key, _ = certificate(other, "visit.example")
    key.chmod(0o644)
    found = examined(tmp_path, (cert, key))
    assert found == ["certificate_key", "certificate_key_open", "certificate_name", "certificate_chain"]


def test_a_self_made_one_of_the_demo_is_warned_of(tmp_path: Path) -> None:
    files = demo.certificate_for(tmp_path, "192.0.2.1", datetime.fromtimestamp(NOW, UTC))
    assert examined(tmp_path, files, "192.0.2.1") == ["certificate_self"]
    assert "certificate_name" in examined(tmp_path, files, "192.0.2.2")


def test_what_is_no_certificate_cannot_be_read(tmp_path: Path) -> None:
    files = certificate(tmp_path, "visit.example")
    files[0].write_text("-----BEGIN NONSENSE-----")
    assert examined(tmp_path, files) == ["certificate_unreadable"]
    assert examined(tmp_path, (tmp_path / "absent.pem", files[1])) == ["certificate_unreadable"]


def test_without_a_certificate_it_is_plain_or_a_proxys(tmp_path: Path) -> None:
    assert codes(certificates.examine(config_of(tmp_path), "localhost", NOW)) == ["certificate_plain"]
    proxied = config_of(tmp_path, origin="https://visit.example")
    assert codes(certificates.examine(proxied, "visit.example", NOW)) == ["certificate_proxy"]


@pytest.mark.parametrize(
    ("names", "host", "good"),
    [
        (["a.example"], "A.example", True),
        (["*.example"], "a.example", True),
        (["*.example"], "a.b.example", False),
        (["*.example"], "example", False),
        (["localhost"], "localhost", True),
        ([], "a.example", False),
    ],
)
def test_names_match_as_browsers_match_them(names: list[str], host: str, good: bool) -> None:
    assert certificates.names_host(names, host) is good


# --- the web address ----------------------------------------------------------------------------------


@contextmanager
def trusting(authority: Path) -> Iterator[ssl.SSLContext]:
    context = ssl.create_default_context(cafile=str(authority))
    yield context


async def site(text: str, files: tuple[Path, ...] | None = None) -> TestServer:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(text=text)

    app = web.Application()
    app.router.add_get("/readyz", handle)
    server, context = TestServer(app, host="127.0.0.1"), None
    if files is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(files[0], files[1])
    await server.start_server(ssl=context)
    return server


READY = json.dumps({"ok": True, "missing": []})


async def test_a_site_that_browsers_trust_is_good(tmp_path: Path) -> None:
    # valid today, whatever day it is
    day = timedelta(seconds=datetime.now(UTC).timestamp() - NOW)
    files = certificate(tmp_path, "localhost", since=day - timedelta(days=1), until=day + timedelta(days=9))
    server = await site(READY, files)
    config = config_of(tmp_path, origin=f"https://localhost:{server.port}", certificate=files[0], certificate_key=files[1])
    try:
        with trusting(files[2]) as context:
            assert codes(await asyncio.to_thread(origin.examine, config, context)) == ["origin_good"]
            other = tmp_path / "other"
            other.mkdir()
            renewed = replace(config, certificate=certificate(other, "localhost")[0])
            assert codes(await asyncio.to_thread(origin.examine, renewed, context)) == [
                "origin_good",
                "origin_other_certificate",
            ]
            named = replace(config, origin=f"https://127.0.0.1:{server.port}")
            assert codes(await asyncio.to_thread(origin.examine, named, context)) == ["origin_untrusted"]
        assert codes(await asyncio.to_thread(origin.examine, config, TRUSTING_NOBODY)) == ["origin_untrusted"]
    finally:
        await server.close()


async def test_another_program_at_the_address_is_a_fault(tmp_path: Path) -> None:
    server = await site("<html>welcome to nginx</html>")
    try:
        config = config_of(tmp_path, origin=f"http://localhost:{server.port}")
        assert codes(await asyncio.to_thread(origin.examine, config, TRUSTING_NOBODY)) == ["origin_foreign"]
    finally:
        await server.close()


def test_an_address_that_nobody_answers_or_knows_is_a_fault(tmp_path: Path) -> None:
    silent = config_of(tmp_path, origin=f"http://127.0.0.1:{free_port()}")
    assert codes(origin.examine(silent, TRUSTING_NOBODY)) == ["origin_silent"]
    nowhere = config_of(tmp_path, origin="https://nobody.invalid")
    assert codes(origin.examine(nowhere, TRUSTING_NOBODY)) == ["origin_unresolved"]


# --- what the configuration tells ---------------------------------------------------------------------


def test_settings_that_cannot_work_outside_are_told(tmp_path: Path) -> None:
    bad = config_of(tmp_path, origin="https://visit.example", tcp=None)
    assert codes(relays.settings(bad)) == ["udp_port_free", "advertise_loopback", "only_udp", "tcp_off", "ipv6_off", "turn_off"]
    good = config_of(tmp_path, udp=("0.0.0.0", 40000), advertise=("203.0.113.5", "2001:db8::5"), turn_urls=("turn:t.example",))
    assert codes(relays.settings(good)) == ["ipv6_good"]


def test_a_port_that_is_taken_while_the_server_is_stopped_is_a_fault(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        taken = relays.ports_taken(config_of(tmp_path, udp=("127.0.0.1", port)))
        assert [(finding.code, finding.figures["port"]) for finding in taken] == [("udp_port_taken", port)]
    assert relays.ports_taken(config_of(tmp_path, udp=("127.0.0.1", 0))) == []


async def test_a_candidate_that_does_not_answer_is_judged_by_whose_it_is() -> None:
    here, elsewhere = Candidate("udp", "127.0.0.1", free_port(socket.SOCK_DGRAM)), Candidate("udp", "198.51.100.7", 9)
    tcp = Candidate("tcp", "127.0.0.1", free_port())
    found = await relays.candidates(Survey("u", "p" * 24, (here, elsewhere, tcp)))
    assert codes(found) == ["udp_silent", "udp_outside", "tcp_silent"]


# --- a real coturn ------------------------------------------------------------------------------------


def turn_config(folder: Path, url: str, secret: str = SECRET) -> Config:
    return config_of(folder, turn_urls=(url,), turn_secret=Secret(secret))


async def asked(url: str, config: Config, leg: Survey | None, context: ssl.SSLContext = TRUSTING_NOBODY) -> Finding:
    return await turns.examine(url, config, datetime.now(UTC).timestamp(), leg, context)


@pytest.mark.process
async def test_coturn_with_time_limited_credentials_is_good_over_udp_and_tcp(tmp_path: Path) -> None:
    with coturn(tmp_path, *WITH_SECRET) as (port, _):
        for transport in ("udp", "tcp"):
            url = f"turn:127.0.0.1:{port}?transport={transport}"
            found = await asked(url, turn_config(tmp_path, url), None)
            assert (found.code, found.verdict) == ("turn_unprobed", Verdict.UNKNOWN)


@pytest.mark.process
async def test_a_leg_without_a_candidate_that_a_turn_server_reaches_leaves_the_way_untried(tmp_path: Path) -> None:
    other = Survey("u", "p" * 24, (Candidate("tcp", "127.0.0.1", 9), Candidate("udp", "::1", 9)))
    with coturn(tmp_path, *WITH_SECRET) as (port, _):
        url = f"turn:127.0.0.1:{port}"
        found = await asked(url, turn_config(tmp_path, url), other)
    assert (found.code, found.verdict) == ("turn_unprobed", Verdict.UNKNOWN)
    assert "was not tried" in found.said("en")[0]


@pytest.mark.process
async def test_a_secret_that_differs_is_refused(tmp_path: Path) -> None:
    with coturn(tmp_path, *WITH_SECRET) as (port, _):
        url = f"turn:127.0.0.1:{port}"
        found = await asked(url, turn_config(tmp_path, url, "south"), None)
        assert found.code == "turn_refused"
        assert "401" in str(found.figures["error"])


@pytest.mark.process
async def test_a_turn_server_that_takes_anybody_is_a_fault(tmp_path: Path) -> None:
    with coturn(tmp_path, "--no-auth") as (port, _):
        url = f"turn:127.0.0.1:{port}"
        assert (await asked(url, turn_config(tmp_path, url), None)).code == "turn_forever"


@pytest.mark.process
async def test_turn_over_tls_needs_a_certificate_that_browsers_trust(tmp_path: Path) -> None:
    day = timedelta(seconds=datetime.now(UTC).timestamp() - NOW)
    cert, key, authority = certificate(tmp_path, "localhost", since=day - timedelta(days=1), until=day + timedelta(days=9))
    with coturn(tmp_path, *WITH_SECRET, f"--cert={cert}", f"--pkey={key}") as (_, tls):
        url = f"turns:localhost:{tls}"
        config = turn_config(tmp_path, url)
        assert (await asked(url, config, None)).code == "turn_untrusted"
        with trusting(authority) as context:
            assert (await asked(url, config, None, context)).code == "turn_unprobed"


async def test_nobody_at_a_turn_address_is_a_fault(tmp_path: Path) -> None:
    url = f"turn:127.0.0.1:{free_port()}?transport=tcp"
    found = await asked(url, turn_config(tmp_path, url), None)
    assert (found.code, found.figures["transport"]) == ("turn_silent", "TCP")


async def test_what_is_no_turn_address_is_told(tmp_path: Path) -> None:
    assert (await asked("http://t.example", turn_config(tmp_path, "turn:t.example"), None)).code == "turn_bad_url"


# --- a real server ------------------------------------------------------------------------------------


@pytest.fixture
async def serving(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """`peitong serve` in a process of its own; the environment that commands need to find it."""
    async with running_server(tmp_path) as environment:
        yield environment


async def command(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "doctor", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def by_check(said: str) -> dict[str, list[str]]:
    report = json.loads(said)
    found: dict[str, list[str]] = {}
    for finding in report["findings"]:
        found.setdefault(finding["check"], []).append(finding["code"])
    return found


@pytest.mark.process
async def test_a_running_server_is_examined_down_to_its_ports_and_through_coturn(
    serving: dict[str, str], tmp_path: Path
) -> None:
    with coturn(tmp_path, *WITH_SECRET, "--allow-loopback-peers") as (port, _):
        urls = f"turn:127.0.0.1:{port},turn:127.0.0.1:{port}?transport=tcp"
        code, out, err = await command(serving | {"PEITONG_TURN_URLS": urls, "PEITONG_TURN_SECRET": SECRET}, "--json")
    found = by_check(out)
    assert code == 0
    assert (found["server"], found["origin"], found["database"]) == (["server_good"], ["origin_plain"], ["database_good"])
    assert found["files"] in (["files_good"], ["files_low"])
    assert (found["udp"], found["tcp"]) == (["udp_loopback"], ["tcp_good"])
    assert found["turn"] == ["turn_good", "turn_good"]
    link = json.loads(out)["link"]
    assert link.startswith(f"{serving['PEITONG_HTTP_ORIGIN']}/doctor/")
    assert "TURN" in err
    log = (tmp_path / "server.log").read_text()
    assert link.rsplit("/", 1)[1] not in log


@pytest.mark.process
async def test_coturn_that_denies_the_relays_address_is_a_fault(serving: dict[str, str], tmp_path: Path) -> None:
    with coturn(tmp_path, *WITH_SECRET) as (port, _):
        code, out, _ = await command(serving | {"PEITONG_TURN_URLS": f"turn:127.0.0.1:{port}", "PEITONG_TURN_SECRET": SECRET})
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith("故障")
    assert "Add allowed-peer-ip=127.0.0.1 to coturn." in out
    assert "https" not in lines[1]


@pytest.mark.process
async def test_a_link_is_made_and_what_a_browser_found_is_shown(serving: dict[str, str], tmp_path: Path) -> None:
    assert (await command(serving, "--last"))[0] == 1
    code, out, _ = await command(serving, "--link", "--json")
    made = json.loads(out)
    assert (code, made["good_for_s"]) == (0, 3600)
    token = made["link"].rsplit("/", 1)[1]
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'peitong.db'}")
    await DoctorLinks(database, lambda: "").report(token, write(read(sent(ways=[a_way(loss=0.125)]))), NOW)
    await database.close()
    code, out, _ = await command(serving, "--last")
    assert code == 0
    assert "Chrome 156 (phone)  可以通话 / works" in out
    assert "✓ UDP          203.0.113.5:40000  90 ms  rtt 20 ms  loss 12.5%  up 2.0 Mbit/s" in out
    assert json.loads((await command(serving, "--last", "--json"))[1])["report"]["browser"] == "Chrome 156"


# --- stopped, or not even configured ------------------------------------------------------------------


async def test_a_stopped_server_is_said_to_be_and_the_rest_is_examined(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = config_of(tmp_path)
    database = Database(config.database_url)
    await migrate(database)
    await database.close()
    found, link = await doctor.examine(config, lambda what: None, TRUSTING_NOBODY)
    assert link == ""
    assert {"server_stopped", "files_unknown", "database_good", "recipients_good", "turn_off"} <= set(codes(found))
    assert not any(finding.check == "origin" for finding in found)


async def test_a_database_that_does_not_answer_is_a_fault(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    database = Database(config.database_url)
    await migrate(database)
    await database.close()
    with closing(sqlite3.connect(tmp_path / "peitong.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        found, link = await doctor.examine(config, lambda what: None, TRUSTING_NOBODY)
    assert "database_away" in codes(found)
    assert link == ""


def options(**given: Any) -> argparse.Namespace:
    return argparse.Namespace(
        **({"config": None, "data": None, "origin": None, "json": True, "link": False, "last": False} | given)
    )


def test_a_configuration_with_faults_is_the_whole_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "peitong.toml"
    file.write_text("[http]\norigin = 'nonsense'\n")
    assert doctor.run(options(config=file)) == 1
    report = json.loads(capsys.readouterr().out)
    assert {finding["code"] for finding in report["findings"]} == {"config_fault"}
    assert any("http.origin" in finding["found"]["en"] for finding in report["findings"])


def test_a_data_folder_alone_gives_links_but_no_examination(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.run(options(data=tmp_path)) == 2
    assert doctor.run(options(data=tmp_path, link=True)) == 2
    assert "origin" in capsys.readouterr().err
    assert doctor.run(options(data=tmp_path, link=True, origin="http://localhost:8480")) == 1
    assert not (tmp_path / "peitong.db").exists()


def test_the_least_privilege_of_the_folder_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    machine.examine(config_of(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
