"""Routing acts on a case's steps: return (退回), withdraw (撤回), hand over (转办). Each: rights → law → act → journal.

Nothing here goes forward: a return leads only to a step that this case has completed, and whatever was done since then no longer
counts for any safeguard (INV-A06; 四川电子监察办法 第十条). A refused attempt is journalled like any refused step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import jobs, journal
from engine.accounts.permissions import LEADERS
from engine.cases.cases import Case
from engine.cases.document_records import SEALED, SERVED, DocumentRecord
from engine.cases.effects import undo
from engine.cases.stays import require_running
from engine.cases.submissions import Submission
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful, ZhifaError
from engine.law.history import NEGATIVE
from engine.registers.absences import holder_among
from engine.registers.agencies import Officer, find_officer
from engine.workflow import incidents, instances, opinions, tasks
from engine.workflow.instances import Running
from engine.workflow.lineage import following
from engine.workflow.return_flows import may_return, require_no_barrier, require_return_flow
from engine.workflow.routing import require_open_instances, take_back, waiting_after
from engine.workflow.tasks import DONE, OPEN, SUPERSEDED, WorkItem, items_of_case, past_steps
from processes.eligibility import require_may_receive
from processes.host import Host
from processes.operating import recorded
from processes.refusals import journal_refusal
from processes.running import advance, let_time_pass


@dataclass(frozen=True)
class ReturnTarget:
    """A step to which a waiting one may be sent back: its work item, what it is called and who did it."""

    item_id: int
    name: str
    by: str
    at: datetime


def return_targets(host: Host, session: Session, item: WorkItem) -> list[ReturnTarget]:
    """Where a waiting step may be sent back to now, the nearest first; a step done several times only as it was done last."""
    bundle = host.bundle(session, item.case.release_digest)
    plan = bundle.blueprints[item.case.procedure]
    live = instances.load(session, item.case_id, plan)
    items = items_of_case(session, item.case_id)
    steps, node = past_steps(items), plan.node(item.procedure, item.step)
    found: dict[tuple[str, str], ReturnTarget] = {}
    done = _by_step(session, item.case_id)
    for row in sorted((row for row in items if row.state == DONE), key=lambda row: -row.id):
        place = (row.procedure, row.step)
        if place in found or not may_return(node, plan.node(*place)) or row.origin is None:
            continue
        if item.task_id not in waiting_after(live, steps, row.task_id):
            continue
        try:
            require_open_instances(live, next(step for step in steps if step.task_id == row.task_id))
            fallen = _falling(done, items, row, live)
            require_no_barrier(fallen)
        except Conflict:
            continue
        except Unlawful:
            break
        by = find_officer(session, row.closed_by).name if row.closed_by else ""
        found[place] = ReturnTarget(row.id, row.name, by, row.closed_at or row.opened_at)
    return list(found.values())


def return_step(host: Host, item_id: int, officer_id: str, target_id: int, reason: str, *, revision: int | None = None) -> int:
    """Send a waiting step back to an earlier one of the same case, with a reason; the id of the work item that opened is returned.

    Unlawful (RED_ROLLBACK) outside the defined return flows or over what cannot be undone; NotPermitted and Conflict as for a step.
    """
    with _acting(host, item_id, officer_id, "step.return_refused", {"to": target_id}) as now, host.database.writing() as session:
        item, officer, case = _item(session, item_id, officer_id)
        live = _load(host, session, case, revision, item)
        tasks.taken_for(session, item, officer, now)
        require_running(session, case)
        items = items_of_case(session, case.id)
        target = next((row for row in items if row.id == target_id), None)
        if target is None or target.state != DONE or target.origin is None:
            raise Conflict("return.not_done", "该环节没有办结过，或者已经退回，不能作为退回的去向")
        _require_reason(reason)
        require_return_flow(live.plan.node(item.procedure, item.step), live.plan.node(target.procedure, target.step))
        if item.task_id not in waiting_after(live, past_steps(items), target.task_id):
            raise Unlawful(
                "return.other_branch", f"“{item.name}”不是“{target.name}”之后的环节，不能退回到那里",
                article="四川电子监察办法 第十条第二项第四目", alert="RED_ROLLBACK",
            )
        require_no_barrier(_falling(_by_step(session, case.id), items, target, live))
        return _take_back(host, session, case, live, items, target, officer, now, "step.returned", {
            "from": item.step, "from_name": item.name, "to": target.step, "to_name": target.name, "reason": reason.strip(),
        })


def withdraw_step(host: Host, item_id: int, officer_id: str, reason: str) -> int:
    """Take back one's own completion before the next person has opened what followed; the id of the reopened item is returned.

    Refused once a document that it led to is sealed or served, or a queued operation has begun.
    """
    with _acting(host, item_id, officer_id, "step.withdraw_refused", {}) as now, host.database.writing() as session:
        item, officer, case = _item(session, item_id, officer_id)
        live = _load(host, session, case, None, item)
        items = items_of_case(session, case.id)
        _require_withdrawable(session, item, items, officer, live)
        _require_reason(reason)
        require_running(session, case)
        return _take_back(host, session, case, live, items, item, officer, now, "step.withdrawn", {
            "step": item.step, "name": item.name, "reason": reason.strip(),
        })


def may_withdraw(host: Host, session: Session, item: WorkItem, items: Sequence[WorkItem], officer: Officer) -> bool:
    """Whether an officer could withdraw a completed step now: what decides whether the page offers it."""
    if item.state != DONE or item.closed_by != officer.id or item.origin is None:
        return False
    live = instances.load(session, item.case_id, host.bundle(session, item.case.release_digest).blueprints[item.case.procedure])
    try:
        _require_withdrawable(session, item, items, officer, live)
    except ZhifaError:
        return False
    return True


def changes_lead(item: WorkItem, to_officer_id: str) -> bool:
    """Whether giving a step to this person makes him the lead officer of the case, which only a head may decide."""
    return item.role == "lead_officer" and item.case.lead_officer_id is not None and to_officer_id not in item.case.investigators


def withdrawable_items(host: Host, session: Session, officer: Officer, most: int = 3) -> list[WorkItem]:
    """The steps that an officer did last and could still withdraw."""
    query = select(WorkItem).where(WorkItem.closed_by == officer.id, WorkItem.state == DONE).order_by(WorkItem.id.desc()).limit(most)
    return [item for item in session.scalars(query) if may_withdraw(host, session, item, items_of_case(session, item.case_id), officer)]


def hand_over(host: Host, item_id: int, officer_id: str, to_officer_id: str, reason: str) -> None:
    """Give a waiting step to another eligible officer, with a reason, by its holder or a head; a new lead officer only by a head.

    Eligible: same agency, role, certificate for acts in the field, and never against the separation of duties (行政处罚法 第四十二条、
    第五十七条、第五十八条).
    """
    with _acting(host, item_id, officer_id, "step.hand_over_refused", {"to": to_officer_id}) as now, host.database.writing() as session:
        item, officer, case = _item(session, item_id, officer_id)
        live = _load(host, session, case, None, item)
        head = officer.agency_code == case.agency_code and holder_among(session, officer, LEADERS, now) is not None
        if item.state != OPEN or not head:
            tasks.taken_for(session, item, officer, now)
        to = find_officer(session, to_officer_id)
        require_running(session, case)
        _require_reason(reason)
        node = live.plan.node(item.procedure, item.step)
        if to.id in (item.assignee_id, officer.id if item.assignee_id is None and not head else None):
            raise Invalid("hand_over.same", "请选择现在的办理人以外的人员")
        require_may_receive(session, case, node, to, now)
        before = {"assignee": item.assignee_id, "lead_officer": case.lead_officer_id}
        if changes_lead(item, to.id):
            if not head:
                raise NotPermitted("hand_over.lead", "变更主办执法人员应当由办案机构负责人或者本机关负责人决定")
            case.lead_officer_id = to.id
            for row in items_of_case(session, case.id):
                if row.state == OPEN and row.role == "lead_officer":
                    row.assignee_id = to.id
        item.assignee_id, item.claimed_at, item.first_opened_at, item.first_opened_by = to.id, None, None, None
        journal.append(session, case.id, "step.handed_over", officer.id, now, {
            "step": item.step, "name": item.name, "to": to.id, "before": before, "reason": reason.strip(),
        })
        instances.save(session, live)


@contextmanager
def _acting(host: Host, item_id: int, officer_id: str, refused: str, facts: dict[str, Any]) -> Iterator[datetime]:
    """The frame of every routing act: time passes first, and a refusal is written down in a transaction of its own."""
    now = host.clock.now()
    with host.database.reading() as session:
        item = tasks.find_item(session, item_id)
    try:
        let_time_pass(host, item.case_id)
        yield now
    except ZhifaError as refusal:
        told = {**facts, "step": item.step, "item": item_id, "alert": str(refusal.facts.get("alert", ""))}
        journal_refusal(host, item.case_id, refused, officer_id, now, refusal, told)
        raise


def _item(session: Session, item_id: int, officer_id: str) -> tuple[WorkItem, Officer, Case]:
    item, officer = tasks.find_item(session, item_id), find_officer(session, officer_id)
    if officer.agency_code != item.agency_code:
        raise NotPermitted("step.other_agency", "该案件由其他执法主体办理，您无权办理")
    return item, officer, item.case


def _load(host: Host, session: Session, case: Case, revision: int | None, item: WorkItem) -> Running:
    """The procedure, held from now on; what was known of the step before that may be out of date and is read again."""
    live = instances.load(session, case.id, host.bundle(session, case.release_digest).blueprints[case.procedure])
    if revision is not None and live.instance.revision != revision:
        raise Conflict("case.moved_on", "案件刚刚由他人办理，状态已经变化，请刷新后重试")
    session.refresh(item)
    return live


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("routing.reason", "请写明理由")


def _by_step(session: Session, case_id: int) -> Mapping[tuple[str, str, datetime], Submission]:
    """What was handed in, by procedure, step and moment."""
    query = select(Submission).where(Submission.case_id == case_id).order_by(Submission.id)
    return {(row.procedure, row.step, row.at): row for row in session.scalars(query)}


def _falling(
    by_step: Mapping[tuple[str, str, datetime], Submission], items: Sequence[WorkItem], target: WorkItem, live: Running
) -> list[tuple[list[str], bool]]:
    """Tags of the acts that would fall with a step, each with whether it ended in agreement; refused acts bar nobody's way."""
    fallen = _fallen_items(items, target)
    acts = []
    for row in fallen:
        done = by_step.get((row.procedure, row.step, row.closed_at)) if row.closed_at else None
        if row.state == DONE:
            result = (done.values.get("decision") or done.values.get("conclusion") or "") if done else ""
            acts.append((list(live.plan.node(row.procedure, row.step).tags), result not in NEGATIVE))
    return acts


