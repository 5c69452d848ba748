"""What waits for a slow connection: bounded, never stale, sound first, each source in order."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from media.backlog import MOST_LARGE, MOST_SMALL, SMALL, STALE_US, Backlog
from media.framing import frame

SOUND, PICTURE, OTHER_PICTURE = 1, 2, 3


def rtp(ssrc: int, sequence: int = 0, size: int = 1200) -> bytes:
    return frame(struct.pack("!BBHII", 0x80, 96, sequence, 0, ssrc) + bytes(size - 12))


def everything(backlog: Backlog, now_us: int = 0) -> list[bytes]:
    return list(iter(lambda: backlog.take(now_us), b""))


def test_what_was_put_comes_out() -> None:
    backlog = Backlog()
    assert backlog.take(0) == b""
    assert backlog.put(rtp(PICTURE), 0)
    assert everything(backlog) == [rtp(PICTURE)]


def test_sound_goes_before_pictures() -> None:
    backlog = Backlog()
    backlog.put(rtp(PICTURE, 1), 0)
    backlog.put(rtp(PICTURE, 2), 0)
    backlog.put(rtp(SOUND, size=180), 0)
    assert everything(backlog) == [rtp(SOUND, size=180), rtp(PICTURE, 1), rtp(PICTURE, 2)]


def test_reports_replies_and_handshakes_go_before_pictures() -> None:
    backlog = Backlog()
    report = frame(b"\x80\xc8" + bytes(1000))
    handshake, reply = frame(b"\x16\xfe\xfd" + bytes(1200)), frame(b"\x01\x01" + bytes(60))
    for each in (rtp(PICTURE), report, handshake, reply):
        backlog.put(each, 0)
    assert everything(backlog) == [report, handshake, reply, rtp(PICTURE)]


def test_the_small_last_packet_of_a_picture_does_not_overtake_the_picture() -> None:
    backlog = Backlog()
    for each in (rtp(PICTURE, 1), rtp(PICTURE, 2, 90), rtp(OTHER_PICTURE, 1, 90)):
        backlog.put(each, 0)
    assert everything(backlog) == [rtp(OTHER_PICTURE, 1, 90), rtp(PICTURE, 1), rtp(PICTURE, 2, 90)]


def test_what_waited_too_long_is_forgotten_and_makes_room() -> None:
    backlog = Backlog()
    while backlog.put(rtp(PICTURE), 0):
        pass
    backlog.put(rtp(SOUND, size=100), 0)
    assert not backlog.put(rtp(PICTURE), STALE_US)
    assert backlog.put(rtp(PICTURE, 9), STALE_US + 1)
    assert everything(backlog, STALE_US + 1) == [rtp(PICTURE, 9)]


def test_pictures_that_fill_their_lane_leave_room_for_sound() -> None:
    backlog = Backlog()
    while backlog.put(rtp(PICTURE), 0):
        pass
    assert backlog.put(rtp(SOUND, size=180), 0)
    assert sum(map(len, everything(backlog))) <= MOST_LARGE + 182


@given(
    st.lists(
        st.tuples(
            st.sampled_from([SOUND, PICTURE, OTHER_PICTURE]), st.integers(12, 1500), st.booleans(), st.integers(0, 60_000)
        ),
        max_size=200,
    )
)
def test_it_is_bounded_orderly_and_fresh_whatever_happens(steps: list[tuple[int, int, bool, int]]) -> None:
    backlog, now_us, held, last = Backlog(), 0, dict[bytes, int](), dict[int, int]()
    for number, (ssrc, size, takes, elapsed_us) in enumerate(steps):
        now_us += elapsed_us
        if takes:
            out = backlog.take(now_us)
            fresh = {each for each, at in held.items() if now_us - at <= STALE_US}
            assert (out in fresh) if out else not fresh
            if out:
                del held[out]
                sequence, _, source = struct.unpack_from("!HII", out, 4)
                assert last.get(source, -1) < sequence
                last[source] = sequence
        else:
            data = rtp(ssrc, number, size)
            if backlog.put(data, now_us):
                held[data] = now_us
            waiting = [each for each, at in held.items() if now_us - at <= STALE_US]
            assert sum(map(len, waiting)) <= MOST_LARGE + MOST_SMALL


def test_sound_with_a_redundant_copy_is_small() -> None:
    """RFC 2198: two payloads of 20 ms at 48 kbit/s, their headers, RTP's, and the tag."""
    assert SMALL >= 2 + 12 + 8 + 5 + 2 * 48_000 // 50 // 8 + 16
