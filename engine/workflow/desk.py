"""What lies on the desk when a step is taken, read in two statements: who, what and where; then what else is open and runs.

PostgreSQL waits for the lock of the procedure and then hands over its newest row beside older rows of the other tables. Whether
that has happened is seen by the revision, read once with the lock and once without; then all is read again, under the lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Text, bindparam, cast, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from engine import journal
from engine.cases.cases import Case
from engine.cases.limits import running_limits_of
from engine.database import Moment
from engine.errors import Conflict
from engine.prepared import Prepared, Said, adopt, columns_of, together
from engine.registers.agencies import Officer, OfficerRole, find_officer
from engine.workflow.instances import WorkflowInstance
from engine.workflow.tasks import OPEN, Waiting, WorkItem, find_item

READ = (WorkItem, Case, WorkflowInstance, Officer)
MOVED_ON = "案件刚刚由他人办理，状态已经变化，请刷新后重试"


@dataclass(frozen=True)
class Desk:
    """others: the other open work items of the case; due: when its running limits run out, of several with one id the earliest;
    instance: locked for writing where the database locks rows.
    """

    item: WorkItem
    others: tuple[Waiting, ...]
    officer: Officer
    instance: WorkflowInstance
    due: Mapping[str, datetime]


def _question() -> Any:
    unlocked = aliased(WorkflowInstance)
    seen = select(unlocked.revision).where(unlocked.id == WorkflowInstance.id).scalar_subquery()
    return (
        select(*(column for stored in READ for column in columns_of(stored).values()), seen)
        .select_from(WorkItem)
        .join(Case, Case.id == WorkItem.case_id)
        .join(WorkflowInstance, WorkflowInstance.case_id == WorkItem.case_id)
        .outerjoin(Officer, Officer.id == bindparam("officer_id"))
        .where(WorkItem.id == bindparam("item_id"))
        .with_for_update(of=WorkflowInstance)
    )


def _surroundings() -> Any:
    """(kind, number, name, moment): open work items, running limits, the end of the journal's chain, the officer's roles."""
    case = select(WorkItem.case_id).where(WorkItem.id == bindparam("item_id")).scalar_subquery()
    last, limits = journal.last_of(case).subquery(), running_limits_of(case).subquery()
    return union_all(
        select(literal("open"), WorkItem.id, WorkItem.task_id, WorkItem.due_at).where(WorkItem.case_id == case, WorkItem.state == OPEN),
        select(literal("limit"), cast(null(), Integer), limits.c.limit_id, limits.c.due_at),
        select(literal("last"), last.c.sequence, last.c.digest, cast(null(), Moment)),
        select(literal("role"), cast(null(), Integer), cast(OfficerRole.role, Text), cast(null(), Moment)).where(
            OfficerRole.officer_id == bindparam("officer_id")
        ),
    )


QUESTION, SURROUNDINGS = Prepared(_question()), Prepared(_surroundings())  # made once: putting them together costs more than asking


def lay_out(session: Session, item_id: int, officer_id: str) -> Desk:
    """Read what a step needs into a session that holds nothing yet. NotPermitted or Invalid when the item or the officer is not there.

    The second statement runs when the procedure is locked; an item that it no longer finds open was taken in the meantime.
    """
    asked = {"item_id": item_id, "officer_id": officer_id}
    rows, around = together(session, [Said(QUESTION, asked), Said(SURROUNDINGS, asked)])
    if rows and rows[0][REVISION] != rows[0][-1]:
        rows, around = together(session, [Said(QUESTION, asked), Said(SURROUNDINGS, asked)])
    if not rows:
        find_item(session, item_id)
        raise Conflict("case.moved_on", MOVED_ON)
    item, case, instance, officer = _parts(rows[0])
    waiting = tuple(Waiting(number, name, moment) for kind, number, name, moment in around if kind == "open")
    if item["state"] == OPEN and all(one.id != item_id for one in waiting):
        raise Conflict("case.moved_on", MOVED_ON)
    for kind, number, name, _ in around:
        if kind == "last":
            journal.go_on_from(session, case["id"], number, name)
    roles = [name for kind, _, name, _ in around if kind == "role"]
    return Desk(
        item=adopt(session, WorkItem, item, case=adopt(session, Case, case)),
        others=tuple(one for one in waiting if one.id != item_id),
        officer=_officer(session, officer, roles) if officer["id"] else find_officer(session, officer_id),
        instance=adopt(session, WorkflowInstance, instance),
        due=_earliest(around),
    )


def _parts(row: list[Any]) -> Iterator[dict[str, Any]]:
    start = 0
    for names in NAMES:
        yield dict(zip(names, row[start:start + len(names)], strict=True))
        start += len(names)


NAMES = tuple(tuple(columns_of(stored)) for stored in READ)
REVISION = [name for stored in READ for name in (f"{stored.__name__}.{key}" for key in columns_of(stored))].index("WorkflowInstance.revision")


def _officer(session: Session, values: Mapping[str, Any], roles: list[str]) -> Officer:
    held = [adopt(session, OfficerRole, {"officer_id": values["id"], "role": role}) for role in roles]
    return adopt(session, Officer, values, roles=held)


def _earliest(around: list[list[Any]]) -> dict[str, datetime]:
    limits = sorted(((moment, name) for kind, _, name, moment in around if kind == "limit"), reverse=True)
    return {name: moment for moment, name in limits}
