"""Builds the closures of FEEL's operators, with three-valued logic: true, false and null."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final

from engine.errors import PackageFault
from engine.rules.feel_types import LONGEST_STRING, MOST_DIGITS, Part, Run, Values

_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}


def all_of(parts: Sequence[Part]) -> Run:
    """False when any is false, else null when any is null, else true."""
    runs = tuple(part.run for part in parts)

    def run(values: Values) -> object:
        result: bool | None = True
        for each in runs:
            value = each(values)
            if value is False:
                return False
            if value is not True:
                result = None
        return result

    return run


def any_of(parts: Sequence[Part]) -> Run:
    """True when any is true, else null when any is null, else false."""
    runs = tuple(part.run for part in parts)

    def run(values: Values) -> object:
        result: bool | None = False
        for each in runs:
            value = each(values)
            if value is True:
                return True
            if value is not False:
                result = None
        return result

    return run


def equal(left: Part, right: Part, *, negated: bool) -> Run:
    """Equality: null equals only null, values of different types are never equal."""
    one, other = left.run, right.run
    if right.constant:
        wanted = other({})
        kind = wanted.__class__
        if negated:
            return lambda values: not ((value := one(values)).__class__ is kind and value == wanted)
        return lambda values: (value := one(values)).__class__ is kind and value == wanted
    return lambda values: same(one(values), other(values)) is not negated


def same(one: object, other: object) -> bool:
    """Whether two values are equal and of one type."""
    return one.__class__ is other.__class__ and one == other


def ordered(sign: str, left: Part, right: Part) -> Run:
    """An order of numbers, dates or strings; null when either side is null or they are of different types."""
    one, other, order = left.run, right.run, _ORDER[sign]

    def run(values: Values) -> object:
        first, second = one(values), other(values)
        if first is None or second is None or first.__class__ is not second.__class__:
            return None
        return order(first, second)

    return run


def within(value: Part, low: Part, high: Part, *, low_closed: bool = True, high_closed: bool = True) -> Run:
    """Whether a value lies between two; null when one of the three is null."""
    above, below = ordered(">=" if low_closed else ">", value, low), ordered("<=" if high_closed else "<", value, high)
    return all_of((Part(None, above), Part(None, below)))


def member(value: Part, elements: Sequence[Part]) -> Run:
    """Whether a value equals one of several expressions."""
    wanted, runs = value.run, tuple(each.run for each in elements)

    def run(values: Values) -> object:
        sought = wanted(values)
        return any(same(sought, each(values)) for each in runs)

    return run


def member_of_list(value: Part, list_part: Part) -> Run:
    """Whether a value is in a list; null when the list is null."""
    wanted, whole = value.run, list_part.run

    def run(values: Values) -> object:
        elements: Any = whole(values)
        if elements is None:
            return None
        sought = wanted(values)
        return any(same(sought, each) for each in elements)

    return run


def arithmetic(first: Part, rest: Sequence[tuple[str, Part]]) -> Run:
    """+ - * / of numbers in 40 digits, left to right; null with null and for a division by zero.

    A result that is too large is refused. No nesting, so that a long sum does not deepen the stack.
    """
    context = Context(prec=MOST_DIGITS, Emax=MOST_DIGITS, Emin=-MOST_DIGITS, traps=[InvalidOperation, DivisionByZero, Overflow])
    work: dict[str, Callable[[Any, Any], Decimal]] = {
        "+": context.add, "-": context.subtract, "*": context.multiply, "/": context.divide,
    }
    start, steps = first.run, tuple((work[sign], part.run) for sign, part in rest)

    def run(values: Values) -> object:
        result = start(values)
        for step, operand in steps:
            value = operand(values)
            if result.__class__ is not Decimal or value.__class__ is not Decimal:
                return None
            try:
                result = step(result, value)
            except (DivisionByZero, InvalidOperation):
                return None
            except Overflow:
                raise PackageFault("feel.bounds", f"计算结果超过{MOST_DIGITS}位数字") from None
        return result

    return run


def joined(parts: Sequence[Part]) -> Run:
    """Strings joined; null when one is null; a result that is too long is refused."""
    runs = tuple(part.run for part in parts)

    def run(values: Values) -> object:
        texts: list[str] = []
        for each in runs:
            value = each(values)
            if not isinstance(value, str):
                return None
            texts.append(value)
        if sum(map(len, texts)) > LONGEST_STRING:
            raise PackageFault("feel.bounds", f"文本长度超过{LONGEST_STRING}个字符")
        return "".join(texts)

    return run


def negative(part: Part) -> Run:
    """The number with the other sign; null with null."""
    inner = part.run
    return lambda values: value.copy_negate() if isinstance(value := inner(values), Decimal) else None


def choice(condition: Part, then: Part, otherwise: Part) -> Run:
    """then when the condition is true; otherwise when it is false or null."""
    test, yes, no = condition.run, then.run, otherwise.run
    return lambda values: yes(values) if test(values) is True else no(values)
