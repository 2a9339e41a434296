"""Every act of a penalty case is refused while what the law puts before it is missing."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Unlawful
from engine.law.penalties import ProposedPenalty
from engine.law.safeguards import GUARDS, CaseHistory, require_before
from tests.law.builders import ORDER, a_case, acts, fine

EVIDENCE = "EVID_COLLECT+CERT_SHOW+RIGHTS_FIRST"


@pytest.mark.parametrize("position", range(1, len(ORDER)))
def test_a_lawful_case_passes_every_act(position: int) -> None:
    history = a_case(until=ORDER[position - 1], major=True, legal_review_required=True, overcharged=True)
    require_before(ORDER[position], history)
    require_before("ARCHIVE", a_case())
    require_before("PUBLISH", a_case())


def test_an_act_without_guards_passes() -> None:
    require_before("SOURCE+ASSIGN", CaseHistory())


def row(rule: str, tag: str, without: str, article: str, **changes: Any) -> Any:
    marks = [pytest.mark.rule(each) for each in rule.split()]
    return pytest.param(tag, without, changes, article, marks=marks, id=f"{tag}-without-{without or next(iter(changes))}")


MISSING = [
    row("INV-P01", "INVEST_REPORT", "FILING_APPROVAL", "行政处罚法 第五十四条"),
    row("INV-P01", "DECISION", "FILING_APPROVAL", "行政处罚法 第五十四条"),
    row("INV-P03", "NOTICE", EVIDENCE, "行政处罚法 第五十五条"),
    row("INV-P03", "DECISION", EVIDENCE, "行政处罚法 第五十五条"),
    row("INV-P03", "NOTICE", EVIDENCE, "第二十一条第二款", certificate_shown=True),
    row("INV-P04", "INVEST_REPORT", "EVID_REVIEW", "粤府〔2023〕73号 第二十六条"),
    row("INV-P05 R-GD-26b", "DECISION_APPROVE", "", "行政处罚法 第四十条", evidence_accepted=0),
    row("INV-P05 R-GD-26b", "DECISION_APPROVE", "", "第四十六条", evidence_cited_unaccepted=("ZJ010",)),
    row("INV-P06", "DECISION", "INVEST_REPORT", "行政处罚法 第五十七条"),
    row("INV-P06", "NOTICE", "INVEST_REPORT", "第四十八条"),
    row("INV-P07", "DECISION_APPROVE", "LEGAL_REVIEW", "第五十二条"),
    row("INV-P07", "COLLECTIVE", "LEGAL_REVIEW", "第五十二条"),
    row("INV-P08", "DECISION_APPROVE", "LEGAL_REVIEW", "行政处罚法 第五十八条", legal_review_required=True),
    row("INV-P10", "DECISION", "NOTICE", "行政处罚法 第四十四条"),
    row("INV-P10", "DECISION_APPROVE", "", "行政处罚法 第四十四条、第六十二条", notice_served=False),
    row("INV-P16", "DECISION_APPROVE", "", "行政处罚法 第四十四条", renotice=True),
    row("INV-P11", "DECISION_APPROVE", "", "行政处罚法 第四十五条、第六十二条", window_closed=False),
    row("INV-P11", "COLLECTIVE", "", "行政处罚法 第四十五条、第六十二条", window_closed=False),
    row("INV-P12", "DECISION", "", "行政处罚法 第四十五条第一款", statement_pending=True),
    row("INV-P13", "DECISION_APPROVE", "", "行政处罚法 第六十三条", hearing_requested=True),
    row("INV-P16", "DECISION", "", "行政处罚法 第四十四条、第四十五条第二款", decided=(fine(20001),)),
    row("INV-P17", "DECISION_APPROVE", "COLLECTIVE", "行政处罚法 第五十七条第二款", major=True),
    row("INV-P34", "DECISION_APPROVE", "ORDER_REFUND", "价格违法行为行政处罚规定 第十六条", overcharged=True),
    row("INV-P18", "DECISION", "DECISION_APPROVE", "行政处罚法 第五十七条第一款"),
    row("INV-P25", "DECISION", "", "行政处罚法 第五十七条第一款", penalty=False),
    row("INV-A19", "PUBLISH", "PUBLISH_APPROVE", "行政处罚法 第四十八条、第五十条"),
    row("INV-P20", "PAY", "", "行政处罚法 第六十一条", decision_served=False),
    row("INV-P20", "SURCHARGE", "", "行政处罚法 第六十一条", decision_served=False),
    row("INV-P20", "DEMAND", "", "行政处罚法 第六十一条", decision_served=False),
    row("INV-P20", "CLOSE", "", "行政处罚法 第六十一条", decision_served=False),
    row("INV-P23", "ARCHIVE", "CLOSE", "第七十八条"),
]


@pytest.mark.parametrize(("tag", "without", "changes", "article"), MISSING)
def test_an_act_is_refused_while_its_condition_is_missing(
    tag: str, without: str, changes: dict[str, Any], article: str
) -> None:
    with pytest.raises(Unlawful) as refused:
        require_before(tag, a_case(without, **changes))
    assert article in refused.value.article
    assert refused.value.message


@pytest.mark.parametrize(
    ("tag", "changes"),
    [
        ("CLOSE", {"paid": False}), ("CLOSE", {"property_pending": True}), ("SERVICE", {}), ("PUBLISH_APPROVE", {}),
    ],
)
def test_later_acts_wait_for_the_decision_and_its_execution(tag: str, changes: dict[str, Any]) -> None:
    history = a_case(**changes) if changes else a_case(until="DECISION_APPROVE")
    with pytest.raises(Unlawful):
        require_before(tag, history)


def test_other_documents_are_served_before_the_decision() -> None:
    require_before("SERVICE", a_case(until="NOTICE", serving_decision=False))


def test_a_case_may_close_for_another_reason_without_payment() -> None:
    require_before("CLOSE", a_case(paid=False, close_reason="COURT_TERMINATED"))


BEFORE_NOTICE = ("FILING_APPROVAL", EVIDENCE, "EVID_REVIEW", "INVEST_REPORT", "LEGAL_REVIEW", "NOTICE")


def order(*tags: str, **changes: Any) -> CaseHistory:
    return a_case(acts=acts(*tags), **changes)


def late(rule: str, code: str, tag: str, history: CaseHistory) -> Any:
    return pytest.param(code, tag, history, marks=pytest.mark.rule(rule))


TOO_EARLY_OR_REFUSED = [
    late("INV-P04", "evidence_unreviewed", "INVEST_REPORT", order("FILING_APPROVAL", EVIDENCE, "EVID_REVIEW", "EVID_COLLECT")),
    late("INV-P07", "case_review", "DECISION_APPROVE", order(*BEFORE_NOTICE[:4], "LEGAL_REVIEW:CORRECT", "NOTICE")),
    late("INV-P07", "case_review", "DECISION_APPROVE", order(*BEFORE_NOTICE[:4], "CASE_REVIEW:SUPPLEMENT", "NOTICE")),
    late(
        "INV-P08", "legal_review", "DECISION_APPROVE",
        order(*BEFORE_NOTICE[:4], "CASE_REVIEW", "NOTICE", legal_review_required=True),
    ),
    late(
        "INV-P09", "legal_review", "DECISION_APPROVE",
        order(*BEFORE_NOTICE, "HEARING", legal_review_required=True, hearing_requested=True),
    ),
    late("INV-P10", "no_notice", "DECISION_APPROVE", order(*BEFORE_NOTICE, "INVEST_REPORT", "LEGAL_REVIEW")),
    late(
        "INV-P13", "hearing_not_held", "DECISION_APPROVE",
        order(*BEFORE_NOTICE, "HEARING", "NOTICE", hearing_requested=True),
    ),
    late("INV-P17", "collective", "DECISION_APPROVE", order(*BEFORE_NOTICE[:5], "COLLECTIVE", "NOTICE", major=True)),
    late("INV-P18", "not_approved", "DECISION", order(*BEFORE_NOTICE, "DECISION_APPROVE:RETURN")),
    late("INV-P18", "not_approved", "DECISION", order(*BEFORE_NOTICE[:5], "DECISION_APPROVE", "NOTICE")),
    late("INV-P01", "not_filed", "DECISION_APPROVE", order("FILING_APPROVAL:RETURN", *BEFORE_NOTICE[1:])),
]


@pytest.mark.parametrize(("code", "tag", "history"), TOO_EARLY_OR_REFUSED)
def test_order_and_result_count_not_only_presence(code: str, tag: str, history: CaseHistory) -> None:
    with pytest.raises(Unlawful) as refused:
        require_before(tag, history)
    assert refused.value.code == f"sequence.{code}"


@pytest.mark.rule("INV-A08")
@pytest.mark.parametrize("investigator", ["lead", "companion"])
def test_a_review_by_an_investigator_does_not_carry_a_decision(investigator: str) -> None:
    history = order(*BEFORE_NOTICE[:4], f"LEGAL_REVIEW@{investigator}", "NOTICE")
    with pytest.raises(Unlawful, match="审裁分离"):
        require_before("DECISION_APPROVE", history)


def test_a_hearing_with_review_after_it_is_enough() -> None:
    history = order(
        *BEFORE_NOTICE, "HEARING", "LEGAL_REVIEW", legal_review_required=True, hearing_requested=True, statement_pending=True
    )
    require_before("DECISION_APPROVE", history)


def test_a_lighter_decision_after_the_hearing_passes() -> None:
    gains = ProposedPenalty("CONFISCATE_GAIN", fine(16800).amount)
    require_before("DECISION", a_case(noticed=(fine(241800), gains), decided=(fine(186000), gains)))


def test_guards_name_only_known_acts() -> None:
    assert set(GUARDS) >= {
        "INVEST_REPORT", "NOTICE", "COLLECTIVE", "DECISION_APPROVE", "DECISION", "SERVICE", "PAY", "PUBLISH", "CLOSE", "ARCHIVE"
    }
