"""Paging by key: a page begins behind the row with which the last one ended, so that page 1,000 costs what page 1 costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, true
from sqlalchemy.orm import Session

MOST: Final = 200  # rows of a page
NEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)  # where rows without a due date stand: behind all others


@dataclass(frozen=True)
class Order:
    """In which order a list stands: by a column, rows that agree in it by their id, both in one direction.

    kind: what the column holds, datetime, date, str or int; the column must never be empty. at: its name in a row that was read.
    """

    by: Any
    id: Any
    kind: type
    at: str
    id_at: str = "id"
    descending: bool = False

    def cursor(self, row: Any) -> str:
        """The place of a row as it stands in an address."""
        value = getattr(row, self.at)
        value = value if value is not None else NEVER
        if isinstance(value, datetime):
            value = value.astimezone(UTC)
        return f"{value.isoformat() if isinstance(value, date) else value}~{getattr(row, self.id_at)}"

    def read(self, text: str) -> tuple[Any, int] | None:
        """The place that a cursor names; None when it was made up."""
        value, _, number = text.rpartition("~")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        try:
            return self._value(value), int(number)
        except (ValueError, OverflowError):
            return None

    def _value(self, text: str) -> Any:
        if self.kind is datetime:
            found = datetime.fromisoformat(text)
            if found.tzinfo is None or not 1900 < found.year <= NEVER.year:
                raise ValueError(text)
            return found
        if self.kind is str:
            if len(text) > MOST or "\x00" in text:
                raise ValueError(text)
            return text
        if self.kind is int and not (text.isascii() and text.isdigit() and len(text) < 19):
            raise ValueError(text)
        return date.fromisoformat(text) if self.kind is date else self.kind(text)


@dataclass(frozen=True)
class Page:
    """Rows of one page; before, after: cursors of the pages beside it, empty where there is none."""

    rows: Sequence[Any]
    before: str = ""
    after: str = ""


def read_page(session: Session, query: Any, order: Order, *, before: str = "", after: str = "", size: int = 20) -> Page:
    """One page of a query in one statement; a cursor that makes no sense gives the first page."""
    size = max(1, min(size, MOST))
    back = order.read(before) if before else None
    place = back or (order.read(after) if after else None)
    backwards = back is not None
    falling = order.descending != backwards
    if place is not None:
        query = query.where(_behind(order, place, falling))
    columns = [column.desc() if falling else column.asc() for column in (order.by, order.id)]
    found = list(session.execute(query.order_by(*columns).limit(size + 1)))
    rows, more = found[:size], len(found) > size
    if backwards:
        rows.reverse()
    if not rows:
        return Page(rows)
    has_before, has_after = (more, True) if backwards else (place is not None, more)
    return Page(rows, order.cursor(rows[0]) if has_before else "", order.cursor(rows[-1]) if has_after else "")


def _behind(order: Order, place: tuple[Any, int], falling: bool) -> Any:
    value, number = place
    if order.by is order.id:
        return order.id < number if falling else order.id > number
    # the first comparison alone lets an index begin at the place
    if falling:
        return and_(order.by <= value, or_(order.by < value, order.id < number))
    return and_(order.by >= value, or_(order.by > value, order.id > number))


def containing(words: str, *columns: Any) -> ColumnElement[bool]:
    """Whether one of the columns contains the words as they stand; signs that LIKE knows mean themselves. No words: true."""
    if not words:
        return true()
    return or_(*(column.contains(words, autoescape=True) for column in columns))
