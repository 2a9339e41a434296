"""签收、退回待签收, and both with 转办 for several steps at once: each step for itself, in a transaction of its own, with its own answer.

Who claims a step takes on to do it: nobody else of the role can from then on. It moves no procedure and no time limit. What
several people do at once is settled by the row (it is taken only while nobody has it) and by the case's chain of the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from engine import journal
from engine.accounts.permissions import LEADERS
from engine.errors import Conflict, Invalid, NotPermitted, ZhifaError
from engine.registers.absences import holder_among
from engine.registers.agencies import find_officer
from engine.workflow import tasks
from engine.workflow.tasks import OPEN, WorkItem
from processes.host import Host
from processes.refusals import journal_refusal, patiently
from processes.routing import hand_over

MOST = 100  # steps in one batch


@dataclass(frozen=True)
class Result:
    """What became of one step of a batch: done, or why not."""

    item_id: int
    number: str
    title: str
    name: str
    done: bool
    message: str


def claim(host: Host, item_id: int, officer_id: str) -> None:
    """Take a step that is open to one's role and that nobody has; a deputy takes it for the absent person.

    Conflict when somebody was quicker, NotPermitted as for taking the step.
    """
    def act() -> None:
        with host.database.writing() as session:
            item, officer = tasks.find_item(session, item_id), find_officer(session, officer_id)
            person = tasks.taken_for(session, item, officer, now)
            if item.assignee_id is not None:
                raise Conflict("step.claimed", f"“{item.name}”已经由{find_officer(session, item.assignee_id).name}签收或者办理")
            _set(session, item, person or officer.id, now, WorkItem.assignee_id.is_(None))
            journal.append(session, item.case_id, "step.claimed", officer.id, now, {
                "step": item.step, "name": item.name, "item": item.id, "acting_for": person,
            })

    with _told(host, item_id, officer_id, "step.claim_refused") as now:
        patiently(act)


def release(host: Host, item_id: int, officer_id: str) -> None:
    """Give a claimed step back to all who hold the role; what was given to somebody by another is handed over instead (转办)."""
    def act() -> None:
        with host.database.writing() as session:
            item, officer = tasks.find_item(session, item_id), find_officer(session, officer_id)
            person = tasks.taken_for(session, item, officer, now)
            if item.assignee_id is None:
                raise Conflict("step.not_claimed", f"“{item.name}”还没有人签收")
            if item.assignee_id != (person or officer.id) or item.claimed_at is None:
                raise NotPermitted("step.not_own_claim", f"“{item.name}”是指定办理的，不是您签收的，不能退回待签收；可以转办")
            _set(session, item, None, now, WorkItem.assignee_id == item.assignee_id)
            journal.append(session, item.case_id, "step.released", officer.id, now, {
                "step": item.step, "name": item.name, "item": item.id, "acting_for": person,
            })

    with _told(host, item_id, officer_id, "step.release_refused") as now:
        patiently(act)


def claim_several(host: Host, items: Sequence[int], officer_id: str) -> list[Result]:
    """签收 of several steps."""
    return _each(host, items, officer_id, lambda item: claim(host, item, officer_id), "已签收")


def release_several(host: Host, items: Sequence[int], officer_id: str) -> list[Result]:
    """退回待签收 of several steps."""
    return _each(host, items, officer_id, lambda item: release(host, item, officer_id), "已退回待签收")


def hand_over_several(host: Host, items: Sequence[int], officer_id: str, to: str, reason: str) -> list[Result]:
    """转办 of several steps to one person: each is held against the law for itself, as if it were the only one."""
    return _each(host, items, officer_id, lambda item: hand_over(host, item, officer_id, to, reason), "已转办")


def _each(host: Host, items: Sequence[int], officer_id: str, act: Callable[[int], None], done: str) -> list[Result]:
    chosen = list(dict.fromkeys(items))
    if not 1 <= len(chosen) <= MOST:
        raise Invalid("batch.choice", f"请勾选 1 至 {MOST} 项")
    results = []
    for item_id in chosen:
        try:
            act(item_id)
            message, well = done, True
        except ZhifaError as refusal:
            article = refusal.facts.get("article", "")
            message, well = refusal.message + (f"（{article}）" if article else ""), False
        with host.database.reading() as session:
            results.append(_told_of(session, item_id, officer_id, message, host.clock.now(), done=well))
    return results


def _told_of(session: Session, item_id: int, officer_id: str, message: str, now: datetime, *, done: bool) -> Result:
    """A line of the answer; of a step that the officer's roles do not reach nothing is said, not even that it exists."""
    item, officer = session.get(WorkItem, item_id), find_officer(session, officer_id)
    reached = item is not None and item.agency_code == officer.agency_code and (
        officer.id == item.assignee_id or holder_among(session, officer, LEADERS | {item.role}, now) is not None
    )
    if item is None or not reached:
        return Result(item_id, "", "", "", done=False, message="没有这项待办，或者您无权办理")
    return Result(item_id, item.case.number, item.case.title, item.name, done=done, message=message)


def _set(session: Session, item: WorkItem, assignee: str | None, now: datetime, still: ColumnElement[bool]) -> None:
    changed = session.execute(
        update(WorkItem).where(WorkItem.id == item.id, WorkItem.state == OPEN, still)
        .values(assignee_id=assignee, claimed_at=now if assignee else None).returning(WorkItem.id)
    ).all()
    if not changed:
        raise Conflict("step.claimed", f"“{item.name}”刚刚由他人签收或者办结，请刷新后查看")


@contextmanager
def _told(host: Host, item_id: int, officer_id: str, refused: str) -> Iterator[datetime]:
    now = host.clock.now()
    with host.database.reading() as session:
        item = tasks.find_item(session, item_id)
    try:
        yield now
    except ZhifaError as refusal:
        journal_refusal(host, item.case_id, refused, officer_id, now, refusal, {"step": item.step, "item": item_id})
        raise
