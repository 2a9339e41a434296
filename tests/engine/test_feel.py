"""FEEL conditions mean what they say, are typed before they run, and answer null where the facts are silent."""

from __future__ import annotations

import timeit
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.errors import Invalid, PackageFault
from engine.rules.conditions import FeelType, compile_condition
from engine.rules.feel import compile_expression

FACTS = {
    "penalty": FeelType.BOOLEAN, "hearing_right": FeelType.BOOLEAN, "filing_result": FeelType.STRING,
    "fine": FeelType.NUMBER, "filed_on": FeelType.DATE, "triggers": FeelType.LIST, "罚款数额": FeelType.NUMBER,
    "需要听证": FeelType.BOOLEAN, "inspected": FeelType.BOOLEAN,
}
VALUES = {
    "penalty": True, "hearing_right": False, "filing_result": "FILE", "fine": Decimal(241800), "filed_on": date(2026, 3, 5),
    "triggers": ["LR1", "LR3"], "罚款数额": 5000, "需要听证": True, "inspected": True,
}

MEANINGS = [
    ("penalty", True),
    ("not(penalty)", False),
    ("penalty and not(hearing_right)", True),
    ("hearing_right or penalty", True),
    ("inspected", True),
    ('filing_result = "FILE"', True),
    ('"FILE" = filing_result', True),
    ('filing_result != "FILE"', False),
    ('filing_result in ("FILE", "RETURN")', True),
    ('filing_result in ["NOT_FILE", "RETURN"]', False),
    ("filing_result in []", False),
    ("fine >= 100000", True),
    ("fine < 241800", False),
    ("fine in [100000..241800]", True),
    ("fine in [100000..241800)", False),
    ("fine in (241800..300000]", False),
    ("fine in (1..300000)", True),
    ("fine between 100000 and 241800 and penalty", True),
    ("罚款数额 > 1000 and 需要听证", True),
    ('filed_on >= date("2026-03-01")', True),
    ('filed_on in [date("2026-01-01")..date("2026-03-04")]', False),
    ('"LR1" in triggers', True),
    ('"LR2" in (triggers)', False),
    ('list contains(triggers, "LR3")', True),
    ("count(triggers) = 2", True),
    ("fine / 2 = 120900", True),
    ("2 + 3 * 4", Decimal(14)),
    ("(2 + 3) * 4", Decimal(20)),
    ("10 - 3 - 2", Decimal(5)),
    ("-(-3)", Decimal(3)),
    ("7 / 2", Decimal("3.5")),
    ("0.1 + 0.2 = 0.3", True),
    ('"a" + "b" + "c"', "abc"),
    (r'"say \"yes\"\n"', 'say "yes"\n'),
    ('if fine > 100000 then "大" else "小"', "大"),
    ("sum(1, 2, 3)", Decimal(6)),
    ("sum([1, 2])", Decimal(3)),
    ("min(3, 1, 2)", Decimal(1)),
    ("max([3, 1, 2])", Decimal(3)),
    ('max(filed_on, date("2026-05-12"))', date(2026, 5, 12)),
    ('contains(filing_result, "IL")', True),
    ('starts with(filing_result, "FI")', True),
    ('ends  with (filing_result, "FI")', False),
    ("penalty = true", True),
    ('filing_result = "FILE" and fine in [1..300000] or hearing_right', True),
]


@pytest.mark.parametrize(("text", "meaning"), MEANINGS)
def test_expression_means(text: str, meaning: object) -> None:
    result = compile_expression(text, FACTS).evaluate(VALUES)
    assert result == meaning
    assert result.__class__ is meaning.__class__


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("penalty", None), ("not(penalty)", None), ("penalty = null", True), ("penalty != null", False),
        ("penalty and hearing_right", None), ("penalty and false", False), ("penalty or true", True),
        ("penalty or false", None), ("fine > 1", None), ("fine + 1", None), ("fine / 0", None), ("1 / 0", None),
        ("fine in [1..2]", None), ("fine in (1, null)", True), ("fine in (1, 2)", False), ('"x" in triggers', None),
        ("count(triggers)", None), ("sum(triggers)", None), ("min(fine, 3)", None), ("max([])", None),
        ("if penalty then 1 else 2", Decimal(2)), ('filing_result = "FILE"', False), ('filing_result + "x"', None),
        ('contains(filing_result, "x")', None), ("-fine", None), ("filing_result = null", True),
    ],
)
def test_silent_facts_are_null(text: str, meaning: object) -> None:
    assert compile_expression(text, FACTS).evaluate({}) == meaning


def test_a_null_condition_does_not_hold() -> None:
    condition = compile_condition("fine > 1", FACTS)
    assert condition.evaluate({}) is False
    assert condition.evaluate({"fine": 2}) is True


