"""Gaps and overlaps are found with a witness, and what cannot be analysed is said."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Fault, PackageFault
from tests.rules.models import decide, read, table

FINE = ("罚款金额（元）", "number")
HARM = ("情节", "string")


def messages(data: bytes) -> list[str]:
    return [fault.message.removeprefix("决策“结果”：") for fault in read(data).check()]


CASES = [
    ([FINE], [["<= 50000"], [">= 50000"]], ["罚款金额恰好为50000元时，第1行与第2行同时命中"]),
    ([FINE], [["< 50000"], ["> 50000"]], ["罚款金额恰好为50000元时，没有任何一行命中"]),
    ([FINE], [["< 50000"], [">= 50000"]], []),
    ([FINE], [["[0..100]"], ["(100..200)"], [">= 200"]], ["罚款金额小于0元时，没有任何一行命中"]),
    ([FINE], [["[0..100]"], ["[50..200)"]], [
        "罚款金额不小于50元且不大于100元时，第1行与第2行同时命中", "罚款金额小于0元时，没有任何一行命中",
        "罚款金额不小于200元时，没有任何一行命中",
    ]),
    ([FINE], [["not(1, 2)"], ["1, 2"]], []),
    ([FINE], [["not([1..2])"], ["(1..2)"]], ["罚款金额恰好为1元时，没有任何一行命中", "罚款金额恰好为2元时，没有任何一行命中"]),
    ([HARM], [['"轻微"'], ['not("轻微")']], []),
    ([HARM], [['"轻微","一般"'], ['"一般","严重"']], [
        "情节为“一般”时，第1行与第2行同时命中", "情节为所列以外的值时，没有任何一行命中",
    ]),
    ([("听证", "boolean")], [["true"]], ["听证为否时，没有任何一行命中"]),
    ([("立案日期", "date")], [['< date("2026-03-01")'], ['> @"2026-03-01"']], ["立案日期恰好为2026-03-01时，没有任何一行命中"]),
    ([("立案日期", "date")], [['<= date("2026-03-01")'], ['>= date("2026-03-02")']], []),
    ([("期间", "years and months duration")], [['< duration("P6M")'], ['> @"P6M"']], ["期间恰好为P6M时，没有任何一行命中"]),
    ([FINE, HARM], [["<= 50000", '"轻微"'], [">= 50000", "-"], ["< 50000", 'not("轻微")']], [
        "罚款金额恰好为50000元、情节为“轻微”时，第1行与第2行同时命中",
    ]),
    ([FINE, HARM], [["-", '"轻微"'], ["> 100", "-"]], [
        "罚款金额大于100元、情节为“轻微”时，第1行与第2行同时命中",
        "罚款金额不大于100元、情节为所列以外的值时，没有任何一行命中",
    ]),
    ([FINE], [["-"]], []),
    ([FINE], [], ["任何情形下，没有任何一行命中"]),
]


@pytest.mark.parametrize(("inputs", "rows", "found"), CASES, ids=range(len(CASES)))
def test_witnesses(inputs: list[tuple[str, str]], rows: list[list[str]], found: list[str]) -> None:
    assert messages(table(inputs, ["档次"], [[*row, '"甲"'] for row in rows])) == found


def test_allowed_values_narrow_what_must_be_covered() -> None:
    rows = [['"轻微"', '"甲"'], ['"严重"', '"乙"']]
    assert messages(table([HARM], ["档次"], rows, allowed=('"轻微","严重"',))) == []
    assert messages(table([HARM], ["档次"], rows, allowed=('"轻微","严重","一般"',))) == ["情节为“一般”时，没有任何一行命中"]
    assert messages(table([FINE], ["档次"], [["[0..100]", '"甲"']], allowed=("[0..100]",))) == []


def test_a_default_closes_every_gap_and_collecting_tables_have_none() -> None:
    rows = [["> 100", '"甲"'], ["> 200", '"乙"']]
    assert messages(table([FINE], ["档次"], rows, policy="FIRST", default='"无"')) == ["第2行永远不会命中：前面各行已经包括了它的全部情形"]
    assert messages(table([FINE], ["档次"], rows, policy="COLLECT")) == []


def test_any_may_overlap_as_long_as_the_rows_agree() -> None:
    same, other = ["> 100", '"甲"'], ["> 200", '"乙"']
    rest = ["<= 100", '"丙"']
    assert messages(table([FINE], ["档次"], [same, ["> 200", '"甲"'], rest], policy="ANY")) == []
    assert messages(table([FINE], ["档次"], [same, other, rest], policy="ANY")) == ["罚款金额大于200元时，第1行与第2行同时命中"]


@pytest.mark.parametrize(
    ("inputs", "rows", "reason"),
    [
        ([FINE, ("所得", "number")], [["> 所得 * 2", "-", '"甲"'], ["<= 100", "-", '"乙"']], "第1行“罚款金额（元）”一格不是常量条件"),
        ([HARM], [['> "a"', '"甲"']], "输入“情节”对文本比较了大小"),
        ([FINE, FINE], [["> 1", "-", '"甲"']], "多个输入取自同一事实“罚款金额”"),
    ],
)
def test_what_cannot_be_analysed_is_said(inputs: list[tuple[str, str]], rows: list[list[str]], reason: str) -> None:
    data = table(inputs, ["档次"], rows)
    if inputs == [FINE, FINE]:  # the same input data, asked twice
        declared = '<inputData id="in_罚款金额（元）"'
        text = data.decode()
        first = text.index(declared)
        data = (text[:first] + text[text.index(declared, first + 1) :]).encode()
    found = read(data).check()
    assert [fault.code for fault in found] == ["dmn.unchecked"]
    assert reason in found[0].message


def test_a_fault_names_file_and_element() -> None:
    assert read(table([FINE], ["档次"], [["< 1", '"甲"'], [">= 1", '"乙"'], ["1", '"乙"']])).check() == [
        Fault("decisions/样例.dmn#d", "dmn.overlap", "决策“结果”：罚款金额恰好为1元时，第2行与第3行同时命中")
    ]


CELLS = ["-", "< 2", "<= 2", "> 2", ">= 2", "[1..3]", "(1..3)", "1, 3", "not(2)", "2"]
VALUES = [Decimal(each) / 2 for each in range(9)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), min_size=1, max_size=4))
def test_the_check_agrees_with_running_the_table(cells: list[tuple[str, str]]) -> None:
    """No finding: every pair of values hits exactly one row. A finding: some pair hits none or several."""
    data = table([("甲", "number"), ("乙", "number")], ["果"], [[*row, '"x"'] for row in cells])
    model = read(data)
    clean = True
    for one, other in itertools.product(VALUES, VALUES):
        try:
            clean = clean and model.decide("结果", {"甲": one, "乙": other}) is not None
        except PackageFault:
            clean = False
    assert (model.check() == []) is clean


def test_a_large_table_is_checked_in_time_or_declared_unchecked() -> None:
    rows = [[f"[{n}..{n + 1})", "-", f"{n % 7}", '"甲"'] for n in range(300)]
    found = read(table([("甲", "number"), ("乙", "number"), ("丙", "number")], ["果"], rows)).check()
    assert found
    assert decide(table([("甲", "number")], ["果"], [["1", '"甲"']]), 甲=1) == "甲"
