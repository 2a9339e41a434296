"""FEEL's arithmetic: numbers in 34 digits as decimal128 has them, texts joined, dates moved by durations."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final

from engine.rules.feel_types import KINDS, FeelType, Part, Run, Values
from engine.rules.temporal import seconds
from engine.rules.values import YearsMonths, work_of

# decimal128: 34 digits, half even; overflow, division by zero and the undefined are refused
DECIMAL: Final = Context(prec=34, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow])
_MOST_MONTHS: Final = 12 * 10**9


def add_months(day: date, months: int) -> date:
    """The same day of another month, or its last day. Raises ValueError outside the years 1 to 9999."""
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    if not 1 <= year <= 9999:
        raise ValueError(year)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def as_moment(day: date) -> datetime:
    """A date as its midnight UTC; a moment as it is."""
    return day if isinstance(day, datetime) else datetime.combine(day, time(0, 0), UTC)


def _move(day: date, span: timedelta) -> date:
    if isinstance(day, datetime):
        return day + span
    return (datetime.combine(day, time(0, 0)) + span).date()


def _turn(at: time, span: timedelta) -> time:
    moved = datetime.combine(date(2000, 1, 2), at.replace(tzinfo=None)) + timedelta(seconds=span.seconds, microseconds=span.microseconds)
    return moved.time().replace(tzinfo=at.tzinfo)


def _apart(one: date, other: date) -> timedelta:
    first, second = as_moment(one), as_moment(other)
    if first.tzinfo and second.tzinfo:
        return first.astimezone(UTC) - second.astimezone(UTC)
    return first - second


def _times_apart(one: time, other: time) -> timedelta:
    day = date(2000, 1, 2)
    return datetime.combine(day, one) - datetime.combine(day, other)


def _months(months: int) -> YearsMonths:
    if abs(months) > _MOST_MONTHS:
        raise OverflowError(months)
    return YearsMonths(months)


def _span(length: Decimal) -> timedelta:
    return timedelta(microseconds=int(length.scaleb(6)))


_N, _S, _D, _M, _T = FeelType.NUMBER, FeelType.STRING, FeelType.DATE, FeelType.MOMENT, FeelType.TIME
_YM, _DT = FeelType.YEARS_MONTHS, FeelType.DAYS_TIME
Operation = Callable[[Any, Any], Any]


def _symmetric(entries: Mapping[tuple[FeelType, FeelType], tuple[FeelType, Operation]]) -> dict[Any, Any]:
    turned = {(two, one): (kind, lambda a, b, work=work: work(b, a)) for (one, two), (kind, work) in entries.items()}
    return {**turned, **entries}


_MOVES: Final[dict[tuple[FeelType, FeelType], tuple[FeelType, Operation]]] = {
    (_D, _YM): (_D, lambda day, span: add_months(day, span.months)),
    (_M, _YM): (_M, lambda day, span: add_months(day, span.months)),
    (_D, _DT): (_D, _move), (_M, _DT): (_M, _move), (_T, _DT): (_T, _turn),
}
OPERATIONS: Final[Mapping[str, Mapping[tuple[FeelType, FeelType], tuple[FeelType, Operation]]]] = {
    "+": {
        **_symmetric(_MOVES),
        (_N, _N): (_N, lambda a, b: DECIMAL.add(a, b)), (_S, _S): (_S, lambda a, b: a + b),
        (_YM, _YM): (_YM, lambda a, b: _months(a.months + b.months)), (_DT, _DT): (_DT, lambda a, b: a + b),
    },
    "-": {
        (_N, _N): (_N, lambda a, b: DECIMAL.subtract(a, b)),
        (_D, _D): (_DT, _apart), (_M, _M): (_DT, _apart), (_D, _M): (_DT, _apart), (_M, _D): (_DT, _apart),
        (_T, _T): (_DT, _times_apart),
        (_D, _YM): (_D, lambda day, span: add_months(day, -span.months)),
        (_M, _YM): (_M, lambda day, span: add_months(day, -span.months)),
        (_D, _DT): (_D, lambda day, span: _move(day, -span)), (_M, _DT): (_M, lambda day, span: _move(day, -span)),
        (_T, _DT): (_T, lambda at, span: _turn(at, -span)),
        (_YM, _YM): (_YM, lambda a, b: _months(a.months - b.months)), (_DT, _DT): (_DT, lambda a, b: a - b),
    },
    "*": {
        (_N, _N): (_N, lambda a, b: DECIMAL.multiply(a, b)),
        **_symmetric({
            (_YM, _N): (_YM, lambda span, number: _months(int(span.months * number))),
            (_DT, _N): (_DT, lambda span, number: _span(DECIMAL.multiply(seconds(span), number))),
        }),
    },
    "/": {
        (_N, _N): (_N, lambda a, b: DECIMAL.divide(a, b)),
        (_YM, _N): (_YM, lambda span, number: _months(int(DECIMAL.divide(Decimal(span.months), number)))),
        (_DT, _N): (_DT, lambda span, number: _span(DECIMAL.divide(seconds(span), number))),
        (_YM, _YM): (_N, lambda a, b: DECIMAL.divide(Decimal(a.months), Decimal(b.months))),
        (_DT, _DT): (_N, lambda a, b: DECIMAL.divide(seconds(a), seconds(b))),
    },
    "**": {(_N, _N): (_N, lambda a, b: DECIMAL.power(a, b))},
}
UNDEFINED: Final = (InvalidOperation, DivisionByZero, Overflow, OverflowError, ValueError, TypeError)


def combine(sign: str, one: Any, other: Any) -> Any:
    """One operation of two values of any kind; null when it has no meaning, no result, or one beyond the bounds."""
    left, right = KINDS.get(one.__class__), KINDS.get(other.__class__)
    if left is None or right is None or (found := OPERATIONS[sign].get((left, right))) is None:
        return None
    try:
        return found[1](one, other)
    except UNDEFINED:
        return None


def chain(first: Part, rest: Sequence[tuple[str, Part]]) -> Run:
    """A row of operations of one rank from left to right. No nesting, so that a long sum does not deepen the stack."""
    quick: dict[str, Callable[[Any, Any], Decimal]] = {
        "+": DECIMAL.add, "-": DECIMAL.subtract, "*": DECIMAL.multiply, "/": DECIMAL.divide, "**": DECIMAL.power,
    }
    start, steps = first.run, tuple((sign, quick[sign], part.run) for sign, part in rest)

    def run(values: Values) -> Any:
        result = start(values)
        for sign, step, operand in steps:
            value = operand(values)
            if result.__class__ is Decimal and value.__class__ is Decimal:
                try:
                    result = step(result, value)
                except UNDEFINED:
                    return None
            else:
                result = combine(sign, result, value)
                if result.__class__ is str:
                    work_of(values).write(result)
            if result is None:
                return None
        return result

    return run


def negative(part: Part) -> Run:
    """The number or duration with the other sign; null otherwise."""
    inner = part.run

    def run(values: Values) -> Any:
        value = inner(values)
        if value.__class__ is Decimal:
            return value.copy_negate() if value else value
        if value.__class__ is timedelta:
            return -value
        return YearsMonths(-value.months) if value.__class__ is YearsMonths else None

    return run
