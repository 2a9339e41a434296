"""Drafts: changed in Word and uploaded again, shown with every difference, approved by who signs, or declared void.

Separation of powers: who wrote a document or changed it does not approve it (粤府〔2023〕73号 第二十七条 asks for approval before a seal
is used). What was made is stored; a change makes new files and leaves the old ones where they are.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from documents.drafting import check_changed, differences, paragraphs
from documents.operations import APPROVED
from documents.pdf import page_count
from engine import jobs, journal
from engine.cases.cases import Case, find_case
from engine.cases.document_records import AWAITING, CHANGEABLE_IN_WORD, ISSUED, OPEN, DocumentRecord, find_document
from engine.cases.draft_changes import DraftChange, changes_of
from engine.cases.service import services_of
from engine.cases.superseding import supersede
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful, ZhifaError
from engine.law import safeguards
from engine.registers.agencies import ROLES, Officer, find_officer, seal_of
from processes.host import Host
from processes.making import job_arguments, require_in_charge
from processes.refusals import journal_refusal

SEALING = "粤府〔2023〕73号 第二十七条"


def change_draft(host: Host, document_id: int, officer_id: str, docx: bytes, seen: str) -> int:
    """Take a draft that an officer in charge has changed in Word; how many paragraphs differ is returned.

    seen: SHA-256 of the Word file from which he started. Invalid names what is wrong with the file, or the statutory content
    that was taken out.
    """
    now = host.clock.now()
    try:
        with host.database.reading() as session:
            record = _changeable(host, session, document_id, officer_id, seen)
            kind = host.bundle(session, find_case(session, record.case_id).release_digest).kinds[record.kind]
            changes = changes_of(session, document_id)
        generated = paragraphs(host.files.get(changes[0].before if changes else record.word))
        if faults := check_changed(docx, kind, record.snapshot, generated):
            raise Invalid(faults[0].code, "；".join(fault.message for fault in faults), faults=tuple(faults), article=kind.basis)
        rows = differences(generated, paragraphs(docx))
        pdf = host.converter.convert(docx)
        word, printed, pages = host.files.put(docx), host.files.put(pdf), page_count(pdf)
        with host.database.writing() as session:
            record = _changeable(host, session, document_id, officer_id, seen)
            session.add(DraftChange(
                document_id=record.id, at=now, officer_id=officer_id, before=record.word, after=word, differences=rows
            ))
            record.word, record.pdf, record.pages = word, printed, pages
            journal.append(session, record.case_id, "document.changed", officer_id, now, {
                "document": record.id, "title": record.title, "number": record.number, "before": seen, "after": word,
                "differences": len(rows),
            })
        return len(rows)
    except ZhifaError as refusal:
        _journal_refusal(host, document_id, officer_id, now, refusal, "change")
        raise


def approve(host: Host, document_id: int, officer_id: str, seen: str) -> None:
    """Approve a document made by hand; it is sealed from the queue, or counts at once. seen: SHA-256 of the Word file approved."""
    now = host.clock.now()
    try:
        with host.database.writing() as session:
            record, officer = find_document(session, document_id), find_officer(session, officer_id)
            case = find_case(session, record.case_id)
            require_may_approve(session, record, case, officer)
            if record.word != seen:
                raise Conflict("document.moved_on", "文书刚刚被修改，请重新阅读后再核准")
            sealed = host.bundle(session, case.release_digest).kinds[record.kind].sealed
            if sealed:
                _require_seal(session, case, now)
            record.approved_by, record.state = officer.id, OPEN if sealed else ISSUED
            if sealed:
                jobs.enqueue(session, case.id, APPROVED, job_arguments(record, officer), now)
            journal.append(session, case.id, "document.approved", officer.id, now, {
                "document": record.id, "title": record.title, "number": record.number, "word": seen,
                "differences": len(changes[-1].differences) if (changes := changes_of(session, record.id)) else 0,
            })
    except ZhifaError as refusal:
        _journal_refusal(host, document_id, officer_id, now, refusal, "approve")
        raise


def declare_void(host: Host, document_id: int, officer_id: str, reason: str) -> None:
    """Declare a document made by hand void: its number is kept and never given again, it stays readable, and counts no more."""
    now = host.clock.now()
    try:
        with host.database.writing() as session:
            record, officer = find_document(session, document_id), find_officer(session, officer_id)
            case = find_case(session, record.case_id)
            if not (may_void(session, record, case, officer)):
                raise NotPermitted("document.may_not_void", "只有办案人员制作、尚未送达的文书可以由办案人员或者核准人作废")
            if not reason.strip():
                raise Invalid("routing.reason", "请写明理由")
            record.void_reason = reason.strip()[:200]
            journal.append(session, case.id, "document.void", officer.id, now, {
                "document": record.id, "title": record.title, "number": record.number, "reason": record.void_reason,
            })
            supersede(session, case.id, {DocumentRecord.__tablename__: [record.id]}, now, officer.id)
    except ZhifaError as refusal:
        _journal_refusal(host, document_id, officer_id, now, refusal, "void")
        raise


def waiting_for(session: Session, officer: Officer) -> list[DocumentRecord]:
    """The documents that wait for this officer's approval, oldest first."""
    query = (
        select(DocumentRecord).join(Case, Case.id == DocumentRecord.case_id)
        .where(DocumentRecord.state == AWAITING, Case.agency_code == officer.agency_code,
               DocumentRecord.approver_role.in_(sorted(officer.role_keys)))
        .order_by(DocumentRecord.id)
    )
    return [row for row in session.scalars(query) if may_approve(session, row, find_case(session, row.case_id), officer)]


