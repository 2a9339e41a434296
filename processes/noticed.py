"""What an officer sees of what he was told (消息): only as far as he may see the case, or the incident, today."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.accounts.permissions import may_see
from engine.oversight import notices
from engine.oversight.notices import INCIDENT, Notice
from engine.oversight.occasions import MINDING
from engine.registers.absences import acting_for
from engine.registers.agencies import Officer
from engine.workflow.opinions import Consultation, Opinion
from engine.workflow.tasks import WorkItem
from processes.host import Host
from processes.repairing import holds
from processes.viewing import involved_in, officer_in_session

MOST_COUNTED = 99


def visible(host: Host, session: Session, officer: Officer, found: Iterable[Notice]) -> list[Notice]:
    """Those of the notices whose case, or whose incident, the officer may see now; at most six statements, however many there are."""
    rows, now = list(found), host.clock.now()
    if not rows:
        return []
    numbers = {notice.case_id for notice in rows}
    acting = acting_for(session, officer, now)
    items = dict[int, list[WorkItem]]()
    for item in session.scalars(select(WorkItem).where(WorkItem.case_id.in_(numbers))):
        items.setdefault(item.case_id, []).append(item)
    asked = set(session.scalars(
        select(Consultation.case_id).join(Opinion).where(Consultation.case_id.in_(numbers), Opinion.officer_id == officer.id)
    ))
    minds = any(notice.kind == INCIDENT for notice in rows) and holds(session, officer, MINDING, now)

    def may(notice: Notice) -> bool:
        case = notice.case
        if notice.kind == INCIDENT:
            return minds and officer.agency_code == case.agency_code
        return may_see(officer, case, involved=case.id in asked or involved_in(officer, items.get(case.id, ()), acting))

    return [notice for notice in rows if may(notice)]


def page_of(
    host: Host, session: Session, officer: Officer, size: int, *, unread: bool, before: int | None
) -> tuple[list[Notice], int | None]:
    """One page of what the officer was told, the newest first, and where the next page begins; hidden ones leave the page shorter."""
    rows: Sequence[Notice] = notices.notices_of(session, officer.id, size + 1, unread=unread, before=before)
    following_page = rows[size - 1].id if len(rows) > size else None
    return visible(host, session, officer, rows[:size]), following_page


def unread_count(host: Host, officer_id: str) -> int:
    """How many unread notices the officer may see, at most MOST_COUNTED; one statement when there are none."""
    with host.database.reading() as session:
        if not notices.has_unread(session, officer_id):
            return 0
        officer = officer_in_session(session, officer_id)
        return len(visible(host, session, officer, notices.notices_of(session, officer_id, MOST_COUNTED, unread=True)))


def open_notice(host: Host, notice_id: int, officer_id: str) -> Notice | None:
    """The officer follows one of his notices: it is read now. None when there is none, or when he may not see its case any more."""
    with host.database.writing() as session:
        found = session.get(Notice, notice_id)
        if found is None or found.officer_id != officer_id:
            return None
        shown = visible(host, session, officer_in_session(session, officer_id), [found])
        notices.mark_read(session, officer_id, host.clock.now(), [notice_id])
    return shown[0] if shown else None


def mark_read(host: Host, officer_id: str, ids: Collection[int] | None = None, *, up_to: int | None = None) -> int:
    """Mark some notices of the officer, or all up to one that he has seen, as read; how many is returned."""
    with host.database.writing() as session:
        return notices.mark_read(session, officer_id, host.clock.now(), ids, up_to=up_to)
