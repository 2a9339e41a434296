"""A document cannot be made: the administrator sees why, tries again, and skips only what no statute asks for. No script needed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from documents import operations as making
from engine.workflow.incidents import OPEN, Incident, incidents_of
from processes.host import Host
from processes.queue import drain
from processes.running import complete_by_step
from tests.builders import CaseBuilder, a_case
from tests.web.test_journey import sign_in
from tests.web.test_routing_journey import sign_out

pytestmark = pytest.mark.browser


def given_up(case: CaseBuilder) -> Incident:
    """Take the next step while nothing can be printed, until it is given up."""
    step = case.script.steps[case.position]
    case.clock.set(step.at)

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError("no office")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "make", fail)
        complete_by_step(case.host, case.case_id, step.id, step.actor, step.values)
        drain(case.host, case.case_id)  # attempt after attempt, without the pauses of a worker
    with case.host.database.reading() as session:
        return next(row for row in incidents_of(session, case.case_id) if row.state == OPEN)


def test_an_administrator_repairs_what_failed(without_script: Page, host: Host) -> None:
    page = without_script
    statutory, paper = given_up(a_case(host)), given_up(a_case(host).until("record_payment"))
    sign_in(page, "yjwh0304")
    expect(page.get_by_role("link", name="运行异常")).to_have_count(0)
    assert page.goto("/incidents").status == 404  # type: ignore[union-attr]
    sign_out(page)

    sign_in(page, "yjwh0307")
    page.get_by_role("link", name="运行异常").click()
    expect(page.get_by_text("OSError：no office")).to_have_count(2)
    page.goto(f"/incidents/{statutory.id}")
    expect(page.get_by_text("法定环节的组成部分，不能跳过")).to_be_visible()
    expect(page.get_by_role("button", name="跳过")).to_have_count(0)
    page.get_by_label("经办人").select_option("YJWH0101")
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_text("已经重新安排")).to_be_visible()

    page.goto(f"/incidents/{paper.id}")
    page.get_by_label("跳过的理由").fill("缴款情况已有票据和登记")
    page.get_by_role("button", name="跳过").click()
    expect(page.get_by_text("已经跳过，案件继续办理")).to_be_visible()
    expect(page.get_by_text("缴款情况已有票据和登记")).to_be_visible()
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with host.database.reading() as session:
            if not incidents_of(session, statutory.case_id):
                break
        time.sleep(0.1)
    page.goto("/incidents")
    expect(page.get_by_text("没有运行异常")).to_be_visible()
    page.goto("/incidents?all=1")
    expect(page.get_by_text("已经跳过")).to_be_visible()
