"""The bounds, the verdicts and the two forms of the table."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from tests.network import __main__ as bench
from tests.network import table
from tests.network.play import SPARE, STOLEN, Played, spare_cpu, together
from tests.network.scenes import SCENES, Bound, Figures, Scene
from tests.network.stage import Stage


def never_played(stage: Stage) -> Awaitable[Figures]:
    raise AssertionError("nothing is played here")


SCENE = Scene("loss", "some loss", never_played, (Bound("freeze_s", 1), Bound("fps", at_least=20), Bound("held", at_least=1)))
RUN = table.Run("2026-11-22", "2 cores", 3, "abc1234")
GOOD: Figures = {"freeze_s": 0.5, "fps": 25.0, "held": 1.0, "concealed": None, SPARE: 40.0}


def test_a_bound_holds_up_to_its_value_and_never_for_what_did_not_come_about() -> None:
    low, high = Bound("freeze_s", 1), Bound("fps", at_least=20)
    assert [low.holds(value) for value in (0, 1, 1.01, None)] == [True, True, False, False]
    assert [high.holds(value) for value in (20, 19.9, None)] == [True, False, False]


def test_doubled_bounds_are_twice_as_lenient_and_what_must_be_so_still_must() -> None:
    low, high, verdict = (bound.doubled() for bound in SCENE.bounds)
    assert (low.at_most, high.at_least) == (2, 10)
    assert not verdict.holds(0)


@pytest.mark.parametrize(
    ("changed", "broken"),
    [({}, []), ({"freeze_s": 1.5}, ["freeze_s"]), ({"fps": None}, ["fps"]), ({"held": 0.0, "fps": 3.0}, ["fps", "held"])],
)
def test_a_scene_holds_when_all_its_bounds_do(changed: Figures, broken: list[str]) -> None:
    played = Played(SCENE, {**GOOD, **changed})
    assert [bound.figure for bound in played.broken] == broken
    assert played.ok == (not broken)


def test_a_figure_that_was_not_measured_fails() -> None:
    assert not Played(SCENE, {}).ok


def test_runs_give_medians_and_a_run_that_broke_off_counts_as_the_worst() -> None:
    played = together(SCENE, [{"freeze_s": 0.2, "fps": 30.0}, {}, {"freeze_s": 0.6, "fps": 22.0}])
    assert played.figures == {"freeze_s": 0.6, "fps": 22.0}
    assert together(SCENE, [{}, {}]).figures == {}


def test_the_json_says_name_verdict_and_figures_of_each_scene() -> None:
    said = json.loads(table.as_json([Played(SCENE, GOOD), Played(SCENE, {})]))
    assert said == {
        "scenes": [
            {"name": "loss", "ok": True, "figures": GOOD},
            {"name": "loss", "ok": False, "figures": {}},
        ]
    }


def test_the_table_shows_each_bound_and_what_fails() -> None:
    text = table.as_text([Played(SCENE, {**GOOD, "fps": 3.0})])
    rows = [line.split() for line in text.splitlines()]
    assert ["freeze_s", "0.5", "<=", "1", "ok"] in rows
    assert ["fps", "3", ">=", "20", "FAILS"] in rows
    assert ["concealed", "never"] in rows
    assert text.endswith("0 of 1 scenes hold.")


def test_a_starved_run_is_said() -> None:
    assert "of it, in loss: what fails" in table.as_text([Played(SCENE, {**GOOD, SPARE: 1.0})])
    assert "of it, in loss: what fails" in table.as_text([Played(SCENE, {**GOOD, STOLEN: 25.0})])
    assert "to spare" not in table.as_text([Played(SCENE, GOOD)])


def test_the_kept_page_is_a_markdown_table() -> None:
    page = table.as_markdown({"loss": (Played(SCENE, GOOD), RUN)})
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
    assert "(2026-11-22, 3 x, abc1234)" in rows[2]
    assert "2 cores" in page


def test_what_is_kept_can_be_read_again_but_for_scenes_that_are_gone() -> None:
    kept = {"loss": (Played(SCENE, GOOD), RUN), "gone": (Played(replace(SCENE, name="gone"), GOOD), RUN)}
    assert table.read_kept(table.kept_json(kept), {"loss": SCENE}) == {"loss": (Played(SCENE, GOOD), RUN)}


def test_a_scene_to_compare_with_is_told_and_not_judged() -> None:
    compared = Played(replace(SCENE, name="direct", about="for comparison", bounds=()), GOOD)
    text = table.as_text([Played(SCENE, GOOD), compared])
    assert "\ndirect: for comparison\n" in text
    assert text.endswith("1 of 1 scenes hold.")


def test_the_scenes_have_names_of_their_own_and_something_to_hold() -> None:
    assert len({scene.name for scene in SCENES}) == len(SCENES)
    assert [scene.name for scene in SCENES if not scene.bounds] == ["direct"]


def test_spare_cpu_is_a_share_of_the_machine() -> None:
    with spare_cpu() as spare:
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            pass
    assert 0 <= spare[SPARE] <= 100
    assert 0 <= spare[STOLEN] <= 100 - spare[SPARE] + 0.001


def test_without_root_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert bench.main(["--scene", "clean", "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "run it as root" in said.err


@pytest.mark.parametrize("arguments", [["--runs", "0"], ["--scene", "nowhere"]])
def test_nonsense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        bench.main(arguments)
    assert refused.value.code == 2
