"""In a real browser: the bell counts while the page stays open, keys lead, dark is dark, and nothing is hard to reach (WCAG 2.2 AA)."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.oversight.notices import STEP, Draft, keep, mark_read
from processes.host import Host
from tests.builders import a_case
from tests.web.test_journey import sign_in

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PAGES = ("/notices", "/notices?all=1", "/settings", "/settings/notices", "/help", "/help/keyboard")


def violations(page: Page) -> list[tuple[str, str, Any]]:
    found = Axe().run(page, options=RULES).response
    assert found["passes"]
    return [(page.url, each["id"], each["nodes"][0]["target"]) for each in found["violations"]]


def test_the_bell_rings_while_the_page_stays_open(page: Page, host: Host) -> None:
    case = a_case(host).until("review_filing")
    with host.database.writing() as session:
        mark_read(session, "YJWH0100", host.clock.now())
    page.clock.install()
    sign_in(page, "yjwh0100")
    bell = page.locator("[data-bell]")
    item = case.open_items()[0]
    with host.database.writing() as session:
        mark_read(session, "YJWH0100", host.clock.now())
        keep(session, [Draft("bell", "YJWH0100", STEP, case.case_id, "“审核立案建议”等待办理", item_id=item.id)], host.clock.now())
    page.clock.run_for(61_000)
    expect(bell).to_contain_text("条未读")
    bell.click()
    page.get_by_role("link", name="查看").first.click()
    expect(page.get_by_role("heading", name="审核立案建议", exact=True)).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("?")
    expect(page).to_have_url("/help/deciding")


def test_keys_lead_to_places_until_they_are_turned_off(page: Page) -> None:
    sign_in(page, "yjwh0100")
    for keys, address in (("gm", "/notices"), ("gt", "/tasks"), ("gc", "/cases"), ("?", "/help")):
        page.wait_for_load_state()
        for key in keys:
            page.keyboard.press(key)
        expect(page).to_have_url(address)
    page.goto("/tasks")
    page.wait_for_load_state()
    page.keyboard.press("/")
    expect(page.locator("main [name=q]")).to_be_focused()
    page.keyboard.type("gc?")
    expect(page.locator("main [name=q]")).to_have_value("gc?")
    page.goto("/settings")
    page.get_by_label("使用单键快捷键").uncheck()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("显示设置已经保存")).to_be_visible()
    page.keyboard.press("?")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page).to_have_url("/settings")


@pytest.mark.parametrize(("size", "theme", "width", "ground"), [
    ("normal", "light", 1280, "rgb(242, 245, 249)"), ("normal", "dark", 390, "rgb(14, 21, 31)"), ("large", "dark", 1280, "rgb(14, 21, 31)"),
    ("large", "light", 390, "rgb(242, 245, 249)"),
])
def test_nothing_is_hard_to_reach(page: Page, size: str, theme: str, width: int, ground: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="light" if theme == "dark" else "dark")  # the choice counts, not the system
    wrong = list[Any]()
    for login, addresses in (("yjwh0100", PAGES), ("yjwh0307", ("/people", "/people/YJWH0101"))):
        page.context.clear_cookies()
        sign_in(page, login)
        page.goto("/settings")
        page.check(f"[name=text_size][value={size}]")
        page.check(f"[name=theme][value={theme}]")
        page.get_by_role("button", name="保存").click()
        for address in addresses:
            page.goto(address)
            wrong += violations(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    assert wrong == []
