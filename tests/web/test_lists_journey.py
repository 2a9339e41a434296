"""The lists in a real browser: a step is claimed, the counts follow without a reload, a case is copied to a colleague; also without JavaScript."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from engine.workflow.tasks import WorkItem, find_item
from processes.host import Host
from tests.builders import a_case
from tests.web.test_journey import sign_in

pytestmark = pytest.mark.browser


def picture(page: Page, name: str) -> None:
    """With ZHIFA_PICTURES a folder, every page of the journey is kept as a picture."""
    if folder := os.environ.get("ZHIFA_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def item_of(host: Host, item_id: int) -> WorkItem:
    with host.database.reading() as session:
        return find_item(session, item_id)


def test_counts_follow_and_a_step_is_claimed(page: Page, host: Host) -> None:
    case = a_case(host).until("review_filing")
    sign_in(page, "yjwh0100")
    total = page.locator("[data-count=total]")
    before = int(total.inner_text())
    a_case(host).until("review_filing")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(total).to_have_text(str(before + 1))
    expect(page.get_by_text("待办有变化")).to_be_visible()
    page.get_by_role("link", name="刷新清单").click()
    page.get_by_role("link", name="待签收").click()
    picture(page, "lists-waiting")
    page.get_by_role("row", name=item_of(host, case.open_items()[0].id).case.number).get_by_role("button", name="签收").click()
    expect(page.get_by_text("“审核立案建议”已签收")).to_be_visible()
    assert case.open_items()[0].assignee_id == "YJWH0100"


def test_without_script_a_head_sends_a_copy_and_the_colleague_reads_it(without_script: Page, host: Host) -> None:
    page, case = without_script, a_case(host).until("review_filing")
    sign_in(page, "yjwh0100")
    page.goto(f"/cases/{case.case_id}")
    page.get_by_role("link", name="抄送").click()
    page.get_by_label("抄送给").select_option("YJWH0302")
    page.get_by_label("说明").fill("请做好公示准备")
    page.get_by_role("button", name="抄送", exact=True).click()
    expect(page.get_by_text("对方可以查看本案")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    sign_in(page, "yjwh0302")
    page.get_by_role("link", name="抄送").click()
    picture(page, "lists-copies")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("味百鲜")
    page.get_by_role("link", name="抄送").click()
    expect(page.get_by_text("不能再抄送他人")).to_be_visible()
