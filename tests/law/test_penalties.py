"""Which penalties give a right to a hearing, make a case major, or go beyond the notice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import Invalid
from engine.law.penalties import (
    PENALTY_KINDS,
    ProposedPenalty,
    Thresholds,
    hearing_right,
    is_major,
    legal_review_required,
    not_heavier,
    penalty_text,
)
from engine.law.time_limits import load_amount_thresholds
from tests.law.builders import fine


def other(kind: str, detail: str = "", amount: int | None = None) -> ProposedPenalty:
    return ProposedPenalty(kind, None if amount is None else Decimal(amount), detail)


def gain(amount: int) -> ProposedPenalty:
    return other("CONFISCATE_GAIN", amount=amount)


@pytest.mark.parametrize(
    ("penalties", "party", "codes"),
    [
        ([fine(9999)], "PERSON", ()),
        ([fine(10000)], "PERSON", ("HL1",)),
        ([fine("9999.99")], "SOLE", ()),
        ([fine(17200)], "SOLE", ("HL1",)),
        ([fine(99999)], "LEGAL", ()),
        ([fine(100000)], "LEGAL", ("HL1",)),
        ([fine(241800), gain(16800)], "LEGAL", ("HL1",)),
        ([fine(60000), fine(40000)], "OTHER_ORG", ("HL1",)),
        ([gain(99999)], "LEGAL", ()),
        ([gain(60000), other("CONFISCATE_GOODS", "蒸饭柜", 40000)], "LEGAL", ("HL2",)),
        ([gain(10000)], "PERSON", ("HL2",)),
        ([other("DOWNGRADE")], "LEGAL", ("HL3",)),
        ([other("REVOKE_LICENSE")], "PERSON", ("HL3",)),
        ([other("STOP_BUSINESS", "30日")], "LEGAL", ("HL4",)),
        ([other("CLOSE")], "LEGAL", ("HL4",)),
        ([other("RESTRICT_JOB")], "PERSON", ("HL4",)),
        ([other("RESTRICT_BUSINESS")], "LEGAL", ("HL5",)),
        ([other("SUSPEND_LICENSE", "暂扣60日")], "LEGAL", ("HL5",)),
        ([other("SUSPEND_LICENSE", "暂扣30日")], "LEGAL", ()),
        ([other("SUSPEND_LICENSE")], "LEGAL", ("HL5",)),
        ([other("WARNING"), other("CRITICISM")], "PERSON", ()),
        ([], "PERSON", ()),
        ([fine(10000), other("REVOKE_LICENSE"), other("CLOSE")], "PERSON", ("HL1", "HL3", "HL4")),
    ],
)
def test_hearing_right(penalties: list[ProposedPenalty], party: str, codes: tuple[str, ...]) -> None:
    """行政处罚法 第六十三条; 市场监督管理行政处罚听证办法 第五条."""
    grounds = hearing_right(penalties, party)
    assert tuple(ground.code for ground in grounds) == codes
    assert all(ground.article.startswith("行政处罚法 第六十三条第一款第") for ground in grounds)


def test_a_province_may_set_other_figures() -> None:
    lower = Thresholds(hearing_fine_person=Decimal(5000), hearing_fine_organisation=Decimal(50000))
    assert hearing_right([fine(5000)], "PERSON", lower)
    assert not hearing_right([fine(5000)], "SOLE", Thresholds(sole_trader_counts_as_person=False))
    assert hearing_right([fine(100000)], "SOLE", Thresholds(sole_trader_counts_as_person=False))


def test_the_defaults_are_the_figures_of_the_table() -> None:
    table = load_amount_thresholds()
    assert Thresholds().hearing_fine("PERSON") == table["AM_HEARING_PERSON_SAMR"].amount
    assert Thresholds().hearing_fine("LEGAL") == table["AM_HEARING_ORG_SAMR"].amount
    assert table["AM_SIMPLE_CITIZEN"].comparison == "at_most"


@pytest.mark.parametrize(
    ("penalties", "triggers", "held", "party", "major"),
    [
        ([fine(50000)], (), False, "LEGAL", False),
        ([fine(100000)], (), False, "LEGAL", True),
        ([fine(17200)], ("LR1",), False, "SOLE", True),
        ([fine(100)], ("LR3",), False, "LEGAL", True),
        ([fine(100)], (), True, "LEGAL", True),
        ([gain(16800)], (), False, "LEGAL", False),
        ([gain(16800)], (), False, "PERSON", True),
        ([other("REVOKE_LICENSE")], (), False, "LEGAL", True),
        ([other("WARNING")], (), False, "LEGAL", False),
    ],
)
def test_major_cases_are_discussed_together(
    penalties: list[ProposedPenalty], triggers: tuple[str, ...], held: bool, party: str, major: bool
) -> None:
    """行政处罚法 第五十七条第二款."""
    assert is_major(penalties, triggers, held, party_type=party) is major


def test_mitigation_and_deviation_make_a_case_major() -> None:
    assert is_major([fine(100)], (), hearing_held=False, party_type="LEGAL", tier="T1")
    assert is_major([fine(100)], (), hearing_held=False, party_type="LEGAL", deviates=True)
    assert is_major([gain(16800)], (), hearing_held=False), "an unknown party counts as a natural person"


def test_legal_review_is_due_with_a_trigger_or_after_a_hearing() -> None:
    assert legal_review_required(("LR1",), hearing_held=False)
    assert legal_review_required((), hearing_held=True)
    assert not legal_review_required((), hearing_held=False)


@pytest.mark.rule("INV-P16")
@pytest.mark.parametrize(
    ("noticed", "decided", "word"),
    [
        ([fine(241800), gain(16800)], [fine(186000), gain(16800)], ""),
        ([fine(17200), gain(3440)], [fine(17200), gain(1000)], ""),
        ([fine(17200)], [], ""),
        ([fine(10000), fine(5000)], [fine(15000)], ""),
        ([fine(17200)], [fine("17200.01")], "增加到17,200.01元"),
        ([fine(17200)], [fine(17200), gain(1)], "没有告知过没收违法所得"),
        ([fine(17200)], [other("REVOKE_LICENSE")], "没有告知过吊销许可证件"),
        ([other("SUSPEND_LICENSE", "30日")], [other("SUSPEND_LICENSE", "60日")], "期限长于"),
        ([other("SUSPEND_LICENSE", "2个月")], [other("SUSPEND_LICENSE", "45日")], ""),
        ([other("STOP_BUSINESS", "停业整顿")], [other("STOP_BUSINESS", "停产停业至整改完毕")], "无法比较"),
        ([other("STOP_BUSINESS", "停业整顿")], [other("STOP_BUSINESS", "停业整顿")], ""),
        ([other("CONFISCATE_GOODS", "3件")], [other("CONFISCATE_GOODS", "2件")], ""),
    ],
)
def test_a_decision_does_not_go_beyond_the_notice(
    noticed: list[ProposedPenalty], decided: list[ProposedPenalty], word: str
) -> None:
    """行政处罚法 第四十四条、第四十五条第二款."""
    reasons = not_heavier(noticed, decided)
    assert bool(reasons) is bool(word)
    assert word in "".join(reasons)


def test_kinds_and_amounts_are_checked() -> None:
    assert len(PENALTY_KINDS) == 14
    for kind, amount in (("FINES", Decimal(1)), ("FINE", None), ("CONFISCATE_GAIN", None), ("FINE", Decimal(-1))):
        with pytest.raises(Invalid):
            ProposedPenalty(kind, amount)


def test_penalty_in_words() -> None:
    assert penalty_text(fine(186000)) == "罚款186,000.00元"
    assert penalty_text(other("CONFISCATE_GOODS", "蒸饭柜1台", 2600)) == "没收非法财物（蒸饭柜1台）"
    assert penalty_text(other("WARNING")) == "警告"
