"""Makes what is missing in tests/corpus/recordings: ``python -m tests.corpus.make_recordings``.

One whole recording, and what can be done to it. Each sample is a folder; ``expected.json`` holds its verdicts in order, those
of ``verify --signer signer.pub --rotator rotator.pub``. ``hospital.key`` opens every sample but those that were rotated to
``new.key``. The keys are made here and open nothing else.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media.recorder import keyhistory, manifest
from media.recorder.folder import Folder, Identity
from media.recorder.parts import Parts
from server.vault.identity import make, read
from server.vault.rotation import note_copy, rotate
from tests.media.recorder.kit import BLUE, RED, Hospital, sound, video

HERE = Path(__file__).parent / "recordings"
ALL = [
    (1, "guardian", "audio", "opus", 48_000),
    (2, "guardian", "video", "VP8", 90_000),
    (3, "physician", "video", "H264", 90_000),
]


def record(hospital: Hospital) -> None:
    """Four seconds of a guardian, in the last two of them a physician too: two parts."""
    order = Identity(hospital.recording, "session-7", "2026-11-22T08:00:00Z", hospital.public)
    folder, parts = Folder.open(hospital.folder, order, 0), Parts(0, 0)
    parts.announce(ALL, 0)
    tracks = {
        1: sound(440, 4), 2: video("VP8", RED, 4, fps=5, keyframe_every=5, size=(160, 120)),
        3: video("H264", BLUE, 2, fps=5, start_us=2_000_000, size=(160, 120), ssrc=7),
    }  # fmt: skip
    packets = sorted((p.at_us, number, p.data) for number, sent in tracks.items() for p in sent)
    next_us = 1_000_000
    parts.gate(True, 0, "")
    for at_us, number, data in packets:
        if at_us >= next_us:
            parts.tick(next_us)
            sign(hospital, folder, folder.commit(parts.take(), 0))
            next_us += 1_000_000
        parts.packet(number, data, at_us)
    parts.finish(4_000_000, end=True)
    sign(hospital, folder, folder.commit(parts.take(), 0))
    folder.sync_signatures()
    folder.close()


def sign(hospital: Hospital, folder: Folder, head: manifest.Head) -> None:
    message = manifest.message_to_sign(hospital.recording, head.line, head.sha256)
    folder.sign(head.line, head.sha256, hospital.signing.sign(message))


# --- what can be done to it ---------------------------------------------------------------------------


def lines_of(folder: Path) -> list[bytes]:
    return (folder / "manifest.jsonl").read_bytes().splitlines(keepends=True)


def put_lines(folder: Path, lines: list[bytes]) -> None:
    (folder / "manifest.jsonl").write_bytes(b"".join(lines))


def missing_segment(folder: Path) -> None:
    (folder / "part-01" / "seg-000002.age").unlink()


def altered_segment(folder: Path) -> None:
    path = folder / "part-01" / "seg-000002.age"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swapped_segments(folder: Path) -> None:
    a, b = folder / "part-01" / "seg-000001.age", folder / "part-01" / "seg-000002.age"
    first, second = a.read_bytes(), b.read_bytes()
    a.write_bytes(second)
    b.write_bytes(first)


def torn_last_segment(folder: Path) -> None:
    path = folder / "part-02" / "seg-000002.age"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])


def replayed_segment(folder: Path) -> None:
    shutil.copy(folder / "part-01" / "seg-000001.age", folder / "part-02" / "seg-000001.age")


def of_another_recording(folder: Path) -> None:
    """As good as any, but listed nowhere: it is sealed to the same session's key, as whoever knows its public half can."""
    path = folder / "part-01" / "seg-000003.age"
    recipient = json.loads(lines_of(folder)[0])["recipient"]
    path.write_bytes(pyrage.encrypt(bytes(path.stat().st_size), [pyrage.x25519.Recipient.from_str(recipient)]))


def rotated(folder: Path) -> None:
    note_copy(folder, "backup tape 4", "2026-11-23T08:00:00Z")
    new = read(HERE / "new.key")[0].recipient
    assert rotate(folder, read(HERE / "hospital.key"), [new], "2026-11-24T08:00:00Z").outcome == "rotated"


def earlier_key_put_back(folder: Path) -> None:
    rotated(folder)
    shutil.copy(HERE / "whole" / "session-key.age", folder / "session-key.age")


def forged_rotation(folder: Path) -> None:
    """Somebody with the disk, but without any key, makes it look as if the key had been sealed anew."""
    was, put = (folder / "session-key.age").read_bytes(), b"nothing that opens"
    (folder / "session-key.age").write_bytes(put)
    recipient, forger = read(HERE / "new.key")[0].recipient, Ed25519PrivateKey.from_private_bytes(bytes(32))
    hashes = [hashlib.sha256(data).hexdigest() for data in (was, put)]
    signer = forger.public_key().public_bytes_raw().hex()
    fields = keyhistory.rotation_fields(keyhistory.Head(), "2026-11-24T08:00:00Z", *hashes, [recipient], signer)
    signature = forger.sign(keyhistory.message_to_sign("visit-7", keyhistory.digest(fields)))
    (folder / "key-history.jsonl").write_bytes(keyhistory.signed_line(fields, signature))


