"""The control messages: what is written can be read, what CONTROL.md names exists, and nonsense is only ever ``Malformed``."""

from __future__ import annotations

import struct
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import control
from media.control import Batch, Malformed, Message, Packet, Reader

# slots=True makes each class twice: by name we get the one that is used
KINDS: list[type[Message]] = sorted({getattr(control, cls.__name__) for cls in Message.__subclasses__()}, key=lambda cls: cls.t)
DOCUMENT = (Path(control.__file__).parent / "CONTROL.md").read_text()


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value that the annotated type allows on the wire."""
    origin, inside = get_origin(hint) or hint, get_args(hint)
    if origin is list:
        return st.lists(values_of(inside[0]), max_size=4)
    if origin is tuple:
        return st.tuples(*map(values_of, inside))
    if origin is dict:
        return st.dictionaries(st.text(max_size=9), st.one_of(st.integers(-1, 2**40), st.text(max_size=9)), max_size=4)
    return {
        int: st.integers(-(2**63), 2**64 - 1),
        str: st.text(max_size=20),
        bool: st.booleans(),
        bytes: st.binary(max_size=64),
    }[origin]


def messages_of(cls: type[Message]) -> st.SearchStrategy[Message]:
    hints = get_type_hints(cls)
    return st.builds(cls, **{f.name: values_of(hints[f.name]) for f in fields(cls)})  # type: ignore[arg-type]


any_message = st.sampled_from(KINDS).flatmap(messages_of)
names = st.text(st.characters(max_codepoint=127), max_size=255)
packets = st.lists(st.builds(Packet, st.integers(0, 255), st.integers(0, 2**64 - 1), st.binary(max_size=50)), max_size=5)


# --- what is written can be read ------------------------------------------------------------------


@given(any_message)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    frame = control.encode(message)
    assert struct.unpack_from("!IB", frame) == (len(frame) - 4, 0)
    assert control.decode(memoryview(frame)[4:]) == message
    body = msgpack.unpackb(frame[5:])
    assert body.pop("t") == message.t
    assert body == msgpack.unpackb(msgpack.packb(asdict(message)))  # type: ignore[call-overload]


@given(names, packets)
def test_a_batch_is_read_as_it_was_written(recording: str, entries: list[Packet]) -> None:
    frame = control.encode_batch(recording, b"".join(control.batch_entry(*entry) for entry in entries))
    assert frame[4] == 1
    assert control.decode(frame[4:]) == Batch(recording, tuple(entries))
    by_hand = bytes((len(recording),)) + recording.encode()
    for track, arrival_us, data in entries:
        by_hand += bytes((track,)) + arrival_us.to_bytes(8, "big") + len(data).to_bytes(2, "big") + data
    assert frame[5:] == by_hand


@given(st.lists(st.one_of(any_message.map(control.encode), st.just(control.encode_batch("r", b""))), max_size=5), st.data())
def test_a_stream_reads_the_same_however_it_is_cut(frames: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader, seen = Reader(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        seen += list(reader.feed(stream[start:end]))
    assert seen == [control.decode(frame[4:]) for frame in frames]


@pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.t)
def test_the_document_names_every_field(cls: type[Message]) -> None:
    lines = [line for line in DOCUMENT.splitlines() if f"`{cls.t}`" in line or f"`{cls.t} {{" in line]
    assert lines
    for field in fields(cls):  # type: ignore[arg-type]
        assert any(field.name in line for line in lines), field.name


# --- nonsense -------------------------------------------------------------------------------------


def frame_of(body: Any) -> bytes:
    return b"\x00" + msgpack.packb(body)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x02",
        b"\x00",
        b"\x00\xc1",
        b"\x00" + b"\x91" * 5000,
        frame_of([1]),
        frame_of({}),
        frame_of({"t": 1}),
        frame_of({"t": "no such message"}),
        frame_of({"t": "hello", "version": 1}),
        frame_of({"t": "hello", "version": True, "who": "app"}),
        frame_of({"t": "hello", "version": 1.0, "who": "app"}),
        frame_of({"t": "hello", "version": 1, "who": b"app"}),
        frame_of({"t": "gate_renew", "rooms": "r", "lease_ms": 1}),
        frame_of({"t": "gate_renew", "rooms": [["r"]], "lease_ms": 1}),
        frame_of({"t": "gate_renew", "rooms": ["r1"], "lease_ms": 1}),
        frame_of({"t": "gate_renew", "rooms": [["r", "1"]], "lease_ms": 1}),
        frame_of({"t": "leg_statistics", "legs": [[]]}),
        b"\x01",
        b"\x01\x05abc",
        b"\x01\x01\xff",
        b"\x01\x01r\x01",
        b"\x01\x01r\x01" + bytes(8) + b"\x00\x02x",
    ],
)  # fmt: skip
def test_nonsense_is_malformed(frame: bytes) -> None:
    with pytest.raises(Malformed):
        control.decode(frame)


@pytest.mark.parametrize("length", [0, control.MAX_FRAME + 1, 2**32 - 1])
def test_a_frame_of_no_or_too_many_bytes_ends_the_stream(length: int) -> None:
    with pytest.raises(Malformed):
        Reader().feed(struct.pack("!I", length))


def test_the_largest_frame_is_read_and_a_larger_one_is_not_written() -> None:
    room = control.encode_batch("r", b"")
    largest = bytes(control.MAX_FRAME - 1 - 2)
    with pytest.raises(ValueError, match="over the limit"):
        control.encode_batch("r", largest + b"x")
    entry = control.batch_entry(1, 2, bytes(60_000))
    assert len(list(Reader().feed(room + control.encode_batch("r", entry * 17)))) == 2


numbers = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False))
wild = st.recursive(
    st.one_of(numbers, st.text(max_size=8), st.binary(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)


@st.composite
def nearly_messages(draw: st.DrawFn) -> bytes:
    """A message with some fields missing or of any type."""
    message = draw(any_message)
    body = {"t": message.t} | asdict(message)  # type: ignore[call-overload]
    for name in draw(st.lists(st.sampled_from(sorted(body)), max_size=2)):
        body[name] = draw(wild)
    for name in draw(st.lists(st.sampled_from(sorted(body)), max_size=1)):
        del body[name]
    return frame_of(body)


@given(
    st.one_of(st.binary(max_size=100), st.binary(max_size=60).map(lambda b: b"\x01" + b), wild.map(frame_of), nearly_messages())
)
def test_no_frame_raises_anything_but_malformed(frame: bytes) -> None:
    try:
        message = control.decode(frame)
    except Malformed:
        return
    if isinstance(message, Batch):
        entries = b"".join(control.batch_entry(*packet) for packet in message.packets)
        assert control.encode_batch(message.recording, entries)[4:] == frame
    else:
        assert control.decode(control.encode(message)[4:]) == message


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_no_stream_raises_anything_but_malformed(chunks: list[bytes]) -> None:
    reader = Reader()
    try:
        for chunk in chunks:
            list(reader.feed(chunk))
    except Malformed:
        return
