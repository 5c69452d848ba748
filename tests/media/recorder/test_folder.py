"""The folder on disk: what is durable, what a failed write leaves, what reopening mends."""

from __future__ import annotations

import resource
from pathlib import Path

import pyrage
import pytest

from media.recorder import manifest
from media.recorder.folder import Folder, Identity, Unusable
from media.recorder.parts import Line, Segment

SESSION = pyrage.x25519.Identity.generate()
IDENTITY = Identity("visit-7", "s", "2026-11-22T08:00:00Z", str(SESSION.to_public()))
PART = Line("part", 1_000_000, {"part": 1, "tracks": [], "why": "start"})


def segment(data: bytes = b"media", from_us: int = 1_000_000, to_us: int = 2_000_000, part: int = 1) -> Segment:
    return Segment(part, data, from_us, to_us, True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "visit-7"
    folder.mkdir()
    (folder / "session-key.age").write_bytes(b"sealed")
    return folder


def lines(path: Path) -> list[dict]:
    return [manifest.read_line(line) for line in (path / "manifest.jsonl").read_bytes().splitlines()]


def test_what_is_committed_is_sealed_listed_and_remembered(path: Path) -> None:
    folder = Folder.open(path, IDENTITY, 0)
    assert not folder.reopened
    head = folder.commit([PART, segment(b"one"), segment(b"two", 2_000_000, 3_500_000), Line("end", 4_000_000, {})], 500_000)
    assert head.line == 5
    assert [line["type"] for line in lines(path)] == ["begin", "part", "segment", "segment", "end"]
    assert lines(path)[-1]["seconds"] == 2
    assert [(line["from_us"], line["to_us"]) for line in lines(path)[2:4]] == [(500_000, 1_500_000), (1_500_000, 3_000_000)]
    assert [pyrage.decrypt(p.read_bytes(), [SESSION]) for p in sorted(path.glob("part-01/*.age"))] == [b"one", b"two"]
    assert folder.ended
    folder.close()
    again = Folder.open(path, IDENTITY, 0)
    assert (again.head, again.newest_part, again.covered_us, again.media_us) == (head, 1, 3_000_000, 2_500_000)
    assert again.ended
    assert again.reopened


def test_a_torn_line_and_temporary_files_go_and_the_chain_goes_on(path: Path) -> None:
    Folder.open(path, IDENTITY, 0).commit([PART, segment()], 0)
    with (path / "manifest.jsonl").open("ab") as file:
        file.write(b'{"at_us":5,"n":4,"prev')
    with (path / "signatures.jsonl").open("wb") as file:
        file.write(b'{"line":1}\n{"li')
    (path / "part-01" / ".seg-000002.tmp").write_bytes(b"half")
    (path / ".probe").write_bytes(b"")
    folder = Folder.open(path, IDENTITY, 0)
    folder.commit([Line("gap", 9, {"from_us": 1, "to_us": 2, "why": "restart"}), segment()], 0)
    assert [line["n"] for line in lines(path)] == [1, 2, 3, 4, 5]
    assert lines(path)[-1]["number"] == 2
    assert not list(path.glob("**/.*"))
    assert (path / "signatures.jsonl").read_bytes() == b'{"line":1}\n'
    audit = manifest.Audit()
    for line in (path / "manifest.jsonl").read_bytes().splitlines():
        audit.line(line)
    assert {f.kind for f in audit.findings} == {"gap"}


def test_a_damaged_line_in_the_middle_is_left_for_the_verifier(path: Path) -> None:
    Folder.open(path, IDENTITY, 0).commit([PART, segment()], 0)
    whole = (path / "manifest.jsonl").read_bytes()
    (path / "manifest.jsonl").write_bytes(whole.replace(b'"part":1,"previous"', b'"part":x,"previous"', 1))
    folder = Folder.open(path, IDENTITY, 0)
    assert folder.head.line == 3
    folder.commit([Line("resume", 9, {})], 0)
    assert b'"part":x' in (path / "manifest.jsonl").read_bytes()


def test_a_write_that_fails_leaves_no_line_and_no_file_and_the_next_one_succeeds(path: Path) -> None:
    folder = Folder.open(path, IDENTITY, 0)
    folder.commit([PART, segment()], 0)
    before = (path / "manifest.jsonl").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 300, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            folder.commit([segment(b"small"), segment(bytes(100_000))], 0)
        with pytest.raises(OSError, match="File too large"):  # the segments fit, their lines do not
            folder.commit([segment(b"small"), segment(b"small")], 0)
        with pytest.raises(OSError, match="File too large"):
            folder.probe()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (path / "manifest.jsonl").read_bytes() == before
    assert [p.name for p in path.rglob("*") if p.is_file() and p.parent.name == "part-01"] == ["seg-000001.age"]
    folder.mend()
    folder.commit([segment()], 0)
    assert [line.get("number") for line in lines(path)] == [None, None, 1, 2]


def test_signatures_are_appended(path: Path) -> None:
    folder = Folder.open(path, IDENTITY, 0)
    folder.sign(1, "ab" * 32, bytes(64))
    folder.sign(2, "cd" * 32, bytes(64))
    folder.sync_signatures()
    read = [manifest.read_signature(line)[0] for line in (path / "signatures.jsonl").read_bytes().splitlines()]
    assert read == [1, 2]


def test_a_signature_that_does_not_fit_leaves_no_half_line(path: Path) -> None:
    folder = Folder.open(path, IDENTITY, 0)
    folder.sign(1, "ab" * 32, bytes(64))
    size = (path / "signatures.jsonl").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            folder.sign(2, "ab" * 32, bytes(64))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (path / "signatures.jsonl").stat().st_size == size


def test_a_folder_that_is_anothers_or_lacks_its_key_is_unusable(path: Path, tmp_path: Path) -> None:
    Folder.open(path, IDENTITY, 0)
    with pytest.raises(Unusable, match="another recording"):
        Folder.open(path, Identity("visit-8", "s", "", IDENTITY.recipient), 0)
    with pytest.raises(Unusable, match="recipient"):
        Folder.open(path, Identity("visit-7", "s", "", "age1junk"), 0)
    with pytest.raises(Unusable, match="session-key"):
        Folder.open(tmp_path / "empty", IDENTITY, 0)


def test_the_probe_leaves_nothing(path: Path) -> None:
    Folder.open(path, IDENTITY, 0).probe()
    assert not (path / ".probe").exists()
