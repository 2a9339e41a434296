"""What gives occasion to tell somebody something: derived from the journal and from how the cases stand, never by the step itself.

An act and what it changes are committed together; so whoever sees the entry sees the steps that it opened. What the clock brings
about (临期、逾期) is found by the moments that have passed since the last look, and on every case that has changed since.
Words never name a party: they also go out by mail (个人信息保护法 第六条).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from engine.accounts.permissions import LEADERS
from engine.cases.cases import Case
from engine.cases.limits import CaseLimit
from engine.cases.stays import KIND_NAMES as STAY_NAMES
from engine.cases.stays import STATE_NAMES as STAY_STATES
from engine.cases.stays import Stay
from engine.cases.superseding import standing
from engine.journal import JournalEntry
from engine.oversight import notices
from engine.oversight.notices import Draft
from engine.oversight.recipients import Recipients
from engine.workflow import incidents, opinions
from engine.workflow.opinions import Consultation, Opinion
from engine.workflow.tasks import OPEN, SUPERSEDED, WITHDRAWN, WorkItem

MINDING = LEADERS | {"administrator"}
DECIDING = ("agency_head", "agency_chief")
AT_ONCE = 300


@dataclass
class Changes:
    """The entries of a reading by case; acts: (act, who) by moment."""

    entries: list[JournalEntry] = field(default_factory=list)
    acts: dict[datetime, list[tuple[str, str]]] = field(default_factory=dict)


def occasions(session: Session, entries: Sequence[JournalEntry], since: datetime, now: datetime) -> Iterator[Draft]:
    """All that officers are to be told because of these entries, and because time has passed since a moment."""
    people, changed = Recipients(session, now), dict[int, Changes]()
    for entry in entries:
        if entry.chain:
            found = changed.setdefault(entry.chain, Changes())
            found.entries.append(entry)
            found.acts.setdefault(entry.at, []).append((entry.act, entry.actor_id))
    numbers = sorted(changed)
    for start in range(0, len(numbers), AT_ONCE):
        chosen = {number: changed[number] for number in numbers[start:start + AT_ONCE]}
        yield from _of_steps(session, people, chosen)
        yield from _of_opinions(session, people, chosen)
        yield from _of_incidents(session, people, chosen)
        yield from _of_cases(session, people, chosen)
        yield from _of_time(session, people, WorkItem.case_id.in_(list(chosen)), CaseLimit.case_id.in_(list(chosen)), now)
    passed = and_(WorkItem.due_at > since, WorkItem.due_at <= now)
    warned = and_(CaseLimit.warn_at > since, CaseLimit.warn_at <= now)
    yield from _of_time(session, people, passed, warned, now)


def _of_steps(session: Session, people: Recipients, changed: dict[int, Changes]) -> Iterator[Draft]:
    """Steps that these acts opened, gave to somebody or took away."""
    moments = {at for each in changed.values() for at in each.acts}
    touched = or_(
        WorkItem.state == OPEN,
        and_(WorkItem.state.in_((SUPERSEDED, WITHDRAWN)), WorkItem.closed_by.is_(None), WorkItem.closed_at.in_(moments)),
    )
    rows = session.scalars(select(WorkItem).where(WorkItem.case_id.in_(list(changed)), touched)).all()
    for item in rows:
        acts = changed[item.case_id].acts.get(item.opened_at if item.state == OPEN else item.closed_at or item.opened_at, [])
        if item.state != OPEN:
            for by in (actor for act, actor in acts if act == "step.withdrawn"):
                words = f"“{item.name}”已经由{people.name(by)}撤回，暂时不需要办理"
                yield from _to(people.of(item) - {by}, f"withdrawn:{item.id}", notices.MOVED, item, words)
            continue
        back = next((actor for act, actor in acts if act == "step.returned"), None)
        own = {actor for act, actor in acts if act in ("step.completed", "step.withdrawn", "case.opened")}
        if back is not None:
            words = f"{people.name(back)}退回，请重新办理“{item.name}”"
            yield from _to(people.of(item) - {back}, f"returned:{item.id}", notices.MOVED, item, words)
        elif acts:
            kind = notices.DOCUMENT if any(act == "documents.draft" for act, _ in acts) else notices.STEP
            yield from _to(people.of(item) - own, f"step:{item.id}", kind, item, f"“{item.name}”等待办理（{item.role_name}）")
        yield from _handed_over(people, changed[item.case_id].entries, item)


def _handed_over(people: Recipients, entries: Sequence[JournalEntry], item: WorkItem) -> Iterator[Draft]:
    for entry in entries:
        if entry.act == "step.handed_over":
            facts = entry.read_facts()
            if facts["step"] == item.step and facts["to"] == item.assignee_id:
                words = f"{people.name(entry.actor_id)}将“{item.name}”转交您办理"
                yield from _to({str(facts["to"])} - {entry.actor_id}, f"handed:{entry.id}", notices.MOVED, item, words)


def _of_opinions(session: Session, people: Recipients, changed: dict[int, Changes]) -> Iterator[Draft]:
    waiting = select(Opinion).join(Consultation).where(
        Consultation.case_id.in_(list(changed)), Consultation.state == opinions.WAITING, Opinion.given_at.is_(None)
    )
    for opinion in session.scalars(waiting):
        asked = opinion.consultation
        yield Draft(
            f"asked:{opinion.id}", opinion.officer_id, notices.ASKED, asked.case_id,
            f"{people.name(asked.asked_by)}就“{asked.item.name}”{asked.kind_name}", item_id=asked.item_id, opinion_id=opinion.id,
        )
    given = [(entry, entry.read_facts()) for each in changed.values() for entry in each.entries if entry.act == "opinion.given"]
    rows = session.scalars(select(Consultation).where(Consultation.id.in_([facts["consultation"] for _, facts in given]))) if given else ()
    asked_by = {row.id: row for row in rows}
    for entry, facts in given:
        asked = asked_by[facts["consultation"]]
        yield Draft(
            f"opinion:{entry.id}", asked.asked_by, notices.OPINION, entry.chain,
            f"{people.name(entry.actor_id)}就“{facts['name']}”提出了意见", item_id=asked.item_id,
        )


def _of_incidents(session: Session, people: Recipients, changed: dict[int, Changes]) -> Iterator[Draft]:
    query = select(incidents.Incident, Case.agency_code).join(Case, Case.id == incidents.Incident.case_id).where(
        incidents.Incident.case_id.in_(list(changed)), incidents.Incident.state == incidents.OPEN
    )
    for incident, agency in session.execute(query):
        for officer in sorted(people.holders(agency, sorted(MINDING))):
            yield Draft(
                f"incident:{incident.id}", officer, notices.INCIDENT, incident.case_id, "案件办理中有一项操作失败，等待处理",
                incident_id=incident.id,
            )


def _of_cases(session: Session, people: Recipients, changed: dict[int, Changes]) -> Iterator[Draft]:
    """The case was stayed, goes on, was terminated or decided; a request for one of these waits for the head of the agency."""
    told = [
        (entry, entry.read_facts()) for each in changed.values() for entry in each.entries
        if entry.act.startswith(("case.stay_", "case.termination_", "case.resumed")) or entry.act == "step.completed"
    ]
    decided = [entry for entry, facts in told if any(event[0] == "decision_made" for event in facts.get("events", ()))]
    about = [(entry, facts) for entry, facts in told if entry.act != "step.completed"]
    if not decided and not about:
        return
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_({entry.chain for entry, _ in told})))}
    requests = {row.id: row for row in session.scalars(select(Stay).where(Stay.id.in_([facts["request"] for _, facts in about])))}
    for entry in decided:
        yield from _to_handlers(cases[entry.chain], entry, "案件已经作出决定", ())
    for entry, facts in about:
        asked, case = requests[facts["request"]], cases[entry.chain]
        if entry.act.endswith("_asked"):
            words = f"{people.name(entry.actor_id)}申请{STAY_NAMES[asked.kind]}，等待审批"
            for officer in sorted(people.holders(case.agency_code, DECIDING) - {entry.actor_id}):
                yield Draft(f"case:{entry.id}", officer, notices.CASE, case.id, words)
        else:
            state = "案件恢复办理" if entry.act == "case.resumed" else f"{STAY_NAMES[asked.kind]}：{STAY_STATES[entry.act.rpartition('_')[2]]}"
            yield from _to_handlers(case, entry, state, (asked.asked_by,))


def _to_handlers(case: Case, entry: JournalEntry, words: str, also: Collection[str]) -> Iterator[Draft]:
    for officer in sorted(({*case.investigators, *also} or {case.opened_by}) - {entry.actor_id}):
        yield Draft(f"case:{entry.id}", officer, notices.CASE, case.id, words)


def _of_time(
    session: Session, people: Recipients, late: ColumnElement[bool], warned: ColumnElement[bool], now: datetime
) -> Iterator[Draft]:
    """Waiting steps that are overdue or nearly so; none while the case is stayed, for then nobody may take them.

    late: which steps are looked at for what is overdue; warned: which limits for what is due soon.
    """
    waiting = select(WorkItem).join(Case, Case.id == WorkItem.case_id).where(WorkItem.state == OPEN, Case.stayed_at.is_(None))
    for item in session.scalars(waiting.where(late, WorkItem.due_at <= now)):
        yield from _due(people, item, "overdue", notices.OVERDUE, f"“{item.name}”已经逾期")
    # two questions, so that no database is led to go through all running limits, or through all steps that are due on one day
    limits = select(CaseLimit.case_id, CaseLimit.due_at).where(warned, CaseLimit.ended_at.is_(None), CaseLimit.warn_at <= now, standing(CaseLimit))
    soon = {(case_id, due_at) for case_id, due_at in session.execute(limits) if due_at > now}
    numbers = sorted({case_id for case_id, _ in soon})
    for start in range(0, len(numbers), AT_ONCE):
        for item in session.scalars(waiting.where(WorkItem.case_id.in_(numbers[start:start + AT_ONCE]))):
            if (item.case_id, item.due_at) in soon:
                yield from _due(people, item, "due", notices.DUE_SOON, f"“{item.name}”即将到期")


def _due(people: Recipients, item: WorkItem, prefix: str, kind: str, words: str) -> Iterator[Draft]:
    at: Any = item.due_at
    yield from _to(people.of(item), f"{prefix}:{item.id}:{at.timestamp():.0f}", kind, item, words)


def _to(officers: Collection[str], key: str, kind: str, item: WorkItem, words: str) -> Iterator[Draft]:
    for officer in sorted(officers):
        yield Draft(key, officer, kind, item.case_id, words, item_id=item.id)
