"""Each safeguard refuses what the law forbids, with the article, and lets the lawful act pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from engine.errors import Unlawful
from engine.law.calendar import WorkingCalendar
from engine.law.safeguards import (
    DefenceWindow,
    EmergencyDeclaration,
    OfficerOnDuty,
    defence_window_closed,
    open_rights,
    require_accepted_evidence,
    require_certificate_and_rights,
    require_emergency,
    require_hearing_notice,
    require_item,
    require_reason,
    require_seal,
    require_separation,
    require_two_officers,
    require_window_closed,
    window_reason,
)
from tests.law.builders import moment


def refused(article: str, act: Callable[..., None], *given: Any, **named: Any) -> Unlawful:
    with pytest.raises(Unlawful) as refusal:
        act(*given, **named)
    assert article in refusal.value.article
    return refusal.value


LEAD, COMPANION = OfficerOnDuty("YJWH0101", "林望舒", certified=True), OfficerOnDuty("YJWH0102", "何砚", certified=True)


@pytest.mark.rule("INV-A07")
@pytest.mark.parametrize(
    "officers",
    [
        [], [LEAD], [LEAD, LEAD], [LEAD, replace(LEAD, name="别名")], [LEAD, replace(COMPANION, certified=False)],
        [LEAD, replace(COMPANION, in_scope=False)], [LEAD, COMPANION, OfficerOnDuty("X", "某人", certified=False)],
    ],
)
def test_fewer_than_two_certified_officers_may_not_act(officers: list[OfficerOnDuty]) -> None:
    refused("行政处罚法 第四十二条", require_two_officers, officers)


def test_two_certified_officers_may_act() -> None:
    require_two_officers([LEAD, COMPANION])


def test_certificate_and_rights_come_first() -> None:
    refused("行政处罚法 第五十五条", require_certificate_and_rights, certificate_shown=False, rights_told=True)
    refused("市场监督管理行政处罚程序规定 第二十一条", require_certificate_and_rights, certificate_shown=True, rights_told=False)
    require_certificate_and_rights(certificate_shown=True, rights_told=True)


@pytest.mark.rule("INV-A08")
@pytest.mark.parametrize(
    ("tag", "article"),
    [
        ("CASE_REVIEW", "市场监督管理行政处罚程序规定 第四十九条"), ("LEGAL_REVIEW", "行政处罚法 第五十八条"),
        ("COLLECTIVE", "行政处罚法 第五十七条第二款"), ("DECISION_APPROVE", "行政处罚法 第五十七条第一款"),
        ("HEARING", "行政处罚法 第六十四条第四项"), ("HEARING+LEGAL_REVIEW", "行政处罚法 第六十四条第四项"),
    ],
)
@pytest.mark.parametrize("investigator", ["YJWH0101", "YJWH0102"])
def test_investigators_do_not_judge(tag: str, article: str, investigator: str) -> None:
    investigators = frozenset({"YJWH0101", "YJWH0102"})
    refused(article, require_separation, tag, investigator, investigators)
    require_separation(tag, "YJWH0202", investigators)
    require_separation("EVID_COLLECT", investigator, investigators)


@pytest.mark.rule("INV-P05")
def test_only_accepted_evidence_carries_a_decision() -> None:
    refused("粤府〔2023〕73号 第二十六条", require_accepted_evidence, 0)
    assert "ZJ010" in refused("行政处罚法 第四十条", require_accepted_evidence, 9, ("ZJ010",)).message
    require_accepted_evidence(1)


@pytest.mark.rule("INV-P14")
@pytest.mark.parametrize(
    ("served", "lawful"), [("2026-04-10T10:00", True), ("2026-04-12T10:00", True), ("2026-04-13T09:00", False), ("2026-04-22T10:00", False)]
)
def test_hearing_needs_seven_full_working_days(served: str, lawful: bool) -> None:
    """Held on 2026-04-22: the seven working days are 04-13 to 04-21."""
    held, calendar = moment("2026-04-22T09:30"), WorkingCalendar()
    if lawful:
        require_hearing_notice(moment(served), held, calendar)
    else:
        refused("行政处罚法 第六十四条第二项", require_hearing_notice, moment(served), held, calendar)


OPEN = DefenceWindow(hearing_right=True, due_at=moment("2026-07-15"))


@pytest.mark.rule("INV-P15")
@pytest.mark.parametrize(
    ("changes", "now", "closed"),
    [
        ({}, "2026-07-14T23:59", False),
        ({}, "2026-07-15T00:00", True),
        ({"statement_made": True}, "2026-07-07T16:00", False),
        ({"statement_made": True, "hearing_requested": True}, "2026-07-07T16:00", True),
        ({"statement_made": True, "hearing_waived": True, "waiver_signed": True}, "2026-07-07T16:00", True),
        ({"statement_made": True, "hearing_waived": True}, "2026-07-07T16:00", False),
        ({"defence_waived": True, "hearing_waived": True, "waiver_signed": True}, "2026-07-07T16:00", True),
        ({"defence_waived": True, "waiver_signed": True}, "2026-07-07T16:00", False),
        ({"hearing_right": False, "statement_made": True}, "2026-07-07T16:00", True),
        ({"hearing_right": False}, "2026-07-07T16:00", False),
        ({"due_at": None, "statement_made": True, "hearing_requested": True}, "2026-07-07T16:00", False),
    ],
)
def test_the_agency_cannot_shorten_the_window(changes: dict[str, Any], now: str, closed: bool) -> None:
    """行政处罚法 第六十二条、第六十四条第一项: early only when every right was used or waived in writing."""
    window = replace(OPEN, **changes)
    assert defence_window_closed(window, moment(now)) is closed
    assert window_reason(window, moment(now))
    if closed:
        require_window_closed(window, moment(now))
    else:
        refused("行政处罚法 第四十五条", require_window_closed, window, moment(now))


def test_open_window_names_the_rights_left() -> None:
    assert open_rights(OPEN) == ("陈述、申辩", "要求听证")
    assert "2026年7月14日" in window_reason(OPEN, moment("2026-07-08"))
    assert "届满" in window_reason(OPEN, moment("2026-07-15"))


@pytest.mark.rule("INV-A17")
@pytest.mark.rule("R-GD-27")
def test_only_a_registered_and_valid_seal_may_be_used() -> None:
    refused("粤府〔2023〕73号 第二十七条", require_seal, registered=False, valid=True)
    refused("粤府〔2023〕73号 第二十七条", require_seal, registered=True, valid=False)
    require_seal(registered=True, valid=True)


EMERGENCY = EmergencyDeclaration(
    "云府告〔2026〕5号", moment("2026-07-01"), moment("2026-08-01"), frozenset({"999901"}), frozenset({"SCJG-CF-JG06-03"})
)
COVERED: dict[str, Any] = {"area": "999901", "item_code": "SCJG-CF-JG06-03", "violated_on": date(2026, 7, 6)}


@pytest.mark.rule("R-GD-25a")
@pytest.mark.parametrize(
    "changes", [{"area": "999902"}, {"item_code": "SCJG-CF-0122-01"}, {"violated_on": date(2026, 8, 2)},
                {"violated_on": date(2026, 8, 1)}, {"violated_on": date(2026, 6, 30)}]
)
def test_no_fast_track_outside_the_emergency(changes: dict[str, Any]) -> None:
    refused("行政处罚法 第四十九条", require_emergency, EMERGENCY, **{**COVERED, **changes})
    refused("粤府〔2023〕73号 第二十五条", require_emergency, None, **COVERED)
    require_emergency(EMERGENCY, **COVERED)


ITEM: dict[str, Any] = {
    "item_name": "无证经营", "active": True, "acting": True, "basis_from": date(2021, 4, 29), "basis_to": None,
    "violated_on": date(2026, 3, 4),
}


@pytest.mark.rule("INV-A03")
@pytest.mark.parametrize(
    ("changes", "article"),
    [
        ({"active": False}, "粤府〔2023〕73号 第十三条"), ({"acting": False}, "行政处罚法 第十七条"),
        ({"excluded": "涉及国家秘密"}, "粤府〔2023〕73号 第五条"), ({"violated_on": date(2021, 4, 28)}, "行政处罚法 第四条"),
        ({"basis_to": date(2026, 3, 3)}, "行政处罚法 第四条"),
    ],
)
def test_a_case_rests_on_a_valid_item_of_this_agency(changes: dict[str, Any], article: str) -> None:
    refused(article, require_item, **{**ITEM, **changes})
    require_item(**ITEM)
    require_item(**{**ITEM, "violated_on": None})


@pytest.mark.rule("INV-A04")
@pytest.mark.parametrize("decision", ["DISAGREE", "RETURN", "SUPPLEMENT", "CORRECT"])
def test_a_negative_opinion_gives_its_reason(decision: str) -> None:
    refused("第三十条第四项", require_reason, decision, "  ")
    require_reason(decision, "证据不足")
    require_reason("AGREE", "")
