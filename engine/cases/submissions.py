"""What was filled in at each step, by whom and when: kept for ever, corrected only by a later submission."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, bindparam, cast, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.superseding import Supersedable
from engine.database import Base, Moment, Plain
from engine.prepared import Prepared


class Submission(Supersedable, Base):
    """One completed step: its form's values as plain data, its statutory tags and the officers who acted; acting_for: the absent
    person for whom a deputy took it.
    """

    __tablename__ = "submission"
    __table_args__ = (Index(None, "case_id", "step"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    procedure: Mapped[str] = mapped_column(String(60))
    step: Mapped[str] = mapped_column(String(60))
    tags: Mapped[list[str]] = mapped_column(Plain)
    actor_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    also_present: Mapped[list[str]] = mapped_column(Plain)
    acting_for: Mapped[str | None] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    values: Mapped[dict[str, Any]] = mapped_column(Plain)


COLUMNS = ("case_id", "procedure", "step", "tags", "actor_id", "also_present", "acting_for", "at", "values")
ADD = Prepared(insert(Submission).values({name: bindparam(f"its_{name}") for name in COLUMNS}).returning(Submission.id))


def record(
    session: Session, case_id: int, procedure: str, step: str, *, tags: Iterable[str], actor_id: str,
    also_present: Iterable[str], at: datetime, values: Mapping[str, Any], acting_for: str = "",
) -> int:
    """Write down a completed step in the caller's transaction; the id of the row is returned."""
    session.flush()
    (written,), = ADD.rows(session, {
        "its_case_id": case_id, "its_procedure": procedure, "its_step": step, "its_tags": list(tags), "its_actor_id": actor_id,
        "its_also_present": [person for person in also_present if person], "its_acting_for": acting_for or None, "its_at": at,
        "its_values": dict(values),
    })
    return int(written)


def submissions(session: Session, case_id: int) -> list[Submission]:
    """All completed steps of a case, in order."""
    return list(session.scalars(select(Submission).where(Submission.case_id == case_id).order_by(Submission.id)))


def newest_submissions(session: Session, case_id: int) -> list[Submission]:
    """The newest completion of each step by each officer, in order: its length does not grow with the rounds of a case."""
    newest = select(func.max(Submission.id)).where(Submission.case_id == case_id)
    query = select(Submission).where(Submission.id.in_(newest.group_by(Submission.step, Submission.actor_id)))
    return list(session.scalars(query.order_by(Submission.id)))


def ever_confirmed(session: Session, case_id: int, key: str) -> bool:
    """Whether any completed step of the case answers yes to this question (key of a form's field)."""
    said = cast(Submission.values, Text).contains(f'"{key}": true', autoescape=True)
    query = select(Submission.values).where(Submission.case_id == case_id, said).order_by(Submission.id)
    return any(values.get(key) is True for values in session.scalars(query))


def latest(session: Session, case_id: int, step: str) -> Submission | None:
    """The last completion of a step; None when it was never completed."""
    query = select(Submission).where(Submission.case_id == case_id, Submission.step == step)
    return session.scalar(query.order_by(Submission.id.desc()).limit(1))
