"""Whole journeys in a real browser: from signing in to a sealed document that verifies."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from engine import jobs
from engine.cases.document_records import DocumentRecord, newest
from processes.host import Host
from tests.builders import CaseBuilder, a_case

pytestmark = pytest.mark.browser


def sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("用户名").fill(login)
    page.get_by_label("密码").fill("demo")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()


def fill(page: Page, values: dict[str, object]) -> None:
    """Fill a form by the names of its fields, as a person would: type, choose, tick."""
    for name, value in values.items():
        if isinstance(value, bool):
            page.locator(f'input[name="{name}"][value="{str(value).lower()}"]').check()
            continue
        control = page.locator(f'[name="{name}"]').first
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(str(value))
        elif control.get_attribute("type") == "radio":
            page.locator(f'input[name="{name}"][value="{value}"]').check()
        else:
            control.fill(str(value))


def test_a_clerk_opens_a_case_and_the_officer_finds_it(page: Page, host: Host) -> None:
    sign_in(page, "yjwh0304")
    expect(page.get_by_text("没有待办")).to_be_visible()
    page.get_by_role("link", name="新建案件").first.click()
    page.get_by_role("link", name="举报", exact=True).click()
    page.get_by_label("执法事项").select_option("SCJG-CF-0122-01")
    page.get_by_label("线索内容").fill("群众举报无证经营")
    page.get_by_role("button", name="下一步：适用什么程序").click()
    expect(page.get_by_role("radio", name="行政处罚普通程序")).to_be_checked()
    page.get_by_role("button", name="建立案件").click()
    expect(page.get_by_role("heading", name="登记案件来源")).to_be_visible()
    expect(page.get_by_label("线索内容")).to_have_value("群众举报无证经营")  # told once, not asked again

    page.get_by_role("button", name="提交，办结本环节").click()
    expect(page.get_by_role("alert")).to_contain_text("必须填写")

    values = dict(a_case_values())
    fill(page, values)
    page.get_by_role("button", name="提交，办结本环节").click()
    expect(page.get_by_text("“登记案件来源”已经办结")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("味百鲜")

    made(host, int(page.url.rsplit("/", 1)[1]), "DOC-01")  # the next step waits for the registration form
    page.get_by_role("button", name="退出").click()
    sign_in(page, "yjwh0101")
    expect(page.get_by_role("row", name=re.compile("核查线索"))).to_be_visible()
    page.get_by_role("link", name=re.compile("味百鲜")).first.click()
    page.get_by_role("link", name="文书").click()
    expect(page.get_by_role("link", name="案件来源登记表")).to_be_visible()


def a_case_values() -> dict[str, object]:
    from tests.builders import script

    return dict(script("ordinary_case").steps[0].values)


def test_the_officer_sees_what_the_standard_says_and_is_held_to_it(page: Page, host: Host) -> None:
    case = a_case(host).until("investigation_report")
    values = {key: value for key, value in case.values("investigation_report").items() if key != "penalties"}
    case.clock.set(case.script.steps[case.position].at)
    sign_in(page, "yjwh0101")
    page.goto(f"/tasks/{case.open_items()[0].id}")
    expect(page.get_by_text("还需要填写裁量因素")).to_be_visible()
    for name in ("facts", "nature", "goods_value", "prior_2y", "harm", "high_risk", "stopped", "licensed_after", "cooperate",
                 "obstruct", "discretion_reason"):
        fill(page, {name: values[name]})
    page.get_by_role("button", name="按已填写的因素计算档次和幅度").click()
    expect(page.get_by_text("幅度241,800.00元至316,200.00元")).to_be_visible()
    fill(page, {"tier": "T2"})
    page.locator('[name="penalties-0-kind"]').wait_for()
    fill(page, {"penalties-0-kind": "FINE", "penalties-0-amount": "241800"})
    page.get_by_role("button", name="提交，办结本环节").click()
    expect(page.get_by_text("按裁量基准应为“一般处罚”")).to_be_visible()
    expect(page.locator('[name="facts"]')).to_have_value(str(values["facts"]))
    fill(page, {"tier": "T3"})
    page.get_by_role("button", name="提交，办结本环节").click()
    expect(page.get_by_text("“撰写调查终结报告”已经办结")).to_be_visible()


def noticed(host: Host) -> CaseBuilder:
    case = a_case(host)
    while case.script.steps[case.position].id != "prior_notice":
        case.take()
    return case


def made(host: Host, case_id: int, kind: str) -> DocumentRecord:
    """The newest document of a kind, once the server's own worker has made it."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with host.database.reading() as session:
            record = newest(session, case_id, kind)
            if record is not None and record.final and not jobs.pending(session, case_id):
                return record
        time.sleep(0.1)
    raise AssertionError(f"{kind} was not made")


