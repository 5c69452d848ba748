"""What is read of a visit: masked where a mask is enough, whole where a letter needs it."""

from __future__ import annotations

from sqlalchemy import insert

from server import events as ev
from server.journal import Journal
from server.store import bodies, consents, details, listings, preparation, recordings, referrals, visits
from server.store.consents import Answer
from server.store.database import Database
from server.store.listings import Listed
from server.store.preparation import Given
from server.store.recordings import Recording
from server.store.referrals import Referral
from server.store.tables import document
from server.store.visits import Snapshot

NOW = 1_795_000_000.0
LETTER = bodies.make("letter-1", "visit-1", "letter", NOW, b"n" * 16, {"history": "夜间头痛"})
REFERRAL = Referral("referral-1", "visit-1", "R-0001", "growth.headache", "emergency", "2026-1", "letter-1", NOW)
REFERRED = ev.Referred("referral-1", "growth.headache", "emergency", "2026-1", LETTER.sha256)


async def test_a_booked_visit_shows_masked_names_and_nothing_done_yet(database: Database, visit: str) -> None:
    detail = await details.visit_detail(database, visit)
    assert detail is not None
    assert (detail.child, detail.guardian, detail.relation, detail.age_years) == ("张*明", "李*", "father", 8)
    assert (detail.physician.name, detail.physician.title, detail.physician.licence) == ("王芳", "主任医师", "110-1")
    assert (detail.hospital_name, detail.department, detail.field) == ("示范儿童医院", "内分泌科", "growth")
    assert (detail.state, detail.outcome, detail.child_confirmed, detail.referral, detail.has_summary) == (
        "waiting",
        None,
        False,
        None,
        False,
    )
    assert detail.consents == {"consultation": "open", "recording": "open", "stills": "open"}
    assert await details.visit_detail(database, "nobody") is None


async def test_a_visit_shows_what_the_family_has_done(database: Database, visit: str) -> None:
    await database.write(visits.child_confirmed(visit, NOW))
    await database.write(consents.keep(Answer("a1", visit, "recording", "2026-1", "zh", "hash", "given", NOW)))
    detail = await details.visit_detail(database, visit)
    assert detail is not None
    assert detail.child_confirmed
    assert detail.consents == {"consultation": "open", "recording": "given", "stills": "open"}


async def test_a_letter_has_whole_names_and_numbers_and_the_journals_head(database: Database, visit: str) -> None:
    assert await details.letter(database, visit) is None
    journal = Journal(database)
    head = await journal.append(visit, 0, [REFERRED], NOW, also=[bodies.keep(LETTER), referrals.file(REFERRAL)])
    await journal.append(visit, 1, [ev.RecordingAnchored("r", 9, "f" * 64)], NOW + 1)
    letter = await details.letter(database, visit)
    assert letter is not None
    assert letter.referral == REFERRAL
    assert letter.content == {"history": "夜间头痛"}
    assert (letter.child.name, letter.child.sex, letter.child.birth_date) == ("张小明", "male", "2018-03-05")
    assert (letter.guardian_name, letter.guardian_phone, letter.relation) == ("李雷", "13812345678", "father")
    assert (letter.call_back, letter.measurements, letter.documents) == ("", None, ())
    assert letter.journal_head == head.hash
    await bodies.forget(database, "letter-1")
    without_words = await details.letter(database, visit)
    assert without_words is not None
    assert without_words.content is None


