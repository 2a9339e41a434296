"""Collective discussion, refund order, approval and decision (集体讨论、责令退款、审批、决定)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.cases.acts import Act, Outcome
from engine.cases.evidence import ACCEPTED, evidence_of
from engine.cases.investigation import read_penalties
from engine.cases.penalties import DECIDED, NOTICED, PROPOSED, add_round, penalties
from engine.cases.submissions import latest
from engine.cases.weighing import weigh
from engine.errors import Invalid, Unlawful
from engine.law import penalties as penalty_law
from engine.law import safeguards
from engine.registers.acting import require_decidable
from engine.registers.agencies import find_officer, seal_of

RETURN = "RETURN"


def discuss(act: Act) -> Outcome:
    """The heads discuss together; investigators report but do not vote (行政处罚法 第五十七条第二款)."""
    attendees = [str(officer) for officer in act.values["attendees"]]
    minimum = act.rules.panel_minimum
    if len(set(attendees)) < minimum:
        raise Unlawful(
            "panel.too_few", f"集体讨论应当至少有 {minimum} 名负责人参加", article="行政处罚法 第五十七条第二款"
        )
    for officer in attendees:
        safeguards.require_separation("COLLECTIVE", officer, act.case.investigators)
        if find_officer(act.session, officer).agency_code != act.case.agency_code:
            raise Invalid("panel.other_agency", "参加集体讨论的应当是本机关负责人")
    facts: dict[str, Any] = {}
    computed: Mapping[str, Any] = {}
    if act.values.get("penalties") or act.values.get("tier"):
        if act.text("tier") == "T0":
            raise Invalid("panel.no_penalty", "集体讨论认为应当不予处罚的，请在审批处理决定时退回，由办案人员重新提出处理意见")
        revised = tuple(read_penalties(act.values.get("penalties"))) or penalties(act.session, act.case.id, PROPOSED)
        computed = _reweighed(act, revised)
        add_round(act.session, act.case.id, PROPOSED, revised, act.now)
        facts = {
            "renotice": bool(penalty_law.not_heavier(penalties(act.session, act.case.id, NOTICED), revised)),
            "property_pending": any(item.kind == "CONFISCATE_GOODS" for item in revised),
        }
    present = (*attendees, *(act.values.get("observers") or ()))
    return Outcome(facts=facts, also_present=tuple(str(officer) for officer in present), computed=computed)


def _reweighed(act: Act, revised: tuple[penalty_law.ProposedPenalty, ...]) -> Mapping[str, Any]:
    """What the standard says after what has changed since the report; the heads are bound by it too (第三十四条)."""
    report = latest(act.session, act.case.id, "investigation_report")
    if report is None:
        raise Unlawful("sequence.no_report", "尚未撰写调查终结报告", article="行政处罚法 第五十七条第一款")
    changed = {key: value for key, value in act.values.items() if value not in (None, "", [])}
    before = {key: value for key, value in report.values.items() if key != "deviation_reason" or "tier" not in changed}
    return weigh(act, penalty_law.total(revised, "FINE"), {**before, **changed}).computed


def order_refund(act: Act) -> Outcome:
    """Order the overcharged price to be refunded before the decision (价格违法行为行政处罚规定 第十六条)."""
    if act.money("overcharged") <= 0:
        raise Invalid("refund.amount", "责令退还的多收价款应当大于零")
    return Outcome()


def record_refund(act: Act) -> Outcome:
    """Record what was refunded; the rest becomes confiscated gains (价格违法行为行政处罚规定 第十六条)."""
    ordered = latest(act.session, act.case.id, "order_refund")
    total = act.money("refunded") + act.money("unrefunded")
    if ordered is None or total != ordered.values["overcharged"]:
        raise Invalid("refund.total", "已退还与未退还金额之和应当等于责令退还的多收价款")
    rest = act.money("unrefunded")
    revised = tuple(
        penalty_law.ProposedPenalty(item.kind, rest, item.detail) if item.kind == "CONFISCATE_GAIN" else item
        for item in penalties(act.session, act.case.id, PROPOSED) if item.kind != "CONFISCATE_GAIN" or rest > 0
    )
    add_round(act.session, act.case.id, PROPOSED, revised, act.now)
    return Outcome(facts={"overcharged": False}, events=(("refund_deadline_or_done", act.values["completed_at"]),))


def approve_decision(act: Act) -> Outcome:
    """The head of the agency decides (行政处罚法 第五十七条); only accepted evidence may carry the decision."""
    safeguards.require_accepted_evidence(
        sum(1 for row in evidence_of(act.session, act.case.id) if row.status == ACCEPTED)
    )
    return Outcome(facts={"decision_result": act.values["decision"]})


def decide(act: Act) -> Outcome:
    """Make the decision: nothing beyond the notice, and the right remedies (行政处罚法 第四十四条、第四十五条、第五十九条)."""
    require_decidable(act.session, act.case.agency_code, act.case.item_code, act.case.violation_to, act.today)
    noticed = penalties(act.session, act.case.id, NOTICED)
    final = penalties(act.session, act.case.id, PROPOSED)
    if reasons := penalty_law.not_heavier(noticed, final):
        raise Unlawful(
            "decision.heavier", f"拟作出的决定超出事先告知的内容：{'；'.join(reasons)}，应当重新告知",
            article="行政处罚法 第四十四条、第四十五条",
        )
    if bool(act.values["reconsideration_first"]) != act.case.item.reconsideration_first:
        expected = "应当先申请行政复议" if act.case.item.reconsideration_first else "不属于复议前置"
        raise Unlawful(
            "decision.remedy", f"救济途径有误：对“{act.case.item.name}”不服的，{expected}",
            article="行政处罚法 第五十九条; 行政复议法 第二十三条",
        )
    add_round(act.session, act.case.id, DECIDED, final, act.now)
    act.case.status, act.case.decided_on = "DECIDED", act.today
    due = sum((item.amount or Decimal(0) for item in final if item.kind in {"FINE", "CONFISCATE_GAIN"}), Decimal(0))
    return Outcome(
        facts={
            "paid": due == 0, "penalty": bool(final),
            "property_pending": any(item.kind == "CONFISCATE_GOODS" for item in final),
        },
        events=(("decision_made", act.now),),
    )


def approve_seal(act: Act) -> Outcome:
    """Allow the agency's seal to be used: only a registered and valid one (粤府〔2023〕73号 第二十七条)."""
    seal = seal_of(act.session, act.case.agency_code)
    safeguards.require_seal(
        registered=bool(seal and seal.police_filing and seal.platform_filing),
        valid=bool(seal and seal.valid_from <= act.today <= seal.valid_to),
    )
    return Outcome(notes={"seal": seal.number if seal else ""})
