"""What can be said about types before an expression is ever evaluated."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import ZhifaError
from engine.rules.arithmetic import OPERATIONS
from engine.rules.feel_types import KINDS, ORDERED, TYPE_NAMES, FeelType, Part, agree, fault
from engine.rules.tokens import Token
from engine.rules.values import Scope, Work

_ORDERED_TYPES = frozenset({*(KINDS[kind] for kind in ORDERED), None})
_SIGNED = frozenset({FeelType.NUMBER, FeelType.YEARS_MONTHS, FeelType.DAYS_TIME, None})


def require(parts: Sequence[Part], wanted: FeelType, position: int) -> None:
    """Each of one type; PackageFault feel.type."""
    for part in parts:
        if not agree(part.type, wanted):
            raise fault("type", position, f"这里应当是{TYPE_NAMES[wanted]}，实为{TYPE_NAMES[part.type]}")


def require_alike(one: FeelType | None, other: FeelType | None, position: int) -> None:
    """Two that can be equal; PackageFault feel.type."""
    if not agree(one, other):
        raise fault("type", position, f"{TYPE_NAMES[one]}不能与{TYPE_NAMES[other]}比较或者合并")


def require_ordered(parts: Sequence[Part], position: int) -> None:
    """All of one ordered type; PackageFault feel.type."""
    known = next((part.type for part in parts if part.type), None)
    for part in parts:
        require_alike(known, part.type, position)
        if part.type not in _ORDERED_TYPES:
            raise fault("type", position, f"{TYPE_NAMES[part.type]}不能比较大小")


def require_signed(part: Part, position: int) -> None:
    """A number or a duration; PackageFault feel.type."""
    if part.type not in _SIGNED:
        raise fault("type", position, f"这里应当是{TYPE_NAMES[FeelType.NUMBER]}，实为{TYPE_NAMES[part.type]}")


def result_of(sign: Token, one: FeelType | None, other: FeelType | None, *, strict: bool) -> FeelType | None:
    """The type of an operation; None when unknown. strict: PackageFault feel.type when there is no such operation."""
    operations = OPERATIONS[sign.text]
    if strict and {one, other} == {FeelType.DATE, FeelType.MOMENT}:
        raise fault("type", sign.start, "日期不能与日期和时间相减：请先用 date and time() 或者 date() 换算")
    if one is not None and other is not None:
        found = operations.get((one, other))
        if found is None and strict:
            message = f"“{sign.text}”不能用于{TYPE_NAMES[one]}和{TYPE_NAMES[other]}"
            raise fault("type", sign.start, message)
        return found[0] if found else None
    results = {kind for (left, right), (kind, _) in operations.items() if one in (None, left) and other in (None, right)}
    if not results and strict:
        raise fault("type", sign.start, f"“{sign.text}”不能用于{TYPE_NAMES[one or other]}")
    return results.pop() if len(results) == 1 else None


def folded(part: Part) -> Part:
    """A part without names, evaluated once and for all; as it is when that would go beyond the bounds."""
    if not part.constant:
        return part
    try:
        value = part.run(Scope({}, Work(1000)))
    except ZhifaError:
        return Part(part.type, part.run)
    return constant(value, KINDS.get(value.__class__) or part.type)


def constant(value: object, kind: FeelType | None = None) -> Part:
    """A part that is always the same value."""
    return Part(kind or KINDS.get(value.__class__), lambda _: value, constant=True)
