"""A late fine grows by three percent a day, stands still during remedies and never more than doubles."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.law.surcharges import FINE_RATE, PRICE_GAIN_RATE, Paid, surcharge, surcharge_until
from engine.law.time_limits import load_rates
from tests.law.builders import day


def test_rates_are_those_of_the_table() -> None:
    rates = load_rates()
    assert rates["TR_SURCHARGE_FINE"].rate == FINE_RATE
    assert rates["TR_SURCHARGE_ILLEGAL_GAIN_PRICE"].rate == PRICE_GAIN_RATE


@pytest.mark.rule("INV-E09")
@pytest.mark.parametrize(
    ("owed", "days", "paid", "expected"),
    [
        (10000, 0, 0, "0.00"), (10000, -3, 0, "0.00"), (10000, 1, 0, "300.00"), (10000, 10, 0, "3000.00"),
        (10000, 33, 0, "9900.00"), (10000, 34, 0, "10000.00"), (10000, 400, 0, "10000.00"),
        (10000, 10, 4000, "1800.00"), (10000, 10, 10000, "0.00"), (186000, 2, 0, "11160.00"),
    ],
)
def test_surcharge_on_a_fine(owed: int, days: int, paid: int, expected: str) -> None:
    """行政处罚法 第七十二条第一款第一项; 行政强制法 第四十五条."""
    assert surcharge(Decimal(owed), days, paid=Decimal(paid)) == Decimal(expected)


def test_surcharge_on_gains_in_price_cases() -> None:
    """价格违法行为行政处罚规定 第二十一条."""
    assert surcharge(Decimal(1000), 10, rate=PRICE_GAIN_RATE) == Decimal("20.00")
    assert surcharge(Decimal(1000), 900, rate=PRICE_GAIN_RATE) == Decimal("1000.00")
    late = surcharge_until(Decimal(1000), day("2026-07-27"), day("2026-08-06"), rate=PRICE_GAIN_RATE)
    assert (late.amount, late.article) == (Decimal("20.00"), "价格违法行为行政处罚规定 第二十一条; 行政强制法 第四十五条")


@pytest.mark.rule("INV-E09")
@pytest.mark.parametrize(
    ("until", "payments", "pauses", "days", "amount"),
    [
        ("2026-05-28", [], [], 0, "0.00"),
        ("2026-05-29", [], [], 1, "300.00"),
        ("2026-06-07", [], [], 10, "3000.00"),
        ("2026-06-07", [("2026-05-28", 4000)], [], 10, "1800.00"),
        ("2026-06-07", [("2026-06-02", 4000)], [], 10, "2400.00"),
        ("2026-06-07", [("2026-06-02", 10000)], [], 5, "1500.00"),
        ("2026-06-07", [], [("2026-05-30", "2026-06-04")], 5, "1500.00"),
        ("2026-06-07", [], [("2026-05-30", None)], 2, "600.00"),
        ("2026-12-31", [], [], 34, "10000.00"),
    ],
)
def test_surcharge_day_by_day(
    until: str, payments: list[tuple[str, int]], pauses: list[tuple[str, str | None]], days: int, amount: str
) -> None:
    """行政处罚法 第七十二条、第七十三条第三款."""
    result = surcharge_until(
        Decimal(10000), day("2026-05-28"), day(until), [Paid(day(on), Decimal(sum_)) for on, sum_ in payments],
        [(day(start), day(end) if end else None) for start, end in pauses],
    )
    assert (result.days, result.amount) == (days, Decimal(amount))
    assert result.capped is (result.amount == 10000)


def test_the_base_may_stay_the_whole_fine() -> None:
    payments = [Paid(day("2026-05-28"), Decimal(4000))]
    result = surcharge_until(Decimal(10000), day("2026-05-28"), day("2026-06-07"), payments, on_unpaid=False)
    assert result.amount == Decimal(3000)


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(Invalid):
        surcharge(Decimal(-1), 1)
    with pytest.raises(Invalid):
        surcharge(Decimal(1), 1, paid=Decimal(-1))


DUE = date(2026, 5, 28)
DAYS = st.integers(0, 150)


@given(
    st.integers(1, 10**7), DAYS, st.integers(0, 60), st.lists(st.tuples(DAYS, st.integers(1, 10**6)), max_size=3),
    st.lists(st.tuples(DAYS, st.integers(0, 40)), max_size=3), st.booleans(),
)
def test_surcharge_never_exceeds_the_fine_never_falls_with_time_and_never_rises_with_a_pause(
    owed: int, until: int, more: int, payments: list[tuple[int, int]], pauses: list[tuple[int, int]], on_unpaid: bool
) -> None:
    """行政处罚法 第七十二条第一款第一项、第七十三条第三款; 行政强制法 第四十五条第二款."""
    today = DUE + timedelta(days=until)
    rows = [Paid(DUE + timedelta(days=on), Decimal(amount)) for on, amount in payments]
    stops = [(DUE + timedelta(days=start), DUE + timedelta(days=start + length)) for start, length in pauses]

    def due(on: date, stopped: list[tuple[date, date]]) -> Decimal:
        return surcharge_until(Decimal(owed), DUE, on, rows, stopped, on_unpaid=on_unpaid).amount

    assert 0 <= due(today, stops) <= due(today + timedelta(days=more), stops) <= owed
    assert due(today, stops) <= due(today, [])
