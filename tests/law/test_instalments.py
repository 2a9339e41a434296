"""A fine may be deferred or split on application; each part has its day, and only a late part grows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid, Unlawful
from engine.law.instalments import (
    Instalment,
    court_application_from,
    plan_faults,
    require_plan,
    states_on,
    surcharge_of_plan,
)
from engine.law.surcharges import Paid
from tests.law.builders import day

FINE, DUE = Decimal(186000), day("2026-05-28")
PLAN = tuple(Instalment(day(each), Decimal(62000)) for each in ("2026-06-15", "2026-07-15", "2026-08-17"))


def paid(*rows: tuple[str, int]) -> list[Paid]:
    return [Paid(day(on), Decimal(amount)) for on, amount in rows]


def ask(plan: tuple[Instalment, ...] = PLAN, *, applied: str = "2026-05-20", hardship: bool = True, approved: bool = True) -> None:
    require_plan(
        FINE, plan, applied_on=day(applied), approved_on=day("2026-05-22"), original_due=DUE, hardship=hardship, approved=approved
    )


def test_the_plan_of_the_first_sample_case_is_lawful() -> None:
    ask()
    ask((Instalment(day("2026-12-31"), FINE),))


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"hardship": False}, "经济困难"), ({"approved": False}, "批准"), ({"applied": "2026-05-29"}, "届满")],
)
def test_the_law_grants_it_on_conditions(changes: dict[str, object], word: str) -> None:
    """行政处罚法 第六十六条第二款; 农业行政处罚程序规定 第八十一条第一款."""
    with pytest.raises(Unlawful, match=word) as refused:
        ask(**changes)  # type: ignore[arg-type]
    assert "行政处罚法 第六十六条第二款" in refused.value.article


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "empty"), ([("2026-06-15", 185999)], "total"), ([("2026-06-15", 186001)], "total"),
        ([("2026-05-28", 186000)], "not_later"), ([("2026-05-01", 86000), ("2026-06-15", 100000)], "past"),
        ([("2026-07-15", 86000), ("2026-06-15", 100000)], "order"), ([("2026-06-15", 86000), ("2026-06-15", 100000)], "order"),
        ([("2026-06-15", 0), ("2026-07-15", 186000)], "amount"), ([("2026-06-15", -1), ("2026-07-15", 186001)], "amount"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(parts: list[tuple[str, int]], code: str) -> None:
    plan = tuple(Instalment(day(on), Decimal(amount)) for on, amount in parts)
    faults = plan_faults(FINE, plan, approved_on=day("2026-05-22"), original_due=DUE)
    assert f"instalments.{code}" in [fault.code for fault in faults]
    with pytest.raises(Invalid):
        ask(plan)


@pytest.mark.rule("INV-E09")
@pytest.mark.parametrize(
    ("payments", "on", "expected"),
    [
        ([("2026-06-12", 62000), ("2026-07-14", 62000), ("2026-08-14", 62000)], "2026-08-20", ["0", "0", "0"]),
        ([("2026-06-12", 62000), ("2026-07-20", 62000), ("2026-08-14", 62000)], "2026-08-20", ["0", "9300.00", "0"]),
        ([("2026-06-12", 62000)], "2026-07-20", ["0", "9300.00", "0"]),
        ([], "2026-06-15", ["0", "0", "0"]), ([], "2026-06-16", ["1860.00", "0", "0"]),
        ([], "2026-12-31", ["62000.00", "62000.00", "62000.00"]),
        ([("2026-06-01", 100000)], "2026-07-20", ["0", "3600.00", "0"]),
    ],
)
def test_each_part_is_late_by_itself(payments: list[tuple[str, int]], on: str, expected: list[str]) -> None:
    """行政处罚法 第六十六条第二款、第七十二条第一款第一项; five days at three percent of 62,000 are 9,300."""
    states = states_on(PLAN, paid(*payments), day(on))
    assert [state.surcharge for state in states] == [Decimal(each) for each in expected]
    assert surcharge_of_plan(PLAN, paid(*payments), day(on)) == sum(Decimal(each) for each in expected)


def test_the_cap_may_be_the_whole_fine() -> None:
    late = day("2026-12-31")
    assert surcharge_of_plan(PLAN, [], late, cap_per_instalment=False) == FINE
    one_late = paid(("2026-07-01", 124000))
    assert surcharge_of_plan(PLAN, one_late, day("2026-10-30"), cap_per_instalment=True) == Decimal("29760.00") + 62000
    assert surcharge_of_plan(PLAN, one_late, day("2026-10-30"), cap_per_instalment=False) == Decimal("29760.00") + 74 * 1860


def test_the_court_is_applied_to_after_the_last_part() -> None:
    """行政处罚法 第七十二条第二款."""
    assert court_application_from(PLAN) == day("2026-08-17")
    with pytest.raises(Invalid):
        court_application_from([])


PARTS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 10**6)), min_size=1, max_size=4)
PAYMENTS = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 10**6)), max_size=4)


@given(PARTS, PAYMENTS, st.integers(0, 200), st.integers(0, 60), st.booleans())
def test_the_surcharge_never_exceeds_the_fine_and_never_falls_with_time(
    parts: list[tuple[int, int]], payments: list[tuple[int, int]], until: int, more: int, each: bool
) -> None:
    start, plan, due = date(2026, 6, 1), [], date(2026, 6, 1)
    for gap, amount in parts:
        due += timedelta(days=gap)
        plan.append(Instalment(due, Decimal(amount)))
    rows = [Paid(start + timedelta(days=on), Decimal(amount)) for on, amount in payments]
    fine, today = sum(part.amount for part in plan), start + timedelta(days=until)
    now = surcharge_of_plan(plan, rows, today, cap_per_instalment=each)
    later = surcharge_of_plan(plan, rows, today + timedelta(days=more), cap_per_instalment=each)
    assert 0 <= now <= later <= fine
