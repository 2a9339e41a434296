"""No expression or DMN file can run code, repeat without bound, or take memory without bound."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from engine.errors import PackageFault
from engine.rules.decisions import read_decisions, read_leniently
from engine.rules.feel import compile_expression
from engine.rules.feel_types import FeelType
from tests.law.builders import moment
from tests.rules.models import definitions, input_data, literal, read, table

NESTED = "1"
for _ in range(12):
    NESTED = f"for i in 1..9 return {NESTED}"
DOUBLED = "{a0: [1, 1], " + ", ".join(f"a{n + 1}: [a{n}, a{n}]" for n in range(36)) + "}"

EXHAUSTING = [
    "count(for i in 1..1000000000 return i)",
    "count(for i in 1..9999, j in 1..9999 return 1)",
    f"count({NESTED})",
    "some i in 1..9999, j in 1..9999 satisfies i + j < 0",
    "every i in 1..9999, j in 1..9999 satisfies i + j > 0",
    'count(for d in date("0001-01-01")..date("9999-12-31") return d)',
    f"count(flatten({DOUBLED}.a36))",
    f"string length(string({DOUBLED}.a36))",
    f"{DOUBLED}.a36 = {DOUBLED}.a36",
    "(function(f) f(f))(function(f) f(f))",
    "(function(f, n) f(f, n + 1))(function(f, n) f(f, n + 1) + 1, 0)",
    'count(for i in 1..9999 return string join(for j in 1..999 return "xxxxxxxxxx", ""))',
    'string length(string join(for j in 1..9999 return "xxxxxxxxxx", ""))',
    "count(distinct values(for i in 1..9999 return i))",
    "count(sort(for i in 1..9000 return -i, function(x, y) count(for k in 1..99 return k) > 0))",
    "count(for i in 1..5000 return partial)",
    "count((for i in 1..9000 return i)[count(for j in 1..9000 return j) > item])",
    "{a: for i in 1..9999 return i, b: concatenate(a, a)}.b[1]",
    'replace("aaaaaaaaaa", "a", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" + name)',
]
HARMLESS = [
    ("9 ** 9999999", None),
    ("1e6144 * 10", None),
    ("(1 + 1e-33) ** 1e33 > 0", True),
    ('matches(name, "(a+)+$")', False),
    ('matches(name, "(a|a)*b")', False),
    ('matches(name, "(?=a)")', None),
    ('matches(name, "a{1000}{1000}{1000}")', None),
    ('replace(name, "(a*)*", "x")', None),
    ("date(name)", None),
    ('date("9999-12-31") + duration("P1D")', None),
    ('"__import__(\\"os\\").system(\\"id\\")"', '__import__("os").system("id")'),
]
REFUSED = [
    "function(x) external {java: {class: \"java.lang.Runtime\", method signature: \"exit(int)\"}}",
    "name.__class__.__mro__",
    "name.__class__",
    "@\"2026-13-01\"",
    'date("99999999999-01-01")',
    'duration("P99999999999999999999Y")',
    "1 in (" * 45 + "1" + "..2]" * 45,
    "[1.." * 45 + "2" + "]" * 45,
    "1 in (" * 20 + "1" + "..2]" * 20 + " x",
    "not(" * 45 + "true" + ")" * 45,
    "{a:" * 45 + "1" + "}" * 45,
    "function(x) " * 45 + "1",
    "for x in " * 45 + "[1]" + " return x" * 45,
    "if true then " * 45 + "1" + " else 1" * 45,
    "[1]" + "[1]" * 60,
    "{a: 1}" + ".a" * 60,
    "- " * 60 + "1",
    "1 instance of " + "list<" * 60 + "number" + ">" * 60,
    "1 instance of os.system",
    "now() > now()",
    "today() > today()",
    "\"\\uD800\" = name",
    "\"\\u202e\" = name",
    "/* never closed",
]
FACTS = {"name": FeelType.STRING}


@pytest.mark.parametrize("text", EXHAUSTING, ids=range(len(EXHAUSTING)))
def test_what_would_repeat_or_grow_without_bound_is_stopped(text: str) -> None:
    started = time.perf_counter()
    tracemalloc.start()
    try:
        with pytest.raises(PackageFault) as refused:
            compile_expression(text, FACTS).evaluate({"name": "a" * 9990})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.code == "feel.bounds"
    assert time.perf_counter() - started < 15
    assert peak < 40_000_000


@pytest.mark.parametrize(("text", "result"), HARMLESS, ids=range(len(HARMLESS)))
def test_what_looks_dangerous_is_quick_and_plain(text: str, result: object) -> None:
    started = time.perf_counter()
    assert compile_expression(text, FACTS).evaluate({"name": "a" * 5000 + "!"}) == result
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_expression_for_us_is_refused_at_once(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(PackageFault) as refused:
        compile_expression(text, FACTS)
    assert refused.value.code.startswith("feel.")
    assert time.perf_counter() - started < 1


CELLS = [
    '__import__("os").system("id")', "().__class__", "lambda: 1", "open(\"/etc/passwd\")", "exec(\"1\")", "?.__class__.__bases__",
    "> __import__", "not(os.system(1))", "[1..", "< ", "1,,2", "${x}", "function(x) external {}", "\"a\"; \"b\"", "= 1 = 2",
    "{% x %}", "> 1 > 2", "未声明的事实", "-" * 50 + "1", "1" * 41, "in",
]


@pytest.mark.parametrize("cell", CELLS, ids=range(len(CELLS)))
@pytest.mark.parametrize("place", ["input", "output"])
def test_a_hostile_cell_is_refused_with_its_row_and_column(cell: str, place: str) -> None:
    row = [cell, '"甲"'] if place == "input" else ["-", cell]
    with pytest.raises(PackageFault, match="第1行") as refused:
        read(table([("金额", "number")], ["档次"], [row]))
    assert all(fault.where.startswith("decisions/样例.dmn") for fault in refused.value.faults)


def test_a_hostile_cell_read_leniently_hits_nothing() -> None:
    for cell in (cell for cell in CELLS if not cell.startswith("not(")):  # not(null = 1) is true, as the standard has it
        model = read_leniently(table([("金额", "number")], ["档次"], [[cell, '"甲"']]), "m.dmn", moment("2026-03-05T10:00"))
        assert model.decide("结果", {"金额": 1}) is None


FILES = {
    "entity": b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><definitions/>',
    "bomb": b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><definitions>&b;</definitions>',
    "no xml": b"definitions",
    "other namespace": b'<definitions xmlns="urn:other"/>',
    "too large": b"<definitions>" + b" " * 2_000_001 + b"</definitions>",
    "java": definitions(
        '<businessKnowledgeModel id="b" name="b"><encapsulatedLogic kind="Java"><context/></encapsulatedLogic></businessKnowledgeModel>'
    ),
    "python": definitions(
        '<decision id="d" name="d"><literalExpression expressionLanguage="python"><text>1</text></literalExpression></decision>'
    ),
    "import": definitions('<import namespace="urn:x" locationURI="file:///etc/passwd" importType="urn:dmn"/>'),
    "cycle": definitions(
        '<decision id="a" name="a"><informationRequirement><requiredDecision href="#b"/></informationRequirement></decision>'
        '<decision id="b" name="b"><informationRequirement><requiredDecision href="#a"/></informationRequirement></decision>'
    ),
    "type cycle": definitions(
        '<itemDefinition name="t"><itemComponent name="x"><typeRef>t</typeRef></itemComponent></itemDefinition>'
    ),
    "nowhere": definitions('<decision id="a" name="a"><informationRequirement><requiredInput href="#b"/></informationRequirement></decision>'),
    "twice": definitions(input_data("甲", "number") * 2),
    "script": definitions('<decision id="a" name="a"><script>x</script><scriptTask/></decision>') + b"<",
    "deep": definitions('<decision id="a" name="a">' + "<list>" * 60 + "</list>" * 60 + "</decision>"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused(name: str) -> None:
    started = time.perf_counter()
    with pytest.raises(PackageFault) as refused:
        read_decisions(FILES[name], "m.dmn")
    assert refused.value.code.startswith(("xml.", "dmn.", "feel."))
    assert time.perf_counter() - started < 2


def test_one_decision_shares_one_allowance_with_those_it_needs() -> None:
    text = "count(for i in 1..9000 return [i, i])"
    chain = literal("甲0", text)
    for number in range(1, 9):
        need = f'<informationRequirement><requiredDecision href="#d_甲{number - 1}"/></informationRequirement><literalExpression>'
        chain += literal(f"甲{number}", f"甲{number - 1} + {text}").replace("<literalExpression>", need)
    model = read_decisions(definitions(chain), "m.dmn")
    assert model.decide("甲0", {}) == 9000
    with pytest.raises(PackageFault, match=r"feel\.bounds"):
        model.decide("甲8", {})
