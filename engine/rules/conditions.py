"""Conditions on flows, documents and form fields: FEEL expressions that answer yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.rules.feel import compile_expression
from engine.rules.feel_types import TYPE_NAMES, Run, Values, fault
from engine.rules.feel_types import FeelType as FeelType


@dataclass(frozen=True)
class Condition:
    """A compiled condition and the facts that it reads."""

    text: str
    names: frozenset[str]
    run: Run = field(repr=False, compare=False)

    def evaluate(self, values: Values) -> bool:
        """Whether the condition holds; null counts as not. Raises Invalid for a fact of the wrong type."""
        return self.run(values) is True


def compile_condition(text: str, facts: Mapping[str, str]) -> Condition:
    """Compile a condition over declared facts; PackageFault as compile_expression, and feel.type unless it is a boolean."""
    expression = compile_expression(text, facts)
    if expression.type is not FeelType.BOOLEAN:
        raise fault("type", 0, f"条件的结果应当是{TYPE_NAMES[FeelType.BOOLEAN]}，实为{TYPE_NAMES[expression.type]}")
    return Condition(text, expression.names, expression.run)
