"""The ways in an answer and in TURN URIs; the smallest offer is one that the relay takes."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import sdp
from media.ice import Credentials
from server.doctor.ways import Candidate, TurnUrl, smallest_offer, survey, turn_url

CREDENTIALS = Credentials("theirufrag", "theirpasswordtheirpassword")
RELAY = (
    sdp.Candidate("udp", "203.0.113.5", 40000),
    sdp.Candidate("udp", "2001:db8::5", 40000),
    sdp.Candidate("tcp", "203.0.113.5", 443),
)
_FINGERPRINT = ":".join(["AB"] * 32)


def answered(*candidates: sdp.Candidate) -> str:
    here = sdp.Here(CREDENTIALS, _FINGERPRINT, candidates, 1, 1)
    return sdp.answer(sdp.parse(smallest_offer("ours", "p" * 24)), here, ("VP8", "H264"), ()).sdp


def test_the_relay_takes_the_smallest_offer_and_its_answer_is_understood() -> None:
    found = survey(answered(*RELAY))
    assert (found.ufrag, found.password) == (CREDENTIALS.ufrag, CREDENTIALS.password)
    assert [(each.transport, each.address, each.port) for each in found.candidates] == [
        ("udp", "203.0.113.5", 40000),
        ("udp", "2001:db8::5", 40000),
        ("tcp", "203.0.113.5", 443),
    ]
    assert [each.six for each in found.candidates] == [False, True, False]


def test_tcp_candidates_are_those_one_may_connect_to() -> None:
    lines = ["a=ice-ufrag:u", "a=ice-pwd:p"]
    lines += [
        f"a=candidate:{n} 1 tcp 99 192.0.2.1 {n}443 typ host tcptype {kind}" for n, kind in enumerate(("passive", "active"), 1)
    ]
    assert survey("\r\n".join(lines)).candidates == (Candidate("tcp", "192.0.2.1", 1443),)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "a=ice-ufrag:u\na=ice-pwd:p",
        answered(sdp.Candidate("udp", "192.0.2.1", 9)).replace("a=ice-pwd", "a=x"),
        answered(sdp.Candidate("udp", "192.0.2.1", 9)).replace("a=ice-ufrag", "a=x"),
    ],
)
def test_what_is_no_answer_of_the_relay_is_refused(answer: str) -> None:
    with pytest.raises(ValueError, match="not an answer"):
        survey(answer)


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "a=ice-ufrag:u",
                "a=ice-pwd:p",
                "a=candidate:1 1 udp 1 1:2:3:. 9 typ host",
                "a=candidate:1 1 udp 1 1.2.3.4 99999 typ host",
            ]
        )
    ).map("\n".join)
)
def test_a_survey_raises_value_errors_only(answer: str) -> None:
    with contextlib.suppress(ValueError):
        survey(answer)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("turn:t.example", TurnUrl("t.example", 3478, "udp")),
        ("turn:t.example:80?transport=tcp", TurnUrl("t.example", 80, "tcp")),
        ("turns:t.example", TurnUrl("t.example", 5349, "tls")),
        ("turns:t.example:443?transport=tcp", TurnUrl("t.example", 443, "tls")),
        ("turn:[2001:db8::1]:3478", TurnUrl("2001:db8::1", 3478, "udp")),
    ],
)
def test_turn_uris_are_taken_apart(url: str, found: TurnUrl) -> None:
    assert turn_url(url) == found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "stun:t.example",
        "turn:",
        "turn:a b",
        "turns:t.example?transport=udp",
        "turn:t.example:0",
        "turn:t.example:70000",
        "turn:x?transport=sctp",
    ],
)
def test_what_browsers_would_not_take_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="TURN URI"):
        turn_url(url)
