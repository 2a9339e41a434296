"""The lists of steps that people work from, each by one statement: what waits for whom, what he did, and how urgent it is.

A list is a set of work items found by an index (mine, free for my role, waiting in my agency, done by me). Everything that
narrows it, words in Chinese too, is looked for inside that set: its cost grows with the set, never with the installation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select, true
from sqlalchemy.orm import Session, aliased

from engine.cases.cases import Case
from engine.cases.limits import CaseLimit
from engine.cases.parties import Party
from engine.cases.superseding import standing
from engine.law.time_limits import PARTY_RIGHT, load_limits
from engine.registers.absences import Acting
from engine.registers.agencies import Officer
from engine.workflow.paging import NEVER, Order, Page, containing, read_page
from engine.workflow.tasks import DONE, NOBODY, OPEN, SUPERSEDED, WorkItem, free_ids, waiting_ids

TO_DO, FREE, AGENCY, FINISHED = "to_do", "free", "agency", "finished"
LAMPS: Final = ("red", "yellow", "green", "none")
DUE, OPENED, NUMBER, CLOSED = "due", "opened", "number", "closed"


@dataclass(frozen=True)
class Wanted:
    """What narrows a list and how it stands. Empty is everything; due_from, due_before: instants; mine: only what nobody else may take."""

    words: str = ""
    lamp: str = ""
    procedure: str = ""
    step: str = ""
    due_from: datetime | None = None
    due_before: datetime | None = None
    mine: bool = False
    sort: str = DUE
    descending: bool = False
    before: str = ""
    after: str = ""
    size: int = 20


@dataclass(frozen=True)
class Kind:
    """Steps of one name in a list: how many of them show each lamp, and how many are free."""

    procedure: str
    release_digest: str
    step: str
    name: str
    lamps: Mapping[str, int]
    free: int


def steps_page(session: Session, which: str, officer: Officer, acting: Acting, now: datetime, wanted: Wanted) -> Page:
    """One page of a list, in one statement. Rows carry the columns of `_lines`, so that nothing is looked up a row."""
    lines = _lines(_ids(which, officer, acting), now, closed=which == FINISHED)
    query = select(lines).where(*_narrowed(lines, which, wanted))
    return read_page(session, query, _order(lines, wanted), before=wanted.before, after=wanted.after, size=wanted.size)


def kinds_of_steps(session: Session, which: str, officer: Officer, acting: Acting, now: datetime) -> list[Kind]:
    """What a whole list consists of, whatever narrows it: one statement for the lamps, the choices and the counts."""
    lines = _lines(_ids(which, officer, acting), now)
    columns = (lines.c.procedure, lines.c.step, lines.c.name, lines.c.lamp)
    free = func.sum(case((lines.c.assignee_id.is_(None), 1), else_=0))
    query = select(*columns, func.max(lines.c.release_digest), func.count(), free).group_by(*columns).order_by(*columns[:3])
    found: dict[tuple[str, str, str], Kind] = {}
    for procedure, step, name, lamp, digest, count, unclaimed in session.execute(query):
        known = found.get((procedure, step, name), Kind(procedure, digest, step, name, {}, 0))
        found[procedure, step, name] = Kind(
            procedure, digest, step, name, {**known.lamps, lamp: known.lamps.get(lamp, 0) + count}, known.free + int(unclaimed or 0)
        )
    return list(found.values())


def lamps_of(kinds: list[Kind]) -> dict[str, int]:
    """How many steps of a list show each lamp; `free` and `total` beside them."""
    counts = {lamp: sum(kind.lamps.get(lamp, 0) for kind in kinds) for lamp in LAMPS}
    return {**counts, "free": sum(kind.free for kind in kinds), "total": sum(sum(kind.lamps.values()) for kind in kinds)}


def _ids(which: str, officer: Officer, acting: Acting) -> ColumnElement[bool]:
    """Which work items a list consists of; each by an index."""
    if which == FINISHED:
        return and_(WorkItem.closed_by == officer.id, WorkItem.state.in_((DONE, SUPERSEDED)), WorkItem.agency_code == officer.agency_code)
    if which == AGENCY:
        return and_(WorkItem.agency_code == officer.agency_code, WorkItem.state == OPEN)
    if which == FREE:
        return WorkItem.id.in_(free_ids(officer, acting))
    return WorkItem.id.in_(waiting_ids(officer, acting))


def _lines(condition: ColumnElement[bool], now: datetime, *, closed: bool = False) -> Subquery:
    """The rows of a list with everything that a page shows of them; closed: of steps that are done, whose lamp says nothing any more."""
    holder = aliased(Officer)
    warn = (
        select(func.min(CaseLimit.warn_at))
        .where(CaseLimit.case_id == WorkItem.case_id, CaseLimit.due_at == WorkItem.due_at, CaseLimit.ended_at.is_(None),
               CaseLimit.limit_id.not_in(_party_rights()), standing(CaseLimit))
        .correlate(WorkItem).scalar_subquery()
    )
    party = (
        select(Party.name).where(Party.case_id == WorkItem.case_id, standing(Party)).order_by(Party.id).limit(1)
        .correlate(WorkItem).scalar_subquery()
    )
    lamp: Any = "none" if closed else _lamp(warn, now)
    return (
        select(
            WorkItem.id, WorkItem.case_id, WorkItem.procedure.label("part"), WorkItem.step, WorkItem.name, WorkItem.role, WorkItem.state,
            WorkItem.opened_at, WorkItem.due_at, WorkItem.closed_at, WorkItem.assignee_id, WorkItem.claimed_at, WorkItem.first_opened_at,
            func.coalesce(WorkItem.due_at, NEVER, type_=WorkItem.due_at.type).label("urgency"),
            Case.number, Case.title, Case.procedure, Case.release_digest, Case.stayed_at,
            holder.name.label("holder"), party.label("party"), (case((true(), lamp)) if closed else lamp).label("lamp"),
        )
        .join(Case, Case.id == WorkItem.case_id)
        .outerjoin(holder, holder.id == WorkItem.assignee_id)
        .where(condition)
        .subquery("line")
    )


def _lamp(warn: Any, now: datetime) -> Any:
    """red, yellow, green, none; lapsed: a party's own time (听证、陈述申辩) is over, and nobody is late."""
    due = WorkItem.due_at
    return case(
        (due.is_(None), "none"),
        (and_(due <= now, warn.is_not(None)), "red"),
        (due <= now, "lapsed"),
        (warn <= now, "yellow"),
        else_="green",
    )


