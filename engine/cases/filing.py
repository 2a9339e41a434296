"""From lead to filing (案源与立案): registration, verification, proposal, approval, assignment, and the merged fast track."""

from __future__ import annotations

from typing import Any

from engine.cases.acts import Act, Outcome
from engine.cases.investigation import add_evidence
from engine.cases.limits import event_moment
from engine.cases.parties import Party, ServiceAddress, party_of
from engine.cases.submissions import latest
from engine.errors import Invalid, Unlawful
from engine.law import safeguards
from engine.law.limitation import Violation, found_on, limitation, require_in_time
from engine.registers import emergencies
from engine.registers.acting import require_may_act
from engine.registers.agencies import find_officer

FILE, NOT_FILE, RETURN = "FILE", "NOT_FILE", "RETURN"


def register_source(act: Act) -> Outcome:
    """Register the lead and the party (市场监督管理行政处罚程序规定 第十八条); starts the time for verification."""
    register_party(act)
    return Outcome(
        facts={"real_name": act.values["real_name"], "filing_result": "PENDING"},
        events=(("clue_received", act.values["received_at"]),),
    )


def check_item(act: Act) -> Outcome:
    """The item must be in force and held by the agency today, its basis examined and valid on the day of the violation."""
    case, item = act.case, act.case.item
    require_may_act(act.session, case.agency_code, item.code, act.today, acted_on=case.violation_to)
    safeguards.require_item(
        item_name=item.name, active=True, acting=True, basis_from=item.basis_from, basis_to=item.basis_to,
        violated_on=case.violation_to, excluded=item.excluded,
    )
    return Outcome()


def verify_clue(act: Act) -> Outcome:
    """Verify the lead on the spot; evidence taken lawfully before filing counts (程序规定 第二十三条)."""
    add_evidence(act, act.values["started_at"])
    _confirm_address(act)
    return Outcome(also_present=(act.text("co_officer"),))


def propose_filing(act: Act) -> Outcome:
    """Propose to file or not to file; filing needs all four conditions (程序规定 第十九条)."""
    conditions = ("has_evidence", "penalty_due", "own_jurisdiction", "within_limitation")
    _require_conditions(act, conditions)
    if act.values["proposal"] == FILE:
        require_limitation(act)
    return Outcome(facts={"filing_result": "PENDING"})


def review_filing(act: Act) -> Outcome:
    """The head of the handling unit agrees or sends the proposal back."""
    return Outcome(facts={"filing_result": RETURN if act.values["decision"] == RETURN else "PENDING"})


def approve_filing(act: Act) -> Outcome:
    """The head of the agency decides on filing (行政处罚法 第五十四条); filing starts the ninety days."""
    if act.values["decision"] == RETURN:
        return Outcome(facts={"filing_result": RETURN})
    proposal = _proposal(act)
    if proposal == NOT_FILE:
        act.case.status = "NOT_FILED"
        return Outcome(facts={"filing_result": NOT_FILE}, events=(("filing_decided", act.now),))
    return _file(act)


def assign_officers(act: Act) -> Outcome:
    """Name two officers with valid certificates who declare no conflict (行政处罚法 第四十二条、第四十三条)."""
    assign(act, act.text("lead_officer"), act.text("co_officer"))
    return Outcome(also_present=(act.text("lead_officer"), act.text("co_officer")))


def tell_complainant(act: Act) -> Outcome:
    """Tell a real-name reporter what was decided (市场监督管理投诉举报处理暂行办法 第三十一条)."""
    return Outcome(events=(("complainant_informed", act.values["told_at"]),))


def confirm_address(act: Act) -> Outcome:
    """The party confirms where and how documents reach it (行政处罚法 第六十一条)."""
    _confirm_address(act)
    return Outcome()


def check_emergency(act: Act) -> Outcome:
    """Whether a declared emergency covers the act by area, day and behaviour (行政处罚法 第四十九条)."""
    case = act.case
    violated_on = case.violation_to or act.today
    emergency = emergencies.covering(act.session, case.region_code, case.item_code, violated_on)
    case.emergency_number = emergency.number if emergency else None
    return Outcome(
        facts={"fast_track": emergency is not None, "emergency_ok": emergency is not None},
        notes={"emergency": emergency.number if emergency else "无有效的应急响应，转普通程序"},
    )


