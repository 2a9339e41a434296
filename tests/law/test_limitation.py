"""Two years, or five where life, health or finance came to harm; from the day on which the violation ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid, Unlawful
from engine.law.limitation import (
    CONTINUING,
    SINGLE,
    STATES,
    Violation,
    found_on,
    limitation,
    require_in_time,
    still_punishable,
)
from tests.law.builders import day

DAYS = st.dates(date(2000, 1, 1), date(2090, 1, 1))


@pytest.mark.rule("TL_PEN_LIMITATION")
@pytest.mark.rule("TL_PEN_LIMITATION_SAFETY")
@pytest.mark.rule("INV-P28")
@pytest.mark.parametrize(
    ("began", "ended", "state", "safety", "harm", "last"),
    [
        ("2024-03-04", "2024-03-04", "SINGLE", False, False, "2026-03-04"),
        ("2024-02-29", "2024-02-29", "SINGLE", False, False, "2026-02-28"),
        ("2024-02-29", "2024-02-29", "SINGLE", True, True, "2029-02-28"),
        ("2024-03-04", "2024-03-04", "SINGLE", True, False, "2026-03-04"),
        ("2024-03-04", "2024-03-04", "SINGLE", False, True, "2026-03-04"),
        ("2024-03-04", "2024-03-04", "SINGLE", True, True, "2029-03-04"),
        ("2022-01-01", "2024-12-31", "CONTINUING", False, False, "2026-12-31"),
        ("2022-01-01", "2024-12-31", "CONTINUOUS", False, False, "2026-12-31"),
        ("2022-01-01", "2024-12-31", "SINGLE", False, False, "2024-01-01"),
        ("2022-01-01", None, "CONTINUING", False, False, None),
        ("2026-02-02", "2026-03-04", "CONTINUING", True, True, "2031-03-04"),
    ],
)
def test_last_day_of_the_period(
    began: str, ended: str | None, state: str, safety: bool, harm: bool, last: str | None
) -> None:
    """行政处罚法 第三十六条第一款、第二款."""
    period = limitation(Violation(day(began), day(ended) if ended else None, state), safety=safety, harm=harm)
    assert period.last_day == (day(last) if last else None)
    assert "行政处罚法 第三十六条" in period.article
    assert all(period.trace)


@pytest.mark.rule("INV-P28")
def test_found_on_the_last_day_is_in_time_and_a_day_later_is_not() -> None:
    period = limitation(Violation(day("2024-03-04"), day("2024-03-04"), SINGLE))
    require_in_time(period, day("2026-03-04"))
    with pytest.raises(Unlawful, match="2年未被发现") as refused:
        require_in_time(period, day("2026-03-05"))
    assert "第三十六条" in refused.value.article


def test_a_lasting_violation_is_never_out_of_time() -> None:
    require_in_time(limitation(Violation(day("1999-01-01"), None)), day("2026-03-05"))


def test_another_statute_may_say_another_period() -> None:
    period = limitation(Violation(day("2020-03-04"), day("2020-03-04"), SINGLE), years=5, article="某法 第八十六条")
    assert period.last_day == day("2025-03-04")
    assert period.article == "某法 第八十六条"
    for years, article in ((0, "某法"), (5, " ")):
        with pytest.raises(Invalid):
            limitation(Violation(day("2020-03-04"), day("2020-03-04"), SINGLE), years=years, article=article)


def test_each_violation_has_a_period_of_its_own() -> None:
    acts = tuple(Violation(day(each), day(each), SINGLE) for each in ("2023-12-31", "2024-03-05", "2026-01-01"))
    assert still_punishable(acts, day("2026-03-05")) == (False, True, True)


def test_what_counts_as_found_is_the_filing_unless_a_package_says_the_clue() -> None:
    clue, filed = day("2026-03-02"), day("2026-03-05")
    assert found_on("filing", clue_on=clue, filed_on=filed) == filed
    assert found_on("clue", clue_on=clue, filed_on=filed) == clue
    assert found_on("clue", clue_on=None, filed_on=filed) == filed


@pytest.mark.parametrize(
    ("began", "ended", "state"), [("2026-01-02", "2026-01-01", CONTINUING), ("2026-01-01", None, SINGLE), ("2026-01-01", None, "X")]
)
def test_impossible_violations_are_refused(began: str, ended: str | None, state: str) -> None:
    with pytest.raises(Invalid):
        Violation(day(began), day(ended) if ended else None, state)


@given(DAYS, st.integers(0, 4000), st.sampled_from(sorted(STATES)), st.booleans(), st.booleans(), st.integers(0, 4000))
def test_safety_and_harm_never_shorten_and_a_later_end_never_shortens(
    began: date, length: int, state: str, safety: bool, harm: bool, later: int
) -> None:
    ended = began + timedelta(days=length)
    plain = limitation(Violation(began, ended, state)).last_day
    longer = limitation(Violation(began, ended, state), safety=safety, harm=harm).last_day
    lasting = limitation(Violation(began, ended + timedelta(days=later), state)).last_day
    assert plain is not None
    assert longer is not None
    assert lasting is not None
    assert longer >= plain
    assert lasting >= plain
