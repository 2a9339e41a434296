"""What repeats or nests when FEEL is evaluated: loops, quantifiers, contexts and functions, each step paid for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from engine.rules.feel_types import Part, Run, Values
from engine.rules.item_types import ItemType
from engine.rules.values import Function, Range, Scope, Work, work_of

Rows = Sequence[tuple[object, Run]]


def choice(condition: Part, then: Part, otherwise: Part) -> Run:
    """then when the condition is true; otherwise when it is false or null."""
    test, yes, no = condition.run, then.run, otherwise.run
    return lambda values: yes(values) if test(values) is True else no(values)


def ranged(low: Part, high: Part) -> Run:
    """The whole numbers or days from one to the other, downwards too."""
    one, other = low.run, high.run
    return lambda values: _counted(one(values), other(values), work_of(values))


def _counted(first: Any, last: Any, work: Work) -> tuple[Any, ...] | None:
    if first.__class__ is not last.__class__:
        return None
    if first.__class__ is Decimal and first == int(first) and last == int(last):
        start, end = int(first), int(last)
    elif first.__class__ is date:
        start, end = first.toordinal(), last.toordinal()
    else:
        return None
    work.reserve(abs(end - start) + 1)
    step = 1 if start <= end else -1
    make = Decimal if first.__class__ is Decimal else date.fromordinal
    return work.make(tuple(make(each) for each in range(start, end + step, step)))


def _elements(value: Any, work: Work) -> tuple[Any, ...] | None:
    """What a loop goes through: a list, the whole numbers or days of a range, or one value."""
    if value.__class__ is tuple:
        return tuple(value)
    if isinstance(value, Range):
        whole = _counted(value.low, value.high, work)
        if whole is None:
            return None
        return whole[0 if value.low_closed else 1 : len(whole) if value.high_closed else len(whole) - 1]
    return None if value is None else (value,)


def looped(rows: Rows, result: Run, partial: object) -> Run:
    """The closure of for … return: the results of all combinations, the last variable running fastest.

    partial: the variable with the results so far, None when nobody reads it.
    """

    def run(values: Values) -> tuple[Any, ...] | None:
        scope: Any = values
        work, results = work_of(values), list[Any]()

        def go(depth: int) -> bool:
            if depth == len(rows):
                work.spend()
                if partial is not None:
                    scope[partial] = work.make(tuple(results))
                results.append(result(scope))
                work.reserve(len(results))
                return True
            slot, source = rows[depth]
            items = _elements(source(scope), work)
            if items is None:
                return False
            for each in items:
                work.spend()
                scope[slot] = each
                if not go(depth + 1):
                    return False
            return True

        return work.make(tuple(results)) if go(0) else None

    return run


def quantified(rows: Rows, test: Run, *, wanted: bool) -> Run:
    """The closure of some (wanted) and every: null when undecided because a test was null."""

    def run(values: Values) -> bool | None:
        scope: Any = values
        work = work_of(values)

        def go(depth: int) -> bool | None:
            if depth == len(rows):
                work.spend()
                answer = test(scope)
                return answer if answer.__class__ is bool else None
            slot, source = rows[depth]
            items = _elements(source(scope), work)
            if items is None:
                return None
            result: bool | None = not wanted
            for each in items:
                work.spend()
                scope[slot] = each
                answer = go(depth + 1)
                if answer is wanted:
                    return wanted
                if answer is None:
                    result = None
            return result

        return go(0)

    return run


def contextual(entries: Sequence[tuple[str, object, Part]]) -> Run:
    """The closure of a context literal; null when a name stands twice."""
    steps = tuple((name, slot, part.run) for name, slot, part in entries)
    if len({name for name, _, _ in steps}) < len(steps):
        return lambda _: None

    def run(values: Values) -> dict[str, Any]:
        scope: Any = values
        work_of(values).spend(1 + len(steps))
        made = {}
        for name, slot, step in steps:
            made[name] = scope[slot] = step(scope)
        return made

    return run


def defined(parameters: Sequence[tuple[str, ItemType, object]], body: Run) -> Run:
    """The closure that makes a function value: it keeps the values around it as they are now."""
    names = tuple(name for name, _, _ in parameters)

    def run(values: Values) -> Function:
        captured = dict(values)
        work_of(values).spend(1 + len(captured))
        return Function(names, lambda work, given: applied(work, captured, parameters, given, body))

    return run


def applied(
    work: Work, captured: Values, parameters: Sequence[tuple[str, ItemType, object]], given: Sequence[Any], body: Run
) -> Any:
    """The result of a function's body with arguments; null when an argument is not of its parameter's type."""
    work.enter()
    work.spend(len(captured))
    scope = Scope(captured, work)
    for (name, kind, slot), value in zip(parameters, given, strict=True):
        try:
            scope[slot] = kind.bring(value)
        except ValueError:
            work.note(f"参数“{name}”类型不符")
            work.leave()
            return None
    result = body(scope)
    work.leave()
    return result
