"""The ICE-lite agent, with aioice's STUN as the independent oracle."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import pytest
from aioice import stun
from hypothesis import given, settings
from hypothesis import strategies as st

from media.ice import Address, Agent, Binding, Credentials, Drop, Path

HERE = Credentials("abcd1234", "the password of this leg")
ADDRESS: Address = ("198.51.100.7", 40000)
ELSEWHERE: Address = ("203.0.113.9", 50000)
LEG = 7


def message(
    username: str = "abcd1234:peer", password: str = HERE.password, transaction: bytes = b"t" * 12, **attributes: object
) -> stun.Message:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, transaction)
    request.attributes["USERNAME"] = username
    request.attributes["PRIORITY"] = 1
    for name, value in attributes.items():
        request.attributes[name.replace("_", "-")] = value
    request.add_message_integrity(password.encode())
    return request


def request(*args: object, **kwargs: object) -> bytes:
    return bytes(message(*args, **kwargs))  # type: ignore[arg-type]


def resigned(datagram: bytes) -> bytes:
    """With a fingerprint that fits again."""
    return datagram[:-4] + struct.pack("!I", zlib.crc32(datagram[:-8]) ^ 0x5354554E)


@pytest.fixture
def agent() -> Agent:
    agent = Agent()
    agent.grant(LEG, HERE)
    return agent


@pytest.mark.parametrize(
    ("address", "mapped"),
    [
        (ADDRESS, ADDRESS),
        (("2001:db8::1", 5000, 0, 0), ("2001:db8::1", 5000)),
        (("::ffff:198.51.100.7", 5000, 0, 0), ("198.51.100.7", 5000)),
        (("fe80::1%eth0", 5000, 0, 2), ("fe80::1", 5000)),
    ],
)
def test_an_authentic_request_is_answered_and_validates_its_address(agent: Agent, address: Address, mapped: Address) -> None:
    binding = agent.receive(request(), address, 0)
    assert isinstance(binding, Binding)
    assert (binding.owner, binding.address, binding.nominated) == (LEG, address, False)
    assert agent.routes == {address: LEG}
    reply = stun.parse_message(binding.reply)
    assert reply.check_message_integrity(HERE.password.encode())
    assert (reply.message_class, reply.message_method) == (stun.Class.RESPONSE, stun.Method.BINDING)
    assert reply.transaction_id == b"t" * 12
    assert reply.attributes["XOR-MAPPED-ADDRESS"] == mapped
    assert "FINGERPRINT" in reply.attributes


def test_use_candidate_nominates(agent: Agent) -> None:
    binding = agent.receive(request(USE_CANDIDATE=None), ADDRESS, 0)
    assert isinstance(binding, Binding)
    assert binding.nominated


def test_an_unknown_ufrag_is_not_answered(agent: Agent) -> None:
    assert agent.receive(request("stranger:peer"), ADDRESS, 0) is Drop.UNKNOWN_UFRAG
    assert agent.receive(request("ünfug:peer"), ADDRESS, 0) is Drop.UNKNOWN_UFRAG
    assert agent.routes == {}


def test_a_wrong_password_is_not_answered(agent: Agent) -> None:
    assert agent.receive(request(password="guessed"), ADDRESS, 0) is Drop.BAD_INTEGRITY
    unsigned = message()
    del unsigned.attributes["MESSAGE-INTEGRITY"]
    unsigned.add_fingerprint()
    assert agent.receive(bytes(unsigned), ADDRESS, 0) is Drop.BAD_INTEGRITY


def test_a_request_needs_its_fingerprint_at_the_end(agent: Agent) -> None:
    good = request()
    bare = stun.set_body_length(good[:-8], len(good) - 28)
    assert agent.receive(bare, ADDRESS, 0) is Drop.BAD_FINGERPRINT
    assert agent.receive(good[:-1] + bytes((good[-1] ^ 1,)), ADDRESS, 0) is Drop.BAD_FINGERPRINT


def test_what_follows_the_integrity_does_not_count(agent: Agent) -> None:
    good = request()
    smuggled = good[:-8] + struct.pack("!HH", 0x0025, 0) + good[-8:]
    binding = agent.receive(resigned(stun.set_body_length(smuggled, len(smuggled) - 20)), ADDRESS, 0)
    assert isinstance(binding, Binding)
    assert not binding.nominated


def test_a_peer_that_claims_to_be_controlled_is_not_served(agent: Agent) -> None:
    assert agent.receive(request(**{"ICE-CONTROLLED": 1}), ADDRESS, 0) is Drop.NOT_A_REQUEST


def test_a_request_without_a_name_is_not_served(agent: Agent) -> None:
    anonymous = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, b"t" * 12)
    anonymous.add_message_integrity(HERE.password.encode())
    assert agent.receive(bytes(anonymous), ADDRESS, 0) is Drop.NOT_A_REQUEST


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x00",
        bytes(20),
        request()[:-4],
        b"\x00\x03" + request()[2:],
        request() + bytes(600),
        stun.set_body_length(request() + b"\x80\x22\x00\x40", len(request()) - 16),
        stun.set_body_length(request() + b"xx", len(request()) - 18),
    ],
)
def test_anything_else_is_no_request(agent: Agent, datagram: bytes) -> None:
    assert agent.receive(datagram, ADDRESS, 0) is Drop.NOT_A_REQUEST


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_garbage_never_raises_and_never_validates(tail: bytes) -> None:
    agent = Agent()
    agent.grant(LEG, HERE)
    for datagram in (tail, request()[:20] + tail, request()[: len(tail)]):
        assert isinstance(agent.receive(datagram, ADDRESS, 0), Drop)
    assert agent.routes == {}


@settings(deadline=None)
@given(st.integers(0, len(request()) - 1), st.integers(1, 255))
def test_a_request_altered_anywhere_is_not_answered(at: int, change: int) -> None:
    agent = Agent()
    agent.grant(LEG, HERE)
    altered = bytearray(request())
    altered[at] ^= change
    assert isinstance(agent.receive(bytes(altered), ADDRESS, 0), Drop)


def test_a_request_repeated_from_another_address_is_worth_nothing(agent: Agent) -> None:
    agent.receive(request(USE_CANDIDATE=None), ADDRESS, 0)
    assert isinstance(agent.receive(request(USE_CANDIDATE=None), ADDRESS, 1), Binding)  # a retransmission
    assert agent.receive(request(USE_CANDIDATE=None), ELSEWHERE, 2) is Drop.REPLAYED
    assert agent.routes == {ADDRESS: LEG}


def test_the_memory_of_requests_is_bounded_but_long(agent: Agent) -> None:
    for number in range(4097):
        agent.receive(request(transaction=number.to_bytes(12, "big")), ADDRESS, number)
    assert agent.receive(request(transaction=(1).to_bytes(12, "big")), ELSEWHERE, 0) is Drop.REPLAYED
    assert isinstance(agent.receive(request(transaction=(0).to_bytes(12, "big")), ELSEWHERE, 0), Binding)


_ALIKE = st.integers(0, 4).map(lambda shift: bytes([0] * shift + [1] + [0] * (11 - shift)))


@given(st.lists(st.tuples(_ALIKE | st.binary(min_size=12, max_size=12), st.sampled_from([ADDRESS, ELSEWHERE])), max_size=60))
def test_a_transaction_belongs_to_the_address_that_it_came_from_first(heard: list[tuple[bytes, Address]]) -> None:
    """Also where the one begins in the middle of what is remembered of another."""
    agent, first = Agent(), dict[bytes, Address]()
    agent.grant(LEG, HERE)
    for transaction, address in heard:
        answer = agent.receive(request(transaction=transaction), address, 0)
        assert (answer is not Drop.REPLAYED) is (first.setdefault(transaction, address) == address)


def test_what_is_remembered_of_an_hour_of_checks_is_small(agent: Agent) -> None:
    """Kept as objects, transactions and addresses would weigh more than all the rest of a leg's memory."""
    checks = [request(transaction=number.to_bytes(12, "big")) for number in range(1440)]  # an hour of them
    tracemalloc.start()
    try:
        for check in checks:
            agent.receive(check, ("".join(("203.0.", "113.7")), int("40001")), 0)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1440 * 40


