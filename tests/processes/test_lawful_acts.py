"""Earlier fines are told, a service counts only once it takes effect, publicity ends when the package says."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from engine.cases.cases import find_case
from engine.cases.limits import due_moment, event_moment
from engine.cases.service import services_of
from engine.cases.submissions import latest
from engine.clock import at_legal_midnight
from engine.errors import Invalid, Unlawful
from engine.oversight.publicity import publication_of
from engine.workflow import releases
from processes.hinting import discretion_hint
from processes.host import Host
from processes.overlay import resolve
from tests.builders import EMERGENCY, CaseBuilder, a_case
from tests.law.builders import day, moment


def choose(host: Host, **settings: int) -> None:
    """Let the package choose otherwise before anything is read: what stands in its [settings] is laid into its files."""
    contents = resolve("national")
    text = contents["package.toml"].decode()
    for key, value in settings.items():
        text = re.sub(rf"(?m)^{key} =.*\n", "", text).replace("[settings]\n", f"[settings]\n{key} = {value}\n")
    with host.database.reading() as session:
        digest = releases.current(session, "national", host.clock.now()).digest
    host.bundles._bundles.pop(digest, None)
    host.bundles.get(digest, lambda: {**contents, "package.toml": text.encode()})


def refused(case: CaseBuilder, code: str, step: str, **changes: Any) -> Unlawful:
    with pytest.raises(Unlawful) as refusal:
        case.attempt(step, **changes)
    assert refusal.value.code == code, refusal.value.message
    return refusal.value


@pytest.mark.rule("INV-P29")
def test_the_same_act_is_not_fined_twice(host: Host) -> None:
    """行政处罚法 第二十九条: the platform finds the earlier fine, people judge whether it is the same act."""
    first = a_case(host, EMERGENCY).until("")
    case = a_case(host, EMERGENCY).until("investigation_report")
    with host.database.reading() as session:
        number = find_case(session, first.case_id).number
        found = find_case(session, case.case_id)
        form = host.bundle(session, found.release_digest).forms["investigation_report"]
        told = discretion_hint(host, session, found, form, {})
    assert number in told
    assert "行政处罚法第二十九条" in told
    with pytest.raises(Invalid) as unanswered:
        case.attempt("investigation_report", same_act=None)
    assert unanswered.value.faults[0].where == "same_act"
    assert "两次以上罚款" in refused(case, "concurrency.second_fine", "investigation_report", same_act=True).message
    case.take(same_act=False)
    with host.database.reading() as session:
        report = latest(session, case.case_id, "investigation_report")
        assert report is not None
        assert number in report.values["earlier_fines"]


PUBLIC: dict[str, Any] = {
    "method": "PUBLIC", "receiver": None, "relation": None, "not_direct_reason": "登记地址无人，电话不通，邮件退回。",
    "public_ground": "WHEREABOUTS_UNKNOWN",
}


@pytest.mark.rule("INV-V02")
@pytest.mark.rule("TL_SERVICE_PUBLIC")
def test_a_public_notice_serves_after_its_days_and_not_before(host: Host) -> None:
    """民事诉讼法 第九十五条: published on 2026-03-30, served on 2026-04-29; the window opens then."""
    case = a_case(host).until("serve_document")
    refused(case, "service.not_yet", "serve_document", **PUBLIC)
    case.clock.set(moment("2026-04-29T09:00"))
    case.take(**PUBLIC)
    with host.database.reading() as session:
        assert services_of(session, case.case_id)[-1].served_on == day("2026-04-29")
        assert event_moment(session, case.case_id, "notice_served") == at_legal_midnight(day("2026-04-29"))
        due = due_moment(session, case.case_id, "TL_DEFENCE_WINDOW")
    assert due is not None
    assert due == moment("2026-05-10")  # 05-01 to 05-05 are holidays, Saturday 05-09 is worked: the last day is 05-09


@pytest.mark.rule("INV-A12")
def test_a_package_may_give_the_party_more_time(host: Host) -> None:
    """市场监督管理行政处罚程序规定 第五十七条第二款: five working days, or as many more as the package grants."""
    choose(host, defence_window_working_days=7)
    case = a_case(host).until("serve_document")
    case.take()
    with host.database.reading() as session:
        due = due_moment(session, case.case_id, "TL_DEFENCE_WINDOW")
    assert due == moment("2026-04-10")


def test_a_receiver_who_may_not_sign_is_refused(host: Host) -> None:
    """民事诉讼法 第八十八条."""
    case = a_case(host).until("serve_document")
    refused(case, "service.receiver_not_allowed", "serve_document", receiver_role="COHABITING")
    case.take(receiver_role="LEGAL_REPRESENTATIVE")


def test_publicity_ends_within_the_time_that_holds_for_the_case(host: Host) -> None:
    """市场监督管理行政处罚信息公示规定 第十三条: three years; reviewed on 2026-07-10, published on 2026-07-13."""
    case = a_case(host, EMERGENCY).until("publicity_review")
    refused(case, "publicity.too_long", "publicity_review", publish_until="2029-07-11")
    case.take(publish_until=None)
    case.until("record_payment")
    with host.database.reading() as session:
        publication = publication_of(session, case.case_id)
    assert publication is not None
    assert publication.until == date(2029, 7, publication.published_at.day)


@pytest.mark.rule("INV-P28")
def test_five_years_only_with_harm(host: Host) -> None:
    """行政处罚法 第三十六条第一款: food concerns life and health, but without harm two years are the limit."""
    case = a_case(host)
    case.take(violation_from="2023-02-02", violation_to="2023-03-04")
    case.take()
    refused(case, "limitation.expired", "propose_filing")
    case.take(harmful=True)
