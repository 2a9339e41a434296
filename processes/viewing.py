"""What an officer sees of a case: its state, steps, limits, documents and journal, for pages and exports alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import jobs, journal
from engine.accounts.permissions import may_see, require_may_see
from engine.cases.cases import Case, find_case
from engine.cases.document_records import DocumentRecord, documents_of, find_document, superseded_documents
from engine.cases.evidence import Evidence, evidence_of, find_evidence
from engine.cases.limits import CaseLimit, limits_of
from engine.cases.parties import Party, ServiceAddress, party_of, service_addresses
from engine.cases.service import ServiceRecord, services_of
from engine.cases.stays import Stay, stays_of
from engine.errors import NotPermitted, ZhifaError
from engine.journal import JournalEntry
from engine.registers.absences import Acting, acting_for
from engine.registers.agencies import Officer, find_officer
from engine.workflow import instances
from engine.workflow.copies import was_copied
from engine.workflow.incidents import Incident, incidents_of
from engine.workflow.opinions import was_asked
from engine.workflow.tasks import OPEN, WorkItem, items_of_case, waits_for
from processes.host import Host
from processes.messaging import receivable


@dataclass(frozen=True)
class Stage:
    """One stage of the text stepper; state is done, current, overdue or waiting."""

    name: str
    state: str
    note: str


@dataclass(frozen=True)
class Diagram:
    """One diagram of a case's procedure, with the nodes that are done and those that wait now."""

    procedure: str
    title: str
    done: tuple[str, ...]
    active: tuple[str, ...]
    overdue: tuple[str, ...]


@dataclass(frozen=True)
class CaseView:
    """A case as one officer sees it."""

    case: Case
    party: Party | None
    addresses: Sequence[ServiceAddress]
    services: Sequence[ServiceRecord]
    revision: int
    items: Sequence[WorkItem]
    limits: Sequence[CaseLimit]
    documents: Sequence[DocumentRecord]
    evidence: Sequence[Evidence]
    journal: Sequence[JournalEntry]
    stages: Sequence[Stage]
    diagrams: Sequence[Diagram]
    pending_jobs: Sequence[jobs.Job]
    incidents: Sequence[Incident]
    stays: Sequence[Stay]
    superseded: Sequence[DocumentRecord]
    awaited: Sequence[str]
    names: dict[str, str]

    @property
    def open_items(self) -> list[WorkItem]:
        """Steps that wait now."""
        return [item for item in self.items if item.state == OPEN]


def view_case(host: Host, session: Session, case_id: int, officer: Officer) -> CaseView:
    """The case as this officer may see it; NotPermitted otherwise, and the attempt is journalled."""
    case, items = _visible(host, session, case_id, officer)
    bundle = host.bundle(session, case.release_digest)
    live = instances.load(session, case_id, bundle.blueprints[case.procedure])
    now = host.clock.now()
    entries, stays = journal.entries(session, case_id), stays_of(session, case_id)
    return CaseView(
        case=case, party=party_of(session, case_id), addresses=service_addresses(session, case_id),
        services=services_of(session, case_id), revision=live.instance.revision, items=items,
        limits=limits_of(session, case_id), documents=documents_of(session, case_id),
        evidence=evidence_of(session, case_id), journal=entries, stages=_stages(live, items, now),
        diagrams=_diagrams(live, items, now), pending_jobs=jobs.pending(session, case_id), incidents=incidents_of(session, case_id),
        stays=stays, superseded=superseded_documents(session, case_id), awaited=receivable(live),
        names=_names(session, {entry.actor_id for entry in entries} | {item.closed_by or "" for item in items}
                     | {person or "" for item in items for person in (item.acting_for, item.assignee_id)}
                     | {person or "" for person in (case.lead_officer_id, case.co_officer_id, case.opened_by)}
                     | {person for stay in stays for person in (stay.asked_by, stay.decided_by or "")}),
    )


def view_document(host: Host, session: Session, document_id: int, officer: Officer) -> DocumentRecord:
    """A document of a case that the officer may see."""
    record = find_document(session, document_id)
    visible_case(host, session, record.case_id, officer)
    return record


def view_evidence(host: Host, session: Session, evidence_id: int, officer: Officer) -> tuple[Case, Evidence]:
    """A piece of evidence with its case, which the officer may see."""
    evidence = find_evidence(session, evidence_id)
    return visible_case(host, session, evidence.case_id, officer), evidence


