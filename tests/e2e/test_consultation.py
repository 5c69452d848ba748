"""The clinical visit, whole, between real browsers with files as cameras and microphones, through the real server.

Booked by a hospital's system, prepared by the family, attended, held, gone on with, referred; the destination receives, the
family reads that it did. Once with everybody's pages in Chinese, once in English.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pypdf
import pytest
from playwright.async_api import expect

from rehearsal.clinic import book, day
from rehearsal.ground import ground
from rehearsal.system import System
from server import qr
from server.config import Config
from server.referrals.tokens import receipt_link, receipt_token
from tests.e2e import sealed
from tests.e2e.clips import GUARDIAN, PHYSICIAN
from tests.e2e.conftest import ROOT, DemoServer, Figures, NewGuardian
from tests.e2e.people import Guardian, Person, Physician
from tests.e2e.words import LANGUAGES, LOCALES, Language

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(400)]

HELD = "physician.held.guardian_silent"
HZ = 12  # in a recording: the beeps' edges make the tone a little wider
HEARD_HZ = 40  # through a jitter buffer, which stretches sound while it adapts


@dataclass(frozen=True, slots=True)
class Typed:
    """What the persons write themselves."""

    come_back: str
    is_back: str
    note: str
    not_examined: str
    told_family: str


TYPED: dict[Language, Typed] = {
    "zh": Typed("请回到孩子身边", "我回来了", "身高低于同龄儿童", "骨龄", "请尽快带孩子到医院"),
    "en": Typed(
        "Please go back to your child", "I am here again", "Shorter than other children", "Bone age", "Please go within a month"
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_clinical_visit(
    server: DemoServer,
    guardian: Guardian,
    physician: Physician,
    new_guardian: NewGuardian,
    tmp_path: Path,
    figures: Figures,
) -> None:
    config = Config(data_folder=server.data, recipients=(), origin=server.origin)
    async with (
        ground(config, None) as at,
        System(server.origin, at.key) as system,
        System(server.origin, at.destination_key) as to,
    ):
        booked = await book(system, at.physician)
        here = replace(server, visit=booked["id"])
        await guardian.joins(booked["link"])
        await physician.signs_in(server.physician_link, at.login, at.password)
        await physician.opens(here.visit)
        await what_the_family_prepares_is_before_the_physician(guardian, physician)

        await both_are_in_the_call(guardian, physician, figures)
        await they_see_and_hear_each_other(guardian, physician)
        await what_was_prepared_is_folded_away(physician)
        await physician.attests()
        await physician.is_told("physician.state.live")
        await guardian.is_told("family.call.live")

        await the_guardian_steps_away_and_nothing_passes(guardian, physician)
        back = await the_guardians_browser_is_killed_and_the_physician_is_told(guardian, physician, new_guardian, figures)
        await the_guardian_comes_back(here, back, physician)

        await the_physician_refers_and_both_are_out_within_a_second(back, physician, figures)
        await the_guardian_reads_the_letter(back)
        await the_destination_receives_and_the_family_sees_it(here, back, physician, to)
        await the_visit_is_filed_as_fhir(system, here)
        await the_recording_holds_it_all(here, tmp_path)


async def what_the_family_prepares_is_before_the_physician(guardian: Guardian, physician: Physician) -> None:
    await physician.is_told("physician.prepared.nothing")
    await guardian.prepares("121.5", day(30))
    await physician.is_told("physician.prepared.at")
    await physician.is_told("prepare.measure.height.value", value="121.5")
    await physician.screenshot("prepared")


async def what_was_prepared_is_folded_away(physician: Physician) -> None:
    fold = physician.page.locator(".prepared-fold")
    read = fold.get_by_text(physician.words("physician.prepared.at"))
    await expect(read).to_be_hidden()
    await fold.locator("summary").click()
    await expect(read).to_be_visible()
    await fold.locator("summary").click()


async def both_are_in_the_call(guardian: Guardian, physician: Physician, figures: Figures) -> None:
    frames = {person.name: person.first_frame() for person in (guardian, physician)}
    await physician.admits()
    admitted_ms = time.time() * 1000
    for name, frame in frames.items():
        figures[f"admit_to_first_frame_of_{name}_ms"] = round(await frame - admitted_ms)


async def they_see_and_hear_each_other(guardian: Guardian, physician: Physician) -> None:
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))
    assert await physician.hears_hz() == pytest.approx(GUARDIAN.hz, abs=HEARD_HZ)
    assert await guardian.hears_hz() == pytest.approx(PHYSICIAN.hz, abs=HEARD_HZ)


async def the_guardian_steps_away_and_nothing_passes(guardian: Guardian, physician: Physician) -> None:
    """The physician sees it, and holds until the guardian is with the child again. What they write passes."""
    typed = TYPED[physician.words.language]
    await physician.holds("guardian_not_with_child")
    await physician.is_told("physician.held.physician_hold")
    await guardian.is_told("family.held.title")
    await asyncio.gather(physician.sees_no_more(3), guardian.sees_no_more(3))
    await physician.writes(typed.come_back)
    await guardian.taps("family.call.chat")
    await guardian.reads(typed.come_back)
    await guardian.writes(typed.is_back)
    await physician.reads(typed.is_back)
    await physician.acts("resume")
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))


async def the_guardians_browser_is_killed_and_the_physician_is_told(
    guardian: Guardian, physician: Physician, new_guardian: NewGuardian, figures: Figures
) -> Guardian:
    """Returns the guardian on the same device (cookie and storage), not yet at the page."""
    back = await new_guardian(await guardian.context.storage_state())
    held = physician.appears(HELD)
    await physician.watches_frames()
    killed_at_ms = time.time() * 1000
    await guardian.dies()
    figures["kill_to_held_ms"] = round(await held - killed_at_ms)
    await physician.sees_no_more(2)
    figures["kill_to_last_frame_ms"] = round(await physician.last_frame_ms() - killed_at_ms)
    assert figures["kill_to_held_ms"] < 4000
    assert figures["kill_to_last_frame_ms"] < 4000
    await physician.screenshot("held")
    return back


async def the_guardian_comes_back(server: DemoServer, guardian: Guardian, physician: Physician) -> None:
    """The same visit goes on. If the way back took long, the physician looks again who is there."""
    await guardian.returns(f"{server.origin}/family/?visit={server.visit}")
    await they_see_and_hear_each_other(guardian, physician)
    if not await physician.page.get_by_text(physician.words("physician.state.live")).is_visible():
        await physician.attests()
    await physician.is_told("physician.state.live")
    await guardian.screenshot("live")
    await physician.screenshot("live")


async def the_physician_refers_and_both_are_out_within_a_second(
    guardian: Guardian, physician: Physician, figures: Figures
) -> None:
    everybody: tuple[Person, ...] = (guardian, physician)
    for person in everybody:
        await person.watches_frames()
    typed = TYPED[physician.words.language]
    await physician.refers(reason_at=-1, note=typed.note, not_examined=typed.not_examined, told_family=typed.told_family)
    await guardian.is_told("family.ended.referred.title")
    await physician.is_told("physician.outcome.referred")
    clicked_ms = await physician.clicked_ms()
    for person in everybody:
        await person.sees_no_more(2)
        figures[f"end_to_last_frame_of_{person.name}_ms"] = after_ms = round(await person.last_frame_ms() - clicked_ms)
        assert -1000 < after_ms < 1000
        await person.screenshot("referred")


async def the_guardian_reads_the_letter(guardian: Guardian) -> None:
    typed = TYPED[guardian.words.language]
    await guardian.reads(typed.told_family)
    pdf = guardian.page.get_by_role("link", name=guardian.words("family.ended.referred.pdf"))
    href = await pdf.get_attribute("href")
    answer = await guardian.page.request.get(f"{guardian.origin}{href}")
    assert answer.ok
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(await answer.body())).pages)
    for words in (typed.note, typed.not_examined, typed.told_family):
        assert "".join(words.split()) in "".join(text.split())
    await guardian.page.get_by_role("link", name=guardian.words("family.ended.referred.page")).click()
    await guardian.reads(typed.not_examined)
    await guardian.screenshot("letter")


async def the_destination_receives_and_the_family_sees_it(
    server: DemoServer, guardian: Guardian, physician: Physician, destination: System
) -> None:
    """With the code on the letter, at a desk that is not signed in; its system then knows it, too."""
    letter = await (await guardian.page.request.get(f"{guardian.origin}/api/visits/{server.visit}/letter")).json()
    key = (server.data / "keys" / "receipt.key").read_bytes()
    link = receipt_link(server.origin, receipt_token(key, letter["referral"]))
    drawn = await guardian.page.request.get(f"{guardian.origin}{letter['receipt_qr']}")
    assert await drawn.text() == qr.svg(link)

    context = await physician.context.browser.new_context(locale=LOCALES[physician.words.language])
    desk = Person("destination", context, await context.new_page(), "video", physician.screens, physician.words)
    await desk.page.goto(link)
    await desk.chooses_language()
    await desk.taps("receipt.tell.received")
    await desk.is_told("receipt.done")
    await desk.screenshot("receipt")
    known = await destination.get(f"/referrals/{letter['number']}")
    assert (known["state"], [(fact["fact"], fact["source"]) for fact in known["facts"]]) == ("received", [("received", "qr")])

    await guardian.page.reload()
    await guardian.is_told("letter.receipt.received")
    await guardian.screenshot("received")


async def the_visit_is_filed_as_fhir(system: System, server: DemoServer) -> None:
    bundle = await system.get(f"/visits/{server.visit}/bundle")
    kinds = {entry["resource"]["resourceType"]: entry["resource"] for entry in bundle["entry"]}
    assert kinds["Task"]["status"] == "received"
    periods = [
        each for each in kinds["Encounter"]["participant"] if each["individual"]["reference"].startswith("RelatedPerson/")
    ]
    assert len(periods) >= 2, "one for each time that the guardian was there"


async def the_recording_holds_it_all(server: DemoServer, tmp_path: Path) -> None:
    verdict = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "recording", "verify", str(server.recording), "--signer", str(server.signer), "--json",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await verdict.communicate()
    assert verdict.returncode == 0, json.loads(out)

    parts = sealed.open_parts(server.recording, server.identity, tmp_path / "opened")
    whole = next(part for part in parts if len(part.tracks()) == 4)
    for clip in (GUARDIAN, PHYSICIAN):
        assert whole.track(clip.name, "audio").codec == "opus"
        legible = [seen for seen in whole.pictures(clip.name) if seen.number is not None]
        assert {seen.clip for seen in legible} == {clip.name}
        assert len({seen.number for seen in legible}) > 5
        assert whole.hz(clip.name) == pytest.approx(clip.hz, abs=HZ)
