"""Evidence while a case is investigated: a new piece outside a step, and the custody of each; who may, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine import journal
from engine.cases import custody
from engine.cases.cases import Case, find_case
from engine.cases.custody import CustodyEntry, custody_of, entries_of
from engine.cases.evidence import COLLECTED, TYPE_NAMES, Evidence, find_evidence, next_number
from engine.cases.stays import require_running
from engine.cases.submissions import newest_submissions
from engine.errors import Conflict, Fault, Invalid, NotPermitted, Unlawful, ZhifaError
from engine.law.officers import OfficerOnDuty, require_two_officers
from engine.registers.agencies import Officer, find_officer
from processes.host import Host
from processes.refusals import journal_refusal, patiently

INVESTIGATED = frozenset({"CLUE", "FILED", "INVESTIGATING"})
OVER = frozenset({"CLOSED", "ARCHIVED", "NOT_FILED", "TERMINATED"})
REVIEW_ARTICLE = "粤府〔2023〕73号 第二十六条; 行政处罚法 第四十六条"


@dataclass(frozen=True)
class NewPiece:
    """A piece as an officer describes it; co_officer: who took it with him; place: where."""

    type: str
    name: str
    source: str
    original: bool
    purpose: str
    collected_at: datetime
    place: str
    co_officer: str


def may_handle(case: Case, officer: Officer, evidence: Evidence | None = None) -> bool:
    """Whether an officer handles the evidence of a case, or this piece of it, now."""
    return _handles(case, officer, evidence) and case.status not in OVER


def require_handling(case: Case, officer: Officer, evidence: Evidence | None = None) -> None:
    """Only those who handle the case keep its evidence, and only until it is closed; before filing, who took the piece."""
    if not _handles(case, officer, evidence):
        raise NotPermitted("evidence.not_handling", "没有这个案件，或者您不是本案的办案人员")
    if case.status in OVER:
        raise Unlawful("case.archived", f"案件{case.status_name}，证据只能查阅", article="粤府〔2023〕73号 第三十一条")


def _handles(case: Case, officer: Officer, evidence: Evidence | None) -> bool:
    before_filing = not case.investigators and evidence is not None and evidence.collected_by == officer.id
    return officer.id in case.investigators or (before_filing and officer.agency_code == case.agency_code)


def require_unreviewed(evidence: Evidence) -> None:
    """What has been reviewed stays as it was reviewed: new material is a new piece."""
    if evidence.status != COLLECTED:
        raise Unlawful(
            "evidence.reviewed", f"证据“{evidence.number}”已经审查，不能再增加文件；新的材料应当作为新的证据登记并审查", article=REVIEW_ARTICLE
        )


def review_to_come(session: Session, case_id: int) -> bool:
    """Whether what is registered now will still be reviewed: no review has closed what was collected last."""
    done = newest_submissions(session, case_id)
    reviewed = max((row.id for row in done if "EVID_REVIEW" in row.tags), default=0)
    return reviewed <= max((row.id for row in done if "EVID_COLLECT" in row.tags), default=0)


def may_add(session: Session, case: Case, officer: Officer) -> bool:
    """Whether an officer is offered to register a piece now; `add_piece` has the last word."""
    return may_handle(case, officer) and case.status in INVESTIGATED and case.stayed_at is None and review_to_come(session, case.id)


def add_piece(host: Host, case_id: int, officer_id: str, piece: NewPiece) -> int:
    """Register a piece of evidence while the investigation lasts; its id is returned. What is refused is journalled."""
    now = host.clock.now()

    def add() -> int:
        with host.database.writing() as session:
            case, officer = find_case(session, case_id), find_officer(session, officer_id)
            require_handling(case, officer)
            co_officer = _require_addable(session, case, officer, piece, now)
            number = f"ZJ{next_number(session, case.id):03d}"
            row = Evidence(
                case_id=case.id, number=number, type=piece.type, name=piece.name, source=piece.source, original=piece.original,
                purpose=piece.purpose, collected_at=piece.collected_at, collected_by=officer.id,
            )
            session.add(row)
            session.flush()
            session.add(CustodyEntry(
                evidence_id=row.id, file_id=None, act=custody.TAKEN, at=piece.collected_at, giver=piece.source[:80],
                taker=f"{officer.name}、{co_officer.name}", place=piece.place, note="", recorded_by=officer.id, recorded_at=now,
                also_present=co_officer.id,
            ))
            journal.append(session, case.id, "evidence.added", officer.id, now, {
                "number": number, "type": piece.type, "name": piece.name, "collected_at": piece.collected_at, "also_present": co_officer.id,
            })
            return row.id

    try:
        return patiently(add)
    except IntegrityError as error:
        raise Conflict("evidence.number", "他人刚刚登记了另一件证据，请重试") from error
    except (Unlawful, Conflict) as refusal:
        journal_refusal(host, case_id, "evidence.refused", officer_id, now, refusal, {"name": piece.name})
        raise


def record_custody(
    host: Host, evidence_id: int, officer_id: str, act: str, *, at: datetime, taker: str, place: str, note: str
) -> None:
    """Add a link to the chain of custody of a piece; the giver is who holds it, and is never typed."""
    now = host.clock.now()
    for words, longest in ((taker, 80), (place, 200), (note, 200)):
        if len(words) > longest:
            raise Invalid("custody.long", f"填写的内容不能超过{longest}字")

    def record() -> None:
        with host.database.writing() as session:
            evidence, officer = find_evidence(session, evidence_id), find_officer(session, officer_id)
            require_handling(find_case(session, evidence.case_id), officer, evidence)
            collector = find_officer(session, evidence.collected_by)
            state = custody_of(evidence, collector.name, entries_of(session, evidence.id))
            custody.require_next(state, act, taker, at, now)
            link = CustodyEntry(
                evidence_id=evidence.id, file_id=None, act=act, at=at, giver=state.holder,
                taker=taker.strip() if act in (custody.MOVED, custody.RETURNED) else state.holder, place=place.strip(), note=note.strip(),
                recorded_by=officer.id, recorded_at=now,
            )
            session.add(link)
            journal.append(session, evidence.case_id, "evidence.custody", officer.id, now, {
                "number": evidence.number, "act": act, "at": at, "giver": link.giver, "taker": link.taker,
            })

    patiently(record)


def read_piece(values: Mapping[str, str], collected_at: datetime | None) -> NewPiece:
    """A piece from the fields of a form; Invalid names every field that is missing or wrong."""
    names = {"type": "证据种类", "name": "证据名称", "source": "证据出处", "purpose": "证明内容", "place": "取得地点", "co_officer": "协办执法人员"}
    longest = {"name": 200, "source": 200, "purpose": 200, "place": 200}
    faults = [Fault(key, "evidence.missing", f"请填写{name}") for key, name in names.items() if not values.get(key, "").strip()]
    faults += [
        Fault(key, "evidence.long", f"{names[key]}不能超过{limit}字") for key, limit in longest.items() if len(values.get(key, "")) > limit
    ]
    if values.get("type") and values["type"] not in TYPE_NAMES:
        faults.append(Fault("type", "evidence.type", "证据种类应当是法定的八种之一（行政处罚法 第四十六条）"))
    if values.get("original") not in ("yes", "no"):
        faults.append(Fault("original", "evidence.missing", "请选择是否原件"))
    if collected_at is None:
        faults.append(Fault("collected_at", "evidence.missing", "请填写取得时间"))
    if faults or collected_at is None:
        raise Invalid("evidence.form", faults[0].message, faults=tuple(faults))
    text = {key: values[key].strip() for key in names}
    return NewPiece(original=values["original"] == "yes", collected_at=collected_at, **text)


def _require_addable(session: Session, case: Case, officer: Officer, piece: NewPiece, now: datetime) -> Officer:
    """The co-officer, when a piece may be added now: two officers, a running investigation, and a review that is still to come."""
    require_running(session, case)
    if case.status not in INVESTIGATED:
        raise Unlawful("evidence.too_late", f"案件{case.status_name}，调查取证已经终结，不能再登记证据", article=REVIEW_ARTICLE)
    if not review_to_come(session, case.id):
        raise Unlawful(
            "evidence.after_review", "证据已经审查，之后登记的证据得不到审查；请先退回到调查取证，再登记", article=REVIEW_ARTICLE
        )
    if not piece.collected_at <= now:
        raise Invalid("evidence.future", "取得时间不能晚于现在")
    try:
        co_officer = find_officer(session, piece.co_officer)
    except ZhifaError as error:
        raise Invalid("evidence.co_officer", "协办执法人员不在人员库中") from error
    day = piece.collected_at.date()
    require_two_officers([
        OfficerOnDuty(each.id, each.name, each.certified_on(day), each.agency_code == case.agency_code) for each in (officer, co_officer)
    ])
    return co_officer
