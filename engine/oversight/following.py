"""Follow the journal as it grows, for whoever derives something from it, without missing what is committed late.

Numbers are given out before they are committed: whoever only remembers the highest one that he saw misses those that a slower
transaction commits afterwards. So numbers that were skipped are remembered and looked for until they come, or for a day:
no transaction lasts that long, and one that was rolled back leaves its number unused for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, Plain
from engine.journal import JournalEntry

GIVEN_UP = timedelta(days=1)
LOOKED_BACK = 10_000  # numbers before the beginning among which a late one may still come
AT_ONCE = 200  # ranges in one query

Gap = tuple[int, int, datetime]  # first and last number that has not come, and since when it is missing


class JournalMark(Base):
    """How far one reader has come: the highest number, what is missing below it, and the reader's own moment."""

    __tablename__ = "journal_mark"

    reader: Mapped[str] = mapped_column(String(40), primary_key=True)
    highest: Mapped[int]
    missing: Mapped[list[list[Any]]] = mapped_column(Plain)
    moment: Mapped[datetime] = mapped_column(Moment)
    turn: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True)
class Reading:
    """What a reader has before it: entries in order of number, and the mark as it stands after them; full: there may be more."""

    entries: Sequence[JournalEntry]
    highest: int
    missing: tuple[Gap, ...]
    full: bool


def mark_of(session: Session, reader: str) -> JournalMark | None:
    """Where a reader stands; None before it has begun."""
    return session.get(JournalMark, reader)


def begin(session: Session, reader: str, moment: datetime, machine: datetime) -> None:
    """Begin with what is written from now on, and with what was begun before and is not committed yet."""
    highest = session.scalar(select(func.max(JournalEntry.id))) or 0
    first = max(0, highest - LOOKED_BACK)
    there = session.scalars(select(JournalEntry.id).where(JournalEntry.id > first).order_by(JournalEntry.id)).all()
    gaps = [[*gap] for gap in _skipped(first, there, machine)]
    session.add(JournalMark(reader=reader, highest=highest, missing=gaps, moment=moment))


def read_on(session: Session, mark: JournalMark, machine: datetime, most: int = 1000) -> Reading:
    """The next entries after the mark, and late ones before it; machine: the present moment by the machine's clock."""
    missing: list[Gap] = [(first, last, since) for first, last, since in mark.missing]
    late = list(_among(session, missing))
    query = select(JournalEntry).where(JournalEntry.id > mark.highest).order_by(JournalEntry.id).limit(most)
    new = list(session.scalars(query))
    left = [gap for gap in _without(missing, {entry.id for entry in late}) if machine - gap[2] < GIVEN_UP]
    left += _skipped(mark.highest, [entry.id for entry in new], machine)
    return Reading([*late, *new], new[-1].id if new else mark.highest, tuple(left), len(new) == most)


def move(session: Session, mark: JournalMark, reading: Reading, moment: datetime) -> bool:
    """Set the mark after what was read, inside the transaction that keeps what was derived; False when another has moved it."""
    stands = session.get(JournalMark, mark.reader, with_for_update=True, populate_existing=True)
    if stands is None or stands.turn != mark.turn:
        return False
    stands.highest, stands.missing = reading.highest, [[*gap] for gap in reading.missing]
    stands.moment, stands.turn = moment, stands.turn + 1
    session.flush()
    return True


def _among(session: Session, gaps: Sequence[Gap]) -> Iterable[JournalEntry]:
    for start in range(0, len(gaps), AT_ONCE):
        ranges = [and_(JournalEntry.id >= first, JournalEntry.id <= last) for first, last, _ in gaps[start:start + AT_ONCE]]
        yield from session.scalars(select(JournalEntry).where(or_(*ranges)).order_by(JournalEntry.id))


def _skipped(after: int, numbers: Iterable[int], since: datetime) -> list[Gap]:
    gaps = []
    for number in numbers:
        if number > after + 1:
            gaps.append((after + 1, number - 1, since))
        after = number
    return gaps


def _without(gaps: Iterable[Gap], came: set[int]) -> list[Gap]:
    """The gaps without the numbers that have come; one that came in the middle leaves two."""
    left = []
    for first, last, since in gaps:
        inside = [number for number in sorted(came) if first <= number <= last]
        left += _skipped(first - 1, [*inside, last + 1], since)
    return left
