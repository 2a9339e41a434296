"""The same act is fined once, by the higher provision, and what was paid counts against a criminal penalty."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid, Unlawful
from engine.law.concurrency import (
    EarlierFine,
    Provision,
    governing_provision,
    require_first_fine,
    require_no_criminal_fine,
    set_off_detention,
    set_off_fine,
)
from engine.law.fines import FineRange
from tests.law.builders import day


def provision(name: str, low: int, high: int) -> Provision:
    return Provision(name, FineRange(Decimal(low), Decimal(high)))


@pytest.mark.rule("INV-P29")
@pytest.mark.parametrize(
    ("provisions", "governs"),
    [
        ([("甲", 0, 10000)], "甲"), ([("甲", 0, 10000), ("乙", 0, 30000)], "乙"), ([("乙", 0, 30000), ("甲", 0, 10000)], "乙"),
        ([("甲", 1000, 30000), ("乙", 5000, 30000)], "乙"), ([("甲", 5000, 20000), ("乙", 0, 30000)], "乙"),
        ([("甲", 5000, 20000), ("乙", 5000, 20000)], "甲"),
    ],
)
def test_the_provision_with_the_higher_fine_governs(provisions: list[tuple[str, int, int]], governs: str) -> None:
    """行政处罚法 第二十九条."""
    assert governing_provision([provision(*each) for each in provisions]).name == governs


FINED = EarlierFine("act-1", "云江市望海区市场监督管理局", "云望市监处罚〔2026〕3号", day("2026-02-01"))


@pytest.mark.rule("INV-P29")
def test_the_same_act_is_not_fined_twice_whoever_fined_it() -> None:
    """行政处罚法 第二十九条."""
    with pytest.raises(Unlawful, match="两次以上罚款") as refused:
        require_first_fine("act-1", [FINED])
    assert refused.value.article == "行政处罚法 第二十九条"
    require_first_fine("act-2", [FINED])
    require_first_fine("act-1", [])
    require_first_fine("act-1", [EarlierFine(FINED.act, FINED.agency, FINED.number, FINED.on, revoked=True)])


@pytest.mark.parametrize(
    ("fined", "criminal", "counted", "rest"), [(5000, 20000, 5000, 15000), (20000, 5000, 5000, 0), (0, 5000, 0, 5000), (5000, 0, 0, 0)]
)
def test_a_fine_counts_against_the_criminal_fine(fined: int, criminal: int, counted: int, rest: int) -> None:
    """行政处罚法 第三十五条第二款."""
    result = set_off_fine(Decimal(fined), Decimal(criminal))
    assert (result.counted, result.remaining) == (Decimal(counted), Decimal(rest))
    assert result.article == "行政处罚法 第三十五条第二款"


def test_detention_counts_against_the_sentence_day_by_day() -> None:
    """行政处罚法 第三十五条第一款."""
    assert set_off_detention(15, 180).remaining == 165
    assert set_off_detention(15, 10).remaining == 0
    assert set_off_detention(15, 180).article == "行政处罚法 第三十五条第一款"


def test_after_a_criminal_fine_no_fine_is_given() -> None:
    """行政处罚法 第三十五条第二款."""
    with pytest.raises(Unlawful, match="不再给予罚款"):
        require_no_criminal_fine(Decimal(1), Decimal(20000))
    require_no_criminal_fine(Decimal(0), Decimal(20000))
    require_no_criminal_fine(Decimal(1), None)


def test_impossible_amounts_are_refused() -> None:
    for wrong in (lambda: set_off_fine(Decimal(-1), Decimal(1)), lambda: set_off_detention(1, -1), lambda: governing_provision([])):
        with pytest.raises(Invalid):
            wrong()


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_set_off_never_counts_more_than_either_sum(fined: int, criminal: int) -> None:
    result = set_off_fine(Decimal(fined), Decimal(criminal))
    assert result.counted <= min(fined, criminal)
    assert result.counted + result.remaining == criminal
    assert result.remaining >= 0


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=6))
def test_no_provision_allows_more_than_the_one_that_governs(bounds: list[tuple[int, int]]) -> None:
    provisions = [provision(str(place), min(pair), max(pair)) for place, pair in enumerate(bounds)]
    assert governing_provision(provisions).fine.high == max(each.fine.high for each in provisions)
