"""Work items: which step waits for whom, until when, and who took it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.cases.cases import Case
from engine.database import Base, Moment
from engine.errors import Conflict, NotPermitted
from engine.registers.agencies import ROLES, Officer
from engine.workflow.instances import Running
from engine.workflow.parsing import Node

OPEN, DONE, WITHDRAWN = "open", "done", "withdrawn"


class WorkItem(Base):
    """One open or closed step of a case; assignee is empty while any holder of the role may take it."""

    __tablename__ = "work_item"
    __table_args__ = (Index(None, "agency_code", "state", "role"), Index(None, "assignee_id", "state"), Index(None, "case_id", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    agency_code: Mapped[str] = mapped_column(String(18))
    task_id: Mapped[str] = mapped_column(String(36), unique=True)
    procedure: Mapped[str] = mapped_column(String(60))
    step: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(30))
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("officer.id"))
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("officer.id"))
    case: Mapped[Case] = relationship(lazy="joined")

    @property
    def role_name(self) -> str:
        """Chinese name of the role that the step waits for."""
        return ROLES[self.role]


def find_item(session: Session, item_id: int) -> WorkItem:
    """The work item of this id; NotPermitted hides whether it exists."""
    item = session.get(WorkItem, item_id)
    if item is None:
        raise NotPermitted("step.hidden", "没有这项待办，或者您无权办理")
    return item


def synchronise(
    session: Session, running: Running, case: Case, now: datetime, due: Callable[[Node], datetime | None]
) -> list[WorkItem]:
    """Make the open work items agree with the procedure's open steps; the new ones are returned."""
    waiting = {found.task_id: found.node for found in running.open_steps()}
    opened = []
    known = list(session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.state == OPEN)))
    for item in known:
        if item.task_id in waiting:
            item.due_at = due(waiting.pop(item.task_id))
        else:
            item.state, item.closed_at = WITHDRAWN, now
    for task_id, node in waiting.items():
        assignee = case.lead_officer_id if node.role == "lead_officer" else None
        opened.append(
            WorkItem(
                case_id=case.id, agency_code=case.agency_code, task_id=task_id, procedure=node.procedure, step=node.id,
                name=node.name, role=node.role, assignee_id=assignee, opened_at=now, due_at=due(node), state=OPEN,
            )
        )
    session.add_all(opened)
    session.flush()
    return opened


def require_may_take(item: WorkItem, officer: Officer) -> None:
    """NotPermitted unless this officer may complete the step: agency, role and assignment are checked; Conflict when closed."""
    if item.state != OPEN:
        raise Conflict("step.not_open", f"“{item.name}”已经办结或者不再等待办理，请刷新后查看")
    if officer.agency_code != item.agency_code:
        raise NotPermitted("step.other_agency", "该案件由其他执法主体办理，您无权办理")
    handler = item.role == "lead_officer" and officer.id in item.case.investigators
    if item.role not in officer.role_keys and not handler:
        raise NotPermitted("step.role", f"“{item.name}”应当由{item.role_name}办理，您没有该角色")
    if item.assignee_id not in (None, officer.id) and not handler:
        raise NotPermitted("step.assigned", f"“{item.name}”已经指定由他人办理")


def open_items(session: Session, officer: Officer) -> list[WorkItem]:
    """The officer's to-do list: assigned to him or open to a role that he holds; the most urgent first."""
    handled = (Case.lead_officer_id == officer.id) | (Case.co_officer_id == officer.id)
    mine = or_(
        WorkItem.assignee_id == officer.id,
        (WorkItem.assignee_id.is_(None)) & WorkItem.role.in_(sorted(officer.role_keys)),
        (WorkItem.role == "lead_officer") & handled,
    )
    query = (
        select(WorkItem)
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.agency_code == officer.agency_code, WorkItem.state == OPEN, mine)
        .order_by(WorkItem.due_at.is_(None), WorkItem.due_at, WorkItem.id)
    )
    return list(session.scalars(query))


def items_of_case(session: Session, case_id: int) -> list[WorkItem]:
    """All work items of a case, in order of opening."""
    return list(session.scalars(select(WorkItem).where(WorkItem.case_id == case_id).order_by(WorkItem.id)))


def close(item: WorkItem, officer: Officer, now: datetime) -> None:
    """Mark a work item as done by an officer."""
    item.state, item.closed_at, item.closed_by = DONE, now, officer.id
