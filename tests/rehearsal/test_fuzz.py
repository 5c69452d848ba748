"""Every decoder that a stranger's bytes reach raises nothing but its own error, and no input is a job.

The seeds are what the packages themselves write, and what was captured from browsers (tests/corpus). A longer round:
``./peitong soak --fuzz MINUTES``.
"""

from __future__ import annotations

import json
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import ice
from rehearsal.load.peer import binding_request
from rehearsal.soak import fuzz, mutations

CORPUS = Path(__file__).resolve().parents[1] / "corpus"


def entries(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((CORPUS / name).read_text("utf-8"))
    return found


def bodies(name: str) -> list[bytes]:
    return [json.dumps(each["message"]).encode() for each in entries(f"messages/{name}.json")]


def behind_lengths(codec: str) -> list[bytes]:
    payloads = [bytes.fromhex(each["hex"])[20:] for each in entries("packets/rtp.json") if each["codec"] == codec]
    return [b"".join(struct.pack("!H", len(each)) + each for each in payloads * 3)] if payloads else []


CAPTURED = {
    "sdp": [(CORPUS / "sdp" / "chromium.sdp").read_bytes()],
    "rtp": [bytes.fromhex(each["hex"]) for each in entries("packets/rtp.json")],
    "rtp recorded": [bytes.fromhex(each["hex"]) for each in entries("packets/rtp.json")],
    "rtcp": [bytes.fromhex(each["hex"]) for each in entries("packets/rtcp.json")],
    "vp8": behind_lengths("VP8"),
    "h264": behind_lengths("H264"),
    "intent": bodies("intents"),
    "hello": bodies("hello"),
    "server message": bodies("server"),
    "manifest line": (CORPUS / "recordings" / "whole" / "manifest.jsonl").read_bytes().splitlines(),
}
TARGETS = fuzz.targets(CAPTURED)
NAMES = [target.name for target in TARGETS]


def test_what_was_captured_is_for_decoders_that_there_are() -> None:
    assert set(CAPTURED) <= set(NAMES)


@pytest.mark.parametrize("target", TARGETS, ids=NAMES)
@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_a_valid_input_that_was_mutated_raises_nothing_else(target: fuzz.Target, chance: random.Random) -> None:
    target.check(mutations.mutate(target.seeds, chance))


@pytest.mark.parametrize("target", TARGETS, ids=NAMES)
@given(data=st.binary(max_size=400))
@settings(max_examples=50)
def test_bytes_of_nobody_raise_nothing_else(target: fuzz.Target, data: bytes) -> None:
    target.check(data)


@pytest.mark.parametrize("target", TARGETS, ids=NAMES)
def test_the_largest_input_is_no_job(target: fuzz.Target) -> None:
    """What repeats itself up to the cap of a socket message: against parsers whose cost is more than linear."""
    for unit in (target.seeds[0], target.seeds[0][:1], target.seeds[0][-24:], b"\r\na=", b"[", b'{"', b"\0\0\1", b"\x80"):
        target.check((unit * (65536 // len(unit) + 1))[:65536])


@pytest.mark.parametrize("target", [each for each in TARGETS if each.name not in ("intent", "hello", "server message")])
def test_each_decoder_takes_its_own_seed(target: fuzz.Target) -> None:
    """Else it would be its front door that is fuzzed, and nothing behind it."""
    target.take(target.seeds[0])


def test_a_finding_is_told_with_its_input() -> None:
    def breaks(data: bytes) -> None:
        raise KeyError(len(data))

    target = fuzz.Target("broken", (b"seed",), breaks, (ValueError,))
    with pytest.raises(KeyError):
        target.check(b"abc")


# --- the mutations are what they say --------------------------------------------------------------


@given(st.binary(max_size=300), st.randoms(use_true_random=False))
def test_no_mutation_chokes(data: bytes, chance: random.Random) -> None:
    for mutation in mutations.MUTATIONS:
        assert isinstance(mutation(data, chance), bytes)
    mutations.splice(data, data[::-1], chance)
    mutations.rtp_that_was_not_sent(data, chance)
    mutations.stun_with_another_transaction(data, chance)


@given(st.randoms(use_true_random=False))
def test_a_forged_request_fails_by_its_integrity_alone(chance: random.Random) -> None:
    here = ice.Credentials("herehere", "a password of some length")
    agent = ice.Agent()
    agent.grant(1, here)
    request = binding_request(here.ufrag, here.password, "there", nominate=True)
    forged = mutations.stun_with_another_transaction(request, chance)
    assert struct.unpack("!I", forged[-4:])[0] == zlib.crc32(forged[:-8]) ^ 0x5354554E
    assert agent.receive(forged, ("127.0.0.1", 1), 0) is ice.Drop.BAD_INTEGRITY
    assert isinstance(agent.receive(request, ("127.0.0.1", 1), 0), ice.Binding)


@given(st.integers())
def test_a_forged_packet_keeps_its_source_and_changes_the_rest(seed: int) -> None:
    chance = random.Random(seed)
    packet = struct.pack("!BBHII", 0x80, 96, 0xFFFF, 3000, 7) + bytes(50)
    forged = mutations.rtp_that_was_not_sent(packet, chance)
    assert (forged[:2], forged[4:12], len(forged)) == (packet[:2], packet[4:12], len(packet))
    assert forged[12:] != packet[12:]


@given(st.randoms(use_true_random=False))
def test_made_up_records_look_like_dtls(chance: random.Random) -> None:
    record = mutations.dtls_record(chance)
    assert 20 <= record[0] < 64
    assert 13 <= len(record) <= 1500
