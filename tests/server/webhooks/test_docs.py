"""What docs/webhooks.md shows to a hospital's engineers works as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from server.http.v1.webhooks import MOST
from server.webhooks import client, schedule
from server.webhooks.events import Kind
from server.webhooks.signature import headers, spelled

DOCS = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text("utf-8")
KEY, AT, BODY = b"\x00\xffk" * 10, 1_795_000_000, '{"n":1,"data":"换行\\n"}'.encode()
SIGNED = headers([KEY], "m1", AT, BODY)


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", DOCS, re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_python_example_believes_what_is_signed_and_nothing_else() -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)
    verified, secret = names["verified"], spelled(KEY)
    assert verified(secret, SIGNED, BODY, now=AT + 299) == "m1"
    both = SIGNED | {"webhook-signature": "v1,AAAA " + SIGNED["webhook-signature"]}
    assert verified(secret, both, BODY, now=AT) == "m1"
    for given, body, now in (
        (SIGNED, BODY + b" ", AT),
        (SIGNED, BODY, AT + 301),
        (SIGNED, BODY, AT - 301),
        (SIGNED | {"webhook-id": "m2"}, BODY, AT),
    ):
        with pytest.raises(ValueError, match=r"signed|old"):
            verified(secret, given, body, now=now)


def test_the_shell_example_makes_the_signature(tmp_path: Path) -> None:
    assert shutil.which("openssl"), "this test needs openssl"
    (tmp_path / "body.json").write_bytes(BODY)
    told = {"ID": "m1", "TIMESTAMP": str(AT), "SECRET": spelled(KEY)}
    done = subprocess.run(
        ["sh", "-c", block("sh")], cwd=tmp_path, env=os.environ | told, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == SIGNED["webhook-signature"]


def test_every_event_has_its_line_and_the_numbers_are_the_codes() -> None:
    described = re.findall(r"^\| `((?:visit|referral|note|complaint|incident)\.[a-z_]+)` \|", DOCS, re.MULTILINE)
    assert sorted(described) == sorted(Kind)
    patience, limits = schedule.Patience(), schedule.Limits()
    assert (patience.first_s, patience.longest_s / 60, patience.give_up_after_s / 86400) == (2, 15, 3)
    assert (limits.per_endpoint, client.TOTAL_S, MOST) == (4, 15, 10)
