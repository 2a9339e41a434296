"""Service of documents (送达): by a lawful method, on the lawful date."""

from __future__ import annotations

from engine.cases.acts import Act, Outcome
from engine.cases.document_records import ISSUED, SEALED, SERVED, newest
from engine.cases.limits import holding_limits
from engine.cases.parties import known_party, service_address
from engine.cases.service import ServiceRecord
from engine.clock import at_legal_midnight
from engine.errors import Invalid
from engine.law import service as service_law
from engine.registers.agencies import find_officer

EVENTS = {"DOC-37": "notice_served", "DOC-45": "decision_served", "DOC-34": "refund_order_served"}
STATUS_AFTER = {"DOC-37": "NOTICED", "DOC-45": "EXECUTING"}


def record_service(act: Act) -> Outcome:
    """Record the service of the document that waits for it (行政处罚法 第六十一条; 民事诉讼法 第八十七至九十五条)."""
    kind = str(act.facts["serving"])
    document = newest(act.session, act.case.id, kind)
    if document is None or document.state not in {SEALED, ISSUED}:
        raise Invalid("service.no_document", "没有等待送达的文书，或者文书尚未用印")
    address = service_address(act.session, act.case.id)
    method = act.text("method")
    service_law.require_method_allowed(
        method, electronic_consent=bool(address and address.electronic_consent),
        consent_signed_at=address.confirmed_at if address else None, sent_at=act.values.get("sent_at"),
        refused=bool(act.text("refusal_reason")), witnessed=bool(act.text("witness") or act.text("recording")),
        whereabouts_unknown=act.text("public_ground") == "WHEREABOUTS_UNKNOWN",
        other_ways_failed=act.text("public_ground") == "OTHER_WAYS_FAILED",
        direct_is_hard=bool(act.text("not_direct_reason")), reason_recorded=bool(act.text("not_direct_reason")),
        forwarder=act.text("forwarder") or "DEPARTMENT",
    )
    if act.text("receiver_role"):
        service_law.require_receiver(act.text("receiver_role"), known_party(act.session, act.case.id).type)
    served_at, arrived_at = act.values["served_at"], act.values.get("arrived_at")
    served_on = service_law.served_on(
        method, served_at=served_at, arrived_at=arrived_at, sent_at=act.values.get("sent_at"), rules=act.rules,
        returned_at=act.values.get("returned_at"), address_confirmed=address is not None, system=_system(method),
        designated=_system(address.electronic_channel if address else ""),
        notice_days=holding_limits(act.case, act.limits, act.settings)["TL_SERVICE_PUBLIC"].amount,
    )
    service_law.require_effective(served_on, act.today, method)
    servers = [act.actor, find_officer(act.session, act.text("co_officer"))]
    act.session.add(
        ServiceRecord(
            case_id=act.case.id, document_id=document.id, method=method, recipient=act.text("recipient"),
            place=act.text("place"), receiver=act.text("receiver"), relation=act.text("relation"), served_at=served_at,
            sent_at=act.values.get("sent_at"), arrived_at=arrived_at, served_on=served_on,
            servers="、".join(server.name for server in servers),
        )
    )
    document.state = SERVED
    if kind in STATUS_AFTER:
        act.case.status = STATUS_AFTER[kind]
    if kind == "DOC-45":
        act.case.served_on = served_on
    moment = max(arrived_at or served_at, at_legal_midnight(served_on))
    events = ((EVENTS[kind], moment),) if kind in EVENTS else ()
    return Outcome(events=events, also_present=(servers[1].id,), notes={"document": document.number, "served_on": served_on})


def _system(method: str) -> str:
    """The receiving system that a confirmation names or a document reached, in words; empty when it is none."""
    return service_law.SERVICE_METHODS.get(method, "") if service_law.is_electronic(method) else ""
