"""A passkey in a real browser with a virtual authenticator: added, used alone and as the second factor, removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from processes.host import Host
from tests.web.test_journey import sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A page at localhost (passkeys are bound to a host name, never to a number) whose authenticator says yes."""
    context = chromium.new_context(locale="zh-CN", base_url=address.replace("127.0.0.1", "localhost"))
    found = context.new_page()
    wire = context.new_cdp_session(found)
    wire.send("WebAuthn.enable")
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }})
    yield found
    context.close()


def test_a_passkey_signs_in_alone_and_as_the_second_factor(page: Page, host: Host) -> None:
    sign_in(page, "yjwh0302")
    page.get_by_role("link", name="苏荷").click()
    page.get_by_label("名称").fill("办公电脑")
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.get_by_text("通行密钥已经添加")).to_be_visible()
    expect(page.locator("summary", has_text="办公电脑")).to_be_visible()
    page.get_by_role("button", name="退出", exact=True).click()

    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()
    page.get_by_role("button", name="退出", exact=True).click()

    page.get_by_label("用户名").fill("yjwh0302")
    page.get_by_label("密码").fill("demo")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="第二步验证")).to_be_visible()
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()

    page.goto("/account")
    expect(page.get_by_text("密码和通行密钥")).to_be_visible()
    page.locator("summary", has_text="办公电脑").click()
    page.get_by_label("输入密码确认").fill("demo")
    page.get_by_role("button", name="删除“办公电脑”").click()
    expect(page.get_by_text("还没有通行密钥")).to_be_visible()
