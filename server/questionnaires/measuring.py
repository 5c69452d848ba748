"""Heights and weights in words, as letters and FHIR say them: what was measured, in which unit, and how it was taken. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from server.questionnaires.measurements import Clothes, Kind, Measurement, Method
from server.referral import Words

KINDS: Final[Mapping[Kind, Words]] = MappingProxyType(
    {Kind.HEIGHT: Words("身高", "Height"), Kind.WEIGHT: Words("体重", "Weight")}
)
UNITS: Final[Mapping[Kind, str]] = MappingProxyType({Kind.HEIGHT: "cm", Kind.WEIGHT: "kg"})
"""As UCUM writes them."""
METHODS: Final[Mapping[Method, Words]] = MappingProxyType(
    {
        Method.LYING_HOME: Words("在家躺着用软尺测量", "lying, with a tape at home"),
        Method.LYING_CLINIC: Words("在医疗机构躺着用量床测量", "lying, on a length board at a clinic"),
        Method.STANDING_HOME: Words("在家站着用软尺测量", "standing, with a tape at home"),
        Method.STANDING_CLINIC: Words("在医疗机构站着用身高计测量", "standing, with a stadiometer at a clinic"),
        Method.SCALE_HOME: Words("家用体重秤", "a scale at home"),
        Method.SCALE_CLINIC: Words("医疗机构体重秤", "a scale at a clinic"),
    }
)
CLOTHES: Final[Mapping[Clothes, Words]] = MappingProxyType(
    {
        Clothes.NONE: Words("裸身或干净尿布", "bare, or a dry nappy"),
        Clothes.LIGHT: Words("单衣", "light clothes"),
        Clothes.HEAVY: Words("厚衣", "heavy clothes"),
    }
)


def how(measured: Measurement) -> Words:
    """How it was taken, and of a weight in what clothes."""
    taken = METHODS[measured.method]
    if measured.clothes is None:
        return taken
    worn = CLOTHES[measured.clothes]
    return Words(f"{taken.zh}，{worn.zh}", f"{taken.en}, {worn.en}")