def _fallen_items(items: Iterable[WorkItem], target: WorkItem) -> list[WorkItem]:
    rows = list(items)
    fallen = following(past_steps(rows), target.task_id)
    return [row for row in rows if row.state in (OPEN, DONE) and row.task_id in fallen]


def _require_withdrawable(
    session: Session, item: WorkItem, items: Sequence[WorkItem], officer: Officer, live: Running
) -> None:
    if item.state != DONE or item.closed_by != officer.id or item.origin is None:
        raise NotPermitted("withdraw.not_own", "只能撤回本人刚刚办结的环节")
    followed = [row for row in _fallen_items(items, item) if row.id != item.id]
    if any(row.state == DONE for row in followed) or live.completed:
        raise Conflict("withdraw.done", "下一环节已经办结，不能撤回；确需重办的，请由后续环节退回")
    if opened := [row for row in followed if row.first_opened_by not in (None, officer.id)]:
        raise Conflict("withdraw.opened", f"“{opened[0].name}”的办理人已经打开该环节，不能撤回；可以请其退回")
    if not followed:
        raise Conflict("withdraw.nothing_waits", "该环节之后没有等待办理的环节，不能撤回")
    begun = [job for job in _jobs(session, item.case_id, {item.task_id}) if job.state == jobs.DONE or job.attempts or job.error]
    numbers = {record for job in begun for record in job.arguments["records"]}
    sealed = session.scalars(select(DocumentRecord).where(DocumentRecord.id.in_(numbers), DocumentRecord.state.in_((SEALED, SERVED))))
    if document := sealed.first():
        raise Unlawful(
            "withdraw.sealed", f"《{document.title}》已经用印或者送达，不能撤回",
            article="行政处罚法 第五十九条、第六十一条; 粤府〔2023〕73号 第二十七条",
        )
    if begun:
        raise Conflict("withdraw.begun", "该环节引起的文书制作已经开始，不能撤回；确需重办的，请由后续环节退回")


