"""Preparing a visit over HTTP: the family's questionnaire and measurements, and what the physician reads of them.

Answers that are not completed are kept as a draft and given back after a reload; nobody else sees them. What is completed is
journaled (by hash), the last one holds, and the waiting room is where it ends: from the admission on the physician asks.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from aiohttp import web

from server import events as ev
from server.calendar import day_of
from server.consultation import Consultation
from server.http.answers import SentAnswers, Unfit, sent_answers
from server.http.house import HOUSE, House, Visitor, at_visit, check_consented
from server.http.problems import Problem, language
from server.http.shell import body
from server.questionnaires import views
from server.questionnaires.answers import Answers, validate
from server.questionnaires.measurements import InvalidMeasurements, Measurement, canonical, plain, read_back, read_measurements
from server.questionnaires.measurements import Why as WhyMeasured
from server.questionnaires.questionnaire import Questionnaire
from server.questionnaires.routing import route
from server.session import Ended, Session, Waiting
from server.store import bodies, preparation
from server.store.details import VisitDetail
from server.store.preparation import MEASUREMENTS, QUESTIONNAIRE, Given, Last, Preparation
from server.visit_view import moment

MOST_TURNS = 50
"""So often a family may complete the same again with other words."""


def add_preparation(app: web.Application) -> None:
    app.router.add_get("/api/visits/{visit}/questionnaire", questionnaire)
    app.router.add_post("/api/visits/{visit}/answers", answer)
    app.router.add_post("/api/visits/{visit}/measurements", measure)
    app.router.add_get("/api/visits/{visit}/prepared", prepared)


# --- the family -----------------------------------------------------------------------------------


async def questionnaire(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    _, record, consultation = await at_visit(request, "questionnaire_read")
    lang = "en" if request.query.get("language") == "en" else "zh"
    asked = house.questionnaires.in_force[record.field]
    told = await _of(house, record)
    answers, state = _filled(asked, told, day_of(house.clock()))
    return web.json_response(
        {
            "questionnaire": views.form(asked, lang),
            "answers": answers.plain(),
            "state": state,
            "route": views.family_route(route(asked, answers.values), lang) if answers.values else None,
            "measurements": _content(told.measurements, "measurements") or [],
            "open": isinstance(consultation.session.state, Waiting),
        }
    )


def _filled(asked: Questionnaire, told: Preparation, today: date) -> tuple[Answers, str]:
    """What the form is filled with: the draft, or what was completed; either only where it was to this very version."""
    draft, given = told.draft, told.questionnaire
    if draft is not None and draft.questionnaire == asked.version:
        return validate(asked, draft.answers, today=today, draft=True), "draft"
    if given is not None and given.content is not None and given.given.questionnaire == asked.version:
        return validate(asked, given.content["answers"], today=today), "given"
    return Answers(asked.version, {}, complete=False), "open"


async def answer(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    who, record, consultation = await at_visit(request, "questionnaire_answer")
    _check_open(consultation.session, who)
    asked = house.questionnaires.in_force[record.field]
    sent = await sent_answers(request, asked)
    if sent.complete:
        await _complete(house, record, consultation, asked, sent, who.guardian)
    else:
        draft = preparation.Draft(asked.version, sent.answers.plain(), house.clock())
        await preparation.save_draft(house.database, record.id, draft)
    return web.json_response({"state": "given" if sent.complete else "draft", "route": sent.family_route()})


async def _complete(
    house: House, record: VisitDetail, consultation: Consultation, asked: Questionnaire, sent: SentAnswers, whose: str
) -> None:
    """Journal it as that guardian's, unless the very same is in force already and nothing was begun since."""
    told = await _of(house, record)
    content = {"questionnaire": asked.version, "language": sent.language, "answers": sent.answers.plain()}
    if told.draft is None and told.questionnaire is not None and told.questionnaire.content == content:
        return
    _refuse_too_often(told.questionnaire)
    assert sent.route is not None  # complete answers lead somewhere: held to when the questionnaire was read
    shown, outcome = asked.shown_sha256(sent.language), sent.route.outcome.value
    words = bodies.make(house.new_id(), record.id, QUESTIONNAIRE, house.clock(), house.new_nonce(), content)
    given = Given(
        house.new_id(),
        record.id,
        QUESTIONNAIRE,
        asked.version,
        sent.language,
        shown,
        outcome,
        words.id,
        words.at,
        whose or None,
    )
    event = ev.QuestionnaireAnswered(asked.version, shown, outcome, words.id, words.sha256, whose)
    await consultation.controller.post(event, (bodies.keep(words), preparation.keep(given)))


