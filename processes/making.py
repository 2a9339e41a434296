"""制作文书 by hand: a document that no step of the procedure makes, by an officer in charge, from a form and the case.

Denied unless everything allows it: the officer handles the case and holds a valid certificate; the kind belongs to the case's
own package and names a form; no step makes it; it is no decision (行政处罚法 第五十七条: a decision follows review and approval);
the case stands where the kind may be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from documents.drafting import paragraphs
from documents.kinds import DocumentKind, template_data
from documents.operations import BY_HAND, open_record
from engine import jobs, journal
from engine.cases.cases import Case, find_case
from engine.cases.document_records import AWAITING, ISSUED, DocumentRecord, find_document
from engine.cases.snapshot import case_snapshot, labelled
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful, ZhifaError
from engine.registers.agencies import Officer, find_officer, officers_among
from engine.workflow import instances
from forms.structure import named_officers
from forms.validation import clean
from processes.bundles import Bundle
from processes.host import Host
from processes.refusals import journal_refusal

DECISION = "处罚决定书"
APPROVERS = ("agency_chief", "agency_head", "handling_unit_head")
NUMBER_LATER = "（制作时取号）"


def offered(bundle: Bundle, case: Case, officer: Officer, host: Host) -> list[DocumentKind]:
    """The kinds that this officer may make by hand in this case now, by title."""
    kinds = []
    for kind in bundle.kinds.values():
        try:
            _require_may_make(host, bundle, case, officer, kind.code)
        except ZhifaError:
            continue
        kinds.append(kind)
    return sorted(kinds, key=lambda kind: kind.code)


def approver_of(kind: DocumentKind) -> str:
    """The role that must approve a document made by hand before it counts: who signs it, the head where it is sealed; else empty."""
    signing = next((role for role in APPROVERS if role in kind.signers), "")
    return signing or ("agency_head" if kind.sealed else "")


def begin(host: Host, session: Session, case_id: int, officer_id: str, code: str) -> tuple[Case, Bundle, DocumentKind]:
    """The kind that an officer wants to make, when he may; refused otherwise."""
    case, officer = find_case(session, case_id), find_officer(session, officer_id)
    bundle = host.bundle(session, case.release_digest)
    return case, bundle, _require_may_make(host, bundle, case, officer, code)


def preview(host: Host, case_id: int, officer_id: str, code: str, raw: Mapping[str, Any]) -> list[str]:
    """The paragraphs of the document as it would be made now, without taking a number; Invalid as the making would be."""
    now = host.clock.now()
    with host.database.reading() as session:
        case, bundle, kind = begin(host, session, case_id, officer_id, code)
        snapshot = _snapshot(host, session, case, bundle, kind, find_officer(session, officer_id), raw)
        snapshot["document"] = {
            "code": kind.code, "title": kind.title, "number": NUMBER_LATER if kind.number else "", "date": now.date(), "version": 1,
            "supersedes": None,
        }
        return paragraphs(bundle.templates[code].fill(template_data(kind, snapshot), host.files.get))


def make_by_hand(
    host: Host, case_id: int, officer_id: str, code: str, raw: Mapping[str, Any], *, replaces: int | None = None
) -> int:
    """Take the number, fix the data and queue the printing; the id of the record is returned. A refusal is journalled.

    replaces: id of the document by hand of which this is a new version; it keeps its number and stays readable.
    """
    now = host.clock.now()
    host.keep_registers_current()
    try:
        with host.database.writing() as session:
            case, bundle, kind = begin(host, session, case_id, officer_id, code)
            officer = find_officer(session, officer_id)
            snapshot = _snapshot(host, session, case, bundle, kind, officer, raw)
            record = open_record(
                session, case, kind, bundle.templates[code].digest, snapshot, officer=officer, now=now,
                revised=_replaced(session, case, kind, replaces),
            )
            record.approver_role = approver_of(kind)
            jobs.enqueue(session, case.id, BY_HAND, job_arguments(record, officer), now)
            journal.append(session, case.id, "document.by_hand", officer.id, now, {
                "document": record.id, "kind": kind.code, "title": kind.title, "number": record.number, "version": record.version,
                "replaces": replaces, "entered": {key: value for key, value in snapshot["entered"].items() if key not in ("actor", "at")},
            })
            return record.id
    except ZhifaError as refusal:
        journal_refusal(host, case_id, "document.refused", officer_id, now, refusal, {"kind": code})
        raise


def finish_by_hand(record: DocumentRecord) -> None:
    """What a printed document made by hand becomes: it waits for approval or counts at once."""
    record.state = AWAITING if record.approver_role else ISSUED


def job_arguments(record: DocumentRecord, officer: Officer) -> dict[str, Any]:
    """The arguments of a queued job that belongs to no task of the procedure."""
    return {"task_id": f"document/{record.id}", "officer_id": officer.id, "records": [record.id], "serving": "", "after": [], "effects": {}}


def _require_may_make(host: Host, bundle: Bundle, case: Case, officer: Officer, code: str) -> DocumentKind:
    require_in_charge(host, case, officer)
    kind = bundle.kinds.get(code)
    if kind is None:
        raise NotPermitted("document.kind", "本案适用的流程包没有这种文书")
    maker = next(
        (node.name for procedure in bundle.procedures.values() for node in procedure.nodes.values()
         if any(request.kind == code for request in node.documents)), "",
    )
    if maker:
        raise Unlawful(
            "document.by_step", f"《{kind.title}》由流程环节“{maker}”制作，不能另行制作", article="行政处罚法 第三十八条第二款",
        )
    if kind.title.endswith(DECISION):
        raise Unlawful(
            "document.decision", f"《{kind.title}》是处理决定，应当经审核和负责人审查后由流程作出，不能直接制作",
            article="行政处罚法 第五十七条、第五十八条",
        )
    if not kind.form or kind.form not in bundle.forms:
        raise NotPermitted("document.no_form", f"《{kind.title}》没有填写用的表单，不能由办案人员直接制作")
    if case.status not in kind.statuses:
        raise Conflict("document.case_status", f"案件现在是“{case.status_name}”，不能制作《{kind.title}》")
    return kind


def require_in_charge(host: Host, case: Case, officer: Officer) -> None:
    """The officer handles the case and may act today, and the case goes on; refused otherwise."""
    if officer.id not in case.investigators or officer.agency_code != case.agency_code:
        raise NotPermitted("document.not_in_charge", "制作文书应当由本案的办案人员办理")
    if not officer.certified_on(host.clock.now().date()):
        raise Unlawful("document.certificate", f"{officer.name}的行政执法证件无效，不能制作文书", article="行政处罚法 第四十二条第一款")
    if case.stayed_at is not None:
        raise Conflict("document.stayed", "案件已经中止调查，恢复之前不能制作文书")


def _replaced(session: Session, case: Case, kind: DocumentKind, document_id: int | None) -> DocumentRecord | None:
    if document_id is None:
        return None
    found = find_document(session, document_id)
    if found.case_id != case.id or found.kind != kind.code or not found.by_hand:
        raise NotPermitted("document.hidden", "没有这份文书，或者您无权查看")
    if found.void_reason:
        raise Conflict("document.void", "文书已经作废，不能再制作新的版本")
    if not found.final:
        raise Invalid("document.not_made", f"《{found.title}》还在制作，请稍后再试")
    return found


def _snapshot(
    host: Host, session: Session, case: Case, bundle: Bundle, kind: DocumentKind, officer: Officer, raw: Mapping[str, Any]
) -> dict[str, Any]:
    form, now = bundle.forms[kind.form], host.clock.now()
    values = clean(form, raw, officer_ids=officers_among(session, case.agency_code, named_officers(form, raw)))
    facts = instances.load(session, case.id, bundle.blueprints[case.procedure]).facts
    snapshot = case_snapshot(
        session, case, facts, bundle.manifest.settings, bundle.label, bundle.manifest.procedures[case.procedure], now,
    )
    entered = labelled(session, kind.form, "", values, bundle.label)
    return {**snapshot, "entered": {**entered, "actor": officer.name, "at": now}}
