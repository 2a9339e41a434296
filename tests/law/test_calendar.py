"""Working days are those of the announced holidays, make-up workdays included; what is not announced is marked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from engine.errors import Invalid
from engine.law.calendar import HOLIDAY, WORKDAY, WorkingCalendar, parse_table
from tests.law import reference
from tests.law.builders import day

HOLIDAYS_2026 = (
    "01-01 01-02 01-03 02-15 02-16 02-17 02-18 02-19 02-20 02-21 02-22 02-23 04-04 04-05 04-06 05-01 05-02 05-03 05-04 "
    "05-05 06-19 06-20 06-21 09-25 09-26 09-27 10-01 10-02 10-03 10-04 10-05 10-06 10-07"
)
MAKE_UP_WORKDAYS_2026 = "01-04 02-14 02-28 05-09 09-20 10-10"
ANNOUNCED_2027 = {date(2027, 1, 1): HOLIDAY, date(2027, 5, 1): HOLIDAY, date(2027, 10, 1): HOLIDAY, date(2027, 1, 2): WORKDAY}


def test_every_day_of_2026_is_as_announced() -> None:
    """全国年节及纪念日放假办法 and the State Council's notice for 2026."""
    holidays = {day(f"2026-{each}") for each in HOLIDAYS_2026.split()}
    workdays = {day(f"2026-{each}") for each in MAKE_UP_WORKDAYS_2026.split()}
    calendar = WorkingCalendar()
    for offset in range(365):
        today = date(2026, 1, 1) + timedelta(days=offset)
        expected = today in workdays or (today.weekday() < 5 and today not in holidays)
        assert calendar.is_working_day(today) is expected, today
        assert not calendar.is_provisional(today)


def test_years_that_are_not_announced_rest_at_weekends_and_are_marked() -> None:
    calendar = WorkingCalendar()
    assert calendar.is_working_day(date(2027, 1, 1))
    assert not calendar.is_working_day(date(2027, 1, 2))
    assert calendar.is_provisional(date(2027, 1, 1))
    assert calendar.is_provisional(date(2003, 12, 31))


def test_a_table_corrects_the_library() -> None:
    calendar = WorkingCalendar({date(2026, 3, 5): HOLIDAY, date(2026, 3, 7): WORKDAY})
    assert not calendar.is_working_day(date(2026, 3, 5))
    assert calendar.is_working_day(date(2026, 3, 7))
    assert calendar.is_working_day(date(2026, 3, 6))


def test_a_year_is_announced_once_its_fixed_holidays_are_in_the_table() -> None:
    calendar = WorkingCalendar(ANNOUNCED_2027)
    assert not calendar.is_provisional(date(2027, 6, 1))
    assert calendar.is_working_day(date(2027, 1, 2))
    assert calendar.is_provisional(date(2028, 1, 1))
    assert WorkingCalendar({date(2027, 1, 1): HOLIDAY}).is_provisional(date(2027, 6, 1))
    assert not WorkingCalendar({date(2027, 1, 1): HOLIDAY}).is_provisional(date(2027, 1, 1))


def test_an_unknown_kind_of_day_is_refused() -> None:
    with pytest.raises(Invalid, match="holiday 或者 workday"):
        WorkingCalendar({date(2026, 3, 5): "half"})


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-03-30", 5, "2026-04-07"), ("2026-04-22", -7, "2026-04-13"), ("2026-03-05", 0, "2026-03-05"),
        ("2026-02-13", 1, "2026-02-14"), ("2026-04-04", 1, "2026-04-07"), ("2026-04-29", 10, "2026-05-15"),
    ],
)
def test_adding_working_days(start: str, count: int, end: str) -> None:
    assert WorkingCalendar().add_working_days(day(start), count) == day(end)


def test_counts_between_two_days() -> None:
    calendar = WorkingCalendar()
    assert calendar.working_days_between(day("2026-04-10"), day("2026-04-21")) == 7
    assert calendar.working_days_between(day("2026-04-21"), day("2026-04-10")) == 0
    assert calendar.next_working_day(day("2026-10-01")) == day("2026-10-08")
    with pytest.raises(Invalid, match="超出"):
        calendar.add_working_days(day("2026-01-01"), 10_000)


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_day_of_three_years_is_as_typed_from_the_notices(year: int) -> None:
    calendar = WorkingCalendar()
    for offset in range(366):
        today = date(year, 1, 1) + timedelta(days=offset)
        assert calendar.is_working_day(today) is reference.works(today), today


def test_working_days_are_the_same_however_the_calendar_is_approached() -> None:
    """The years that it holds grow to both sides as they are asked for."""
    forward, backward = WorkingCalendar(), WorkingCalendar()
    asked = [date(2026, 10, 8), date(2019, 2, 11), date(2031, 3, 3), date(2024, 2, 18), date(1998, 5, 4)]
    ahead = {each: forward.add_working_days(each, 250) for each in asked}
    assert {each: backward.add_working_days(each, 250) for each in reversed(asked)} == ahead
    assert all(backward.add_working_days(end, -250) == WorkingCalendar().add_working_days(end, -250) for end in ahead.values())


def test_what_lies_beyond_all_calendars_is_refused() -> None:
    for start, count in ((date(9999, 12, 20), 30), (date(1, 1, 5), -30)):
        with pytest.raises(Invalid, match="超出"):
            WorkingCalendar().add_working_days(start, count)


def test_a_stretch_is_a_guess_as_soon_as_one_day_of_it_is() -> None:
    calendar = WorkingCalendar()
    assert not calendar.is_guess(date(2026, 12, 1), date(2026, 12, 31))
    assert calendar.is_guess(date(2026, 12, 31), date(2027, 1, 1))
    assert not WorkingCalendar(ANNOUNCED_2027).is_guess(date(2026, 12, 1), date(2027, 12, 31))
    assert not WorkingCalendar({date(2027, 1, 1): HOLIDAY}).is_guess(date(2026, 12, 1), date(2027, 1, 1))


def test_a_table_is_read_line_by_line() -> None:
    text = "\ufeffday,kind,note\n2027-01-01, holiday ,元旦\n2027-01-02,workday,\n"
    assert parse_table(text) == {date(2027, 1, 1): HOLIDAY, date(2027, 1, 2): WORKDAY}
    assert parse_table("day,kind\n") == {}
    for wrong in ("day\n2027-01-01\n", "day,kind\n2027-1-1x,holiday\n", "day,kind\n2027-01-01\n", "day,kind\n,holiday\n"):
        with pytest.raises(Invalid, match="第2行"):
            parse_table(wrong)
