"""Repair what failed (运行异常): retry, in another person's name where he has left, or skip with a reason what no statute asks for.

Only a paper of the platform's own is ever skipped: every operation of a case belongs to a statutory step. Who may repair: those
who handle the case, its heads, and the agency's administrator; everybody else is told that there is nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from documents.operations import ISSUE
from engine import jobs, journal
from engine.accounts.permissions import LEADERS
from engine.cases.cases import Case
from engine.cases.document_records import DocumentRecord, find_document
from engine.cases.superseding import supersede
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful
from engine.registers.absences import holder_among
from engine.registers.agencies import Officer, find_officer
from engine.workflow import incidents, instances
from engine.workflow.incidents import JOB, OPERATION, RETRYING, SKIPPED, STEP, Incident, find_incident
from engine.workflow.tasks import OPEN, WorkItem
from processes.bundles import Bundle
from processes.host import OPERATIONS, Host
from processes.running import advance, complete_step

BY = "officer_id"  # of a failed operation only the person in whose name it runs can be corrected, never what it is about
MINDING = LEADERS | {"administrator"}


def retry(host: Host, incident_id: int, officer_id: str, corrected: Mapping[str, Any] | None = None) -> bool:
    """Try again, with corrected arguments where given; whether the incident is settled now is returned (a job is only queued).

    A failed step is retried by the officer who took it, with what he had filled in; anything else by whoever handles the case.
    """
    now, changes = host.clock.now(), dict(corrected or {})
    with host.database.writing() as session:
        found, officer, case = _open_incident(session, incident_id, officer_id, now)
        journal.append(session, case.id, "incident.retried", officer.id, now, {
            "incident": found.id, "operation": found.operation, "cause": found.cause, "corrected": sorted(changes),
        })
        if found.kind != STEP:
            _require_person(session, case, changes)
        if found.kind == STEP:
            if officer.id != found.officer_id:
                raise NotPermitted("incident.other_step", "该环节应当由原办理人员重新提交")
            item_id = session.scalar(select(WorkItem.id).where(WorkItem.task_id == found.task_id, WorkItem.state == OPEN))
            values = {**found.arguments, **changes}
        else:
            found.state, found.tried_at = RETRYING, now
        if found.kind == JOB:
            _queue_again(session, found, changes)
            return False
        if found.kind == OPERATION:
            found.officer_id = str(changes.get(BY, found.officer_id))
            live = instances.load(session, case.id, host.bundle(session, case.release_digest).blueprints[case.procedure])
            advance(host, session, host.bundle(session, case.release_digest), case, live, find_officer(session, found.officer_id), now)
            session.refresh(found)
            return found.state != incidents.OPEN
    if item_id is None:
        raise Conflict("step.not_open", "该环节已经办结或者不再等待办理")
    complete_step(host, item_id, officer_id, values)
    with host.database.writing() as session:
        incidents.settle(session, case.id, found.task_id, now, officer_id)
    return True


def skip(host: Host, incident_id: int, officer_id: str, reason: str) -> None:
    """Go on without a paper that cannot be made: by a head or the administrator, with a reason, and never one that a statute asks for.

    Its number stays taken; the record of it stays, out of force.
    """
    now = host.clock.now()
    with host.database.writing() as session:
        found, officer, case = _open_incident(session, incident_id, officer_id, now)
        if not holds(session, officer, MINDING, now):
            raise NotPermitted("incident.skip_role", "跳过失败的操作应当由负责人或者平台管理员决定")
        if not reason.strip():
            raise Invalid("routing.reason", "请写明理由")
        bundle = host.bundle(session, case.release_digest)
        live = instances.load(session, case.id, bundle.blueprints[case.procedure])
        if not may_skip(session, found, bundle):
            raise Unlawful(
                "incident.statutory", f"“{what_failed(found)}”是法定环节的组成部分，不能跳过，请排除故障后重试",
                article="行政处罚法 第三十八条第二款",
            )
        papers = _papers(session, found)
        jobs.withdraw(session, [found.job_id] if found.job_id is not None else [])
        incidents.settle(session, case.id, found.task_id, now, officer.id, state=SKIPPED, reason=reason.strip())
        journal.append(session, case.id, "incident.skipped", officer.id, now, {
            "incident": found.id, "operation": found.operation, "cause": found.cause, "reason": reason.strip(),
            "documents": [{"kind": row.kind, "title": row.title, "number": row.number, "version": row.version} for row in papers],
        })
        supersede(session, case.id, {DocumentRecord.__tablename__: [row.id for row in papers]}, now, officer.id)
        live.complete(found.task_id)
        advance(host, session, bundle, case, live, officer, now)


def retry_failed(host: Host, case_id: int, officer_id: str) -> int:
    """Retry all open incidents of a case that need no officer's own form; how many there were is returned."""
    with host.database.reading() as session:
        if not _handles(session, session.get(Case, case_id), find_officer(session, officer_id), host.clock.now()):
            raise NotPermitted("incident.hidden", "没有这项运行异常，或者您无权处理")
        waiting = [row.id for row in incidents.incidents_of(session, case_id) if row.kind != STEP and row.state == incidents.OPEN]
    for incident_id in waiting:
        retry(host, incident_id, officer_id)
    return len(waiting)


