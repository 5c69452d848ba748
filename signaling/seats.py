"""Who holds a seat: a seat is (session, role), its epoch rises with every new holder, the newest holder is its only voice."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    GUARDIAN = "guardian"
    PHYSICIAN = "physician"
    LOCAL_DOCTOR = "local_doctor"
    INTERPRETER = "interpreter"
