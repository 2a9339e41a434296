"""转办: to whom a step may be given, by whom, and that duties stay separate."""

from __future__ import annotations

from datetime import date

import pytest

from engine.cases.cases import find_case
from engine.errors import Invalid, NotPermitted, Unlawful
from engine.registers.agencies import Officer, OfficerRole
from processes.routing import hand_over
from tests.builders import CaseBuilder
from tests.workflow.cases import (
    HEAD,
    HEAD_OF_UNIT,
    LEAD,
    OTHER,
    REVIEWER,
    acts,
    open_item,
)
from tests.workflow.conftest import At


def test_a_step_is_handed_over_to_a_colleague(at: At) -> None:
    case = at("case_review")
    host = case.host
    with host.database.writing() as session:
        session.add(OfficerRole(officer_id="YJWH0202", role="case_reviewer"))
    hand_over(host, open_item(case, "case_review"), REVIEWER, "YJWH0202", "出差")
    with pytest.raises(NotPermitted, match="他人"):
        case.attempt("case_review")
    case.take(actor="YJWH0202")
    assert case.open_steps() == ["approve_notice"]
    told = next(facts for act, facts in acts(case) if act == "step.handed_over")
    assert (told["to"], told["reason"]) == ("YJWH0202", "出差")


@pytest.mark.rule("INV-A08")
def test_no_step_is_handed_to_who_may_not_take_it(at: At) -> None:
    case = at("case_review")
    host = case.host
    with host.database.writing() as session:
        for officer, role in ((OTHER, "case_reviewer"), (REVIEWER, "agency_head")):
            session.add(OfficerRole(officer_id=officer, role=role))
    review = open_item(case, "case_review")
    with pytest.raises(Unlawful, match="审裁分离"):
        hand_over(host, review, REVIEWER, OTHER, "忙")
    with pytest.raises(NotPermitted, match="角色"):
        hand_over(host, review, REVIEWER, "YJWH0304", "忙")
    with pytest.raises(NotPermitted, match="不是本执法主体"):
        hand_over(host, review, REVIEWER, "YJ000101", "忙")
    with pytest.raises(Invalid, match="理由"):
        hand_over(host, review, HEAD, REVIEWER, " ")
    case.take()
    with pytest.raises(Unlawful, match="审核与决定分离"):
        _decision(case)


def _decision(case: CaseBuilder) -> None:
    case.until("decision_approval")
    hand_over(case.host, open_item(case, "decision_approval"), HEAD, REVIEWER, "忙")


@pytest.mark.rule("R-GD-13-3")
def test_only_a_head_names_a_new_lead_officer_and_only_a_certified_one(at: At) -> None:
    case = at("interview")
    host = case.host
    with host.database.writing() as session:
        session.add(OfficerRole(officer_id="YJWH0003", role="lead_officer"))
    item = open_item(case, "interview")
    with pytest.raises(NotPermitted, match="负责人"):
        hand_over(host, item, LEAD, "YJWH0003", "调离")
    with host.database.writing() as session:
        session.get_one(Officer, "YJWH0003").certificate_to = date(2026, 3, 1)
    with pytest.raises(Unlawful, match="执法证件"):
        hand_over(host, item, HEAD_OF_UNIT, "YJWH0003", "调离")
    with host.database.writing() as session:
        session.get_one(Officer, "YJWH0003").certificate_to = date(2028, 3, 1)
    hand_over(host, item, HEAD_OF_UNIT, "YJWH0003", "调离")
    with host.database.reading() as session:
        assert find_case(session, case.case_id).lead_officer_id == "YJWH0003"


@pytest.mark.rule("INV-A08")
def test_who_has_investigated_stays_an_investigator_after_handing_over(at: At) -> None:
    case = at("investigation_report")
    host = case.host
    with host.database.writing() as session:
        session.add(OfficerRole(officer_id="YJWH0003", role="lead_officer"))
        session.add(OfficerRole(officer_id=LEAD, role="case_reviewer"))
    hand_over(host, open_item(case, "investigation_report"), HEAD_OF_UNIT, "YJWH0003", "调离")
    case.take(actor="YJWH0003")
    case.until("case_review")
    with pytest.raises(Unlawful, match="审裁分离"):
        case.attempt("case_review", actor=LEAD)
