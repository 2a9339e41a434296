"""Numbers that are given once: per agency, pattern and year, without gaps, never reused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base

_INSERTS: Mapping[str, Callable[..., Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


class NumberSequence(Base):
    """The last number given for one agency, series and year."""

    __tablename__ = "number_sequence"

    agency_code: Mapped[str] = mapped_column(String(18), primary_key=True)
    series: Mapped[str] = mapped_column(String(60), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


def take_number(session: Session, agency_code: str, series: str, year: int) -> int:
    """The next number of a series, starting at 1; taken with the caller's transaction and given back with its rollback.

    One statement, so that two who begin a series at the same moment wait for each other instead of failing.
    """
    insert = _INSERTS[session.get_bind().dialect.name]
    statement = insert(NumberSequence).values(agency_code=agency_code, series=series, year=year, last=1)
    taken: int = session.execute(
        statement.on_conflict_do_update(
            index_elements=["agency_code", "series", "year"], set_={"last": NumberSequence.last + 1}
        ).returning(NumberSequence.last)
    ).scalar_one()
    return taken


def pass_over(session: Session, agency_code: str, series: str, year: int, last: int) -> None:
    """Count the numbers up to `last` as given elsewhere (before this system was there); never goes back."""
    row = session.get(NumberSequence, (agency_code, series, year))
    if row is None:
        session.add(NumberSequence(agency_code=agency_code, series=series, year=year, last=last))
    else:
        row.last = max(row.last, last)
    session.flush()
