"""Suspend, resume and terminate a case (挂起、恢复、终止): asked for by who handles it, approved by a head, clocks stopped by law.

市场监督管理行政处罚程序规定 第四十六条（中止）、第四十七条（终止）、第六十四条第二款（中止时间不计入办案期限）.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import journal
from engine.cases.cases import Case, find_case
from engine.cases.guards import investigators_ever
from engine.cases.limits import running as running_limits
from engine.cases.stays import (
    APPROVED,
    ARTICLES,
    KIND_NAMES,
    LIFTED,
    REFUSED,
    STAY,
    TERMINATION,
    Stay,
    require_may_ask,
    running_stay,
)
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful, ZhifaError
from engine.law.safeguards import require_separation
from engine.registers.absences import holder_among
from engine.registers.agencies import Officer, find_officer
from engine.workflow import instances, timers
from engine.workflow.routing import stop
from engine.workflow.tasks import OPEN, items_of_case
from processes.host import Host
from processes.operating import act_of, happen, let_go
from processes.refusals import journal_refusal
from processes.running import advance, let_time_pass

APPROVED_TERMINATION = "批准终止调查"  # what a procedure listens for: the name of its message
ASKING, DECIDING = frozenset({"handling_unit_head"}), frozenset({"agency_head", "agency_chief"})


def ask_to_stop(host: Host, case_id: int, officer_id: str, kind: str, ground: str, reason: str) -> int:
    """Ask for a stay (中止) or the termination (终止) of an investigation; the id of the request is returned."""
    with _told(host, case_id, officer_id, "case.stop_refused", {"kind": kind, "ground": ground}) as now, host.database.writing() as session:
        case, officer = find_case(session, case_id), find_officer(session, officer_id)
        _require_handles(session, case, officer, now)
        live = instances.load(session, case_id, host.bundle(session, case.release_digest).blueprints[case.procedure])  # one at a time
        require_may_ask(session, case, kind, ground, reason)
        if kind == TERMINATION:
            _hear(live)  # in memory only: whether the investigation could end now
        asked = Stay(case_id=case_id, kind=kind, ground=ground, reason=reason.strip(), asked_by=officer.id, asked_at=now)
        session.add(asked)
        session.flush()
        journal.append(session, case_id, f"case.{kind}_asked", officer.id, now, {
            "ground": ground, "ground_name": asked.ground_name, "reason": asked.reason, "article": asked.article, "request": asked.id,
        })
        return asked.id


def decide_to_stop(host: Host, request_id: int, officer_id: str, opinion: str, *, approve: bool) -> None:
    """The head of the agency approves or refuses (程序规定 第四十六条、第四十七条); whoever asked or investigates does not decide.

    An approved stay stops every limit that knows it and lets no step be taken; an approved termination ends the investigation and
    leads to the approval of closing (第七十七条第三项).
    """
    with host.database.reading() as session:
        case_id = _request(session, request_id).case_id
    facts = {"request": request_id, "approve": approve}
    with _told(host, case_id, officer_id, "case.stop_decision_refused", facts) as now, host.database.writing() as session:
        case, officer = find_case(session, case_id), find_officer(session, officer_id)
        live = instances.load(session, case_id, host.bundle(session, case.release_digest).blueprints[case.procedure])
        asked = _request(session, request_id)
        session.refresh(asked)
        if asked.state != "asked":
            raise Conflict("stay.decided", "该申请已经审批")
        principal = _require_decides(session, case, officer, asked, now)
        if not approve and not opinion.strip():
            raise Invalid("opinion.reason", "不同意的，应当说明理由")
        asked.state, asked.decided_by, asked.decided_at = APPROVED if approve else REFUSED, officer.id, now
        asked.opinion = opinion.strip()
        journal.append(session, case_id, f"case.{asked.kind}_{asked.state}", officer.id, now, {
            "request": asked.id, "ground": asked.ground, "ground_name": asked.ground_name, "reason": asked.reason,
            "opinion": asked.opinion, "article": asked.article, **({"acting_for": principal} if principal else {}),
        })
        if approve and asked.kind == STAY:
            case.stayed_at = now
            _event(host, session, case, live, officer, now, "stay_approved")
        if approve and asked.kind == TERMINATION:
            _terminate(host, session, case, live, officer, now)
            return
        instances.save(session, live)
        if approve:
            _bring_up_to_date(session, case_id, live, now)


def resume(host: Host, case_id: int, officer_id: str, reason: str) -> None:
    """Go on at once when the cause of a stay is gone (程序规定 第四十六条第二款); the time of the stay is left out of the limits."""
    with _told(host, case_id, officer_id, "case.resume_refused", {}) as now, host.database.writing() as session:
        case, officer = find_case(session, case_id), find_officer(session, officer_id)
        if officer.agency_code != case.agency_code or holder_among(session, officer, DECIDING, now) is None:
            _require_handles(session, case, officer, now)
        live = instances.load(session, case_id, host.bundle(session, case.release_digest).blueprints[case.procedure])
        stay = running_stay(session, case_id)
        if stay is None:
            raise Conflict("stay.none", "案件没有中止调查")
        if not reason.strip():
            raise Invalid("routing.reason", "请写明理由")
        case.stayed_at = None
        stay.state, stay.lifted_by, stay.lifted_at, stay.lift_reason = LIFTED, officer.id, now, reason.strip()
        journal.append(session, case_id, "case.resumed", officer.id, now, {"request": stay.id, "reason": stay.lift_reason, "article": stay.article})
        _event(host, session, case, live, officer, now, "stay_lifted")
        instances.save(session, live)
        _bring_up_to_date(session, case_id, live, now)


def _terminate(host: Host, session: Session, case: Case, live: instances.Running, officer: Officer, now: datetime) -> None:
    """The procedure hears that the investigation is over and goes on to closing; what belonged to the investigation waits no more.

    A release from before, whose diagrams do not listen, ends where it stands.
    """
    if not _hear(live):
        stop(live)
        case.status = "TERMINATED"
    case.stayed_at = None
    if (stay := running_stay(session, case.id)) is not None:
        stay.state, stay.lifted_by, stay.lifted_at, stay.lift_reason = LIFTED, officer.id, now, KIND_NAMES[TERMINATION]
    kept = {found.task_id: found.node for found in (*live.open_steps(), *live.open_operations())}
    let_go(session, case, live, officer, now, ARTICLES[TERMINATION])
    carried = {limit for node in kept.values() for limit in node.limits}
    for limit in running_limits(session, case.id):
        if limit.limit_id not in carried:
            limit.ended_at = now
    session.flush()
    advance(host, session, host.bundle(session, case.release_digest), case, live, officer, now)


def _hear(live: instances.Running) -> bool:
    """Tell the procedure that the investigation is over; Unlawful where it is not under way, False where its diagrams never listen."""
    listens = any(node.event == APPROVED_TERMINATION for procedure in live.plan.procedures.values() for node in procedure.nodes.values())
    if listens and not live.deliver(APPROVED_TERMINATION):
        raise Unlawful(
            "termination.not_investigated", "案件不在调查、审核阶段，不能终止调查；已经进入告知和决定的，可以由负责人退回调查之后终止",
            article=ARTICLES[TERMINATION],
        )
    return listens


def _event(
    host: Host, session: Session, case: Case, live: instances.Running, officer: Officer, now: datetime, event: str
) -> None:
    bundle = host.bundle(session, case.release_digest)
    node = next(iter(live.plan.procedures[live.plan.top].nodes.values()))
    happen(act_of(host, session, bundle, case, live, officer, now, node, {}), ((event, now),))


def _bring_up_to_date(session: Session, case_id: int, live: instances.Running, now: datetime) -> None:
    """Work items show the moved limits, timers those that still wait."""
    due = {row.limit_id: row.due_at for row in reversed(running_limits(session, case_id))}
    for row in items_of_case(session, case_id):
        if row.state == OPEN:
            limits = live.plan.node(row.procedure, row.step).limits
            row.due_at = min((due[limit] for limit in limits if limit in due), default=None)
    timers.synchronise(session, live, now)


def _require_handles(session: Session, case: Case, officer: Officer, now: datetime) -> None:
    if officer.id in case.investigators:
        return
    if officer.agency_code != case.agency_code or holder_among(session, officer, ASKING, now) is None:
        raise NotPermitted("stay.asker", "中止、终止和恢复应当由本案办案人员或者办案机构负责人提出")


def _require_decides(session: Session, case: Case, officer: Officer, asked: Stay, now: datetime) -> str:
    """For whom the officer decides as a deputy is returned; both must be free to decide."""
    principal = holder_among(session, officer, DECIDING, now)
    if officer.agency_code != case.agency_code or principal is None:
        raise NotPermitted("stay.decider", f"{asked.kind_name}应当经本机关负责人批准", article=asked.article)
    for person in {officer.id, principal or officer.id}:
        if person == asked.asked_by:
            raise Unlawful("stay.own_request", "申请人不得审批本人的申请", article=asked.article)
        require_separation("DECISION_APPROVE", person, investigators_ever(session, case))
    return principal


def _request(session: Session, request_id: int) -> Stay:
    found = session.get(Stay, request_id)
    if found is None:
        raise NotPermitted("stay.hidden", "没有这项申请，或者您无权审批")
    return found


@contextmanager
def _told(host: Host, case_id: int, officer_id: str, refused: str, facts: Mapping[str, Any]) -> Iterator[datetime]:
    now = host.clock.now()
    try:
        let_time_pass(host, case_id)
        yield now
    except ZhifaError as refusal:
        journal_refusal(host, case_id, refused, officer_id, now, refusal, facts)
        raise
