"""Cuts the values of an input at the borders that a table's cells draw, into pieces inside which no cell tells values apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.rules.comparing import includes
from engine.rules.feel_types import FeelType
from engine.rules.regions import Region
from engine.rules.temporal import format_temporal
from engine.rules.values import Range, YearsMonths

_OTHER: Final = "\x00"  # stands for every text that no cell names; no text of a table can hold it
_STEPS: Final[dict[FeelType, Any]] = {FeelType.DATE: timedelta(days=1), FeelType.YEARS_MONTHS: YearsMonths(1)}
_ORDERED: Final = frozenset(
    {FeelType.NUMBER, FeelType.DATE, FeelType.MOMENT, FeelType.TIME, FeelType.YEARS_MONTHS, FeelType.DAYS_TIME}
)


class Unclear(Exception):
    """An input cannot be analysed; the text says why, in Chinese."""


@dataclass(frozen=True)
class Piece:
    """Values that no cell tells apart: one value (low is high), those between two, or (sample) texts that nobody names."""

    low: Any
    high: Any
    sample: Any


def pieces(kind: FeelType | None, regions: Sequence[Region], allowed: Region | None) -> list[Piece]:
    """The pieces of an input's values in ascending order, within the allowed ones. Raises Unclear."""
    ranges = [each for region in (*regions, *([allowed] if allowed else [])) for each in region.ranges if not _null(each)]
    edges = {edge for each in ranges for edge in (each.low, each.high) if edge is not None}
    if kind is FeelType.BOOLEAN:
        found = [Piece(value, value, value) for value in (True, False)]
    elif kind is FeelType.STRING:
        if any(each.low != each.high for each in ranges):
            raise Unclear("对文本比较了大小")
        found = [Piece(value, value, value) for value in sorted(edges)] + [Piece(None, None, _OTHER)]
    elif kind in _ORDERED:
        found = _between(kind, edges)
    else:
        raise Unclear("没有类型，或者其类型的值无法列举")
    return [piece for piece in found if allowed is None or admits(allowed, piece.sample)]


def admits(region: Region, value: Any) -> bool:
    """Whether a region admits a value."""
    inside = any((not _null(each) and includes(each, value) is True) or _equal(each, value) for each in region.ranges)
    return inside is not region.negated


def described(label: str, row: Sequence[Piece]) -> str:
    """Neighbouring pieces of an input in words, such as 罚款金额恰好为50000元; a unit may stand in the label: 罚款金额（元）."""
    name, _, unit = label.rstrip("）)").replace("(", "（").partition("（")
    low, high = row[0], row[-1]
    if any(piece.sample is _OTHER or isinstance(piece.sample, str) for piece in row):
        named = [f"“{piece.sample}”" for piece in row if piece.sample is not _OTHER]
        return f"{name}为{'或'.join([*named, *(['所列以外的值'] if len(named) < len(row) else [])])}"
    if isinstance(low.sample, bool):
        return f"{name}为{'是' if low.sample else '否'}"
    if low.low is not None and low.low == high.high:
        return f"{name}恰好为{_text(low.low)}{unit}"
    parts = []
    if low.low is not None:
        parts.append(f"{'不小于' if low.low == low.high else '大于'}{_text(low.low)}{unit}")
    if high.high is not None:
        parts.append(f"{'不大于' if high.low == high.high else '小于'}{_text(high.high)}{unit}")
    return f"{name}{'且'.join(parts)}" if parts else f"{name}为任何值"


def _between(kind: FeelType | None, edges: set[Any]) -> list[Piece]:
    try:
        borders = sorted(edges)
    except TypeError:
        raise Unclear("比较了带时区和不带时区的时刻") from None
    if not borders:
        return [Piece(None, None, _ANY_SAMPLE.get(kind, Decimal(0)))]  # type: ignore[arg-type]
    found = [Piece(None, borders[0], _beyond(borders[0], -1))]
    for place, border in enumerate(borders):
        found.append(Piece(border, border, border))
        if place + 1 < len(borders) and (sample := _middle(border, borders[place + 1])) is not None:
            found.append(Piece(border, borders[place + 1], sample))
    return [*found, Piece(borders[-1], None, _beyond(borders[-1], 1))]


_ANY_SAMPLE: Final[dict[FeelType, Any]] = {
    FeelType.DATE: date(2000, 1, 1), FeelType.MOMENT: datetime(2000, 1, 1), FeelType.TIME: time(12, 0),  # noqa: DTZ001
    FeelType.YEARS_MONTHS: YearsMonths(0), FeelType.DAYS_TIME: timedelta(0),
}


def _beyond(border: Any, direction: int) -> Any:
    """A value below (-1) or above (1) a border."""
    if isinstance(border, Decimal):
        return border + direction * max(Decimal(1), abs(border))
    if isinstance(border, YearsMonths):
        return YearsMonths(border.months + direction)
    if isinstance(border, time):
        raise Unclear("按时刻划分")
    try:
        return border + timedelta(days=direction)
    except OverflowError:
        raise Unclear("日期超出范围") from None


def _middle(low: Any, high: Any) -> Any:
    """A value between two; None when there is none, as between two neighbouring days."""
    if isinstance(low, YearsMonths):
        return YearsMonths((low.months + high.months) // 2) if high.months - low.months > 1 else None
    if isinstance(low, date) and not isinstance(low, datetime):
        return low + timedelta(days=1) if (high - low).days > 1 else None
    return low + (high - low) / 2


def _null(each: Range) -> bool:
    return each.low is None and each.high is None


def _equal(each: Range, value: Any) -> bool:
    return each.low.__class__ is value.__class__ and each.low == value and each.high == value


def _text(value: Any) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else format_temporal(value)