def may_skip(session: Session, found: Incident, bundle: Bundle) -> bool:
    """Whether the law lets a case go on without what failed: every paper of the job is one that no statute asks for."""
    papers = _papers(session, found)
    return found.kind == JOB and bool(papers) and all(bundle.kinds[row.kind].skippable and not row.final for row in papers)


def what_failed(found: Incident) -> str:
    """What failed, in Chinese."""
    operation = OPERATIONS.get(found.operation)
    return operation.purpose.partition("：")[0] if operation else found.step


def visible_incidents(session: Session, officer: Officer, now: datetime, *, closed: bool = False) -> list[Incident]:
    """The incidents of the agency, for its heads and its administrator; NotPermitted for everybody else."""
    if not holds(session, officer, MINDING, now):
        raise NotPermitted("incident.hidden", "只有负责人和平台管理员可以查看运行异常")
    return incidents.incidents_of(session, agency_code=officer.agency_code, closed=closed)


def visible_incident(session: Session, incident_id: int, officer: Officer, now: datetime) -> tuple[Incident, Case]:
    """One incident with its case; NotPermitted hides it from who may not repair it."""
    found = find_incident(session, incident_id)
    case = session.get_one(Case, found.case_id)
    if not _handles(session, case, officer, now, found.officer_id):
        raise NotPermitted("incident.hidden", "没有这项运行异常，或者您无权处理")
    return found, case


def holds(session: Session, officer: Officer, roles: Collection[str], now: datetime) -> bool:
    """Whether an officer holds one of these roles now, himself or as a deputy."""
    return holder_among(session, officer, roles, now) is not None


def _papers(session: Session, found: Incident) -> list[DocumentRecord]:
    job = session.get(jobs.Job, found.job_id) if found.job_id is not None else None
    records = job.arguments.get("records", ()) if job is not None and job.operation == ISSUE and not job.arguments.get("serving") else ()
    return [find_document(session, record) for record in records]


def _queue_again(session: Session, found: Incident, changes: Mapping[str, Any]) -> None:
    job = session.get(jobs.Job, found.job_id)
    if job is None or job.state != jobs.FAILED:
        raise Conflict("incident.job", "该项任务已经不再等待处理")
    job.arguments = {**job.arguments, **changes}
    session.flush()
    jobs.retry(session, job.id)


def _handles(session: Session, case: Case | None, officer: Officer, now: datetime, who_took_the_step: str = "") -> bool:
    if case is None or officer.agency_code != case.agency_code:
        return False
    involved = officer.id in case.investigators or officer.id in (who_took_the_step, case.opened_by)
    return involved or holds(session, officer, MINDING, now)


def _require_person(session: Session, case: Case, changes: Mapping[str, Any]) -> None:
    if set(changes) - {BY}:
        raise Invalid("incident.argument", f"“{sorted(set(changes) - {BY})[0]}”不存在或者不能更正，只能更正经办人")
    if BY in changes:
        person = find_officer(session, str(changes[BY]))
        if person.agency_code != case.agency_code or not person.in_service:
            raise Invalid("incident.officer", f"{person.name}不是本机关在岗人员，不能作为经办人")


def _open_incident(session: Session, incident_id: int, officer_id: str, now: datetime) -> tuple[Incident, Officer, Case]:
    officer = find_officer(session, officer_id)
    found, case = visible_incident(session, incident_id, officer, now)
    if found.state not in (incidents.OPEN, RETRYING):
        raise Conflict("incident.closed", "该项异常已经处理")
    return found, officer, case
