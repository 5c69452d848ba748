"""Why a visit may not be: each reason has a code that never changes and a sentence in Chinese and in English.

Codes stand in problem documents, in the answer to an admission and in the hospital's daily counts, by the place of
refusal; what they need to know of a person is nothing. The physician's own are those of `server.eligibility`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from server.eligibility import Ineligible
from server.errors import Refused
from signaling.texts import Sentence


class Refusal(StrEnum):
    """A reason against a visit."""

    LICENCE_MISSING = Ineligible.LICENCE_MISSING.value
    RANK_TOO_LOW = Ineligible.RANK_TOO_LOW.value
    PRACTICE_TOO_SHORT = Ineligible.PRACTICE_TOO_SHORT.value
    TRAINING_MISSING = Ineligible.TRAINING_MISSING.value
    TRAINING_EXPIRED = Ineligible.TRAINING_EXPIRED.value
    NOT_WHITELISTED = Ineligible.NOT_WHITELISTED.value
    FIELD_NOT_OFFERED = "field_not_offered"
    DEPARTMENT_CLOSED = "department_closed"
    CHILD_NOT_BORN = "child_not_born"
    CHILD_TOO_OLD = "child_too_old"
    AGE_OUTSIDE_LIMITS = "age_outside_limits"
    RELATION_MISSING = "relation_missing"
    RELATION_UNVERIFIED = "relation_unverified"
    PROOF_NOT_ACCEPTED = "proof_not_accepted"
    DELEGATE_NOT_ALLOWED = "delegate_not_allowed"
    DELEGATION_MISSING = "delegation_missing"
    DELEGATION_UNREAD = "delegation_unread"
    IN_THE_PAST = "in_the_past"
    BEYOND_HORIZON = "beyond_horizon"
    SLOT_TAKEN = "slot_taken"
    SCHEDULE_CLOSED = "schedule_closed"
    PHYSICIAN_BUSY = "physician_busy"
    VISIT_OPEN = "visit_open"
    NEEDS_EMERGENCY_CARE = "needs_emergency_care"
    NEEDS_IN_PERSON_CARE = "needs_in_person_care"
    FIELD_NOT_ROUTED = "field_not_routed"
    TOO_MANY_OPEN = "too_many_open"


class Place(StrEnum):
    """Where a visit was refused."""

    API = "api"  # by the hospital's own system
    DESK = "desk"  # on the front desk's page
    RECEPTION = "reception"  # at the command line
    FAMILY = "family"  # by a family itself, on the booking page or under its link
    ADMISSION = "admission"  # when the physician admitted, or began by text


WORDS: Mapping[Refusal, Sentence] = MappingProxyType(
    {
        Refusal.LICENCE_MISSING: Sentence("医师的执业证书未登记。", "The physician's licence is not on the register."),
        Refusal.RANK_TOO_LOW: Sentence("医师须为主治医师及以上。", "The physician must be of attending rank or above."),
        Refusal.PRACTICE_TOO_SHORT: Sentence(
            "医师在就诊当日独立执业未满三年。", "The physician has less than three years' independent practice on that day."
        ),
        Refusal.TRAINING_MISSING: Sentence("医师的线上诊疗培训未登记。", "The physician's training is not on the register."),
        Refusal.TRAINING_EXPIRED: Sentence(
            "医师的培训在就诊当日已过有效期。", "The physician's training is no longer valid on that day."
        ),
        Refusal.NOT_WHITELISTED: Sentence(
            "医师不在医院的线上首诊名单内。", "The physician is not on the hospital's list for online first visits."
        ),
        Refusal.FIELD_NOT_OFFERED: Sentence("该科室不提供此类线上就诊。", "The department does not offer this field online."),
        Refusal.DEPARTMENT_CLOSED: Sentence("该科室已停止线上就诊。", "The department sees nobody online any more."),
        Refusal.CHILD_NOT_BORN: Sentence("患儿的出生日期晚于就诊日期。", "The child's birth date lies after the visit."),
        Refusal.CHILD_TOO_OLD: Sentence("就诊当日已满18周岁。", "The child is 18 years or older on that day."),
        Refusal.AGE_OUTSIDE_LIMITS: Sentence(
            "患儿年龄不在医院的接诊范围内。", "The child's age is outside what the hospital sees online."
        ),
        Refusal.RELATION_MISSING: Sentence(
            "尚未登记监护人与患儿的关系。", "The guardian's relation to the child is not on the register."
        ),
        Refusal.RELATION_UNVERIFIED: Sentence(
            "监护关系由家属自行填写，医院尚未核验证件。请先由预约台核验。",
            "The family has stated the relation itself, and no proof of it was seen yet. The desk must see one first.",
        ),
        Refusal.PROOF_NOT_ACCEPTED: Sentence(
            "医院不接受这种监护关系证明。", "The hospital does not accept this kind of proof of guardianship."
        ),
        Refusal.DELEGATE_NOT_ALLOWED: Sentence(
            "医院不接受受委托的成年人代替监护人陪同。",
            "The hospital does not let a delegated adult come in the guardian's place."
        ),
        Refusal.DELEGATION_MISSING: Sentence(
            "家属还没有提交监护人的书面委托书。", "The family has not handed in the guardian's written delegation."
        ),
        Refusal.DELEGATION_UNREAD: Sentence(
            "请先打开家属提交的书面委托书，再接诊。",
            "Please open the written delegation that the family handed in before admitting."
        ),
        Refusal.IN_THE_PAST: Sentence("预约时间已过。", "That time has passed."),
        Refusal.BEYOND_HORIZON: Sentence("预约时间超出医院的放号范围。", "That is further ahead than the hospital books."),
        Refusal.SLOT_TAKEN: Sentence("该号源已被预约。", "This slot is taken."),
        Refusal.SCHEDULE_CLOSED: Sentence("该排班已停诊。", "This schedule takes no more bookings."),
        Refusal.PHYSICIAN_BUSY: Sentence("医师在该时段已有其他安排。", "The physician has something else at that time."),
        Refusal.VISIT_OPEN: Sentence(
            "患儿在该专业已有一次未结束的就诊。", "The child has a visit in this field that has not ended yet."
        ),
        Refusal.NEEDS_EMERGENCY_CARE: Sentence(
            "按您填写的情况，孩子需要马上急诊，请立即拨打 120 或前往最近的医院急诊科。",
            "What you told needs emergency care: call 120 or go to the nearest emergency department at once.",
        ),
        Refusal.NEEDS_IN_PERSON_CARE: Sentence(
            "按您填写的情况，孩子需要到医院当面就诊，不适合线上首诊。",
            "What you told needs a visit in person; an online first visit does not fit.",
        ),
        Refusal.FIELD_NOT_ROUTED: Sentence(
            "您填写的情况属于另一个专业，请重新选择。", "What you told belongs to another field. Please choose again."
        ),
        Refusal.TOO_MANY_OPEN: Sentence(
            "用这个手机号码自助预约、尚未就诊的次数过多。请等就诊后再约，或联系医院预约。",
            "Too many visits booked here with this number are still to come. Please wait for them, or call the hospital.",
        ),
    }
)  # fmt: skip


OF_THE_PAGE: Final = frozenset(
    {Refusal.NEEDS_EMERGENCY_CARE, Refusal.NEEDS_IN_PERSON_CARE, Refusal.FIELD_NOT_ROUTED, Refusal.TOO_MANY_OPEN}
)
"""Of a family that books by itself only: where the questionnaire led that it answers before, and how much it has booked."""
OF_A_BOOKING: Final = tuple(reason for reason in Refusal if reason not in {*OF_THE_PAGE, Refusal.RELATION_UNVERIFIED})
"""What a hospital's system may be told when it books or moves."""


class NotBookable(Refused):
    """A visit that may not be: its code is the first reason's, its sentences are those of all ``reasons``."""

    def __init__(self, reasons: Sequence[Refusal]) -> None:
        super().__init__(reasons[0].value, explained(reasons))
        self.reasons = tuple(reasons)


def explained(reasons: Iterable[Refusal]) -> Sentence:
    """All of them, one sentence after the other."""
    said = [WORDS[reason] for reason in reasons]
    return Sentence("".join(each.zh for each in said), " ".join(each.en for each in said))
