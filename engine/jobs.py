"""Work that must not run inside a step's transaction: a row written with the step, done afterwards, done once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, Plain

PENDING, DONE, FAILED, WITHDRAWN = "pending", "done", "failed", "withdrawn"


class Job(Base):
    """One queued operation of one case.

    operation: permanent name; arguments: JSON-ready; state: pending, done, failed or withdrawn; error: what the last try said.
    """

    __tablename__ = "job"
    __table_args__ = (Index(None, "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int]
    operation: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[dict[str, Any]] = mapped_column(Plain)
    state: Mapped[str] = mapped_column(String(10), default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    enqueued_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


def enqueue(session: Session, case_id: int, operation: str, arguments: dict[str, Any], at: datetime) -> Job:
    """Write the job in the caller's transaction: no step, no job."""
    job = Job(case_id=case_id, operation=operation, arguments=arguments, enqueued_at=at)
    session.add(job)
    session.flush()
    return job


def pending(session: Session, case_id: int | None = None) -> list[Job]:
    """Jobs still to be done, oldest first."""
    query = select(Job).where(Job.state == PENDING).order_by(Job.id)
    return list(session.scalars(query if case_id is None else query.where(Job.case_id == case_id)))


def failed(session: Session, case_id: int) -> list[Job]:
    """Jobs of a case that were given up and wait for a person."""
    query = select(Job).where(Job.state == FAILED, Job.case_id == case_id).order_by(Job.id)
    return list(session.scalars(query))


def of_case(session: Session, case_id: int) -> list[Job]:
    """All jobs of a case, oldest first."""
    return list(session.scalars(select(Job).where(Job.case_id == case_id).order_by(Job.id)))


def withdraw(session: Session, job_ids: Collection[int]) -> None:
    """Nobody wants these jobs done any more; who is at it finds its effect refused by `finish`."""
    session.execute(update(Job).where(Job.id.in_(job_ids), Job.state.in_((PENDING, FAILED))).values(state=WITHDRAWN))


def finish(session: Session, job_id: int, at: datetime) -> bool:
    """Mark a job done inside the transaction that keeps its effect; False when another worker was faster."""
    changed = session.execute(
        update(Job).where(Job.id == job_id, Job.state == PENDING).values(state=DONE, finished_at=at, error="")
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def fail(session: Session, job_id: int, error: str, *, final: bool) -> bool:
    """Note a failed try; a final one waits for a person. False when nobody wants the job any more."""
    changed = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == PENDING)
        .values(state=FAILED if final else PENDING, attempts=Job.attempts + 1, error=error[:4000])
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def retry(session: Session, job_id: int) -> bool:
    """Put a failed job back in the queue; False when it is not a failed one."""
    changed = session.execute(update(Job).where(Job.id == job_id, Job.state == FAILED).values(state=PENDING))
    return bool(changed.rowcount)  # type: ignore[attr-defined]
