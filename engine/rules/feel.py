"""Compiles FEEL once into closures over named facts, checked for names and types and bounded in every direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.errors import PackageFault
from engine.rules.feel_types import FeelType as FeelType
from engine.rules.feel_types import Part, Run, Values, fact_reader, fault
from engine.rules.grammar import Parser
from engine.rules.names import Binding, Names
from engine.rules.primaries import parser_of
from engine.rules.unary_tests import UnaryTest
from engine.rules.values import Scope, Work

T = TypeVar("T")


@dataclass(frozen=True)
class Expression:
    """A compiled expression: its type (None: null or only known when evaluated) and the facts that it reads."""

    text: str
    type: FeelType | None
    names: frozenset[str]
    run: Run = field(repr=False, compare=False)

    def evaluate(self, values: Values) -> object:
        """The value over these facts: bool, str, Decimal, date, tuple … or None (null); facts left out are null.

        Raises Invalid for a fact of another type than declared, PackageFault for a result beyond the bounds.
        """
        return self.run(values)


def compile_expression(text: str, facts: Mapping[str, str]) -> Expression:
    """Compile a text over declared facts (name → a value of FeelType).

    Raises PackageFault: feel.syntax, feel.bounds, feel.unknown_name, feel.unknown_function, feel.unknown_type,
    feel.type, feel.date, feel.external, feel.fact_type; the message names the place, counted in characters.
    """
    declared = {name: _declared(name, kind) for name, kind in facts.items()}
    bindings = [Binding(name, kind, fact_reader(name, kind)) for name, kind in declared.items()]
    part, parser = compile_part(text, Names().with_layer(bindings))
    read = parser.read & declared.keys()
    run = _with_allowance(part.run, read) if parser.repeats and not part.constant else part.run
    return Expression(text, part.type, frozenset(read), run)


def compile_part(text: str, names: Names) -> tuple[Part, Parser]:
    """One expression over names, and the parser that read it. Raises PackageFault as compile_expression."""
    return _whole(text, names, Parser.expression)


def compile_tests(text: str, names: Names, kind: FeelType | None) -> UnaryTest:
    """The unary tests of an input cell for values of a type. Raises PackageFault as compile_expression."""
    return _whole(text, names, lambda parser: parser.tests(kind))[0]


def _whole(text: str, names: Names, read: Callable[[Parser], T]) -> tuple[T, Parser]:
    try:
        parser = parser_of(text, names)
        result = read(parser)
    except RecursionError:
        raise fault("bounds", 0, "表达式嵌套过深") from None
    if parser.token.kind != "end":
        parser.refuse()
    return result, parser


def _with_allowance(run: Run, read: frozenset[str]) -> Run:
    """Runs in a scope of its own, with an allowance of work; recursion that Python itself ends is beyond the bounds too."""

    def bounded(values: Values) -> Any:
        try:
            return run(Scope({name: values.get(name) for name in read}, Work()))
        except RecursionError:
            raise fault("bounds", 0, "表达式嵌套过深") from None

    return bounded


def _declared(name: str, kind: str) -> FeelType:
    try:
        return FeelType(kind)
    except ValueError:
        raise PackageFault("feel.fact_type", f"事实“{name}”的类型“{kind}”有误", fact=name) from None