def open_combined(act: Act) -> Outcome:
    """Register, propose filing and name the officers in one step (行政处罚法 第四十九条; 粤府〔2023〕73号 第二十五条)."""
    check_item(act)
    emergency = emergencies.covering(act.session, act.case.region_code, act.case.item_code, act.values["violation_to"])
    if emergency is None:
        raise Unlawful(
            "emergency.not_covering", "违法行为发生时没有覆盖该地区和行为的应急响应，不得快速办理，请按普通程序办理",
            article="行政处罚法 第四十九条",
        )
    register_party(act)
    propose_filing(act)
    assign(act, act.actor.id, act.text("co_officer"))
    return Outcome(
        facts={"real_name": act.values["real_name"], "filing_result": "PENDING"},
        events=(("clue_received", act.values["received_at"]),), also_present=(act.text("co_officer"),),
    )


def approve_combined(act: Act) -> Outcome:
    """The merged approval of filing and of the officers; an oral approval is written down afterwards."""
    if act.values["decision"] == RETURN:
        return Outcome(facts={"filing_result": RETURN})
    if _proposal(act) == NOT_FILE:
        act.case.status = "NOT_FILED"
        return Outcome(facts={"filing_result": NOT_FILE}, events=(("filing_decided", act.now),))
    filed = _file(act)
    oral = act.values.get("oral_approval_at")
    extra = (("oral_approval_given", oral), ("written_record_made", act.now)) if oral else ()
    return Outcome(facts=filed.facts, events=(*filed.events, *extra))


def _file(act: Act) -> Outcome:
    act.case.status, act.case.filed_on = "FILED", act.today
    return Outcome(facts={"filing_result": FILE}, events=(("filing_decided", act.now), ("case_filed", act.now)))


def _proposal(act: Act) -> str:
    for step in ("propose_filing", "combined_open"):
        if submission := latest(act.session, act.case.id, step):
            return str(submission.values["proposal"])
    raise Unlawful("filing.no_proposal", "尚无立案建议，不得审批立案", article="行政处罚法 第五十四条")


def _require_conditions(act: Act, conditions: tuple[str, ...]) -> None:
    if act.values["proposal"] == FILE and not all(act.values[key] for key in conditions):
        raise Unlawful(
            "filing.conditions", "四项立案条件没有全部具备，不得建议立案",
            article="市场监督管理行政处罚程序规定 第十九条",
        )


def require_limitation(act: Act) -> None:
    """Found too late, a violation is not punished; five years only with harmful consequences (行政处罚法 第三十六条)."""
    began, ended = act.case.violation_from, act.case.violation_to
    if ended is None:
        return
    period = limitation(Violation(began or ended, ended), safety=act.case.item.safety, harm=bool(act.values.get("harmful")))
    clue = event_moment(act.session, act.case.id, "clue_received")
    found = found_on(act.rules.limitation_found_by, clue_on=clue.date() if clue else None, filed_on=act.today)
    require_in_time(period, found)


def assign(act: Act, lead: str, co_officer: str) -> None:
    """Two certified officers of the agency handle the case (行政处罚法 第四十二条)."""
    people = [find_officer(act.session, officer) for officer in (lead, co_officer)]
    if strangers := [person.name for person in people if person.agency_code != act.case.agency_code]:
        raise Invalid("officer.other_agency", f"“{strangers[0]}”不是本执法主体的人员")
    safeguards.require_two_officers(
        [safeguards.OfficerOnDuty(person.id, person.name, person.certified_on(act.today)) for person in people]
    )
    act.case.lead_officer_id, act.case.co_officer_id = lead, co_officer


def register_party(act: Act) -> None:
    """Register the party and the violation; registered before, by a case that came from the summary procedure, they are corrected."""
    values, case = act.values, act.case
    if values["violation_from"] > values["violation_to"]:
        raise Invalid("violation.dates", "违法行为的开始日期不得晚于结束日期")
    case.violation_from, case.violation_to = values["violation_from"], values["violation_to"]
    case.violation_place, case.keep_secret = act.text("violation_place"), bool(values.get("keep_secret"))
    case.title = f"{act.text('party_name')}涉嫌{case.item.cause}案"
    known = party_of(act.session, case.id) or Party(case_id=case.id)
    known.type, known.name, known.code = act.text("party_type"), act.text("party_name"), act.text("party_code")
    known.identity_number, known.legal_representative = act.text("party_identity_number"), act.text("legal_representative")
    known.legal_representative_identity_number = act.text("legal_representative_identity_number")
    known.address, known.phone = act.text("party_address"), act.text("party_phone")
    act.session.add(known)
    act.session.flush()


def _confirm_address(act: Act) -> None:
    values: Any = act.values
    act.case.electronic_consent = bool(values["electronic_consent"])
    act.session.add(
        ServiceAddress(
            case_id=act.case.id, address=act.text("address"), recipient=act.text("recipient"),
            recipient_phone=act.text("recipient_phone"), electronic_consent=bool(values["electronic_consent"]),
            electronic_channel=act.text("electronic_channel"), electronic_address=act.text("electronic_address"),
            confirmed_at=act.now,
        )
    )