def _narrowed(lines: Subquery, which: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    when = lines.c.closed_at if which == FINISHED else lines.c.due_at
    conditions: list[ColumnElement[bool]] = [containing(wanted.words, lines.c.number, lines.c.title, lines.c.name, lines.c.party)]
    conditions += [lines.c.lamp == wanted.lamp] if wanted.lamp else []
    conditions += [lines.c.procedure == wanted.procedure] if wanted.procedure else []
    conditions += [lines.c.name == wanted.step] if wanted.step else []
    conditions += [when >= wanted.due_from] if wanted.due_from else []
    conditions += [when < wanted.due_before] if wanted.due_before else []
    return conditions + ([lines.c.assignee_id.is_not(None)] if wanted.mine else [])


def _order(lines: Subquery, wanted: Wanted) -> Order:
    by: Mapping[str, tuple[Any, type, str]] = {
        DUE: (lines.c.urgency, datetime, "urgency"), OPENED: (lines.c.opened_at, datetime, "opened_at"),
        NUMBER: (lines.c.number, str, "number"), CLOSED: (lines.c.closed_at, datetime, "closed_at"),
    }
    column, kind, at = by[wanted.sort]
    return Order(column, lines.c.id, kind, at, descending=wanted.descending)


@cache
def _party_rights() -> tuple[str, ...]:
    return tuple(sorted(name for name, limit in load_limits().items() if limit.direction == PARTY_RIGHT))


def free_count(session: Session, officer: Officer, acting: Acting = NOBODY) -> int:
    """How many steps are open to the officer's roles and nobody has them."""
    counted: Select[int] = select(func.count()).select_from(free_ids(officer, acting).subquery())
    return session.scalar(counted) or 0
