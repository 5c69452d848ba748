"""How a measurement was taken, in words."""

from __future__ import annotations

from server.questionnaires.measurements import Clothes, Kind, Method, read_back
from server.questionnaires.measuring import CLOTHES, KINDS, METHODS, UNITS, how
from server.referral import Words


def test_whatever_can_be_told_has_its_words() -> None:
    assert set(METHODS) == set(Method)
    assert set(CLOTHES) == set(Clothes)
    assert set(KINDS) == set(UNITS) == set(Kind)


def test_a_height_is_taken_somehow_and_a_weight_in_some_clothes() -> None:
    height, weight = read_back(
        [
            {"kind": "height", "value": "75", "on": "2026-02-01", "method": "lying_clinic"},
            {"kind": "weight", "value": "9.1", "on": "2026-02-01", "method": "scale_home", "clothes": "none"},
        ]
    )
    assert how(height) == Words("在医疗机构躺着用量床测量", "lying, on a length board at a clinic")
    assert how(weight) == Words("家用体重秤，裸身或干净尿布", "a scale at home, bare, or a dry nappy")
