"""抄送: who may see a case lets a colleague of the same agency read it, with a note why; read, called back, all journalled.

A copy lets read and nothing else. It never goes where the law keeps a case from: to who supervises enforcement before the decision
(粤府〔2023〕73号 第三十七条), to another agency, or on to third persons by somebody who reads it by a copy himself; a case whose reporter
asked for secrecy is sent by a head only (行政处罚法 第五十条).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from engine import journal
from engine.accounts.permissions import LEADERS, may_see
from engine.cases.cases import Case, find_case
from engine.errors import Invalid, NotPermitted, Unlawful, ZhifaError
from engine.registers.absences import acting_for, holder_among
from engine.registers.agencies import Officer, find_officer, officers_of
from engine.workflow.copies import CaseCopy, copies_of, find_copy, was_copied
from engine.workflow.tasks import items_of_case
from processes.host import Host
from processes.refusals import journal_refusal
from processes.viewing import involved_in, visible_case

SECRECY, SUPERVISION = "行政处罚法 第五十条", "粤府〔2023〕73号 第三十七条"


def send_copy(host: Host, case_id: int, officer_id: str, to_id: str, note: str) -> int:
    """Let a colleague read a case; the id of the copy is returned. Refused attempts are journalled."""
    with _told(host, case_id, officer_id, {"to": to_id}) as now:
        with host.database.reading() as session:  # a refusal to see is written in a transaction of its own
            visible_case(host, session, case_id, find_officer(session, officer_id))
        with host.database.writing() as session:
            case, officer, to = find_case(session, case_id), find_officer(session, officer_id), find_officer(session, to_id)
            require_may_send(session, case, officer, now)
            require_may_receive_copy(case, to)
            if to.id == officer.id:
                raise Invalid("copy.self", "不需要抄送给自己")
            if not 1 <= len(note.strip()) <= 200:
                raise Invalid("copy.note", "请写明抄送的原因，200 字以内")
            if any(row.to_id == to.id and row.ended_at is None and row.read_at is None for row in copies_of(session, case.id)):
                raise Invalid("copy.unread", f"已经抄送给{to.name}，对方尚未阅读")
            row = CaseCopy(case_id=case.id, from_id=officer.id, to_id=to.id, note=note.strip(), sent_at=now)
            session.add(row)
            session.flush()
            journal.append(session, case.id, "copy.sent", officer.id, now, {"copy": row.id, "to": to.id, "note": row.note})
            return row.id


def read_copy(host: Host, copy_id: int, officer_id: str) -> int:
    """The receiver reads it: marked the first time, journalled; the id of the case is returned."""
    now = host.clock.now()
    with host.database.writing() as session:
        row = find_copy(session, copy_id)
        if row.to_id != officer_id or row.ended_at is not None:
            raise NotPermitted("copy.hidden", "没有这项抄送，或者不是抄送给您的")
        if row.read_at is None:
            row.read_at = now
            journal.append(session, row.case_id, "copy.read", officer_id, now, {"copy": row.id})
        return row.case_id


def call_back(host: Host, copy_id: int, officer_id: str) -> int:
    """收回: by who sent it or by a head of the agency; what it let read can no longer be read by it. The case's id is returned."""
    now = host.clock.now()
    with host.database.writing() as session:
        row, officer = find_copy(session, copy_id), find_officer(session, officer_id)
        head = officer.agency_code == find_case(session, row.case_id).agency_code and holder_among(session, officer, LEADERS, now) is not None
        if row.from_id != officer.id and not head:
            raise NotPermitted("copy.hidden", "没有这项抄送，或者不是抄送给您的")
        if row.ended_at is None:
            row.ended_at = now
            journal.append(session, row.case_id, "copy.called_back", officer.id, now, {"copy": row.id, "to": row.to_id})
        return row.case_id


def require_may_send(session: Session, case: Case, officer: Officer, now: datetime) -> None:
    """Refuse who reads the case only because he was asked or sent a copy; with a secret reporter everybody but a head."""
    involved = involved_in(officer, items_of_case(session, case.id), acting_for(session, officer, now))
    if not may_see(officer, case, involved=involved):
        words = "抄送给您的案件不能再抄送他人，请由办案人员抄送" if was_copied(session, case.id, officer.id) else "您不办理这个案件，不能抄送他人"
        raise NotPermitted("copy.not_involved", words)
    if case.keep_secret and holder_among(session, officer, LEADERS, now) is None:
        raise Unlawful("copy.secret", "举报人要求保密的案件，只能由负责人抄送", article=SECRECY)


def require_may_receive_copy(case: Case, to: Officer) -> None:
    """Refuse whom the law keeps from a case."""
    if to.agency_code != case.agency_code or not to.in_service:
        raise NotPermitted("copy.other_agency", f"{to.name}不是本执法主体的在岗人员，不能抄送")
    if "supervisor" in to.role_keys:
        raise Unlawful("copy.supervisor", f"{to.name}承担执法监督，不得通过抄送查看案件", article=SUPERVISION)


def receivers(session: Session, case: Case, sender: Officer) -> list[Officer]:
    """To whom a copy can be sent: what a page offers."""
    found = []
    for each in officers_of(session, case.agency_code):
        try:
            require_may_receive_copy(case, each)
        except ZhifaError:
            continue
        found += [each] if each.id != sender.id else []
    return found


@contextmanager
def _told(host: Host, case_id: int, officer_id: str, facts: dict[str, str]) -> Iterator[datetime]:
    now = host.clock.now()
    try:
        yield now
    except ZhifaError as refusal:
        if refusal.code not in ("case.hidden", "case.undecided"):  # written down already as an attempt to look
            journal_refusal(host, case_id, "copy.refused", officer_id, now, refusal, facts)
        raise
