"""A document is served by a lawful method, and on the day that the law names."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Invalid, Unlawful
from engine.law.local_rules import LocalRules, read_local_rules
from engine.law.scopes import Scope, limits_for
from engine.law.service import (
    FORWARDERS,
    RECEIVERS,
    SERVICE_METHODS,
    require_method_allowed,
    require_receiver,
    served_on,
)
from tests.law.builders import day, moment


@pytest.mark.rule("R-GD-30b")
@pytest.mark.rule("INV-V03")
def test_electronic_service_counts_from_arrival() -> None:
    """粤府〔2023〕73号 第三十条; 民事诉讼法 第九十条第二款: not the day of sending, not the day of opening."""
    arrived = moment("2026-03-03T00:10")
    opened = moment("2026-03-06T08:00")
    assert served_on("E_MAIL", served_at=opened, sent_at=moment("2026-03-02T23:50"), arrived_at=arrived) == day("2026-03-03")


@pytest.mark.rule("INV-V03")
@pytest.mark.parametrize(
    ("method", "served_at", "arrived_at", "expected"),
    [
        ("DIRECT", "2026-05-13T10:20", None, "2026-05-13"),
        ("ONSPOT", "2026-05-13T10:20", None, "2026-05-13"),
        ("LEAVE", "2026-05-13T18:00", None, "2026-05-13"),
        ("MAIL", "2026-05-15T09:00", None, "2026-05-15"),
        ("ENTRUST", "2026-05-15T09:00", None, "2026-05-15"),
        ("FORWARD", "2026-05-15T09:00", None, "2026-05-15"),
        ("PUBLIC", "2026-09-01T09:00", None, "2026-10-01"),
        ("E_PLATFORM", "2026-07-10T10:38", "2026-07-10T10:38", "2026-07-10"),
        ("E_SMS", "2026-07-10T10:38", "2026-07-11T00:01", "2026-07-11"),
    ],
)
def test_day_of_service(method: str, served_at: str, arrived_at: str | None, expected: str) -> None:
    """民事诉讼法 第八十七条至第九十五条."""
    arrived = moment(arrived_at) if arrived_at else None
    assert served_on(method, served_at=moment(served_at), arrived_at=arrived) == day(expected)


def test_electronic_service_needs_an_arrival() -> None:
    with pytest.raises(Invalid, match="到达"):
        served_on("E_MAIL", served_at=moment("2026-03-02"))
    with pytest.raises(Invalid, match="早于"):
        served_on("E_MAIL", served_at=moment("2026-03-02"), sent_at=moment("2026-03-02"), arrived_at=moment("2026-03-01"))


@pytest.mark.rule("INV-V01")
@pytest.mark.rule("R-GD-30a")
@pytest.mark.parametrize("method", [method for method in SERVICE_METHODS if method.startswith("E_")])
def test_electronic_service_needs_consent(method: str) -> None:
    """行政处罚法 第六十一条第二款; 粤府〔2023〕73号 第三十条."""
    with pytest.raises(Unlawful) as refused:
        require_method_allowed(method)
    assert "行政处罚法 第六十一条第二款" in refused.value.article
    require_method_allowed(method, electronic_consent=True)


@pytest.mark.rule("INV-V01")
def test_consent_signed_after_sending_does_not_count() -> None:
    with pytest.raises(Unlawful, match="发送之后"):
        require_method_allowed(
            "E_MAIL", electronic_consent=True, consent_signed_at=moment("2026-03-03"), sent_at=moment("2026-03-02")
        )


@pytest.mark.rule("INV-V02")
def test_public_notice_is_the_last_resort() -> None:
    """民事诉讼法 第九十五条."""
    with pytest.raises(Unlawful) as refused:
        require_method_allowed("PUBLIC")
    assert "民事诉讼法 第九十五条" in refused.value.article
    require_method_allowed("PUBLIC", other_ways_failed=True)
    require_method_allowed("PUBLIC", whereabouts_unknown=True)


@pytest.mark.parametrize("known", [{}, {"refused": True}, {"witnessed": True}])
def test_leaving_a_document_needs_a_refusal_and_a_witness(known: dict[str, Any]) -> None:
    """民事诉讼法 第八十九条."""
    with pytest.raises(Unlawful, match="拒收"):
        require_method_allowed("LEAVE", **known)
    require_method_allowed("LEAVE", refused=True, witnessed=True)


def test_telephone_and_unknown_methods_serve_nothing() -> None:
    with pytest.raises(Unlawful, match="电话"):
        require_method_allowed("PHONE")
    with pytest.raises(Invalid):
        served_on("PIGEON", served_at=moment("2026-03-02"))
    require_method_allowed("DIRECT")


@pytest.mark.parametrize("method", ["MAIL", "ENTRUST", "FORWARD"])
def test_post_and_other_agencies_come_after_direct_service(method: str) -> None:
    """民事诉讼法 第九十一条; 市场监督管理行政处罚程序规定 第八十二条第四项."""
    require_method_allowed(method)
    with pytest.raises(Unlawful, match="直接送达没有困难") as refused:
        require_method_allowed(method, direct_is_hard=False)
    assert "民事诉讼法 第九十一条" in refused.value.article


@pytest.mark.parametrize("forwarder", FORWARDERS)
def test_soldiers_and_prisoners_are_served_through_their_unit(forwarder: str) -> None:
    """民事诉讼法 第九十二条至第九十四条."""
    require_method_allowed("FORWARD", direct_is_hard=forwarder == "DEPARTMENT", forwarder=forwarder)
    with pytest.raises(Invalid):
        require_method_allowed("FORWARD", forwarder="NEIGHBOUR")


def test_public_notice_keeps_its_reason_and_the_spot_needs_the_party() -> None:
    with pytest.raises(Unlawful, match="原因和经过"):
        require_method_allowed("PUBLIC", whereabouts_unknown=True, reason_recorded=False)
    with pytest.raises(Unlawful, match="不在场") as refused:
        require_method_allowed("ONSPOT", in_person=False)
    assert refused.value.article == "行政处罚法 第六十一条第一款"
    require_method_allowed("ONSPOT")


@pytest.mark.parametrize(
    ("receiver", "person", "company"),
    [
        ("SELF", True, False), ("COHABITING", True, False), ("LEGAL_REPRESENTATIVE", False, True), ("MAIL_ROOM", False, True),
        ("AGENT", True, True), ("DESIGNATED", True, True),
    ],
)
def test_who_may_sign(receiver: str, person: bool, company: bool) -> None:
    """民事诉讼法 第八十八条; 市场监督管理行政处罚程序规定 第八十二条第一项."""
    for party, allowed in (("PERSON", person), ("SOLE", person), ("LEGAL", company), ("OTHER_ORG", company)):
        if allowed:
            require_receiver(receiver, party)
            continue
        with pytest.raises(Unlawful) as refused:
            require_receiver(receiver, party)
        assert "民事诉讼法 第八十八条" in refused.value.article
    assert receiver in RECEIVERS
    with pytest.raises(Invalid):
        require_receiver("NEIGHBOUR", "PERSON")


def test_a_letter_that_came_back_counts_only_from_a_confirmed_address() -> None:
    """市场监督管理行政处罚程序规定 第八十三条第二款: 执法文书被退回之日为送达之日."""
    known: dict[str, Any] = {"served_at": moment("2026-05-13"), "returned_at": moment("2026-05-20T09:00")}
    assert served_on("MAIL", **known, address_confirmed=True) == day("2026-05-20")
    with pytest.raises(Unlawful, match="退回"):
        served_on("MAIL", **known)


def local(key: str, value: object, article: str) -> LocalRules:
    return read_local_rules({key: {"value": value, "article": article}})


@pytest.mark.rule("INV-V03")
@pytest.mark.parametrize(
    ("own", "expected"),
    [({}, "2026-10-01"), ({"TL_SERVICE_PUBLIC": {"value": 60, "article": "农业行政处罚程序规定 第七十二条第三款"}}, "2026-10-31"),
     ({"TL_SERVICE_PUBLIC": 29}, "2026-10-01")],
)
def test_public_notice_takes_as_long_as_the_domain_says(own: dict[str, Any], expected: str) -> None:
    """民事诉讼法 第九十五条: thirty days; agriculture and transport sixty; never less."""
    days = limits_for(Scope(domain="market_regulation"), own)["TL_SERVICE_PUBLIC"].amount
    assert served_on("PUBLIC", served_at=moment("2026-09-01"), notice_days=days) == day(expected)


FUJIAN = local("electronic_arrival", "designated_system", "福建省政府令第242号 第十九条")
GUANGDONG = local("electronic_arrival", "platform_mailbox", "粤府〔2023〕73号 第三十条")
TRANSPORT = local("electronic_arrival", "sending_system", "交通运输行政执法程序规定 第十八条第三项")


@pytest.mark.rule("R-FJ-19b")
@pytest.mark.rule("INV-V03")
def test_in_fujian_arrival_in_the_designated_system_counts() -> None:
    """福建省政府令第242号 第十九条: arrived at 23:50, read the next day."""
    known: dict[str, Any] = {"served_at": moment("2026-07-11T08:00"), "arrived_at": moment("2026-07-10T23:50"), "rules": FUJIAN}
    assert served_on("E_PLATFORM", **known, system="闽政通", designated="闽政通") == day("2026-07-10")
    with pytest.raises(Unlawful, match="指定的接收系统") as refused:
        served_on("E_PLATFORM", **known, system="短信", designated="闽政通")
    assert "福建省政府令第242号 第十九条" in refused.value.article


@pytest.mark.rule("R-GD-30b")
def test_in_guangdong_arrival_in_the_mailbox_of_the_system_counts() -> None:
    sent, arrived, read = moment("2026-03-02T23:50"), moment("2026-03-03T00:10"), moment("2026-03-06T08:00")
    assert served_on("E_MAIL", served_at=read, sent_at=sent, arrived_at=arrived, rules=GUANGDONG) == day("2026-03-03")
    with pytest.raises(Invalid):
        served_on("E_MAIL", served_at=read, sent_at=sent, rules=GUANGDONG)


def test_in_transport_sending_counts_unless_another_arrival_is_proved() -> None:
    """交通运输行政执法程序规定 第十八条第三项."""
    sent, arrived = moment("2026-03-02T23:50"), moment("2026-03-03T00:10")
    assert served_on("E_MAIL", served_at=sent, sent_at=sent, rules=TRANSPORT) == day("2026-03-02")
    assert served_on("E_MAIL", served_at=sent, sent_at=sent, arrived_at=arrived, rules=TRANSPORT) == day("2026-03-03")
