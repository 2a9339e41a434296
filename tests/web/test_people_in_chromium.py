"""A first and a middle part of the ordinary case by its people in a real browser, on the desk and on a phone.

Only with ZHIFA_PROVE=full: test_seven_people.py walks the whole case through the same pages; here the script of the page is at work.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from engine import jobs
from processes.host import Host
from tests.builders import CaseBuilder, a_case
from tests.web.test_accessibility import watched
from tests.web.visits import LOOKS, Look, Visit, context_of
from web.app import create_app

pytestmark = [
    pytest.mark.browser, pytest.mark.skipif(os.environ.get("ZHIFA_PROVE") != "full", reason="whole pages, one after the other: make prove"),
]
PARTS = {
    "first": ("register_source", ["register_source", "verify_clue", "propose_filing", "review_filing", "approve_filing"]),
    "middle": ("evidence_review", ["evidence_review", "investigation_report", "report_opinion", "case_review", "approve_notice"]),
}


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[4]], ids=lambda look: look.name)
@pytest.mark.parametrize("part", list(PARTS))
def test_a_part_of_the_case(chromium: Browser, address: str, host: Host, part: str, look: Look) -> None:
    begin, steps = PARTS[part]
    case = a_case(host).until(begin)
    for step in steps:
        row = case.script.steps[case.position]
        assert row.id == step
        case.clock.set(max(row.at, case.clock.now()))
        context = context_of(chromium, address, create_app(host), Visit("", "", row.actor), look)
        page = context.new_page()
        noticed = watched(page, address)
        page.goto("/tasks")
        page.locator("tr", has=page.locator(f'a[href="/cases/{case.case_id}"]')).get_by_role("link", name="办理").first.click()
        answer(page, row.values)
        page.get_by_role("button", name="提交，办结本环节").click()
        expect(page.get_by_text("已经办结")).to_be_visible()
        context.close()
        assert noticed == []
        case.position += 1
        everything_made(case)


def answer(page: Page, values: Mapping[str, Any]) -> None:
    """Fill in the form as a person does; the page asks the server anew where an answer opens other questions."""
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for place, row in enumerate(value):
                if page.locator(f'[name^="{name}-{place}-"]').count() == 0:
                    page.locator(f'button[name="add:{name}"]').click()
                    page.locator(f'[name^="{name}-{place}-"]').first.wait_for()
                answer(page, {f"{name}-{place}-{key}": each for key, each in row.items()})
            continue
        control = page.locator(f'[name="{name}"]').first
        for each in value if isinstance(value, list) else [value]:
            text = str(each).lower() if isinstance(each, bool) else str(each)
            if control.get_attribute("type") in ("radio", "checkbox"):
                option = page.locator(f'input[name="{name}"][value="{text}"]')
                if option.count():  # a box that is only ever confirmed has no false
                    option.check()
            elif control.evaluate("e => e.tagName") == "SELECT":
                control.select_option(text)
            else:
                control.fill(text)
        if control.locator("xpath=ancestor::*[@data-controls]").count():
            control.blur()
            page.wait_for_load_state("networkidle")


def everything_made(case: CaseBuilder) -> None:
    """Wait until the server's own worker has printed what the step asked for."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with case.host.database.reading() as session:
            if not jobs.pending(session, case.case_id):
                return
        time.sleep(0.1)
    raise AssertionError("the documents of the step were not made")
