"""Rehearse queued work in a throwaway installation: templates are really filled, but nothing is printed or sealed."""

from __future__ import annotations

from documents.operations import APPROVED, ARCHIVE, BY_HAND, DRAFT
from engine import jobs
from engine.cases.cases import find_case
from engine.cases.document_records import DRAFTED, ISSUED, find_document
from processes.host import Host
from processes.making import finish_by_hand
from processes.running import finish_operation


def rehearse(host: Host, case_id: int) -> None:
    """Finish every queued operation of a case after filling its templates; a template that fails raises."""
    while True:
        with host.database.reading() as session:
            waiting = jobs.pending(session, case_id)
        if not waiting:
            return
        for job in waiting:
            _finish(host, job)


def _finish(host: Host, job: jobs.Job) -> None:
    now = host.clock.now()
    with host.database.writing() as session:
        case = find_case(session, job.case_id)
        bundle = host.bundle(session, case.release_digest)
        for record_id in job.arguments["records"]:
            record = find_document(session, record_id)
            record.word = host.files.put(bundle.templates[record.kind].fill(record.snapshot, host.files.get))
            record.state = DRAFTED if job.operation == DRAFT else ISSUED
            if job.operation == BY_HAND:
                finish_by_hand(record)
        if job.operation == ARCHIVE:
            case.status, case.archived_at = "ARCHIVED", now
        jobs.finish(session, job.id, now)
        if job.operation in (BY_HAND, APPROVED):
            return
        facts = {"serving": job.arguments["serving"]} if job.arguments["serving"] else {}
        events = ("case_archived",) if job.operation == ARCHIVE else ()
        finish_operation(host, session, job, facts, {"rehearsed": True}, events)
