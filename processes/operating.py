"""Run what the procedure has reached: operations of service tasks, at once or queued, with their effects written down.

An operation that fails by a machine fault takes nothing with it: its own writes are undone, the step that led to it stands, its
task goes on waiting, and an incident says why. A refusal by law or by a rule (the families of `engine/errors.py`) still
refuses the step.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from documents.operations import open_records
from engine import jobs, journal
from engine.cases.acts import IN_STEP, Act, Outcome
from engine.cases.cases import Case
from engine.cases.effects import recording
from engine.cases.limits import record_events
from engine.cases.snapshot import case_snapshot
from engine.errors import Invalid, ZhifaError
from engine.registers.agencies import Officer
from engine.workflow import incidents
from engine.workflow.instances import OpenNode, Running
from engine.workflow.lineage import steps_in
from engine.workflow.parsing import Node
from engine.workflow.routing import origin_of
from processes.bundles import Bundle
from processes.host import OPERATIONS, Host

LOG = logging.getLogger("zhifa.operations")


def act_of(
    host: Host, session: Session, bundle: Bundle, case: Case, live: Running, officer: Officer, now: datetime, node: Node,
    values: Mapping[str, Any],
) -> Act:
    """The act of one officer at one node, as operations and safeguards need it."""
    return Act(
        session=session, case=case, actor=officer, now=now, step=node.id, tags=node.tags, values=values, facts=live.facts,
        settings=bundle.manifest.settings, calendar=host.calendar, limits=host.limits, standards=bundle.standards,
    )


def keep(act: Act, live: Running, outcome: Outcome) -> None:
    """Take over the facts and events of an outcome; Invalid for a fact that the package does not declare."""
    undeclared = set(outcome.facts) - set(live.facts)
    if undeclared:
        raise Invalid("facts.undeclared", f"流程包没有声明事实“{sorted(undeclared)[0]}”")
    live.facts.update(outcome.facts)
    if outcome.events:
        record_events(act, outcome.events)


def after(live: Running, task_id: str) -> list[str]:
    """Ids of the steps because of which a task waits: what the journal keeps so that its effects can be taken back with them."""
    return sorted(set(steps_in(origin_of(live, task_id))))


def operate(
    host: Host, session: Session, bundle: Bundle, case: Case, live: Running, officer: Officer, now: datetime
) -> bool:
    """Run or queue every operation that the procedure has reached; one that failed by a machine fault waits for a person.

    Returns whether any was run, after which limits may have moved.
    """
    ran = False
    if not live.open_operations():
        return ran
    busy = {str(job.arguments["task_id"]) for job in jobs.pending(session, case.id)}
    busy |= {row.task_id for row in incidents.incidents_of(session, case.id) if row.state == incidents.OPEN}
    while waiting := [found for found in live.open_operations() if found.task_id not in busy]:
        found = waiting[0]
        operation = OPERATIONS[found.node.operation]
        if operation.mode == IN_STEP and operation.run:
            ran = True
            if not _perform(host, session, bundle, case, live, officer, now, found):
                busy.add(found.task_id)
        else:
            _enqueue(session, bundle, case, live, officer, now, found)
            busy.add(found.task_id)
    return ran


def _perform(
    host: Host, session: Session, bundle: Bundle, case: Case, live: Running, officer: Officer, now: datetime, found: OpenNode
) -> bool:
    operation, before = OPERATIONS[found.node.operation], dict(live.facts)
    run = operation.run or (lambda _: Outcome())
    try:
        with session.begin_nested(), recording(session, live.facts) as effects:
            act = act_of(host, session, bundle, case, live, officer, now, found.node, {})
            outcome = run(act)
            keep(act, live, outcome)
    except ZhifaError:
        raise
    except Exception as error:
        LOG.exception("operation %s of case %s failed", operation.name, case.id)
        live.facts.clear()
        live.facts.update(before)
        cause = incidents.cause_of(error)
        incidents.report(session, case.id, incidents.OPERATION, operation.name, found.node.id, found.task_id, officer.id, cause, now)
        journal.append(session, case.id, "operation.failed", officer.id, now, {
            "step": found.node.id, "operation": operation.name, "cause": cause,
        })
        return False
    journal.append(session, case.id, operation.name, officer.id, now, {
        "step": found.node.id, "notes": dict(outcome.notes), "events": [list(event) for event in outcome.events],
        "after": after(live, found.task_id), "effects": effects.as_facts(),
    })
    incidents.settle(session, case.id, found.task_id, now, officer.id)
    live.complete(found.task_id)
    return True


def _enqueue(
    session: Session, bundle: Bundle, case: Case, live: Running, officer: Officer, now: datetime, found: OpenNode
) -> None:
    wanted = [
        request for request in found.node.documents
        if not request.when or live.plan.conditions[request.when].evaluate(live.facts) is True
    ]
    snapshot = case_snapshot(
        session, case, live.facts, bundle.manifest.settings, bundle.label, bundle.manifest.procedures[case.procedure], now
    ) if wanted else {}
    with recording(session, live.facts) as effects:
        records = open_records(
            session, case, found.node.operation, wanted, bundle.kinds, bundle.templates, snapshot,
            officer=officer, now=now, step=found.node.id,
        )
    jobs.enqueue(session, case.id, found.node.operation, {
        "task_id": found.task_id, "officer_id": officer.id, "records": records,
        "serving": next((request.kind for request in wanted if request.serve), ""),
        "after": after(live, found.task_id), "effects": effects.as_facts(),
    }, now)


def recorded(entry: journal.JournalEntry) -> tuple[frozenset[str], Mapping[str, Any]] | None:
    """Of a journalled act: the ids of the steps with which it falls, and what it changed; None when it changed nothing."""
    facts = entry.read_facts()
    if not facts.get("effects"):
        return None
    return frozenset([facts["task"]] if "task" in facts else facts.get("after", ())), facts["effects"]
