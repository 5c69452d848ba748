"""Offers and answers: a browser's own offer from the corpus, aiortc's grammar as the oracle of our answers, and nonsense."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given, settings
from hypothesis import strategies as st

from media import sdp
from media.ice import Credentials

CHROMIUM = (Path(__file__).parents[1] / "corpus/sdp/chromium.sdp").read_bytes().decode()
HERE = sdp.Here(
    Credentials("hereufrag", "herepassword"),
    "AA:" * 31 + "AA",
    (
        sdp.Candidate("udp", "192.0.2.1", 5000),
        sdp.Candidate("udp", "2001:db8::1", 5000),
        sdp.Candidate("tcp", "192.0.2.1", 5001),
        sdp.Candidate("tcp", "2001:db8::1", 5001),
    ),
    77,
    3,
)
NUMBERS = [sdp.PairNumbers(11, 12, 13, "cname0"), sdp.PairNumbers(21, 22, 23, "cname1")]
BOTH = ("VP8", "H264")


def answered(offer: str = CHROMIUM, pictures: tuple[str, ...] = BOTH) -> sdp.Answer:
    return sdp.answer(sdp.parse(offer), HERE, pictures, NUMBERS)


def sections(text: str) -> list[list[str]]:
    parts = text.replace("\r\n", "\n").split("\nm=")
    return [part.split("\n") for part in parts]


def without_picture(offer: str, line: int, *names: str) -> str:
    """The offer with these codecs unknown on its n-th media line."""
    parts = offer.split("\r\nm=")
    for name in names:
        parts[line + 1] = parts[line + 1].replace(f" {name}/90000", " X/90000")
    return "\r\nm=".join(parts)


# --- reading --------------------------------------------------------------------------------------


def test_a_browsers_offer_is_understood() -> None:
    offer = sdp.parse(CHROMIUM)
    assert offer.ufrag == "AVnb"
    assert offer.pairs == 1
    assert offer.reduced_size
    assert [algorithm for algorithm, _ in offer.fingerprints] == ["sha-256"]
    assert [(line.kind, line.mid, line.direction) for line in offer.lines] == [
        ("audio", "0", "sendonly"), ("video", "1", "sendonly"), ("audio", "2", "recvonly"), ("video", "3", "recvonly"),
    ]  # fmt: skip
    assert [(codec.name, codec.payload_type, codec.rtx) for codec in offer.lines[0].codecs] == [("opus", 111, -1)]
    assert [(codec.name, codec.payload_type, codec.rtx) for codec in offer.lines[1].codecs] == [
        ("VP8", 96, 97), ("H264", 108, 109),
    ]  # fmt: skip
    media, retransmission = offer.lines[1].ssrcs
    assert offer.lines[1].rtx_of == {retransmission: media}
    assert offer.lines[1].extensions[sdp.TRANSPORT_CC] == 3


def test_a_missing_device_leaves_its_line_inactive() -> None:
    offer = sdp.parse(CHROMIUM.replace("a=sendonly", "a=inactive", 1))
    assert offer.lines[0].direction == "inactive"
    answer = sdp.answer(offer, HERE, BOTH, NUMBERS)
    assert [uplink.kind for uplink in answer.uplinks] == ["video"]
    assert "a=inactive" in sections(answer.sdp)[1]


def test_lines_bundled_without_a_port_of_their_own_are_fine() -> None:
    bundled = CHROMIUM.replace("m=video 9", "m=video 0").replace("a=mid:1", "a=bundle-only\r\na=mid:1")
    bundled = bundled.replace("a=mid:3", "a=bundle-only\r\na=mid:3")
    assert sdp.parse(bundled).pairs == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("v=0", "v=1"),
        ("s=-", "s"),
        ("s=-", "session"),
        ("m=audio 9", "m=application 9"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 RTP/AVP"),
        ("m=audio 9", "m=audio 0"),
        ("m=video 9", "m=audio 9"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=audio 9 UDP/TLS/RTP/SAVPF" + " 111" * 70),
        ("a=sendonly", "a=sendrecv"),
        ("a=sendonly", "a=recvonly"),
        ("a=sendonly", "a=sendonly\r\na=inactive"),
        ("a=recvonly", "a=sendonly"),
        ("a=mid:1\r\n", ""),
        ("a=mid:1\r\n", "a=mid:0\r\n"),
        ("a=mid:1\r\n", "a=mid:one two\r\n"),
        ("a=rtcp-mux\r\n", ""),
        ("BUNDLE 0 1 2 3", "BUNDLE 0 1 2"),
        ("BUNDLE 0 1 2 3", "LS 0 1 2 3"),
        ("a=setup:actpass", "a=setup:passive"),
        ("a=ice-ufrag:AVnb", "a=ice-ufrag:A b"),
        ("a=ice-ufrag:AVnb\r\n", ""),
        ("a=fingerprint:sha-256 ", "a=fingerprint:md5 "),
        ("a=fingerprint:sha-256 ", "a=fingerprint:sha-512 "),
        ("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 zz"),
        ("s=-", "s=-\r\n" + "b=AS:1\r\n" * 600),
        ("s=-", "s=" + "x" * sdp.MAX_SIZE),
    ],
)
def test_what_is_not_of_the_pages_shape_is_malformed(before: str, after: str) -> None:
    assert before in CHROMIUM
    with pytest.raises(sdp.Malformed):
        sdp.parse(CHROMIUM.replace(before, after))


def test_too_many_or_too_few_lines_are_malformed() -> None:
    head, *lines = CHROMIUM.split("\r\nm=")
    for count in (0, 1, 3, 9):
        with pytest.raises(sdp.Malformed):
            sdp.parse("\r\nm=".join([head, *(lines * 3)[:count]]))


def test_four_fingerprints_of_one_offer_are_malformed() -> None:
    many = "".join(f"a=fingerprint:sha-256 {':'.join([f'{n:02X}'] * 32)}\r\n" for n in range(4))
    with pytest.raises(sdp.Malformed):
        sdp.parse(CHROMIUM.replace("a=setup", many + "a=setup", 1))


@settings(deadline=None)
@given(st.text(max_size=300))
def test_nonsense_is_malformed_and_nothing_else(text: str) -> None:
    with pytest.raises(sdp.Malformed):
        sdp.parse(text)


@settings(deadline=None)
@given(st.integers(0, len(CHROMIUM) - 1), st.text(max_size=8), st.integers(0, 60))
def test_a_damaged_offer_is_answered_or_malformed(at: int, inserted: str, cut: int) -> None:
    damaged = CHROMIUM[:at] + inserted + CHROMIUM[at + cut :]
    try:
        answered(damaged)
    except (sdp.Malformed, sdp.NoCommonCodec):
        return


def test_the_largest_offer_is_read_in_no_time() -> None:
    """aiortc's parser takes seconds for such a thing (FACTS)."""
    line = "a=rtpmap:96 VP8/90000\r\n"
    padded = CHROMIUM + line * ((sdp.MAX_SIZE - len(CHROMIUM)) // len(line))
    started = time.process_time()
    with pytest.raises(sdp.Malformed):
        sdp.parse(padded)
    assert time.process_time() - started < 0.1


# --- answering ------------------------------------------------------------------------------------


def test_an_independent_parser_reads_the_answer() -> None:
    read = SessionDescription.parse(answered().sdp)
    assert [media.direction for media in read.media] == ["recvonly", "recvonly", "sendonly", "sendonly"]
    assert read.group[0].items == ["0", "1", "2", "3"]
    for media in read.media:
        assert media.rtcp_mux
        assert media.ice.iceLite
        assert (media.ice.usernameFragment, media.ice.password) == ("hereufrag", "herepassword")
        assert media.dtls.role == "server"
        assert [(each.protocol, each.ip, each.port, each.type, each.tcpType) for each in media.ice_candidates] == [
            ("udp", "192.0.2.1", 5000, "host", None), ("udp", "2001:db8::1", 5000, "host", None),
            ("tcp", "192.0.2.1", 5001, "host", "passive"), ("tcp", "2001:db8::1", 5001, "host", "passive"),
        ]  # fmt: skip
        priorities = [each.priority for each in media.ice_candidates]
        assert sorted(set(priorities), reverse=True) == priorities
        assert len({each.foundation for each in media.ice_candidates}) == 4
    video = read.media[3]
    assert [each.ssrc for each in video.ssrc] == [12, 13]
    assert str(video.ssrc_group[0]) == "FID 12 13"
    assert {each.cname for each in video.ssrc} == {"cname0"}
    assert video.msid.split()[0] != read.media[2].msid.split()[0], "sound is not held back to its picture"


def test_a_tcp_candidate_has_the_priority_of_its_standard() -> None:
    """RFC 6544, 4.2, with the formula of RFC 8445, 5.1.2.1."""
    line = sdp.Candidate("tcp", "192.0.2.1", 5001).line(2)
    priority = 2**24 * 126 + 2**8 * (2**13 * 4 + 8191 - 2) + (256 - 1)
    assert line == f"a=candidate:3 1 tcp {priority} 192.0.2.1 5001 typ host tcptype passive"


def test_only_what_is_on_the_lists_is_agreed() -> None:
    audio, video, far_audio, far_video = sections(answered().sdp)[1:]
    names = {line.split(" ")[1].split("/")[0] for line in (*audio, *video, *far_audio, *far_video) if "rtpmap" in line}
    assert names == {"opus", "red", "VP8", "H264", "rtx"}
    extensions = [[line for line in part if "extmap" in line] for part in (audio, video, far_audio, far_video)]
    reports, delay = f"a=extmap:3 {sdp.TRANSPORT_CC}", f"a=extmap:5 {sdp.PLAYOUT_DELAY}"
    assert extensions == [[reports], [reports], [reports], [reports, delay]]
    assert "a=rtcp-fb:96 transport-cc" in set(video) & set(far_video)
    assert "a=rtcp-fb:96 goog-remb" in far_video
    assert {"a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 ccm fir"} <= set(video) & set(far_video)


def test_sound_is_asked_for_and_sent_with_its_own_repair() -> None:
    """RFC 7587, 6.1: who wants in-band FEC of the other side says so; a browser that says nothing still gets it said."""
    for offer in (CHROMIUM, CHROMIUM.replace(";useinbandfec=1", "")):
        _, up, _, down, _ = sections(answered(offer).sdp)
        assert [line for line in up if line.startswith("a=fmtp:111 ")] == ["a=fmtp:111 minptime=10;useinbandfec=1"]
        assert [line for line in down if line.startswith("a=fmtp:111 ")] == ["a=fmtp:111 minptime=10;useinbandfec=1"]


def test_a_browser_that_reports_no_arrivals_is_given_the_time_of_sending() -> None:
    for without in ("transport-cc", sdp.TRANSPORT_CC):
        answer = answered(CHROMIUM.replace(without, "x"))
        assert [(line.transport_cc, line.send_time) for line in answer.downlinks] == [(0, 2), (0, 2)]
        assert all(f"a=extmap:2 {sdp.ABS_SEND_TIME}" in part for part in sections(answer.sdp)[3:])
    assert [(line.transport_cc, line.send_time) for line in answered().downlinks] == [(3, 0), (3, 0)]


def test_the_page_sends_one_picture_codec_and_receives_both() -> None:
    answer = answered()
    assert [dict(uplink.codecs) for uplink in answer.uplinks] == [{111: "opus"}, {96: "VP8"}]
    assert answer.uplinks[1].rtx == {97: 96}
    assert (answer.uplinks[1].transport_cc, answer.uplinks[1].nack) == (3, True)
    sound, picture = answer.downlinks
    assert dict(picture.payload_types) == {"VP8": 96, "H264": 108}
    assert dict(picture.rtx) == {96: 97, 108: 109}
    assert (picture.pair, picture.mid, picture.ssrc, picture.rtx_ssrc, picture.transport_cc) == (0, "3", 12, 13, 3)
    assert (sound.ssrc, sound.rtx_ssrc) == (11, 0)


def test_h264_is_sent_when_a_far_leg_cannot_receive_vp8() -> None:
    assert dict(answered(pictures=("H264",)).uplinks[1].codecs) == {108: "H264"}
    assert not sdp.parse(without_picture(CHROMIUM, 3, "VP8")).receives("VP8")
    assert sdp.parse(CHROMIUM).receives("H264")


def test_no_common_codec_is_told_apart_from_nonsense() -> None:
    with pytest.raises(sdp.NoCommonCodec):
        answered(without_picture(CHROMIUM, 1, "VP8", "H264"))
    with pytest.raises(sdp.NoCommonCodec):
        answered(without_picture(CHROMIUM, 3, "VP8", "H264"))
    with pytest.raises(sdp.NoCommonCodec):
        answered(CHROMIUM.replace("opus/48000/2", "opus/48000"))
    with pytest.raises(sdp.NoCommonCodec):
        answered(pictures=())


def test_redundant_sound_comes_first_where_it_is_offered() -> None:
    answer = answered()
    sound = sections(answer.sdp)[1]
    assert sound[0].endswith("SAVPF 63 111")
    assert {"a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111"} <= set(sound)
    assert (answer.uplinks[0].red, answer.uplinks[1].red) == (63, -1)
    assert (answer.downlinks[0].red, answer.downlinks[1].red) == (63, -1)


@pytest.mark.parametrize("other", ["a=fmtp:63 111/110", "a=fmtp:63 110/110", "a=fmtp:63 111"])
def test_redundancy_of_anything_but_opus_is_not_agreed(other: str) -> None:
    answer = answered(CHROMIUM.replace("a=fmtp:63 111/111", other))
    assert "red/48000" not in answer.sdp
    assert answer.uplinks[0].red == answer.downlinks[0].red == -1


def test_without_retransmission_none_is_announced() -> None:
    answer = answered(CHROMIUM.replace("rtx/90000", "x/90000"))
    assert answer.uplinks[1].rtx == {}
    assert answer.downlinks[1].rtx_ssrc == 0
    assert "FID" not in answer.sdp


def test_a_line_without_extensions_or_reduced_size_gets_none() -> None:
    answer = answered(CHROMIUM.replace("a=rtcp-rsize\r\n", "").replace("a=extmap:", "a=x:"))
    assert "extmap" not in answer.sdp
    assert "rsize" not in answer.sdp
    assert answer.uplinks[0].transport_cc == answer.downlinks[0].send_time == 0


def test_two_pairs_have_their_own_numbers() -> None:
    head, *lines = CHROMIUM.split("\r\nm=")
    more = [lines[2].replace("a=mid:2", "a=mid:4"), lines[3].replace("a=mid:3", "a=mid:5")]
    offer = "\r\nm=".join([head.replace("0 1 2 3", "0 1 2 3 4 5"), *(line.rstrip() for line in lines), *more])
    answer = answered(offer)
    assert [(line.pair, line.mid, line.ssrc) for line in answer.downlinks] == [
        (0, "2", 11), (0, "3", 12), (1, "4", 21), (1, "5", 22),
    ]  # fmt: skip


def test_a_receive_pair_may_be_inactive() -> None:
    answer = answered(CHROMIUM.replace("a=recvonly", "a=inactive"))
    assert answer.downlinks == ()
    assert sdp.parse(CHROMIUM.replace("a=recvonly", "a=inactive")).receives("VP8")


def test_feedback_for_all_codecs_counts_for_each() -> None:
    starred = CHROMIUM.replace("a=rtcp-fb:96 nack\r\n", "a=rtcp-fb:* nack\r\n")
    assert answered(starred).uplinks[1].nack
