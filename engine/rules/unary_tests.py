"""Unary tests: what stands in an input cell of a decision table, and after `in`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from engine.rules.comparing import ORDER, belongs, compare
from engine.rules.feel_types import KINDS, ORDERED, FeelType, Part, Values
from engine.rules.regions import EVERYTHING, Region, of_comparison, of_value, opposite, united
from engine.rules.values import Range

RunTest = Callable[[Any, Values], bool | None]


@dataclass(frozen=True)
class UnaryTest:
    """A compiled test of a value. region: what it admits (None: only known when run); type: of the values it admits."""

    run: RunTest
    region: Region | None = None
    type: FeelType | None = None


ANYTHING: Final = UnaryTest(lambda _value, _values: True, EVERYTHING)


def comparison(sign: str, limit: Part) -> UnaryTest:
    """`< 5`, `>= x`, `= y`, `!= z`."""
    if sign in ("=", "!="):
        inner = equality(limit)
        region = opposite(inner.region) if sign == "!=" else inner.region
        return UnaryTest(_negated(inner.run) if sign == "!=" else inner.run, region, limit.type)
    if not limit.constant:
        bound = limit.run
        return UnaryTest(lambda value, values: compare(sign, value, bound(values)), None, limit.type)
    edge = limit.run({})
    kind, order = edge.__class__, ORDER[sign]
    if kind not in ORDERED:
        return UnaryTest(lambda _value, _values: None)

    def run(value: Any, _: Values) -> bool | None:
        if value.__class__ is not kind:
            return None
        try:
            return order(value, edge)
        except TypeError:
            return None

    return UnaryTest(run, of_comparison(sign, edge), limit.type)


def equality(part: Part, *, asks: bool = False) -> UnaryTest:
    """An expression as a test: equal to the value, a list or range with it, or (asks: it speaks of ?) itself true."""
    if part.constant:
        wanted = part.run({})
        kind = wanted.__class__
        if isinstance(wanted, Range) and wanted.low.__class__ is wanted.high.__class__ and wanted.low.__class__ in ORDERED:
            return UnaryTest(_inside(wanted), of_value(wanted), KINDS[wanted.low.__class__])
        if kind in (tuple, dict, Range):
            inside = _element_type(wanted)
            region = of_value(wanted) if kind is not dict and _plain(wanted) else None
            return UnaryTest(lambda value, values: belongs(value, wanted, values), region, inside)
        return UnaryTest(lambda value, _: _matches(value, wanted, kind), of_value(wanted), part.type)
    inner, listed = part.run, part.type is FeelType.LIST

    def run(value: Any, values: Values) -> bool | None:
        result = inner(values)
        if asks and (result is True or result is False):
            return result
        if result is None and listed:
            return None
        if result is True and value.__class__ is not bool:
            return True
        return belongs(value, result, values)

    return UnaryTest(run, None, None if listed or asks or part.type in (FeelType.RANGE, FeelType.BOOLEAN) else part.type)


def _inside(span: Range) -> RunTest:
    """The test of a constant range with two ends."""
    low, high, kind = span.low, span.high, span.low.__class__
    above, below = ORDER[">=" if span.low_closed else ">"], ORDER["<=" if span.high_closed else "<"]

    def closed(value: Any, _: Values) -> bool | None:
        return low <= value <= high if value.__class__ is kind else None

    if kind is Decimal and span.low_closed and span.high_closed:
        return closed

    def run(value: Any, _: Values) -> bool | None:
        if value.__class__ is not kind:
            return None
        try:
            return above(value, low) and below(value, high)
        except TypeError:
            return None

    return run


def _matches(value: Any, wanted: Any, kind: type) -> bool | None:
    if value.__class__ is kind:
        return bool(value == wanted)
    return False if value is None or wanted is None else None


def either(tests: Sequence[UnaryTest]) -> UnaryTest:
    """Several tests of which one must hold."""
    if len(tests) == 1:
        return tests[0]
    runs = tuple(test.run for test in tests)
    region = united([test.region for test in tests])
    wanted = [each.low for each in region.ranges if each.low == each.high] if region else []
    if region and wanted and len(wanted) == len(region.ranges) and {each.__class__ for each in wanted} == {str}:
        words = frozenset(wanted)
        return UnaryTest(lambda value, _: value in words if value.__class__ is str else None if value else False, region, FeelType.STRING)

    def run(value: Any, values: Values) -> bool | None:
        result: bool | None = False
        for each in runs:
            answer = each(value, values)
            if answer is True:
                return True
            if answer is None:
                result = None
        return result

    return UnaryTest(run, region, next((test.type for test in tests if test.type), None))


def negation(test: UnaryTest) -> UnaryTest:
    """not(…)."""
    return UnaryTest(_negated(test.run), opposite(test.region), test.type)


def _negated(run: RunTest) -> RunTest:
    return lambda value, values: None if (answer := run(value, values)) is None else not answer


def membership(value: Part, test: UnaryTest) -> Callable[[Values], bool | None]:
    """The closure of value `in` tests."""
    inner, check = value.run, test.run
    return lambda values: check(inner(values), values)


def _plain(value: Any) -> bool:
    return not isinstance(value, tuple) or not any(each.__class__ in (tuple, dict) for each in value)


def _element_type(value: Any) -> FeelType | None:
    """The one type of the values that a constant list or range admits, None when there are several."""
    ends = value if isinstance(value, tuple) else (value,)
    inner = [edge for each in ends for edge in ((each.low, each.high) if isinstance(each, Range) else (each,))]
    kinds = {KINDS.get(edge.__class__) for edge in inner if edge is not None}
    return kinds.pop() if len(kinds) == 1 else None