def test_an_ice_restart_keeps_the_last_credentials_good(agent: Agent) -> None:
    second, third = Credentials("second00", "another password"), Credentials("third000", "a third password")
    agent.grant(LEG, second)
    assert isinstance(agent.receive(request(), ADDRESS, 0), Binding)
    assert isinstance(agent.receive(request("second00:peer", second.password), ADDRESS, 0), Binding)
    agent.grant(LEG, third)
    assert agent.receive(request(transaction=b"u" * 12), ADDRESS, 0) is Drop.UNKNOWN_UFRAG
    assert isinstance(agent.receive(request("second00:peer", second.password), ADDRESS, 0), Binding)
    assert isinstance(agent.receive(request("third000:peer", third.password), ADDRESS, 0), Binding)


def test_a_leg_that_is_gone_has_neither_credentials_nor_addresses(agent: Agent) -> None:
    agent.grant(8, Credentials("other000", "other password"))
    agent.receive(request(), ADDRESS, 0)
    agent.receive(request("other000:peer", "other password"), ELSEWHERE, 0)
    agent.withdraw(LEG)
    assert agent.routes == {ELSEWHERE: 8}
    assert agent.receive(request(), ADDRESS, 0) is Drop.UNKNOWN_UFRAG


def test_an_address_whose_connection_ended_is_free_again(agent: Agent) -> None:
    agent.receive(request(), ADDRESS, 0)
    agent.leave(ADDRESS)
    agent.leave(ELSEWHERE)  # nobody's
    assert agent.routes == {}


