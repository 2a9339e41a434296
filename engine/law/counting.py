"""Counts days, months and years from a day, leaving out the days on which a time limit stands still."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta

from engine.errors import Invalid
from engine.law.calendar import WorkingCalendar
from engine.law.time_limits import CALENDAR_DAY, CALENDAR_MONTH, CALENDAR_YEAR, WORKING_DAY

_DAY = timedelta(days=1)
_LONGEST_STOP = 366 * 20


def excluded_days(stops: Iterable[tuple[date, date]]) -> frozenset[date]:
    """The days that stops take out: after the first day, up to and including the last; overlaps count once.

    Basis: 民事诉讼法 第八十五条第二款 (the day of the start is not counted).
    """
    days: set[date] = set()
    for start, end in stops:
        length = (end - start).days
        if length > _LONGEST_STOP:
            raise Invalid("deadline.suspension", "期间停止计算的时间超出可以推算的范围")
        days.update(start + _DAY * offset for offset in range(1, length + 1))
    return frozenset(days)


def count_on(
    start: date, amount: int, unit: str, excluded: frozenset[date], calendar: WorkingCalendar, seen: list[date]
) -> date:
    """The last day of a period that starts after a day (民事诉讼法 第八十五条; 行政处罚法 第八十五条).

    Excluded days do not count. A month or year ends on the same day number, or on the month's last day when there is
    none. Working days that were counted are appended to seen.
    """
    if unit == WORKING_DAY:
        day, left = start, amount
        while left:
            day += _DAY
            if day not in excluded and calendar.is_working_day(day):
                left -= 1
                seen.append(day)
        return day
    if unit == CALENDAR_DAY:
        return _stretch(start, start + _DAY * amount, excluded)
    if unit in (CALENDAR_MONTH, CALENDAR_YEAR):
        return _stretch(start, add_months(start, amount * (12 if unit == CALENDAR_YEAR else 1)), excluded)
    raise Invalid("deadline.unit", f"期限单位“{unit}”不能按日计算", unit=unit)


def add_months(day: date, months: int) -> date:
    """The same day number so many months later, or the last day of that month when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def days_away(today: date, due_on: date, calendar: WorkingCalendar | None) -> int:
    """Days from today to the last day, negative when it is past; working days when a calendar is given."""
    if calendar is None:
        return (due_on - today).days
    if due_on >= today:
        return calendar.working_days_between(today, due_on)
    return -calendar.working_days_between(due_on, today)


def _stretch(start: date, end: date, excluded: frozenset[date]) -> date:
    """Move an end on by every excluded day that lies between start and the end that results."""
    left = sum(1 for day in excluded if start < day <= end)
    while left:
        end += _DAY
        left -= end not in excluded
    return end
