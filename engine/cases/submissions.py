"""What was filled in at each step, by whom and when: kept for ever, corrected only by a later submission."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, Plain


class Submission(Base):
    """One completed step: its form's values as plain data, its statutory tags and the officers who acted."""

    __tablename__ = "submission"
    __table_args__ = (Index(None, "case_id", "step"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    procedure: Mapped[str] = mapped_column(String(60))
    step: Mapped[str] = mapped_column(String(60))
    tags: Mapped[list[str]] = mapped_column(Plain)
    actor_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    also_present: Mapped[list[str]] = mapped_column(Plain)
    at: Mapped[datetime] = mapped_column(Moment)
    values: Mapped[dict[str, Any]] = mapped_column(Plain)


def submissions(session: Session, case_id: int) -> list[Submission]:
    """All completed steps of a case, in order."""
    return list(session.scalars(select(Submission).where(Submission.case_id == case_id).order_by(Submission.id)))


def latest(session: Session, case_id: int, step: str) -> Submission | None:
    """The last completion of a step; None when it was never completed."""
    query = select(Submission).where(Submission.case_id == case_id, Submission.step == step)
    return session.scalar(query.order_by(Submission.id.desc()).limit(1))