def test_an_address_in_use_is_not_taken_over(agent: Agent) -> None:
    agent.grant(8, Credentials("other000", "other password"))
    agent.receive(request(), ADDRESS, 0)
    agent.heard(LEG, 1_000_000)
    theft = request("other000:peer", "other password")
    assert agent.receive(theft, ADDRESS, 5_999_999) is Drop.ADDRESS_IN_USE
    assert agent.routes == {ADDRESS: LEG}
    assert isinstance(agent.receive(theft, ADDRESS, 6_000_000), Binding)  # a port used again after its leg fell silent
    assert agent.routes == {ADDRESS: 8}


def test_a_leg_has_a_bounded_number_of_addresses(agent: Agent) -> None:
    for port in range(1, 20):
        agent.receive(request(transaction=port.to_bytes(12, "big")), ("198.51.100.7", port), 0)
    assert list(agent.routes) == [("198.51.100.7", port) for port in range(4, 20)]


def test_secrets_are_not_printed() -> None:
    assert "password" not in repr(HERE)


# --- the path -------------------------------------------------------------------------------------


def test_before_the_keys_are_agreed_the_path_follows_nomination_and_handshake() -> None:
    path = Path()
    assert path.address is None
    path.bound(ADDRESS, nominated=False)
    assert path.address == ADDRESS
    path.bound(ELSEWHERE, nominated=False)
    assert path.address == ADDRESS
    path.bound(ELSEWHERE, nominated=True)
    assert path.address == ELSEWHERE
    path.handshaking(ADDRESS)
    assert path.address == ADDRESS


def test_a_running_path_moves_only_with_authenticated_media() -> None:
    path = Path()
    path.bound(ADDRESS, nominated=True)
    path.started()
    path.bound(ELSEWHERE, nominated=True)
    path.handshaking(ELSEWHERE)
    assert path.address == ADDRESS
    path.authenticated(ELSEWHERE)
    assert path.address == ELSEWHERE
