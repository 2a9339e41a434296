"""Numbers that are given once: per agency, pattern and year, without gaps, never reused."""

from __future__ import annotations

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base


class NumberSequence(Base):
    """The last number given for one agency, series and year."""

    __tablename__ = "number_sequence"

    agency_code: Mapped[str] = mapped_column(String(18), primary_key=True)
    series: Mapped[str] = mapped_column(String(60), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


def take_number(session: Session, agency_code: str, series: str, year: int) -> int:
    """The next number of a series, starting at 1; taken with the caller's transaction and given back with its rollback."""
    where = (
        NumberSequence.agency_code == agency_code, NumberSequence.series == series, NumberSequence.year == year
    )
    row = session.scalar(select(NumberSequence).where(*where).with_for_update())
    if row is None:
        session.add(NumberSequence(agency_code=agency_code, series=series, year=year, last=1))
        session.flush()
        return 1
    session.execute(update(NumberSequence).where(*where).values(last=row.last + 1))
    session.refresh(row)
    return row.last


def pass_over(session: Session, agency_code: str, series: str, year: int, last: int) -> None:
    """Count the numbers up to `last` as given elsewhere (before this system was there); never goes back."""
    row = session.get(NumberSequence, (agency_code, series, year))
    if row is None:
        session.add(NumberSequence(agency_code=agency_code, series=series, year=year, last=last))
    else:
        row.last = max(row.last, last)
    session.flush()