def test_a_sealed_document_is_read_and_verified(page: Page, host: Host) -> None:
    case = noticed(host)
    from processes.running import complete_by_step

    step = case.script.steps[case.position]
    case.clock.set(step.at)
    complete_by_step(host, case.case_id, step.id, step.actor, step.values)
    notice = made(host, case.case_id, "DOC-37")
    sign_in(page, "yjwh0101")
    page.goto(f"/documents/{notice.id}")
    expect(page.get_by_text("印章有效")).to_be_visible()
    expect(page.get_by_text("云江市望海区市场监督管理局", exact=True)).to_be_visible()
    response = page.request.get(f"/documents/{notice.id}/pdf")
    assert response.body().startswith(b"%PDF")

    page.goto(f"/cases/{case.case_id}/diagram?procedure=notice")
    expect(page.locator(".diagram svg").first).to_be_visible()
    expect(page.locator(".djs-container .bjs-powered-by, .bjs-powered-by").first).to_be_visible()
    page.goto(f"/cases/{case.case_id}/journal")
    expect(page.get_by_text("记录完好")).to_be_visible()


def test_everything_works_without_javascript(without_script: Page, host: Host) -> None:
    page = without_script
    case = a_case(host).until("verify_clue")
    sign_in(page, "yjwh0101")
    page.goto(f"/cases/{case.case_id}")
    page.get_by_role("link", name="办理").first.click()
    expect(page.get_by_role("heading", name="核查线索")).to_be_visible()
    rows = page.get_by_role("group", name=re.compile("取得的证据第")).count()
    page.get_by_role("button", name="增加一行取得的证据").click()
    expect(page.get_by_role("group", name=re.compile("取得的证据第"))).to_have_count(rows + 1)
    page.get_by_role("button", name=f"删除第{rows + 1}行").click()
    expect(page.get_by_role("group", name=re.compile("取得的证据第"))).to_have_count(rows)
    fill(page, {name: value for name, value in case.values("verify_clue").items() if not isinstance(value, list)})
    page.get_by_role("button", name="提交，办结本环节").click()
    expect(page.get_by_text("“核查线索”已经办结")).to_be_visible()


@pytest.mark.rule("R-GD-37-2")
def test_a_supervisor_sees_no_undecided_case_and_the_attempt_is_journalled(page: Page, host: Host) -> None:
    from engine import journal

    case = a_case(host).until("approve_filing")
    sign_in(page, "yj000901")
    response = page.goto(f"/cases/{case.case_id}")
    assert response is not None
    assert response.status == 404
    with host.database.reading() as session:
        last = journal.entries(session, case.case_id)[-1]
    assert (last.act, last.actor_id) == ("view.refused", "YJ000901")


def test_another_agency_cannot_reach_case_step_or_document(page: Page, host: Host) -> None:
    case = a_case(host).until("approve_filing")
    item = case.open_items()[0].id
    sign_in(page, "yj000101")
    for path in (f"/cases/{case.case_id}", f"/cases/{case.case_id}/journal", f"/tasks/{item}", "/documents/1", "/documents/1/pdf"):
        response = page.goto(path)
        assert response is not None
        assert response.status == 404, path


def test_the_sign_in_tells_nobody_apart(page: Page) -> None:
    said = []
    for login in ("yjwh0101", "nobody"):
        page.goto("/sign-in")
        page.get_by_label("用户名").fill(login)
        page.get_by_label("密码").fill("wrong")
        page.get_by_role("button", name="登录", exact=True).click()
        said.append(page.locator(".notice").inner_text())
    assert said[0] == said[1]
