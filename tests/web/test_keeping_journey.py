"""暂存 in a real browser: kept by itself while typing, two windows told of each other, nothing lost on the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from processes.host import Host
from tests.web.pages import waiting
from tests.web.test_journey import sign_in

pytestmark = pytest.mark.browser


def test_typing_is_kept_by_itself_and_the_preview_comes_in_place(page: Page, host: Host) -> None:
    case, item = waiting(host, "prior_notice")
    sign_in(page, "yjwh0101")
    page.goto(f"/tasks/{item}")
    first = page.locator("textarea").first
    first.fill("写到一半的事实")
    expect(page.locator("[data-kept]")).to_contain_text("已自动暂存", timeout=8000)  # three seconds after the last key

    page.get_by_role("button", name="预览将要制作的文书").click()  # not all is answered yet
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("textarea").first).to_have_value("写到一半的事实")

    page.goto("/tasks")
    page.goto(f"/tasks/{item}")
    expect(page.get_by_text("已经恢复您于")).to_be_visible()
    expect(page.locator("textarea").first).to_have_value("写到一半的事实")

    other = page.context.new_page()
    other.goto(f"/tasks/{item}")
    case.clock.set(case.clock.now().replace(microsecond=1))
    other.locator("textarea").first.fill("另一个窗口写的")
    other.locator("textarea").first.blur()
    expect(other.locator("[data-kept]")).to_contain_text("已自动暂存")
    page.locator("textarea").first.fill("这个窗口接着写")
    page.locator("textarea").first.blur()
    expect(page.locator("[data-kept]")).to_contain_text("您在别处于")
    page.locator("[data-kept]").get_by_role("link", name="查看").click()
    expect(page.locator("textarea").first).to_have_value("另一个窗口写的")
    expect(page.get_by_role("link", name="您，")).to_be_visible()
