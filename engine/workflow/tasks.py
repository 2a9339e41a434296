"""Work items: which step waits for whom, until when, and who took it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, bindparam, insert, select, union, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from engine.cases.cases import Case
from engine.database import Base, Moment, Plain
from engine.errors import Conflict, NotPermitted
from engine.prepared import Prepared, Said, together
from engine.registers.absences import Acting, acting_for
from engine.registers.agencies import ROLES, Officer
from engine.workflow.instances import Running
from engine.workflow.lineage import PastStep
from engine.workflow.parsing import Node
from engine.workflow.routing import level_of, origin_of

OPEN, DONE, WITHDRAWN, SUPERSEDED = "open", "done", "withdrawn", "superseded"
NOBODY: Final[Acting] = MappingProxyType({})


class WorkItem(Base):
    """One open or closed step of a case; assignee is empty while any holder of the role may take it.

    origin, level: where it comes from and within what it lies, see `engine/workflow/lineage.py`; first_opened_at: when somebody
    first looked at it; asked: whether others were ever asked about it. superseded: it was taken back; what was done is kept.
    claimed_at: when the assignee took it himself (签收), empty when it was given to him.
    """

    __tablename__ = "work_item"
    __table_args__ = (
        Index(None, "agency_code", "state", "role", "assignee_id"), Index(None, "assignee_id", "state"), Index(None, "case_id", "state"),
        Index(None, "closed_by", "closed_at"),
    )

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
    acting_for: Mapped[str | None] = mapped_column(ForeignKey("officer.id"))
    origin: Mapped[dict[str, Any] | None] = mapped_column(Plain)
    level: Mapped[list[Any] | None] = mapped_column(Plain)
    asked: Mapped[bool] = mapped_column(default=False)
    first_opened_at: Mapped[datetime | None] = mapped_column(Moment)
    first_opened_by: Mapped[str | None] = mapped_column(ForeignKey("officer.id"))
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)
    case: Mapped[Case] = relationship(lazy="joined")

    @property
    def role_name(self) -> str:
        """Chinese name of the role that the step waits for."""
        return ROLES[self.role]


@dataclass(frozen=True)
class Waiting:
    """What the procedure needs to know of an open work item."""

    id: int
    task_id: str
    due_at: datetime | None


NEW = (
    "case_id", "agency_code", "task_id", "procedure", "step", "name", "role", "assignee_id", "opened_at", "due_at", "state", "origin",
    "level", "asked",
)
ADD = Prepared(insert(WorkItem).values({name: bindparam(name) for name in NEW}).returning(WorkItem.id))
CLOSE = Prepared(
    update(WorkItem)
    .where(WorkItem.id == bindparam("known_id"), WorkItem.state == OPEN)
    .values({name: bindparam(name) for name in ("state", "closed_at", "closed_by", "acting_for")})
)


def find_item(session: Session, item_id: int) -> WorkItem:
    """The work item of this id; NotPermitted hides whether it exists."""
    item = session.get(WorkItem, item_id)
    if item is None:
        raise NotPermitted("step.hidden", "没有这项待办，或者您无权办理")
    return item


def synchronise(
    session: Session, running: Running, case: Case, now: datetime, due: Callable[[Node], datetime | None],
    known: Iterable[Waiting] | None = None, before: Sequence[Said] = (),
) -> list[int]:
    """Make the open work items agree with the procedure's open steps; the ids of the new ones are returned.

    known: the case's open items where the caller has read them in this transaction; before: what is to be written first.
    """
    waiting = {found.task_id: found.node for found in running.open_steps()}
    if known is None:
        rows = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.state == OPEN))
        known = [Waiting(row.id, row.task_id, row.due_at) for row in rows]
    for item in known:
        node = waiting.pop(item.task_id, None)
        if node is None:
            withdrawn = session.get_one(WorkItem, item.id)
            withdrawn.state, withdrawn.closed_at = WITHDRAWN, now
        elif item.due_at != (moment := due(node)):
            session.get_one(WorkItem, item.id).due_at = moment
    session.flush()
    opening = [_opening(running, case, task_id, node, now, due(node)) for task_id, node in waiting.items()]
    answers = together(session, [*before, *opening]) if before or opening else []
    return [int(number) for (number,), in answers[len(before):]]


def _opening(running: Running, case: Case, task_id: str, node: Node, now: datetime, due_at: datetime | None) -> Said:
    return Said(ADD, {
        "case_id": case.id, "agency_code": case.agency_code, "task_id": task_id, "procedure": node.procedure, "step": node.id,
        "name": node.name, "role": node.role, "assignee_id": case.lead_officer_id if node.role == "lead_officer" else None,
        "opened_at": now, "due_at": due_at, "state": OPEN, "origin": dict(origin_of(running, task_id)),
        "level": [list(each) for each in level_of(running, task_id)], "asked": False,
    })


def require_may_take(item: WorkItem, officer: Officer, acting: Acting = NOBODY) -> str:
    """NotPermitted unless this officer may complete the step: agency, role and assignment are checked; Conflict when closed.

    acting: for whom he acts as a deputy, by role; the id of the person for whom he takes this step is returned, or "".
    """
    if item.state != OPEN:
        raise Conflict("step.not_open", f"“{item.name}”已经办结或者不再等待办理，请刷新后查看")
    if officer.agency_code != item.agency_code:
        raise NotPermitted("step.other_agency", "该案件由其他执法主体办理，您无权办理")
    handler = item.role == "lead_officer" and officer.id in item.case.investigators
    principals = [
        person for person in acting.get(item.role, ())
        if person == item.assignee_id or item.assignee_id is None or (item.role == "lead_officer" and person in item.case.investigators)
    ]
    own = handler or (item.role in officer.role_keys and item.assignee_id in (None, officer.id))
    if own:
        return ""
    if principals:
        return principals[0]
    if item.role not in officer.role_keys:
        raise NotPermitted("step.role", f"“{item.name}”应当由{item.role_name}办理，您没有该角色")
    raise NotPermitted("step.assigned", f"“{item.name}”已经指定由他人办理")


def taken_for(session: Session, item: WorkItem, officer: Officer, now: datetime) -> str:
    """Like `require_may_take`, asking for whom the officer acts only when he may not take the step himself."""
    try:
        return require_may_take(item, officer)
    except NotPermitted:
        acting = acting_for(session, officer, now)
        if not acting:
            raise
        return require_may_take(item, officer, acting)


def waits_for(item: WorkItem, officer: Officer, acting: Acting = NOBODY) -> bool:
    """Whether this officer could complete the step now, himself or as a deputy."""
    try:
        require_may_take(item, officer, acting)
    except (Conflict, NotPermitted):
        return False
    return True


def own_ids(officer: Officer, acting: Acting = NOBODY) -> Any:
    """Ids of the open items that are the officer's: assigned to him, of a case that he handles, or of an absent person."""
    waiting = select(WorkItem.id).where(WorkItem.agency_code == officer.agency_code, WorkItem.state == OPEN)
    handled = waiting.where(WorkItem.role == "lead_officer").join(Case, Case.id == WorkItem.case_id)
    return union(
        waiting.where(WorkItem.assignee_id == officer.id),
        handled.where(Case.lead_officer_id == officer.id), handled.where(Case.co_officer_id == officer.id),
        *(waiting.where(WorkItem.role == role, WorkItem.assignee_id.in_(people)) for role, people in sorted(acting.items())),
    )


