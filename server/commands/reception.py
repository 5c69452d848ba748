"""The reception (`server.desk`) as commands: `hospital …`, `staff new`, `visit new`, `visit link`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from server import desk_forms, qr
from server.booking.delegation import WRITTEN
from server.booking.limits import MOST_HORIZON_DAYS, PROOFS, to_record
from server.calendar import day_of
from server.clock import Clock
from server.commands.place import place
from server.config import Config
from server.desk import Invited, Reception
from server.eligibility import Rank
from server.form import Faults, Form, Given
from server.kinship import RELATIONS, SEXES
from server.passwords import Passwords
from server.recipients import lacks_a_key
from server.referral import FIELDS
from server.store.database import Database, sqlite_file
from server.store.errors import Unavailable
from server.store.migrate import migrate
from server.visit_view import moment
from server.wiring import chance

D = TypeVar("D")
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, as JSON and for a person."""

    fields: dict[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Command(Generic[D]):
    """One command: the options it needs and those it may have (name: what belongs there), and what it does at which desk."""

    about: str
    needed: Mapping[str, str]
    wanted: Mapping[str, str]
    read: Callable[[Form, float], object]
    desk: Callable[[Database, Config], D]
    act: Callable[[D, Given, Config, float], Awaitable[Told]]
    makes_links: bool = False
    founds: bool = False


async def _hospital_new(reception: Reception, given: Given, config: Config, now: float) -> Told:
    id = await reception.open_hospital(given, now)
    lacking = config.sealing.lacking(await reception.hospitals()) if config.sealing.everyone() else []
    text = "\n".join([f"医院 / hospital  {id}", *map(lacks_a_key, lacking)])
    return Told({"hospital": id, "hospitals_without_key": lacking}, text)


async def _hospital_limits(reception: Reception, given: Given, config: Config, now: float) -> Told:
    record = to_record(await reception.limit(given))
    said = (f"{name}  {', '.join(value) if isinstance(value, list) else value}" for name, value in record.items())
    return Told(record, "\n".join(said))


def _read_file(given: Given) -> str:
    """What lies in the file that was named. Raises ``Faults``."""
    if "file" not in given:
        raise Faults(["file: is missing"])
    try:
        return Path(given["file"]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Faults([f"file: cannot be read: {error}"]) from None


async def _hospital_pathway(reception: Reception, given: Given, config: Config, now: float) -> Told:
    version = await reception.publish_pathway(given, _read_file(given), now)
    return Told({"version": version}, f"转诊路径 / pathway  {version}")


async def _hospital_consents(reception: Reception, given: Given, config: Config, now: float) -> Told:
    published = await reception.publish_consents(given, _read_file(given), now)
    text = "\n".join(f"知情同意书 / consent text  {kind}  {version}" for kind, version in published)
    return Told({"texts": [{"kind": kind, "version": version} for kind, version in published]}, text)


async def _staff_new(reception: Reception, given: Given, config: Config, now: float) -> Told:
    made = await reception.enrol(given, now)
    fields: dict[str, Any] = {"staff": made.staff, "login": made.login, "password": made.password}
    text = f"登录名 / login  {made.login}\n密码 / password  {made.password}    （只显示一次 / shown only now）"
    if given["role"] == "physician":
        fields |= {"not_eligible": list(made.not_eligible)}
    if made.not_eligible:
        text += f"\n暂不能接诊 / may not admit yet: {', '.join(made.not_eligible)}"
    return Told(fields, text)


async def _visit_new(reception: Reception, given: Given, config: Config, now: float) -> Told:
    return _invitation(await reception.book(given, now), config)


async def _visit_link(reception: Reception, given: Given, config: Config, now: float) -> Told:
    return _invitation(await reception.reissue(given, now), config)


def _invitation(made: Invited, config: Config) -> Told:
    link, until = f"{config.origin}/j/{made.token}", moment(made.expires_at)
    text = f"就诊 / visit  {made.visit}\n链接 / link   {link}    （只显示一次 / shown only now）\n{qr.terminal(link)}"
    return Told({"visit": made.visit, "link": link, "expires_at": until}, text)


def _read_staff(form: Form, now: float) -> object:
    return desk_forms.read_staff(form, day_of(now))


def _reception(database: Database, config: Config) -> Reception:
    luck = chance()
    return Reception(database, Passwords(), luck.new_id, luck.new_secret, config.link_valid_s)


_FLAGS: Final = ("whitelisted", "public-booking", "delegated-adults")
COMMANDS: Final[Mapping[tuple[str, str], Command[Reception]]] = {
    ("hospital", "new"): Command(
        "open a hospital, with the shipped consent texts; the first step on a new server",
        {"name": "its name in Chinese", "name-en": "its name in English"},
        {"phone": "where families call it; PATCH /api/v1/hospital changes it"},
        lambda form, now: desk_forms.read_hospital(form),
        _reception,
        _hospital_new,
        founds=True,
    ),
    ("hospital", "limits"): Command(
        "set whom the hospital sees online and how far ahead it books, all at once; what is not named is the pilot's",
        {},
        {
            "youngest-years": "age in whole years (default 0)",
            "oldest-years": "age in whole years (default 17)",
            "horizon-days": f"1 to {MOST_HORIZON_DAYS} (default 90)",
            "proofs": f"some of {','.join(PROOFS)} (default: all)",
            "fields": f"some of {','.join(FIELDS)} (default: all)",
            "public-booking": "families may book by themselves, on the page /book/",
            "delegated-adults": "one may come in the guardian's place with a written delegation",
            "hospital": "its id, where there are several",
        },
        lambda form, now: desk_forms.read_limits(form),
        _reception,
        _hospital_limits,
    ),
    ("hospital", "pathway"): Command(
        "publish where the hospital refers to and by when; counts for referrals from now on",
        {"file": "JSON like server/referrals/pathways/peitong-2026-1.json, with a version of its own"},
        {"hospital": "its id, where there are several"},
        lambda form, now: form.text("file"),
        _reception,
        _hospital_pathway,
    ),
    ("hospital", "consents"): Command(
        "publish consent texts, each in Chinese and English; families are asked these from now on",
        {"file": 'JSON: {"texts": […]} of the form of server/store/consent_texts/*.json, with versions of their own'},
        {"hospital": "its id, where there are several"},
        lambda form, now: form.text("file"),
        _reception,
        _hospital_consents,
    ),
    ("staff", "new"): Command(
        "enrol a member of staff; prints a generated password, once",
        {"login": "2 to 64 letters, digits or . _ @ -", "role": "|".join(desk_forms.TITLES), "name": "as families see it"},
        {
            "title": "such as 主任医师",
            "licence": "a physician's licence number",
            "rank": "|".join(rank.value for rank in Rank),
            "practice-since": "YYYY-MM-DD: start of independent practice",
            "trained-until": "YYYY-MM-DD: last day of the training's validity",
            "whitelisted": "the hospital lets this physician see children online",
            "hospital": "its id, where there are several",
        },
        _read_staff,
        _reception,
        _staff_new,
    ),
    ("visit", "new"): Command(
        "book a visit; prints the family's join link, once",
        {
            "physician": "login",
            "child": "name",
            "sex": "|".join(SEXES),
            "birth-date": "YYYY-MM-DD",
            "guardian": "name",
            "phone": "digits",
            "relation": "|".join(RELATIONS),
            "proof": "|".join((*PROOFS, WRITTEN)),
            "field": "|".join(FIELDS),
            "department": "name",
        },
        {
            "starts-at": "RFC 3339 (default: now)",
            "minutes": "length (default 30)",
            "email": "where the family is reminded, if by e-mail",
            "language": f"in which the family is written to: {'|'.join(desk_forms.LANGUAGES)} (default zh)",
        },
        desk_forms.read_visit,
        _reception,
        _visit_new,
        makes_links=True,
    ),
    ("visit", "link"): Command(
        "a new join link; the former one, and the device that used it, are shut out",
        {"reissue": "the visit's id"},
        {},
        lambda form, now: form.text("reissue"),
        _reception,
        _visit_link,
        makes_links=True,
    ),
}


def add_commands(commands: Any) -> None:
    add(commands, COMMANDS, {"hospital": "the hospital", "staff": "its staff", "visit": "visits and their links"})


def add(commands: Any, ours: Mapping[tuple[str, str], Command[Any]], abouts: Mapping[str, str]) -> None:
    """Adds them to argparse's subparsers. Nothing is required there: what is missing is told with everything else."""
    groups: dict[str, Any] = {}
    for (noun, verb), command in ours.items():
        if noun not in groups:
            groups[noun] = commands.add_parser(noun, help=abouts[noun]).add_subparsers(required=True, metavar="COMMAND")
        parser = groups[noun].add_parser(verb, help=command.about, description=command.about)
        for title, options in (("needed", command.needed), ("if wanted", command.wanted)):
            group = parser.add_argument_group(title) if options else parser
            for name, what in options.items():
                if name in _FLAGS:
                    group.add_argument(f"--{name}", action="store_const", const="yes", help=what)
                else:
                    group.add_argument(f"--{name}", help=what, metavar=name.rsplit("-", 1)[-1].upper())
        add_place(parser, origin=command.makes_links)
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.set_defaults(run=lambda options, command=command: run(command, options))


def add_place(parser: argparse.ArgumentParser, *, origin: bool) -> None:
    group = parser.add_argument_group("which server (default: the PEITONG_* variables)")
    group.add_argument("--config", type=Path, metavar="FILE", help="its TOML file")
    group.add_argument("--data", type=Path, metavar="DIR", help="its data folder")
    if origin:
        group.add_argument("--origin", help="with --data: what browsers show, such as https://visit.hospital.example")
    else:
        parser.set_defaults(origin=None)


def run(command: Command[D], options: argparse.Namespace) -> int:
    names = [*command.needed, *command.wanted]
    values = {name: getattr(options, name.replace("-", "_")) for name in names}
    given = {name: value for name, value in values.items() if value is not None}
    try:
        told = asyncio.run(_run(command, given, options))
    except Faults as found:
        for fault in found.faults:
            print(f"peitong: --{fault}", file=sys.stderr)
        return 2
    except (Unavailable, OSError) as error:
        print(f"peitong: the database does not answer, try again: {error}", file=sys.stderr)
        return 1
    print(json.dumps(told.fields, ensure_ascii=False) if options.json else told.text, flush=True)
    return 0


async def _run(command: Command[D], given: Given, options: argparse.Namespace) -> Told:
    now = Clock()()
    faults: list[str] = []
    config = place(options, faults, needs_origin=command.makes_links)
    if config is None or faults:
        form = Form(given)
        command.read(form, now)
        raise Faults(faults + form.faults)
    async with opened(config, founds=command.founds) as database:
        return await command.act(command.desk(database, config), given, config, now)


@asynccontextmanager
async def reception(config: Config) -> AsyncIterator[Reception]:
    """The reception at a server's database. Raises ``Faults``."""
    async with opened(config) as database:
        yield _reception(database, config)


@asynccontextmanager
async def opened(config: Config, *, founds: bool = False) -> AsyncIterator[Database]:
    """A server's database, which ``founds`` makes when there is none. Raises ``Faults``."""
    file = sqlite_file(config.database_url)
    if founds:
        config.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif file is not None and not file.exists():
        raise Faults([f"data: no server has been set up in {file.parent}; begin with `peitong hospital new`"])
    database = Database(config.database_url, PATIENCE_S)
    try:
        if founds:
            await migrate(database)
        yield database
    finally:
        await database.close()
