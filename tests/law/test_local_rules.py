"""Every open choice of the law is a typed setting with a strict default and an article, in code, table and guide alike."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.law.local_rules import LocalRules, check_settings, load_choices, read_local_rules
from engine.law.penalties import hearing_right
from tests.law.builders import fine

GUIDE = Path(__file__).parents[2] / "docs" / "packages.md"


def test_code_and_table_name_the_same_choices_with_the_same_defaults() -> None:
    in_code = {one.name: one.default for one in fields(LocalRules) if one.name != "articles"}
    in_table = {choice.key: choice.default for choice in load_choices().values()}
    assert in_code == in_table
    assert list(in_code) == list(in_table)
    assert all(choice.article and choice.label for choice in load_choices().values())
    assert read_local_rules({key: choice.default for key, choice in load_choices().items()}) == LocalRules()


def test_the_guide_lists_every_choice_with_default_and_article() -> None:
    rows = [line.split("|") for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    written = {cells[1].strip(" `"): (cells[3].strip(" `"), cells[4].strip()) for cells in rows if len(cells) > 6}
    for key, choice in load_choices().items():
        assert written.get(key) == (str(choice.default).lower(), choice.article), f"docs/packages.md does not tell {key}"


@pytest.mark.rule("INV-A12")
@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("hearing_fine_person", 5000, ""), ("hearing_fine_person", 20000, "settings.laxer"),
        ("hearing_fine_included", False, "settings.laxer"), ("panel_minimum", 5, ""), ("panel_minimum", 2, "settings.laxer"),
        ("panel_minimum", 1, "settings.kind"), ("defence_window_working_days", 7, ""), ("defence_window_working_days", 3, "settings.laxer"),
        ("surcharge_on_unpaid", False, "settings.laxer"), ("late_entry_working_days", 5, "settings.unknown"),
        ("electronic_arrival", "letterbox", "settings.kind"),
        ("panel_minimum", True, "settings.kind"), ("panel_minimum", "3", "settings.kind"), ("panel_minimum", 3.0, "settings.kind"),
        ("sole_trader_counts_as_person", 1, "settings.kind"), ("hearing_fine_persons", 1, "settings.unknown"),
        ("panel_minimum", {"value": 3}, "settings.shape"), ("hearing_fine_person", 10**15, "settings.kind"),
        ("hearing_fine_person", -1, "settings.kind"), ("hearing_fine_person", [1], "settings.kind"),
    ],
)
def test_a_choice_is_only_stricter_unless_a_rule_allows_less(key: str, value: Any, code: str) -> None:
    """Stricter for the agency and more generous to the party is free; less needs the article of a rule."""
    assert [fault.code for fault in check_settings({key: value})] == ([code] if code else [])
    if not code:
        assert getattr(read_local_rules({key: value}), key) == value
        return
    with pytest.raises(Invalid):
        read_local_rules({key: value})
    if code == "settings.laxer":
        rules = read_local_rules({key: {"value": value, "article": "某省规定 第一条"}})
        assert getattr(rules, key) == value
        assert rules.article(key) == "某省规定 第一条"
        assert check_settings({key: {"value": value, "article": " "}})


@pytest.mark.parametrize(
    ("settings", "party", "amount", "due"),
    [
        ({}, "PERSON", 10000, True), ({}, "PERSON", "9999.99", False), ({}, "SOLE", 10000, True), ({}, "LEGAL", 99999, False),
        ({}, "LEGAL", 100000, True), ({"hearing_fine_person": 5000}, "PERSON", 5000, True),
        ({"hearing_fine_organisation": 50000}, "LEGAL", 50000, True), ({"hearing_fine_organisation": 50000}, "LEGAL", 49999, False),
        ({"hearing_fine_included": {"value": False, "article": "农业行政处罚程序规定 第五十九条第二款"}}, "PERSON", 10000, False),
        ({"hearing_fine_included": {"value": False, "article": "农业行政处罚程序规定 第五十九条第二款"}}, "PERSON", "10000.01", True),
        ({"sole_trader_counts_as_person": {"value": False, "article": "某省规定"}}, "SOLE", 10000, False),
    ],
)
def test_hearing_thresholds_of_provinces_and_domains(settings: dict[str, Any], party: str, amount: int | str, due: bool) -> None:
    """行政处罚法 第六十三条; 市场监督管理行政处罚听证办法 第五条; 农业行政处罚程序规定 第五十九条第二款 (超过); Guangdong 5,000 and 50,000."""
    assert bool(hearing_right([fine(amount)], party, read_local_rules(settings).thresholds())) is due


@given(st.integers(1, 10000), st.integers(1, 20000))
def test_a_stricter_threshold_never_takes_a_hearing_away(figure: int, amount: int) -> None:
    strict = read_local_rules({"hearing_fine_person": figure}).thresholds()
    if hearing_right([fine(amount)], "PERSON"):
        assert hearing_right([fine(amount)], "PERSON", strict)


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.integers(), st.booleans(), st.text(), st.none(), st.lists(st.integers())), max_size=4))
def test_whatever_stands_in_settings_is_read_or_refused_with_its_name(settings: dict[str, Any]) -> None:
    faults = check_settings(settings)
    assert len(faults) == len(settings)
    assert all(fault.message and fault.where for fault in faults)


def test_defaults_are_amounts_in_yuan() -> None:
    assert LocalRules().thresholds().hearing_fine("SOLE") == Decimal(10000)
