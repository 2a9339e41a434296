"""The tables of limits are complete, consistent and the same as what the requirements ask for."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from engine.law.explaining import UNITS
from engine.law.time_limits import (
    AT_LEAST_BEFORE,
    FIXED_DATE,
    HOUR,
    WORKING_DAY,
    TimeLimit,
    files_of_limits,
    load_limits,
    load_suspensions,
)

REQUIREMENTS = Path(__file__).parents[1] / "house" / "requirements.csv"
LIMITS = load_limits()


def test_every_limit_that_is_asked_for_is_in_the_tables() -> None:
    with REQUIREMENTS.open(encoding="utf-8", newline="") as lines:
        asked = {row["id"] for row in csv.DictReader(lines) if row["id"].startswith("TL_")}
    assert set(LIMITS) == asked == set(files_of_limits())
    assert len(LIMITS) == 107


def test_no_id_stands_in_two_files() -> None:
    folder = Path(__file__).parents[2] / "engine" / "law" / "time_limits"
    ids = [line for path in folder.glob("*.toml") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith('id = "')]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("limit", LIMITS.values(), ids=list(LIMITS))
def test_a_limit_is_whole(limit: TimeLimit) -> None:
    assert limit.unit in UNITS
    assert (limit.amount > 0) != (limit.unit == FIXED_DATE)
    assert (limit.fixed_on != "") == (limit.unit == FIXED_DATE)
    assert limit.direction in ("within", "at_least_before", "not_less_than", "not_more_than", "party_right")
    assert limit.protects in ("agency_duty", "party_right", "both")
    assert limit.red in ("overdue", "block", "information", "automatic", "track")
    assert limit.confidence in ("verified", "summary", "memory", "proposed")
    assert limit.started_by and limit.ended_by and limit.procedures and limit.basis
    assert set(limit.suspensions) <= set(load_suspensions())
    assert not (limit.unit == HOUR and (limit.suspensions or limit.extensions or limit.rolls))
    assert not (limit.direction == AT_LEAST_BEFORE and (limit.unit != WORKING_DAY or limit.suspensions or limit.extensions))
    assert limit.subject == limit.id or limit.subject in LIMITS or limit.subject in {"TL_BACKFILL", "TL_CAT_APPLY", "TL_CAT_UPDATE"}
    assert limit.yellow_remaining > 0
    if limit.unit == limit.yellow_unit:
        assert limit.yellow_remaining < limit.amount or limit.amount == 1
    for extension in limit.extensions:
        assert extension.basis and extension.approver and extension.condition and extension.times >= 1


def test_what_is_not_in_a_law_says_so() -> None:
    proposed = {limit.id for limit in LIMITS.values() if limit.confidence == "proposed"}
    assert {each for each in LIMITS if each.endswith("_PROPOSED")} <= proposed
    assert [each for each in proposed if "平台建议" not in LIMITS[each].basis] == []


def test_only_doubtful_rules_have_another_reading() -> None:
    readings = {reading.setting for limit in LIMITS.values() for reading in limit.readings}
    assert readings == {
        "decision_rules_of_market_regulation", "hearing_stop_ends", "item_change_days_are_working_days", "measure_period_rolls",
        "transfer_days_are_working_days",
    }
    assert all(reading.why for limit in LIMITS.values() for reading in limit.readings)


def test_nothing_moves_on_in_favour_of_the_agency_where_the_law_is_silent() -> None:
    """行政强制法 第二十五条、第三十二条; 行政处罚法 第三十六条: seizure, freezing and limitation end on their day."""
    still = ("TL_COER_SEIZE", "TL_COER_FREEZE", "TL_PEN_LIMITATION", "TL_PEN_LIMITATION_SAFETY", "TL_PUBLICITY_MAX")
    assert [each for each in still if LIMITS[each].rolls] == []
