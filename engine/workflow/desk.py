"""What lies on the desk when a step is taken, read in one statement: the work item, its neighbours, the officer, the procedure."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, bindparam, select, union_all
from sqlalchemy.orm import Session, joinedload, lazyload, undefer

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


def _question() -> Select[WorkItem, WorkflowInstance, Officer]:
    asked = select(WorkItem.id).where(WorkItem.id == bindparam("item_id"))
    of_this_case = select(WorkItem.case_id).where(WorkItem.id == bindparam("item_id")).scalar_subquery()
    open_ones = select(WorkItem.id).where(WorkItem.case_id == of_this_case, WorkItem.state == OPEN)
    case = joinedload(WorkItem.case, innerjoin=True)
    return (
        select(WorkItem, WorkflowInstance, Officer)
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
    rows = session.execute(QUESTION, {"item_id": item_id, "officer_id": officer_id}).unique().all()
    found = {row[0].id: row for row in rows}
    if item_id not in found:
        find_item(session, item_id)
        raise Conflict("case.moved_on", "案件刚刚由他人办理，状态已经变化，请刷新后重试")
    item, instance, officer = found[item_id]
    return Desk(
        item, tuple(one for one, _, _ in found.values() if one.state == OPEN), officer or find_officer(session, officer_id), instance
    )
