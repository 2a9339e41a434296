"""加签、会签、代理、挂起、恢复、终止: who may be asked, what a step waits for, and how the clocks stop."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from engine.cases.limits import limits_of
from engine.cases.stays import STAY, TERMINATION, stays_of
from engine.clock import LEGAL_TIME_ZONE
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful
from engine.workflow.opinions import AFTER, ALL, ANY, BEFORE, COUNTERSIGN, QUORUM, asked_of, consultations_of
from engine.workflow.tasks import OPEN, items_of_case
from processes.consulting import answer, consult
from processes.host import Host
from processes.staying import ask_to_stop, decide_to_stop, resume
from processes.timing import fire_due
from tests.builders import CaseBuilder
from tests.workflow.cases import HEAD, HEAD_OF_UNIT, LEAD, REVIEWER, acts, done_item, open_item, send_back
from tests.workflow.conftest import At

CHIEF, LEGAL, PUBLICIST = "YJWH0001", "YJWH0202", "YJWH0302"


def asked(host: Host, officer: str) -> list[int]:
    with host.database.reading() as session:
        return [row.id for row in asked_of(session, officer)]


def outcome(case: CaseBuilder) -> str:
    with case.host.database.reading() as session:
        return consultations_of(session, case.case_id)[-1].state


def test_a_step_waits_for_the_opinion_that_was_asked_beforehand(at: At) -> None:
    case = at("case_review")
    consult(case.host, open_item(case, "case_review"), REVIEWER, [LEGAL], BEFORE, "定性是否准确")
    with pytest.raises(Conflict, match="等待顾明湛"):
        case.attempt("case_review")
    (opinion,) = asked(case.host, LEGAL)
    with pytest.raises(NotPermitted):
        answer(case.host, opinion, HEAD_OF_UNIT, "替他答")
    with pytest.raises(Invalid, match="写明意见"):
        answer(case.host, opinion, LEGAL, " ")
    answer(case.host, opinion, LEGAL, "定性准确")
    with pytest.raises(Conflict, match="已经提出"):
        answer(case.host, opinion, LEGAL, "又想了想")
    case.take()
    told = [(act, facts["text"]) for act, facts in acts(case) if act == "opinion.given"]
    assert told == [("opinion.given", "定性准确")]


def test_an_opinion_asked_afterwards_is_recorded_and_stops_nothing(at: At) -> None:
    case = at("case_review")
    case.take()
    item = done_item(case, "case_review")
    with pytest.raises(NotPermitted, match="办理该环节的人员"):
        consult(case.host, item, LEAD, [LEGAL], AFTER, "请把关")
    consult(case.host, item, REVIEWER, [LEGAL], AFTER, "请把关")
    case.take()
    answer(case.host, asked(case.host, LEGAL)[0], LEGAL, "同意审核意见")
    assert outcome(case) == "passed"


def test_an_opinion_for_afterwards_can_be_asked_beforehand_and_is_answered_when_the_step_is_done(at: At) -> None:
    case = at("case_review")
    consult(case.host, open_item(case, "case_review"), REVIEWER, [LEGAL], AFTER, "请把关")
    with case.host.database.reading() as session:
        opinion = consultations_of(session, case.case_id)[-1].opinions[0].id
    assert asked(case.host, LEGAL) == []
    with pytest.raises(Conflict, match="尚未办结"):
        answer(case.host, opinion, LEGAL, "早了")
    case.take()
    assert asked(case.host, LEGAL) == [opinion]
    answer(case.host, opinion, LEGAL, "同意审核意见")
    assert outcome(case) == "passed"


@pytest.mark.parametrize(("rule", "quorum", "answers", "result"), [
    (ALL, 0, (True, True, True), "passed"), (ALL, 0, (True, False), "failed"), (ANY, 0, (False, True), "passed"),
    (ANY, 0, (False, False, False), "failed"), (QUORUM, 2, (True, False, True), "passed"), (QUORUM, 2, (False, False), "failed"),
    (QUORUM, 2, (True, False), "waiting"),
])
def test_a_countersigning_passes_by_its_rule(at: At, rule: str, quorum: int, answers: tuple[bool, ...], result: str) -> None:
    case = at("approve_filing")
    item = open_item(case, "approve_filing")
    consult(case.host, item, HEAD, [CHIEF, LEGAL, PUBLICIST], COUNTERSIGN, "是否立案", rule=rule, quorum=quorum)
    for person, agreed in zip((CHIEF, LEGAL, PUBLICIST), answers, strict=False):
        answer(case.host, asked(case.host, person)[0], person, "意见", agreed=agreed)
    assert outcome(case) == result
    if result == "passed":
        case.take()
        return
    with pytest.raises(Conflict, match="会签" if result == "failed" else "等待"):
        case.attempt("approve_filing")


@pytest.mark.rule("INV-A08")
def test_who_may_have_no_say_in_a_step_is_not_asked_about_it(at: At) -> None:
    case = at("case_review")
    item = open_item(case, "case_review")
    for kind, rule in ((BEFORE, ""), (COUNTERSIGN, ALL)):
        with pytest.raises(Unlawful, match="审裁分离"):
            consult(case.host, item, REVIEWER, [LEAD], kind, "怎么看", rule=rule)
    with pytest.raises(NotPermitted, match="不是本执法主体"):
        consult(case.host, item, REVIEWER, ["YJ000101"], BEFORE, "怎么看")
    for people, kind, rule, quorum in (([REVIEWER], BEFORE, "", 0), ([LEGAL, CHIEF], BEFORE, "", 0), ([LEGAL], COUNTERSIGN, QUORUM, 2)):
        with pytest.raises(Invalid):
            consult(case.host, item, REVIEWER, people, kind, "怎么看", rule=rule, quorum=quorum)


def test_questions_about_a_step_that_is_taken_back_are_over(at: At) -> None:
    case = at("case_review")
    consult(case.host, open_item(case, "case_review"), REVIEWER, [LEGAL], BEFORE, "怎么看")
    (opinion,) = asked(case.host, LEGAL)
    send_back(case, "case_review", "investigation_report", REVIEWER)
    assert asked(case.host, LEGAL) == []
    with pytest.raises(Conflict):
        answer(case.host, opinion, LEGAL, "晚了")


@pytest.mark.rule("R-AB-28b")
def test_a_stay_stops_steps_and_clocks_and_its_time_is_left_out(at: At) -> None:
    case = at("choose_act")
    asked_id = ask_to_stop(case.host, case.case_id, LEAD, STAY, "AWAITING_RULING", "等待另案裁判")
    decide_to_stop(case.host, asked_id, HEAD, "同意", approve=True)
    began = case.clock.now()
    with pytest.raises(Conflict, match="中止调查"):
        case.attempt("choose_act")
    case.clock.set(began + timedelta(days=40))
    with pytest.raises(NotPermitted):
        resume(case.host, case.case_id, REVIEWER, "好了")
    resume(case.host, case.case_id, LEAD, "裁判已经作出")
    with case.host.database.reading() as session:
        limit = next(row for row in limits_of(session, case.case_id) if row.limit_id == "TL_PEN_DECISION")
        item = next(row for row in items_of_case(session, case.case_id) if row.state == OPEN and row.step == "choose_act")
        assert stays_of(session, case.case_id)[0].state == "lifted"
    assert limit.due_on > date(2026, 6, 3) + timedelta(days=35)
    assert any("中止案件调查" in part["text"] for part in limit.trace)
    assert item.due_at == limit.due_at
    case.take()


def test_no_timer_acts_while_the_case_is_stayed(at: At) -> None:
    case = at("register_defence")
    asked_id = ask_to_stop(case.host, case.case_id, HEAD_OF_UNIT, STAY, "FORCE_MAJEURE", "台风")
    decide_to_stop(case.host, asked_id, CHIEF, "", approve=True)
    case.clock.set(datetime(2026, 4, 20, tzinfo=LEGAL_TIME_ZONE))
    assert fire_due(case.host) == 0
    resume(case.host, case.case_id, CHIEF, "恢复供电")
    assert fire_due(case.host) == 1  # the party's window knows no stay (行政处罚法 第六十四条)


def test_a_decided_case_is_neither_stayed_nor_terminated(at: At) -> None:
    for step in ("propose_filing", "affix_seal"):
        case = at(step)
        with pytest.raises(Unlawful, match="尚未作出决定"):
            ask_to_stop(case.host, case.case_id, LEAD if step == "affix_seal" else HEAD_OF_UNIT, TERMINATION, "OTHER", "不想办了")
