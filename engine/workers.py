"""Who works on the queue, and which ticks of the schedules have been given out: what the workers tell each other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment


class Worker(Base):
    """One running worker; seen_at: when it last said that it lives (machine time); done, failed: jobs since it started."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)


class ScheduleTick(Base):
    """The last tick of a schedule that was given out; a clock set back gives out none until it has passed it again."""

    __tablename__ = "schedule_tick"

    schedule: Mapped[str] = mapped_column(String(60), primary_key=True)
    tick: Mapped[datetime] = mapped_column(Moment)


def sign_on(session: Session, name: str, now: datetime) -> None:
    """A worker begins."""
    session.add(Worker(name=name, started_at=now, seen_at=now))


def sign_off(session: Session, name: str) -> None:
    """A worker has stopped in order."""
    session.execute(delete(Worker).where(Worker.name == name))


def still_here(session: Session, name: str, now: datetime, done: int, failed: int) -> None:
    """A worker lives; done, failed: what it has done since it started."""
    session.execute(update(Worker).where(Worker.name == name).values(seen_at=now, done=done, failed=failed))


def forget(session: Session, before: datetime) -> int:
    """Strike out workers that have not been seen since; how many is returned."""
    gone = session.execute(delete(Worker).where(Worker.seen_at < before))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def alive(session: Session, since: datetime) -> tuple[int, datetime | None]:
    """How many workers have been seen since a moment, and when the last one of all was."""
    count = session.scalar(select(func.count()).where(Worker.seen_at >= since)) or 0
    return count, session.scalar(select(func.max(Worker.seen_at)))


def last_tick(session: Session, schedule: str) -> datetime | None:
    """The last tick of a schedule that was given out."""
    return session.scalar(select(ScheduleTick.tick).where(ScheduleTick.schedule == schedule))


def take_tick(session: Session, schedule: str, tick: datetime) -> bool:
    """Whether this transaction is the one that gives out the tick: of all workers that ask, one gets True."""
    changed = session.execute(
        update(ScheduleTick).where(ScheduleTick.schedule == schedule, ScheduleTick.tick < tick).values(tick=tick)
    )
    if changed.rowcount:  # type: ignore[attr-defined]
        return True
    if last_tick(session, schedule) is not None:
        return False
    try:
        with session.begin_nested():
            session.add(ScheduleTick(schedule=schedule, tick=tick))
    except IntegrityError:
        return False  # another worker has just given out the very first one
    return True
