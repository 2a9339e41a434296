"""A head returns a proposal, the officer withdraws one and hands one over: in a real browser, with and without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from engine.workflow.tasks import OPEN, items_of_case
from processes.host import Host
from tests.builders import CaseBuilder, a_case
from tests.web.test_journey import sign_in

pytestmark = pytest.mark.browser


def waiting(case: CaseBuilder) -> int:
    with case.host.database.reading() as session:
        return next(row.id for row in items_of_case(session, case.case_id) if row.state == OPEN)


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="退出").click()


def test_a_proposal_is_returned_withdrawn_and_handed_over(page: Page, host: Host) -> None:
    case = a_case(host).until("review_filing")
    sign_in(page, "yjwh0100")
    page.goto(f"/tasks/{waiting(case)}")
    page.locator("summary", has_text="退回").click()
    page.get_by_label("退回到").select_option(index=1)
    page.get_by_label("退回的理由").fill("管辖依据没有写清")
    page.get_by_label("我确认退回").check()
    page.locator("form[action$='/return'] button").click()
    expect(page.get_by_text("已退回到“提出立案建议”")).to_be_visible()
    assert case.open_steps() == ["propose_filing"]
    page.goto(f"/cases/{case.case_id}/journal")
    expect(page.get_by_text("管辖依据没有写清")).to_be_visible()
    sign_out(page)

    case.position -= 1
    case.take()
    sign_in(page, "yjwh0101")
    expect(page.get_by_role("heading", name="刚刚办结，可以撤回")).to_be_visible()
    page.locator("summary", has_text="提出立案建议").first.click()
    page.get_by_label("撤回的理由").first.fill("建议写错了")
    page.get_by_role("button", name="撤回").first.click()
    expect(page.get_by_role("heading", name="提出立案建议")).to_be_visible()
    assert case.open_steps() == ["propose_filing"]
    page.locator("summary", has_text="转办").click()
    page.get_by_label("转给").select_option("YJWH0102")
    page.get_by_label("转办的理由").fill("外出办案")
    page.locator("form[action$='/hand-over'] button").click()
    expect(page.get_by_text("已转办")).to_be_visible()


def test_an_opinion_is_asked_and_given_without_script(without_script: Page, host: Host) -> None:
    page = without_script
    case = a_case(host).until("approve_filing")
    sign_in(page, "yjwh0002")
    page.goto(f"/tasks/{waiting(case)}")
    page.locator("summary", has_text="加签").click()
    page.get_by_label("征求谁的意见").select_option("YJWH0202")
    page.get_by_label("征求意见的事项").fill("法律适用是否妥当")
    page.get_by_role("button", name="征求意见").click()
    expect(page.get_by_text("尚未答复")).to_be_visible()
    sign_out(page)
    sign_in(page, "yjwh0202")
    page.get_by_role("link", name="提出意见").first.click()
    page.get_by_label("意见", exact=True).or_(page.locator("#text")).first.fill("适用法律正确")
    page.get_by_role("button", name="提出意见").click()
    expect(page.get_by_text("意见已经提出")).to_be_visible()


def test_an_opinion_is_asked_for_after_the_step_without_script(without_script: Page, host: Host) -> None:
    page, case = without_script, a_case(host).until("review_filing")
    sign_in(page, "yjwh0100")
    page.goto(f"/tasks/{waiting(case)}")
    page.locator("summary", has_text="加签").click()
    page.locator('input[name="when"][value="after"]').check()
    page.get_by_label("征求谁的意见").select_option("YJWH0202")
    page.get_by_label("征求意见的事项").fill("请补充管辖依据")
    page.get_by_role("button", name="征求意见").click()
    expect(page.get_by_text("本环节办结之后对方就可以提出")).to_be_visible()
    sign_out(page)
    sign_in(page, "yjwh0202")
    expect(page.get_by_text("请补充管辖依据")).to_have_count(0)
    expect(page.get_by_role("link", name="提出意见")).to_have_count(0)
    case.take()  # the step did not wait for the answer; meanwhile days have passed and the session with them
    sign_in(page, "yjwh0202")
    page.get_by_role("link", name="提出意见").click()
    expect(page.get_by_text("请补充管辖依据")).to_be_visible()
    page.locator("#text").fill("管辖依据充分")
    page.get_by_role("button", name="提出意见").click()
    expect(page.get_by_text("意见已经提出")).to_be_visible()


def test_a_case_is_stayed_by_the_head_and_resumed(page: Page, host: Host) -> None:
    case = a_case(host).until("choose_act")
    sign_in(page, "yjwh0101")
    page.goto(f"/cases/{case.case_id}")
    page.locator("summary", has_text="申请中止或者终止").click()
    page.get_by_label("情形").select_option("stay:AWAITING_RULING")
    page.locator("#stop-reason").fill("等待另案裁判")
    page.get_by_role("button", name="提出申请").click()
    expect(page.get_by_text("等待审批")).to_be_visible()
    sign_out(page)
    sign_in(page, "yjwh0002")
    page.goto(f"/cases/{case.case_id}")
    page.get_by_label(re.compile("我确认批准中止")).check()
    page.get_by_role("button", name="批准", exact=True).click()
    expect(page.get_by_text("恢复之前不能办理，办案期限停止计算").first).to_be_visible()
    page.get_by_label("恢复的理由").fill("裁判已经作出")
    page.get_by_role("button", name="恢复办理").click()
    expect(page.get_by_text("期限已经重新计算")).to_be_visible()
