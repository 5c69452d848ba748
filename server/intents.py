"""From what a page asks for to what happened: each intent as an event, with the bodies and rows of its transaction.

Every intent is checked again here, whatever was allowed before it: the seat's epoch, the role's right to ask, the physician's
eligibility. The session machine has the last word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from media.rate.ladder import Rung
from server import access, attestation, referral
from server import events as ev
from server.consultation import Consultation
from server.errors import Refused
from server.referral import Checklist
from server.referrals.pathway import Referring
from server.session import Ended
from server.store import bodies, consents, referrals
from server.store.database import Database
from server.store.errors import Unavailable
from server.store.tickets import Ticket
from server.visit_view import moment
from signaling import messages as wire
from signaling.seats import Role

_TAKES_AWAY = (wire.Hold, wire.Refer, wire.Complete, wire.WithdrawConsent, wire.Leave)


@dataclass(frozen=True, slots=True)
class Desk:
    """What intents need of the server. ``check_eligible(session, guardian)`` raises ``Refused`` for whom it may not admit,
    ``guardian`` being who is in the seat (empty: the booked one); ``receipt_token(referral)`` is the one in its letter's QR
    code; ``aftercare`` is the version of what a family is told to watch for after a completed visit."""

    database: Database
    clock: Callable[[], float]
    new_id: Callable[[], str]
    new_nonce: Callable[[], bytes]
    checklist: Checklist
    still_good: Callable[[Ticket], Awaitable[bool]]
    check_eligible: Callable[[str, str], Awaitable[None]]
    receipt_token: Callable[[str], str]
    aftercare: str


async def perform(
    desk: Desk, here: Consultation, referring: Referring, role: Role, epoch: int, intent: wire.Intent
) -> dict[str, object]:
    """Does what the intent asks for; the further fields of its answer. Raises ``Refused``."""
    access.check(access.Grant(here.session.id, role), here.session.id, intent.type)
    seat = here.session.seats.get(role)
    if seat is None or seat.epoch != epoch:
        raise Refused("stale_epoch")
    await _check_holder(desk, here, role, intent)
    match intent:
        case wire.Offer():
            await here.offered(role, epoch, intent)
        case wire.DeviceReport():
            here.device_reported(role, epoch, intent)
        case wire.Sending(rung=rung):
            here.sending(role, Rung(rung))
        case wire.SendChat():
            return await _chat(desk, here, role, intent)
        case wire.Leave():
            await here.controller.post(ev.SeatLeft(role, epoch))
        case wire.WithdrawConsent(kind=kind):
            await _withdraw(desk, here, kind)
        case wire.Refer():
            return await _refer(desk, here, referring, intent)
        case wire.Complete():
            await _complete(desk, here, intent)
        case wire.Admit(names_match=names_match) | wire.BeginText(names_match=names_match):
            if not names_match:
                raise Refused("names_not_confirmed")
            await _check_eligible(desk, here)
            await here.controller.post(ev.Admitted() if isinstance(intent, wire.Admit) else ev.TextBegun())
        case wire.DenyFamily():
            await here.controller.post(ev.FamilyDenied())
        case wire.Attest():
            await _attest(desk, here, intent)
        case wire.Hold(reason=reason):
            await here.controller.post(ev.HoldPlaced(reason))
        case wire.Resume():
            await here.controller.post(ev.HoldCleared())
        case wire.Cancel():
            await here.controller.post(ev.Cancelled())
        case _:
            raise Refused("unknown_type")
    return {}


async def _withdraw(desk: Desk, here: Consultation, kind: str) -> None:
    """The event names the text that was agreed to; a withdrawal need not wait for a database that is away to say which."""
    whose = here.session.guardian
    try:
        given = (
            await desk.database.read(lambda transaction: consents.answers(transaction, here.session.id, whose or None))
        ).get(kind)
    except Unavailable:
        given = None
    said = ("", "", "") if given is None else (given.version, given.language, given.sha256)
    row = consents.withdraw(desk.new_id(), here.session.id, kind, desk.clock(), whose or None)
    await here.controller.post(ev.ConsentWithdrawn(kind, whose, *said), (row,))


async def _check_eligible(desk: Desk, here: Consultation) -> None:
    """Whoever is in the guardian's seat when it has been checked is the one who was checked."""
    checked: set[str] = set()
    while here.session.guardian not in checked:
        guardian = here.session.guardian
        await desk.check_eligible(here.session.id, guardian)
        checked.add(guardian)


