"""Investigation (调查取证): what is taken as evidence, how it is reviewed, and the closing report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.cases.acts import Act, Outcome
from engine.cases.earlier_fines import earlier_fines, require_judged, warning
from engine.cases.evidence import COLLECTED, Evidence, EvidenceReview, evidence_of, next_number
from engine.cases.parties import known_party
from engine.cases.penalties import PROPOSED, add_round
from engine.cases.weighing import weigh
from engine.errors import Fault, Invalid
from engine.law.penalties import ProposedPenalty, hearing_right, is_major, total
from engine.registers.standards import require_named_applicable

AGREE, RETURN = "AGREE", "RETURN"


def choose_act(act: Act) -> Outcome:
    """The lead officer chooses the next act of investigation, or ends it."""
    act.case.status = "INVESTIGATING"
    return Outcome(facts={"next_act": act.values["next_act"]})


def collect_evidence(act: Act) -> Outcome:
    """Take evidence by inspection, interview or extraction (行政处罚法 第四十六条、第五十五条)."""
    when = act.values.get("started_at") or act.values.get("extracted_at") or act.now
    numbers = add_evidence(act, when)
    return Outcome(also_present=(act.text("co_officer"),), notes={"evidence": numbers})


def add_evidence(act: Act, when: datetime) -> list[str]:
    """Write the evidence rows of a form; the numbers given are returned."""
    numbers = []
    for offset, row in enumerate(act.values.get("evidence") or (), start=next_number(act.session, act.case.id)):
        number = f"ZJ{offset:03d}"
        act.session.add(
            Evidence(
                case_id=act.case.id, number=number, type=row["type"], name=row["name"], source=row["source"],
                original=row["original"], purpose=row["purpose"], collected_at=when, collected_by=act.actor.id,
            )
        )
        numbers.append(number)
    act.session.flush()
    return numbers


def order_correction(act: Act) -> Outcome:
    """Order the party to correct the violation (行政处罚法 第二十八条)."""
    return Outcome(notes={"deadline": act.values["deadline"]})


def review_evidence(act: Act) -> Outcome:
    """Review relevance, legality and authenticity of every piece (粤府〔2023〕73号 第二十六条)."""
    known = {row.number: row for row in evidence_of(act.session, act.case.id)}
    faults = _review_faults(act.values["reviews"], set(known), {n for n, r in known.items() if r.status == COLLECTED})
    if faults:
        raise Invalid("evidence.review", faults[0].message, faults=tuple(faults))
    for row in act.values["reviews"]:
        act.session.add(
            EvidenceReview(
                evidence_id=known[row["evidence_number"]].id, relevance=row["relevance"], legality=row["legality"],
                authenticity=row["authenticity"], reason=row.get("reason") or "", reviewer_id=act.actor.id, at=act.now,
            )
        )
    act.session.flush()
    for evidence in known.values():
        act.session.refresh(evidence, ["reviews"])
    return Outcome()


def _review_faults(rows: list[dict[str, Any]], known: set[str], waiting: set[str]) -> list[Fault]:
    faults, seen = [], set[str]()
    for position, row in enumerate(rows):
        where, number = f"reviews[{position}]", row["evidence_number"]
        if number not in known:
            faults.append(Fault(f"{where}.evidence_number", "evidence.unknown", f"本案没有编号为“{number}”的证据"))
        if number in seen:
            faults.append(Fault(f"{where}.evidence_number", "evidence.twice", f"证据“{number}”填写了两次"))
        excluded = not (row["relevance"] and row["legality"] and row["authenticity"])
        if excluded and not row.get("reason"):
            message = f"证据“{number}”不具备全部三性，应当写明排除的理由（粤府〔2023〕73号 第二十六条）"
            faults.append(Fault(f"{where}.reason", "evidence.reason", message))
        seen.add(number)
    faults += [
        Fault("reviews", "evidence.unreviewed", f"证据“{number}”尚未审查") for number in sorted(waiting - seen)
    ]
    return faults


def report(act: Act) -> Outcome:
    """Report the facts, the tier of discretion and the penalties proposed (行政处罚法 第五十七条)."""
    proposed = tuple(read_penalties(act.values.get("penalties")))
    require_named_applicable(
        act.session, act.case.item_code, act.text("discretion_standard"), act.case.violation_to or act.today, act.today
    )
    fines = earlier_fines(act.session, act.case)
    if total(proposed, "FINE") > 0:
        require_judged(fines, same_act=act.values.get("same_act"))
    weighed = weigh(act, total(proposed, "FINE"), act.values)
    add_round(act.session, act.case.id, PROPOSED, proposed, act.now)
    ready = (("review_materials_received", act.now),) if act.facts.get("fast_track") else ()
    computed = {**weighed.computed, "earlier_fines": warning(fines)}
    return Outcome(facts=assess(act, proposed, deviates=weighed.deviates), events=ready, computed=computed)


def report_opinion(act: Act) -> Outcome:
    """The head of the handling unit agrees with the report or sends it back (程序规定 第四十八条)."""
    agreed = act.values["decision"] == AGREE
    if agreed:
        act.case.status = "REVIEWING"
    ready = (("review_materials_received", act.now),) if agreed else ()
    return Outcome(facts={"report_result": act.values["decision"]}, events=ready)


def read_penalties(rows: list[dict[str, Any]] | None) -> list[ProposedPenalty]:
    """The penalties of a form group as values of the law."""
    return [
        ProposedPenalty(kind=row["kind"], amount=row.get("amount"), detail=row.get("detail") or "") for row in rows or ()
    ]


def assess(act: Act, proposed: tuple[ProposedPenalty, ...], *, deviates: bool) -> dict[str, Any]:
    """The legal triggers that follow from the report; they are computed, never chosen (行政处罚法 第五十七条、五十八条、六十三条)."""
    triggers = tuple(act.values.get("legal_review_triggers") or ())
    limits, party_type = act.rules.thresholds(), known_party(act.session, act.case.id).type
    overcharged = act.money("overcharged")
    return {
        "penalty": bool(proposed), "hearing_right": bool(hearing_right(proposed, party_type, limits)),
        "legal_review_required": bool(triggers),
        "major": is_major(
            proposed, triggers, hearing_held=False, thresholds=limits, party_type=party_type, tier=act.text("tier"),
            deviates=deviates,
        ),
        "overcharged": bool(act.case.item.refund_ordered and overcharged > 0),
        "property_pending": any(item.kind == "CONFISCATE_GOODS" for item in proposed), "report_result": "",
    }

