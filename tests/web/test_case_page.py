"""案件：every tab says what it should, costs the same however long the case is, and tells strangers nothing."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from processes.host import Host
from tests.builders import a_case
from tests.web.pages import client
from tests.workflow.test_cost import counted

TABS = ("", "/diagram", "/timeline", "/parties", "/documents", "/evidence", "/limits", "/journal", "/print")
MOST = 44


def test_what_is_next_names_step_person_and_last_day(app: Flask, host: Host) -> None:
    case = a_case(host).until("report_opinion")
    officer = client(app, "yjwh0101")
    text = officer.get(f"/cases/{case.case_id}").text.split("下一步", 1)[1].split("</section>")[0]
    assert "审核调查终结报告" in text
    assert "钱一苇" in text
    assert "最迟 2026-06-03（作出行政处罚决定）" in text
    assert f"/tasks/{case.open_items()[0].id}" not in text, "he does not have it"
    assert f"/tasks/{case.open_items()[0].id}" in client(app, "yjwh0100").get(f"/cases/{case.case_id}").text


def test_every_limit_running_or_ended_is_explained_with_its_article(app: Flask, host: Host) -> None:
    case = a_case(host).until("report_opinion")
    text = client(app, "yjwh0101").get(f"/cases/{case.case_id}/limits").text
    running, ended = text.split("正在计算的期限", 1)[1].split("已经结束的期限")
    assert "作出行政处罚决定" in running
    assert "自立案之日起90日" in running
    assert "行政处罚法 第六十条" in running
    assert "线索核查" in ended
    assert "已在期限内办结" in ended


def test_the_days_of_a_case_are_told_in_words(app: Flask, host: Host) -> None:
    case = a_case(host).until("report_opinion")
    officer = client(app, "yjwh0101")
    officer.post(f"/tasks/{case.open_items()[0].id}", data={"decision": "AGREE"})  # refused: not his step
    text = officer.get(f"/cases/{case.case_id}/timeline").text
    assert "2026年3月5日 星期四" in text
    assert "办结“登记案件来源”" in text
    assert text.index("办结“撰写调查终结报告”") < text.index("办结“登记案件来源”"), "the newest day first"
    assert "拒绝" not in text.split("办案经过", 1)[1]
    assert "办理被拒绝" in officer.get(f"/cases/{case.case_id}/journal").text


def test_on_paper_a_leader_finds_all_of_it(app: Flask, host: Host) -> None:
    case = a_case(host).until("decision_approval")
    officer = client(app, "yjwh0101")
    text = officer.get(f"/cases/{case.case_id}/print").text
    for words in ("案件信息", "下一步", "当事人", "处罚内容", "办理进度", "期限", "证据", "文书", "送达情况", "办案经过", "罚款241,800.00元"):
        assert words in text, words
    assert "调查认定的事实" not in text
    assert "调查认定的事实" in officer.get(f"/cases/{case.case_id}/print?answers=all").text


def test_every_tab_takes_the_same_statements_early_and_late(app: Flask, host: Host) -> None:
    early, late = (a_case(host).until(step).case_id for step in ("case_review", "propose_closing"))
    officer = client(app, "yjwh0100")
    for tab in TABS:
        few, many = (statements_of(host, officer, f"/cases/{case}{tab}") for case in (early, late))
        assert len(many) <= len(few), tab + "\n".join(many)
        assert len(many) <= MOST, "\n".join(many)


def statements_of(host: Host, officer: FlaskClient, address: str) -> list[str]:
    """What a page asks of the database; asked for twice, so that nothing is counted that is read only once."""
    officer.get(address)
    with counted(host) as said:
        assert officer.get(address).status_code == 200
    return said
