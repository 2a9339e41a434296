"""How a fine is reckoned: between two amounts, by a multiple of a base, by the day, and inside its tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Final

from engine.errors import Invalid

AMOUNT, MULTIPLE = "amount", "multiple"
ZERO: Final = Decimal(0)
_CENT = Decimal("0.01")
_LARGEST = Decimal(10) ** 12


@dataclass(frozen=True)
class FineRange:
    """The fine that a provision or a tier allows, in yuan, both ends included (以上、以下包括本数); article says which."""

    low: Decimal
    high: Decimal
    article: str = ""

    def __post_init__(self) -> None:
        if not (self.low.is_finite() and self.high.is_finite() and ZERO <= self.low <= self.high <= _LARGEST):
            raise Invalid("fine.range", "罚款幅度应当是从低到高的两个数额，且不得为负数")

    def __contains__(self, amount: object) -> bool:
        return isinstance(amount, Decimal) and self.low <= amount <= self.high


@dataclass(frozen=True)
class Band:
    """One band of a provision: for a base from (included) up to below, a fine by amount or by multiple of the base.

    As in 食品安全法 第一百二十二条: goods worth less than 10,000 yuan 50,000 to 100,000; from 10,000 yuan ten to twenty times.
    """

    low: Decimal
    high: Decimal
    by: str = AMOUNT
    base_from: Decimal = ZERO
    base_below: Decimal | None = None


def statutory_range(bands: Sequence[Band], base: Decimal, article: str) -> FineRange:
    """The range that a provision gives for a base (goods value or illegal gains, in yuan); Invalid when no band holds it."""
    if not base.is_finite() or base < ZERO:
        raise Invalid("fine.base", "计算罚款的基数不得为负数")
    for band in bands:
        if band.base_from <= base and (band.base_below is None or base < band.base_below):
            unit = base if band.by == MULTIPLE else Decimal(1)
            return FineRange(_cents(band.low * unit), _cents(band.high * unit), article)
    raise Invalid("fine.no_band", f"{article}没有规定该基数适用的罚款幅度")


def daily_fine(original: Decimal, ordered_on: date, found_on: date) -> Decimal:
    """A fine by the day (按日连续处罚) in yuan: the original sum for every day from the day after the order to correct.

    found_on: the day on which the refusal to correct was found, which counts. Only where a statute provides it; the caller
    names that statute (行政处罚法 第四条、第二十九条: without it the same act is fined once).
    """
    if original < ZERO:
        raise Invalid("fine.base", "按日计罚的原处罚数额不得为负数")
    if found_on < ordered_on:
        raise Invalid("fine.days", "复查的日期不得早于责令改正的日期")
    return _cents(original * (found_on - ordered_on).days)


def amount_in_tier(
    tier: FineRange, aggravating: int, *, share: Decimal = Decimal("0.2"), unit: Decimal = Decimal(100)
) -> Decimal:
    """A sum inside a tier in yuan: the lower end, and a share of the tier's width for each aggravating factor.

    Rounded down to the unit, never outside the tier. A suggestion, not a rule: the officer may choose any sum of the tier
    and gives reasons (行政处罚法 第五条、第三十四条).
    """
    if aggravating < 0 or not ZERO <= share <= 1 or unit <= 0:
        raise Invalid("fine.tier", "从重因素的个数、每项所占的比例或者取整单位不正确")
    sum_ = tier.low + (tier.high - tier.low) * min(share * aggravating, Decimal(1))
    whole = (sum_ / unit).quantize(Decimal(1), ROUND_DOWN) * unit
    return min(max(whole, tier.low), tier.high)


def confiscable_gains(gross: Decimal, refunded: Decimal = ZERO) -> Decimal:
    """Illegal gains to be confiscated in yuan: what was taken in, less what was paid back (行政处罚法 第二十八条第二款).

    违法所得 is the whole receipts, no costs off, unless a rule reckons otherwise; 依法退赔 comes first.
    """
    if gross < ZERO or refunded < ZERO:
        raise Invalid("fine.gains", "违法所得和退赔的数额不得为负数")
    return max(gross - refunded, ZERO)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
