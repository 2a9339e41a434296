"""An amount stays inside its tier or says why, and never leaves what the statute allows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Unlawful
from engine.law.discretion import (
    TIERS,
    DiscretionRange,
    check_amount,
    check_tier,
    deviates,
    require_within_tier,
)


def limits(tier: str, low: int, high: int, statutory: tuple[int, int] | None = None) -> DiscretionRange:
    bounds = [None, None] if statutory is None else [Decimal(each) for each in statutory]
    return DiscretionRange(tier, Decimal(low), Decimal(high), *bounds)


@pytest.mark.rule("INV-P31")
@pytest.mark.parametrize(
    ("tier", "low", "high", "proposed", "reasons", "codes"),
    [
        ("T3", 241800, 316200, 241800, {}, []),
        ("T2", 186000, 241800, 186000, {}, []),
        ("T3", 241800, 316200, 241799, {}, ["discretion.outside_tier"]),
        ("T3", 241800, 316200, 316201, {}, ["discretion.outside_tier"]),
        ("T3", 241800, 316200, 186000, {"deviation_reason": "主动消除危害后果"}, []),
        ("T3", 241800, 316200, 186000, {"deviation_reason": "  "}, ["discretion.outside_tier"]),
        ("T1", 5000, 49999, 20000, {}, ["discretion.no_ground"]),
        ("T1", 5000, 49999, 20000, {"deviation_reason": "情况特殊"}, ["discretion.no_ground"]),
        ("T1", 5000, 49999, 20000, {"mitigating": ["M9"]}, ["discretion.no_ground"]),
        ("T1", 5000, 49999, 20000, {"mitigating": ["M1"]}, []),
        ("T0", 0, 0, 0, {}, ["discretion.no_exemption"]),
        ("T0", 0, 0, 0, {"exempting": "NP_FIRST"}, []),
        ("T0", 0, 0, 0, {"exempting": "M1"}, ["discretion.no_exemption"]),
        ("T0", 0, 0, 1, {"exempting": "NP_FIRST", "deviation_reason": "理由"}, ["discretion.exempted"]),
        ("T9", 0, 1, 1, {}, ["discretion.tier_unknown"]),
        ("T3", 2, 1, 1, {}, ["discretion.range", "discretion.outside_tier"]),
    ],
)
def test_amount_against_its_tier(
    tier: str, low: int, high: int, proposed: int, reasons: dict[str, Any], codes: list[str]
) -> None:
    """行政处罚法 第五条、第三十二条、第三十三条、第三十四条."""
    faults = check_amount(limits(tier, low, high), Decimal(proposed), **reasons)
    assert [fault.code for fault in faults] == codes


@pytest.mark.rule("INV-F05")
@pytest.mark.parametrize(
    ("tier", "proposed", "mitigating", "code"),
    [
        ("T4", 17201, (), "discretion.above_statute"), ("T4", 17200, (), ""), ("T3", 99, (), "discretion.below_statute"),
        ("T2", 99, (), "discretion.below_statute"), ("T2", 99, ("M1",), "discretion.below_statute"),
        ("T1", 99, (), "discretion.no_ground"), ("T1", 99, ("M1",), ""),
    ],
)
def test_no_reason_carries_an_amount_out_of_the_statute(
    tier: str, proposed: int, mitigating: tuple[str, ...], code: str
) -> None:
    """行政处罚法 第四条、第三十二条、第四十九条: heavier, but lawful; below the minimum only on a ground that the law lists."""
    given_ = limits(tier, 13760, 17200, (100, 17200))
    faults = check_amount(given_, Decimal(proposed), deviation_reason="应急期间从重", mitigating=mitigating)
    assert [fault.code for fault in faults] == ([code] if code else [])


@pytest.mark.rule("INV-P31")
@pytest.mark.parametrize(
    ("standard", "chosen", "reason", "refused"),
    [("T3", "T3", "", False), ("T3", "T2", "", True), ("T3", "T2", " ", True), ("T3", "T2", "主动消除危害后果", False), ("T2", "T4", "", True)],
)
def test_a_tier_other_than_the_standards_needs_a_reason(standard: str, chosen: str, reason: str, refused: bool) -> None:
    """行政处罚法 第三十四条; 四川省行政权力依法规范公开运行电子监察管理办法（试行） 第十条第二项第七目."""
    assert bool(check_tier(standard, chosen, reason)) is refused
    asked = limits(chosen, 241800, 316200)
    if refused:
        with pytest.raises(Unlawful, match="按裁量基准应为"):
            require_within_tier(asked, Decimal(250000), by_standard=standard, deviation_reason=reason)
    else:
        require_within_tier(asked, Decimal(250000), by_standard=standard, deviation_reason=reason)


def test_refusal_names_every_fault_and_the_article() -> None:
    with pytest.raises(Unlawful) as refused:
        require_within_tier(limits("T1", 1, 2), Decimal(3))
    assert "第三十四条" in refused.value.article
    assert len(refused.value.facts["faults"]) == 2
    require_within_tier(limits("T1", 1, 2), Decimal(3), deviation_reason="主动消除危害后果", mitigating=("M1",))


def test_tiers_and_deviation() -> None:
    assert list(TIERS) == ["T0", "T1", "T2", "T3", "T4"]
    assert deviates(limits("T3", 1, 2), Decimal(3))
    assert deviates(limits("T2", 1, 2), Decimal(2), by_standard="T3")
    assert not deviates(limits("T3", 1, 2), Decimal(2), by_standard="T3")
    assert not deviates(limits("T3", 1, 2), Decimal(2))


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 2000), st.sampled_from(["T2", "T3", "T4"]))
def test_what_is_accepted_without_a_reason_lies_in_the_tier(one: int, two: int, proposed: int, tier: str) -> None:
    low, high = min(one, two), max(one, two)
    accepted = not check_amount(limits(tier, low, high, (low, high)), Decimal(proposed))
    assert accepted is (low <= proposed <= high)
    assert accepted is not deviates(limits(tier, low, high), Decimal(proposed))
