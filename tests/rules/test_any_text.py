"""Whatever is written, an expression gives a value or one of our own errors, in little time."""

from __future__ import annotations

import os
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ZhifaError
from engine.rules.context_functions import text_of
from engine.rules.feel import compile_expression, compile_part, compile_tests
from engine.rules.feel_types import FeelType
from engine.rules.functions import FUNCTIONS
from engine.rules.names import Names
from engine.rules.values import Scope, Work

EXAMPLES = 5000 if os.environ.get("ZHIFA_PROVE") == "full" else 250
LEAVES = st.sampled_from(
    ["1", "-2", "0", "1.5", "1e300", "-1e6100", '"a"', '""', '"2026-03-05"', '"[a-"', "null", "true", "false", "[]", "[1, 2]", '["a", null]',
     "[[1], [2, [3]]]", "{}", "{a: 1}", "[{a: 1}, {a: 2}]", '@"2026-03-05"', '@"9999-12-31"', '@"10:00:00"', '@"10:00:00+08:00"',
     '@"2026-03-05T10:00:00"', '@"2026-03-05T10:00:00Z"', '@"P1Y"', '@"P9D"', '@"-P999999999D"', "[1..5]", "(< 3)", '[@"2026-01-01"..@"2026-02-01")',
     "function(x) x", "function(x, y) x < y", "abs", "未知"]
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    functions = st.builds(
        lambda name, arguments: f"{name}({', '.join(arguments)})", st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=4)
    )
    signs = st.sampled_from(["+", "-", "*", "/", "**", "=", "!=", "<", ">=", "and", "or", "in"])
    return st.one_of(
        functions, functions,
        st.builds(lambda one, sign, other: f"({one} {sign} {other})", inner, signs, inner),
        st.builds(lambda one, other: f"({one})[{other}]", inner, inner),
        st.builds(lambda one, name: f"({one}).{name}", inner, st.sampled_from(["a", "year", "days", "start", "time offset", "timezone"])),
        st.builds(lambda one, other: f"(for i in {one} return [i, {other}])", inner, inner),
        st.builds(lambda one, other: f"(some i in {one} satisfies i = {other})", inner, inner),
        st.builds(lambda one, two, three: f"(if {one} then {two} else {three})", inner, inner, inner),
        st.builds(lambda one, two, three: f"({one} between {two} and {three})", inner, inner, inner),
        st.builds(lambda one: f"({one} instance of list<number>)", inner),
        st.builds(lambda one, other: f"[{one}..{other}]", inner, inner),
        st.builds(lambda one, other: f"({one})({other})", inner, inner),
        st.builds(lambda one, other: f"{{a: {one}, b: {other}}}", inner, inner),
        st.builds(lambda one: f"-{one}", inner),
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.recursive(LEAVES, _grown, max_leaves=10))
def test_any_expression_gives_a_value_or_our_own_error(text: str) -> None:
    started = time.perf_counter()
    for strict in (False, True):
        try:
            part, _ = compile_part(text, Names(strict=strict))
            work = Work()
            text_of(work, part.run(Scope({}, work)))
        except ZhifaError as error:
            assert error.code.startswith("feel.")
    assert time.perf_counter() - started < 5


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text(alphabet='ab1 ."\'()[]{}<>=+-*/,:?@中 _notindfor\\', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (
        lambda: compile_expression(text, {"a": FeelType.NUMBER, "b": FeelType.LIST}).evaluate({"a": 1}),
        lambda: compile_tests(text, Names(strict=False), None).run(1, Scope({}, Work())),
    ):
        try:
            read()
        except ZhifaError as error:
            assert error.code.startswith("feel.")
