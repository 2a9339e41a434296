"""Timers: which limits on the border of a waiting step act by themselves, and which of them are due.

A timer holds no time of its own: it names the step and the limit; the instant is that of the case's limit, which `engine/law`
computed and an index finds. So a recomputed limit moves its timer, and a clock that is set back or forward only changes when
it is noticed. Each fires once: it is claimed in the transaction in which it acts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.cases import Case
from engine.cases.limits import CaseLimit
from engine.database import Base, Moment
from engine.workflow.instances import Running, WorkflowInstance

ARMED, FIRED, DISARMED = "armed", "fired", "disarmed"


class Timer(Base):
    """One limit on the border of one waiting step; task_id is that of the border event."""

    __tablename__ = "timer"
    __table_args__ = (Index(None, "state", "limit_id"), Index(None, "case_id", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    task_id: Mapped[str] = mapped_column(String(36))
    limit_id: Mapped[str] = mapped_column(String(50))
    state: Mapped[str] = mapped_column(String(10), default=ARMED)
    armed_at: Mapped[datetime] = mapped_column(Moment)
    fired_at: Mapped[datetime | None] = mapped_column(Moment)


def synchronise(session: Session, running: Running, now: datetime, *, armed: bool = True) -> None:
    """Make the armed timers of a case agree with the limits on which its procedure waits; armed: whether any may be armed now."""
    case_id = running.instance.case_id
    waiting = {found.task_id: found.node.limits[0] for found in running.waiting_limits()}
    if not waiting and not armed:
        return
    for timer in session.scalars(select(Timer).where(Timer.case_id == case_id, Timer.state == ARMED)):
        if waiting.pop(timer.task_id, None) is None:
            timer.state = DISARMED
    session.add_all(
        Timer(case_id=case_id, task_id=task_id, limit_id=limit_id, armed_at=now) for task_id, limit_id in waiting.items()
    )
    session.flush()


def due_cases(session: Session, now: datetime, most: int = 100) -> list[int]:
    """Ids of cases in which a timer is due, the longest overdue first, at most so many."""
    query = _due(now).with_only_columns(Timer.case_id, CaseLimit.due_at).order_by(CaseLimit.due_at).limit(most)
    return list(dict.fromkeys(row.case_id for row in session.execute(query)))


def is_due(session: Session, case_id: int, now: datetime) -> bool:
    """Whether a timer of a case is due."""
    return session.scalar(_due(now).where(Timer.case_id == case_id).with_only_columns(CaseLimit.id).limit(1)) is not None


def is_held(session: Session, case_id: int) -> bool:
    """Whether another transaction is at work on a case now (PostgreSQL; on SQLite only one writes at a time)."""
    query = select(WorkflowInstance.id).where(WorkflowInstance.case_id == case_id).with_for_update(skip_locked=True)
    return session.scalar(query) is None


def claim(session: Session, case_id: int, now: datetime) -> list[tuple[Timer, CaseLimit]]:
    """The due timers of a case with their limits, the earliest first, for this transaction, which holds the case."""
    query = _due(now).where(Timer.case_id == case_id).order_by(CaseLimit.due_at, Timer.id)
    rows = session.execute(query.with_for_update(of=Timer), execution_options={"populate_existing": True})
    return [(timer, limit) for timer, limit in rows if timer.state == ARMED]


def _due(now: datetime) -> Any:
    """Armed timers whose limit runs and is over; nothing is over while the case is stayed (程序规定 第四十六条、第六十四条)."""
    return (
        select(Timer, CaseLimit)
        .join(CaseLimit, (CaseLimit.case_id == Timer.case_id) & (CaseLimit.limit_id == Timer.limit_id))
        .join(Case, Case.id == Timer.case_id)
        .where(Timer.state == ARMED, CaseLimit.ended_at.is_(None), CaseLimit.due_at <= now, Case.stayed_at.is_(None))
    )