def test_names_are_those_that_the_expression_reads() -> None:
    assert compile_condition('fine > 1 and filing_result = "FILE"', FACTS).names == {"fine", "filing_result"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("unknown", "feel.unknown_name"), ("fine > 其他", "feel.unknown_name"), ("penalty = 1", "feel.type"),
        ('fine > "1"', "feel.type"), ("penalty > true", "feel.type"), ("fine and penalty", "feel.type"),
        ("not(fine)", "feel.type"), ("not(penalty, penalty)", "feel.type"), ("fine in (\"a\")", "feel.type"),
        ("if fine then 1 else 2", "feel.type"), ('if penalty then 1 else "x"', "feel.type"), ("fine * \"x\"", "feel.type"),
        ("filing_result - filing_result", "feel.type"), ("penalty + penalty", "feel.type"), ('"1" in fine', "feel.type"),
        ("sum(\"a\")", "feel.type"), ("max(1, \"a\")", "feel.type"), ("max()", "feel.type"),
        ('date("2026-02-30") = filed_on', "feel.date"), ("date(fine, fine) = filed_on", "feel.type"),
        ('date("20260305") = filed_on', "feel.date"), ("fine", "feel.type"), ("null", "feel.type"), ('"yes"', "feel.type"),
        ("", "feel.syntax"), ("   ", "feel.syntax"), ("fine >", "feel.syntax"), ("fine == 1", "feel.syntax"),
        ("fine > 1 > 0", "feel.syntax"), ("penalty penalty", "feel.syntax"), ("in", "feel.syntax"),
        ("not penalty", "feel.syntax"), ('"open', "feel.syntax"), ("round(fine) = 1", "feel.unknown_function"),
        ("fine.real = 1", "feel.unknown_property"),
    ],
)
def test_faulty_condition_is_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(PackageFault) as refused:
        compile_condition(text, FACTS)
    assert refused.value.code == code
    assert refused.value.message.startswith("第")


def test_fault_names_the_place() -> None:
    with pytest.raises(PackageFault, match=r"第11个字符处：没有声明名为“amount”的事实"):
        compile_condition("fine > 1+ amount", FACTS)


def test_unknown_fact_type_is_refused() -> None:
    with pytest.raises(PackageFault, match=r"feel.fact_type"):
        compile_condition("x", {"x": "money"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("penalty", 1), ("penalty", "true"), ("fine", True), ("fine", float("nan")), ("fine", Decimal("Infinity")),
        ("fine", 10**41), ("fine", "x"), ("filed_on", datetime(2026, 3, 5)), ("filed_on", 20260305),  # noqa: DTZ001
        ("filing_result", 1), ("filing_result", "x" * 10_001), ("triggers", "LR1"), ("triggers", [object()]),
        ("triggers", ["x"] * 10_001),
    ],
)
def test_a_fact_of_another_type_is_refused(name: str, value: object) -> None:
    expression = compile_expression(f"{name} = null", FACTS)
    with pytest.raises(Invalid, match=name):
        expression.evaluate({name: value})


def test_stored_facts_are_read_as_their_type() -> None:
    assert compile_condition('filed_on = date("2026-03-05") and fine = 1.50', FACTS).evaluate(
        {"filed_on": "2026-03-05", "fine": "1.5"}
    )


def test_moments_and_rows_are_facts_too() -> None:
    facts = {"heard_at": "date and time", "told_at": "date and time", "rows": "list"}
    condition = compile_condition("heard_at > told_at and count(rows) = 1 and not(1 in rows)", facts)
    assert condition.evaluate(
        {"heard_at": datetime(2026, 3, 5, 1, 0, tzinfo=UTC), "told_at": "2026-03-05T08:59", "rows": [{"kind": "FINE"}]}
    )
    with pytest.raises(Invalid, match="told_at"):
        condition.evaluate({"heard_at": datetime(2026, 3, 5, tzinfo=UTC), "told_at": datetime(2026, 3, 5)})  # noqa: DTZ001


def test_results_are_bounded() -> None:
    assert compile_expression("9 ** 9999999", FACTS).evaluate({}) is None
    assert compile_expression("1e6144 * 10", FACTS).evaluate({}) is None
    with pytest.raises(PackageFault, match=r"feel.bounds"):
        compile_expression("filing_result + filing_result", FACTS).evaluate({"filing_result": "x" * 6000})


def test_a_long_sum_does_not_deepen_the_stack() -> None:
    text = "+".join(["1"] * 499)
    assert compile_expression(text, FACTS).evaluate({}) == 499


def test_a_compiled_condition_is_quick() -> None:
    condition = compile_condition('filing_result = "FILE"', FACTS)
    rounds = 20_000
    best = min(timeit.repeat(lambda: condition.evaluate(VALUES), number=rounds, repeat=5)) / rounds
    baseline = min(timeit.repeat(lambda: VALUES.get("filing_result") == "FILE", number=rounds, repeat=5)) / rounds
    assert best < baseline * 30
