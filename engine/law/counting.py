"""Counts days, months and years from a day, leaving out the days on which a time limit stands still.

Days are whole numbers here (date.toordinal), and what is left out are stretches of days, so that a count takes the same
time whether a limit stands still for a day or for a year.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import MAXYEAR, date, timedelta

from engine.errors import Invalid
from engine.law.calendar import WorkingCalendar, reach
from engine.law.time_limits import CALENDAR_DAY, CALENDAR_MONTH, CALENDAR_YEAR, WORKING_DAY

Stretch = tuple[int, int, int]  # first day left out, first day counted again, which of the stops it stems from
_DAY = timedelta(days=1)
_LONGEST_STOP = 366 * 20
_LAST = date.max.toordinal()


def excluded_days(stops: Iterable[tuple[date, date]]) -> frozenset[date]:
    """The days that stops take out: after the first day, up to and including the last; overlaps count once.

    Basis: 民事诉讼法 第八十五条第二款 (the day of the start is not counted).
    """
    days: set[date] = set()
    for start, end in stops:
        length = (end - start).days
        _require_bounded(length)
        days.update(start + _DAY * offset for offset in range(1, length + 1))
    return frozenset(days)


def stretches(stops: Sequence[tuple[int, int]], started: int) -> list[Stretch]:
    """What each stop (first day out, first day counted again) takes out after the start and beyond the earlier ones.

    The earliest stands last, ready to be popped. Overlapping and touching stops never count a day twice.
    """
    covered, found = started + 1, []
    for which in sorted(range(len(stops)), key=stops.__getitem__):
        first, resumed = stops[which]
        _require_bounded(resumed - first)
        if max(first, covered) < resumed:
            found.append((max(first, covered), resumed, which))
            covered = resumed
    found.reverse()
    return found


def count_on(
    start: int, amount: int, unit: str, out: list[Stretch], calendar: WorkingCalendar, taken: list[tuple[Stretch, int]]
) -> int:
    """The last day of a period that starts after a day (民事诉讼法 第八十五条; 行政处罚法 第八十五条).

    A month or year ends on the same day number, or on the month's last day when there is none. Stretches that begin by the
    last day are popped from out and put into taken with the days that they cost; one that begins later changes nothing,
    because what has run out does not revive.
    """
    if unit == WORKING_DAY:
        return _count_working_days(start, amount, out, calendar, taken)
    if unit == CALENDAR_DAY:
        due = start + amount
    elif unit in (CALENDAR_MONTH, CALENDAR_YEAR):
        due = add_months(date.fromordinal(start), amount * (12 if unit == CALENDAR_YEAR else 1)).toordinal()
    else:
        raise Invalid("deadline.unit", f"期限单位“{unit}”不能按日计算", unit=unit)
    while out and out[-1][0] <= due:
        stretch = out.pop()
        due += stretch[1] - stretch[0]
        taken.append((stretch, stretch[1] - stretch[0]))
    if due > _LAST:
        raise Invalid("deadline.too_far", "期限超出可以推算的范围")
    return due


def add_months(day: date, months: int) -> date:
    """The same day number so many months later, or the last day of that month when it is shorter (民法典 第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= MAXYEAR:
        raise Invalid("deadline.too_far", "期限超出可以推算的范围")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def next_dated(start: date, on: str) -> date:
    """The first day after a day that bears a date: 01-31 in any year, 10 in any month (the last day of a shorter month)."""
    month, _, number = on.rpartition("-")
    for months in range(1, 14):
        first = add_months(start.replace(day=1), months - 1)
        day = first.replace(day=min(int(number), monthrange(first.year, first.month)[1]))
        if day > start and (not month or int(month) == day.month):
            return day
    raise Invalid("deadline.date", f"日期“{on}”有误")


def days_away(today: date, due_on: date, calendar: WorkingCalendar | None) -> int:
    """Days from today to the last day, negative when it is past; working days when a calendar is given."""
    if calendar is None:
        return (due_on - today).days
    if due_on >= today:
        return calendar.working_days_between(today, due_on)
    return -calendar.working_days_between(due_on, today)


def _count_working_days(
    start: int, amount: int, out: list[Stretch], calendar: WorkingCalendar, taken: list[tuple[Stretch, int]]
) -> int:
    farthest = start + reach(amount)
    for first, resumed, _ in out:
        farthest += resumed - first
    days = calendar.working_ordinals(start, farthest)
    position = bisect_right(days, start) + amount - 1
    while out and out[-1][0] <= calendar.at(days, position):
        stretch = out.pop()
        lost = bisect_left(days, stretch[1]) - bisect_left(days, stretch[0])
        position += lost
        taken.append((stretch, lost))
    return calendar.at(days, position)


def _require_bounded(length: int) -> None:
    if length > _LONGEST_STOP:
        raise Invalid("deadline.suspension", "期间停止计算的时间超出可以推算的范围")
