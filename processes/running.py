"""Run a case: the one way in which a step is completed, by web, command line, worker and scenarios alike.

rights → form → safeguards → operation → advance → journal, in one transaction under the case's revision.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import jobs, journal, receipts
from engine.cases.acts import Outcome
from engine.cases.cases import Case, find_case
from engine.cases.effects import Effects, recording
from engine.cases.guards import check_step, require_safeguards, require_separated
from engine.cases.limits import due_moments
from engine.cases.submissions import Submission, record
from engine.errors import Conflict, Invalid, ZhifaError
from engine.prepared import Said, together
from engine.receipts import Request
from engine.registers.agencies import Officer, find_officer, officers_among
from engine.workflow import incidents, instances, opinions, tasks, timers
from engine.workflow.desk import lay_out
from engine.workflow.instances import Running
from engine.workflow.parsing import Node
from forms.structure import named_officers
from forms.validation import clean
from processes.bundles import Bundle
from processes.host import OPERATIONS, Host
from processes.operating import act_of, after, happen, keep, operate
from processes.refusals import earlier_answer, journal_refusal, patiently

SYSTEM = "system"
LOG = logging.getLogger("zhifa.running")


@dataclass(frozen=True)
class StepDone:
    """A completed step: its name, the case, its new revision, and the work items that opened."""

    name: str
    case_id: int
    revision: int
    opened: tuple[int, ...]
    step: str = ""


class _TimeHasPassed(Exception):
    """A limit on the border of a waiting step has run out and has not acted yet."""

    def __init__(self, case_id: int) -> None:
        super().__init__(case_id)
        self.case_id = case_id


def complete_step(
    host: Host, item_id: int, officer_id: str, form: Mapping[str, Any], *, revision: int | None = None, key: str = ""
) -> StepDone:
    """Complete a work item with a form's raw values; every refusal is journalled in a transaction of its own.

    revision: the case's revision as the officer saw it; a different one now is a Conflict.
    key: chosen by whoever sends the request; sent again with the same key, it has no second effect and the same answer.
    """
    now = host.clock.now()
    host.keep_registers_current()  # who holds which role is known by the day
    request = receipts.request(key, officer_id, f"step {item_id}", form)
    try:
        done = patiently(lambda: _take(host, item_id, officer_id, form, revision, now, request))
        LOG.info("step.completed", extra={
            "case": done.case_id, "step": done.step, "item": item_id, "officer": officer_id, "revision": done.revision,
        })
        return done
    except ZhifaError as error:
        answer, refusal = earlier_answer(host, request, error)
        if answer is not None:
            LOG.info("step.answered_again", extra={"item": item_id, "officer": officer_id})
            return StepDone(**{**answer, "opened": tuple(answer["opened"])})
        with host.database.reading() as session:
            item = session.get(tasks.WorkItem, item_id)
        case_id, step = (item.case_id, item.step) if item else (None, "")
        LOG.info("step.refused", extra={"case": case_id, "step": step, "item": item_id, "officer": officer_id, "code": refusal.code})
        journal_refusal(host, case_id, "step.refused", officer_id, now, refusal, {"step": step, "item": item_id})
        raise refusal from None
    except Exception as error:
        LOG.exception("step.failed", extra={"item": item_id, "officer": officer_id})
        _report_failure(host, item_id, officer_id, form, now, error)
        raise


def _report_failure(host: Host, item_id: int, officer_id: str, form: Mapping[str, Any], now: datetime, error: Exception) -> None:
    """A machine fault took the step back; what the officer had filled in is kept, and the step waits as before."""
    try:
        with host.database.writing() as session:
            item = tasks.find_item(session, item_id)
            node = host.bundle(session, item.case.release_digest).blueprints[item.case.procedure].node(item.procedure, item.step)
            cause = incidents.cause_of(error)
            incidents.report(
                session, item.case_id, incidents.STEP, node.operation, item.step, item.task_id, officer_id, cause, now, arguments=dict(form)
            )
            journal.append(session, item.case_id, "step.failed", officer_id, now, {"step": item.step, "item": item_id, "cause": cause})
    except Exception:
        LOG.exception("step.failure_not_kept", extra={"item": item_id})  # the fault itself is what is raised


def complete_by_step(host: Host, case_id: int, step: str, officer_id: str, form: Mapping[str, Any]) -> StepDone:
    """Complete the open step of this id. Who asks for one that is not open is told which safeguard is missing.

    Raises Unlawful naming the article when the law forbids the step now, else Conflict with what the case waits for.
    """
    let_time_pass(host, case_id)
    with host.database.reading() as session:
        waiting = [item for item in tasks.items_of_case(session, case_id) if item.state == tasks.OPEN]
        found = next((item for item in waiting if item.step == step), None)
    if found is not None:
        return complete_step(host, found.id, officer_id, form)
    now = host.clock.now()
    try:
        with host.database.reading() as session:
            _explain_why_not(host, session, case_id, step, officer_id, now)
        names = "、".join(item.name for item in waiting) or "无"
        raise Conflict("step.not_open", f"案件现在不等待环节“{step}”，正在等待：{names}")
    except ZhifaError as refusal:
        journal_refusal(host, case_id, "step.refused", officer_id, now, refusal, {"step": step})
        raise


def _explain_why_not(host: Host, session: Session, case_id: int, step: str, officer_id: str, now: datetime) -> None:
    case = find_case(session, case_id)
    bundle = host.bundle(session, case.release_digest)
    live = instances.load(session, case_id, bundle.blueprints[case.procedure])
    nodes = [procedure.nodes[step] for procedure in bundle.procedures.values() if step in procedure.nodes]
    if not nodes:
        raise Invalid("step.unknown", f"流程包中没有环节“{step}”")
    require_safeguards(act_of(host, session, bundle, case, live, find_officer(session, officer_id), now, nodes[0], {}))


def let_time_pass(host: Host, case_id: int) -> int:
    """Let every limit that has run out on a waiting step take effect; how many did is returned."""
    now = host.clock.now()
    with host.database.reading() as session:
        if not timers.is_due(session, case_id, now):
            return 0
    with host.database.writing() as session:
        return fire(host, session, case_id, now)


def fire(host: Host, session: Session, case_id: int, now: datetime, *, wait: bool = True) -> int:
    """Let the due timers of a case act inside the caller's transaction; how many did is returned, 0 when somebody else is at it."""
    if not wait and (timers.is_held(session, case_id) or not timers.is_due(session, case_id, now)):
        return 0
    case = find_case(session, case_id)
    bundle = host.bundle(session, case.release_digest)
    live = instances.load(session, case_id, bundle.blueprints[case.procedure])
    fired = 0
    for timer, due in timers.claim(session, case_id, now):
        waiting = next((found for found in live.waiting_limits() if found.task_id == timer.task_id), None)
        if waiting is None:
            continue  # an earlier one has cut it off
        fired += 1
        timer.state, timer.fired_at = timers.FIRED, now
        came_from = after(live, timer.task_id)
        live.limit_reached(waiting)
        system = find_officer(session, case.lead_officer_id or case.opened_by)
        limit = host.limits[due.limit_id]
        with recording(session, live.facts) as effects:
            act = act_of(host, session, bundle, case, live, system, due.due_at, waiting.node, {})
            happen(act, ((limit.end_event, due.due_at),))
        journal.append(session, case_id, "limit.reached", SYSTEM, now, {
            "limit": limit.id, "name": due.name, "due_at": due.due_at, "article": due.trace[0]["article"], "after": came_from,
            "effects": effects.as_facts(),
        })
        advance(host, session, bundle, case, live, system, now)
    return fired


