"""The types of FEEL values, how facts are brought into them, and how a faulty expression is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from engine.clock import LEGAL_TIME_ZONE, legal_time
from engine.errors import Invalid, PackageFault
from engine.rules.values import LONGEST_LIST, LONGEST_STRING, Function, Range, YearsMonths

MOST_DIGITS: Final = 40
_BOUND: Final = 10**MOST_DIGITS
_DEEPEST_FACT: Final = 8
_HIGHEST: Final = Decimal(_BOUND)
_LOWEST: Final = -_HIGHEST

Values = Mapping[Any, Any]
Run = Callable[[Values], Any]


class FeelType(StrEnum):
    """What a fact or an expression is; where a type may be None, it is null or only known when evaluated."""

    BOOLEAN = "boolean"
    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    MOMENT = "date and time"
    YEARS_MONTHS = "years and months duration"
    DAYS_TIME = "days and time duration"
    LIST = "list"
    CONTEXT = "context"
    RANGE = "range"
    FUNCTION = "function"


TYPE_NAMES: Final[dict[FeelType | None, str]] = {
    FeelType.BOOLEAN: "是非", FeelType.STRING: "文本", FeelType.NUMBER: "数字", FeelType.DATE: "日期",
    FeelType.TIME: "时刻", FeelType.MOMENT: "日期和时间", FeelType.YEARS_MONTHS: "年月时长", FeelType.DAYS_TIME: "日时时长",
    FeelType.LIST: "列表", FeelType.CONTEXT: "上下文", FeelType.RANGE: "区间", FeelType.FUNCTION: "函数", None: "空值",
}
KINDS: Final[dict[type, FeelType]] = {
    bool: FeelType.BOOLEAN, str: FeelType.STRING, Decimal: FeelType.NUMBER, date: FeelType.DATE, time: FeelType.TIME,
    datetime: FeelType.MOMENT, YearsMonths: FeelType.YEARS_MONTHS, timedelta: FeelType.DAYS_TIME, tuple: FeelType.LIST,
    dict: FeelType.CONTEXT, Range: FeelType.RANGE, Function: FeelType.FUNCTION,
}
ORDERED: Final = frozenset({Decimal, str, date, time, datetime, YearsMonths, timedelta})


@dataclass(frozen=True)
class Part:
    """A compiled piece of an expression: its static type (None: unknown), how to evaluate it, whether it is always the same."""

    type: FeelType | None
    run: Run
    constant: bool = False


def fault(code: str, position: int, message: str) -> PackageFault:
    """The refusal of an expression, naming the place (counted from 1) where it goes wrong."""
    return PackageFault(f"feel.{code}", f"第{position + 1}个字符处：{message}", position=position)


def agree(one: FeelType | None, other: FeelType | None) -> bool:
    """Whether two static types may be the same; None agrees with everything."""
    return one is None or other is None or one is other


def fact_reader(name: str, kind: FeelType) -> Run:
    """Reads one fact as its declared type; a fact that is not given is null. Raises Invalid for a value of another type."""
    convert = _CONVERTERS[kind]
    usual = {FeelType.BOOLEAN: bool, FeelType.DATE: date}.get(kind)

    def read(values: Values) -> object:
        value = values.get(name)
        if value is None or value.__class__ is usual:
            return value
        try:
            return convert(value)
        except (TypeError, ValueError, InvalidOperation):
            message = f"事实“{name}”的值不是{TYPE_NAMES[kind]}，或者超出允许的范围"
            raise Invalid("feel.value", message, fact=name) from None

    return read


def _boolean(value: object) -> object:
    raise TypeError(value)


def _string(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_STRING:
        raise ValueError
    return value


def _number(value: object) -> Decimal:
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value) if -_BOUND < value < _BOUND else Decimal("NaN")
    elif isinstance(value, float) or (isinstance(value, str) and len(value) <= MOST_DIGITS + 2):
        number = Decimal(str(value))
    else:
        raise TypeError(value)
    if not _LOWEST < number < _HIGHEST:
        raise ValueError
    return number


def _date(value: object) -> date:
    if isinstance(value, datetime):
        raise TypeError(value)
    if isinstance(value, date):
        return value
    if isinstance(value, str) and len(value) == 10:
        return date.fromisoformat(value)
    raise TypeError(value)


def _moment(value: object) -> datetime:
    if isinstance(value, str) and len(value) <= MOST_DIGITS:
        value = datetime.fromisoformat(value)
        value = value if value.tzinfo else value.replace(tzinfo=LEGAL_TIME_ZONE)
    if not isinstance(value, datetime):
        raise TypeError(value)
    return legal_time(value)


def _time(value: object) -> time:
    if isinstance(value, str) and len(value) <= MOST_DIGITS:
        return time.fromisoformat(value)
    if not isinstance(value, time):
        raise TypeError(value)
    return value


def _list(value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple) or len(value) > LONGEST_LIST:
        raise TypeError(value)
    return tuple([each if each.__class__ is str and len(each) <= LONGEST_STRING else plain_value(each) for each in value])


def plain_value(value: object, depth: int = _DEEPEST_FACT) -> object:
    """A Python value of unknown type as a FEEL value: numbers to Decimal, lists to tuples, mappings to contexts.

    Raises TypeError, ValueError or InvalidOperation for anything else, and for what is nested deeper than depth.
    """
    if value is None or value.__class__ in _ALREADY:
        return value
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping | list | tuple):
        if not depth or len(value) > LONGEST_LIST:
            raise ValueError
        if isinstance(value, Mapping):
            return {str(key): plain_value(each, depth - 1) for key, each in value.items()}
        return tuple(plain_value(each, depth - 1) for each in value)
    return value if isinstance(value, date) else _number(value)


def _of_class(wanted: type) -> Callable[[object], object]:
    def convert(value: object) -> object:
        if not isinstance(value, wanted):
            raise TypeError(value)
        return value

    return convert


def _context(value: object) -> object:
    if not isinstance(value, Mapping):
        raise TypeError(value)
    return plain_value(value)


_ALREADY: Final = frozenset({bool, time, timedelta, YearsMonths, Range, Function})
_CONVERTERS: Final[dict[FeelType, Callable[[object], object]]] = {
    FeelType.BOOLEAN: _boolean, FeelType.STRING: _string, FeelType.NUMBER: _number, FeelType.DATE: _date,
    FeelType.TIME: _time, FeelType.MOMENT: _moment, FeelType.YEARS_MONTHS: _of_class(YearsMonths),
    FeelType.DAYS_TIME: _of_class(timedelta), FeelType.LIST: _list, FeelType.CONTEXT: _context,
    FeelType.RANGE: _of_class(Range), FeelType.FUNCTION: _of_class(Function),
}
