"""Decision tables answer as their hit policy says, and say which rows answered."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import Invalid, PackageFault
from tests.rules.models import decide, read, table

TIERS = [("货值（元）", "number"), ("情节", "string")]
ROWS = [
    ["< 500", '"轻微"', '"不予处罚"'],
    ["< 10000", '"轻微","一般"', '"从轻"'],
    [">= 10000", "-", '"一般"'],
    ["-", '"严重"', '"从重"'],
]


@pytest.mark.parametrize(
    ("policy", "values", "goods", "harm", "result"),
    [
        ("FIRST", (), 100, "轻微", "不予处罚"),
        ("FIRST", (), 20000, "严重", "一般"),
        ("FIRST", (), 100, "未知", None),
        ("PRIORITY", ('"从重","一般","从轻","不予处罚"',), 20000, "严重", "从重"),
        ("PRIORITY", ('"不予处罚","从轻","一般","从重"',), 20000, "严重", "一般"),
        ("RULE ORDER", (), 20000, "严重", ["一般", "从重"]),
        ("OUTPUT ORDER", ('"从重","一般","从轻","不予处罚"',), 100, "轻微", ["从轻", "不予处罚"]),
        ("COLLECT", (), 100, "轻微", ["不予处罚", "从轻"]),
        ("UNIQUE", (), 600, "轻微", "从轻"),
        ("ANY", (), 600, "一般", "从轻"),
    ],
)
def test_hit_policies(policy: str, values: tuple[str, ...], goods: int, harm: str, result: object) -> None:
    assert decide(table(TIERS, ["档次"], ROWS, policy=policy, values=values), 货值=goods, 情节=harm) == result


@pytest.mark.parametrize(
    ("aggregation", "years", "result"),
    [("SUM", 6, 600), ("MIN", 6, 100), ("MAX", 6, 300), ("COUNT", 6, 3), ("SUM", 2, 100), ("COUNT", 0, 0), ("SUM", 0, None)],
)
def test_collect_aggregates(aggregation: str, years: int, result: int | None) -> None:
    rows = [["> 1", "100"], ["> 3", "200"], ["> 5", "300"]]
    data = table([("年限", "number")], ["金额"], rows, policy="COLLECT", aggregation=aggregation, kind="number")
    assert decide(data, 年限=years) == result


def test_unique_names_the_rows_that_overlap() -> None:
    with pytest.raises(PackageFault, match=r"第1、2行同时命中") as refused:
        decide(table(TIERS, ["档次"], ROWS), 货值=100, 情节="轻微")
    assert refused.value.code == "dmn.overlap"


def test_any_names_the_rows_that_disagree() -> None:
    with pytest.raises(PackageFault, match=r"第1行与第2行同时命中，但结果不同") as refused:
        decide(table(TIERS, ["档次"], ROWS, policy="ANY"), 货值=100, 情节="轻微")
    assert refused.value.code == "dmn.conflict"


def test_several_outputs_come_as_a_dict_and_a_default_fills_the_gap() -> None:
    rows = [[">= 3", '"甲"', '"乙"']]
    data = table([("次数", "number")], ["档次", "理由"], rows, default='"无"')
    assert decide(data, 次数=3) == {"档次": "甲", "理由": "乙"}
    assert decide(data, 次数=1) == {"档次": "无", "理由": "无"}


def test_cells_may_speak_of_the_value_and_of_other_inputs() -> None:
    rows = [["? > 违法所得 * 2", "-", '"高"'], ["not(? > 违法所得 * 2)", "-", '"低"']]
    data = table([("罚款", "number"), ("违法所得", "number")], ["比例"], rows)
    assert decide(data, 罚款=100, 违法所得=10) == "高"
    assert decide(data, 罚款=Decimal(20), 违法所得="10") == "低"


def test_a_value_outside_the_allowed_ones_is_refused() -> None:
    data = table(TIERS, ["档次"], ROWS, policy="FIRST", allowed=("", '"轻微","一般","严重"'))
    assert decide(data, 货值=100, 情节="轻微") == "不予处罚"
    with pytest.raises(PackageFault, match="输入“情节”的值不在允许范围内"):
        decide(data, 货值=100, 情节="其他")
    with pytest.raises(Invalid, match="输入“货值”的值不是数字"):
        decide(data, 货值="很多", 情节="轻微")


def test_the_trace_tells_rows_inputs_and_result() -> None:
    trace = read(table(TIERS, ["档次"], ROWS, policy="RULE ORDER")).explain("结果", {"货值": 20000, "情节": "严重"})
    assert (trace.decision, trace.rows, trace.outputs) == ("结果", (3, 4), ["一般", "从重"])
    assert trace.inputs == {"货值": 20000, "情节": "严重"}


def test_names_and_inputs_of_a_model() -> None:
    model = read(table(TIERS, ["档次"], ROWS))
    assert model.names == ("结果",)
    assert model.inputs("结果") == {"货值": "number", "情节": "string"}
    with pytest.raises(Invalid, match="没有名为“别的”的决策"):
        model.decide("别的", {})


def test_unhit_rows_and_null_inputs_hit_nothing() -> None:
    assert read(table(TIERS, ["档次"], ROWS, policy="FIRST")).explain("结果", {}).rows == ()
    assert decide(table(TIERS, ["档次"], ROWS, policy="FIRST")) is None
