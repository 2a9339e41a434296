"""Ask others about a waiting step: consult (加签) and countersign (会签), and answer; rights → law → act → journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import journal
from engine.cases.stays import require_running
from engine.errors import Conflict, NotPermitted, ZhifaError
from engine.registers.agencies import find_officer
from engine.workflow import opinions, tasks
from engine.workflow.opinions import AFTER, Opinion
from engine.workflow.tasks import DONE, OPEN, WorkItem
from processes.eligibility import require_may_take_part
from processes.host import Host
from processes.refusals import journal_refusal


def consult(
    host: Host, item_id: int, officer_id: str, asked: Sequence[str], kind: str, question: str, *, rule: str = "", quorum: int = 0
) -> int:
    """Ask one person before or after a step, or several to countersign it; the id of the consultation is returned.

    Before and to countersign: by who may take the waiting step, which then waits. After: by the same, or by who has done it.
    Who may have no say in the step may not be asked (行政处罚法 第五十七条、第五十八条).
    """
    with host.database.reading() as session:
        case_id = tasks.find_item(session, item_id).case_id
    facts = {"item": item_id, "kind": kind, "asked": list(asked)}
    with _told(host, case_id, officer_id, "step.consult_refused", facts) as now, host.database.writing() as session:
        item, officer = tasks.find_item(session, item_id), find_officer(session, officer_id)
        if kind == AFTER and item.state == DONE:
            if item.closed_by != officer.id:
                raise NotPermitted("consult.not_own", "只有办理该环节的人员可以在办理后征求意见")
        else:
            tasks.taken_for(session, item, officer, now)
        require_running(session, item.case)
        node = host.bundle(session, item.case.release_digest).blueprints[item.case.procedure].node(item.procedure, item.step)
        for person in asked:
            require_may_take_part(session, item.case, node, find_officer(session, person))
        made = opinions.ask(session, item, officer.id, asked, kind, question, now, rule=rule, quorum=quorum)
        journal.append(session, case_id, "step.countersigning" if made.needed else "step.consulted", officer.id, now, {
            "step": item.step, "name": item.name, "kind": kind, "rule": made.rule, "needed": made.needed, "asked": list(asked),
            "question": made.question, "consultation": made.id,
        })
        return made.id


def answer(host: Host, opinion_id: int, officer_id: str, text: str, *, agreed: bool | None = None) -> None:
    """Give one's opinion, once, under one's own name; it goes into the record with the step."""
    with host.database.reading() as session:
        case_id = _opinion(session, opinion_id, officer_id).consultation.case_id
    with _told(host, case_id, officer_id, "opinion.refused", {"opinion": opinion_id}) as now, host.database.writing() as session:
        opinion = _opinion(session, opinion_id, officer_id)
        asked, officer = opinion.consultation, find_officer(session, officer_id)
        require_running(session, asked.item.case)
        if asked.kind == AFTER and asked.item.state == OPEN:
            raise Conflict("opinion.too_early", f"“{asked.item.name}”尚未办结，办结之后才能提出意见")
        if asked.item.state != (DONE if asked.kind == AFTER else OPEN):
            raise Conflict("opinion.step_gone", f"“{asked.item.name}”已经不再等待办理")
        node = _node(host, session, asked.item)
        require_may_take_part(session, asked.item.case, node, officer)
        opinions.give(session, opinion, officer, text, now, agreed=agreed)
        journal.append(session, case_id, "opinion.given", officer.id, now, {
            "step": asked.item.step, "name": asked.item.name, "kind": asked.kind, "agreed": opinion.agreed, "text": opinion.text,
            "consultation": asked.id, "outcome": asked.state,
        })


def find_opinion(session: Session, opinion_id: int, officer_id: str) -> Opinion:
    """What an officer is asked; NotPermitted hides whether there is such a question."""
    return _opinion(session, opinion_id, officer_id)


def _opinion(session: Session, opinion_id: int, officer_id: str) -> Opinion:
    found = session.get(Opinion, opinion_id)
    if found is None or found.officer_id != officer_id:
        raise NotPermitted("opinion.hidden", "没有这项征求意见，或者不是向您征求的")
    return found


def _node(host: Host, session: Session, item: WorkItem) -> Any:
    return host.bundle(session, item.case.release_digest).blueprints[item.case.procedure].node(item.procedure, item.step)


@contextmanager
def _told(host: Host, case_id: int, officer_id: str, refused: str, facts: Mapping[str, Any]) -> Iterator[datetime]:
    now = host.clock.now()
    try:
        yield now
    except ZhifaError as refusal:
        journal_refusal(host, case_id, refused, officer_id, now, refusal, facts)
        raise
