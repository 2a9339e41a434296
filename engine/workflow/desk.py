"""What lies on the desk when a step is taken, read in one statement: the work item, its neighbours, the officer, the procedure.

PostgreSQL waits for the lock of the procedure and then hands over its newest row beside older rows of the other tables. Whether
that has happened is seen by the revision, read once with the lock and once without; then all is read again, under the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, bindparam, select, union_all
from sqlalchemy.orm import Session, aliased, joinedload, lazyload, undefer

from engine.cases.cases import Case
from engine.errors import Conflict
from engine.registers.agencies import Officer, find_officer
from engine.workflow.instances import WorkflowInstance
from engine.workflow.tasks import OPEN, WorkItem, find_item


@dataclass(frozen=True)
class Desk:
    """open_items: every open work item of the case; instance: locked for writing where the database locks rows."""

    item: WorkItem
    open_items: tuple[WorkItem, ...]
    officer: Officer
    instance: WorkflowInstance


def _question() -> Select[WorkItem, WorkflowInstance, Officer, int]:
    asked = select(WorkItem.id).where(WorkItem.id == bindparam("item_id"))
    of_this_case = select(WorkItem.case_id).where(WorkItem.id == bindparam("item_id")).scalar_subquery()
    open_ones = select(WorkItem.id).where(WorkItem.case_id == of_this_case, WorkItem.state == OPEN)
    unlocked = aliased(WorkflowInstance)
    seen = select(unlocked.revision).where(unlocked.id == WorkflowInstance.id).scalar_subquery()
    case = joinedload(WorkItem.case, innerjoin=True)
    return (
        select(WorkItem, WorkflowInstance, Officer, seen)
        .join(WorkflowInstance, WorkflowInstance.case_id == WorkItem.case_id)
        .outerjoin(Officer, Officer.id == bindparam("officer_id"))
        .where(WorkItem.id.in_(union_all(asked, open_ones)))  # two ways by an index; one OR would read all that was ever done
        .order_by(WorkItem.id)
        .options(
            undefer(WorkflowInstance.state), joinedload(Officer.roles), lazyload(Officer.agency),
            case.lazyload(Case.agency), case.lazyload(Case.item),  # few steps look at them
        )
        .with_for_update(of=WorkflowInstance)
    )


QUESTION = _question()  # made once: putting it together costs more than asking it


def lay_out(session: Session, item_id: int, officer_id: str) -> Desk:
    """Read what a step needs. NotPermitted or Invalid when the work item or the officer is not there."""
    rows = _read(session, item_id, officer_id)
    if any(instance.revision != seen for _, instance, _, seen in rows):
        rows = _read(session, item_id, officer_id, populate_existing=True)
    found = {row[0].id: row for row in rows}
    if item_id not in found:
        find_item(session, item_id)
        raise Conflict("case.moved_on", "案件刚刚由他人办理，状态已经变化，请刷新后重试")
    item, instance, officer, _ = found[item_id]
    return Desk(
        item, tuple(one for one, *_ in found.values() if one.state == OPEN), officer or find_officer(session, officer_id), instance
    )


def _read(
    session: Session, item_id: int, officer_id: str, **options: bool
) -> Sequence[Row[WorkItem, WorkflowInstance, Officer, int]]:
    asked = {"item_id": item_id, "officer_id": officer_id}
    return session.execute(QUESTION, asked, execution_options=options).unique().all()
