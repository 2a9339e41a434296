"""The law of the day of the act applies, and the law of the day of the decision when it is lighter (从旧兼从轻)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid, Unlawful
from engine.law.fines import FineRange
from engine.law.versions import RuleVersion, applicable_version, in_force, lighter
from tests.law.builders import day


def version(name: str, since: str, until: str | None, fine: tuple[int, int] | None, *, unlawful: bool = True) -> RuleVersion:
    allowed = None if fine is None else FineRange(Decimal(fine[0]), Decimal(fine[1]))
    return RuleVersion(name, day(since), day(until) if until else None, allowed, unlawful)


OLD = version("旧规定", "2015-01-01", "2026-06-30", (10000, 50000))
TIMES = {
    "重": version("新规定", "2026-07-01", None, (10000, 80000)), "轻": version("新规定", "2026-07-01", None, (0, 30000)),
    "同": version("新规定", "2026-07-01", None, (10000, 50000)), "低限轻": version("新规定", "2026-07-01", None, (5000, 50000)),
    "不罚款": version("新规定", "2026-07-01", None, None), "不违法": version("新规定", "2026-07-01", None, None, unlawful=False),
}


@pytest.mark.rule("INV-P30")
@pytest.mark.parametrize(
    ("new", "acted", "decided", "applies"),
    [
        ("重", "2026-06-30", "2026-07-01", "旧规定"), ("轻", "2026-06-30", "2026-07-01", "新规定"),
        ("同", "2026-06-30", "2026-07-01", "旧规定"), ("低限轻", "2026-06-30", "2026-07-01", "新规定"),
        ("不罚款", "2026-06-30", "2026-07-01", "新规定"), ("不违法", "2026-06-30", "2026-07-01", None),
        ("轻", "2026-06-29", "2026-06-30", "旧规定"), ("重", "2026-07-01", "2026-08-01", "新规定"),
    ],
)
def test_old_law_unless_the_new_one_is_lighter(new: str, acted: str, decided: str, applies: str | None) -> None:
    """行政处罚法 第三十七条."""
    found = applicable_version([OLD, TIMES[new]], day(acted), day(decided))
    assert (found.version.name if found.version else None) == applies
    assert found.article == "行政处罚法 第三十七条"
    assert found.reason


@pytest.mark.rule("INV-P30")
def test_a_repealed_rule_punishes_no_more() -> None:
    found = applicable_version([OLD], day("2026-06-30"), day("2026-07-01"))
    assert found.version is None
    assert "已经废止" in found.reason


def test_without_a_rule_on_the_day_of_the_act_there_is_no_penalty() -> None:
    """行政处罚法 第四条、第三十八条第一款: a later law does not reach back."""
    with pytest.raises(Unlawful) as refused:
        applicable_version([TIMES["重"]], day("2026-06-30"), day("2026-07-01"))
    assert "第三十八条第一款" in refused.value.article
    with pytest.raises(Unlawful):
        applicable_version([TIMES["不违法"]], day("2026-07-01"), day("2026-07-02"))


def test_a_version_between_the_two_days_does_not_count() -> None:
    between = version("中间规定", "2026-03-01", "2026-06-30", (0, 1000))
    old, new = version("旧规定", "2015-01-01", "2026-02-28", (10000, 50000)), TIMES["重"]
    found = applicable_version([old, between, new], day("2026-02-01"), day("2026-07-01")).version
    assert found is not None
    assert found.name == "旧规定"


def test_two_versions_for_one_day_are_a_fault() -> None:
    with pytest.raises(Invalid, match="同时有效"):
        in_force([OLD, OLD], day("2026-01-01"))
    with pytest.raises(Invalid):
        applicable_version([OLD], day("2026-01-02"), day("2026-01-01"))


BOUNDS = st.tuples(st.integers(0, 1000), st.integers(0, 1000)).map(sorted)


@given(BOUNDS, BOUNDS, st.integers(0, 400), st.integers(0, 400))
def test_the_party_is_never_worse_off_than_under_the_old_law(
    before: list[int], after: list[int], acted: int, later: int
) -> None:
    change, start = date(2026, 7, 1), date(2026, 1, 1)
    old = RuleVersion("旧", date(2015, 1, 1), change - timedelta(days=1), FineRange(Decimal(before[0]), Decimal(before[1])))
    new = RuleVersion("新", change, None, FineRange(Decimal(after[0]), Decimal(after[1])))
    then = start + timedelta(days=acted)
    at_the_act = in_force([old, new], then)
    found = applicable_version([old, new], then, then + timedelta(days=later)).version
    assert at_the_act is not None
    assert found is not None
    assert not lighter(at_the_act, found) or at_the_act is found
    assert not lighter(found, found)
