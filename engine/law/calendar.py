"""Tells working days from rest days, as statutory time limits count them."""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, date
from functools import cache
from importlib.resources import files
from typing import Final

import chinese_calendar

from engine.errors import Invalid

HOLIDAY: Final = "holiday"
WORKDAY: Final = "workday"
_FIRST_YEAR, _LAST_YEAR = min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year
_FIXED_HOLIDAYS = ((1, 1), (5, 1), (10, 1))
_FARTHEST = 5000


class WorkingCalendar:
    """Working days of mainland China (全国年节及纪念日放假办法), corrected by tables.

    What counts, first to last: the overrides handed in (a region's own holidays, a notice that the library does not have
    yet), the table working_days.csv, the chinesecalendar library; in years that none of them knows, Saturdays and Sundays
    rest and days are provisional. Working days are kept as sorted day ordinals of whole years, built when first asked for.
    """

    def __init__(self, overrides: Mapping[date, str] | None = None) -> None:
        self._table = {**read_table(), **(overrides or {})}
        if wrong := sorted(set(self._table.values()) - {HOLIDAY, WORKDAY}):
            raise Invalid("calendar.kind", f"放假安排表中的类别“{wrong[0]}”有误，应当是 holiday 或者 workday")
        self._announced = {day.year for day in self._table if _has_fixed_holidays(self._table, day.year)}
        self._span: tuple[int, int, Sequence[int]] = (0, -1, ())  # first and last ordinal, and the working days between

    def is_working_day(self, day: date) -> bool:
        """Whether a day is a working day; make-up workdays (调休上班) are (行政处罚法 第八十五条)."""
        ordinal = day.toordinal()
        days = self.working_ordinals(ordinal, ordinal)
        position = bisect_left(days, ordinal)
        return position < len(days) and days[position] == ordinal

    def is_provisional(self, day: date) -> bool:
        """Whether the holidays of a day's year are not announced yet, so that the answer may change.

        A year beyond the library counts as announced when the tables hold its New Year's Day, May Day and National Day.
        """
        return not self._is_announced(day.year) and day not in self._table

    def is_guess(self, first: date, last: date) -> bool:
        """Whether any day from the first to the last is provisional."""
        for year in range(first.year, last.year + 1):
            if not self._is_announced(year):
                start, end = max(first, date(year, 1, 1)).toordinal(), min(last, date(year, 12, 31)).toordinal()
                if any(date.fromordinal(each) not in self._table for each in range(start, end + 1)):
                    return True
        return False

    def next_working_day(self, day: date) -> date:
        """The day itself when it is a working day, else the first one after it (民事诉讼法 第八十五条第三款)."""
        ordinal = day.toordinal()
        days = self.working_ordinals(ordinal, ordinal + 60)
        return date.fromordinal(self.at(days, bisect_left(days, ordinal)))

    def add_working_days(self, day: date, count: int) -> date:
        """The count-th working day after a day (before it, when negative); the day itself is not counted.

        Basis: 行政处罚法 第八十五条; 民事诉讼法 第八十五条第二款. Zero gives the day itself.
        """
        ordinal = day.toordinal()
        days = self.working_ordinals(*sorted((ordinal, ordinal + reach(count))))
        if count > 0:
            return date.fromordinal(self.at(days, bisect_right(days, ordinal) + count - 1))
        return date.fromordinal(self.at(days, bisect_left(days, ordinal) + count)) if count else day

    def working_days_between(self, after: date, until: date) -> int:
        """How many working days lie after the first day, up to and including the last; 0 when there are none."""
        first, last = after.toordinal(), until.toordinal()
        if last <= first:
            return 0
        days = self.working_ordinals(first, last)
        return bisect_right(days, last) - bisect_right(days, first)

    def working_ordinals(self, first: int, last: int) -> Sequence[int]:
        """The ordinals of all working days, in order, of whole years that hold at least the days from first to last."""
        begin, end, days = self._span
        if not (begin <= first and last <= end):
            years = [_year_of(each) for each in (first, last, *((begin, end) if days else ()))]
            begin, end = date(min(years), 1, 1).toordinal(), date(max(years), 12, 31).toordinal()
            days = [each for year in range(min(years), max(years) + 1) for each in self._working_days_of(year)]
            self._span = begin, end, days  # replaced in one go, never changed: threads share a calendar
        return days

    def at(self, days: Sequence[int], position: int) -> int:
        """The working day at a position of working_ordinals. Raises Invalid beyond what can be reckoned."""
        if not 0 <= position < len(days):
            raise Invalid("calendar.too_far", "期限超出可以推算的范围")
        return days[position]

    def _is_announced(self, year: int) -> bool:
        return _FIRST_YEAR <= year <= _LAST_YEAR or year in self._announced

    def _working_days_of(self, year: int) -> Iterable[int]:
        own = {day.toordinal(): kind for day, kind in self._table.items() if day.year == year}
        if not own:
            return _library_year(year)
        return sorted({*_library_year(year), *own} - {each for each, kind in own.items() if kind == HOLIDAY})


def read_table() -> dict[date, str]:
    """The days of working_days.csv that differ from the library: day → holiday or workday."""
    return parse_table(files("engine.law").joinpath("working_days.csv").read_text(encoding="utf-8"))


def parse_table(text: str) -> dict[date, str]:
    """A table with the columns day (2027-01-01) and kind (holiday or workday); raises Invalid with the line that is wrong."""
    found: dict[date, str] = {}
    for number, row in enumerate(csv.DictReader(text.lstrip("\ufeff").splitlines()), start=2):
        try:
            day, kind = date.fromisoformat((row["day"] or "").strip()), (row["kind"] or "").strip()
        except (KeyError, ValueError):
            raise Invalid("calendar.table", f"放假安排表第{number}行有误：应当有 day（如 2027-01-01）和 kind 两栏") from None
        if kind not in (HOLIDAY, WORKDAY):
            raise Invalid("calendar.table", f"放假安排表第{number}行的类别“{kind}”有误，应当是 holiday 或者 workday")
        found[day] = kind
    return found


def reach(working_days: int) -> int:
    """Days within which so many working days surely lie: signed like the count. Raises Invalid beyond about twenty years."""
    if abs(working_days) > _FARTHEST:
        raise Invalid("calendar.too_far", f"工作日数{working_days}超出可以推算的范围", count=working_days)
    return working_days * 2 + (60 if working_days > 0 else -60)


@cache
def _library_year(year: int) -> tuple[int, ...]:
    """Working days of a year by the library, by the days of the week where it does not know the year."""
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    if _FIRST_YEAR <= year <= _LAST_YEAR:
        return tuple(each for each in range(first, last + 1) if chinese_calendar.is_workday(date.fromordinal(each)))
    return tuple(each for each in range(first, last + 1) if each % 7 not in (6, 0))  # ordinal 1 was a Monday


def _has_fixed_holidays(table: Mapping[date, str], year: int) -> bool:
    return all(table.get(date(year, month, day)) == HOLIDAY for month, day in _FIXED_HOLIDAYS)


def _year_of(ordinal: int) -> int:
    """The year of an ordinal, the first or the last that there is when it lies beyond."""
    if ordinal < 1:
        return MINYEAR
    return date.fromordinal(ordinal).year if ordinal <= date.max.toordinal() else MAXYEAR
