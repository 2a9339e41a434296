"""Nothing but the declared facts and the known functions can be reached from a FEEL expression."""

from __future__ import annotations

import time

import pytest

from engine.errors import PackageFault
from engine.rules.conditions import FeelType, compile_condition
from engine.rules.feel import compile_expression

FACTS = {"fine": FeelType.NUMBER, "penalty": FeelType.BOOLEAN, "name": FeelType.STRING, "triggers": FeelType.LIST}

HOSTILE = [
    "().__class__",
    "().__class__.__bases__[0].__subclasses__()",
    "fine.__class__",
    "fine.real = 1",
    "name.upper()",
    "__import__('os')",
    '__import__("os").system("id")',
    "import os",
    "from os import system",
    "lambda: 1",
    "lambda x: x",
    "(lambda: 1)()",
    "eval(name)",
    'eval("1")',
    'exec("1")',
    'open("/etc/passwd")',
    "globals()",
    "locals()",
    "vars()",
    "getattr(fine, name)",
    "print(fine)",
    "__builtins__",
    "__name__",
    "self",
    "9^9",
    "9" * 41 + " = fine",
    "0x10 = fine",
    "1_000 = fine",
    "fine << 1000",
    "fine % 2 = 0",
    "[x for x in triggers]",
    'f"{fine}" = name',
    "`id`",
    "$(id)",
    "${fine}",
    "{{ fine }}",
    "{% if fine %}",
    "fine; penalty",
    "fine := 1",
    "fine = 1 # comment",
    "'single' = name",
    '"""x""" = name',
    '"\\x41" = name + "',
    '"line\nbreak" = name',
    "ｆine = 1",
    "fіne = 1",
    "ﬁne = 1",
    "fine ＞ 1",
    "fine\u200b = 1",
    "fine\u00a0= 1 and\u00a0penalty",
    "\u202efine = 1",
    "penalty\x00",
    '"\u202e" = name',
    '"\ud800" = name',
    "@penalty",
    "penalty?",
    "!penalty",
    "penalty && penalty",
    "penalty || penalty",
    "function() external",
    "date(date(\"2026-03-05\")) = fine",
    "(" * 41 + "penalty" + ")" * 41,
    "[" * 41 + "]" * 41,
    "(" * 1500,
    "-" * 100 + "1 = fine",
    "not(" * 60 + "penalty" + ")" * 60,
    "if penalty then penalty else " * 60 + "penalty",
    "penalty or " * 200 + "penalty" + " or penalty" * 200,
    "+".join(["1"] * 900) + " = fine",
    '"' + "x" * 4100 + '" = name',
    "penalty" + " " * 4100,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_expression_is_refused_at_once(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(PackageFault) as refused:
        compile_expression(text, FACTS)
    assert refused.value.code.startswith("feel.")
    assert time.perf_counter() - started < 1


def test_a_hostile_value_stays_a_value() -> None:
    condition = compile_condition('name = "__import__(\\"os\\")"', FACTS)
    assert condition.evaluate({"name": '__import__("os")'}) is True


def test_a_fact_may_be_named_like_a_function_but_not_like_a_keyword() -> None:
    assert compile_condition("count = 1", {"count": "number"}).evaluate({"count": 1}) is True
    for word in ("in", "and", "or", "not", "if", "then", "else", "between", "true"):
        with pytest.raises(PackageFault):
            compile_condition(f"{word} = 1", {word: "number"})


def test_errors_of_the_parser_do_not_leak() -> None:
    for text in (None, 5, b"penalty"):
        with pytest.raises(PackageFault):
            compile_expression(text, FACTS)  # type: ignore[arg-type]
