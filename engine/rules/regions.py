"""What a constant unary test admits, as ranges of values, so that tables can be checked without running them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from engine.rules.values import Range


@dataclass(frozen=True)
class Region:
    """Values inside any of the ranges; negated: all others. A single value is a range from it to itself."""

    ranges: tuple[Range, ...]
    negated: bool = False


EVERYTHING: Final = Region((), negated=True)


def of_value(value: Any) -> Region:
    """The region of one constant: a value, a range, or a list of those."""
    if isinstance(value, Range):
        return Region((value,))
    if isinstance(value, tuple):
        return Region(tuple(each if isinstance(each, Range) else Range(each, each, True, True) for each in value))  # noqa: FBT003
    return Region((Range(value, value, True, True),))  # noqa: FBT003


def of_comparison(sign: str, limit: Any) -> Region | None:
    """The region of `< 5` and its like."""
    if sign in ("=", "!="):
        return Region(of_value(limit).ranges, negated=sign == "!=")
    if limit is None:
        return None
    below = sign in ("<", "<=")
    low, high = (None, limit) if below else (limit, None)
    return Region((Range(low, high, low_closed=sign == ">=", high_closed=sign == "<="),))


def united(regions: list[Region | None]) -> Region | None:
    """The region of several tests of which one must hold; None when one is unknown."""
    ranges: tuple[Range, ...] = ()
    for region in regions:
        if region is None or region.negated:
            return region if len(regions) == 1 else None
        ranges += region.ranges
    return Region(ranges)


def opposite(region: Region | None) -> Region | None:
    """The region of not(…)."""
    return None if region is None else Region(region.ranges, not region.negated)
