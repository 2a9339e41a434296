"""退回、撤回 on the national procedures: what falls, what stays, what the law forbids, and what the record keeps."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from engine import jobs
from engine.cases.cases import find_case
from engine.cases.document_records import documents_of
from engine.cases.evidence import evidence_of
from engine.cases.guards import case_history
from engine.cases.limits import limits_of
from engine.cases.submissions import Submission, submissions
from engine.cases.superseding import Supersession, everything
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful
from engine.registers.agencies import find_officer
from engine.workflow import instances
from engine.workflow.tasks import SUPERSEDED, WorkItem
from processes.host import Host
from processes.operating import act_of
from processes.routing import return_step, return_targets, withdraw_step
from processes.running import complete_step
from tests.builders import a_case, on_both_databases
from tests.workflow.cases import (
    HEAD,
    HEAD_OF_UNIT,
    LEAD,
    OTHER,
    REVIEWER,
    acts,
    again_from,
    done_item,
    items,
    open_item,
    send_back,
)
from tests.workflow.conftest import At


@pytest.mark.rule("R-AB-28b")
@on_both_databases
def test_a_return_takes_what_was_done_since_out_of_force_and_keeps_it(host: Host) -> None:
    case = a_case(host).until("case_review")
    before = items(case)
    with host.database.reading() as session:
        evidence, documents = len(evidence_of(session, case.case_id)), len(documents_of(session, case.case_id))
        facts = dict(instances.find(session, case.case_id).facts)
    send_back(case, "case_review", "investigation_report", REVIEWER, "货值计算有误")
    assert case.open_steps() == ["investigation_report"]
    with host.database.reading() as session:
        kept = list(session.scalars(
            select(Submission).where(Submission.case_id == case.case_id).order_by(Submission.id), execution_options=everything()
        ))
        standing = [row.step for row in submissions(session, case.case_id)]
        assert len(evidence_of(session, case.case_id)) == evidence  # taken before, so it stays
        assert {row.status for row in evidence_of(session, case.case_id)} == {"ACCEPTED", "EXCLUDED"}
        assert len(documents_of(session, case.case_id)) == documents - 2  # the report and the decision proposal
        assert facts["report_result"] == "AGREE"
        assert instances.find(session, case.case_id).facts["report_result"] == ""
        running = {row.limit_id: row.due_on for row in limits_of(session, case.case_id) if row.ended_at is None}
        assert find_case(session, case.case_id).status == "INVESTIGATING"
    assert [row.step for row in kept][-2:] == ["investigation_report", "report_opinion"]
    assert standing == [row.step for row in kept][:-2]
    assert running == {"TL_PEN_DECISION": date(2026, 6, 3)}  # the ninety days go on, the review's own limit is gone
    assert {row.step for row in items(case) if row.state == SUPERSEDED} == {"investigation_report", "report_opinion", "case_review"}
    assert len(items(case)) == len(before) + 1
    act, told = acts(case)[-1]
    assert (act, told["to"], told["reason"]) == ("step.returned", "investigation_report", "货值计算有误")
    assert told["superseded"]["steps"] == ["investigation_report", "report_opinion"]


def test_after_a_return_the_case_goes_on_to_its_end_as_any_other(at: At) -> None:
    case = at("case_review")
    host = case.host
    send_back(case, "case_review", "investigation_report", REVIEWER)
    again_from(case, "investigation_report").until("approve_notice")
    send_back(case, "approve_notice", "case_review", HEAD)
    again_from(case, "case_review").until("serve_document")
    send_back(case, "serve_document", "prior_notice", LEAD, "告知书有笔误")
    again_from(case, "prior_notice").until("")
    with host.database.reading() as session:
        assert find_case(session, case.case_id).status == "ARCHIVED"
        numbers = [row.number for row in documents_of(session, case.case_id) if row.kind == "DOC-37"]
    assert len(numbers) == 1
    assert [act for act, _ in acts(case)].count("step.returned") == 3


def test_safeguards_do_not_count_what_was_taken_back(at: At) -> None:
    case = at("approve_notice")
    host = case.host
    send_back(case, "approve_notice", "investigation_report", HEAD)
    with host.database.reading() as session:
        found = find_case(session, case.case_id)
        bundle = host.bundle(session, found.release_digest)
        live = instances.load(session, case.case_id, bundle.blueprints[found.procedure])
        node = live.plan.node("evidence", "investigation_report")
        history = case_history(act_of(host, session, bundle, found, live, find_officer(session, LEAD), case.clock.now(), node, {}))
    assert history.last("INVEST_REPORT") == history.last("CASE_REVIEW") == -1
    assert history.last("EVID_REVIEW") >= 0
    with pytest.raises(Unlawful, match="尚未撰写调查终结报告"):
        case.attempt("prior_notice")


@pytest.mark.rule("R-SC3-10-2-4")
@pytest.mark.rule("INV-A06")
@pytest.mark.parametrize(("until", "step", "to", "actor", "words"), [
    ("decision_approval", "decision_approval", "prior_notice", HEAD, "没有规定"),
    ("decision_approval", "decision_approval", "approve_notice", HEAD, "送达"),
    ("affix_seal", "affix_seal", "make_decision", "YJWH0305", "没有规定"),
    ("choose_act", "choose_act", "propose_filing", LEAD, "没有规定"),
    ("assign_officers", "assign_officers", "propose_filing", HEAD_OF_UNIT, "已经批准立案"),
    ("propose_closing", "propose_closing", "make_decision", LEAD, "没有规定"),
])
def test_a_rollback_outside_the_defined_flows_is_refused(
    at: At, until: str, step: str, to: str, actor: str, words: str
) -> None:
    case = at(until)
    before = case.open_steps()
    with pytest.raises(Unlawful, match=words) as caught:
        send_back(case, step, to, actor)
    assert caught.value.facts["alert"] == "RED_ROLLBACK"
    assert caught.value.article
    assert case.open_steps() == before
    act, told = acts(case)[-1]
    assert (act, told["alert"], told["code"]) == ("step.return_refused", "RED_ROLLBACK", caught.value.code)


def test_a_return_needs_a_reason_a_right_and_a_step_that_was_done(at: At) -> None:
    case = at("review_filing")
    host = case.host
    with pytest.raises(Invalid, match="理由"):
        send_back(case, "review_filing", "propose_filing", HEAD_OF_UNIT, "  ")
    with pytest.raises(NotPermitted, match="角色"):
        send_back(case, "review_filing", "propose_filing", REVIEWER)
    with pytest.raises(NotPermitted, match="其他执法主体"):
        send_back(case, "review_filing", "propose_filing", "YJ000101")
    with pytest.raises(Conflict, match="没有办结过"):
        return_step(host, open_item(case, "review_filing"), HEAD_OF_UNIT, open_item(case, "review_filing"), "往前跳")
    with pytest.raises(Conflict, match="没有办结过"):
        return_step(host, open_item(case, "review_filing"), HEAD_OF_UNIT, 999, "不存在")
    assert case.open_steps() == ["review_filing"]


def test_a_parallel_branch_is_left_alone(at: At) -> None:
    case = at("tell_complainant")
    assert case.open_steps() == ["choose_act", "tell_complainant"]
    case.position += 1  # the reply to the complainant waits all the while
    case.until("evidence_review")
    reply = open_item(case, "tell_complainant")
    send_back(case, "evidence_review", "collect_documents", REVIEWER)
    assert case.open_steps() == ["collect_documents", "tell_complainant"]
    assert open_item(case, "tell_complainant") == reply
    with pytest.raises(Unlawful, match="没有规定"):
        send_back(case, "tell_complainant", "interview", HEAD_OF_UNIT)


def test_evidence_taken_in_a_step_that_is_taken_back_is_not_counted_and_its_number_is_not_used_again(at: At) -> None:
    case = at("evidence_review")
    host = case.host
    with host.database.reading() as session:
        before = [row.number for row in evidence_of(session, case.case_id)]
    send_back(case, "evidence_review", "collect_documents", REVIEWER)
    with host.database.reading() as session:
        standing = [row.number for row in evidence_of(session, case.case_id)]
    assert set(standing) < set(before)
    case.position = next(place for place, one in enumerate(case.script.steps) if one.id == "collect_documents")
    case.take()
    with host.database.reading() as session:
        numbers = [row.number for row in evidence_of(session, case.case_id)]
    assert not set(numbers) & (set(before) - set(standing))


def test_what_a_page_offers_is_what_the_engine_allows(at: At) -> None:
    case = at("case_review")
    host = case.host
    with host.database.reading() as session:
        item = session.get_one(WorkItem, open_item(case, "case_review"))
        offered = return_targets(host, session, item)
    assert [target.name for target in offered] == ["撰写调查终结报告", "选择调查措施"]
    for target in offered[:1]:
        return_step(host, open_item(case, "case_review"), REVIEWER, target.item_id, "重做")


@on_both_databases
def test_the_next_person_has_not_looked_yet_so_the_step_is_withdrawn(host: Host) -> None:
    case = a_case(host).until("propose_filing")
    case.take()
    item = done_item(case, "propose_filing")
    opened = withdraw_step(host, item, LEAD, "建议写错了")
    assert case.open_steps() == ["propose_filing"]
    assert open_item(case, "propose_filing") == opened
    with host.database.reading() as session:
        assert session.scalars(select(Supersession)).all() != []
    again_from(case, "propose_filing").until("assign_officers")
    assert case.open_steps() == ["assign_officers"]


@pytest.mark.parametrize(("prepare", "error", "words"), [
    ("opened", Conflict, "已经打开"), ("done", Conflict, "已经办结"), ("stranger", NotPermitted, "本人"), ("no reason", Invalid, "理由"),
])
def test_a_withdrawal_that_comes_too_late_or_from_another_is_refused(
    at: At, prepare: str, error: type[Exception], words: str
) -> None:
    case = at("propose_filing")
    host = case.host
    case.take()
    item = done_item(case, "propose_filing")
    if prepare == "opened":
        with host.database.writing() as session:
            row = session.get_one(WorkItem, open_item(case, "review_filing"))
            row.first_opened_at, row.first_opened_by = case.clock.now(), HEAD_OF_UNIT
    if prepare == "done":
        case.take()
    before = case.open_steps()
    with pytest.raises(error, match=words):
        withdraw_step(host, item, OTHER if prepare == "stranger" else LEAD, "" if prepare == "no reason" else "写错了")
    assert case.open_steps() == before
    assert acts(case)[-1][0] == "step.withdraw_refused"


def test_what_is_sealed_or_made_is_not_withdrawn(at: At) -> None:
    case = at("prior_notice")
    host = case.host
    case.take()
    with pytest.raises((Unlawful, Conflict), match=r"用印|已经开始"):
        withdraw_step(host, done_item(case, "prior_notice"), LEAD, "笔误")


def test_a_queued_document_that_nobody_has_begun_is_withdrawn_with_its_step(at: At) -> None:
    case = at("register_source")
    host = case.host
    step = case.script.steps[0]
    item = open_item(case, "register_source")
    case.clock.set(step.at)
    complete_step(host, item, step.actor, step.values)
    with host.database.reading() as session:
        (job,) = jobs.pending(session, case.case_id)
    with pytest.raises(Conflict, match="没有等待办理"):
        withdraw_step(host, item, step.actor, "登记错了")  # nothing waits for a person yet: the document is still being made
    assert job.state == jobs.PENDING


@on_both_databases
def test_a_withdrawal_and_the_next_completion_race_and_one_wins(host: Host) -> None:
    case = a_case(host).until("propose_filing")
    case.take()
    mine, theirs = done_item(case, "propose_filing"), open_item(case, "review_filing")
    values, outcomes = case.values("review_filing"), []
    start = threading.Barrier(2)

    def race(name: str, act: Any) -> None:
        start.wait()
        try:
            act()
            outcomes.append(name)
        except (Conflict, NotPermitted):
            outcomes.append("refused")

    threads = [
        threading.Thread(target=race, args=("withdrawn", lambda: withdraw_step(host, mine, LEAD, "写错了"))),
        threading.Thread(target=race, args=("completed", lambda: complete_step(host, theirs, HEAD_OF_UNIT, values))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) in (["refused", "withdrawn"], ["completed", "refused"])
    assert case.open_steps() == (["propose_filing"] if "withdrawn" in outcomes else ["approve_filing"])
