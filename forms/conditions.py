"""Compiles the FEEL conditions of a form over the fields beside them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Invalid, ZhifaError
from engine.rules.conditions import compile_condition
from forms.definition import Condition


class ConditionFault(Exception):
    """A condition cannot be used; the text of the exception says why."""


def compile_field_condition(text: str, beside: Mapping[str, str]) -> Condition:
    """The condition over the fields beside it; beside: field key → FEEL type. Raises ConditionFault."""
    try:
        condition = compile_condition(text, dict(beside))
    except ZhifaError as error:
        raise ConditionFault(error.message) from None
    names = condition.names

    def holds(values: Mapping[str, object]) -> bool:
        try:
            return condition.evaluate({name: values.get(name) for name in names}) is True
        except Invalid:
            return False  # an answer that is not valid yet decides nothing

    return Condition(text, names, holds)
