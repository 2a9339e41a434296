"""A fine by amount, by multiple or by the day stays inside what the provision and the tier allow."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.law.fines import (
    MULTIPLE,
    Band,
    FineRange,
    amount_in_tier,
    confiscable_gains,
    daily_fine,
    statutory_range,
)
from tests.law.builders import day

FOOD_122 = "食品安全法 第一百二十二条第一款"
FOOD = (
    Band(Decimal(50000), Decimal(100000), base_below=Decimal(10000)),
    Band(Decimal(10), Decimal(20), MULTIPLE, base_from=Decimal(10000)),
)
PRICE_6 = "价格违法行为行政处罚规定 第六条"
PRICE = (
    Band(Decimal(50000), Decimal(500000), base_below=Decimal("0.01")),
    Band(Decimal(0), Decimal(5), MULTIPLE, base_from=Decimal("0.01")),
)
YUAN = st.decimals(0, 10**7, places=2, allow_nan=False)


@pytest.mark.parametrize(
    ("bands", "base", "article", "low", "high"),
    [
        (FOOD, "0", FOOD_122, "50000", "100000"), (FOOD, "9999.99", FOOD_122, "50000", "100000"),
        (FOOD, "10000", FOOD_122, "100000", "200000"), (FOOD, "18600", FOOD_122, "186000", "372000"),
        (PRICE, "3440", PRICE_6, "0", "17200"), (PRICE, "0", PRICE_6, "50000", "500000"),
    ],
)
def test_range_of_a_provision(bands: tuple[Band, ...], base: str, article: str, low: str, high: str) -> None:
    found = statutory_range(bands, Decimal(base), article)
    assert (found.low, found.high, found.article) == (Decimal(low), Decimal(high), article)


def test_a_base_that_no_band_holds_is_told() -> None:
    with pytest.raises(Invalid, match="没有规定"):
        statutory_range(FOOD[1:], Decimal(1), FOOD_122)
    for base in (Decimal(-1), Decimal("NaN")):
        with pytest.raises(Invalid):
            statutory_range(FOOD, base, FOOD_122)


@pytest.mark.parametrize(("low", "high"), [("2", "1"), ("-1", "1"), ("NaN", "1"), ("0", "Infinity")])
def test_impossible_ranges_are_refused(low: str, high: str) -> None:
    with pytest.raises(Invalid):
        FineRange(Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    ("low", "high", "factors", "expected"),
    [
        (241800, 316200, 0, "241800"), (186000, 241800, 0, "186000"), (714000, 840000, 2, "764400"),
        (85000, 100000, 1, "88000"), (85000, 100000, 5, "100000"), (85000, 100000, 99, "100000"),
        (13760, 17200, 1, "14400"), (5000, 49999, 1, "13900"), (0, 0, 3, "0"),
        (150, 180, 0, "150"), (150, 180, 5, "150"),
    ],
)
def test_a_sum_inside_the_tier(low: int, high: int, factors: int, expected: str) -> None:
    """The example standard: the lower end, and a fifth of the width for each aggravating factor, in hundreds."""
    assert amount_in_tier(FineRange(Decimal(low), Decimal(high)), factors) == Decimal(expected)


@given(YUAN, YUAN, st.integers(0, 20), st.decimals(0, 1, places=2), st.sampled_from([Decimal(1), Decimal(100), Decimal(1000)]))
def test_the_sum_never_leaves_its_tier_and_never_falls_with_a_factor(
    one: Decimal, two: Decimal, factors: int, share: Decimal, unit: Decimal
) -> None:
    tier = FineRange(min(one, two), max(one, two))
    less = amount_in_tier(tier, factors, share=share, unit=unit)
    more = amount_in_tier(tier, factors + 1, share=share, unit=unit)
    assert less in tier
    assert more >= less


@given(YUAN, YUAN)
def test_a_larger_base_never_lowers_a_multiple(one: Decimal, two: Decimal) -> None:
    small, large = sorted((one + 10000, two + 10000))
    before, after = statutory_range(FOOD, small, FOOD_122), statutory_range(FOOD, large, FOOD_122)
    assert before.low <= after.low
    assert before.high <= after.high


@pytest.mark.parametrize(
    ("ordered", "found", "expected"),
    [("2026-03-02", "2026-03-02", "0.00"), ("2026-03-02", "2026-03-03", "20000.00"), ("2026-02-27", "2026-03-29", "600000.00")],
)
def test_fine_by_the_day(ordered: str, found: str, expected: str) -> None:
    """From the day after the order to correct, the day of the second inspection included."""
    assert daily_fine(Decimal(20000), day(ordered), day(found)) == Decimal(expected)
    with pytest.raises(Invalid):
        daily_fine(Decimal(20000), day(found), date(2026, 1, 1))


def test_gains_are_the_receipts_less_what_was_paid_back() -> None:
    """行政处罚法 第二十八条第二款; DEMO-2: 3,440 taken in, 2,440 refunded."""
    assert confiscable_gains(Decimal(3440), Decimal(2440)) == Decimal(1000)
    assert confiscable_gains(Decimal(16800)) == Decimal(16800)
    assert confiscable_gains(Decimal(100), Decimal(200)) == 0
    with pytest.raises(Invalid):
        confiscable_gains(Decimal(-1))
