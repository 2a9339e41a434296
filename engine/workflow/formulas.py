"""Every expression of a diagram that is ever evaluated, in one place: what it says, where it stands, what it must yield."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, product
from typing import Final

from engine.errors import PackageFault
from engine.rules.feel import Expression, compile_expression
from engine.rules.feel_types import FeelType
from engine.workflow.drafts import Draft, Element

MOST_INSTANCES: Final = 1000
MOST_GUESSES: Final = 216
GUESSES: Final = (FeelType.NUMBER, FeelType.STRING, FeelType.BOOLEAN, FeelType.LIST, FeelType.DATE, FeelType.CONTEXT)
WORDS: Final = frozenset(
    {"and", "or", "not", "in", "if", "then", "else", "between", "true", "false", "null", "for", "return", "some", "every",
     "satisfies", "instance", "of", "function", "external"}
)
_STRINGS: Final = re.compile(r'"(?:\\.|[^"\\])*"')
_NAMES: Final = re.compile(r"(?<![\w.])[A-Za-z_\u3400-\u4dbf\u4e00-\u9fff]\w*+(?!\s*\()")
_METHOD: Final = re.compile(r"\.\s*\w+\s*\(")
_OTHERS: Final = (
    (re.compile(r"[$#]\{"), "这是 Camunda、Activiti 一类引擎的表达式"),
    (re.compile(r"==|&&|\|\||!(?!=)"), "这是程序语言的写法；FEEL 用 =、and、or、not(…)"),
    (re.compile(r"'"), "FEEL 的文本用双引号"),
    (re.compile(r"\.__|__\w+__|\blambda\b|\bimport\b"), "这是 Python 代码"),
)


@dataclass(frozen=True)
class Placed:
    """An expression at its place: id and name of the element or flow, the text as evaluated, and the type that is wanted."""

    element: str
    name: str
    text: str
    wanted: FeelType
    language: str = ""


def formulas(draft: Draft) -> Iterator[Placed]:
    """All expressions of a draft, in file order: conditions of flows and events, numbers of instances, ends of loops."""
    for flow in draft.flows:
        if flow.condition:
            yield Placed(flow.id, flow.name, flow.condition, FeelType.BOOLEAN, flow.language)
    for element in draft.elements.values():
        for trigger in element.triggers:
            if trigger.kind == "conditional":
                found = trigger.formula
                yield Placed(element.id, element.name, found.text if found else "", FeelType.BOOLEAN, found.language if found else "")
        yield from _repeated(element)


def _repeated(element: Element) -> Iterator[Placed]:
    loop = element.repetition
    if loop is None:
        return
    if loop.collection:
        yield Placed(element.id, element.name, counting(loop.collection), FeelType.NUMBER)
    elif loop.cardinality is not None and loop.cardinality.text:
        yield Placed(element.id, element.name, loop.cardinality.text, FeelType.NUMBER, loop.cardinality.language)
    if loop.until is not None and loop.until.text:
        yield Placed(element.id, element.name, loop.until.text, FeelType.BOOLEAN, loop.until.language)


def counting(collection: str) -> str:
    """The expression that counts the items of a list fact."""
    return f"count({collection})"


def compile_placed(placed: Placed, facts: Mapping[str, FeelType]) -> Expression:
    """Compile over declared facts; PackageFault feel.* also when the result is of another type than wanted.

    What reads no fact is evaluated at once, so that a number beyond all bounds is refused before anything runs.
    """
    expression = compile_expression(placed.text, facts)
    constant = None if expression.names else expression.evaluate({})
    yes_or_no = placed.wanted is FeelType.BOOLEAN
    fits = isinstance(constant, bool) if yes_or_no else whole_number(constant) is not None
    if expression.type not in (placed.wanted, None) or not (expression.names or fits):
        raise PackageFault("feel.type", f"结果应当是{'是非' if yes_or_no else f'0 到 {MOST_INSTANCES} 的整数'}")
    return expression


def whole_number(value: object) -> int | None:
    """A number of instances; None when it is none, not whole, negative or beyond the bound."""
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= MOST_INSTANCES:
        return None
    return int(value) if value == value.to_integral_value() else None


def compile_guessing(
    placed: Placed, known: dict[str, FeelType], given: Mapping[str, FeelType] | None = None
) -> Expression:
    """Compile where facts are not declared: types are tried until the text makes sense, and kept in `known` for the next.

    given: the types of facts that are known for certain. PackageFault feel.* when the text makes no sense under any
    types, with a word on what other language it looks like.
    """
    certain = given or {}
    bare = _STRINGS.sub('""', placed.text[:2000])
    if "__" in bare:  # no modeler names a fact so, Python names its inside so
        raise _named(placed, PackageFault("feel.syntax", "名称中不得有连着的下划线"))
    if _METHOD.search(bare):  # a fact read from a file holds no functions
        raise _named(placed, PackageFault("feel.syntax", "不得调用事实的方法"))
    names = sorted((set(_NAMES.findall(bare)) - WORDS) - certain.keys())
    likely = [known.get(name, FeelType.NUMBER) for name in names]
    choices = [(kind, *(each for each in GUESSES if each is not kind)) for kind in likely]
    uniform = [tuple(kind for _ in names) for kind in GUESSES]
    last: PackageFault | None = None
    for kinds in (tuple(likely), *uniform, *islice(product(*choices), MOST_GUESSES)):
        try:
            found = compile_placed(placed, {**certain, **dict(zip(names, kinds, strict=True))})
        except PackageFault as error:
            last = error
            if error.code not in ("feel.type", "feel.unknown_property"):
                break
        else:
            known.update(zip(names, kinds, strict=True))
            return found
    raise _named(placed, last)


def _named(placed: Placed, error: PackageFault | None) -> PackageFault:
    hints = [hint for pattern, hint in _OTHERS if pattern.search(placed.text)]
    hint = hints[0] if hints else f"声明的语言是 {placed.language[:60]}" if placed.language and "feel" not in placed.language.lower() else ""
    reason = error.message if error is not None else ""
    return PackageFault(error.code if error is not None else "feel.type", f"{reason}{'；' if hint else ''}{hint}")
