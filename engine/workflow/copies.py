"""抄送: a case sent to a colleague for his knowledge, who by that may read it; which, by whom, why, and whether he has read it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.cases.cases import Case
from engine.database import Base, Moment
from engine.errors import NotPermitted
from engine.registers.agencies import Officer
from engine.workflow.paging import Order, Page, containing, read_page


class CaseCopy(Base):
    """One case sent by one person to another with a note; ended_at: when it was called back, and reading ended."""

    __tablename__ = "case_copy"
    __table_args__ = (Index(None, "to_id", "sent_at"), Index(None, "case_id", "to_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    from_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    to_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    note: Mapped[str] = mapped_column(String(200))
    sent_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    sender: Mapped[Officer] = relationship(foreign_keys=from_id, lazy="joined", join_depth=1)
    receiver: Mapped[Officer] = relationship(foreign_keys=to_id, lazy="joined", join_depth=1)


def was_copied(session: Session, case_id: int, officer_id: str) -> bool:
    """Whether a case was sent to an officer and not called back."""
    query = select(CaseCopy.id).where(CaseCopy.case_id == case_id, CaseCopy.to_id == officer_id, CaseCopy.ended_at.is_(None))
    return session.scalar(query.limit(1)) is not None


def copies_of(session: Session, case_id: int) -> list[CaseCopy]:
    """All copies of a case, the newest first."""
    return list(session.scalars(select(CaseCopy).where(CaseCopy.case_id == case_id).order_by(CaseCopy.id.desc())))


def find_copy(session: Session, copy_id: int) -> CaseCopy:
    """The copy of this id; NotPermitted hides whether it exists."""
    found = session.get(CaseCopy, copy_id)
    if found is None:
        raise NotPermitted("copy.hidden", "没有这项抄送，或者不是抄送给您的")
    return found


def unread_count(session: Session, officer_id: str) -> int:
    """How many copies an officer has not read yet."""
    unread = select(func.count()).where(CaseCopy.to_id == officer_id, CaseCopy.read_at.is_(None), CaseCopy.ended_at.is_(None))
    return session.scalar(unread) or 0


def copies_page(
    session: Session, officer: Officer, *, words: str = "", unread: bool = False, before: str = "", after: str = "", size: int = 20
) -> Page:
    """One page of the copies that an officer was sent and that were not called back, the newest first."""
    query = (
        select(
            CaseCopy.id, CaseCopy.case_id, CaseCopy.note, CaseCopy.sent_at, CaseCopy.read_at, Case.number, Case.title, Case.status,
            Officer.name.label("sender"),
        )
        .join(Case, Case.id == CaseCopy.case_id).join(Officer, Officer.id == CaseCopy.from_id)
        .where(CaseCopy.to_id == officer.id, CaseCopy.ended_at.is_(None), Case.agency_code == officer.agency_code,
               containing(words, Case.number, Case.title, CaseCopy.note))
    )
    query = query.where(CaseCopy.read_at.is_(None)) if unread else query
    order = Order(CaseCopy.sent_at, CaseCopy.id, datetime, "sent_at", descending=True)
    return read_page(session, query, order, before=before, after=after, size=size)
