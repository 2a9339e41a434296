"""终止: an investigation that cannot go on ends on the head's approval, and the case is closed and archived."""

from __future__ import annotations

import pytest

from engine.cases.cases import find_case
from engine.cases.document_records import documents_of
from engine.cases.limits import limits_of
from engine.cases.stays import STAY, TERMINATION, stays_of
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful
from engine.registers.agencies import find_officer
from engine.workflow import instances
from engine.workflow.opinions import BEFORE, asked_of
from processes.consulting import consult
from processes.messaging import receive
from processes.rehearsing import rehearse
from processes.routing import return_targets
from processes.running import advance, complete_by_step
from processes.staying import APPROVED_TERMINATION, ask_to_stop, decide_to_stop
from tests.builders import EMERGENCY, ORDINARY, CaseBuilder
from tests.workflow.cases import HEAD, HEAD_OF_UNIT, LEAD, OTHER, open_item, send_back
from tests.workflow.conftest import At

CHIEF, PUBLICIST = "YJWH0001", "YJWH0302"
CLOSING = {"close_reason": "TERMINATED", "execution_state": "无", "property_state": "无", "publicity_state": "不公示"}


def terminated(case: CaseBuilder) -> CaseBuilder:
    asked = ask_to_stop(case.host, case.case_id, LEAD, TERMINATION, "ENTITY_ENDED", "当事人已注销且无承受人")
    decide_to_stop(case.host, asked, HEAD, "同意终止", approve=True)
    rehearse(case.host, case.case_id)
    return case


def status(case: CaseBuilder) -> str:
    with case.host.database.reading() as session:
        return find_case(session, case.case_id).status


def take(case: CaseBuilder, step: str, actor: str, **form: object) -> None:
    complete_by_step(case.host, case.case_id, step, actor, form)
    rehearse(case.host, case.case_id)


@pytest.mark.parametrize("name", [ORDINARY, EMERGENCY])
@pytest.mark.rule("TL_CLOSE")
def test_a_terminated_case_is_closed_and_archived(at: At, name: str) -> None:
    case = at("choose_act", name)
    consult(case.host, open_item(case, "choose_act"), LEAD, [OTHER], BEFORE, "怎么看")
    terminated(case)
    assert status(case) == "TERMINATED"
    assert "propose_closing" in case.open_steps()
    assert "choose_act" not in case.open_steps()
    with case.host.database.reading() as session:
        assert asked_of(session, OTHER) == []
        running = {row.limit_id for row in limits_of(session, case.case_id) if row.ended_at is None}
    assert running <= {"TL_CLOSE", "TL_SAMR_REPORT_TELL"}
    assert "TL_CLOSE" in running
    with pytest.raises(Unlawful, match="以“终止调查”结案") as caught:
        take(case, "propose_closing", LEAD, **{**CLOSING, "close_reason": "DONE"})
    assert "第七十七条第三项" in caught.value.article
    take(case, "propose_closing", LEAD, **CLOSING)
    send_back(case, "approve_closing", "propose_closing", HEAD, "没有写明注销日期")
    take(case, "propose_closing", LEAD, **CLOSING)
    take(case, "approve_closing", HEAD, decision="AGREE", opinion="同意结案")
    assert status(case) == "CLOSED"
    take(case, "archive_case", "YJWH0303", archive_number="2026-0009", retention="Y30", note="本卷材料齐全", checker="石岩")
    if "tell_complainant" in case.open_steps():
        case.attempt("tell_complainant")
    assert status(case) == "ARCHIVED"
    with case.host.database.reading() as session:
        kinds = [row.kind for row in documents_of(session, case.case_id)]
        live = instances.find(session, case.case_id)
    assert {"DOC-53", "DOC-54", "DOC-55", "DOC-56"} <= set(kinds)
    assert "DOC-45" not in kinds
    assert live.completed


def test_who_asks_and_who_approves(at: At) -> None:
    case = at("choose_act")
    with pytest.raises(NotPermitted, match="办案"):
        ask_to_stop(case.host, case.case_id, PUBLICIST, TERMINATION, "ENTITY_ENDED", "已注销")
    asked = ask_to_stop(case.host, case.case_id, LEAD, TERMINATION, "ENTITY_ENDED", "当事人已注销且无承受人")
    with pytest.raises(NotPermitted, match="负责人批准"):
        decide_to_stop(case.host, asked, HEAD_OF_UNIT, "同意", approve=True)
    with pytest.raises(Invalid, match="理由"):
        decide_to_stop(case.host, asked, HEAD, "", approve=False)
    decide_to_stop(case.host, asked, HEAD, "同意终止", approve=True)
    with pytest.raises(Conflict, match="已经审批"):
        decide_to_stop(case.host, asked, CHIEF, "再批一次", approve=True)
    with pytest.raises((Conflict, Unlawful)):
        case.attempt("choose_act")


def test_nobody_goes_back_into_what_was_terminated(at: At) -> None:
    case = terminated(at("choose_act"))
    with case.host.database.reading() as session:
        waiting = next(row for row in case.open_items() if row.step == "propose_closing")
        assert return_targets(case.host, session, session.merge(waiting)) == []


def test_a_stayed_case_can_be_terminated(at: At) -> None:
    case = at("choose_act")
    decide_to_stop(case.host, ask_to_stop(case.host, case.case_id, LEAD, STAY, "PARTY_MISSING", "下落不明"), HEAD, "同意", approve=True)
    terminated(case)
    with case.host.database.reading() as session:
        assert [row.state for row in stays_of(session, case.case_id)] == ["lifted", "approved"]
    take(case, "propose_closing", LEAD, **CLOSING)


def test_the_message_alone_terminates_nothing(at: At) -> None:
    case = at("choose_act")
    with pytest.raises(Conflict, match="不等待"):
        receive(case.host, case.case_id, LEAD, APPROVED_TERMINATION, "伪造")
    asked = ask_to_stop(case.host, case.case_id, LEAD, TERMINATION, "OTHER", "不想办了")
    decide_to_stop(case.host, asked, HEAD, "不同意", approve=False)
    with case.host.database.writing() as session:
        found = find_case(session, case.case_id)
        bundle = case.host.bundle(session, found.release_digest)
        live = instances.load(session, case.case_id, bundle.blueprints[found.procedure])
        assert live.deliver(APPROVED_TERMINATION)
        with pytest.raises(Unlawful, match="没有经过本机关负责人批准"):
            advance(case.host, session, bundle, found, live, find_officer(session, HEAD), case.clock.now())
        session.rollback()
    assert "choose_act" in case.open_steps()
    assert status(case) != "TERMINATED"


def test_what_is_noticed_or_decided_is_not_terminated_but_first_returned(at: At) -> None:
    case = at("register_defence")
    with pytest.raises(Unlawful, match="退回调查之后终止") as caught:
        ask_to_stop(case.host, case.case_id, LEAD, TERMINATION, "PERSON_DIED", "死亡")
    assert "第四十七条" in caught.value.article
    with case.host.database.reading() as session:
        assert stays_of(session, case.case_id) == []
