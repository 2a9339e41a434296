"""Work that must not run inside a step's transaction: a row written with the step, done afterwards, done once.

A worker takes a job for a time (its lease) and prolongs it while it works; who dies lets the lease run out, and another takes
the job over. Leases and back-off are told by the machines' clocks, never by the clock of the law: a case may be run through months
in seconds. They only save double work: that an effect happens once is ensured by `finish`, in the transaction of the effect.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Index, String, Text, and_, delete, false, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, Plain

PENDING, DONE, FAILED, WITHDRAWN = "pending", "done", "failed", "withdrawn"
CLAIMING = 7_215_303  # PostgreSQL: number of the lock under which jobs of kinds with a limit are counted and taken


class Job(Base):
    """One queued operation of one case (case_id 0: of none).

    operation: permanent name; arguments: JSON-ready, version: of their form; state: pending, done, failed or withdrawn;
    attempts: how often it was begun since a person last asked for it; error: what the last try said; claimed_by: the worker that
    has it or had it last; free_at: from when any worker may take it (machine time): None at once, else when the lease of
    who has it runs out, or when it is to be tried again.
    """

    __tablename__ = "job"
    __table_args__ = (Index(None, "state", "attempts", "id"), Index(None, "case_id", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int]
    operation: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[dict[str, Any]] = mapped_column(Plain)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    state: Mapped[str] = mapped_column(String(10), default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    enqueued_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    free_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class Ability:
    """What a worker can do: the names that an operation goes by, the newest form of its arguments, how many may run at once.

    at_once: over all workers; 0 for no limit.
    """

    names: frozenset[str]
    version: int = 1
    at_once: int = 0


def enqueue(
    session: Session, case_id: int, operation: str, arguments: dict[str, Any], at: datetime, *, version: int = 1
) -> Job:
    """Write the job in the caller's transaction: no step, no job."""
    job = Job(case_id=case_id, operation=operation, arguments=arguments, enqueued_at=at, version=version)
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


def fail(session: Session, job_id: int, worker: str, error: str, *, again_at: datetime | None) -> bool:
    """Note a failed try: again_at is when it may be tried again, None leaves it to a person. False when it is no longer this worker's."""
    changed = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == PENDING, Job.claimed_by == worker)
        .values(state=FAILED if again_at is None else PENDING, claimed_by=None, free_at=again_at, error=error[:4000])
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def retry(session: Session, job_id: int) -> bool:
    """Put a failed job back in the queue, with all its attempts; False when it is not a failed one."""
    values = {"state": PENDING, "attempts": 0, "claimed_by": None, "free_at": None}
    changed = session.execute(update(Job).where(Job.id == job_id, Job.state == FAILED).values(values))
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def forget(session: Session, operations: Collection[str], before: datetime) -> int:
    """Delete finished jobs of these operations that nobody will ask about again; how many is returned."""
    gone = session.execute(delete(Job).where(Job.operation.in_(operations), Job.state == DONE, Job.finished_at < before))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def is_free(session: Session, abilities: Sequence[Ability], now: datetime) -> bool:
    """Whether there is a job that a worker of these abilities might take: asked before anything is locked."""
    return session.scalar(select(Job.id).where(_free(abilities, now)).limit(1)) is not None


def claim(
    session: Session, worker: str, abilities: Sequence[Ability], now: datetime, lease: timedelta, *, urgent_case: int | None = None
) -> Job | None:
    """Take the oldest of the least tried jobs that are free, in a transaction of its own; None when there is none.

    So a job that fails, hangs or kills its worker comes after all that could still go well.

    What an older or newer version of the software has written and this one does not know is left to one that does.
    now: machine time; urgent_case: take a job of this case, whoever has it and whatever it waits for, because somebody waits.
    """
    if urgent_case is None:
        crowded = _crowded(session, abilities, now)
        abilities = [ability for ability in abilities if ability not in crowded]
        wanted = _free(abilities, now)
    else:
        wanted = and_(Job.state == PENDING, Job.case_id == urgent_case, _able(abilities))
    first = select(Job.id).where(wanted).order_by(Job.attempts, Job.id).limit(1).with_for_update(skip_locked=True)
    values = {"claimed_by": worker, "free_at": now + lease, "attempts": Job.attempts + 1}
    return session.scalar(update(Job).where(Job.id == first.scalar_subquery()).values(values).returning(Job))


def prolong(session: Session, job_id: int, worker: str, until: datetime) -> bool:
    """The worker still works on its job; False when the job is no longer its own."""
    changed = session.execute(_of(job_id, worker).values(free_at=until))
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def hand_back(session: Session, job_id: int, worker: str) -> bool:
    """The worker stops before the job is done: another may take it at once, and it was no attempt."""
    changed = session.execute(_of(job_id, worker).values(claimed_by=None, free_at=None, attempts=Job.attempts - 1))
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def _of(job_id: int, worker: str) -> Any:
    return update(Job).where(Job.id == job_id, Job.state == PENDING, Job.claimed_by == worker)


def _able(abilities: Sequence[Ability]) -> ColumnElement[bool]:
    return or_(false(), *(and_(Job.operation.in_(one.names), Job.version <= one.version) for one in abilities))


def _free(abilities: Sequence[Ability], now: datetime) -> ColumnElement[bool]:
    return and_(Job.state == PENDING, or_(Job.free_at.is_(None), Job.free_at <= now), _able(abilities))


def _crowded(session: Session, abilities: Sequence[Ability], now: datetime) -> list[Ability]:
    """The abilities of which as many as allowed are at work; PostgreSQL lets one worker at a time count and take."""
    limited = [one for one in abilities if one.at_once]
    if not limited:
        return []
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": CLAIMING})
    query = select(Job.operation, func.count()).where(
        Job.state == PENDING, Job.claimed_by.is_not(None), Job.free_at > now
    ).group_by(Job.operation)
    running = {operation: count for operation, count in session.execute(query)}  # noqa: C416 - a row is no pair to the type checker
    return [one for one in limited if sum(running.get(name, 0) for name in one.names) >= one.at_once]
