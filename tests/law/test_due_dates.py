"""Start → last day for every time limit, from tables that name the article; counted a second time day by day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.clock import end_of_day
from engine.errors import Unlawful
from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import load_limits
from engine.law.time_limits import AT_LEAST_BEFORE, FIXED_DATE, HOUR, TIMES_A_DAY
from tests.law import reference
from tests.law.builders import day, moment
from tests.law.due_rows import Row, rows, stopped_days

ROWS = rows()
REFUSED = "refused"
CALENDAR = WorkingCalendar()


def _marked(found: list[Row]) -> list[object]:
    return [pytest.param(row, marks=pytest.mark.rule(row.limit), id=f"{row.table}:{row.line}-{row.limit}") for row in found]


@pytest.mark.parametrize("row", _marked([row for row in ROWS if row.due != REFUSED]))
def test_limit_ends_on_its_day(row: Row) -> None:
    deadline = row.compute(CALENDAR)
    assert any(row.article in step.article for step in deadline.trace)
    assert not deadline.provisional or row.limit.endswith(("_REPORT_AB", "_REPORT_SC"))
    assert deadline.trace[-1].end == deadline.due_on
    if "T" in row.due:
        assert deadline.due_at == moment(row.due)
    else:
        assert deadline.due_on == day(row.due)
        assert deadline.due_at == end_of_day(day(row.due))


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.line}-{row.limit}") for row in ROWS if row.due == REFUSED])
def test_extension_that_the_law_does_not_grant_is_refused(row: Row) -> None:
    with pytest.raises(Unlawful) as refused:
        row.compute(CALENDAR)
    assert refused.value.code == "deadline.extension"
    assert row.article in refused.value.article


def test_the_tables_agree_with_a_count_day_by_day() -> None:
    wrong = [(row.table, row.line, row.due, counted) for row in ROWS if (counted := _counted(row)) != row.due]
    assert wrong == []


def test_every_limit_stands_in_the_tables_at_least_twice() -> None:
    known = load_limits()
    assert {row.limit for row in ROWS} == set(known)
    assert [each for each in known if sum(row.limit == each for row in ROWS) < 2] == []
    assert len(ROWS) >= 250
    assert len({(row.limit, row.start, row.stops, row.extensions) for row in ROWS}) >= 250


def _counted(row: Row) -> str:
    limit, start = load_limits()[row.limit], moment(row.start)
    if row.due == REFUSED:
        return REFUSED
    if limit.unit == HOUR:
        return (start + timedelta(minutes=60 * limit.amount)).strftime("%Y-%m-%dT%H:%M")
    if limit.unit == FIXED_DATE:
        return reference.next_date(start.date(), limit.fixed_on).isoformat()
    if limit.direction == AT_LEAST_BEFORE:
        return reference.last_day_before(start.date(), limit.amount).isoformat()
    times = limit.unit == TIMES_A_DAY
    then = tuple((each.amount, rule.unit) for each, rule in zip(row.granted(), limit.extensions, strict=False))
    return reference.last_day(
        start.date(), 0 if times else limit.amount, limit.unit, stopped=stopped_days(row), rolls=limit.rolls or times, then=then
    ).isoformat()
