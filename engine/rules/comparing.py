"""Equality, order and membership of FEEL values, answering null where they have no meaning."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from engine.rules.feel_types import ORDERED, Part, Run, Values
from engine.rules.values import Range, Scope, Work, work_of

ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}
_COMPOUND: Final = frozenset({tuple, dict, Range})


def same(one: Any, other: Any, work: Work) -> bool | None:
    """Whether two values are equal; null equals null only; null for values of different kinds."""
    kind = one.__class__
    if kind is not other.__class__:
        return False if one is None or other is None else None
    if kind not in _COMPOUND:
        return bool(one == other)
    work.spend()
    if kind is tuple:
        return len(one) == len(other) and all(same(*pair, work) is True for pair in zip(one, other, strict=True))
    if kind is dict:
        return one.keys() == other.keys() and all(same(one[key], other[key], work) is True for key in one)
    closed = one.low_closed == other.low_closed and one.high_closed == other.high_closed
    return closed and same(one.low, other.low, work) is True and same(one.high, other.high, work) is True


def compare(sign: str, one: Any, other: Any) -> bool | None:
    """One of < <= > >= between two values of one ordered kind; null otherwise."""
    if one.__class__ is not other.__class__ or one.__class__ not in ORDERED:
        return None
    try:
        return ORDER[sign](one, other)
    except TypeError:  # a time with an offset and one without
        return None


def includes(span: Range, value: Any) -> bool | None:
    """Whether a range includes a value; null when they cannot be compared."""
    if span.low is None and span.high is None:
        return None
    above = True if span.low is None else compare(">=" if span.low_closed else ">", value, span.low)
    below = True if span.high is None else compare("<=" if span.high_closed else "<", value, span.high)
    return None if above is None or below is None else above and below


def belongs(value: Any, whole: Any, values: Values) -> bool | None:
    """Whether a value equals another, lies in a range, or is an element of a list (or in a range of the list)."""
    kind = value.__class__
    if whole.__class__ is tuple:
        if isinstance(values, Scope):
            values.work.spend(len(whole))
        for each in whole:
            if each.__class__ is kind and kind not in _COMPOUND and each == value:
                return True
        return _belongs_to_compound(value, whole, values)
    if whole.__class__ is Range and kind is not Range:
        return includes(whole, value)
    return same(value, whole, work_of(values))


def _belongs_to_compound(value: Any, whole: tuple[Any, ...], values: Values) -> bool:
    """What remains when no element is simply equal: ranges that include it, and compound values."""
    if value.__class__ not in _COMPOUND and value is not None:
        return any(each.__class__ is Range and includes(each, value) is True for each in whole)
    work = work_of(values)
    return same(value, whole, work) is True or any(same(value, each, work) is True for each in whole)


def equal(left: Part, right: Part, *, negated: bool) -> Run:
    """The closure of = or !=."""
    if left.constant and not right.constant:
        left, right = right, left
    one, other = left.run, right.run
    if right.constant and (wanted := other({})).__class__ not in _COMPOUND:
        kind = wanted.__class__

        def against_constant(values: Values) -> bool | None:
            value = one(values)
            if value.__class__ is kind:
                return (value == wanted) is not negated
            return negated if value is None or wanted is None else None

        return against_constant

    def against_any(values: Values) -> bool | None:
        first, second = one(values), other(values)
        result = same(first, second, work_of(values)) if first.__class__ in _COMPOUND else same(first, second, _UNUSED)
        return None if result is None else result is not negated

    return against_any


_UNUSED: Final = Work(0)  # scalars cost nothing


def ordered(sign: str, left: Part, right: Part) -> Run:
    """The closure of < <= > >=."""
    one, other, order = left.run, right.run, ORDER[sign]
    if right.constant and (limit := other({})).__class__ in ORDERED:
        kind = limit.__class__

        def against_constant(values: Values) -> bool | None:
            value = one(values)
            if value.__class__ is not kind:
                return None
            try:
                return order(value, limit)
            except TypeError:
                return None

        return against_constant
    return lambda values: compare(sign, one(values), other(values))


def within(value: Part, low: Part, high: Part) -> Run:
    """The closure of between … and …; null when one of the three is null."""
    inner, least, most = value.run, low.run, high.run

    def run(values: Values) -> bool | None:
        given = inner(values)
        above, below = compare(">=", given, least(values)), compare("<=", given, most(values))
        if above is False or below is False:
            return False
        return None if above is None or below is None else True

    return run


def all_of(parts: list[Part]) -> Run:
    """False when any is false, else null when any is not a boolean, else true."""
    runs = tuple(part.run for part in parts)
    if len(runs) == 2:
        return _both(*runs)

    def run(values: Values) -> bool | None:
        result: bool | None = True
        for each in runs:
            value = each(values)
            if value is False:
                return False
            if value is not True:
                result = None
        return result

    return run


def _both(one: Run, other: Run) -> Run:
    def run(values: Values) -> bool | None:
        first = one(values)
        if first is False:
            return False
        second = other(values)
        if second is False:
            return False
        return True if first is True and second is True else None

    return run


def any_of(parts: list[Part]) -> Run:
    """True when any is true, else null when any is not a boolean, else false."""
    runs = tuple(part.run for part in parts)

    def run(values: Values) -> bool | None:
        result: bool | None = False
        for each in runs:
            value = each(values)
            if value is True:
                return True
            if value is not False:
                result = None
        return result

    return run
