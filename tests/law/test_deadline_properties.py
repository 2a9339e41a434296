"""What must hold for every deadline, whatever is thrown at it."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.law.calendar import HOLIDAY, WorkingCalendar
from engine.law.deadlines import Deadline, Extension, Suspension, compute, counted_days, load_limits
from engine.law.time_limits import AT_LEAST_BEFORE, CALENDAR_DAY, FIXED_DATE, HOUR, TIMES_A_DAY, WORKING_DAY, TimeLimit
from tests.law import reference
from tests.law.builders import moment

EXAMPLES = 4000 if os.environ.get("ZHIFA_PROVE") == "full" else 150
CALENDAR = WorkingCalendar()
LIMITS = [limit for limit in load_limits().values() if limit.direction != AT_LEAST_BEFORE and limit.unit != HOUR]
STOPPABLE = [limit for limit in LIMITS if limit.suspensions]
PLAIN = [limit for limit in LIMITS if limit.unit not in (FIXED_DATE, TIMES_A_DAY)]
FIRST = date(2025, 1, 1)

days = st.integers(0, 500).map(lambda offset: FIRST + timedelta(days=offset))
moments = days.map(lambda day: moment(day.isoformat()))


@st.composite
def stopped(draw: st.DrawFn) -> tuple[TimeLimit, list[Suspension]]:
    limit = draw(st.sampled_from(STOPPABLE))
    stops = []
    for _ in range(draw(st.integers(0, 4))):
        start, length = draw(days), draw(st.integers(0, 60))
        code = draw(st.sampled_from(limit.suspensions))
        stops.append(Suspension(code, "中止", start, start + timedelta(days=length), "条文", whole_days=draw(st.booleans())))
    return limit, stops


def taken_out(stops: list[Suspension]) -> frozenset[date]:
    found: set[date] = set()
    for stop in stops:
        assert stop.end is not None
        late = 0 if stop.whole_days else 1
        found |= {stop.start + timedelta(days=late + each) for each in range((stop.end - stop.start).days)}
    return frozenset(found)


@settings(max_examples=EXAMPLES, deadline=None)
@given(stopped(), moments)
def test_a_suspension_never_shortens_a_deadline(case: tuple[TimeLimit, list[Suspension]], start: datetime) -> None:
    limit, stops = case
    ends = [compute(limit, start, CALENDAR, stops[:number]).due_on for number in range(len(stops) + 1)]
    assert ends == sorted(ends)


@settings(max_examples=EXAMPLES, deadline=None)
@given(stopped(), moments)
def test_the_count_agrees_with_one_day_by_day(case: tuple[TimeLimit, list[Suspension]], start: datetime) -> None:
    limit, stops = case
    counted = reference.last_day(start.date(), limit.amount, limit.unit, stopped=taken_out(stops), rolls=limit.rolls)
    assert compute(limit, start, CALENDAR, stops).due_on == counted


@settings(max_examples=EXAMPLES, deadline=None)
@given(stopped(), moments, st.permutations(range(4)))
def test_the_order_of_suspensions_does_not_matter(
    case: tuple[TimeLimit, list[Suspension]], start: datetime, order: list[int]
) -> None:
    limit, stops = case
    shuffled = [stops[each] for each in order if each < len(stops)]
    assert compute(limit, start, CALENDAR, shuffled).due_on == compute(limit, start, CALENDAR, stops).due_on


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(LIMITS), moments, st.lists(days, max_size=6))
def test_a_further_holiday_never_makes_a_deadline_earlier(limit: TimeLimit, start: datetime, rest: list[date]) -> None:
    longer = WorkingCalendar(dict.fromkeys(rest, HOLIDAY))
    assert compute(limit, start, longer).due_on >= compute(limit, start, CALENDAR).due_on


@settings(max_examples=EXAMPLES, deadline=None)
@given(stopped(), moments, st.integers(1, 30))
def test_an_extension_never_shortens(case: tuple[TimeLimit, list[Suspension]], start: datetime, amount: int) -> None:
    limit, stops = case
    if not limit.extensions:
        return
    rule = limit.extensions[0]
    extension = Extension(min(amount, rule.amount or amount), rule.approver)
    assert compute(limit, start, CALENDAR, stops, (extension,)).due_on >= compute(limit, start, CALENDAR, stops).due_on


@settings(max_examples=EXAMPLES, deadline=None)
@given(stopped(), moments, st.booleans())
def test_trace_and_due_date_agree(case: tuple[TimeLimit, list[Suspension]], start: datetime, extended: bool) -> None:
    """Whoever adds up the steps of the trace arrives at the last day."""
    limit, stops = case
    extensions = [Extension(1, limit.extensions[0].approver)] if extended and limit.extensions else []
    deadline = compute(limit, start, CALENDAR, stops, extensions)
    assert deadline.trace[0].kind == "limit"
    assert deadline.trace[-1].kind == "due"
    assert deadline.trace[-1].end == deadline.due_on == _replayed(limit, deadline)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(PLAIN), moments)
def test_a_limit_is_used_up_on_its_last_day(limit: TimeLimit, start: datetime) -> None:
    if limit.unit in (WORKING_DAY, CALENDAR_DAY) and not limit.rolls:
        deadline = compute(limit, start, CALENDAR)
        assert counted_days(limit, start, moment(deadline.due_on.isoformat()), CALENDAR) == limit.amount


def test_property_tests_reach_every_kind_of_limit() -> None:
    assert {limit.unit for limit in STOPPABLE} >= {WORKING_DAY, CALENDAR_DAY, "calendar_month"}
    assert len(LIMITS) > 90


def _replayed(limit: TimeLimit, deadline: Deadline) -> date:
    """The last day as the steps of the trace say it: length and extensions first, then so many days for each stop."""
    steps = deadline.trace
    assert steps[0].start is not None and steps[0].days is not None
    taken = frozenset(
        step.start + timedelta(days=each) for step in steps if step.kind == "suspension" and step.start and step.end
        for each in range((step.end - step.start).days + 1)
    )
    then = tuple((step.days, step.unit) for step in steps if step.kind == "extension" and step.days)
    end = reference.last_day(steps[0].start, steps[0].days, steps[0].unit, stopped=taken, then=then)
    for step in steps:
        if step.kind == "rolled":
            assert step.start == end and step.end is not None
            end = step.end
    told = sum(step.days or 0 for step in steps if step.kind == "suspension")
    working = limit.unit == WORKING_DAY
    assert told == sum(1 for each in taken if not working or reference.works(each))
    return end
