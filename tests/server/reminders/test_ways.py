"""Which way a configuration chooses; and the demonstration's, which prints."""

from __future__ import annotations

from pathlib import Path

from server.config import Config, MailServer
from server.reminders.console import Console
from server.reminders.plan import Kind
from server.reminders.port import Addressee, Outcome
from server.reminders.smtp import Smtp
from server.reminders.ways import messenger_of
from server.reminders.words import About, compose

LEAST = Config(Path("/srv"), ("age1",), "https://visit.hospital.example")


def clock() -> float:
    return 0.0


def test_each_way_has_its_name_and_none_is_none() -> None:
    assert messenger_of(LEAST, clock, print) is None
    console = Config(LEAST.data_folder, LEAST.recipients, LEAST.origin, reminders="console")
    assert isinstance(messenger_of(console, clock, print), Console)
    mail = MailServer(("mail.hospital.example", 587), "visits@hospital.example")
    smtp = Config(LEAST.data_folder, LEAST.recipients, LEAST.origin, reminders="smtp", mail=mail)
    assert isinstance(messenger_of(smtp, clock, print), Smtp)


def test_mail_reaches_who_has_an_address_and_the_console_anybody() -> None:
    mail = Smtp(MailServer(("mail.hospital.example", 587), "visits@hospital.example"), clock)
    assert [mail.reaches(Addressee("13812345678", email)) for email in (None, "", "li@example.org")] == [False, False, True]
    assert Console(print).reaches(Addressee("13812345678", None))


async def test_the_console_prints_one_line_with_the_number_masked() -> None:
    lines: list[str] = []
    notice = compose("r1", Kind.LINK, About("示范儿童医院", "Demo", 1_795_000_000.0, "https://x/j/abc"), "zh")
    assert await Console(lines.append).send(Addressee("13812345678", None), notice) is Outcome.DELIVERED
    assert lines == [f"[link → 138****5678] {notice.text}"]
