"""办理：why a step waits again, what it said last time, what changed since, and what it would make, before it is handed in."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine.cases.document_records import DocumentRecord
from engine.jobs import Job
from engine.journal import JournalEntry
from engine.registers.numbers import NumberSequence
from engine.workflow.tasks import items_of_case
from processes.host import Host
from processes.routing import return_step
from tests.builders import a_case
from tests.web.pages import Window, client, waiting
from tests.workflow.test_cost import counted

HEAD_OF_UNIT = "yjwh0100"
MOST = 50


def counts(host: Host) -> list[object]:
    with host.database.reading() as session:
        rows = [session.scalar(select(func.count()).select_from(kind)) for kind in (DocumentRecord, Job, JournalEntry)]
        return [*rows, *session.execute(select(NumberSequence.__table__)).all()]


def test_a_returned_step_says_why_and_keeps_what_was_written(app: Flask, host: Host) -> None:
    case, item = waiting(host, "report_opinion")
    with host.database.reading() as session:
        report = next(row for row in items_of_case(session, case.case_id) if row.step == "investigation_report")
    again = return_step(host, item, "YJWH0100", report.id, "数额没有写清楚，请补充")
    text = Window(case, client(app, "yjwh0101"), again).text
    assert re.search(r"退回</strong>\S+于 [\d-]+ [\d:]+ 在“审核调查终结报告”环节退回", text)
    assert "理由：数额没有写清楚，请补充" in text
    assert str(case.script.steps[case.position - 1].values["facts"])[:30] in text, "nothing is typed twice"

    case.position -= 1
    case.take(facts="已经写清楚数额")
    opened = case.open_items()[0].id
    shown = Window(case, client(app, HEAD_OF_UNIT), opened).text
    assert "上次之后的变化" in shown
    changes = shown.split("上次之后的变化", 1)[1]
    assert "<ins>已经写清楚数额</ins>" in changes
    assert changes.count("<ins>") == 1, "only what differs is shown"


@pytest.mark.rule("R-AB-30-4")
def test_who_does_not_agree_gives_the_reason_and_it_is_shown(app: Flask, host: Host) -> None:
    case, item = waiting(host, "report_opinion")
    officer = client(app, HEAD_OF_UNIT)
    window = Window(case, officer, item)
    assert window.hand_in(decision="RETURN")[0] == 400
    assert window.hand_in(decision="RETURN", opinion="定性不准，请重写")[0] == 302
    again = next(row.id for row in case.open_items() if row.step == "investigation_report")
    text = Window(case, client(app, "yjwh0101"), again).text
    assert "没有同意" in text
    assert "理由：定性不准，请重写" in text


def test_a_step_done_for_the_first_time_says_nothing_of_before(app: Flask, host: Host) -> None:
    case, item = waiting(host, "report_opinion")
    text = Window(case, client(app, HEAD_OF_UNIT), item).text
    assert "上次之后的变化" not in text
    assert "请改正后重新办理" not in text


def test_the_preview_is_the_document_and_leaves_nothing_behind(app: Flask, host: Host) -> None:
    case, item = waiting(host, "register_source")
    officer = client(app, "yjwh0304")
    window = Window(case, officer, item)
    assert "预览将要制作的文书" in window.text
    typed = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in case.values("register_source").items()}
    before = counts(host)
    status, text = window.hand_in(**typed, preview="1")
    assert status == 200
    shown = text.split("文书预览", 1)[1]
    assert "案件来源登记表" in shown
    assert str(case.values("register_source")["party_name"]) in shown
    assert counts(host) == before
    assert [row.id for row in case.open_items()] == [item]
    assert window.hand_in(**{**typed, "party_code": "1"}, preview="1")[0] == 400, "refused as the step would be"
    assert window.hand_in(**typed)[0] == 302
    assert counts(host) != before


def test_a_step_that_makes_nothing_offers_no_preview(app: Flask, host: Host) -> None:
    case = a_case(host).until("choose_act")
    step = case.script.steps[case.position]
    text = client(app, step.actor.lower()).get(f"/tasks/{case.open_items()[0].id}").text
    assert "预览将要制作的文书" not in text


def test_the_page_takes_the_same_statements_early_and_late(app: Flask, host: Host) -> None:
    said = []
    for step, login in (("review_filing", HEAD_OF_UNIT), ("report_opinion", HEAD_OF_UNIT)):
        item = waiting(host, step)[1]
        officer = client(app, login)
        officer.get(f"/tasks/{item}")
        with counted(host) as statements:
            officer.get(f"/tasks/{item}")
        said.append(statements)
    assert len(said[1]) <= len(said[0]), "\n".join(said[1])
    assert len(said[1]) <= MOST, "\n".join(said[1])