def finish_operation(
    host: Host, session: Session, job: jobs.Job, facts: Mapping[str, Any], notes: Mapping[str, Any], events: tuple[str, ...] = ()
) -> None:
    """Go on after a queued operation, inside the transaction that keeps its effect; events are those that it brings about."""
    now = host.clock.now()
    case = find_case(session, job.case_id)
    bundle = host.bundle(session, case.release_digest)
    live = instances.load(session, case.id, bundle.blueprints[case.procedure])
    officer = find_officer(session, str(job.arguments["officer_id"]))
    node = next(found.node for found in live.open_operations() if found.task_id == job.arguments["task_id"])
    task_id = str(job.arguments["task_id"])
    with recording(session, live.facts) as effects:
        live.facts.update(facts)
        happen(act_of(host, session, bundle, case, live, officer, now, node, {}), [(event, now) for event in events])
    journal.append(session, case.id, job.operation, officer.id, now, {
        **notes, "after": after(live, task_id), "effects": effects.as_facts(),
    })
    incidents.settle(session, case.id, task_id, now, officer.id)
    live.complete(task_id)
    advance(host, session, bundle, case, live, officer, now)


def _take(
    host: Host, item_id: int, officer_id: str, form: Mapping[str, Any], revision: int | None, now: datetime,
    request: Request | None,
) -> StepDone:
    """One transaction; where a limit has run out, the limit acts first, in a transaction of its own, whatever then becomes of this."""
    try:
        with host.database.writing() as session:
            return complete_within(host, session, item_id, officer_id, form, revision, now, request)
    except _TimeHasPassed as passed:
        let_time_pass(host, passed.case_id)
    with host.database.writing() as session:
        return complete_within(host, session, item_id, officer_id, form, revision, now, request, in_time=True)


