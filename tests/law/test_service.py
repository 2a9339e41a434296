"""A document is served by a lawful method, and on the day that the law names."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Invalid, Unlawful
from engine.law.service import SERVICE_METHODS, require_method_allowed, served_on
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
