"""Repair what failed (运行异常): retry with corrected arguments, or skip with a reason what no statute asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import jobs, journal
from engine.accounts.permissions import LEADERS
from engine.cases.cases import Case
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful
from engine.registers.agencies import Officer, find_officer
from engine.workflow import incidents, instances
from engine.workflow.incidents import JOB, OPERATION, RETRYING, SKIPPED, STEP, Incident, find_incident
from engine.workflow.tasks import OPEN, WorkItem
from processes.host import OPERATIONS, Host
from processes.running import advance, complete_step

FIXED = frozenset({"task_id", "records", "after", "effects"})  # what a job is about cannot be corrected, only how it is done


def retry(host: Host, incident_id: int, officer_id: str, corrected: Mapping[str, Any] | None = None) -> bool:
    """Try again, with corrected arguments where given; whether the incident is settled now is returned (a job is only queued).

    A failed step is retried by the officer who took it, with what he had filled in; anything else by whoever handles the case.
    """
    now, changes = host.clock.now(), dict(corrected or {})
    with host.database.writing() as session:
        found, officer, case = _open_incident(session, incident_id, officer_id)
        journal.append(session, case.id, "incident.retried", officer.id, now, {
            "incident": found.id, "operation": found.operation, "cause": found.cause, "corrected": sorted(changes),
        })
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
    """Go on without an operation that keeps failing: by a head, with a reason, and never one that a statute asks for."""
    now = host.clock.now()
    with host.database.writing() as session:
        found, officer, case = _open_incident(session, incident_id, officer_id)
        if not LEADERS & officer.role_keys:
            raise NotPermitted("incident.skip_role", "跳过失败的操作应当由负责人决定")
        if not reason.strip():
            raise Invalid("routing.reason", "请写明理由")
        operation = OPERATIONS.get(found.operation)
        if found.kind == STEP or operation is None or not operation.skippable:
            raise Unlawful(
                "incident.statutory", f"“{operation.purpose if operation else found.step}”是法定环节的组成部分，不能跳过，请排除故障后重试",
                article="行政处罚法 第三十八条第二款",
            )
        bundle = host.bundle(session, case.release_digest)
        live = instances.load(session, case.id, bundle.blueprints[case.procedure])
        if found.job_id is not None:
            jobs.withdraw(session, [found.job_id])
        incidents.settle(session, case.id, found.task_id, now, officer.id, state=SKIPPED, reason=reason.strip())
        journal.append(session, case.id, "incident.skipped", officer.id, now, {
            "incident": found.id, "operation": found.operation, "cause": found.cause, "reason": reason.strip(),
        })
        live.complete(found.task_id)
        advance(host, session, bundle, case, live, officer, now)


def retry_failed(host: Host, case_id: int, officer_id: str) -> int:
    """Retry all open incidents of a case that need no officer's own form; how many there were is returned."""
    with host.database.reading() as session:
        if not _handles(session.get(Case, case_id), find_officer(session, officer_id)):
            raise NotPermitted("incident.hidden", "没有这项运行异常，或者您无权处理")
        waiting = [row.id for row in incidents.incidents_of(session, case_id) if row.kind != STEP and row.state == incidents.OPEN]
    for incident_id in waiting:
        retry(host, incident_id, officer_id)
    return len(waiting)


def _queue_again(session: Session, found: Incident, changes: Mapping[str, Any]) -> None:
    job = session.get(jobs.Job, found.job_id)
    if job is None or job.state != jobs.FAILED:
        raise Conflict("incident.job", "该项任务已经不再等待处理")
    unknown = set(changes) - (set(job.arguments) - FIXED)
    if unknown:
        raise Invalid("incident.argument", f"参数“{sorted(unknown)[0]}”不存在或者不能更正")
    job.arguments = {**job.arguments, **changes}
    session.flush()
    jobs.retry(session, job.id)


def _handles(case: Case | None, officer: Officer, who_took_the_step: str = "") -> bool:
    if case is None or officer.agency_code != case.agency_code:
        return False
    involved = officer.id in case.investigators or officer.id in (who_took_the_step, case.opened_by)
    return involved or bool(LEADERS & officer.role_keys)


def _open_incident(session: Session, incident_id: int, officer_id: str) -> tuple[Incident, Officer, Case]:
    found, officer = find_incident(session, incident_id), find_officer(session, officer_id)
    case = session.get_one(Case, found.case_id)
    if not _handles(case, officer, found.officer_id):
        raise NotPermitted("incident.hidden", "没有这项运行异常，或者您无权处理")
    if found.state not in (incidents.OPEN, RETRYING):
        raise Conflict("incident.closed", "该项异常已经处理")
    return found, officer, case