def complete_within(
    host: Host, session: Session, item_id: int, officer_id: str, form: Mapping[str, Any], revision: int | None, now: datetime,
    request: Request | None, *, in_time: bool = False,
) -> StepDone:
    """Complete a step inside the caller's transaction: for `complete_step`, and for a preview that gives its transaction up."""
    desk = lay_out(session, item_id, officer_id)
    item, officer, case = desk.item, desk.officer, desk.item.case
    bundle = host.bundle(session, case.release_digest)
    live = instances.resume(desk.instance, bundle.blueprints[case.procedure])
    due = desk.due
    run_out = {limit for limit, due_at in due.items() if due_at <= now}
    borders = live.waiting_limits()
    if run_out and not in_time and case.stayed_at is None and any(run_out & set(waiting.node.limits) for waiting in borders):
        raise _TimeHasPassed(case.id)
    principal = tasks.taken_for(session, item, officer, now)
    if revision is not None and live.instance.revision != revision:
        raise Conflict("case.moved_on", "案件刚刚由他人办理，状态已经变化，请刷新后重试")
    node = live.plan.node(item.procedure, item.step)
    form_of_step = bundle.forms[node.form]
    known = officers_among(session, case.agency_code, named_officers(form_of_step, form))
    values = clean(form_of_step, form, officer_ids=known)
    act = act_of(host, session, bundle, case, live, officer, now, node, values)
    check_step(act)
    if principal:
        require_separated(act, principal)
    opinions.require_answered(session, item)
    operation = OPERATIONS[node.operation].run if node.operation else None
    with recording(session, live.facts) if operation else nullcontext(Effects()) as effects:
        outcome = operation(act) if operation else Outcome()
        values = {**values, **outcome.computed}
        written = record(
            session, case.id, item.procedure, item.step, tags=node.tags, actor_id=officer.id, also_present=outcome.also_present,
            at=now, values=values, acting_for=principal,
        )
        effects.rows.setdefault(Submission.__tablename__, []).append(written)
        keep(act, live, outcome)
    done = journal.entry(session, case.id, "step.completed", officer.id, now, {
        "step": item.step, "name": item.name, "article": node.article, "also_present": list(outcome.also_present),
        "values": values, "events": [list(event) for event in outcome.events], "notes": dict(outcome.notes),
        "task": item.task_id, "effects": effects.as_facts(), **({"acting_for": principal} if principal else {}),
    })
    live.complete(item.task_id)
    opened = advance(
        host, session, bundle, case, live, officer, now, desk.others, None if outcome.events else due, armed=bool(borders),
        writing=[done, tasks.closing(item, officer, now, principal)],
    )
    told = StepDone(item.name, case.id, live.instance.revision, tuple(opened), item.step)
    receipts.keep(session, request, asdict(told), now)
    return told


def advance(
    host: Host, session: Session, bundle: Bundle, case: Case, live: Running, officer: Officer, now: datetime,
    known: Iterable[tasks.Waiting] | None = None, due: Mapping[str, datetime] | None = None, *, armed: bool = True,
    writing: Sequence[Said] = (),
) -> list[int]:
    """Run the operations that the procedure has reached, store it and bring the work items up to date; the new ones' ids.

    known, due: the case's other open work items and running limits where the caller has read them and not changed them since;
    armed: whether a timer may have been armed when the procedure was loaded; writing: what the step has still to write.
    """
    if live.open_operations():
        together(session, writing)
        writing = ()
        if operate(host, session, bundle, case, live, officer, now):
            due = None
    ended = [journal.entry(session, case.id, "procedure.ended", SYSTEM, now, {"reached": list(live.ended_at())})] if live.completed else []
    writing = [*writing, instances.saving(live), *ended]
    timers.synchronise(session, live, now, armed=armed)
    moments = due_moments(session, case.id) if due is None else due
    return tasks.synchronise(session, live, case, now, lambda node: _earliest(moments, node), known, writing)


def _earliest(due: Mapping[str, datetime], node: Node) -> datetime | None:
    moments = [due[limit] for limit in node.limits if limit in due]
    return min(moments) if moments else None