async def _check_holder(desk: Desk, here: Consultation, role: Role, intent: wire.Intent) -> None:
    """The seat's device or sign-in must not have been revoked since. What only takes away need not wait for a database."""
    try:
        good = role in here.tickets and await desk.still_good(here.tickets[role])
    except Unavailable:
        if not isinstance(intent, _TAKES_AWAY):
            raise
        good = True
    if not good:
        raise Refused("not_allowed")


async def _chat(desk: Desk, here: Consultation, role: Role, said: wire.SendChat) -> dict[str, object]:
    if isinstance(here.session.state, Ended):
        raise Refused("session_ended")
    # The same client_id gives the same id, so a repeated message finds itself.
    id = hashlib.sha256(f"{here.session.id} {role} {said.client_id}".encode(errors="replace")).hexdigest()[:32]
    text = referral.clean(said.text)
    if not text:
        raise Refused("bad_message")
    async with here.chat_turn:  # a message sent twice at once is still one message
        if await bodies.find(desk.database, id) is None:
            now = desk.clock()
            body = bodies.make(id, here.session.id, "chat", now, desk.new_nonce(), {"role": role.value, "text": text})
            await here.controller.post(ev.Chatted(role, id, body.sha256), (bodies.keep(body),))
            here.say_chat(wire.Chat(id, role, text, moment(now)))
    return {"id": id}


async def _attest(desk: Desk, here: Consultation, asked: wire.Attest) -> None:
    """What was confirmed is kept with the attestation: where the child is, and how the family is reached."""
    if not attestation.REQUIRED_CHECKS.issubset(asked.checks):
        raise Refused("attestation_incomplete")
    if here.session.guardian:  # who may have taken the seat over since the admission
        await _check_eligible(desk, here)
    confirmed = attestation.whereabouts(asked.call_back, asked.location)
    content = confirmed.content(Role.PHYSICIAN)
    body = bodies.make(desk.new_id(), here.session.id, attestation.BODY, desk.clock(), desk.new_nonce(), content)
    await here.controller.post(ev.Attested(tuple(asked.checks), body.id, body.sha256), (bodies.keep(body),))


async def _complete(desk: Desk, here: Consultation, asked: wire.Complete) -> None:
    if not asked.adequate:
        raise Refused("not_adequate")
    summary = referral.clean(asked.summary)
    if not summary:
        raise Refused("bad_message")
    content = {"summary": summary, "adequate": True, "aftercare": desk.aftercare}
    body = bodies.make(desk.new_id(), here.session.id, "summary", desk.clock(), desk.new_nonce(), content)
    await here.controller.post(ev.Completed(body.sha256), (bodies.keep(body),))


async def _refer(desk: Desk, here: Consultation, referring: Referring, asked: wire.Refer) -> dict[str, object]:
    """End, referral and letter in one transaction, with what the hospital is told of it; asked again, the same answer."""
    if here.session.referral is not None:
        return {"referral": here.session.referral.id}
    filed = referral.validate(
        desk.checklist,
        referring.issuer.field,
        id=desk.new_id(),
        reason=asked.reason,
        urgency=asked.urgency,
        note=asked.note,
        not_examined=asked.not_examined,
        told_family=asked.told_family,
    )
    now = desk.clock()
    body = bodies.make(filed.id, here.session.id, "letter", now, desk.new_nonce(), json.loads(referral.canonical(filed)))
    row = referrals.Referral(
        id=filed.id,
        visit=here.session.id,
        number=f"{datetime.fromtimestamp(now, UTC):%y%m%d}-{filed.id[:8].upper()}",
        reason=filed.reason,
        urgency=filed.urgency.value,
        checklist_version=filed.checklist_version,
        body=body.id,
        issued_at=now,
    )
    to = referring.destination(filed.reason, filed.urgency, now, asked.to)
    row = referrals.directed(row, to, desk.receipt_token(filed.id))
    event = ev.Referred(filed.id, filed.reason, filed.urgency.value, filed.checklist_version, body.sha256)
    after = await here.controller.post(event, (bodies.keep(body), referrals.file(row)))
    return {"referral": after.referral.id if after.referral is not None else filed.id}
