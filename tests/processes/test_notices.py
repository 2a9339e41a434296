"""What officers are told: once, whoever derives it and however often; to those whom it concerns, as far as they may see it today."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from engine import journal
from engine.accounts.preferences import OFF, preference_to_change, set_told
from engine.cases.stays import STAY
from engine.oversight.notices import KINDS, Notice
from engine.registers.agencies import OfficerRole
from engine.workflow.incidents import OPERATION, report
from engine.workflow.opinions import BEFORE
from engine.workflow.tasks import OPEN, WorkItem
from processes.consulting import answer, consult
from processes.host import Host
from processes.noticed import mark_read, open_notice, page_of, unread_count
from processes.notifying import told_more
from processes.rehearsing import rehearse
from processes.routing import hand_over, return_step, return_targets, withdraw_step
from processes.running import complete_step
from processes.staying import ask_to_stop, decide_to_stop, resume
from processes.viewing import officer_in_session
from tests.builders import CaseBuilder, a_case, on_both_databases

CLERK, LEAD, CO_OFFICER, HEAD = "YJWH0304", "YJWH0101", "YJWH0102", "YJWH0002"
REVIEWER, LEGAL, UNIT_HEAD, ADMINISTRATOR = "YJWH0201", "YJWH0202", "YJWH0100", "YJWH0307"


def tell(host: Host) -> None:
    while told_more(host):
        pass


def told(host: Host, officer: str, kind: str = "") -> list[str]:
    """What an officer was told and may still see, the oldest first."""
    with host.database.reading() as session:
        rows, _ = page_of(host, session, officer_in_session(session, officer), 100, unread=False, before=None)
    return [row.words for row in reversed(rows) if kind in ("", row.kind)]


@pytest.fixture
def case(host: Host) -> CaseBuilder:
    tell(host)  # the reading begins with what comes after
    return a_case(host)


@on_both_databases
def test_whoever_may_take_a_new_step_is_told_once(host: Host, case: CaseBuilder) -> None:
    case.until("case_review")
    tell(host)
    assert told(host, REVIEWER, "step") == ["“案件审核”等待办理（案件审核人员）"]
    with host.database.reading() as session:
        before = session.scalars(select(Notice.key)).all()
    assert "“审核立案建议”等待办理（办案机构负责人）" not in told(host, UNIT_HEAD, "step")  # it was over before the tick
    tell(host)
    told_more(host)
    with host.database.reading() as session:
        assert session.scalars(select(Notice.key)).all() == before
    assert len(before) == len(set(before))
    item = case.open_items()[0]
    with host.database.reading() as session:
        rows, _ = page_of(host, session, officer_in_session(session, REVIEWER), 100, unread=True, before=None)
        assert [row.item_id for row in rows] == [item.id]


def test_who_opened_the_next_step_himself_is_not_told(host: Host, case: CaseBuilder) -> None:
    case.until("verify_clue")
    tell(host)
    assert told(host, CLERK) == []
    told_before = told(host, LEAD, "step")
    assert len(told_before) == 1
    case.until("propose_filing")
    tell(host)
    assert told(host, LEAD, "step") == told_before  # to the next one he was led when he completed this one


def test_returned_withdrawn_and_handed_over(host: Host, case: CaseBuilder) -> None:
    case.until("review_filing")
    tell(host)
    assert told(host, UNIT_HEAD, "step")[-1] == "“审核立案建议”等待办理（办案机构负责人）"
    with host.database.reading() as session:
        done = session.scalars(select(WorkItem).where(WorkItem.closed_by == LEAD).order_by(WorkItem.id.desc()).limit(1)).one()
    again = withdraw_step(host, done.id, LEAD, "补充一份材料")
    tell(host)
    assert "撤回，暂时不需要办理" in told(host, UNIT_HEAD, "moved")[-1]
    complete_step(host, again, LEAD, case.script.steps[case.position - 1].values)
    rehearse(host, case.case_id)
    item = case.open_items()[0]
    with host.database.reading() as session:
        target = return_targets(host, session, session.get_one(WorkItem, item.id))[0]
    return_step(host, item.id, UNIT_HEAD, target.item_id, "材料不齐：当事人张三的证件")
    tell(host)
    assert told(host, LEAD, "moved")[-1].endswith(f"退回，请重新办理“{done.name}”")
    assert told(host, LEAD, "step") == []  # neither of his own doing nor told twice
    with host.database.reading() as session:
        assert not any("张三" in words for words in session.scalars(select(Notice.words)))
    back = case.open_items()[0]
    case.clock.set(case.clock.now() + timedelta(hours=1))
    hand_over(host, back.id, UNIT_HEAD, CO_OFFICER, "主办人员出差")
    tell(host)
    assert told(host, CO_OFFICER, "moved")[-1].endswith(f"将“{back.name}”转交您办理")


def test_opinions_are_asked_and_given(host: Host, case: CaseBuilder) -> None:
    item = case.until("case_review").open_items()[0]
    consult(host, item.id, REVIEWER, ["YJWH0203"], BEFORE, "请对程序提出意见")
    tell(host)
    assert len(told(host, "YJWH0203", "asked")) == 1
    with host.database.reading() as session:
        opinion_id = session.scalars(select(Notice.opinion_id).where(Notice.kind == "asked")).one()
    assert opinion_id is not None
    answer(host, opinion_id, "YJWH0203", "程序合法")
    tell(host)
    assert "提出了意见" in told(host, REVIEWER, "opinion")[0]
    assert "程序合法" not in "".join(told(host, REVIEWER))


def test_a_stay_is_told_to_who_decides_and_then_to_who_handles(host: Host, case: CaseBuilder) -> None:
    case.until("choose_act")
    request = ask_to_stop(host, case.case_id, LEAD, STAY, "FORCE_MAJEURE", "洪水")
    tell(host)
    assert "申请中止案件调查，等待审批" in told(host, HEAD, "case")[0]
    decide_to_stop(host, request, HEAD, "同意", approve=True)
    tell(host)
    assert told(host, LEAD, "case") == told(host, CO_OFFICER, "case") == ["中止案件调查：已批准"]
    case.clock.set(case.clock.now() + timedelta(days=400))
    tell(host)
    assert told(host, LEAD, "overdue") == []  # nobody may take a step of a stayed case
    resume(host, case.case_id, LEAD, "洪水退去")
    tell(host)
    assert told(host, CO_OFFICER, "case")[-1] == "案件恢复办理"


@on_both_databases
def test_due_soon_and_overdue_are_told_as_time_passes(host: Host, case: CaseBuilder) -> None:
    case.until("case_review")
    tell(host)
    item = case.open_items()[0]
    assert item.due_at is not None
    days = [item.due_at - timedelta(days=120) + timedelta(days=number) for number in range(125)]
    for day in days:
        if day > case.clock.now():
            case.clock.set(day)
            tell(host)
    assert told(host, REVIEWER, "due_soon") == ["“案件审核”即将到期"]
    assert told(host, REVIEWER, "overdue") == ["“案件审核”已经逾期"]
    case.clock.set(days[100])  # a clock that was set back and forth tells nothing twice and leaves nothing out
    tell(host)
    case.clock.set(days[-1] + timedelta(days=1))
    tell(host)
    assert len(told(host, REVIEWER, "overdue")) == 1


def test_an_incident_is_told_to_heads_and_administrators(host: Host, case: CaseBuilder) -> None:
    case.until("review_filing")
    with host.database.writing() as session:
        report(session, case.case_id, OPERATION, "documents.issue", "", "t", LEAD, "磁盘已满", host.clock.now())
        journal.append(session, case.case_id, "operation.failed", LEAD, host.clock.now(), {"cause": "磁盘已满"})
    tell(host)
    assert told(host, HEAD, "incident") == ["案件办理中有一项操作失败，等待处理"]
    assert told(host, REVIEWER, "incident") == []
    with host.database.reading() as session:
        told_to = set(session.scalars(select(Notice.officer_id).where(Notice.kind == "incident")))
        minding = set(session.scalars(select(OfficerRole.officer_id).where(OfficerRole.role.in_(
            ("agency_head", "agency_chief", "handling_unit_head", "administrator")))))
    assert told_to <= minding


def test_the_whole_case_tells_of_seal_and_decision(host: Host, case: CaseBuilder) -> None:
    case.until("")
    tell(host)
    with host.database.reading() as session:
        rows = session.scalars(select(Notice)).all()
        assert any(row.kind == "case" and row.words == "案件已经作出决定" for row in rows)
        party = {word for row in rows for word in ("某", "公司") if word in row.words}
        assert party == set()
    assert {row.kind for row in rows} >= {"case"}


def test_what_one_may_no_longer_see_is_neither_shown_nor_counted(host: Host, case: CaseBuilder) -> None:
    item = case.until("review_filing").open_items()[0]
    tell(host)
    assert unread_count(host, UNIT_HEAD) == 1
    with host.database.reading() as session:
        notice = session.scalars(select(Notice).where(Notice.officer_id == UNIT_HEAD, Notice.item_id == item.id)).one()
    assert open_notice(host, notice.id, LEGAL) is None  # somebody else's
    with host.database.writing() as session:
        session.delete(session.get_one(OfficerRole, (UNIT_HEAD, "handling_unit_head")))
    assert unread_count(host, UNIT_HEAD) == 0
    assert told(host, UNIT_HEAD) == []
    assert open_notice(host, notice.id, UNIT_HEAD) is None


def test_reading_marks_as_read(host: Host, case: CaseBuilder) -> None:
    case.until("case_review")
    tell(host)
    with host.database.reading() as session:
        notice = session.scalars(select(Notice).where(Notice.officer_id == REVIEWER)).one()
    assert open_notice(host, notice.id, REVIEWER) is not None
    assert unread_count(host, REVIEWER) == 0
    assert mark_read(host, REVIEWER, [notice.id]) == 0


def test_a_kind_that_is_turned_off_is_not_told(host: Host, case: CaseBuilder) -> None:
    with host.database.writing() as session:
        set_told(preference_to_change(session, UNIT_HEAD), {"step": OFF}, KINDS, None)
    case.until("review_filing")
    tell(host)
    assert told(host, UNIT_HEAD) == []


@contextmanager
def counted(host: Host) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            said.append(statement)

    event.listen(host.database.engine, "before_cursor_execute", note)
    yield said
    event.remove(host.database.engine, "before_cursor_execute", note)


def test_statements_do_not_grow_with_the_cases(host: Host, case: CaseBuilder) -> None:
    """Eight changed cases ask what two ask; an idle tick and a page ask the same however many cases there are."""
    few = 0
    tell(host)
    for number in (2, 8):
        opened = [a_case(host).until("review_filing") for _ in range(number)]
        with counted(host) as said:
            told_more(host)
        few = len(said) if number == 2 else few
        assert len(said) <= few + 1
        assert {item.case_id for item in waiting(host)} >= {each.case_id for each in opened}
    with counted(host) as idle:
        told_more(host)
    assert len(idle) <= 6
    with counted(host) as page:
        assert unread_count(host, UNIT_HEAD) == 10
    assert len(page) <= 10


def test_a_tick_goes_through_no_whole_table(host: Host, case: CaseBuilder) -> None:
    """What is asked is found by an index, also the limits that warn since the last tick: SQLite says how it would look."""
    case.until("review_filing")
    asked = list[tuple[str, Any]]()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    event.listen(host.database.engine, "before_cursor_execute", note)
    told_more(host)
    event.remove(host.database.engine, "before_cursor_execute", note)
    with host.database.engine.connect() as connection:
        plans = [
            str(row[3]) for statement, parameters in asked if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert [plan for plan in plans if plan.startswith("SCAN")] == []
    assert any("ix_case_limit_ended_at_warn_at (ended_at=? AND warn_at>? AND warn_at<?)" in plan for plan in plans)
    assert any("ix_work_item_due_at (due_at>? AND due_at<?)" in plan for plan in plans)


def waiting(host: Host) -> list[WorkItem]:
    with host.database.reading() as session:
        return list(session.scalars(select(WorkItem).where(WorkItem.state == OPEN, WorkItem.step == "review_filing")))