def may_approve(session: Session, record: DocumentRecord, case: Case, officer: Officer) -> bool:
    """Whether this officer may approve the document now."""
    try:
        require_may_approve(session, record, case, officer)
    except ZhifaError:
        return False
    return True


def require_may_approve(session: Session, record: DocumentRecord, case: Case, officer: Officer) -> None:
    """Only who holds the role, in the agency, and neither handles the case nor wrote or changed the document."""
    if officer.agency_code != case.agency_code or not record.approver_role or record.approver_role not in officer.role_keys:
        role = ROLES.get(record.approver_role, "负责人")
        raise NotPermitted("document.approver", f"《{record.title}》应当由{role}核准", article=SEALING)
    authors = {record.author_id, *(change.officer_id for change in changes_of(session, record.id))}
    if officer.id in authors | case.investigators:
        raise Unlawful("document.own_approval", "制作、修改文书的人员和本案办案人员不得核准该文书", article=SEALING)
    if record.state != AWAITING:
        raise Conflict("document.not_awaiting", f"《{record.title}》现在是“{record.state_name}”，不需要核准")
    if session.scalar(select(DocumentRecord.id).where(DocumentRecord.supersedes_id == record.id).limit(1)):
        raise Conflict("document.newer", f"《{record.title}》已经有新的版本，请核准新的版本")


def may_change(host: Host, record: DocumentRecord, case: Case, officer: Officer) -> bool:
    """Whether this officer may upload a changed draft now."""
    try:
        require_in_charge(host, case, officer)
    except ZhifaError:
        return False
    return record.state in CHANGEABLE_IN_WORD and bool(record.word)


def may_void(session: Session, record: DocumentRecord, case: Case, officer: Officer) -> bool:
    """Whether this officer may declare the document void: it was made by hand, is printed and has not been served."""
    served = {row.document_id for row in services_of(session, case.id)}
    concerned = officer.id in case.investigators or record.approver_role in officer.role_keys
    return (
        concerned and officer.agency_code == case.agency_code and record.by_hand and bool(record.final)
        and record.state != OPEN and not record.void_reason and record.id not in served and case.archived_at is None
    )


def _changeable(host: Host, session: Session, document_id: int, officer_id: str, seen: str) -> DocumentRecord:
    record = find_document(session, document_id)
    require_in_charge(host, find_case(session, record.case_id), find_officer(session, officer_id))
    if record.state not in CHANGEABLE_IN_WORD:
        raise Conflict("document.not_draft", f"《{record.title}》现在是“{record.state_name}”，不能再修改")
    if record.word != seen:
        raise Conflict("document.moved_on", "文书刚刚被他人修改，请下载新的文件再修改")
    return record


def _require_seal(session: Session, case: Case, now: datetime) -> None:
    seal = seal_of(session, case.agency_code)
    safeguards.require_seal(
        registered=bool(seal and seal.police_filing and seal.platform_filing),
        valid=bool(seal and seal.valid_from <= now.date() <= seal.valid_to),
    )


def _journal_refusal(host: Host, document_id: int, officer_id: str, now: datetime, refusal: ZhifaError, act: str) -> None:
    with host.database.reading() as session:
        record = session.get(DocumentRecord, document_id)
    case_id = record.case_id if record else None
    journal_refusal(host, case_id, "document.refused", officer_id, now, refusal, {"document": document_id, "act": act})
