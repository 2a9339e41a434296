"""The ordinary case from lead to archive by the people who do it, each in an own browser without JavaScript.

Every form is read off its page and posted as a browser would post it, so this is also the proof that a case can be completed
with JavaScript switched off. With ZHIFA_PROVE=full every document is printed and sealed on the way.
"""

from __future__ import annotations

import os

import pytest
from flask import Flask
from sqlalchemy import select

from engine import journal
from engine.cases.cases import Case
from engine.cases.document_records import documents_of
from engine.oversight.archive import archive_of
from processes.host import Host
from processes.queue import drain
from processes.rehearsing import rehearse
from processes.timing import fire_due
from tests.builders import CaseBuilder, script
from tests.web.plain_browser import PlainBrowser
from web.app import create_app

FULL = os.environ.get("ZHIFA_PROVE") == "full"
SUBMIT = "提交，办结本环节"


@pytest.fixture(scope="module")
def app(host: Host) -> Flask:
    return create_app(host, demonstration=True)


ADVICE = "下一步：适用什么程序"


class People:
    """A case in the hands of its people: who is next is asked of the pages, what to write is taken from the script."""

    def __init__(self, app: Flask, host: Host) -> None:
        self.app, self.script = app, script("ordinary_case")
        self.case = CaseBuilder(host, self.script, 0)
        self.case.clock.set(self.script.opened_at)

    def begin(self) -> None:
        """The clerk opens the case from a lead and finds its first step before him."""
        clerk = self.sign_in(self.script.opened_by).follow("新建案件").follow("举报")
        clerk.fill({"item": self.script.item}, ADVICE).press(ADVICE)
        clerk.fill({"procedure": self.script.procedure}, "建立案件").press("建立案件")
        assert clerk.heading == "登记案件来源"
        with self.case.host.database.reading() as session:
            self.case.case_id = session.scalars(select(Case.id)).one()

    def sign_in(self, person: str) -> PlainBrowser:
        return PlainBrowser(self.app, person)

    def at(self, step: str, person: str = "") -> PlainBrowser:
        """The browser of the person whose turn it is, at the form of the next step, found in the to-do list."""
        row = self.script.steps[self.case.position]
        assert row.id == step
        self.case.clock.set(max(row.at, self.case.clock.now()))
        fire_due(self.case.host)
        return self.sign_in(person or row.actor).follow("办理", within=self.name(step))

    def name(self, step: str) -> str:
        return next(item.name for item in self.case.open_items() if item.step == step)

    def take(self) -> str:
        """One step as the script has it; what its page says afterwards."""
        row = self.script.steps[self.case.position]
        person = self.at(row.id)
        name = person.heading
        person.fill(row.values, SUBMIT).press(SUBMIT)
        assert person.status == 200, person.text
        assert f"“{name}”已经办结" in person.text, person.text
        return self.finished(person)

    def finished(self, person: PlainBrowser) -> str:
        """The step is done; its documents are made before the next person looks."""
        self.case.position += 1
        self.made()
        return person.text

    def made(self) -> None:
        if FULL:
            assert not drain(self.case.host, self.case.case_id)
        else:
            rehearse(self.case.host, self.case.case_id)

    def until(self, step: str) -> None:
        """Go on until this step waits; "" = to the end of the script."""
        while self.case.position < len(self.script.steps) and self.script.steps[self.case.position].id != step:
            self.take()


def test_an_ordinary_case_from_lead_to_archive(app: Flask, host: Host) -> None:
    people = People(app, host)
    people.begin()
    people.take()
    two_officers_open_the_same_clue(people)
    people.take()
    a_proposal_is_returned_and_withdrawn(people)
    people.until("approve_filing")
    a_decision_waits_for_those_who_sign_with_it(people)
    people.until("choose_act")
    a_step_is_handed_over(people)
    people.until("")

    case_id = people.case.case_id
    with host.database.reading() as session:
        case, records = session.get_one(Case, case_id), documents_of(session, case_id)
        assert case.status == "ARCHIVED"
        assert not journal.verify(session, case_id)[1]
        assert len({entry.actor_id for entry in journal.entries(session, case_id)} - {"system"}) >= 10
        if FULL:  # only then is anything printed and bound
            assert all(record.final for record in records)
            assert archive_of(session, case_id) is not None
    archivist = people.sign_in("YJWH0303").open(f"/cases/{case_id}")
    assert "已归档" in archivist.text
    assert "没有需要办理的环节" in archivist.text
    assert "记录完好" in archivist.open(f"/cases/{case_id}/journal").text


def two_officers_open_the_same_clue(people: People) -> None:
    """The slower one is told that it is done, by nobody else's fault, where to look, and keeps what he wrote."""
    quick, slow = people.at("verify_clue"), people.at("verify_clue", "YJWH0102")
    values = people.script.steps[people.case.position].values
    slow.fill({**values, "co_officer": "YJWH0101"}, SUBMIT)
    quick.fill(values, SUBMIT).press(SUBMIT)
    assert "“核查线索”已经办结" in quick.text
    slow.press(SUBMIT)
    assert slow.status == 409
    assert "已经办结" in slow.text
    assert str(values["site_situation"]) in slow.text
    people.finished(quick)


def a_proposal_is_returned_and_withdrawn(people: People) -> None:
    """The head of the unit sends it back; the officer withdraws his second version before anybody has opened it."""
    head = people.at("review_filing")
    target = head.offered("退回", "target")["提出立案建议"]
    head.fill({"target": target, "reason": "管辖依据没有写清", "sure": "yes"}, "退回").press("退回")
    assert "已退回到“提出立案建议”" in head.text
    people.case.position -= 1
    people.take()
    officer = people.sign_in("YJWH0101").fill({"reason": "建议写错了"}, "撤回").press("撤回")
    assert "已撤回，请重新办理" in officer.text
    people.case.position -= 1
    people.take()


def a_decision_waits_for_those_who_sign_with_it(people: People) -> None:
    """会签: the head cannot go on before both have agreed, and is told who is missing."""
    head, values = people.at("approve_filing"), people.script.steps[people.case.position].values
    head.fill({"to": ["YJWH0202", "YJWH0003"], "rule": "all", "question": "是否同意立案"}, "发起会签").press("发起会签")
    assert "已发起会签" in head.text
    head.fill(values, SUBMIT).press(SUBMIT)
    assert head.status == 409
    assert "顾明湛" in head.text and "叶澜" in head.text
    for person in ("YJWH0202", "YJWH0003"):
        asked = people.sign_in(person).follow("提出意见")
        asked.fill({"agreed": "yes", "text": "同意立案"}, "提出意见").press("提出意见")
        assert "意见已经提出" in asked.text
    people.take()


def a_step_is_handed_over(people: People) -> None:
    """转办: the lead officer is away; his colleague finds the step in his own list and does it."""
    lead = people.at("choose_act")
    lead.fill({"to": "YJWH0102", "reason": "外出办案"}, "转办").press("转办")
    assert "已转办" in lead.text
    values = people.script.steps[people.case.position].values
    colleague = people.at("choose_act", "YJWH0102").fill(values, SUBMIT).press(SUBMIT)
    assert "已经办结" in colleague.text
    people.finished(colleague)
