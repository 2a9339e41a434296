"""The bare bones of a draft, written anew for SpiffWorkflow: only what it runs rightly ever reaches it.

Nothing of the file itself is handed on: no extension, script, data, correlation or position (by which the library would
order the branches of a gateway). Expressions are handed on as text, which FactsEngine alone may look up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lxml import etree

from engine.workflow.drafts import DECIDING, NESTING, Draft, Element, Trigger
from engine.workflow.formulas import counting
from engine.workflow.markup import BPMN

# Names of the library's own tasks; an element of that name would silently be taken for it.
RESERVED: Final = frozenset({"Root", "Start", "End", "StartEventSplit", "StartEventJoin"})
RESERVED_ENDS: Final = (".EndJoin", ".BoundaryEventSplit", ".BoundaryEventJoin")
REFERENCES: Final = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}


def safe_name(name: str) -> str:
    """The name under which the library knows an element; another only where the library uses the name itself."""
    return f"{name}_" if is_reserved(name) else name


def given_name(name: str) -> str:
    """The element's own name for the library's; empty for a task that is the library's own."""
    plain = name.removesuffix(" [child]")
    if is_reserved(plain):
        return ""
    return plain[:-1] if plain.endswith("_") and is_reserved(plain[:-1]) else plain


def is_reserved(name: str) -> bool:
    """Whether the library uses this name for a task of its own."""
    return name in RESERVED or name.endswith(RESERVED_ENDS)


def event_name(element: Element, trigger: Trigger) -> str:
    """The name under which an event is thrown and caught; one that refers to nothing is named after its own element."""
    return trigger.name or trigger.ref or element.id


def skeleton(drafts: Sequence[Draft]) -> Any:
    """One <definitions> with every process of the drafts."""
    root: Any = etree.Element(_tag("definitions"), {"targetNamespace": "urn:zhifa:skeleton"})
    known: dict[tuple[str, str, str], str] = {}
    for draft in drafts:
        for scope in draft.processes():
            process = _add(root, "process", id=safe_name(scope.id), isExecutable="true")
            _fill(process, draft, scope.id, known)
    for (kind, name, code), identifier in known.items():
        written = _add(root, kind, id=identifier, name=name)
        if code:
            written.set(f"{kind}Code", code)
    return root


def _fill(node: Any, draft: Draft, scope: str, known: dict[tuple[str, str, str], str]) -> None:
    for element in draft.inside(scope):
        _write(node, draft, element, known)
    for flow in draft.flows:
        if flow.scope == scope:
            written = _add(node, "sequenceFlow", id=flow.id, sourceRef=safe_name(flow.source), targetRef=safe_name(flow.target))
            source = draft.elements.get(flow.source)
            if flow.condition and source is not None and source.kind in DECIDING:
                _add(written, "conditionExpression").text = flow.condition


def _write(node: Any, draft: Draft, element: Element, known: dict[tuple[str, str, str], str]) -> None:
    written = _add(node, element.kind, id=safe_name(element.id))
    if element.kind == "boundaryEvent":
        interrupting = element.attributes.get("cancelActivity", "true") != "false" or any(each.kind == "error" for each in element.triggers)
        written.set("attachedToRef", safe_name(element.attached_to))
        written.set("cancelActivity", "true" if interrupting else "false")
    if element.default:
        written.set("default", element.default)
    if element.called:
        written.set("calledElement", safe_name(element.called))
    if element.event_driven:
        written.set("triggeredByEvent", "true")
    for trigger in element.triggers:
        _event(written, element, trigger, known)
    _repeat(written, element)
    if element.kind in NESTING:
        _fill(written, draft, element.id, known)


def _event(node: Any, element: Element, trigger: Trigger, known: dict[tuple[str, str, str], str]) -> None:
    definition = _add(node, f"{trigger.kind}EventDefinition")
    if trigger.kind == "conditional" and trigger.formula is not None:
        _add(definition, "condition").text = trigger.formula.text
    reference = REFERENCES.get(trigger.kind)
    if reference and (trigger.ref or trigger.kind in ("message", "signal")):
        key = (trigger.kind, event_name(element, trigger), trigger.code)
        definition.set(reference, known.setdefault(key, f"event-{len(known)}"))


def _repeat(node: Any, element: Element) -> None:
    loop = element.repetition
    if loop is None:
        return
    if loop.kind == "standard":
        written = _add(node, "standardLoopCharacteristics", testBefore="true" if loop.test_before else "false")
        if loop.maximum:
            written.set("loopMaximum", loop.maximum)
        if loop.until is not None and loop.until.text:
            _add(written, "loopCondition").text = loop.until.text
        return
    written = _add(node, "multiInstanceLoopCharacteristics", isSequential="true" if loop.kind == "sequential" else "false")
    cardinality = counting(loop.collection) if loop.collection else loop.cardinality.text if loop.cardinality else ""
    _add(written, "loopCardinality").text = cardinality
    if loop.until is not None and loop.until.text:
        _add(written, "completionCondition").text = loop.until.text


def _add(parent: Any, kind: str, **attributes: str) -> Any:
    return etree.SubElement(parent, _tag(kind), attributes)


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"
