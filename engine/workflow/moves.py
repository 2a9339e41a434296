"""What was moved to another version, and what stood before: rows that are only ever added, so that a move can be taken back exactly."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from engine.cases.cases import Case
from engine.cases.limits import due_moments
from engine.database import Base, Moment, Plain
from engine.errors import Conflict, Invalid
from engine.workflow.instances import Running, WorkflowInstance
from engine.workflow.tasks import OPEN, WorkItem

FITTED = ("procedure", "step", "name", "role", "assignee_id", "due_at")


class CaseMigration(Base):
    """One move of a case from a release to another; undoes: the move that this one takes back.

    facts_before, state_before: the procedure as it stood, byte for byte; items: work item → column → [before, after];
    plan: what was moved where, notes and the mapping; revision: that of the procedure after the move.
    """

    __tablename__ = "case_migration"
    __table_args__ = (Index(None, "case_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    from_digest: Mapped[str] = mapped_column(ForeignKey("release.digest"))
    to_digest: Mapped[str] = mapped_column(ForeignKey("release.digest"))
    undoes: Mapped[int | None] = mapped_column(ForeignKey("case_migration.id"))
    moved_at: Mapped[datetime] = mapped_column(Moment)
    moved_by: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    reason: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    plan: Mapped[dict[str, Any]] = mapped_column(Plain)
    items: Mapped[dict[str, Any]] = mapped_column(Plain)
    facts_before: Mapped[dict[str, Any]] = mapped_column(Plain)
    state_before: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))


SWAP = (
    update(WorkflowInstance)
    .where(WorkflowInstance.id == bindparam("known_id"), WorkflowInstance.revision == bindparam("known_revision"))
    .values({name: bindparam(name) for name in ("release_digest", "revision", "state", "facts")})
)


def running_under(session: Session, digest: str) -> list[int]:
    """Ids of the cases whose procedure runs under a release and has not ended."""
    query = select(WorkflowInstance.case_id).where(WorkflowInstance.release_digest == digest, WorkflowInstance.completed.is_(False))
    return list(session.scalars(query.order_by(WorkflowInstance.case_id)))


def moves_of(session: Session, case_id: int) -> list[CaseMigration]:
    """All moves of a case, in their order."""
    return list(session.scalars(select(CaseMigration).where(CaseMigration.case_id == case_id).order_by(CaseMigration.id)))


def moved_between(session: Session, from_digest: str, to_digest: str) -> list[int]:
    """Ids of the cases that were moved from one release to another, and run under it."""
    query = (
        select(CaseMigration.case_id).distinct()
        .join(WorkflowInstance, WorkflowInstance.case_id == CaseMigration.case_id)
        .where(
            CaseMigration.from_digest == from_digest, CaseMigration.to_digest == to_digest, CaseMigration.undoes.is_(None),
            WorkflowInstance.release_digest == to_digest,
        )
    )
    return sorted(session.scalars(query))


def swap(session: Session, instance: WorkflowInstance, case: Case, digest: str, state: bytes, facts: dict[str, Any]) -> None:
    """Put another head in the place of the one that was read; Conflict when somebody has moved the case on since."""
    values = {"release_digest": digest, "revision": instance.revision + 1, "state": state, "facts": facts}
    changed = session.connection().execute(SWAP, {"known_id": instance.id, "known_revision": instance.revision, **values})
    if not changed.rowcount:
        raise Conflict("case.moved_on", "案件刚刚由他人办理，状态已经变化，请刷新后重试")
    for name, value in values.items():
        set_committed_value(instance, name, value)
    case.release_digest = digest


def fit_items(session: Session, running: Running, case: Case) -> dict[str, dict[str, list[Any]]]:
    """Let the open work items say what the version says of their steps; what changed is returned. None is opened or closed.

    Times come from the case's running limits, which do not move. Whoever had a step keeps it unless it now falls to another role.
    """
    nodes = {found.task_id: found.node for found in running.open_steps()}
    due, changed = due_moments(session, case.id), dict[str, dict[str, list[Any]]]()
    open_items = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.state == OPEN)).all()
    if {item.task_id for item in open_items} != set(nodes):
        raise Invalid("migration.items", "案件的待办与流程状态不一致，请先处理运行异常")
    for item in open_items:
        node, before = nodes[item.task_id], {name: getattr(item, name) for name in FITTED}
        item.procedure, item.step, item.name = node.procedure, node.id, node.name
        if item.role != node.role:
            item.role, item.assignee_id = node.role, case.lead_officer_id if node.role == "lead_officer" else None
        moments = [due[limit] for limit in node.limits if limit in due]
        item.due_at = min(moments) if moments else None
        differs = {name: [value, getattr(item, name)] for name, value in before.items() if value != getattr(item, name)}
        if differs:
            changed[str(item.id)] = differs
    session.flush()
    return changed


def give_back(session: Session, items: dict[str, dict[str, list[Any]]]) -> None:
    """Steps that a move took from somebody are his again, unless they were given to somebody else since."""
    for identifier, changes in items.items():
        item, assigned = session.get(WorkItem, int(identifier)), changes.get("assignee_id")
        if item is not None and assigned is not None and item.assignee_id == assigned[1]:
            item.assignee_id = assigned[0]
    session.flush()
