"""Referrals as they are asked for: each of a visit that has ended with it."""

from __future__ import annotations

from server import events as ev
from server.journal import Journal
from server.store import referrals, visits
from server.store.referrals import Referral
from server.store.visits import Child, Guardian, Relation, Snapshot, Staff, Visit
from tests.server.http.v1.kit import Asked, Example, Place


async def referral(place: Place, urgency: str = "within_24h", issued_at: float | None = None) -> Referral:
    """One that was issued just now, or then."""
    now = place.house.clock() if issued_at is None else issued_at
    physician, child, guardian, visit, id = (place.new_id() for _ in range(5))
    people = (
        Staff(physician, place.hospital, f"physician-{physician}", "-", "physician", "王芳", "主任医师"),
        Child(child, place.hospital, "张小明", "male", "2018-03-05"),
        Guardian(guardian, place.hospital, "李雷", "13812345678"),
        Relation(guardian, child, "father", "household_register"),
        Visit(visit, place.hospital, "内分泌科", "growth", child, guardian, physician, now - 1800, now),
    )
    await place.write(visits.add(*people))
    issued = Referral(
        id, visit, f"261122-{id[-8:].upper()}", "growth_seizure", urgency, "peitong-2026-1", "body", now,
        next_alarm_at=now + 3600, destination="neurology", pathway_version="peitong-2026-1",
        destination_hospital="示范儿童医院", destination_hospital_en="Demo Children's Hospital",
        department="神经内科", department_en="Neurology", received_by_at=now + 3600, seen_by_at=now + 86_400, missed_s=3600.0,
    )  # fmt: skip
    event = ev.Referred(id, issued.reason, urgency, issued.checklist_version, "0" * 64)
    ended = visits.snapshot(visit, Snapshot("ended", "referred", None, now))
    await Journal(place.house.server.database).append(visit, 0, [event], now, also=[referrals.file(issued), ended])
    return issued


async def _list(place: Place) -> Asked:
    await referral(place)
    return Asked()


async def _read(place: Place) -> Asked:
    return Asked(path={"number": (await referral(place)).number})


async def _tell(place: Place) -> Asked:
    return Asked(path={"number": (await referral(place)).number}, body={"fact": "received"})


EXAMPLES: dict[str, Example] = {"list_referrals": _list, "read_referral": _read, "tell_receipt": _tell}
