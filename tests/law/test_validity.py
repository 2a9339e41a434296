"""What makes a decision void, what makes it revocable, and what leaves it standing."""

from __future__ import annotations

from typing import Any

import pytest

from engine.law.penalties import ProposedPenalty
from engine.law.validity import EFFECTS, REVOCABLE, SLIGHT, VOID, defects, gravest
from tests.law.builders import a_case, fine

NONE: frozenset[str] = frozenset()


def test_a_lawful_case_has_no_defect() -> None:
    assert defects(a_case(until="DECISION")) == ()
    assert gravest(()) == ""


@pytest.mark.parametrize(
    ("known", "code", "effect", "article"),
    [
        ({"basis": False}, "validity.no_basis", VOID, "行政处罚法 第三十八条第一款"),
        ({"competent": False}, "validity.no_standing", VOID, "行政处罚法 第三十八条第一款"),
        ({"feasible": False}, "validity.impossible", VOID, "行政诉讼法 第七十五条"),
        ({"late": True}, "validity.late", SLIGHT, "行政诉讼法 第七十四条第一款第二项"),
        ({"served_late": True}, "validity.served_late", SLIGHT, "行政诉讼法 第七十四条第一款第二项"),
    ],
)
def test_what_follows_from_a_defect(known: dict[str, Any], code: str, effect: str, article: str) -> None:
    """行政处罚法 第三十八条; 行政诉讼法 第七十四条、第七十五条."""
    (defect,) = defects(a_case(until="DECISION"), **known)
    assert (defect.code, defect.effect) == (code, effect)
    assert article in defect.consequence
    assert defect.article
    assert defect.message


@pytest.mark.parametrize(
    ("without", "changes", "code", "article"),
    [
        ((), {"notice_served": False}, "sequence.no_notice", "第四十四条"), ((), {"window_closed": False}, "sequence.window_open", "第四十五条"),
        ((), {"statement_pending": True}, "sequence.statement_not_heard", "第四十五条"),
        ((), {"hearing_requested": True}, "sequence.hearing_not_held", "第六十三条"),
        (("LEGAL_REVIEW",), {"legal_review_required": True}, "sequence.legal_review", "第五十八条"),
        (("COLLECTIVE",), {"major": True}, "sequence.collective", "第五十七条第二款"),
        ((), {"evidence_accepted": 0}, "evidence.none", "第四十条"), ((), {"decided": (fine(20001),)}, "sequence.heavier", "第四十五条"),
        (("FILING_APPROVAL",), {}, "sequence.not_filed", "第五十四条"), (("DECISION_APPROVE",), {}, "sequence.not_approved", "第五十七条"),
    ],
)
def test_a_safeguard_that_was_skipped_makes_the_decision_revocable(
    without: tuple[str, ...], changes: dict[str, Any], code: str, article: str
) -> None:
    """行政处罚法 第三十八条第二款; 行政诉讼法 第七十条: revocable; void when a person finds it grave and manifest."""
    history = a_case(*without, until="DECISION", **changes)
    found = {defect.code: defect for defect in defects(history)}
    assert found[code].effect == REVOCABLE
    assert article in found[code].article
    assert "行政诉讼法 第七十条" in found[code].consequence
    manifest = {defect.code: defect for defect in defects(history, manifest=frozenset({code}))}
    assert manifest[code].effect == VOID
    assert "第三十八条第二款" in manifest[code].consequence


def test_defects_stand_in_order_of_their_gravity() -> None:
    history = a_case(until="DECISION", notice_served=False, noticed=(ProposedPenalty("WARNING"),))
    found = defects(history, basis=False, late=True)
    assert [defect.effect for defect in found] == sorted((defect.effect for defect in found), key=list(EFFECTS).index)
    assert (found[0].effect, found[-1].effect) == (VOID, SLIGHT)
    assert gravest(found) == VOID
    assert gravest(found[-1:]) == SLIGHT
