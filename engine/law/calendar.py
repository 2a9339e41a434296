"""Tells working days from rest days, as statutory time limits count them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from typing import Final

import chinese_calendar

from engine.errors import Invalid

HOLIDAY: Final = "holiday"
WORKDAY: Final = "workday"
_FIRST_YEAR, _LAST_YEAR = min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year
_FIXED_HOLIDAYS = ((1, 1), (5, 1), (10, 1))
_FARTHEST = 5000
_DAY = timedelta(days=1)


class WorkingCalendar:
    """Working days of mainland China (全国年节及纪念日放假办法), corrected by tables.

    What counts, first to last: the overrides handed in (e.g. a region's own holidays), the table working_days.csv,
    the chinesecalendar library; in years that none of them knows, Saturdays and Sundays rest and days are provisional.
    """

    def __init__(self, overrides: Mapping[date, str] | None = None) -> None:
        self._table = {**read_table(), **(overrides or {})}
        if wrong := sorted(set(self._table.values()) - {HOLIDAY, WORKDAY}):
            raise Invalid("calendar.kind", f"放假安排表中的类别“{wrong[0]}”有误，应当是 holiday 或者 workday")
        self._announced = {day.year for day in self._table if _has_fixed_holidays(self._table, day.year)}

    def is_working_day(self, day: date) -> bool:
        """Whether a day is a working day; make-up workdays (调休上班) are (行政处罚法 第八十五条)."""
        if kind := self._table.get(day):
            return kind == WORKDAY
        if _FIRST_YEAR <= day.year <= _LAST_YEAR:
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5

    def is_provisional(self, day: date) -> bool:
        """Whether the holidays of a day's year are not announced yet, so that the answer may change.

        A year beyond the library counts as announced when the tables hold its New Year's Day, May Day and National Day.
        """
        known = _FIRST_YEAR <= day.year <= _LAST_YEAR or day.year in self._announced
        return not known and day not in self._table

    def next_working_day(self, day: date) -> date:
        """The day itself when it is a working day, else the first one after it (民事诉讼法 第八十五条第三款)."""
        while not self.is_working_day(day):
            day += _DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """The count-th working day after a day (before it, when negative); the day itself is not counted.

        Basis: 行政处罚法 第八十五条; 民事诉讼法 第八十五条第二款. Zero gives the day itself.
        """
        if abs(count) > _FARTHEST:
            raise Invalid("calendar.too_far", f"工作日数{count}超出可以推算的范围", count=count)
        step = _DAY if count > 0 else -_DAY
        left = abs(count)
        while left:
            day += step
            left -= self.is_working_day(day)
        return day

    def working_days_between(self, after: date, until: date) -> int:
        """How many working days lie after the first day, up to and including the last; 0 when there are none."""
        days = min((until - after).days, _FARTHEST * 2)
        return sum(self.is_working_day(after + _DAY * offset) for offset in range(1, days + 1))


def read_table() -> dict[date, str]:
    """The days of working_days.csv that differ from the library: day → holiday or workday."""
    table = files("engine.law").joinpath("working_days.csv").read_text(encoding="utf-8")
    return {date.fromisoformat(row["day"]): row["kind"] for row in csv.DictReader(table.splitlines())}


def _has_fixed_holidays(table: Mapping[date, str], year: int) -> bool:
    return all(table.get(date(year, month, day)) == HOLIDAY for month, day in _FIXED_HOLIDAYS)
