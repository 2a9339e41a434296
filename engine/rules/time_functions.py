"""FEEL's functions that make, read and name dates, times and durations."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from engine.rules.arithmetic import as_moment
from engine.rules.declaring import Builtin, builtin
from engine.rules.feel_types import FeelType
from engine.rules.temporal import parse_date, parse_duration, parse_moment, parse_time
from engine.rules.values import Work, YearsMonths

_NUMBER, _STRING, _DATE, _TIME, _MOMENT = FeelType.NUMBER, FeelType.STRING, FeelType.DATE, FeelType.TIME, FeelType.MOMENT
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def _date(_: Work, value: Any) -> date | None:
    if isinstance(value, str):
        return parse_date(value)
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _date_of(_: Work, year: Decimal, month: Decimal, day: Decimal) -> date | None:
    try:
        return date(int(year), int(month), int(day)) if all(n == int(n) for n in (year, month, day)) else None
    except (ValueError, OverflowError):
        return None


def _moment(_: Work, value: Any) -> datetime | None:
    if isinstance(value, str):
        return parse_moment(value)
    if isinstance(value, date):
        return as_moment(value)
    return None


def _moment_of(_: Work, day: Any, at: time) -> datetime | None:
    return datetime.combine(day.date() if isinstance(day, datetime) else day, at) if isinstance(day, date) else None


def _time(_: Work, value: Any) -> time | None:
    if isinstance(value, str):
        return parse_time(value)
    if isinstance(value, date):
        return as_moment(value).timetz()
    return value if isinstance(value, time) else None


def _time_of(_: Work, hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None) -> time | None:
    try:
        micro = int((second - int(second)).scaleb(6))
        zone = None if offset is None else timezone(offset)
        return time(int(hour), int(minute), int(second), micro, tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _years_months(_: Work, start: Any, end: Any) -> YearsMonths | None:
    if not isinstance(start, date) or not isinstance(end, date):
        return None
    first, last = as_moment(start), as_moment(end)
    months = (last.year - first.year) * 12 + last.month - first.month
    rest_first, rest_last = (first.day, first.time()), (last.day, last.time())
    if months > 0 and rest_last < rest_first:
        months -= 1
    if months < 0 and rest_last > rest_first:
        months += 1
    return YearsMonths(months)


def _is(_: Work, one: Any, other: Any) -> bool:
    """The same value of the same kind; times and moments also in their written zone."""
    if one.__class__ is not other.__class__:
        return False
    if isinstance(one, time | datetime) and str(one.tzinfo) != str(other.tzinfo) and one.utcoffset() != other.utcoffset():
        return False
    return bool(one == other)


def _days(function: str, result: FeelType, read: Any) -> Builtin:
    return builtin(f"{function}(date: Any)", result, lambda _, day: read(day) if isinstance(day, date) else None)


FUNCTIONS: Final[tuple[Builtin, ...]] = (
    builtin("date(from: Any)", _DATE, _date),
    builtin("date(year: number, month: number, day: number)", _DATE, _date_of),
    builtin("date and time(from: Any)", _MOMENT, _moment),
    builtin("date and time(date: Any, time: time)", _MOMENT, _moment_of),
    builtin("time(from: Any)", _TIME, _time),
    builtin(
        "time(hour: number, minute: number, second: number, offset??: days and time duration)", _TIME, _time_of
    ),
    builtin("duration(from: string)", None, lambda _, text: parse_duration(text)),
    builtin("years and months duration(from: Any, to: Any)", FeelType.YEARS_MONTHS, _years_months),
    builtin("is(value1: Any, value2: Any)", FeelType.BOOLEAN, _is),
    _days("day of year", _NUMBER, lambda day: day.timetuple().tm_yday),
    _days("day of week", _STRING, lambda day: _DAYS[day.weekday()]),
    _days("month of year", _STRING, lambda day: _MONTHS[day.month - 1]),
    _days("week of year", _NUMBER, lambda day: day.isocalendar().week),
)
