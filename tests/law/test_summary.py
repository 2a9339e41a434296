"""On the spot only a warning and a small fine, and money only in the cases of the law."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.errors import Unlawful
from engine.law.penalties import ProposedPenalty
from engine.law.summary import require_spot_collection, require_summary, summary_ceiling, why_not_summary
from tests.law.builders import fine

WARNING = ProposedPenalty("WARNING")


@pytest.mark.rule("INV-S02")
@pytest.mark.parametrize(
    ("penalties", "party", "allowed"),
    [
        ([WARNING], "PERSON", True), ([fine(200)], "PERSON", True), ([fine("200.01")], "PERSON", False),
        ([fine(200)], "SOLE", True), ([fine(201)], "SOLE", False), ([fine(3000)], "LEGAL", True),
        ([fine("3000.01")], "LEGAL", False), ([fine(3000)], "OTHER_ORG", True), ([WARNING, fine(200)], "PERSON", True),
        ([fine(150), fine(60)], "PERSON", False), ([ProposedPenalty("CONFISCATE_GOODS")], "LEGAL", False),
        ([WARNING, ProposedPenalty("SUSPEND_LICENSE")], "LEGAL", False), ([], "LEGAL", False),
    ],
)
def test_limits_of_the_summary_procedure(penalties: list[ProposedPenalty], party: str, allowed: bool) -> None:
    """行政处罚法 第五十一条."""
    if allowed:
        require_summary(penalties, party)
        return
    with pytest.raises(Unlawful, match="适用普通程序") as refused:
        require_summary(penalties, party)
    assert "行政处罚法 第五十一条" in refused.value.article


@pytest.mark.parametrize(("clear", "basis", "reasons"), [(True, True, 0), (False, True, 1), (True, False, 1), (False, False, 2)])
def test_facts_are_clear_and_a_basis_is_there(clear: bool, basis: bool, reasons: int) -> None:
    assert len(why_not_summary([WARNING], "PERSON", facts_clear=clear, has_basis=basis)) == reasons


def test_ceilings_are_those_of_the_law() -> None:
    assert [summary_ceiling(party) for party in ("PERSON", "SOLE", "LEGAL", "OTHER_ORG")] == [200, 200, 3000, 3000]


@pytest.mark.rule("INV-P32")
@pytest.mark.parametrize(
    ("amount", "known", "allowed"),
    [
        (100, {"decided_on_the_spot": True}, True), ("100.01", {"decided_on_the_spot": True}, False),
        (200, {"decided_on_the_spot": True, "hard_to_collect_later": True}, True),
        (100, {"decided_on_the_spot": False}, False),
        (5000, {"decided_on_the_spot": False, "hard_to_collect_later": True}, False),
        (5000, {"decided_on_the_spot": False, "remote": True, "asked_by_party": True}, True),
        (5000, {"decided_on_the_spot": False, "remote": True}, False),
        (200, {"decided_on_the_spot": True, "asked_by_party": True}, False),
    ],
)
def test_who_fines_does_not_collect(amount: int | str, known: dict[str, Any], allowed: bool) -> None:
    """行政处罚法 第六十七条至第六十九条."""
    if allowed:
        require_spot_collection(Decimal(amount), **known)
        return
    with pytest.raises(Unlawful, match="自行收缴"):
        require_spot_collection(Decimal(amount), **known)
