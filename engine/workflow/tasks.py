"""Work items: which step waits for whom, until when, and who took it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, bindparam, insert, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

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


ADD = insert(WorkItem)
CLOSE = (
    update(WorkItem)
    .where(WorkItem.id == bindparam("known_id"), WorkItem.state == OPEN)
    .values({name: bindparam(name) for name in ("state", "closed_at", "closed_by")})
)


def find_item(session: Session, item_id: int) -> WorkItem:
    """The work item of this id; NotPermitted hides whether it exists."""
    item = session.get(WorkItem, item_id)
    if item is None:
        raise NotPermitted("step.hidden", "没有这项待办，或者您无权办理")
    return item


def synchronise(
    session: Session, running: Running, case: Case, now: datetime, due: Callable[[Node], datetime | None],
    known: Iterable[WorkItem] | None = None,
) -> list[int]:
    """Make the open work items agree with the procedure's open steps; the ids of the new ones are returned.

    known: the case's open items where the caller has read them in this transaction.
    """
    waiting = {found.task_id: found.node for found in running.open_steps()}
    if known is None:
        known = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.state == OPEN)).all()
    for item in known:
        if item.state != OPEN:
            continue
        if item.task_id not in waiting:
            item.state, item.closed_at = WITHDRAWN, now
        elif item.due_at != (moment := due(waiting.pop(item.task_id))):
            item.due_at = moment
    session.flush()
    return [_open(session, case, task_id, node, now, due(node)) for task_id, node in waiting.items()]


def _open(session: Session, case: Case, task_id: str, node: Node, now: datetime, due_at: datetime | None) -> int:
    made = session.connection().execute(ADD, {
        "case_id": case.id, "agency_code": case.agency_code, "task_id": task_id, "procedure": node.procedure, "step": node.id,
        "name": node.name, "role": node.role, "assignee_id": case.lead_officer_id if node.role == "lead_officer" else None,
        "opened_at": now, "due_at": due_at, "state": OPEN,
    })
    return int(made.inserted_primary_key[0])  # type: ignore[index]


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


def close(session: Session, item: WorkItem, officer: Officer, now: datetime) -> None:
    """Mark a work item as done by an officer; Conflict when it is no longer open."""
    values = {"state": DONE, "closed_at": now, "closed_by": officer.id}
    if not session.connection().execute(CLOSE, {"known_id": item.id, **values}).rowcount:
        raise Conflict("step.not_open", f"“{item.name}”已经办结或者不再等待办理，请刷新后查看")
    for name, value in values.items():
        set_committed_value(item, name, value)
