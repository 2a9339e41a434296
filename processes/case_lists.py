"""The lists of cases: those that an officer may see and those that he opened, by one statement a page, with what waits in each.

Which cases an officer may see is a set found by indexes; words, status and dates are looked for inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, exists, false, or_, select, union
from sqlalchemy.orm import Session

from engine.accounts.permissions import LEADERS
from engine.cases.cases import Case
from engine.cases.parties import Party
from engine.cases.superseding import standing
from engine.registers.absences import Acting, acting_for
from engine.registers.agencies import Officer
from engine.registers.items import Item
from engine.workflow.copies import CaseCopy
from engine.workflow.opinions import Consultation, Opinion
from engine.workflow.paging import Order, Page, containing, read_page
from engine.workflow.tasks import OPEN, WorkItem, waiting_ids

VISIBLE, OPENED = "visible", "opened"
NEWEST, NUMBER = "newest", "number"


@dataclass(frozen=True)
class WantedCases:
    """What narrows a list of cases and how it stands. Empty is everything; filed_from, filed_to: days of filing, both included."""

    words: str = ""
    status: str = ""
    procedure: str = ""
    filed_from: date | None = None
    filed_to: date | None = None
    sort: str = NEWEST
    descending: bool = True
    before: str = ""
    after: str = ""
    size: int = 20


def cases_page(session: Session, which: str, officer: Officer, now: datetime, wanted: WantedCases) -> tuple[Page, dict[int, list[str]]]:
    """One page of the cases, and for each case on it the names of the steps that wait: two statements, one more with a deputy."""
    party = select(Party.name).where(Party.case_id == Case.id, standing(Party)).order_by(Party.id).limit(1).correlate(Case).scalar_subquery()
    query = (
        select(Case.id, Case.number, Case.title, Case.procedure, Case.release_digest, Case.status, Case.opened_at, Case.filed_on,
               Case.stayed_at, Item.name.label("item"), Officer.name.label("lead"), party.label("party"))
        .join(Item, Item.code == Case.item_code).outerjoin(Officer, Officer.id == Case.lead_officer_id)
        .where(_which(session, which, officer, now), *_narrowed(wanted))
    )
    by: Any = (Case.number, str, "number") if wanted.sort == NUMBER else (Case.id, int, "id")
    order = Order(by[0], Case.id, by[1], by[2], descending=wanted.descending)
    page = read_page(session, query, order, before=wanted.before, after=wanted.after, size=wanted.size)
    return page, waiting_in(session, [row.id for row in page.rows])


def waiting_in(session: Session, cases: Sequence[int]) -> dict[int, list[str]]:
    """Names of the steps that wait in some cases."""
    query = select(WorkItem.case_id, WorkItem.name).where(WorkItem.case_id.in_(cases), WorkItem.state == OPEN).order_by(WorkItem.id)
    found: dict[int, list[str]] = {}
    for case_id, name in session.execute(query):
        found.setdefault(case_id, []).append(name)
    return found


def visible_cases(session: Session, officer: Officer, now: datetime, wanted: WantedCases | None = None) -> Page:
    """One page of the cases that an officer may see, the newest first."""
    return cases_page(session, VISIBLE, officer, now, wanted or WantedCases())[0]


def _which(session: Session, which: str, officer: Officer, now: datetime) -> Any:
    own_agency = Case.agency_code == officer.agency_code
    if "supervisor" in officer.role_keys:
        return false()  # 粤府〔2023〕73号 第三十七条
    if which == OPENED:
        return and_(own_agency, Case.opened_by == officer.id)
    if LEADERS & officer.role_keys:
        return own_agency
    return and_(own_agency, Case.id.in_(_seen_by(officer, acting_for(session, officer, now))))


def _seen_by(officer: Officer, acting: Acting) -> Any:
    """Ids of the cases that an officer opened, handles, acted in, can act in, was asked about or was sent: each by an index."""
    return union(
        select(Case.id).where(Case.opened_by == officer.id),
        select(Case.id).where(Case.lead_officer_id == officer.id),
        select(Case.id).where(Case.co_officer_id == officer.id),
        select(WorkItem.case_id).where(WorkItem.closed_by == officer.id),
        select(WorkItem.case_id).where(WorkItem.assignee_id == officer.id),
        select(WorkItem.case_id).where(WorkItem.id.in_(waiting_ids(officer, acting))),
        select(Consultation.case_id).join(Opinion).where(Opinion.officer_id == officer.id),
        select(CaseCopy.case_id).where(CaseCopy.to_id == officer.id, CaseCopy.ended_at.is_(None)),
    )


def _narrowed(wanted: WantedCases) -> list[Any]:
    conditions: list[Any] = []
    if wanted.words:
        named = exists().where(Party.case_id == Case.id, containing(wanted.words, Party.name), standing(Party)).correlate(Case)
        conditions.append(or_(containing(wanted.words, Case.number, Case.title), named))
    conditions += [Case.status == wanted.status] if wanted.status else []
    conditions += [Case.procedure == wanted.procedure] if wanted.procedure else []
    conditions += [Case.filed_on >= wanted.filed_from] if wanted.filed_from else []
    return conditions + ([Case.filed_on <= wanted.filed_to] if wanted.filed_to else [])
