"""Which circumstances make a penalty lighter, heavier or none at all, and which tiers they leave."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid, Unlawful
from engine.law.circumstances import (
    AGGRAVATING,
    EXEMPTING,
    MAY_EXEMPT,
    MITIGATING,
    age_circumstance,
    mental_circumstance,
    require_tier_open,
    weigh,
)
from tests.law.builders import day


@pytest.mark.parametrize(
    ("codes", "tiers", "article"),
    [
        ([], "T2 T3", ""),
        (["M1"], "T1 T2", "行政处罚法 第三十二条第一项"), (["M2"], "T1 T2", "行政处罚法 第三十二条第二项"),
        (["M3"], "T1 T2", "行政处罚法 第三十二条第三项"), (["M4"], "T1 T2", "行政处罚法 第三十二条第四项"),
        (["M5"], "T1 T2", "行政处罚法 第三十条"), (["M6"], "T1 T2 T3", "行政处罚法 第三十一条"),
        (["M7"], "T1 T2", "行政处罚法 第三十二条第五项"), (["M1", "M6"], "T1 T2", "行政处罚法 第三十一条"),
        (["NP_MINOR"], "T0", "行政处罚法 第三十三条第一款"), (["NP_NO_FAULT"], "T0", "行政处罚法 第三十三条第二款"),
        (["NP_MINOR_AGE"], "T0", "行政处罚法 第三十条"), (["NP_MENTAL"], "T0", "行政处罚法 第三十一条"),
        (["NP_FIRST"], "T0 T2 T3", "行政处罚法 第三十三条第一款"), (["NP_FIRST", "M1"], "T0 T1 T2", "行政处罚法 第三十二条第一项"),
        (["NP_MINOR", "SERIOUS"], "T0", "行政处罚法 第三十三条第一款"),
        (["EMERGENCY"], "T4", "行政处罚法 第四十九条"), (["REPEAT"], "T4", "价格违法行为行政处罚规定 第十七条第二款第二项"),
        (["EMERGENCY", "M1"], "T2 T3 T4", "行政处罚法 第四十九条"), (["NP_FIRST", "EMERGENCY"], "T4", "行政处罚法 第四十九条"),
    ],
)
def test_tiers_that_the_circumstances_leave(codes: list[str], tiers: str, article: str) -> None:
    """行政处罚法 第三十条至第三十三条、第四十九条."""
    left = weigh(codes)
    assert sorted(left.tiers) == tiers.split()
    assert not article or article in left.articles
    for tier in ("T0", "T1", "T2", "T3", "T4"):
        if tier in left.tiers:
            require_tier_open(tier, codes)
        else:
            with pytest.raises(Unlawful) as refused:
                require_tier_open(tier, codes)
            assert refused.value.article


def test_lighter_and_heavier_together_are_weighed_by_the_heads() -> None:
    assert weigh(["M1", "EMERGENCY"]).weigh
    assert not weigh(["M1"]).weigh
    assert not weigh(["EMERGENCY"]).weigh


def test_an_unknown_circumstance_is_refused() -> None:
    with pytest.raises(Invalid, match="M9"):
        weigh(["M9"])


@pytest.mark.parametrize(
    ("born", "acted", "circumstance"),
    [
        ("2012-03-04", "2026-03-03", "NP_MINOR_AGE"), ("2012-03-04", "2026-03-04", "NP_MINOR_AGE"),
        ("2012-03-04", "2026-03-05", "M5"), ("2008-03-04", "2026-03-04", "M5"), ("2008-03-04", "2026-03-05", ""),
        ("2012-02-29", "2026-02-28", "NP_MINOR_AGE"), ("2012-02-29", "2026-03-01", "M5"), ("1985-03-12", "2026-03-04", ""),
    ],
)
def test_age_on_the_day_of_the_act(born: str, acted: str, circumstance: str) -> None:
    """行政处罚法 第三十条."""
    assert age_circumstance(day(born), day(acted)) == circumstance


def test_nobody_acts_before_birth() -> None:
    with pytest.raises(Invalid):
        age_circumstance(day("2026-03-05"), day("2026-03-04"))


@pytest.mark.parametrize(
    ("disordered", "controlled", "lost", "circumstance"),
    [(False, True, False, ""), (True, True, False, ""), (True, False, False, "M6"), (True, False, True, "NP_MENTAL")],
)
def test_mental_disorder(disordered: bool, controlled: bool, lost: bool, circumstance: str) -> None:
    """行政处罚法 第三十一条: an intermittent patient is punished for what was done while well."""
    assert mental_circumstance(disordered=disordered, controlled=controlled, fully_lost=lost) == circumstance


SETS = st.sets(st.sampled_from([*MITIGATING, *EXEMPTING, *AGGRAVATING]), max_size=5)


@given(SETS, st.sampled_from(sorted(MITIGATING)))
def test_a_lighter_circumstance_never_raises_the_lightest_or_the_heaviest_tier(codes: set[str], more: str) -> None:
    before, after = weigh(codes).tiers, weigh(codes | {more}).tiers
    assert min(after) <= min(before) or codes & AGGRAVATING.keys()
    assert max(after) <= max(before)


@given(SETS, st.sampled_from(sorted(AGGRAVATING)))
def test_a_heavier_circumstance_never_lightens(codes: set[str], more: str) -> None:
    before, after = weigh(codes).tiers, weigh(codes | {more}).tiers
    assert max(after) >= max(before)
    assert after


@given(SETS)
def test_an_obligatory_exemption_leaves_nothing_else(codes: set[str]) -> None:
    left = weigh(codes)
    assert left.exempt is bool(codes & (EXEMPTING.keys() - MAY_EXEMPT))
    assert not left.exempt or left.tiers == {"T0"}


@given(st.dates(date(1950, 1, 1), date(2026, 1, 1)), st.integers(0, 9000))
def test_growing_older_never_lightens(born: date, days: int) -> None:
    acted = date.fromordinal(born.toordinal() + days)
    order = ["NP_MINOR_AGE", "M5", ""]
    younger = age_circumstance(born, acted)
    older = age_circumstance(born, date.fromordinal(acted.toordinal() + 1))
    assert order.index(older) >= order.index(younger)
