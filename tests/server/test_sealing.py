"""Session keys and signatures: made by a child, sealed to the hospital, signed by a key that nobody else reads."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from media import control
from media.recorder.manifest import message_to_sign
from server.recipients import Recipients
from server.sealing import Anchor, KeyMaker, Origin, SealingFailed, SessionRecording, Signer

pytestmark = [pytest.mark.process, pytest.mark.unhurried]


def hospital(folder: Path) -> tuple[Path, str]:
    identity = pyrage.x25519.Identity.generate()
    path = folder / "hospital.key"
    path.write_text(f"{identity}\n", "ascii")
    return path, str(identity.to_public())


def sealed_to(*recipients: str) -> Callable[[], Awaitable[tuple[str, ...]]]:
    async def those() -> tuple[str, ...]:
        return recipients

    return those


def test_the_signing_key_is_made_once_and_private(tmp_path: Path) -> None:
    first, again = Signer.from_folder(tmp_path / "keys"), Signer.from_folder(tmp_path / "keys")
    assert first.public_hex == again.public_hex == (tmp_path / "keys" / "signer.pub").read_text("ascii").strip()
    assert (tmp_path / "keys" / "signer.key").stat().st_mode & 0o777 == 0o600


@pytest.fixture
async def keys() -> AsyncIterator[KeyMaker]:
    maker = KeyMaker()
    yield maker
    await maker.close()


def test_a_head_is_signed_as_the_format_says(tmp_path: Path) -> None:
    signer = Signer.from_folder(tmp_path)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer.public_hex))
    key.verify(signer.sign_head("rec", 7, "ab" * 32), message_to_sign("rec", 7, "ab" * 32))


async def test_the_session_identity_opens_with_the_hospitals_key_and_stock_age_only(tmp_path: Path, keys: KeyMaker) -> None:
    key, recipient = hospital(tmp_path)
    public = await keys.make(tmp_path / "rec", (recipient,))
    opened = subprocess.run(
        ["age", "-d", "-i", str(key), str(tmp_path / "rec" / "session-key.age")], capture_output=True, check=True
    )
    assert str(pyrage.x25519.Identity.from_str(opened.stdout.decode().strip()).to_public()) == public
    assert b"AGE-SECRET" not in (tmp_path / "rec" / "session-key.age").read_bytes()


async def test_each_hospitals_key_opens_its_own_recordings_with_stock_age_and_no_other_hospitals(
    tmp_path: Path, keys: KeyMaker
) -> None:
    places = {name: tmp_path / name for name in ("one", "other")}
    for place in places.values():
        place.mkdir()
    made = {name: hospital(place) for name, place in places.items()}
    recipients = Recipients((), {name: (recipient,) for name, (_, recipient) in made.items()}, ())
    for name, place in places.items():
        await keys.make(place / "rec", recipients.of(name, 2))

    def opens(key: Path, place: Path) -> bool:
        command = ["age", "-d", "-i", str(key), str(place / "rec" / "session-key.age")]
        return subprocess.run(command, capture_output=True, check=False).stdout.startswith(b"AGE-SECRET-KEY-1")

    opened = {(mine, theirs): opens(made[mine][0], places[theirs]) for mine in places for theirs in places}
    assert opened == {pair: pair[0] == pair[1] for pair in opened}


async def test_the_next_keys_process_waits_and_each_key_has_its_own(tmp_path: Path, keys: KeyMaker) -> None:
    _, recipient = hospital(tmp_path)
    keys.prepare()
    one, other = [await keys.make(tmp_path / name, (recipient,)) for name in ("one", "other")]
    assert one != other
    assert keys._next is not None
    waiting = await keys._next
    assert waiting.returncode is None
    waiting.kill()
    await waiting.wait()
    assert (await keys.make(tmp_path / "third", (recipient,))).startswith("age1")
    last = keys._next
    await keys.close()
    assert last is not None
    assert (await last).returncode == 0


@pytest.mark.parametrize("recipients", [(), ("age1nonsense",)])
async def test_without_a_usable_recipient_there_is_no_key(tmp_path: Path, keys: KeyMaker, recipients: tuple[str, ...]) -> None:
    with pytest.raises(SealingFailed):
        await keys.make(tmp_path / "rec", recipients)
    assert not (tmp_path / "rec" / "session-key.age").exists()


async def test_a_folder_that_cannot_be_made_is_a_failure_of_sealing(tmp_path: Path, keys: KeyMaker) -> None:
    (tmp_path / "rec").write_text("a file is in the way", "ascii")
    with pytest.raises(SealingFailed):
        await keys.make(tmp_path / "rec" / "deeper", (hospital(tmp_path)[1],))


async def test_a_recording_is_prepared_once_and_its_heads_are_signed(tmp_path: Path, keys: KeyMaker) -> None:
    signer = Signer.from_folder(tmp_path / "keys")
    origin = Origin(1000.0, 5_000_000, "1970-01-01T00:16:40.000Z")
    recording = SessionRecording("s", tmp_path / "rec", sealed_to(hospital(tmp_path)[1]), signer, lambda: origin, keys)
    await recording.prepare()
    public = recording.public
    await recording.prepare()
    opening = recording.opening()
    assert (opening.recipient, opening.origin_us, opening.origin_utc) == (public, origin.monotonic_us, origin.utc)
    signed = recording.signed(control.Head("s", 3, "cd" * 32, 0, 2))
    assert recording.head == Anchor(3, "cd" * 32)
    assert recording.seconds == 2
    assert recording.began_at == 1000.0
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer.public_hex)).verify(
        signed.signature, message_to_sign("s", 3, "cd" * 32)
    )


async def test_a_known_key_is_not_made_again(tmp_path: Path, keys: KeyMaker) -> None:
    origin = Origin(1.0, 2, "")
    recording = SessionRecording(
        "s", tmp_path / "rec", sealed_to(), Signer.from_folder(tmp_path), lambda: Origin(9.0, 9, ""), keys
    )
    assert recording.began_at == 0.0
    recording.resume("age1known", origin)
    await recording.prepare()
    assert recording.public == "age1known"
    assert recording.opening().origin_us == 2


async def test_a_key_that_a_dead_run_left_without_a_manifest_is_made_anew(tmp_path: Path, keys: KeyMaker) -> None:
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "session-key.age").write_text("an orphan", "ascii")
    signer = Signer.from_folder(tmp_path / "keys")
    recording = SessionRecording(
        "s", tmp_path / "rec", sealed_to(hospital(tmp_path)[1]), signer, lambda: Origin(1.0, 2, ""), keys
    )
    await recording.prepare()
    assert recording.public.startswith("age1")
    assert (tmp_path / "rec" / "session-key.age").read_bytes() != b"an orphan"


async def test_a_key_that_a_manifest_uses_is_never_replaced(tmp_path: Path, keys: KeyMaker) -> None:
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "session-key.age").write_text("sealed", "ascii")
    (tmp_path / "rec" / "manifest.jsonl").write_text("{}\n", "ascii")
    signer = Signer.from_folder(tmp_path / "keys")
    recording = SessionRecording(
        "s", tmp_path / "rec", sealed_to(hospital(tmp_path)[1]), signer, lambda: Origin(1.0, 2, ""), keys
    )
    with pytest.raises(SealingFailed):
        await recording.prepare()
    assert (tmp_path / "rec" / "session-key.age").read_text("ascii") == "sealed"
