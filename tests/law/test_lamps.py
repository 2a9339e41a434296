"""Lamps and remaining days of a running limit."""

from __future__ import annotations

import pytest

from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import days_left, lamp
from tests.law.builders import due, moment


def test_lamp_turns_yellow_and_red() -> None:
    deadline = due("TL_PEN_DECISION", "2026-03-05")
    assert lamp(deadline, moment("2026-05-13T23:59")) == "green"
    assert lamp(deadline, moment("2026-05-14T00:00")) == "yellow"
    assert lamp(deadline, moment("2026-06-03T23:59")) == "yellow"
    assert lamp(deadline, moment("2026-06-04T00:00")) == "red"


def test_lamp_of_working_days_counts_working_days() -> None:
    deadline = due("TL_DEFENCE_WINDOW", "2026-03-30")
    assert lamp(deadline, moment("2026-04-02T23:00")) == "green"
    assert lamp(deadline, moment("2026-04-03T08:00")) == "yellow"
    assert lamp(deadline, moment("2026-04-08T00:00")) == "red"


@pytest.mark.parametrize(
    ("now", "natural", "working"), [("2026-04-02", 5, 2), ("2026-04-07T23:00", 0, 0), ("2026-04-10", -3, -3)]
)
def test_days_left(now: str, natural: int, working: int) -> None:
    deadline = due("TL_DEFENCE_WINDOW", "2026-03-30")
    assert days_left(deadline, moment(now)) == natural
    assert days_left(deadline, moment(now), WorkingCalendar()) == working
