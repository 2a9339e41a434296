"""An officer in the street, with a phone: from opening the case to the decision in the party's hands, in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from engine.cases.cases import Case, find_case
from processes.host import Host
from processes.reserving import reserve_block
from tests.builders import ON_THE_SPOT, script
from tests.web.test_journey import fill, made, sign_in

pytestmark = pytest.mark.browser

SERIES = "{abbr}{dom}当罚〔{year}〕{seq:06d}号"
FINGER = 40
"""Least height in pixels of what a finger must hit: buttons, choices, entry fields."""


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Page]:
    """A phone in the hand: 390 pixels wide, touch; script errors and refused policies fail the test."""
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2, base_url=address,
    )
    page, faults = context.new_page(), list[str]()
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None)
    yield page
    page.wait_for_load_state("networkidle")
    context.close()
    assert faults == []


def comfortable(page: Page, name: str) -> None:
    """Nothing runs out of the side, and every button, choice and entry field of the form is as high as a finger needs."""
    if folder := os.environ.get("ZHIFA_PICTURES"):  # every page of the journey is kept as a picture
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{name} scrolls sideways"
    small = page.evaluate(
        """least => [...document.querySelectorAll('main form button:not([name=refresh]), main form select, main form textarea, '
        + 'main form .form-option, main form input:not([type=hidden]):not([type=radio]):not([type=checkbox])')]
        .filter(e => e.offsetParent && e.getBoundingClientRect().height < least)
        .map(e => `${e.tagName} ${e.name || e.textContent} ${e.getBoundingClientRect().height}`)""", FINGER,
    )
    assert small == [], name


def submit(page: Page, name: str, heading: str) -> None:
    comfortable(page, name)
    page.get_by_role("button", name="提交，办结本环节").click()
    expect(page.get_by_text(f"“{heading}”已经办结")).to_be_visible()


def go_on(page: Page, heading: str) -> None:
    """From wherever the last step ended to the next one, by touch alone."""
    if not page.get_by_role("heading", name=heading, level=1).is_visible():
        page.get_by_role("link", name=heading).first.click()
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()


@pytest.mark.rule("INV-S09")
@pytest.mark.rule("INV-P35")
def test_from_opening_to_the_decision_in_the_hand(phone: Page, host: Host) -> None:
    page, case = phone, script(ON_THE_SPOT)
    values = {step.id: dict(step.values) for step in case.steps}
    host.clock.set(case.opened_at)  # type: ignore[attr-defined]
    given = reserve_block(host, "YJWH0100", "YJWH0101", SERIES, 3)
    sign_in(page, "yjwh0101")
    page.goto("/cases/new")
    comfortable(page, "0-new")
    page.goto("/cases/new?source=INSPECTION")
    comfortable(page, "0-questions")
    page.get_by_label("执法事项").select_option(case.item)
    fill(page, {"on_the_spot": True})
    page.locator('[name="facts_clear"]').first.wait_for()
    fill(page, {"facts_clear": True, "penalty": "FINE"})
    page.locator('[name="amount"]').wait_for()
    fill(page, {"amount": "150", "party_type": "PERSON"})
    page.get_by_role("button", name="下一步：适用什么程序").click()
    expect(page.get_by_role("radio", name="行政处罚简易程序")).to_be_checked()
    page.get_by_role("button", name="建立案件").click()
    expect(page.get_by_role("heading", name="出示证件、登记当事人", level=1)).to_be_visible()
    with host.database.reading() as session:
        case_id = session.scalars(select(Case.id)).one()

    fill(page, values["spot_opening"])
    submit(page, "1-opening", "出示证件、登记当事人")
    go_on(page, "查明事实、提出处理")

    facts = values["spot_facts"]
    pieces = facts.pop("evidence")
    kinds = facts.pop("penalty_kind")
    fill(page, {key: facts[key] for key in ("facts", "facts_clear", "has_basis", "outcome")})
    fill(page, {f"evidence-0-{key}": value for key, value in pieces[0].items()})
    for kind in kinds:
        page.locator(f'[name="penalty_kind"][value="{kind}"]').check()
    fill(page, {"fine": "200.01", "discretion_reason": facts["discretion_reason"]})
    comfortable(page, "2-facts")
    page.get_by_role("button", name="提交，办结本环节").click()
    expect(page.get_by_text("超过当场处罚的限额")).to_be_visible()
    expect(page.get_by_text("第五十一条").first).to_be_visible()
    comfortable(page, "3-refused")
    fill(page, {"fine": facts["fine"]})
    submit(page, "4-facts", "查明事实、提出处理")

    go_on(page, "当场告知")
    fill(page, values["spot_notice"])
    submit(page, "5-notice", "当场告知")
    go_on(page, "听取陈述申辩")
    fill(page, values["spot_defence"])
    submit(page, "6-defence", "听取陈述申辩")
    made(host, case_id, "DOC-38")
    page.goto(f"/cases/{case_id}")
    go_on(page, "作出当场处罚决定")
    fill(page, values["spot_decision"])
    submit(page, "7-decision", "作出当场处罚决定")

    decision = made(host, case_id, "DOC-44")
    assert f"{given[0]:06d}号" in decision.number
    text = "".join(sheet.get_textpage().get_text_range() for sheet in pypdfium2.PdfDocument(host.files.get(decision.sealed)))
    for said in ("宋晓禾", "未标明品名", "100.00", "第四十二条", "应当先申请行政复议", "标价牌忘在家里", "何砚", "由执法人员当场收缴"):
        assert said in "".join(text.split()), said
    page.goto(f"/documents/{decision.id}")
    comfortable(page, "8-document")
    page.goto(f"/cases/{case_id}")
    comfortable(page, "9-case")
    go_on(page, "当场交付决定书")
    now = host.clock.now().strftime("%Y-%m-%dT%H:%M")
    fill(page, {**values["spot_delivery"], "delivered_at": now})
    submit(page, "10-delivery", "当场交付决定书")
    with host.database.reading() as session:
        delivered = find_case(session, case_id)
    assert (delivered.status, delivered.served_on) == ("EXECUTING", host.clock.now().date())
