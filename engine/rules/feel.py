"""A safe subset of FEEL: parsed by a grammar, checked against declared facts, compiled once into closures.

Nothing here can run code, loop or grow without bound. Null follows FEEL's three-valued logic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from engine.errors import Fault, PackageFault

MAXIMUM_TEXT = 2000
MAXIMUM_DEPTH = 40
MAXIMUM_NODES = 500


class FeelType(StrEnum):
    """The types of facts and results; ANY is the type of null."""

    BOOLEAN = "boolean"
    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "date and time"
    LIST = "list"
    ANY = "any"


Evaluate = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Expression:
    """A compiled expression: its text, static type, the names it reads, and its value over facts."""

    text: str
    type: FeelType
    names: frozenset[str]
    evaluate: Evaluate


def compile_expression(text: str, facts: Mapping[str, str]) -> Expression:
    """Compile an expression over declared facts (name → FEEL type); PackageFault says what is wrong and where."""
    from engine.rules.compiling import compile_tree

    tree = parse(text)
    compiled = compile_tree(tree, text, {name: FeelType(kind) for name, kind in facts.items()})
    names = frozenset(
        str(node.children[0]) for node in tree.iter_subtrees() if node.data in {"fact", "option_name"}
    )
    return Expression(text, compiled.type, names, compiled.evaluate)


def parse(text: str) -> Tree[Token]:
    """The syntax tree of a bounded text; PackageFault for anything else."""
    if len(text) > MAXIMUM_TEXT:
        raise fault("feel.too_long", f"表达式超过 {MAXIMUM_TEXT} 个字符")
    if _depth(text) > MAXIMUM_DEPTH:
        raise fault("feel.too_deep", f"表达式的嵌套超过 {MAXIMUM_DEPTH} 层")
    try:
        tree = _parser().parse(text)
    except UnexpectedEOF:
        raise fault("feel.syntax", f"表达式“{shortened(text)}”不完整") from None
    except (UnexpectedCharacters, UnexpectedToken) as error:
        raise fault("feel.syntax", f"表达式“{shortened(text)}”在第 {error.column} 个字符处有语法错误") from None
    except UnexpectedInput:
        raise fault("feel.syntax", f"表达式“{shortened(text)}”有语法错误") from None
    if not isinstance(tree, Tree) or sum(1 for _ in tree.iter_subtrees()) > MAXIMUM_NODES:
        raise fault("feel.too_large", f"表达式的组成部分超过 {MAXIMUM_NODES} 个")
    return tree


def fault(code: str, message: str) -> PackageFault:
    """A PackageFault with itself as its only fault."""
    return PackageFault(code, message, faults=(Fault("", code, message),))


def shortened(text: str) -> str:
    """A text short enough for a message."""
    return text if len(text) <= 60 else text[:57] + "…"


def read_date(text: str) -> date:
    """A date literal such as date("2026-03-02")."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise fault("feel.date", f"日期“{shortened(text)}”应当写成 2026-03-02 的样子")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise fault("feel.date", f"没有“{text}”这一天") from None


def _depth(text: str) -> int:
    """An upper bound of the nesting that a text can ask of the parser and the compiler."""
    depth = deepest = 0
    in_text = False
    for letter in text:
        if letter == '"':
            in_text = not in_text
        elif not in_text and letter in "([":
            depth += 1
            deepest = max(deepest, depth)
        elif not in_text and letter in ")]":
            depth -= 1
    runs = max((len(re.sub(r"\s", "", run)) for run in re.findall(r"(?:-\s*)+", text)), default=0)
    return max(deepest, runs, len(re.findall(r"\bif\b", text)))


@cache
def _parser() -> Lark:
    grammar = resources.files("engine.rules").joinpath("feel.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=False)
