"""The summary procedure (简易程序): a case that two officers decide on the spot, from showing certificates to handing over the decision."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from engine.cases.acts import Act, Outcome
from engine.cases.deciding import approve_seal
from engine.cases.document_records import ISSUED, SEALED, SERVED, newest
from engine.cases.earlier_fines import earlier_fines, require_judged, warning
from engine.cases.evidence import EvidenceReview, evidence_of
from engine.cases.filing import assign, check_item, register_party, require_limitation
from engine.cases.investigation import add_evidence
from engine.cases.parties import known_party
from engine.cases.penalties import DECIDED, NOTICED, PROPOSED, add_round, penalties
from engine.cases.service import ServiceRecord
from engine.cases.submissions import Submission, latest
from engine.errors import Invalid, Unlawful
from engine.law import service as service_law
from engine.law.penalties import PENALTY_KINDS, ProposedPenalty, not_heavier, total
from engine.law.summary import require_spot_collection, require_summary
from engine.registers.acting import require_decidable
from engine.registers.agencies import find_officer

ON_THE_SPOT, CONVERT, NO_PENALTY = "ON_THE_SPOT", "CONVERT", "NO_PENALTY"
DECISION = "DOC-44"
SAID = ("evidence", "defence", "penalty_kinds", "fine", "refused")
REASONS: dict[str, dict[str, bool]] = {"C1": {}, "C2": {"hard_to_collect_later": True}, "C3": {"remote": True, "asked_by_party": True}}


def open_on_the_spot(act: Act) -> Outcome:
    """Show certificates, tell the rights, register party and violation (行政处罚法 第四十二条、第五十二条; 程序规定 第六十七条)."""
    register_party(act)
    assign(act, act.actor.id, act.text("co_officer"))
    check_item(act)
    act.case.status = "INVESTIGATING"
    return Outcome(events=(("clue_received", act.now),), also_present=(act.text("co_officer"),))


def establish_on_the_spot(act: Act) -> Outcome:
    """Establish the facts, take evidence and propose; what may not be decided on the spot is refused or converted (第五十一条、第五十四条)."""
    numbers = add_evidence(act, act.now)
    said = "、".join(row["name"] for row in act.values["evidence"])
    if act.values["outcome"] == CONVERT:
        return Outcome(facts={"spot_outcome": CONVERT}, notes={"evidence": numbers, "reason": act.text("convert_reason")},
                       computed={"spot_evidence": said})
    require_limitation(act)
    proposed = tuple(
        ProposedPenalty(kind, act.money("fine") if kind == "FINE" else None) for kind in sorted(act.values["penalty_kind"], reverse=True)
    )
    require_summary(
        proposed, known_party(act.session, act.case.id).type, facts_clear=bool(act.values["facts_clear"]),
        has_basis=bool(act.values["has_basis"]),
    )
    fines = earlier_fines(act.session, act.case)
    if total(proposed, "FINE") > 0:
        require_judged(fines, same_act=act.values.get("same_act"))
    add_round(act.session, act.case.id, PROPOSED, proposed, act.now)
    return Outcome(
        facts={"spot_outcome": ON_THE_SPOT, "penalty": True}, notes={"evidence": numbers}, also_present=_colleague(act),
        computed={"spot_evidence": said, "earlier_fines": warning(fines)},
    )


def tell_on_the_spot(act: Act) -> Outcome:
    """Tell the party what is meant, why, and that it may answer (行政处罚法 第四十四条; 程序规定 第六十九条)."""
    add_round(act.session, act.case.id, NOTICED, penalties(act.session, act.case.id, PROPOSED), act.now)
    act.case.status = "NOTICED"
    return Outcome(also_present=_colleague(act))


def hear_on_the_spot(act: Act) -> Outcome:
    """Hear the party and recheck; what is right is adopted, and the fine never grows because of it (行政处罚法 第四十五条)."""
    outcome, statement = act.values["outcome"], bool(act.values["statement"])
    computed: dict[str, Any] = {}
    if statement:
        computed["spot_defence"] = f"当事人提出：{act.text('content')}经复核：{act.text('recheck_result')}{act.text('reason')}"
    if (reduced := act.money("reduced_fine")) > 0:
        before = penalties(act.session, act.case.id, PROPOSED)
        if not 0 < reduced < total(before, "FINE"):
            raise Unlawful(
                "defence.heavier", "采纳陈述、申辩后的罚款应当低于已经告知的数额，不得因申辩加重处罚", article="行政处罚法 第四十五条第二款"
            )
        lighter = tuple(ProposedPenalty(item.kind, reduced if item.kind == "FINE" else item.amount, item.detail) for item in before)
        add_round(act.session, act.case.id, PROPOSED, lighter, act.now)
    if outcome == NO_PENALTY:
        act.case.status = "NOT_FILED"
    return Outcome(
        facts={"spot_outcome": outcome, "spot_statement": statement, "penalty": outcome == ON_THE_SPOT},
        also_present=_colleague(act), computed=computed, notes={"reason": act.text("convert_reason")} if outcome == CONVERT else {},
    )


def decide_on_the_spot(act: Act) -> Outcome:
    """Decide: within the limits of the law, nothing beyond what was told, on evidence (行政处罚法 第四十条、第四十五条、第五十一条)."""
    session, case = act.session, act.case
    require_decidable(session, case.agency_code, case.item_code, case.violation_to, act.today)
    final = penalties(session, case.id, PROPOSED)
    require_summary(final, known_party(session, case.id).type)
    if reasons := not_heavier(penalties(session, case.id, NOTICED), final):
        raise Unlawful(
            "decision.heavier", f"拟作出的决定超出告知的内容：{'；'.join(reasons)}，应当重新告知", article="行政处罚法 第四十四条、第四十五条"
        )
    _accept_evidence(act)
    fine, collect = total(final, "FINE"), bool(act.values["collect_onspot"])
    if collect:
        _require_collection(act, fine)
    elif fine > 0 and not act.text("bank"):
        raise Invalid("spot.bank", "罚款不当场收缴的，请填写缴款的银行或者电子支付方式，写进决定书")
    approve_seal(act)
    add_round(session, case.id, DECIDED, final, act.now)
    case.status, case.decided_on = "DECIDED", act.today
    return Outcome(
        facts={"paid": fine == 0, "spot_collected": collect}, events=(("decision_made", act.now),), also_present=_colleague(act),
        computed={"spot_fine": fine or None, "spot_penalty_kinds": "、".join(PENALTY_KINDS[item.kind] for item in final)},
    )


def _require_collection(act: Act, fine: Decimal) -> None:
    """Refuse money on the spot outside the three cases of the law (行政处罚法 第六十八条、第六十九条; 程序规定 第七十二条)."""
    if fine <= 0:
        raise Invalid("spot.no_fine", "只给予警告的，没有罚款可以收缴，请选“否”")
    require_spot_collection(fine, decided_on_the_spot=True, **REASONS[act.text("onspot_reason")])


def _accept_evidence(act: Act) -> None:
    """Who decides on the spot answers for the evidence; a case that is converted has it reviewed by others instead (处罚法 第四十条、第四十六条)."""
    rows = evidence_of(act.session, act.case.id)
    if not rows:
        raise Unlawful(
            "evidence.none", "没有收集必要的证据，不得当场作出处罚决定", article="行政处罚法 第四十条; 市场监督管理行政处罚程序规定 第六十七条"
        )
    for row in rows:
        act.session.add(EvidenceReview(
            evidence_id=row.id, relevance=True, legality=True, authenticity=True, reason="", reviewer_id=act.actor.id, at=act.now,
        ))
    act.session.flush()
    for row in rows:
        act.session.refresh(row, ["reviews"])


def deliver_on_the_spot(act: Act) -> Outcome:
    """Hand the decision over; a refusal to sign is written on it (行政处罚法 第五十二条第一款)."""
    document = newest(act.session, act.case.id, DECISION)
    if document is None or document.state not in {SEALED, ISSUED}:
        raise Invalid("service.no_document", "决定书还没有制作完成，请稍候再交付")
    service_law.require_receiver(act.text("receiver_role"), known_party(act.session, act.case.id).type)
    signed, delivered = bool(act.values["signed"]), act.values["delivered_at"]
    if not signed and not (act.text("witness") or act.text("recording")):
        raise Unlawful("service.refused", "当事人拒绝签收的，应当有见证人或者录音录像", article="市场监督管理行政处罚程序规定 第四十三条")
    decision = latest(act.session, act.case.id, "spot_decision")
    if delivered > act.now or (decision is not None and delivered < decision.at.replace(second=0, microsecond=0)):
        raise Invalid("spot.delivered_at", "交付时间应当在作出决定之后、提交之前")
    served_on = service_law.served_on("ONSPOT", served_at=delivered)
    service_law.require_effective(served_on, act.today, "ONSPOT")
    act.session.add(ServiceRecord(
        case_id=act.case.id, document_id=document.id, method="ONSPOT", recipient=known_party(act.session, act.case.id).name,
        place=act.case.violation_place, receiver=act.text("receiver") if signed else "", relation=act.text("refused_note")[:60],
        served_at=delivered, served_on=served_on,
        servers="、".join(find_officer(act.session, officer).name for officer in (act.case.lead_officer_id, act.case.co_officer_id) if officer),
    ))
    document.state, act.case.status, act.case.served_on = SERVED, "EXECUTING", served_on
    proof = f"见证人{act.text('witness')}" if act.text("witness") else f"音像记录{act.text('recording')}"
    return Outcome(
        facts={"spot_refused": not signed}, events=(("decision_served", delivered),), also_present=_colleague(act),
        notes={"document": document.number}, computed={} if signed else {"spot_refused": f"{act.text('refused_note')}（{proof}）"},
    )


def spot_said(done: Sequence[Submission]) -> dict[str, Any]:
    """What the steps on the spot computed for the papers, by name; empty for every other case."""
    return {key: row.values[f"spot_{key}"] for row in done for key in SAID if row.values.get(f"spot_{key}")}


def _colleague(act: Act) -> tuple[str, ...]:
    return (act.case.co_officer_id,) if act.case.co_officer_id else ()
