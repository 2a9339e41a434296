"""An amount stays inside its tier or says why, and never leaves what the statute allows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.errors import Unlawful
from engine.law.discretion import (
    MITIGATION_GROUNDS,
    TIERS,
    DiscretionRange,
    check_amount,
    deviates,
    require_within_tier,
)


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
        ("T1", 5000, 49999, 20000, {"mitigation_ground": MITIGATION_GROUNDS["M1"]}, []),
        ("T0", 0, 0, 0, {}, []),
        ("T0", 0, 0, 1, {"deviation_reason": "理由"}, ["discretion.exempted"]),
        ("T9", 0, 1, 1, {}, ["discretion.tier_unknown"]),
        ("T3", 2, 1, 1, {}, ["discretion.range", "discretion.outside_tier"]),
    ],
)
def test_amount_against_its_tier(
    tier: str, low: int, high: int, proposed: int, reasons: dict[str, str], codes: list[str]
) -> None:
    """行政处罚法 第五条、第三十二条、第三十四条."""
    faults = check_amount(DiscretionRange(tier, Decimal(low), Decimal(high)), Decimal(proposed), **reasons)
    assert [fault.code for fault in faults] == codes


@pytest.mark.rule("INV-F05")
@pytest.mark.parametrize(
    ("tier", "proposed", "code"),
    [
        ("T4", 17201, "discretion.above_statute"), ("T4", 17200, ""), ("T3", 99, "discretion.below_statute"),
        ("T2", 99, "discretion.below_statute"), ("T1", 99, ""),
    ],
)
def test_no_reason_carries_an_amount_out_of_the_statute(tier: str, proposed: int, code: str) -> None:
    """行政处罚法 第四条、第三十二条、第四十九条: heavier, but lawful."""
    limits = DiscretionRange(tier, Decimal(13760), Decimal(17200), Decimal(100), Decimal(17200))
    faults = check_amount(limits, Decimal(proposed), deviation_reason="应急期间从重")
    assert [fault.code for fault in faults] == ([code] if code else [])


def test_refusal_names_every_fault_and_the_article() -> None:
    asked: dict[str, Any] = {"tier": "T1", "low": Decimal(1), "high": Decimal(2), "proposed": Decimal(3)}
    with pytest.raises(Unlawful) as refused:
        require_within_tier(**asked)
    assert "第三十四条" in refused.value.article
    assert len(refused.value.facts["faults"]) == 2
    require_within_tier(**asked, deviation_reason="主动消除危害后果")


def test_tiers_and_deviation() -> None:
    assert list(TIERS) == ["T0", "T1", "T2", "T3", "T4"]
    assert deviates(Decimal(1), Decimal(2), Decimal(3))
    assert not deviates(Decimal(1), Decimal(2), Decimal(2))