async def measure(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    who, record, consultation = await at_visit(request, "measurements_give")
    sent = await body(request, measurements=list)
    _check_open(consultation.session, who)
    told = await _of(house, record)
    try:
        taken = read_measurements(sent["measurements"], birth=told.birth_date, today=day_of(house.clock()))
    except InvalidMeasurements as invalid:
        raise Unfit(
            [(f"#/measurements/{f.index}", f.why.value, f.asks, _MEASUREMENTS[f.why]) for f in invalid.faults]
        ) from None
    content = {"measurements": json.loads(canonical(taken))}
    if told.measurements is None or told.measurements.content != content:
        _refuse_too_often(told.measurements)
        words = bodies.make(house.new_id(), record.id, MEASUREMENTS, house.clock(), house.new_nonce(), content)
        given = Given(house.new_id(), record.id, MEASUREMENTS, None, None, None, None, words.id, words.at, who.guardian or None)
        event = ev.Measured(words.id, words.sha256, who.guardian)
        await consultation.controller.post(event, (bodies.keep(words), preparation.keep(given)))
    return web.json_response({"measurements": [plain(each) for each in taken]})


def _check_open(session: Session, who: Visitor) -> None:
    """In the waiting room, of a guardian who agreed; drafts know no event that the session machine could refuse."""
    if not isinstance(session.state, Waiting):
        raise Problem("session_ended" if isinstance(session.state, Ended) else "wrong_state")
    check_consented(who, session)


def _refuse_too_often(last: Last | None) -> None:
    if last is not None and last.turn >= MOST_TURNS:
        raise Problem("too_many_attempts")


# --- the physician --------------------------------------------------------------------------------


async def prepared(request: web.Request) -> web.Response:
    house, lang = request.app[HOUSE], language(request)
    _, record, _ = await at_visit(request, "prepared_read")
    told = await _of(house, record)
    taken = _measured(told)
    return web.json_response(
        {
            "questionnaire": _answered(house, told.questionnaire, lang),
            "begun": told.draft is not None,
            "measurements": told.measurements
            and {"at": moment(told.measurements.given.at), "turn": told.measurements.turn, **views.measured(taken)},
        }
    )


def _answered(house: House, last: Last | None, lang: str) -> dict[str, Any] | None:
    """Its version and outcome stay when the words were deleted; then there are neither flags nor answers."""
    if last is None:
        return None
    given = last.given
    found = house.questionnaires.read_back(given.questionnaire, last.content, day_of(house.clock()))
    return {
        "version": given.questionnaire,
        "at": moment(given.at),
        "turn": last.turn,
        "outcome": given.outcome,
        "flags": [] if found is None else views.flags(route(found[0], found[1].values), house.checklist, lang),
        "answers": [] if found is None else views.answered(found[0], found[1], lang),
    }


# --- both -----------------------------------------------------------------------------------------


async def _of(house: House, record: VisitDetail) -> Preparation:
    told = await preparation.of_visit(house.database, record.id)
    if told is None:
        raise Problem("not_found")
    return told


def _content(last: Last | None, name: str) -> Any:
    return None if last is None or last.content is None else last.content[name]


def _measured(told: Preparation) -> tuple[Measurement, ...]:
    return read_back(_content(told.measurements, "measurements") or [])


_MEASUREMENTS: dict[WhyMeasured, tuple[str, str]] = {
    WhyMeasured.MALFORMED: ("请检查填写的内容。", "Please check what was entered."),
    WhyMeasured.TOO_MANY: ("测量记录过多，请只填最重要的。", "There are too many; please give the most important ones only."),
    WhyMeasured.TWICE: ("同一天只填一次。", "Please give only one for the same day."),
    WhyMeasured.IN_FUTURE: ("日期不能晚于今天。", "The date cannot be after today."),
    WhyMeasured.BEFORE_BIRTH: ("日期早于孩子的出生日期。", "The date is before the child was born."),
    WhyMeasured.IMPOSSIBLE: (
        "这个数值不可能，请检查单位和小数点。",
        "This cannot be; please check the unit and the decimal point.",
    ),
    WhyMeasured.UNLIKELY: (
        "这个数值在同龄孩子中很少见，确定没有填错吗？",
        "Few children of this age measure so much or so little. Are you sure?",
    ),
    WhyMeasured.SHRUNK: ("比上一次还矮，确定没有填错吗？", "This is less than the time before. Are you sure?"),
    WhyMeasured.LEAPT: ("比上一次高了很多，确定没有填错吗？", "This is much more than the time before. Are you sure?"),
    WhyMeasured.UNUSUAL_POSTURE: (
        "两岁以下通常躺着量，两岁以上站着量，确定是这样测量的吗？",
        "Children under two are usually measured lying, older ones standing. Are you sure?",
    ),
}
