"""Who is near to the case withdraws, and the right person decides on it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Invalid, Unlawful
from engine.law.local_rules import LocalRules, read_local_rules
from engine.law.withdrawal import (
    GROUNDS,
    decider,
    must_withdraw,
    require_lawful_decision,
    require_not_withdrawn,
)

NATIONAL = LocalRules()
AGRICULTURE = read_local_rules({"withdrawal_decided_by": {"value": "chief", "article": "农业行政处罚程序规定 第五条第二款"}})


@pytest.mark.parametrize(
    ("role", "rules", "code", "article"),
    [
        ("OFFICER", NATIONAL, "HEAD", "行政处罚法 第四十三条第三款"), ("REVIEWER", NATIONAL, "HEAD", "市场监督管理行政处罚程序规定 第四条"),
        ("EXPERT", NATIONAL, "HEAD", "行政处罚法 第四十三条第三款"), ("OTHER_HEAD", NATIONAL, "CHIEF", "市场监督管理行政处罚程序规定 第四条"),
        ("CHIEF", NATIONAL, "PANEL", "市场监督管理行政处罚程序规定 第四条"),
        ("HEARING_CHAIR", NATIONAL, "HEAD", "市场监督管理行政处罚听证办法 第四条"),
        ("HEARING_MEMBER", NATIONAL, "CHAIR", "市场监督管理行政处罚听证办法 第四条"),
        ("OFFICER", AGRICULTURE, "CHIEF", "农业行政处罚程序规定 第五条第二款"), ("CHIEF", AGRICULTURE, "PANEL", "农业行政处罚程序规定 第五条第二款"),
        ("OTHER_HEAD", AGRICULTURE, "CHIEF", "农业行政处罚程序规定 第五条第二款"),
    ],
)
def test_who_decides(role: str, rules: LocalRules, code: str, article: str) -> None:
    found = decider(role, rules)
    assert found.code == code
    assert article in found.article
    assert found.name


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({}, ""), ({"by": "CHIEF"}, ""), ({"by": "CHAIR"}, "withdrawal.decider"), ({"by": "OFFICER"}, "withdrawal.decider"),
        ({"role": "CHIEF"}, "withdrawal.decider"), ({"role": "CHIEF", "by": "PANEL", "person_by": ""}, ""),
        ({"rules": AGRICULTURE}, "withdrawal.decider"), ({"rules": AGRICULTURE, "by": "CHIEF"}, ""),
        ({"person_by": "YJWH0101"}, "withdrawal.own_case"), ({"grounds": ["INTEREST"]}, "withdrawal.refused"),
        ({"grounds": ["INTEREST"], "granted": True}, ""), ({"granted": True}, ""),
    ],
)
def test_decisions_on_withdrawal(given: dict[str, Any], refused: str) -> None:
    """行政处罚法 第四十三条; 市场监督管理行政处罚程序规定 第四条."""

    def ask() -> None:
        require_lawful_decision(
            given.get("role", "OFFICER"), "YJWH0101", given.get("by", "HEAD"), given.get("person_by", "YJWH0002"),
            grounds=given.get("grounds", ()), granted=given.get("granted", False), rules=given.get("rules"),
        )

    if not refused:
        ask()
        return
    with pytest.raises(Unlawful) as refusal:
        ask()
    assert refusal.value.code == refused
    assert "第四" in refusal.value.article or "第五条" in refusal.value.article


@pytest.mark.parametrize("ground", GROUNDS)
def test_any_ground_is_enough(ground: str) -> None:
    assert must_withdraw([ground])
    assert not must_withdraw([])
    with pytest.raises(Invalid):
        must_withdraw([ground, "FRIENDLY"])


def test_who_withdrew_does_nothing_more_and_who_only_was_asked_goes_on() -> None:
    """行政处罚法 第四十三条第三款: 决定作出之前，不停止调查."""
    require_not_withdrawn("YJWH0101", [])
    with pytest.raises(Unlawful) as refused:
        require_not_withdrawn("YJWH0101", ["YJWH0101"])
    assert "第四十三条" in refused.value.article
    require_not_withdrawn("YJWH0102", ["YJWH0101"])


def test_unknown_roles_are_refused() -> None:
    with pytest.raises(Invalid):
        decider("FRIEND")
