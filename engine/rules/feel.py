"""Compiles a safe subset of FEEL once into closures over named facts, checked for types and bounded in every direction."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from lark import Lark, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from engine.errors import PackageFault
from engine.rules.compiling import TreeCompiler
from engine.rules.feel_types import FeelType as FeelType
from engine.rules.feel_types import Run, Values, fault

LONGEST_TEXT: Final = 2000
DEEPEST: Final = 40
MOST_NODES: Final = 500
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True)
class Expression:
    """A compiled expression: its type (None: null or only known when evaluated) and the facts that it reads."""

    text: str
    type: FeelType | None
    names: frozenset[str]
    run: Run = field(repr=False, compare=False)

    def evaluate(self, values: Values) -> object:
        """The value over these facts: bool, str, Decimal, date, tuple or None (null); facts left out are null.

        Raises Invalid for a fact of another type than declared, PackageFault for a result beyond the bounds.
        """
        return self.run(values)


def compile_expression(text: str, facts: Mapping[str, str]) -> Expression:
    """Compile a text over declared facts (name → a value of FeelType).

    Raises PackageFault: feel.syntax, feel.bounds, feel.unknown_name, feel.unknown_function, feel.type, feel.date,
    feel.fact_type; the message names the place, counted in characters.
    """
    declared = {name: _declared(name, kind) for name, kind in facts.items()}
    _check_text(text)
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _syntax(text, error) from None
    _check_tree(tree)
    compiler = TreeCompiler(declared)
    part = compiler.compile(tree)
    return Expression(text, part.type, frozenset(compiler.names), part.run)


@cache
def _parser() -> Lark:
    grammar = files("engine.rules").joinpath("feel.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=False)


def _declared(name: str, kind: str) -> FeelType:
    try:
        return FeelType(kind)
    except ValueError:
        raise PackageFault("feel.fact_type", f"事实“{name}”的类型“{kind}”有误", fact=name) from None


def _check_text(text: str) -> None:
    """Refuse before parsing what is empty, too long, too deep or holds characters that nobody can see."""
    if not isinstance(text, str) or not text.strip():
        raise fault("syntax", 0, "表达式是空的")
    if len(text) > LONGEST_TEXT:
        raise fault("bounds", LONGEST_TEXT, f"表达式超过{LONGEST_TEXT}个字符")
    depth, quoted, escaped = 0, False, False
    for place, sign in enumerate(text):
        if unicodedata.category(sign) in _HIDDEN and sign not in "\n\t":
            raise fault("syntax", place, "含有看不见的字符")
        if quoted:
            quoted, escaped = sign != '"' or escaped, sign == "\\" and not escaped
        elif sign == '"':
            quoted = True
        else:
            depth += (sign in "([") - (sign in ")]")
        if depth > DEEPEST:
            raise fault("bounds", place, f"括号嵌套超过{DEEPEST}层")


def _check_tree(tree: Tree[Any]) -> None:
    """Refuse a tree that is too deep or too large, before anything recursive looks at it."""
    todo, nodes = [(tree, 1)], 0
    while todo:
        node, depth = todo.pop()
        nodes += 1
        if depth > DEEPEST or nodes > MOST_NODES:
            raise fault("bounds", getattr(node.meta, "start_pos", 0), f"表达式嵌套超过{DEEPEST}层或者多于{MOST_NODES}个部分")
        todo += [(child, depth + 1) for child in node.children if isinstance(child, Tree)]


def _syntax(text: str, error: UnexpectedInput) -> PackageFault:
    if isinstance(error, UnexpectedCharacters):
        place = error.pos_in_stream or 0
        return fault("syntax", place, f"不能识别“{text[place]}”")
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        return fault("syntax", error.token.start_pos or 0, f"此处不应当出现“{str(error.token)[:20]}”")
    return fault("syntax", len(text), "表达式不完整")
