"""When something is refused: each family of errors says why, where the way goes on, and gives back what was written."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from engine.workflow.tasks import items_of_case
from processes.host import Host
from tests.builders import CaseBuilder, a_case
from tests.web.plain_browser import PlainBrowser
from tests.web.test_accessibility import barriers, watched
from tests.web.visits import LOOKS, Visit, context_of
from web.app import MAXIMUM_REQUEST, create_app

OPINION = "证据之间能够相互印证，同意报送审核，请尽快办理。"
SUBMIT = "提交，办结本环节"


@pytest.fixture(scope="module")
def app(host: Host) -> Flask:
    """The application with one page that has a fault in it."""
    found = create_app(host, demonstration=True)

    def faulty() -> str:
        raise RuntimeError("a fault in the program")

    found.add_url_rule("/faulty", "faulty", faulty, methods=["GET", "POST"])
    return found


@pytest.fixture(scope="module")
def case(host: Host) -> CaseBuilder:
    return a_case(host).until("review_filing")


def shown(person: PlainBrowser, status: int, title: str) -> str:
    """The words of an error page, after the checks that hold for every one."""
    assert (person.status, person.heading) == (status, title)
    assert "接下来可以做什么" in person.text
    assert "返回首页" in person.text or status == 401
    assert "Traceback" not in person.text
    return person.text


def test_what_is_not_there(app: Flask, case: CaseBuilder) -> None:
    officer = PlainBrowser(app, "YJWH0101")
    shown(officer.open("/nowhere"), 404, "没有这个页面")
    shown(officer.open("/tasks/999999"), 404, "无法查看或者办理")


def test_a_step_that_somebody_else_has_done(app: Flask, case: CaseBuilder) -> None:
    item = case.open_items()[0].id
    first, second = (PlainBrowser(app, "YJWH0100").open(f"/tasks/{item}") for _ in range(2))
    second.fill({"decision": "AGREE", "opinion": OPINION}, SUBMIT)
    first.fill(case.values("review_filing"), SUBMIT).press(SUBMIT)
    case.position += 1
    text = shown(second.press(SUBMIT), 409, "状态已经变化")
    assert "已经办结" in text
    assert "您刚才填写的文字" in text and OPINION in text
    assert "csrf" not in text


def test_a_form_of_an_ended_session(app: Flask, host: Host, case: CaseBuilder) -> None:
    item = case.open_items()[0].id
    head = PlainBrowser(app, "YJWH0002").open(f"/tasks/{item}").fill({"decision": "AGREE", "opinion": OPINION}, SUBMIT)
    head.data["csrf_token"] = ["stale"]
    text = shown(head.press(SUBMIT), 400, "页面已经过期")
    assert OPINION in text
    assert case.open_items()[0].id == item


def test_no_password_is_given_back(app: Flask) -> None:
    officer = PlainBrowser(app, "YJWH0101").open("/account")
    officer.fill({"old": "my-old-secret-1", "new": "My-new-secret-2", "again": "My-new-secret-2"}, "更换密码")
    officer.data["csrf_token"] = ["stale"]
    text = shown(officer.press("更换密码"), 400, "页面已经过期")
    assert "secret" not in text


def test_what_the_law_forbids(app: Flask, case: CaseBuilder) -> None:
    head = PlainBrowser(app, "YJWH0002").open(f"/tasks/{case.open_items()[0].id}")
    head.fill({"reason": OPINION, "sure": "yes"}, "退回")
    with case.host.database.reading() as session:
        first = min(item.id for item in items_of_case(session, case.case_id))
    head.data["target"] = [str(first)]  # the registration of the lead: not among those that the page offers
    text = shown(head.press("退回"), 422, "不符合法定程序")
    assert "法律依据" in text and OPINION in text


def test_a_session_that_ended_while_writing(app: Flask, case: CaseBuilder) -> None:
    head = PlainBrowser(app, "YJWH0002").open(f"/tasks/{case.open_items()[0].id}").fill({"decision": "AGREE", "opinion": OPINION}, SUBMIT)
    case.clock.set(case.clock.now() + timedelta(days=3))
    text = shown(head.press(SUBMIT), 401, "登录已经失效")
    assert OPINION in text
    assert head.follow("重新登录").heading == "登录"
    assert case.open_steps() == ["approve_filing"]


def test_a_fault_of_the_program(app: Flask) -> None:
    with_token = PlainBrowser(app, "YJWH0101").open("/signature")
    token = with_token.page.xpath("//input[@name='csrf_token']")[0].value
    with_token._show(with_token.client.post("/faulty", data={"csrf_token": token, "reason": OPINION}))
    text = shown(with_token, 500, "系统出错")
    assert "a fault" not in text and OPINION in text


def test_the_way_back_never_leads_elsewhere(app: Flask, case: CaseBuilder) -> None:
    client = PlainBrowser(app, "YJWH0101").client
    for referrer, back in ((f"http://localhost/cases/{case.case_id}", True), ("https://elsewhere.invalid/trap", False), ("", False)):
        page = client.get("/tasks/999999", headers={"Referer": referrer}).get_data(as_text=True)
        assert ("返回上一页</a>" in page) == back
        assert "elsewhere" not in page


def test_too_much_at_once_and_how_they_look(
    chromium: Browser, address: str, app: Flask, case: CaseBuilder, tmp_path: Path
) -> None:
    """In a real browser, desk and phone: no barrier; with ZHIFA_PICTURES a folder, kept as pictures."""
    big = tmp_path / "big.png"
    big.write_bytes(b"\x89PNG" + os.urandom(MAXIMUM_REQUEST + 1))
    for look in (LOOKS[0], LOOKS[-1]):
        context = context_of(chromium, address, app, Visit("", "", "YJWH0101"), look)
        page, faults = context.new_page(), list[str]()
        noticed = watched(page, address)
        for name, path in (("missing", "/nowhere"), ("hidden", "/tasks/999999"), ("too-big", "/signature")):
            page.goto(path)
            if name == "too-big":
                page.locator("input[type=file]").set_input_files(big)
                page.get_by_role("button", name="保存签名").click()
                expect(page.get_by_role("heading", name="提交内容过大")).to_be_visible()
                expect(page.get_by_role("link", name="返回上一页")).to_have_attribute("href", "/signature")
            keep(page, f"error-{name}-{look.name}")
            faults += barriers(page)
        context.close()
        assert faults == []
        assert [each for each in noticed if "Failed to load resource" not in each] == []  # the console tells the status of an error page


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("ZHIFA_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
