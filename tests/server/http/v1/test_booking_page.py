"""docs/booking.md is true: its commands are run in their order, and every code that it names is one."""

from __future__ import annotations

import json
import re
import shlex
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse

from server.calendar import day_of
from server.http.problems import TEXTS
from server.scopes import SCOPES
from tests.server.http.v1.kit import Client, Place

PAGE = (Path(__file__).parents[4] / "docs" / "booking.md").read_text("utf-8")
_ASSIGNED = re.compile(r"(\w+)=\$\((.*)\)", re.DOTALL)
_PIPED = re.compile(r"(api .*) \| jq -r ([.\w\[\]]+)", re.DOTALL)


def commands() -> list[str]:
    """The indented commands, each as one."""
    joined = re.sub(r"\\\n +", "", PAGE)
    blocks = re.findall(r"(?:^ {4}.*\n)+", joined, re.MULTILINE)
    return [re.sub(r"\s*\n\s*", " ", block).strip() for block in blocks if re.search(r"\bapi [^{]|=\$\(", block)]


class Terminal:
    """As much of a shell, curl and jq as the page uses, before one server."""

    def __init__(self, system: Client, tomorrow: str) -> None:
        self.system = system
        self.known = {"V1": "/api/v1"}
        self.tomorrow = tomorrow

    async def run(self, command: str) -> ClientResponse | None:
        """The answer of an ``api``, if it is one."""
        assigned = _ASSIGNED.fullmatch(command)
        if assigned is None:
            return await self.api(command)
        name, inner = assigned.groups()
        if inner == "uuidgen":
            self.known[name] = str(uuid.uuid4())
        elif inner.startswith("date "):
            self.known[name] = self.tomorrow
        else:
            piped = _PIPED.fullmatch(inner)
            assert piped is not None, command
            answer = await self.api(piped[1])
            self.known[name] = str(_picked(await answer.json(), piped[2]))
            return answer
        return None

    async def api(self, command: str) -> ClientResponse:
        assert not re.search(r"'[^']*\$[^']*'", re.sub(r"'\$\w+'", "", command)), "a shell leaves it alone there"
        text = command.replace("$(uuidgen)", str(uuid.uuid4()))
        word, *rest = shlex.split(re.sub(r"\$(\w+)", lambda match: self.known[match[1]], text))
        assert word == "api"
        method, data, path, headers = "", None, "", {"Authorization": f"Bearer {self.system.token}"}
        headers["Content-Type"] = "application/json"
        arguments = iter(rest)
        for argument in arguments:
            if argument == "-H":
                name, _, value = next(arguments).partition(": ")
                headers[name] = value
            elif argument == "-d":
                data = next(arguments)
                json.loads(data)
            elif argument == "-X":
                method = next(arguments)
            elif argument == "-D":
                assert next(arguments) == "-"
            else:
                path = argument
        method = method or ("GET" if data is None else "POST")
        return await self.system.client.request(method, path, data=data, headers=headers)


def _picked(document: Any, way: str) -> Any:
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", way):
        document = document[name] if name else document[int(index)]
    return document


async def test_its_commands_lead_from_a_key_to_a_visit(place: Place, system: Client) -> None:
    day = day_of(place.house.clock()) + timedelta(days=7)
    terminal = Terminal(system, day.isoformat())
    answered = 0
    for command in commands():
        answer = await terminal.run(command)
        if answer is not None:
            assert answer.status in (200, 201), (command, await answer.text())
            answered += 1
    assert answered >= 15
    assert terminal.known["VISIT"]


def test_the_codes_and_scopes_that_it_names_are_those_that_there_are() -> None:
    named = re.findall(r"\d{3} `(\w+)`", PAGE)
    assert len(named) > 8
    assert [code for code in named if code not in TEXTS] == []
    wrong_status = [(status, code) for status, code in re.findall(r"(\d{3}) `(\w+)`", PAGE) if TEXTS[code][0] != int(status)]
    assert wrong_status == []
    table = [line for line in PAGE.splitlines() if line.startswith("| `")]
    scopes = [scope for line in table for scope in re.findall(r"`([a-z:]+)`", line.split("|")[1])]
    assert sorted(scopes) == sorted(SCOPES)
