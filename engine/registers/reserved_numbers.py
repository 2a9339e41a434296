"""Numbers handed out beforehand in blocks, such as those printed on forms for on-the-spot decisions (行政处罚法 第五十二条第一款).

Every number of a block has a row of its own for ever: free, used, void or given back. The lowest free one is used first, so that
a block has no gap that nobody explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment
from engine.errors import Conflict, Invalid
from engine.registers.numbers import take_number

FREE, USED, VOID, RETURNED = "free", "used", "void", "returned"
STATE_NAMES = {FREE: "未使用", USED: "已使用", VOID: "已作废", RETURNED: "已交回"}
LARGEST_BLOCK = 200


class ReservedNumber(Base):
    """One number of a block. note: the paper document on which it was used, or why it is void or was given back."""

    __tablename__ = "reserved_number"

    agency_code: Mapped[str] = mapped_column(ForeignKey("agency.code"), primary_key=True)
    series: Mapped[str] = mapped_column(String(60), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default=FREE)
    note: Mapped[str] = mapped_column(String(200), default="")
    reserved_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)

    @property
    def state_name(self) -> str:
        """Chinese name of the state."""
        return STATE_NAMES[self.state]


def reserve(session: Session, agency_code: str, series: str, year: int, officer_id: str, count: int, at: datetime) -> list[int]:
    """Hand an officer the next numbers of a series, those first that somebody gave back; the numbers in order are returned."""
    if not 1 <= count <= LARGEST_BLOCK:
        raise Invalid("number.block_size", f"一次预留的号码应当是 1 至 {LARGEST_BLOCK} 个")
    given: list[int] = []
    while len(given) < count and (back := _move(session, agency_code, series, year, RETURNED, FREE, officer_id, at)) is not None:
        given.append(back)
    for _ in range(count - len(given)):
        number = take_number(session, agency_code, series, year)
        given.append(number)
        session.add(ReservedNumber(
            agency_code=agency_code, series=series, year=year, number=number, officer_id=officer_id, reserved_at=at, changed_at=at,
        ))
    session.flush()
    return sorted(given)


def use_next(session: Session, agency_code: str, series: str, year: int, officer_id: str, at: datetime, note: str) -> int | None:
    """Use the lowest free number that the officer holds, for what the note names; None when he holds none."""
    return _move(session, agency_code, series, year, FREE, USED, officer_id, at, note)


def use_on_paper(session: Session, row: ReservedNumber, note: str, at: datetime) -> None:
    """Write down on which paper document a number was used; Invalid when a lower one has not been accounted for."""
    lower = session.scalar(select(func.min(ReservedNumber.number)).where(*_held(row), ReservedNumber.state == FREE))
    if lower is not None and lower < row.number:
        raise Invalid("number.order", f"号码应当依次使用：{lower} 号还没有使用，请先登记使用或者作废该号")
    _change(session, row, USED, note, at)


def declare_void(session: Session, row: ReservedNumber, reason: str, at: datetime) -> None:
    """Declare a free number void (spoilt, lost); it is never given again."""
    _change(session, row, VOID, reason, at)


def give_back(session: Session, row: ReservedNumber, reason: str, at: datetime) -> None:
    """Give a free number back, to be handed out again before any new one."""
    _change(session, row, RETURNED, reason, at)


def reserved(session: Session, agency_code: str, officer_id: str | None = None) -> Sequence[ReservedNumber]:
    """All numbers ever handed out in blocks by an agency (to one officer), in order."""
    query = select(ReservedNumber).where(ReservedNumber.agency_code == agency_code)
    if officer_id is not None:
        query = query.where(ReservedNumber.officer_id == officer_id)
    return session.scalars(query.order_by(ReservedNumber.series, ReservedNumber.year, ReservedNumber.number)).all()


def _change(session: Session, row: ReservedNumber, state: str, note: str, at: datetime) -> None:
    if not note.strip():
        raise Invalid("number.note", "请写明号码用于哪份文书，或者作废、交回的理由")
    changed = session.execute(
        update(ReservedNumber)
        .where(*_held(row), ReservedNumber.number == row.number, ReservedNumber.state == FREE)
        .values(state=state, note=note.strip()[:200], changed_at=at).execution_options(synchronize_session=False)
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        raise Conflict("number.not_free", f"{row.number} 号已经使用、作废或者交回，请刷新")
    session.expire(row)


def _held(row: ReservedNumber) -> tuple[ColumnElement[bool], ...]:
    return (
        ReservedNumber.agency_code == row.agency_code, ReservedNumber.series == row.series, ReservedNumber.year == row.year,
        ReservedNumber.officer_id == row.officer_id,
    )


def _move(
    session: Session, agency_code: str, series: str, year: int, before: str, after: str, officer_id: str, at: datetime,
    note: str = "",
) -> int | None:
    """Move the lowest number from one state to another for an officer; who meets another writer looks again."""
    mine = [ReservedNumber.agency_code == agency_code, ReservedNumber.series == series, ReservedNumber.year == year,
            ReservedNumber.state == before]
    if before == FREE:
        mine.append(ReservedNumber.officer_id == officer_id)
    while (lowest := session.scalar(select(func.min(ReservedNumber.number)).where(*mine))) is not None:
        moved = session.execute(
            update(ReservedNumber).where(*mine, ReservedNumber.number == lowest)
            .values(state=after, officer_id=officer_id, changed_at=at, note=note[:200]).execution_options(synchronize_session=False)
        )
        if moved.rowcount:  # type: ignore[attr-defined]
            session.expire_all()
            return lowest
    return None
