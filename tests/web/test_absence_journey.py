"""An officer says that he is away; his deputy finds the task in his own list, takes it, and the record names both. No script needed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from processes.host import Host
from tests.builders import a_case
from tests.web.test_journey import fill, sign_in
from tests.web.test_routing_journey import sign_out, waiting

pytestmark = pytest.mark.browser


def test_a_deputy_takes_the_step_of_who_is_away(without_script: Page, host: Host) -> None:
    page, case = without_script, a_case(host).until("review_filing")
    first = case.clock.now().date()
    sign_in(page, "yjwh0100")
    page.get_by_role("link", name="离岗代理").click()
    fill(page, {"deputy": "YJWH0302", "first": str(first), "last": str(first - timedelta(days=1)), "reason": "外出学习"})
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("终止日期不得早于起始日期")).to_be_visible()
    expect(page.get_by_label("事由")).to_have_value("外出学习")
    fill(page, {"last": str(first + timedelta(days=7))})
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("代理人在这些日子可以办理")).to_be_visible()
    expect(page.get_by_text("正在生效", exact=True)).to_be_visible()
    sign_out(page)

    sign_in(page, "yjwh0302")
    row = page.get_by_role("row", name=re.compile(r"审核立案.*代 .* 办理"))
    expect(row).to_be_visible()
    row.get_by_role("link", name="办理", exact=True).click()
    expect(page.get_by_text("您代")).to_be_visible()
    fill(page, dict(case.values("review_filing")))
    page.get_by_role("button", name="提交，办结本环节").click()
    expect(page.get_by_text("已经办结")).to_be_visible()
    page.goto(f"/cases/{case.case_id}/journal")
    expect(page.get_by_text(re.compile("（代 .+）")).first).to_be_visible()
    sign_out(page)

    sign_in(page, "yjwh0100")
    page.get_by_role("link", name="离岗代理").click()
    page.get_by_role("button", name="终止").click()
    expect(page.get_by_text("代理人不再代办")).to_be_visible()
    expect(page.get_by_text("没有离岗代理")).to_be_visible()
    assert waiting(case)
