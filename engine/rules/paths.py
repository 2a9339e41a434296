"""Reading into values: entries of contexts, properties of dates and ranges, elements of lists."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.rules.feel_types import KINDS, FeelType, Part, Run, Values
from engine.rules.names import NameTree
from engine.rules.temporal import offset_text
from engine.rules.values import Range, Work, YearsMonths, work_of


def _whole(span: timedelta, unit: timedelta, within: timedelta) -> int:
    size = abs(span) % within // unit
    return -size if span < timedelta(0) else size


def _zone(value: Any) -> str | None:
    if isinstance(value.tzinfo, ZoneInfo):
        return value.tzinfo.key
    offset = value.utcoffset()
    return None if offset is None else "Z" if not offset else offset_text(offset)


def _years(value: YearsMonths) -> int:
    return int(value.months / 12)


def _day(span: timedelta) -> int:
    return -(-span).days if span < timedelta(0) else span.days


_HOUR, _MINUTE, _SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
_DATES: Final[dict[str, Callable[[Any], Any]]] = {
    "year": lambda day: day.year, "month": lambda day: day.month, "day": lambda day: day.day, "weekday": lambda day: day.isoweekday(),
}
_TIMES: Final[dict[str, Callable[[Any], Any]]] = {
    "hour": lambda at: at.hour, "minute": lambda at: at.minute, "second": lambda at: at.second,
    "time offset": lambda at: at.utcoffset(), "timezone": _zone,
}
_OF_CLASS: Final[dict[type, dict[str, Callable[[Any], Any]]]] = {
    date: _DATES, time: _TIMES, datetime: {**_DATES, **_TIMES},
    YearsMonths: {"years": _years, "months": lambda value: value.months - _years(value) * 12},
    timedelta: {
        "days": _day,
        "hours": lambda span: _whole(span, _HOUR, timedelta(days=1)), "minutes": lambda span: _whole(span, _MINUTE, _HOUR),
        "seconds": lambda span: _whole(span, _SECOND, _MINUTE),
    },
    Range: {
        "start": lambda span: span.low, "end": lambda span: span.high,
        "start included": lambda span: span.low_closed, "end included": lambda span: span.high_closed,
    },
}
PROPERTIES: Final = NameTree((name, name) for names in _OF_CLASS.values() for name in names)


def properties(kind: FeelType | None) -> Collection[str]:
    """The names of the properties that every value of a type has."""
    return next((names.keys() for of_class, names in _OF_CLASS.items() if KINDS[of_class] is kind), ())


def property_of(part: Part, name: str) -> Run:
    """The closure of value.name: of a list, that of each element; null where there is none."""
    inner = part.run
    return lambda values: _property(inner(values), name, work_of(values))


def _property(value: Any, name: str, work: Work) -> Any:
    if value.__class__ is dict:
        return value.get(name)
    if value.__class__ is tuple:
        return work.make(tuple(_property(each, name, work) if each.__class__ is not tuple else None for each in value))
    read = _OF_CLASS.get(value.__class__, {}).get(name)
    result = None if read is None else read(value)
    return Decimal(result) if result.__class__ is int else result


def filtered(part: Part, condition: Part, slot: object) -> Run:
    """The closure of list[condition], or of list[position], counted from 1 or from the end when negative."""
    inner, test = part.run, condition.run

    def run(values: Values) -> Any:
        whole = inner(values)
        items = whole if whole.__class__ is tuple else () if whole is None else (whole,)
        scope: Any = values  # a scope, because an expression with a filter repeats
        work = work_of(values)
        if condition.type is FeelType.NUMBER:
            scope[slot] = items[0] if items else None
            return _element(items, test(scope))
        kept = []
        for each in items:
            work.spend()
            scope[slot] = each
            answer = test(scope)
            if answer.__class__ is Decimal:
                return _element(items, answer)
            if answer is True:
                kept.append(each)
        return work.make(tuple(kept))

    return run


def _element(items: tuple[Any, ...], position: Any) -> Any:
    if position.__class__ is not Decimal or position != int(position) or not 1 <= abs(position) <= len(items):
        return None
    return items[int(position) - 1] if position > 0 else items[len(items) + int(position)]

