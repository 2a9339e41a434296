"""What the outcome of a decision table means for a case: facts of the declared types, as plain as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from engine.errors import Invalid
from engine.rules.feel_types import FeelType
from engine.workflow.parsing import Node


def outcome_as_facts(node: Node, outcome: object, facts: Mapping[str, FeelType]) -> dict[str, Any]:
    """The facts that a business rule task sets: its named result, or each declared output of a table with several.

    Raises Invalid workflow.decision when the outcome is not what can be stored as these facts.
    """
    if node.result:
        given: Mapping[str, object] = {node.result: outcome}
    elif isinstance(outcome, Mapping):
        given = {str(name): value for name, value in outcome.items() if name in facts}
    else:
        given = {node.decision: outcome} if node.decision in facts else {}
    if not given:
        raise Invalid("workflow.decision", f"“{node.name or node.id}”的决策结果没有对应的事实", decision=node.decision)
    return {name: _plain(node, name, value) for name, value in given.items()}


def _plain(node: Node, name: str, value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(node, name, each) for each in value]
    raise Invalid("workflow.decision", f"“{node.name or node.id}”的决策结果不能作为事实“{name}”保存", decision=node.decision)
