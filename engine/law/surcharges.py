"""Reckons the surcharge (加处罚款) on what is paid late: by the day, paused by remedies, never above the sum owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from engine.errors import Invalid
from engine.law.counting import excluded_days

FINE_RATE: Final = Decimal("0.03")
PRICE_GAIN_RATE: Final = Decimal("0.002")
_CENT = Decimal("0.01")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Paid:
    """A payment towards the sum owed, in yuan, on a day."""

    on: date
    amount: Decimal


@dataclass(frozen=True)
class Surcharge:
    """The surcharge in yuan, for how many days it ran, and whether the cap stopped it."""

    amount: Decimal
    days: int
    capped: bool
    article: str


def surcharge(owed: Decimal, days_late: int, *, paid: Decimal = Decimal(0), rate: Decimal = FINE_RATE) -> Decimal:
    """The surcharge in yuan on a sum of which so much was paid in time, at most the sum itself.

    Three percent a day of a fine (行政处罚法 第七十二条第一款第一项; 行政强制法 第四十五条); in price cases two per mille a day of
    illegal gains with PRICE_GAIN_RATE (价格违法行为行政处罚规定 第二十一条).
    """
    if owed < 0 or paid < 0:
        raise Invalid("surcharge.amount", "计算加处罚款的金额不得为负数")
    accrued = max(owed - paid, Decimal(0)) * rate * max(days_late, 0)
    return min(accrued, owed).quantize(_CENT, ROUND_HALF_UP)


def surcharge_until(
    owed: Decimal, due_on: date, until: date, payments: Sequence[Paid] = (),
    pauses: Sequence[tuple[date, date | None]] = (), *, rate: Decimal = FINE_RATE, on_unpaid: bool = True,
    cap: Decimal | None = None,
) -> Surcharge:
    """The surcharge from the day after due_on up to and including a day, day by day.

    pauses: reconsideration, litigation or deferral, from the day after their start (行政处罚法 第七十三条第三款、第六十六条);
    None as an end means that it lasts. A payment lowers the base from the next day; on_unpaid=False keeps the whole sum as
    the base until it is paid (the wording 罚款数额 allows both). cap: where the whole fine is the cap and this only a part.
    """
    ceiling = owed if cap is None else cap
    stopped = excluded_days((start, min(end or until, until)) for start, end in pauses)
    amount, days, day = Decimal(0), 0, due_on
    while day < until:
        day += _DAY
        unpaid = owed - sum((payment.amount for payment in payments if payment.on < day), Decimal(0))
        if unpaid <= 0 or amount >= ceiling:
            break
        if day not in stopped:
            amount, days = amount + (unpaid if on_unpaid else owed) * rate, days + 1
    article = "行政处罚法 第七十二条第一款第一项; 行政强制法 第四十五条"
    if rate == PRICE_GAIN_RATE:
        article = "价格违法行为行政处罚规定 第二十一条; 行政强制法 第四十五条"
    return Surcharge(min(amount, ceiling).quantize(_CENT, ROUND_HALF_UP), days, amount >= ceiling, article)