def officer_in_session(session: Session, officer_id: str) -> Officer:
    """The signed-in officer; NotPermitted when he is no longer in the register."""
    try:
        return find_officer(session, officer_id)
    except ZhifaError as error:
        raise NotPermitted("account.gone", "账号对应的人员已不在人员库中") from error


def sees(host: Host, session: Session, case: Case, officer: Officer) -> bool:
    """Whether the officer may see a case, asked without looking into it: nothing is journalled."""
    if not may_see(officer, case, involved=True):
        return False
    return may_see(officer, case, involved=_touched(host, session, case.id, officer, items_of_case(session, case.id)))


def visible_case(host: Host, session: Session, case_id: int, officer: Officer) -> Case:
    """A case that the officer may see; NotPermitted otherwise, and the attempt is journalled."""
    return _visible(host, session, case_id, officer)[0]


def _touched(host: Host, session: Session, case_id: int, officer: Officer, items: Sequence[WorkItem]) -> bool:
    acting = acting_for(session, officer, host.clock.now())
    return involved_in(officer, items, acting) or was_asked(session, case_id, officer.id) or was_copied(session, case_id, officer.id)


def _visible(host: Host, session: Session, case_id: int, officer: Officer) -> tuple[Case, list[WorkItem]]:
    case = find_case(session, case_id)
    try:
        items = items_of_case(session, case_id)
        require_may_see(officer, case, involved=_touched(host, session, case_id, officer, items))
    except NotPermitted as refusal:
        session.rollback()  # the refusal is written in a transaction of its own
        with host.database.writing() as own:
            journal.append(own, case_id, "view.refused", officer.id, host.clock.now(), {"code": refusal.code})
        raise
    return case, items


def involved_in(officer: Officer, items: Sequence[WorkItem], acting: Acting) -> bool:
    """A deputy is involved while a step of the absent person waits, and for what he has done himself."""
    return any(officer.id in (item.closed_by, item.assignee_id) or waits_for(item, officer, acting) for item in items)


def _stages(live: instances.Running, items: Sequence[WorkItem], now: datetime) -> list[Stage]:
    """The top procedure's called procedures and own steps in drawing order, told in words."""
    top = live.plan.procedures[live.plan.top]
    visited = live.visited()
    waiting = [item for item in items if item.state == OPEN]
    stages = []
    for node in top.nodes.values():
        if node.kind not in {"callActivity", "userTask"}:
            continue
        inside = _called(live, node.called) if node.called else set()
        here = [item for item in waiting if item.procedure in inside or (item.procedure == top.id and item.step == node.id)]
        if here and not (node.called == "service" and live.facts.get("serving") != "DOC-45"):
            late = any(item.due_at and item.due_at <= now for item in here)
            stages.append(Stage(node.name, "overdue" if late else "current", "、".join(item.name for item in here)))
        else:
            stages.append(Stage(node.name, "done" if node.id in visited.get(top.id, ()) else "waiting", ""))
    return stages


def _called(live: instances.Running, procedure: str) -> set[str]:
    found, todo = set[str](), [procedure]
    while todo:
        current = todo.pop()
        if current not in found:
            found.add(current)
            todo += [node.called for node in live.plan.procedures[current].nodes.values() if node.called]
    return found


def _diagrams(live: instances.Running, items: Sequence[WorkItem], now: datetime) -> list[Diagram]:
    visited = live.visited()
    waiting = [item for item in items if item.state == OPEN]
    shown = []
    for name in [live.plan.top, *sorted(_called(live, live.plan.top) - {live.plan.top})]:
        done = visited.get(name, frozenset())
        active, late = set[str](), set[str]()
        for item in waiting:
            nodes = {item.step} if item.procedure == name else _calling(live, name, item.procedure, done)
            active |= nodes
            late |= nodes if item.due_at and item.due_at <= now else set()
        if done or active or name == live.plan.top:
            shown.append(Diagram(
                name, live.plan.procedures[name].name, tuple(sorted(done - active)), tuple(sorted(active - late)), tuple(sorted(late)),
            ))
    return shown


def _calling(live: instances.Running, procedure: str, inner: str, done: frozenset[str]) -> set[str]:
    """The call activities of a diagram inside which another procedure waits; one that serves often is the call not done yet."""
    return {
        node.id for node in live.plan.procedures[procedure].nodes.values()
        if node.called and inner in _called(live, node.called) and not (node.called == "service" and node.id in done)
    }


def _names(session: Session, officer_ids: set[str]) -> dict[str, str]:
    rows = session.scalars(select(Officer).where(Officer.id.in_(sorted(officer_ids))))
    return {row.id: row.name for row in rows} | {"system": "系统"}