async def test_a_letter_has_the_number_that_was_confirmed_and_what_the_family_told_and_handed_in(
    database: Database, visit: str
) -> None:
    await Journal(database).append(visit, 0, [REFERRED], NOW, also=[bodies.keep(LETTER), referrals.file(REFERRAL)])
    for n, (by, number) in enumerate((("guardian", "110"), ("physician", "13911112222"), ("guardian", "120"))):
        told = {"call_back": number, "location": "北京", "by": by}
        await database.write(bodies.keep(bodies.make(f"w{n}", visit, "whereabouts", NOW + n, b"n" * 16, told)))
    for n, value in enumerate(("120", "121.5")):
        rows = {"measurements": [{"kind": "height", "value": value, "on": "2026-02-01", "method": "standing_home"}]}
        await database.write(bodies.keep(bodies.make(f"m{n}", visit, "measurements", NOW + n, b"n" * 16, rows)))
        given = Given(f"g{n}", visit, "measurements", None, None, None, None, f"m{n}", NOW + n)
        await database.write(preparation.keep(given))
    kinds = (
        ("image/jpeg", "kept", "examination"),
        ("application/pdf", "destroyed", "examination"),
        ("image/png", "removed", "examination"),
        ("image/png", "kept", "delegation"),
        (None, "uploading", "examination"),
    )
    for n, (kind, state, purpose) in enumerate(kinds, 1):
        row = {"id": f"d{n}", "visit": visit, "n": n, "length": 9, "received": 9, "began_at": NOW, "touched_at": NOW}
        row |= {"kind": kind, "state": state, "purpose": purpose}
        await database.write(lambda transaction, row=row: transaction.execute(insert(document).values(row)))  # type: ignore[misc]
    letter = await details.letter(database, visit)
    assert letter is not None
    assert letter.call_back == "13911112222"
    assert letter.measurements["measurements"][0]["value"] == "121.5"
    assert letter.documents == ("image/jpeg", "application/pdf")


async def test_a_summary_is_there_after_completion(database: Database, visit: str) -> None:
    assert await details.summary(database, visit) is None
    advice = bodies.make("summary-1", visit, "summary", NOW, b"n" * 16, {"text": "三个月后复查"})
    also = [bodies.keep(advice), visits.snapshot(visit, Snapshot("ended", "completed", None, NOW))]
    head = await Journal(database).append(visit, 0, [ev.Completed(advice.sha256)], NOW, also=also)
    summary = await details.summary(database, visit)
    assert summary is not None
    assert (summary.content, summary.ended_at, summary.journal_head) == ({"text": "三个月后复查"}, NOW, head.hash)
    detail = await details.visit_detail(database, visit)
    assert detail is not None
    assert (detail.has_summary, detail.outcome) == (True, "completed")


async def test_ages_are_counted_on_the_hospitals_day() -> None:
    one_second_before_midnight_in_china = 1_795_017_599.0
    assert details.age_years("2018-11-19", one_second_before_midnight_in_china) == 7
    assert details.age_years("2018-11-19", one_second_before_midnight_in_china + 1) == 8


async def test_the_worklist_is_the_physicians_own_by_time_and_keeps_what_is_under_way(database: Database, visit: str) -> None:
    await database.write(visits.snapshot("visit-1", Snapshot("held", None, None, None)))
    await database.write(visits.snapshot("visit-2", Snapshot("waiting", None, NOW - 5, None)))
    listed = await listings.worklist(database, "staff-1", NOW + 1800, NOW + 7200)
    assert listed == [
        Listed("visit-1", "张*明", 8, "growth", NOW, "held", None, None, False),
        Listed("visit-2", "张*明", 8, "growth", NOW + 3600, "waiting", None, NOW - 5, False),
    ]
    assert await listings.worklist(database, "staff-2", NOW - 1, NOW + 9999) == []


async def test_a_sessions_chat_is_read_in_order(database: Database, visit: str) -> None:
    said = [bodies.make(f"c{9 - n}", visit, "chat", NOW + n, b"n" * 16, {"text": str(n)}) for n in range(3)]
    for each in reversed(said):
        await database.write(bodies.keep(each))
    assert await bodies.of_session(database, visit, "chat") == said
    assert await bodies.of_session(database, "visit-2", "chat") == []


async def test_a_recording_is_found_by_its_session_and_changes_state(database: Database, visit: str) -> None:
    assert await recordings.of_session(database, visit) is None
    running = Recording("r1", visit, "2026/r1", "age1xyz", "running", NOW)
    await database.write(recordings.keep(running))
    sealed = Recording("r1", visit, "2026/r1", "age1xyz", "sealed", NOW)
    await database.write(recordings.keep(sealed))
    assert await recordings.of_session(database, visit) == sealed