def extra_segment(folder: Path) -> None:
    shutil.copy(folder / "part-01" / "seg-000001.age", folder / "part-01" / "seg-000009.age")


def altered_line(folder: Path) -> None:
    lines = lines_of(folder)
    put_lines(
        folder, [line.replace(b'"keyframe":true', b'"keyframe":false') if n == 4 else line for n, line in enumerate(lines, 1)]
    )


def removed_line(folder: Path) -> None:
    lines = lines_of(folder)
    del lines[5]
    put_lines(folder, lines)


def truncated_manifest(folder: Path) -> None:
    put_lines(folder, lines_of(folder)[:-1])


def rewritten_after_the_fact(folder: Path) -> None:
    """A whole new chain over other facts, as someone without the signing key could make it."""
    head, made = manifest.Head(), []
    for line in lines_of(folder):
        fields = json.loads(line)
        type_, at_us = fields.pop("type"), fields.pop("at_us")
        del fields["n"], fields["previous"]
        if type_ == "part":
            fields["why"] = "restart"
        line_made, head = manifest.append(head, type_, at_us, fields)
        made.append(line_made)
    put_lines(folder, made)


def forged_signature(folder: Path) -> None:
    lines = (folder / "signatures.jsonl").read_bytes().splitlines(keepends=True)
    line, sha256, _ = manifest.read_signature(lines[-1][:-1])
    forged = Ed25519PrivateKey.generate().sign(manifest.message_to_sign("visit-7", line, sha256))
    (folder / "signatures.jsonl").write_bytes(b"".join(lines[:-1]) + manifest.signature_line(line, sha256, forged))


def wrong_signer(folder: Path) -> None:
    other, made = Ed25519PrivateKey.generate(), []
    for number, line in enumerate(lines_of(folder), 1):
        sha256 = hashlib.sha256(line[:-1]).hexdigest()
        made.append(manifest.signature_line(number, sha256, other.sign(manifest.message_to_sign("visit-7", number, sha256))))
    (folder / "signatures.jsonl").write_bytes(b"".join(made))


def altered_session_key(folder: Path) -> None:
    with (folder / "session-key.age").open("ab") as file:
        file.write(b"x")


def crashed(folder: Path) -> None:
    """What a kill leaves: no end, a torn line, a newest segment that is not listed, no signature over the last second."""
    lines = lines_of(folder)
    last = max(n for n, line in enumerate(lines) if b'"type":"segment"' in line)
    put_lines(folder, [*lines[:last], lines[last][:50]])
    signatures = (folder / "signatures.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "signatures.jsonl").write_bytes(b"".join(s for s in signatures if manifest.read_signature(s[:-1])[0] < last))


SAMPLES: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "whole": (lambda _folder: None, []),
    "missing-segment": (missing_segment, ["missing_segment"]),
    "altered-segment": (altered_segment, ["altered_segment"]),
    "torn-last-segment": (torn_last_segment, ["torn_segment"]),
    "swapped-segments": (swapped_segments, ["misplaced_segment", "misplaced_segment"]),
    "replayed-segment": (replayed_segment, ["misplaced_segment"]),
    "foreign-segment": (of_another_recording, ["altered_segment"]),
    "extra-segment": (extra_segment, ["extra_segment"]),
    "altered-line": (altered_line, ["broken_chain"]),
    "removed-line": (removed_line, ["broken_chain", "malformed_line", "bad_signature", "extra_segment"]),
    "truncated-manifest": (truncated_manifest, ["truncated_manifest", "unsigned_tail", "unfinished"]),
    "rewritten": (rewritten_after_the_fact, [*["bad_signature"] * 4, "unsigned_tail"]),
    "forged-signature": (forged_signature, ["bad_signature", "unsigned_tail"]),
    "wrong-signer": (wrong_signer, ["wrong_signer", "unsigned_tail"]),
    "altered-session-key": (altered_session_key, ["altered_session_key"]),
    "rotated": (rotated, ["rotated", "earlier_copy"]),
    "earlier-key-put-back": (earlier_key_put_back, ["earlier_session_key", "earlier_copy"]),
    "forged-rotation": (forged_rotation, ["bad_rotation", "rotated", "earlier_copy"]),
    "crashed": (crashed, ["unlisted", "truncated_line", "unsigned_tail", "unfinished"]),
}


def main() -> None:
    if not (HERE / "whole").exists():
        shutil.rmtree(HERE, ignore_errors=True)
        HERE.mkdir()
        hospital = Hospital.make(HERE, HERE / "whole")
        record(hospital)
        (HERE / "signer.pub").write_text(hospital.signer + "\n")
        (HERE / "rotator.pub").write_text(read(hospital.identity_file)[0].rotator_hex + "\n")
        make(HERE / "new.key", None)
    for name, (change, _) in SAMPLES.items():
        if not (HERE / name).exists():
            shutil.copytree(HERE / "whole", HERE / name)
            change(HERE / name)
    expected = {name: verdicts for name, (_, verdicts) in SAMPLES.items()}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")


if __name__ == "__main__":
    main()