def free_ids(officer: Officer, acting: Acting = NOBODY) -> Any:
    """Ids of the open items that nobody has and that any holder of a role may take: his own roles, or those of absent persons."""
    roles = officer.role_keys | {role for role in acting if role != "lead_officer"}
    return select(WorkItem.id).where(
        WorkItem.agency_code == officer.agency_code, WorkItem.state == OPEN, WorkItem.role.in_(sorted(roles)), WorkItem.assignee_id.is_(None)
    )


def waiting_ids(officer: Officer, acting: Acting = NOBODY) -> Any:
    """Ids of the open items that the officer could take now: his own and the free ones."""
    return union(*own_ids(officer, acting).selects, free_ids(officer, acting))


def open_items(session: Session, officer: Officer, acting: Acting = NOBODY) -> list[WorkItem]:
    """The officer's to-do list: assigned to him or open to a role that he holds, himself or as a deputy; the most urgent first."""
    query = (
        select(WorkItem)
        .where(WorkItem.id.in_(waiting_ids(officer, acting)))
        .order_by(WorkItem.due_at.is_(None), WorkItem.due_at, WorkItem.id)
    )
    return list(session.scalars(query))


def takeable(session: Session, ids: Iterable[int], officer: Officer, acting: Acting = NOBODY) -> list[int]:
    """Those of some items that the officer could take now, in their order: nothing else of his list is read."""
    wanted = list(ids)
    query = select(WorkItem.id).where(WorkItem.id.in_(wanted), WorkItem.id.in_(waiting_ids(officer, acting)))
    found = set(session.scalars(query)) if wanted else set()
    return [each for each in wanted if each in found]


def items_of_case(session: Session, case_id: int) -> list[WorkItem]:
    """All work items of a case, in order of opening."""
    return list(session.scalars(select(WorkItem).where(WorkItem.case_id == case_id).order_by(WorkItem.id)))


def past_steps(items: list[WorkItem]) -> list[PastStep]:
    """The steps of a case that stand, done or waiting, as going back needs them."""
    return [
        PastStep(item.task_id, item.procedure, item.step, item.origin or {}, tuple((one, name) for one, name in item.level or ()))
        for item in items if item.state in (OPEN, DONE)
    ]


def note_opened(item: WorkItem, officer: Officer, now: datetime) -> None:
    """Somebody looks at an open step: from now on whoever did the step before can no longer withdraw it."""
    if item.state == OPEN and item.first_opened_at is None:
        item.first_opened_at, item.first_opened_by = now, officer.id


def closing(item: WorkItem, officer: Officer, now: datetime, acting_for: str = "") -> Said:
    """Marks a work item as done by an officer, perhaps for an absent one; Conflict when it is no longer open."""
    values = {"state": DONE, "closed_at": now, "closed_by": officer.id, "acting_for": acting_for or None}
    for name, value in values.items():
        set_committed_value(item, name, value)
    closed = Conflict("step.not_open", f"“{item.name}”已经办结或者不再等待办理，请刷新后查看")
    return Said(CLOSE, {"known_id": item.id, **values}, unchanged=closed)
