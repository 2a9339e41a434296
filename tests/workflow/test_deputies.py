"""代理: a deputy sees the absent officer's tasks and takes them under his own name; the law looks at both persons."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete

from engine import journal
from engine.clock import LEGAL_TIME_ZONE
from engine.errors import Invalid, NotPermitted, Unlawful
from engine.registers.absences import absences_of, acting_for
from engine.registers.agencies import Officer, OfficerRole
from engine.registers.recording import change
from engine.workflow.tasks import open_items
from processes.case_lists import visible_cases
from processes.deputising import end_absence, state_absence
from processes.eligibility import require_may_take_part
from processes.host import Host
from processes.staying import ask_to_stop, decide_to_stop
from processes.viewing import view_case
from tests.builders import CaseBuilder
from tests.workflow.cases import HEAD, HEAD_OF_UNIT, LEAD, OTHER, REVIEWER, acts, open_item
from tests.workflow.conftest import At

CHIEF, LEGAL, PUBLICIST, CLERK = "YJWH0001", "YJWH0202", "YJWH0302", "YJWH0304"


def away(host: Host, officer: str, deputy: str, *roles: str, by: str = "", days: int = 9) -> str:
    first = host.clock.now().date()
    return state_absence(host, by or officer, officer, deputy, roles, first, first + timedelta(days=days), "外出")


def has_role(host: Host, officer: str, role: str) -> None:
    with host.database.writing() as session:
        session.add(OfficerRole(officer_id=officer, role=role))


def to_do(case: CaseBuilder, officer: str) -> list[str]:
    with case.host.database.reading() as session:
        person = session.get_one(Officer, officer)
        return [item.step for item in open_items(session, person, acting_for(session, person, case.clock.now()))]


def sees(case: CaseBuilder, officer: str) -> bool:
    with case.host.database.reading() as session:
        person = session.get_one(Officer, officer)
        listed = bool(visible_cases(session, person, case.clock.now()).rows)
    try:
        with case.host.database.reading() as session:
            view_case(case.host, session, case.case_id, person)
    except NotPermitted:
        assert not listed
        return False
    assert listed
    return True


def test_a_deputy_acts_under_his_own_name_and_only_while_it_lasts(at: At) -> None:
    case = at("review_filing")
    case.clock.set(case.script.steps[case.position].at)
    assert (to_do(case, PUBLICIST), sees(case, PUBLICIST)) == ([], False)
    away(case.host, HEAD_OF_UNIT, PUBLICIST, "handling_unit_head", days=30)
    assert (to_do(case, PUBLICIST), sees(case, PUBLICIST)) == (["review_filing"], True)
    case.take(actor=PUBLICIST)
    told = next(facts for act, facts in reversed(acts(case)) if act == "step.completed")
    assert told["acting_for"] == HEAD_OF_UNIT
    case.until("assign_officers")
    last = case.clock.now().astimezone(LEGAL_TIME_ZONE).replace(hour=9) + timedelta(days=31)
    case.clock.set(last)
    with pytest.raises(NotPermitted, match="角色"):
        case.attempt("assign_officers", actor=PUBLICIST)
    assert to_do(case, PUBLICIST) == []


def test_who_is_back_takes_his_steps_himself_again(at: At) -> None:
    case = at("review_filing")
    key = away(case.host, HEAD_OF_UNIT, OTHER, "handling_unit_head")
    with pytest.raises(NotPermitted, match="无权终止"):
        end_absence(case.host, REVIEWER, key)
    end_absence(case.host, HEAD_OF_UNIT, key)
    with case.host.database.reading() as session:
        assert absences_of(session, HEAD_OF_UNIT, case.clock.now().date()) == []
    with pytest.raises(NotPermitted, match="角色"):
        case.attempt("review_filing", actor=OTHER)
    case.take()


def test_who_may_say_that_somebody_is_away(at: At) -> None:
    case = at("review_filing")
    host, today = case.host, case.clock.now().date()
    with pytest.raises(NotPermitted, match="只有本人或者本机关负责人"):
        away(host, HEAD_OF_UNIT, LEAD, "handling_unit_head", by=LEAD)
    with pytest.raises(Invalid, match="没有角色"):
        away(host, HEAD_OF_UNIT, OTHER, "agency_head")
    with pytest.raises(Invalid, match="同一执法主体"):
        away(host, HEAD_OF_UNIT, "YJ000101", "handling_unit_head")
    with pytest.raises(Invalid, match="起始日期"):
        state_absence(host, HEAD_OF_UNIT, HEAD_OF_UNIT, OTHER, ["handling_unit_head"], today - timedelta(days=1), today, "补登")
    away(host, HEAD_OF_UNIT, OTHER, "handling_unit_head", by=CHIEF)
    with host.database.reading() as session:
        told = [(entry.act, entry.actor_id) for entry in journal.entries(session, journal.NO_CASE)]
    assert told.count(("absence.refused", HEAD_OF_UNIT)) == 3
    assert told[-1] == ("registers.recorded", CHIEF)


@pytest.mark.rule("INV-A08")
def test_a_deputy_is_bound_by_the_separation_of_duties_and_so_is_whom_he_stands_in_for(at: At) -> None:
    case = at("case_review")
    with case.host.database.writing() as session:
        change(session, "officer", OTHER, {"roles": ["lead_officer", "co_officer", "case_reviewer"]}, actor=CHIEF, at=case.clock.now(), reason="测试")
    away(case.host, REVIEWER, LEAD, "case_reviewer")
    away(case.host, OTHER, PUBLICIST, "case_reviewer")
    for actor in (LEAD, OTHER):  # an investigator as deputy; an investigator himself
        with pytest.raises(Unlawful, match="审裁分离"):
            case.attempt("case_review", actor=actor)
    end_absence(case.host, REVIEWER, f"{LEAD}|{REVIEWER}")
    with pytest.raises(Unlawful, match="审裁分离"):  # a deputy of an investigator
        case.attempt("case_review", actor=PUBLICIST)


@pytest.mark.rule("INV-A08")
def test_what_a_deputy_has_done_counts_for_both_in_what_follows(at: At) -> None:
    case = at("case_review")
    away(case.host, REVIEWER, LEGAL, "case_reviewer")
    case.take(actor=LEGAL)
    with case.host.database.reading() as session:
        item = next(row for row in case.open_items())
        bundle = case.host.bundle(session, item.case.release_digest)
        node = next(procedure.nodes["decision_approval"] for procedure in bundle.procedures.values() if "decision_approval" in procedure.nodes)
        for person in (LEGAL, REVIEWER):
            with pytest.raises(Unlawful, match="审核与决定分离"):
                require_may_take_part(session, session.merge(item.case, load=False), node, session.get_one(Officer, person))
    for person in (LEGAL, REVIEWER):
        has_role(case.host, person, "agency_head")
        case.until("decision_approval")
        with pytest.raises(Unlawful, match="审核与决定分离"):
            case.attempt("decision_approval", actor=person)
        with case.host.database.writing() as session:
            session.execute(delete(OfficerRole).where(OfficerRole.officer_id == person, OfficerRole.role == "agency_head"))


def test_a_deputy_of_the_head_approves_a_stay_but_not_for_who_asked(at: At) -> None:
    case = at("choose_act")
    away(case.host, HEAD, PUBLICIST, "agency_head")
    asked = ask_to_stop(case.host, case.case_id, LEAD, "stay", "FORCE_MAJEURE", "台风")
    with pytest.raises(NotPermitted, match="负责人批准"):
        decide_to_stop(case.host, asked, CLERK, "同意", approve=True)
    decide_to_stop(case.host, asked, PUBLICIST, "同意", approve=True)
    told = next(facts for act, facts in reversed(acts(case)) if act == "case.stay_approved")
    assert told["acting_for"] == HEAD


def test_an_absence_that_is_to_come_is_listed_and_acts_on_its_first_day(at: At) -> None:
    case = at("review_filing")
    first = case.clock.now().date() + timedelta(days=3)
    state_absence(case.host, HEAD_OF_UNIT, HEAD_OF_UNIT, OTHER, ["handling_unit_head"], first, first, "培训")
    with case.host.database.reading() as session:
        (coming,) = absences_of(session, OTHER, case.clock.now().date())
    assert (coming.first, coming.last, coming.role_names) == (first, first, "办案机构负责人")
    assert isinstance(coming.first, date)
    assert "review_filing" not in to_do(case, OTHER)
    case.clock.set(case.clock.now() + timedelta(days=3))
    assert "review_filing" in to_do(case, OTHER)
    assert open_item(case, "review_filing")
