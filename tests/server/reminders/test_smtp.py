"""E-mail, to a real mail server on a real socket."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.config import MailServer, Secret, Security
from server.demo import certificate_for
from server.reminders import smtp
from server.reminders.plan import Kind
from server.reminders.port import Addressee, Outcome
from server.reminders.smtp import Smtp
from server.reminders.words import About, compose
from tests.server.reminders.mail_server import MailBox, mail_server

NOW = 1_795_000_000.0
FAMILY = Addressee("13812345678", "li.lei@example.org")
NOTICE = compose("r1", Kind.BOOKED, About("仁和儿童医院", "Renhe", NOW, "https://visit.hospital.example/j/abc"), "zh")
SENDER = "visits@hospital.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate_for(tmp_path_factory.mktemp("mail"), "127.0.0.1", datetime.now(UTC))


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[0]))


@pytest.fixture
def box(certificate: tuple[Path, Path]) -> Iterator[MailBox]:
    with mail_server(*certificate) as box:
        yield box


def way(box: MailBox, context: ssl.SSLContext, security: Security = Security.STARTTLS, **more: object) -> Smtp:
    server = MailServer(("127.0.0.1", box.port), SENDER, security, **more)  # type: ignore[arg-type]
    return Smtp(server, lambda: NOW, context)


async def test_a_reminder_arrives_whole_and_encrypted(box: MailBox, trusting: ssl.SSLContext) -> None:
    assert await way(box, trusting).send(FAMILY, NOTICE) is Outcome.DELIVERED
    (got,) = box.received
    assert (got.encrypted, got.sender, got.to) == (True, SENDER, ["li.lei@example.org"])
    headers = {name: str(got.message[name]) for name in ("Subject", "To", "Message-ID", "Auto-Submitted", "Content-Language")}
    assert headers == {
        "Subject": "线上就诊已预约 · 仁和儿童医院",
        "To": "li.lei@example.org",
        "Message-ID": "<r1@hospital.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "zh-CN",
    }
    assert "仁和儿童医院" in str(got.message["From"])
    assert got.message.get_payload(decode=True).decode().strip() == NOTICE.text  # type: ignore[union-attr]


async def test_told_again_it_has_the_same_id(box: MailBox, trusting: ssl.SSLContext) -> None:
    for _ in range(2):
        await way(box, trusting).send(FAMILY, NOTICE)
    assert len({got.message["Message-ID"] for got in box.received}) == 1


async def test_it_signs_in_where_that_is_asked_for(box: MailBox, trusting: ssl.SSLContext) -> None:
    box.password = "open sesame"
    good = way(box, trusting, login="visits", password=Secret("open sesame"))
    assert await good.send(FAMILY, NOTICE) is Outcome.DELIVERED
    assert box.received[0].login == "visits"
    assert await way(box, trusting, login="visits", password=Secret("wrong")).send(FAMILY, NOTICE) is Outcome.TRY_AGAIN


async def test_tls_from_the_first_byte(certificate: tuple[Path, Path], trusting: ssl.SSLContext) -> None:
    with mail_server(*certificate, implicit=True) as box:
        assert await way(box, trusting, Security.TLS).send(FAMILY, NOTICE) is Outcome.DELIVERED
        assert box.received[0].encrypted


async def test_in_the_open_only_where_that_was_said(box: MailBox, trusting: ssl.SSLContext) -> None:
    assert await way(box, trusting, Security.NONE).send(FAMILY, NOTICE) is Outcome.DELIVERED
    assert not box.received[0].encrypted
    box.starttls = False
    assert await way(box, trusting).send(FAMILY, NOTICE) is Outcome.TRY_AGAIN
    assert len(box.received) == 1


async def test_a_server_that_cannot_prove_itself_gets_nothing(box: MailBox) -> None:
    assert await way(box, ssl.create_default_context()).send(FAMILY, NOTICE) is Outcome.TRY_AGAIN
    assert box.received == []


@pytest.mark.parametrize(
    ("said_to", "answer", "outcome"),
    [
        ("RCPT", "550 no such mailbox", Outcome.REFUSED),
        ("RCPT", "450 come back later", Outcome.TRY_AGAIN),
        ("MAIL", "550 not from you", Outcome.TRY_AGAIN),  # ours to mend
        ("CONTENT", "554 not wanted", Outcome.REFUSED),
        ("CONTENT", "451 out of room", Outcome.TRY_AGAIN),
        ("EHLO", "554 no service", Outcome.TRY_AGAIN),
    ],
)
async def test_what_a_server_refuses_for_good_is_not_tried_again(
    box: MailBox, trusting: ssl.SSLContext, said_to: str, answer: str, outcome: Outcome
) -> None:
    box.answers[said_to] = answer
    assert await way(box, trusting).send(FAMILY, NOTICE) is outcome
    assert box.received == []


async def test_a_server_that_says_nothing_or_is_not_there_is_waited_for_no_longer_than_it_may(
    box: MailBox, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_S", 0.2)
    box.answers["CONNECT"] = "silence"
    assert await way(box, trusting).send(FAMILY, NOTICE) is Outcome.TRY_AGAIN
    monkeypatch.setattr(smtp, "WITHIN_S", 0.05)
    assert await way(box, trusting).send(FAMILY, NOTICE) is Outcome.TRY_AGAIN
    monkeypatch.undo()
    box.port = 9
    assert await way(box, trusting).send(FAMILY, NOTICE) is Outcome.TRY_AGAIN


async def test_a_family_without_an_address_is_not_written_to(box: MailBox, trusting: ssl.SSLContext) -> None:
    assert await way(box, trusting).send(Addressee("13812345678", None), NOTICE) is Outcome.NO_ADDRESS


async def test_nothing_of_a_family_is_in_the_log(
    box: MailBox, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    box.answers["RCPT"] = "450 li.lei@example.org later"
    await way(box, trusting).send(FAMILY, NOTICE)
    assert caplog.records
    assert all("li.lei" not in record.getMessage() and "/j/" not in record.getMessage() for record in caplog.records)
