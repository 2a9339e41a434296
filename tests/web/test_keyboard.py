"""Everything can be done without a mouse: the tab key reaches every control, where one stands is seen, and a step is completed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from processes.host import Host
from tests.builders import a_case
from tests.web.test_accessibility import watched
from tests.web.visits import LOOKS, Look, Visit, context_of
from web.app import create_app

pytestmark = pytest.mark.browser
DESK, PHONE_DARK = LOOKS[0], Look("dark", large=False, width=390)
# Every control that can be seen and used; of radio buttons of one name the keyboard visits one and the arrows do the rest.
NUMBERED = """() => {
  const groups = new Set();
  return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter((e) => {
    if (e.disabled || e.tabIndex < 0 || !e.checkVisibility({ visibilityProperty: true })) return false;
    if (e.type !== 'radio') return true;
    const key = `${e.form?.action} ${e.name}`;
    return !groups.has(key) && groups.add(key);
  }).map((e, place) => { e.dataset.place = place; return e.outerHTML.slice(0, 90); });
}"""
STANDS = """() => {
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  if (e === document.body) return null;
  const first = e.type === 'radio' ? [...document.getElementsByName(e.name)].find((o) => o.form === e.form && o.dataset.place) : e;
  const covering = document.elementFromPoint(box.x + Math.min(box.width, 8) / 2, box.y + box.height / 2);
  return {
    place: first?.dataset.place ?? '', html: e.outerHTML.slice(0, 90),
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    free: !covering || e.contains(covering) || covering.contains(e) || !!covering.closest('label, summary'),
  };
}"""


@pytest.mark.parametrize("look", [DESK, PHONE_DARK], ids=lambda look: look.name)
def test_tab_reaches_every_control_and_shows_where_one_stands(chromium: Browser, address: str, host: Host, look: Look) -> None:
    item = a_case(host).until("review_filing").open_items()[0].id
    context = context_of(chromium, address, create_app(host), Visit("", "", "YJWH0100"), look)
    page = context.new_page()
    for path in ("/tasks", f"/tasks/{item}", "/absences"):
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        every, reached = page.evaluate(NUMBERED), list[str]()
        for _ in range(len(every) + 8):  # a date has several parts
            page.keyboard.press("Tab")
            stands = page.evaluate(STANDS)
            if stands is None:
                break
            assert stands["seen"] and stands["inView"] and stands["free"], stands
            reached.append(stands["place"])
        missed = [html for place, html in enumerate(every) if str(place) not in reached]
        assert missed == [], path
        order = list(dict.fromkeys(int(place) for place in reached if place))
        assert order == sorted(order), f"{path}: the order of the tab key is not that of the page"
    context.close()


def test_the_skip_link_leads_past_the_navigation(chromium: Browser, address: str, host: Host) -> None:
    context = context_of(chromium, address, create_app(host), Visit("", "", "YJWH0100"), DESK)
    page = context.new_page()
    page.goto("/tasks")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    expect(page.get_by_role("link", name="跳到正文")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    context.close()


def test_a_step_is_completed_without_a_mouse(page: Page, address: str, host: Host) -> None:
    """Sign in, open the step from the to-do list, miss a question and be led to it, choose by the arrows, submit."""
    case = a_case(host).until("review_filing")
    noticed = watched(page, address)
    page.goto("/sign-in")
    tab_to(page, "#login")
    page.keyboard.type("yjwh0100")
    tab_to(page, "#password")
    page.keyboard.type("demo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()
    tab_to(page, f'a[href="/tasks/{case.open_items()[0].id}"]')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="审查立案建议").or_(page.get_by_role("heading", level=1))).to_be_visible()
    tab_to(page, "[name=opinion]")
    page.keyboard.type("同意立案，报负责人审批。")
    tab_to(page, "button[name=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the first line of the summary leads to the question
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.name") == "decision"
    assert page.evaluate("document.activeElement.checked")
    page.wait_for_load_state("networkidle")  # the form is shown again with what depends on the choice
    tab_to(page, "button[name=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已经办结")).to_be_visible()
    assert case.open_steps() == ["approve_filing"]
    assert [each for each in noticed if "400" not in each] == []


def tab_to(page: Page, selector: str) -> None:
    """Press the tab key until this control has the focus."""
    for _ in range(80):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the tab key does not reach {selector}")