def _jobs(session: Session, case_id: int, fallen: Collection[str]) -> list[jobs.Job]:
    return [job for job in jobs.of_case(session, case_id) if set(fallen) & set(job.arguments.get("after", ()))]


def _take_back(
    host: Host, session: Session, case: Case, live: Running, items: Sequence[WorkItem], target: WorkItem, officer: Officer,
    now: datetime, act: str, facts: dict[str, Any],
) -> int:
    """Take a step back in the procedure, in the record and in the facts; one transaction, one journal entry."""
    result = take_back(live, past_steps(list(items)), target.task_id)
    gone = [row for row in items if row.task_id in result.steps and row.state in (OPEN, DONE)]
    acts = [found for entry in journal.entries(session, case.id) if (found := recorded(entry))]
    queued = jobs.of_case(session, case.id)
    acts += [(frozenset(job.arguments.get("after", ())), job.arguments.get("effects", {})) for job in queued]
    rows = undo(session, case, live.facts, [(bool(steps & result.steps), effects) for steps, effects in acts], now, officer.id)
    jobs.withdraw(session, [job.id for job in queued if result.steps & set(job.arguments.get("after", ()))])
    opinions.cancel(session, [row.id for row in gone], now)
    for task_id in result.waited:
        incidents.settle(session, case.id, task_id, now, officer.id, reason=str(facts["reason"]))
    for row in gone:
        row.state, row.closed_at = SUPERSEDED, row.closed_at or now
    journal.append(session, case.id, act, officer.id, now, {
        **facts, "superseded": {"steps": [row.step for row in gone if row.closed_by], "rows": rows},
    })
    advance(host, session, host.bundle(session, case.release_digest), case, live, officer, now)
    again = session.scalars(select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.task_id == result.opened)).one()
    again.assignee_id = again.assignee_id or target.closed_by
    session.flush()
    return again.id
