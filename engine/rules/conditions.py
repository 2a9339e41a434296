"""Conditions: FEEL expressions that must be true or false, as gateways, documents and form fields use them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.rules.feel import Expression, FeelType, compile_expression, fault, shortened

Condition = Expression

__all__ = ["Condition", "FeelType", "compile_condition"]


def compile_condition(text: str, facts: Mapping[str, str]) -> Condition:
    """Compile an expression that must be boolean; PackageFault otherwise."""
    expression = compile_expression(text, facts)
    if expression.type is not FeelType.BOOLEAN:
        raise fault("feel.not_boolean", f"条件“{shortened(text)}”应当得出是或者否，实为 {expression.type}")
    return expression
