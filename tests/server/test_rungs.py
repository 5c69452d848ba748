"""What pages and relay say of their legs, as changes to journal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.rate.ladder import RUNGS, Rung
from server import rungs
from server.events import RungChanged, WeakLeg
from server.rungs import Rungs
from signaling.seats import Role

G, P, I = Role.GUARDIAN, Role.PHYSICIAN, Role.INTERPRETER  # noqa: E741
BOTH = (G, P)
UP, DOWN = WeakLeg.UPLINK, WeakLeg.DOWNLINK


def test_a_weak_uplink_is_told_of_the_directions_from_there() -> None:
    known, due, again = rungs.changes(rungs.sending(Rungs(), G, Rung.LOW), (G, P, I), 5.0)
    assert due == (RungChanged(G, P, Rung.LOW, UP), RungChanged(G, I, Rung.LOW, UP))
    assert again is None
    assert rungs.changes(known, (G, P, I), 9.0) == (known, (), None)


def test_a_weak_downlink_is_told_of_the_directions_that_lead_there() -> None:
    _, due, _ = rungs.changes(rungs.bearing(Rungs(), P, Rung.SOUND), BOTH, 5.0)
    assert due == (RungChanged(G, P, Rung.SOUND, DOWN),)


def test_the_worse_leg_counts_and_of_two_equal_ones_the_receivers() -> None:
    both = rungs.bearing(rungs.sending(Rungs(), G, Rung.STILLS), P, Rung.LOW)
    assert rungs.changes(both, BOTH, 0.0)[1] == (RungChanged(G, P, Rung.STILLS, UP),)
    both = rungs.bearing(both, P, Rung.STILLS)
    assert rungs.changes(both, BOTH, 0.0)[1] == (RungChanged(G, P, Rung.STILLS, DOWN),)
    both = rungs.bearing(both, P, Rung.CHAT)
    assert rungs.changes(both, BOTH, 0.0)[1] == (RungChanged(G, P, Rung.CHAT, DOWN),)


def test_what_wavers_is_told_once_a_second_and_then_the_newest() -> None:
    known, due, _ = rungs.changes(rungs.sending(Rungs(), G, Rung.LOW), BOTH, 10.0)
    assert due
    known, due, again = rungs.changes(rungs.sending(known, G, Rung.STILLS), BOTH, 10.2)
    assert (due, again) == ((), 11.0)
    known, due, again = rungs.changes(rungs.sending(known, G, Rung.SOUND), BOTH, 10.9)
    assert (due, again) == ((), 11.0)
    known, due, again = rungs.changes(known, BOTH, 11.0)
    assert (due, again) == ((RungChanged(G, P, Rung.SOUND, UP),), None)
    _, due, again = rungs.changes(rungs.sending(known, G, Rung.SOUND), BOTH, 11.1)
    assert (due, again) == ((), None)


def test_back_at_full_is_told_too() -> None:
    known, _, _ = rungs.changes(rungs.sending(Rungs(), G, Rung.LOW), BOTH, 0.0)
    assert rungs.changes(rungs.sending(known, G, Rung.FULL), BOTH, 2.0)[1] == (RungChanged(G, P, Rung.FULL, UP),)


def test_nobody_is_told_of_those_who_are_not_here_until_they_come() -> None:
    known, due, _ = rungs.changes(rungs.sending(Rungs(), G, Rung.LOW), (G,), 0.0)
    assert due == ()
    assert rungs.changes(known, BOTH, 1.0)[1] == (RungChanged(G, P, Rung.LOW, UP),)


def test_a_new_connection_begins_with_nothing_known_and_the_others_stay_known() -> None:
    said = rungs.bearing(rungs.sending(rungs.sending(Rungs(), G, Rung.LOW), P, Rung.SOUND), G, Rung.CHAT)
    known, due, _ = rungs.changes(said, BOTH, 0.0)
    assert len(due) == 2
    known, due, _ = rungs.changes(rungs.begun_anew(known, G), BOTH, 5.0)
    assert due == (RungChanged(P, G, Rung.SOUND, UP),)
    assert (known.sends, known.bears) == ({P: Rung.SOUND}, {})


@given(
    st.lists(
        st.tuples(st.sampled_from(["sends", "bears", "anew"]), st.sampled_from(BOTH), st.sampled_from(RUNGS), st.floats(0, 3))
    )
)
def test_whatever_is_said_the_journal_ends_with_the_truth_and_holds_at_most_one_a_second(
    said: list[tuple[str, Role, Rung, float]],
) -> None:
    known, now = Rungs(), 0.0
    sends, bears, shown = dict.fromkeys(BOTH, Rung.FULL), dict.fromkeys(BOTH, Rung.FULL), {(G, P): Rung.FULL, (P, G): Rung.FULL}
    last: dict[tuple[Role, Role], float] = {}

    def look() -> None:
        nonlocal known
        known, due, _ = rungs.changes(known, BOTH, now)
        for event in due:
            way = (event.sender, event.receiver)
            assert now >= last.get(way, -9.0) + rungs.AGAIN_AFTER_S
            last[way], shown[way] = now, event.rung

    for what, role, rung, later in said:
        now += later
        if what == "sends":
            known, sends[role] = rungs.sending(known, role, rung), rung
        elif what == "bears":
            known, bears[role] = rungs.bearing(known, role, rung), rung
        else:
            known, sends[role], bears[role] = rungs.begun_anew(known, role), Rung.FULL, Rung.FULL
            shown = dict.fromkeys(shown, Rung.FULL)  # both directions are the newcomer's
        look()
    now = max([now, *(at + rungs.AGAIN_AFTER_S for at in last.values())])
    look()
    for sender, receiver in shown:
        assert shown[sender, receiver] == max(sends[sender], bears[receiver], key=RUNGS.index)


def test_without_the_relay_no_downlink_is_weak_and_uplinks_stay_as_they_were_said() -> None:
    weak = rungs.bearing(rungs.sending(Rungs(), G, Rung.LOW), G, Rung.SOUND)
    assert rungs.changes(rungs.relay_lost(weak), BOTH, 5.0)[1] == (RungChanged(G, P, Rung.LOW, UP),)
