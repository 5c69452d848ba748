"""What an installed copy would hold: every module, and every file that modules read or serve."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import server
from server.http.pages import WEB_CLIENT

REPOSITORY = Path(__file__).resolve().parents[1]
SETTINGS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
HOUSES = ("server", "signaling", "media", "rehearsal", "web_client")
FOR_THE_WORKSHOP = {"server/letter/fonts/make", "web_client/vendor/socket.io.esm.min.d.ts"}


def files() -> Iterator[Path]:
    for house in HOUSES:
        for path in sorted((REPOSITORY / house).rglob("*")):
            name = path.relative_to(REPOSITORY)
            if path.is_file() and not {"__pycache__", "node_modules"} & set(name.parts):
                yield name


def packed(name: Path) -> bool:
    package = ".".join(name.parent.parts)
    find = SETTINGS["packages"]["find"]
    found = any(fnmatch(package, pattern) for pattern in find["include"])
    kept_out = any(fnmatch(package, pattern) for pattern in find["exclude"])
    patterns = ["*.py", *SETTINGS["package-data"]["*"]]
    return found and not kept_out and any(fnmatch(name.name, pattern) for pattern in patterns)


def test_everything_but_the_workshops_files_is_packed() -> None:
    assert {str(name) for name in files() if not packed(name)} == FOR_THE_WORKSHOP


def test_nothing_of_the_tools_is_packed() -> None:
    assert not packed(Path("web_client/node_modules/typescript/lib/lib.js"))
    assert not packed(Path("tests/conftest.py"))


def test_the_pages_lie_beside_the_server_as_they_would_in_an_installed_copy() -> None:
    assert WEB_CLIENT.parent == Path(server.__file__ or "").resolve().parents[1]
