"""Pages that only an act leads to have no barrier either: a form with faults, a preview, a code generator, a second factor."""

from __future__ import annotations

from collections.abc import Iterator

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from processes.host import Host
from tests.builders import CaseBuilder, a_case
from tests.web.test_accessibility import barriers, watched
from tests.web.visits import LOOKS, Visit, context_of
from web.app import create_app

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(host: Host) -> Flask:
    return create_app(host, demonstration=True)


@pytest.fixture(scope="module")
def filed(host: Host) -> CaseBuilder:
    """Cases come before anybody signs in: they set the clock, and a session does not last for days."""
    return a_case(host).until("choose_act")


@pytest.fixture(scope="module")
def checked(host: Host, filed: CaseBuilder) -> CaseBuilder:
    return a_case(host).until("verify_clue")


@pytest.fixture(params=[LOOKS[1], LOOKS[-2]], ids=lambda look: look.name)
def officer(request: pytest.FixtureRequest, chromium: Browser, address: str, app: Flask, checked: CaseBuilder) -> Iterator[Page]:
    """The lead officer's browser, dark on the desk or with large text on the phone."""
    context = context_of(chromium, address, app, Visit("", "", "YJWH0101"), request.param)
    page = context.new_page()
    page.set_default_timeout(10_000)
    noticed = watched(page, address)
    yield page
    context.close()
    assert [each for each in noticed if "400 (BAD REQUEST)" not in each] == []


def test_a_form_with_faults_and_one_with_more_rows(officer: Page, checked: CaseBuilder) -> None:
    officer.goto(f"/tasks/{checked.open_items()[0].id}")
    officer.get_by_role("button", name="增加一行取得的证据").click()
    expect(officer.get_by_role("button", name="删除第1行")).to_be_visible()
    assert barriers(officer) == []
    officer.get_by_role("button", name="提交，办结本环节").click()
    expect(officer.get_by_role("alert")).to_be_focused()
    assert barriers(officer) == []


def test_a_document_before_it_is_made(officer: Page, filed: CaseBuilder) -> None:
    officer.goto(f"/cases/{filed.case_id}/documents/new")
    officer.get_by_role("link", name="案件移送函").click()
    assert barriers(officer) == []
    officer.get_by_role("button", name="预览").click()
    expect(officer.get_by_role("alert")).to_be_visible()
    assert barriers(officer) == []


def test_a_code_generator_and_the_second_step_of_signing_in(officer: Page, host: Host) -> None:
    officer.goto("/account")
    officer.get_by_role("button", name="启用验证码").click()
    secret = officer.locator(".hash").inner_text().replace(" ", "")
    assert barriers(officer) == []
    officer.locator("[name=code]").fill(pyotp.TOTP(secret).at(host.clock.now()))
    officer.locator("main form button").last.click()
    expect(officer.get_by_text("备用码").first).to_be_visible()
    assert barriers(officer) == []
    recovery = officer.locator(".recovery-codes li").all_inner_texts()
    officer.get_by_role("button", name="退出").click()
    officer.get_by_label("用户名").fill("yjwh0101")
    officer.get_by_label("密码").fill("demo")
    officer.get_by_role("button", name="登录", exact=True).click()
    expect(officer.get_by_role("heading", name="第二步验证")).to_be_visible()
    assert barriers(officer) == []
    officer.get_by_label("验证码").fill(recovery[0])
    officer.get_by_role("button", name="登录", exact=True).click()
    officer.goto("/account")
    officer.locator("summary", has_text="停用").click()
    officer.locator("#remove-code-password").fill("demo")
    officer.get_by_role("button", name="停用验证码").click()
    expect(officer.get_by_role("button", name="启用验证码")).to_be_visible()
