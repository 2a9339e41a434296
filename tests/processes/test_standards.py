"""The discretion standards of the national package give the tiers and ranges of the example, and are sound DMN."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cases.standard_tables import StandardTable
from engine.errors import Invalid, PackageFault
from engine.untrusted_xml import parse_xml
from processes.bundles import make_bundle, standard_tables
from processes.checks import check_package
from processes.overlay import resolve

FOOD, PRICE = "CL-SCJG-SPAQ-122-1", "CL-SCJG-JG-06"
NATIONAL = resolve("national")
TABLES = {table.code: table for table in standard_tables(NATIONAL).values()}
DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
DMNDI = "{https://www.omg.org/spec/DMN/20191111/DMNDI/}"
FACTORS: dict[str, Any] = {
    "goods_value": Decimal(18600), "duration_days": 31, "prior_2y": 0, "high_risk": False, "harm": "NONE", "stopped": True,
    "licensed_after": False, "cooperate": True, "obstruct": False, "emergency": False,
}
GAIN: dict[str, Any] = {
    "illegal_gain": Decimal(3440), "goods_kind": "OTHER", "emergency": False, "refunded_ratio": Decimal(0), "prior_2y": 0,
    "refuse_refund": False, "individual": False,
}


@pytest.mark.rule("INV-P31")
@pytest.mark.parametrize(
    ("changes", "tier", "row", "low", "high"),
    [
        ({"goods_value": 300, "duration_days": 2, "licensed_after": True}, "T0", "不予处罚（首违）", "0", "0"),
        ({"goods_value": 3000, "duration_days": 20, "licensed_after": True}, "T1", "减轻", "5000", "49999"),
        ({"goods_value": 8000, "duration_days": 60}, "T3", "一般", "65000", "85000"),
        ({"goods_value": 42000, "duration_days": 120, "high_risk": True, "stopped": False}, "T4", "从重（二）", "714000", "840000"),
        ({"goods_value": 12000, "duration_days": 10, "harm": "ILLNESS"}, "T4", "从重（一）", "204000", "240000"),
        ({"goods_value": 9000, "duration_days": 15, "prior_2y": 1}, "T3", "一般", "65000", "85000"),
        ({}, "T3", "一般", "241800", "316200"), ({"licensed_after": True}, "T2", "从轻", "186000", "241800"),
        ({"licensed_after": True, "duration_days": 181}, "T3", "一般", "241800", "316200"),
        ({"obstruct": True}, "T4", "从重（一）", "316200", "372000"), ({"prior_2y": 2}, "T4", "从重（一）", "316200", "372000"),
        ({"emergency": True, "prior_2y": 1}, "T4", "从重（二）", "316200", "372000"),
        ({"emergency": True, "duration_days": 91}, "T4", "从重（二）", "316200", "372000"),
        ({"emergency": True}, "T3", "一般", "241800", "316200"),
        ({"goods_value": 499, "licensed_after": True, "high_risk": True}, "T1", "减轻", "5000", "49999"),
        ({"goods_value": 4999, "licensed_after": True, "cooperate": False}, "T3", "一般", "65000", "85000"),
        ({"harm": "MINOR", "prior_2y": 1, "goods_value": 9999}, "T3", "一般", "65000", "85000"),
        ({"goods_value": 10000}, "T3", "一般", "130000", "170000"),
    ],
)
def test_unlicensed_food(changes: dict[str, Any], tier: str, row: str, low: str, high: str) -> None:
    """食品安全法 第一百二十二条第一款; the first row that fits applies."""
    found = TABLES[FOOD].assess({**FACTORS, **changes})
    assert (found.tier, found.row, found.low, found.high) == (tier, row, Decimal(low), Decimal(high))
    small = {**FACTORS, **changes}["goods_value"] < 10000
    assert found.statutory_low == (50000 if small else 10 * {**FACTORS, **changes}["goods_value"])
    assert found.statutory_high == 2 * found.statutory_low


@pytest.mark.parametrize(
    ("changes", "tier", "low", "high", "statute"),
    [
        ({"emergency": True, "goods_kind": "EPIDEMIC", "refunded_ratio": Decimal("0.71")}, "T4", "13760", "17200", ("0", "17200")),
        ({"emergency": True, "goods_kind": "LIVELIHOOD"}, "T4", "13760", "17200", ("0", "17200")),
        ({"emergency": True}, "T3", "5160", "13760", ("0", "17200")), ({"prior_2y": 1}, "T4", "13760", "17200", ("0", "17200")),
        ({"refuse_refund": True}, "T4", "13760", "17200", ("0", "17200")),
        ({"refunded_ratio": Decimal("0.9")}, "T2", "1720", "5160", ("0", "17200")),
        ({"refunded_ratio": Decimal("0.89")}, "T3", "5160", "13760", ("0", "17200")),
        ({"illegal_gain": Decimal(0)}, "T3", "50000", "500000", ("50000", "3000000")),
        ({"illegal_gain": Decimal(0), "individual": True}, "T3", "0", "100000", ("0", "500000")),
        ({"illegal_gain": Decimal(0), "individual": True, "prior_2y": 1}, "T4", "100000", "500000", ("0", "500000")),
        ({"illegal_gain": Decimal(0), "emergency": True, "goods_kind": "EPIDEMIC"}, "T4", "500000", "3000000", ("50000", "3000000")),
    ],
)
def test_price_gouging(changes: dict[str, Any], tier: str, low: str, high: str, statute: tuple[str, str]) -> None:
    """价格违法行为行政处罚规定 第六条、第十一条."""
    found = TABLES[PRICE].assess({**GAIN, **changes})
    assert (found.tier, found.low, found.high) == (tier, Decimal(low), Decimal(high))
    assert (found.statutory_low, found.statutory_high) == (Decimal(statute[0]), Decimal(statute[1]))


@pytest.mark.parametrize("code", [FOOD, PRICE])
def test_a_missing_factor_is_named_in_words(code: str) -> None:
    table = TABLES[code]
    for key, name in table.factors.items():
        with pytest.raises(Invalid, match="没有填写") as refused:
            table.assess({**FACTORS, **GAIN, key: None})
        assert name in refused.value.message


FACTS = st.fixed_dictionaries({
    "goods_value": st.integers(0, 10**6), "duration_days": st.integers(1, 400), "prior_2y": st.integers(0, 4),
    "harm": st.sampled_from(["NONE", "MINOR", "ILLNESS"]),
    **{key: st.booleans() for key in ("high_risk", "stopped", "licensed_after", "cooperate", "obstruct", "emergency")},
})
BETTER: list[tuple[str, Callable[[Any], Any]]] = [
    ("stopped", lambda _: True), ("licensed_after", lambda _: True), ("cooperate", lambda _: True), ("obstruct", lambda _: False),
    ("harm", lambda _: "NONE"), ("prior_2y", lambda count: max(count - 1, 0)), ("high_risk", lambda _: False),
    ("emergency", lambda _: False), ("duration_days", lambda days: max(days - 1, 1)),
]


@given(FACTS, st.sampled_from(BETTER))
def test_a_lighter_circumstance_never_raises_the_range(facts: dict[str, Any], better: tuple[str, Callable[[Any], Any]]) -> None:
    key, change = better
    before = TABLES[FOOD].assess(facts)
    after = TABLES[FOOD].assess({**facts, key: change(facts[key])})
    assert after.tier <= before.tier
    assert (after.low, after.high) <= (before.low, before.high)


@given(FACTS)
def test_a_tier_stays_inside_the_statute_unless_it_mitigates_or_exempts(facts: dict[str, Any]) -> None:
    found = TABLES[FOOD].assess(facts)
    assert found.low <= found.high <= found.statutory_high
    assert found.low >= found.statutory_low or found.tier in ("T0", "T1")


@pytest.mark.parametrize("path", sorted(path for path in NATIONAL if path.endswith(".dmn")))
def test_tables_open_in_a_modeler(path: str) -> None:
    """DMN 1.3 with a drawing: every decision and input has a shape, every requirement an edge, every id is used once."""
    root = parse_xml(NATIONAL[path], path)
    drawn = {one.get("dmnElementRef") for one in root.iter() if one.tag in (f"{DMNDI}DMNShape", f"{DMNDI}DMNEdge")}
    needed = [f"{DMN}decision", f"{DMN}inputData", f"{DMN}informationRequirement"]
    assert {one.get("id") for one in root.iter() if one.tag in needed} == drawn
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    for table in root.iter(f"{DMN}decisionTable"):
        columns = len(table.findall(f"{DMN}input")), len(table.findall(f"{DMN}output"))
        for rule in table.findall(f"{DMN}rule"):
            assert (len(rule.findall(f"{DMN}inputEntry")), len(rule.findall(f"{DMN}outputEntry"))) == columns
            assert rule.findtext(f"{DMN}description")


def spoilt(path: str, old: str, new: str) -> dict[str, bytes]:
    text = NATIONAL[path].decode()
    assert old in text
    return {**NATIONAL, path: text.replace(old, new).encode()}


FOOD_DMN, FOOD_TOML = "decisions/unlicensed_food.dmn", "decisions/unlicensed_food.toml"


@pytest.mark.parametrize(
    ("path", "old", "new", "code"),
    [
        (FOOD_TOML, 'tier = "tier"', 'tier = "nothing"', "standard.decision"), (FOOD_TOML, 'tier = "tier"', "tier = 1", "standard.keys"),
        (FOOD_TOML, 'obstruct = "拒绝、阻挠检查"', "", "standard.factors"), (FOOD_TOML, "basis =", "bases =", "standard.keys"),
        (FOOD_TOML, FOOD, "CL-9", "standard.not_offered"), (FOOD_TOML, FOOD, PRICE, "standard.twice"),
        ("forms/investigation_report.toml", 'key = "goods_value"', 'key = "goods_worth"', "standard.factor"),
        ("package.toml", "panel_minimum = 3", "panel_minimum = 1", "settings.kind"),
        ("package.toml", "panel_minimum = 3", "panel_size = 3", "settings.unknown"),
        (FOOD_DMN, "</definitions>", "", "xml."), (FOOD_DMN, "goods_value &lt; 10000", "goods_worth &lt; 10000", "."),
        (FOOD_DMN, "<text>&lt; 5000</text>", "<text>__import__('os')</text>", "."),
    ],
)
def test_a_faulty_standard_is_never_published(path: str, old: str, new: str, code: str) -> None:
    faults = check_package(spoilt(path, old, new))
    assert any(code in fault.code for fault in faults), faults
    assert all(fault.where and fault.message for fault in faults)


def test_a_table_that_gives_no_sum_is_refused_when_it_is_asked() -> None:
    text = NATIONAL[FOOD_DMN].decode().replace("<text>50000</text>", "<text>-1</text>")
    contents = {**NATIONAL, FOOD_DMN: text.encode()}
    table: StandardTable = make_bundle(contents).standards[FOOD]
    with pytest.raises(Invalid, match="金额"):
        table.assess({**FACTORS, "goods_value": Decimal(1)})
    with pytest.raises(PackageFault):
        make_bundle({key: value for key, value in NATIONAL.items() if key != FOOD_DMN})
