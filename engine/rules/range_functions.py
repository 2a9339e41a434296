"""FEEL's relations of points and ranges: before, after, meets, overlaps, finishes, includes, starts and the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.rules.comparing import compare, includes, same
from engine.rules.declaring import Builtin, builtin
from engine.rules.feel_types import FeelType
from engine.rules.values import Range, Work

Relation = Callable[[Work, Any, Any], bool | None]


def _both(one: Any, other: Any) -> bool:
    return one.__class__ is Range and other.__class__ is Range


def _before(_: Work, one: Any, other: Any) -> bool | None:
    if one is None or other is None:
        return None
    end = one.high if isinstance(one, Range) else one
    start = other.low if isinstance(other, Range) else other
    touching = (one.high_closed if isinstance(one, Range) else True) and (other.low_closed if isinstance(other, Range) else True)
    return compare("<" if touching else "<=", end, start)


def _meets(work: Work, one: Any, other: Any) -> bool | None:
    return one.high_closed and other.low_closed and same(one.high, other.low, work) if _both(one, other) else None


def _overlaps_before(work: Work, one: Any, other: Any) -> bool | None:
    """The first begins before the second, and ends inside it (at its very end at the latest)."""
    if not _both(one, other):
        return None
    begins = compare("<", one.low, other.low) or (same(one.low, other.low, work) and one.low_closed and not other.low_closed)
    reaches = compare(">", one.high, other.low) or (same(one.high, other.low, work) and one.high_closed and other.low_closed)
    ends = compare("<", one.high, other.high) or (same(one.high, other.high, work) and (not one.high_closed or other.high_closed))
    return None if begins is None or reaches is None or ends is None else bool(begins and reaches and ends)


def _overlaps(work: Work, one: Any, other: Any) -> bool | None:
    if not _both(one, other):
        return None
    apart, turned = _before(work, one, other), _before(work, other, one)
    return None if apart is None or turned is None else not apart and not turned


def _finishes(work: Work, one: Any, other: Any) -> bool | None:
    if not isinstance(other, Range):
        return None
    if not isinstance(one, Range):
        return other.high_closed and same(one, other.high, work)
    late = compare(">", one.low, other.low)
    begins = late or (same(one.low, other.low, work) and (not one.low_closed or other.low_closed))
    return one.high_closed == other.high_closed and same(one.high, other.high, work) and begins


def _starts(work: Work, one: Any, other: Any) -> bool | None:
    if not isinstance(other, Range):
        return None
    if not isinstance(one, Range):
        return other.low_closed and same(one, other.low, work)
    early = compare("<", one.high, other.high)
    ends = early or (same(one.high, other.high, work) and (not one.high_closed or other.high_closed))
    return one.low_closed == other.low_closed and same(one.low, other.low, work) and ends


def _includes(work: Work, one: Any, other: Any) -> bool | None:
    if not isinstance(one, Range) or other is None:
        return None
    if not isinstance(other, Range):
        return includes(one, other)
    low, high = compare("<", one.low, other.low), compare(">", one.high, other.high)
    if low is None or high is None:
        return None
    begins = low or (same(one.low, other.low, work) and (one.low_closed or not other.low_closed))
    ends = high or (same(one.high, other.high, work) and (one.high_closed or not other.high_closed))
    return bool(begins and ends)


def _coincides(work: Work, one: Any, other: Any) -> bool | None:
    return same(one, other, work) if one is not None and other is not None else None


def _turned(relation: Relation) -> Relation:
    return lambda work, one, other: relation(work, other, one)


_RELATIONS: Final[dict[str, Relation]] = {
    "before": _before, "after": _turned(_before), "meets": _meets, "met by": _turned(_meets), "overlaps": _overlaps,
    "overlaps before": _overlaps_before, "overlaps after": _turned(_overlaps_before), "finishes": _finishes,
    "finished by": _turned(_finishes), "includes": _includes, "during": _turned(_includes), "starts": _starts,
    "started by": _turned(_starts), "coincides": _coincides,
}
_POINTS, _RANGES, _INTO, _OF = ("point1", "point2"), ("range1", "range2"), ("point", "range"), ("range", "point")
# the names of the parameters, for calls by name
_PARAMETERS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    **dict.fromkeys(("before", "after"), (_POINTS, _INTO, _OF, _RANGES)), "coincides": (_POINTS, _RANGES),
    **dict.fromkeys(("finishes", "starts", "during"), (_INTO, _RANGES)),
    **dict.fromkeys(("finished by", "started by", "includes"), (_OF, _RANGES)),
}
FUNCTIONS: Final[tuple[Builtin, ...]] = tuple(
    builtin(f"{name}({one}: Any, {other}: Any)", FeelType.BOOLEAN, relation)
    for name, relation in _RELATIONS.items() for one, other in _PARAMETERS.get(name, (_RANGES,))
)
