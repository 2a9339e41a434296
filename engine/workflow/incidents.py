"""Incidents (运行异常): an operation that failed, why, and what a person did about it. The step itself is never lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.cases import Case
from engine.database import Base, Moment, Plain
from engine.errors import NotPermitted
from engine.workflow.tasks import OPEN as WAITING
from engine.workflow.tasks import WorkItem

OPEN, RETRYING, RESOLVED, SKIPPED = "open", "retrying", "resolved", "skipped"
STATE_NAMES = {OPEN: "等待处理", RETRYING: "正在重试", RESOLVED: "已经解决", SKIPPED: "已经跳过"}
STEP, OPERATION, JOB = "step", "operation", "job"


class Incident(Base):
    """One failing operation of one case.

    kind: step (an officer's step was refused by a machine fault, arguments: what he had filled in), operation (a service task
    inside the step's transaction) or job (queued work that was given up, job_id); task_id: the task that still waits.
    """

    __tablename__ = "incident"
    __table_args__ = (Index(None, "case_id", "state"), Index(None, "state", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[str] = mapped_column(String(10))
    operation: Mapped[str] = mapped_column(String(60))
    step: Mapped[str] = mapped_column(String(60))
    task_id: Mapped[str] = mapped_column(String(36))
    job_id: Mapped[int | None]
    officer_id: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]] = mapped_column(Plain)
    cause: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    tried_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_by: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(Text, default="")

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return STATE_NAMES[self.state]


def cause_of(error: Exception) -> str:
    """What failed, in one line."""
    return f"{type(error).__name__}：{error}"[:2000]


def report(
    session: Session, case_id: int, kind: str, operation: str, step: str, task_id: str, officer_id: str, cause: str, now: datetime, *,
    arguments: dict[str, Any] | None = None, job_id: int | None = None, attempts: int = 1,
) -> Incident:
    """Write a failure down; the same operation failing again adds to its open incident."""
    query = select(Incident).where(Incident.case_id == case_id, Incident.task_id == task_id, Incident.state.in_((OPEN, RETRYING)))
    found = session.scalar(query.limit(1))
    if found is None:
        found = Incident(
            case_id=case_id, kind=kind, operation=operation, step=step, task_id=task_id, officer_id=officer_id, cause=cause,
            arguments=arguments or {}, job_id=job_id, attempts=attempts, opened_at=now, tried_at=now,
        )
        session.add(found)
    else:
        found.cause, found.state, found.tried_at, found.attempts = cause, OPEN, now, found.attempts + attempts
        found.arguments = arguments if arguments is not None else found.arguments
    session.flush()
    return found


def settle(session: Session, case_id: int, task_id: str, now: datetime, by: str, *, state: str = RESOLVED, reason: str = "") -> bool:
    """Close the open incident of a task, if there is one."""
    query = select(Incident).where(Incident.case_id == case_id, Incident.task_id == task_id, Incident.state.in_((OPEN, RETRYING)))
    found = session.scalar(query.limit(1))
    if found is not None:
        found.state, found.closed_at, found.closed_by, found.reason = state, now, by, reason
        session.flush()
    return found is not None


def find_incident(session: Session, incident_id: int) -> Incident:
    """The incident of this id; NotPermitted hides whether it exists."""
    found = session.get(Incident, incident_id)
    if found is None:
        raise NotPermitted("incident.hidden", "没有这项运行异常，或者您无权查看")
    return found


def incidents_of(session: Session, case_id: int | None = None, *, agency_code: str = "", closed: bool = False) -> list[Incident]:
    """Incidents of a case, of an agency, or of all, oldest first; closed: those too that are settled."""
    query = select(Incident).order_by(Incident.id)
    if agency_code:
        query = query.join(Case, Case.id == Incident.case_id).where(Case.agency_code == agency_code)
    if case_id is not None:
        query = query.where(Incident.case_id == case_id)
    if not closed:  # a step that has been completed after all has no incident any more
        waits = exists().where(WorkItem.task_id == Incident.task_id, WorkItem.state == WAITING)
        query = query.where(Incident.state.in_((OPEN, RETRYING)), (Incident.kind != STEP) | waits)
    return list(session.scalars(query))
