"""Everything a document may draw on, as plain data: the case as it stands at one moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.cases import STATUSES, Case
from engine.cases.document_records import documents_of, newest
from engine.cases.evidence import ACCEPTED, STATUS_NAMES, evidence_of
from engine.cases.execution import payments_of
from engine.cases.limits import limits_of
from engine.cases.on_the_spot import spot_said
from engine.cases.parties import PARTY_TYPES, party_of
from engine.cases.penalties import DECIDED, NOTICED, PROPOSED, penalties
from engine.cases.pictures import pictures_of, signature_of
from engine.cases.service import services_of
from engine.cases.submissions import Submission, submissions
from engine.cases.weighing import discretion_said
from engine.law import wording
from engine.law.local_rules import read_local_rules
from engine.law.penalties import PENALTY_KINDS, ProposedPenalty, penalty_text
from engine.registers.agencies import ROLES, Officer, officers_of
from engine.registers.emergencies import Emergency

OFFICER_KEYS = frozenset({"co_officer", "lead_officer", "attendees", "observers"})
Label = Callable[[str, str, object], str]
"""(step, dotted field, code) → Chinese label of a coded value; empty when the field carries no code list."""


def case_snapshot(
    session: Session, case: Case, facts: Mapping[str, Any], settings: Mapping[str, Any], label: Label, procedure_name: str,
    now: datetime,
) -> dict[str, Any]:
    """The snapshot of a case: a dict of dicts, lists, texts, dates and Decimals, and nothing that can be called."""
    done = submissions(session, case.id)
    held = _officers(session, case, done)
    people = _people(session, case)
    snapshot = {
        "case": _case(case, done, procedure_name), "agency": _agency(case), "item": _item(case), "party": _party(session, case),
        **people, "forms": _forms(session, done, label), "opinions": _opinions(session, done),
        **_evidence(session, case.id, label), "penalties": _penalties(session, case.id), "discretion": discretion_said(done, label),
        "on_the_spot": spot_said(done),
        "hearing_right": bool(facts.get("hearing_right")),
        "defence_days": read_local_rules(settings).defence_window_working_days, "hearing_days": 5,
        "deadlines": _deadlines(session, case.id), "remedy": _remedy(case), "service": _service(session, case.id, label),
        "payments": _payments(session, case.id, label),
        "payments_total": sum((row.amount for row in payments_of(session, case.id)), Decimal(0)),
        "numbers": {"notice": _number(session, case.id, "DOC-37"), "decision": _number(session, case.id, "DOC-45", "DOC-44")},
        "emergency": _emergency(session, case), "documents": _documents(session, case.id), "today": now.date(),
        "facts": dict(facts), "pictures": [row.as_value() for row in pictures_of(session, case.id)],
    }
    held.clear()
    return snapshot


def _officers(session: Session, case: Case, done: Sequence[Submission]) -> list[Officer]:
    """All officers whom the case's forms name, in one statement: a session knows again only what somebody holds."""
    wanted = {submission.actor_id for submission in done} | case.investigators
    for submission in done:
        for key in OFFICER_KEYS & submission.values.keys():
            value = submission.values[key]
            wanted.update(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
    return list(session.scalars(select(Officer).where(Officer.id.in_(sorted(wanted)))))


def _case(case: Case, done: Sequence[Submission], procedure_name: str) -> dict[str, Any]:
    names = ("number", "title", "procedure", "opened_at", "filed_on", "violation_from", "violation_to", "violation_place",
             "status", "archive_number", "closed_on", "decided_on", "served_on", "keep_secret")
    tiers = [s.values["tier"] for s in done if s.values.get("tier")]
    return {
        **{name: getattr(case, name) for name in names}, "procedure_name": procedure_name,
        "status_name": STATUSES[case.status], "tier": tiers[-1] if tiers else "", "cause": case.item.cause,
        "source_number": f"登记{case.opened_at.year}-{case.id:05d}", "fast_track": case.emergency_number is not None,
        "code": f"案件编号：{case.number}\n办案机关：{case.agency.name}\n查询电话：{case.agency.phone}",
    }


def _agency(case: Case) -> dict[str, Any]:
    agency = case.agency
    names = ("name", "short_name", "domain_word", "address", "phone", "reconsideration_agency", "court")
    return {**{name: getattr(agency, name) for name in names}, "area": agency.region_code}


def _item(case: Case) -> dict[str, Any]:
    names = ("code", "name", "cause", "violated", "penalty", "reconsideration_first")
    bases = [{"kind": b.kind, "statute": b.statute, "article": b.article, "text": b.text} for b in case.item.legal_bases]
    return {**{name: getattr(case.item, name) for name in names}, "legal_bases": bases}


def _party(session: Session, case: Case) -> dict[str, Any]:
    party = party_of(session, case.id)
    if party is None:
        return {}
    names = ("type", "name", "code", "identity_number", "legal_representative", "address", "phone")
    return {**{name: getattr(party, name) for name in names}, "type_name": PARTY_TYPES[party.type]}


def _people(session: Session, case: Case) -> dict[str, Any]:
    def person(officer: Officer | None, role: str) -> dict[str, Any]:
        if officer is None:
            return {"name": "", "certificate": "", "role_name": ROLES[role], "signature": None}
        signature = signature_of(session, officer.id)
        return {
            "name": officer.name, "certificate": officer.id, "role_name": ROLES[role],
            "signature": signature.as_value() if signature else None,
        }

    lead = session.get(Officer, case.lead_officer_id) if case.lead_officer_id else None
    colleague = session.get(Officer, case.co_officer_id) if case.co_officer_id else None
    holders = {
        key: next(iter(officers_of(session, case.agency_code, role)), None)
        for key, role in (("unit_head", "handling_unit_head"), ("head", "agency_head"), ("chief", "agency_chief"))
    }
    handlers = [person(lead, "lead_officer"), person(colleague, "co_officer")]
    return {
        "officers": [row for row in handlers if row["name"]], "lead": handlers[0], "co": handlers[1],
        "unit_head": person(holders["unit_head"], "handling_unit_head"), "head": person(holders["head"], "agency_head"),
        "chief": person(holders["chief"], "agency_chief"),
    }


def _forms(session: Session, done: Sequence[Submission], label: Label) -> dict[str, Any]:
    """The latest submission of each step, with the Chinese labels of its codes and the names of its officers."""
    forms: dict[str, Any] = {}
    for submission in done:
        values = labelled(session, submission.step, "", submission.values, label)
        actor = session.get(Officer, submission.actor_id)
        forms[submission.step] = {**values, "actor": actor.name if actor else "", "at": submission.at}
    return forms


def labelled(session: Session, step: str, prefix: str, values: Mapping[str, Any], label: Label) -> dict[str, Any]:
    """The values of a form with the Chinese labels of its codes and the names of its officers beside them as `<key>_name`."""
    shown: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            shown[key] = [labelled(session, step, f"{prefix}{key}.", row, label) for row in value]
            continue
        shown[key] = value
        several = value if isinstance(value, list) else [value]
        names = [name for entry in several if (name := label(step, f"{prefix}{key}", entry) or _officer_name(session, key, entry))]
        if names:
            shown[f"{key}_name"] = "、".join(names)
    return shown


def _officer_name(session: Session, key: str, value: object) -> str:
    if key not in OFFICER_KEYS or not isinstance(value, str):
        return ""
    officer = session.get(Officer, value)
    return officer.name if officer else ""


def _opinions(session: Session, done: Sequence[Submission]) -> dict[str, Any]:
    steps = {
        "propose_filing": "handler", "investigation_report": "handler", "propose_closing": "handler",
        "combined_open": "handler", "review_filing": "unit", "report_opinion": "unit", "approve_filing": "head",
        "combined_approve": "head", "approve_notice": "head", "decision_approval": "head", "approve_closing": "head",
        "publicity_approve": "head", "case_review": "reviewer", "legal_review": "legal_reviewer",
        "review_after_hearing": "legal_reviewer",
    }
    keys = set(steps.values())
    opinions: dict[str, Any] = {key: {"opinion": "", "person": "", "at": None} for key in sorted(keys)}
    for submission in done:
        if key := steps.get(submission.step):
            actor = session.get(Officer, submission.actor_id)
            values = submission.values
            text = values.get("opinion") or values.get("advice") or ("同意" if values.get("decision") == "AGREE" else "")
            opinions[key] = {"opinion": text, "person": actor.name if actor else "", "at": submission.at}
    return opinions


def _evidence(session: Session, case_id: int, label: Label) -> dict[str, Any]:
    rows = [
        {
            "number": row.number, "type": row.type, "type_name": label("site_inspection", "evidence.type", row.type),
            "name": row.name, "source": row.source, "original": row.original, "purpose": row.purpose,
            "status": row.status, "status_name": STATUS_NAMES[row.status], "reason": row.reason,
            "collected_at": row.collected_at,
        }
        for row in evidence_of(session, case_id)
    ]
    return {"evidence": rows, "accepted_evidence": [row for row in rows if row["status"] == ACCEPTED]}


def _penalties(session: Session, case_id: int) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for stage in (PROPOSED, NOTICED, DECIDED):
        rows = [penalty_row(item) for item in penalties(session, case_id, stage)]
        fine = sum((row["amount"] for row in rows if row["kind"] == "FINE" and row["amount"]), Decimal(0))
        total = sum((row["amount"] for row in rows if row["amount"]), Decimal(0))
        shown[stage] = rows
        shown[f"{stage}_text"] = "；".join(row["text"] for row in rows)
        shown[f"{stage}_fine"], shown[f"{stage}_total"] = fine, total
    last = DECIDED if shown[DECIDED] else PROPOSED
    fine, total = shown[f"{last}_fine"], shown[f"{last}_total"]
    return {
        **shown, "fine": fine, "fine_capitals": wording.amount_in_capitals(fine), "total": total,
        "total_capitals": wording.amount_in_capitals(total),
    }


def penalty_row(item: ProposedPenalty) -> dict[str, Any]:
    """One penalty as a document shows it."""
    return {
        "kind": item.kind, "kind_name": PENALTY_KINDS[item.kind], "amount": item.amount, "detail": item.detail,
        "amount_text": "" if item.amount is None else wording.money_text(item.amount),
        "amount_capitals": "" if item.amount is None else wording.amount_in_capitals(item.amount),
        "text": penalty_text(item),
    }


def _deadlines(session: Session, case_id: int) -> dict[str, Any]:
    return {
        row.limit_id: {
            "due": row.due_on, "text": wording.chinese_date(row.due_on), "provisional": row.provisional,
            "article": row.trace[0]["article"] if row.trace else "",
        }
        for row in limits_of(session, case_id)
    }


def _remedy(case: Case) -> dict[str, Any]:
    return {
        "reconsideration_agency": case.agency.reconsideration_agency, "reconsideration_days": 60,
        "court": case.agency.court, "litigation_months": 6, "after_reconsideration_days": 15,
        "reconsideration_first": case.item.reconsideration_first,
    }


def _service(session: Session, case_id: int, label: Label) -> dict[str, Any]:
    done = services_of(session, case_id)
    if not done:
        return {}
    last = done[-1]
    document = next(row for row in documents_of(session, case_id) if row.id == last.document_id)
    names = ("recipient", "method", "place", "receiver", "relation", "served_at", "sent_at", "arrived_at", "served_on",
             "servers")
    return {
        **{name: getattr(last, name) for name in names}, "document_title": document.title,
        "document_number": document.number, "method_name": label("serve_document", "method", last.method),
    }


def _payments(session: Session, case_id: int, label: Label) -> list[dict[str, Any]]:
    return [
        {
            "kind_name": PENALTY_KINDS[row.kind], "amount": row.amount, "amount_text": wording.money_text(row.amount),
            "channel_name": label("record_payment", "payments.channel", row.channel), "bill_number": row.bill_number,
            "paid_at": row.paid_at,
        }
        for row in payments_of(session, case_id)
    ]


def _emergency(session: Session, case: Case) -> dict[str, Any]:
    emergency = session.get(Emergency, case.emergency_number) if case.emergency_number else None
    if emergency is None:
        return {}
    return {
        "title": emergency.title, "level": emergency.level, "declared_by": emergency.declared_by,
        "number": emergency.number, "from": emergency.starts_at, "to": emergency.ends_at,
        "measure": emergency.measure_for(case.item_code),
    }


def _number(session: Session, case_id: int, *kinds: str) -> str:
    """The number of the newest document of the first of these kinds that the case has; empty when it has none."""
    return next((record.number for kind in kinds if (record := newest(session, case_id, kind))), "")


def _documents(session: Session, case_id: int) -> list[dict[str, Any]]:
    newest_first: dict[str, dict[str, Any]] = {}
    for row in documents_of(session, case_id):
        author = session.get(Officer, row.author_id)
        newest_first[f"{row.kind}/{row.occurrence}"] = {
            "number": row.number, "title": row.title, "date": row.dated, "pages": row.pages, "sha256": row.final,
            "author": author.name if author else "",
        }
    return [{"sequence": number, **row} for number, row in enumerate(newest_first.values(), start=1)]

