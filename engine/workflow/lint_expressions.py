"""Checks of every expression and timer: FEEL over declared facts in a package, FEEL that makes sense in a bare file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.errors import PackageFault
from engine.rules.feel_types import FeelType
from engine.workflow.clocks import read_timer
from engine.workflow.drafts import Draft
from engine.workflow.findings import Finding
from engine.workflow.formulas import Placed, compile_guessing, compile_placed, formulas


def check_expressions(draft: Draft, facts: Mapping[str, FeelType] | None) -> Iterator[Finding]:
    """Each expression that cannot be evaluated; facts None: none are declared, so their types are found by trying."""
    known: dict[str, FeelType] = {}
    seen: dict[tuple[str, FeelType], PackageFault | None] = {}
    for placed in formulas(draft):
        key = (placed.text, placed.wanted)
        if key not in seen:
            seen[key] = _fault(placed, facts, known)
        error = seen[key]
        if error is not None:
            text = f"“{placed.text[:80]}”不能作为{'条件' if placed.wanted is FeelType.BOOLEAN else '次数'}：{error.message}"
            yield Finding(placed.element, placed.name, "bpmn.expression" if facts is None else error.code, text)
    yield from _timers(draft)


def _fault(placed: Placed, facts: Mapping[str, FeelType] | None, known: dict[str, FeelType]) -> PackageFault | None:
    try:
        if facts is None:
            compile_guessing(placed, known)
        else:
            compile_placed(placed, facts)
    except PackageFault as error:
        return error
    return None


def _timers(draft: Draft) -> Iterator[Finding]:
    for element in draft.elements.values():
        for trigger in element.triggers:
            if trigger.kind != "timer" or trigger.formula is None:
                continue
            if trigger.clock == "timeCycle" and element.kind != "startEvent":
                continue  # refused by a rule of its own
            try:
                read_timer(trigger)
            except PackageFault as error:
                yield Finding(element.id, element.name, "bpmn.timer", f"定时事件“{element.label}”：{error.message}")
