"""Which safeguards a case must go through follows from its penalties and its party, and is never chosen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.law.obligations import CaseOutline, obligations, tags
from engine.law.penalties import PENALTY_KINDS, ProposedPenalty, not_heavier
from tests.law.builders import fine

ALWAYS = {"TWO_OFFICERS", "CERT_SHOW", "WITHDRAWAL"}
ORDINARY = ALWAYS | {"CORRECTION", "FILING_APPROVAL", "EVID_REVIEW", "SEPARATION", "NOTICE", "DEFENCE_WINDOW", "DECISION_APPROVE"}
LICENCE = ProposedPenalty("REVOKE_LICENSE")


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"penalties": (fine(500),)}, ORDINARY | {"CASE_REVIEW"}),
        ({"penalties": (fine(10000),)}, ORDINARY | {"CASE_REVIEW", "HEARING_RIGHT"}),
        ({"penalties": (fine(10000),), "party_type": "LEGAL"}, ORDINARY | {"CASE_REVIEW"}),
        ({"penalties": (fine(10000),), "hearing_requested": True}, ORDINARY | {"CASE_REVIEW", "HEARING_RIGHT", "HEARING"}),
        ({"penalties": (fine(500),), "hearing_requested": True}, ORDINARY | {"CASE_REVIEW"}),
        ({"penalties": (fine(500),), "triggers": frozenset({"LR1"})}, ORDINARY | {"LEGAL_REVIEW", "COLLECTIVE"}),
        ({"penalties": (fine(10000),), "hearing_requested": True, "hearing_held": True},
         ORDINARY | {"LEGAL_REVIEW", "COLLECTIVE", "HEARING_RIGHT", "HEARING"}),
        ({"penalties": (LICENCE,), "party_type": "LEGAL"}, ORDINARY | {"CASE_REVIEW", "COLLECTIVE", "HEARING_RIGHT"}),
        ({"penalties": (fine(500),), "tier": "T1"}, ORDINARY | {"CASE_REVIEW", "COLLECTIVE"}),
        ({"penalties": (fine(500),), "deviates": True}, ORDINARY | {"CASE_REVIEW", "COLLECTIVE"}),
        ({"penalties": (fine(500),), "refund": True}, ORDINARY | {"CASE_REVIEW", "ORDER_REFUND"}),
        ({"penalties": (fine(200),), "summary": True}, ALWAYS | {"CORRECTION", "NOTICE", "DEFENCE_WINDOW"}),
        ({}, ALWAYS | {"CORRECTION", "FILING_APPROVAL", "EVID_REVIEW", "SEPARATION", "EDUCATION"}),
        ({"established": False}, ALWAYS | {"FILING_APPROVAL", "EVID_REVIEW", "SEPARATION"}),
    ],
)
def test_safeguards_of_a_case(given_: dict[str, Any], expected: set[str]) -> None:
    """行政处罚法 第二十八条、第三十三条、第四十二条至第六十四条."""
    found = obligations(CaseOutline(**given_))
    assert set(tags(found)) == expected
    assert all(each.article and each.why and each.name for each in found)
    assert len(tags(found)) == len(set(tags(found)))


AMOUNTS = st.integers(0, 300000)


@given(AMOUNTS, AMOUNTS, st.sampled_from(["PERSON", "SOLE", "LEGAL", "OTHER_ORG"]))
def test_a_higher_fine_never_loses_a_safeguard(one: int, two: int, party: str) -> None:
    low, high = min(one, two), max(one, two)
    fewer = set(tags(obligations(CaseOutline((fine(low),), party))))
    more = set(tags(obligations(CaseOutline((fine(high),), party))))
    assert fewer <= more


PENALTIES = st.lists(
    st.builds(ProposedPenalty, st.sampled_from(sorted(PENALTY_KINDS)), AMOUNTS.map(Decimal), st.sampled_from(["", "30日", "2个月", "停业整顿"])),
    max_size=5,
)


@pytest.mark.rule("INV-P16")
@given(PENALTIES, st.integers(0, 4))
def test_what_was_told_is_never_heavier_than_itself_nor_is_less_of_it(told: list[ProposedPenalty], dropped: int) -> None:
    """行政处罚法 第四十四条、第四十五条第二款: not_heavier is reflexive, and leaving a penalty out never goes beyond the notice."""
    assert not_heavier(told, told) == ()
    assert not_heavier(told, [item for place, item in enumerate(told) if place != dropped]) == ()


@pytest.mark.rule("INV-P16")
@given(PENALTIES, st.integers(1, 1000))
def test_a_cent_more_of_any_sum_goes_beyond_the_notice(told: list[ProposedPenalty], cents: int) -> None:
    for place, item in enumerate(told):
        raised = ProposedPenalty(item.kind, (item.amount or Decimal(0)) + Decimal(cents) / 100, item.detail)
        assert not_heavier(told, [*told[:place], raised, *told[place + 1 :]])
