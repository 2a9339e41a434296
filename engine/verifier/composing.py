"""Put a procedure together as it runs: every call activity is opened up into the procedure that it calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.errors import Fault, PackageFault
from engine.verifier.diagrams import Diagram, Element, MessageFlow, Scope

DEEPEST_CALL = 12
MOST_ELEMENTS = 20_000


def compose(root: str, library: Mapping[str, Diagram]) -> Diagram:
    """The procedure `root` with all its calls opened up; PackageFault when procedures call each other in a circle."""
    return expand(_alone(library[root], root), library, (root,))


def expand(diagram: Diagram, library: Mapping[str, Diagram], path: tuple[str, ...] = ()) -> Diagram:
    """A diagram with its calls opened up; a call of what the library does not hold stays a plain activity."""
    whole = Diagram(
        dict(diagram.elements), dict(diagram.flows), dict(diagram.scopes), list(diagram.messages), list(diagram.doubts)
    )
    for element in diagram.elements.values():
        if element.kind != "callActivity" or element.called not in library:
            continue
        if element.called in path or len(path) > DEEPEST_CALL:
            circle = " → ".join((*path, element.called))
            where = f"procedures/{element.procedure}.bpmn#{element.id}"
            message = f"流程互相调用成环，不能推演：{circle}"
            raise PackageFault("bpmn.recursion", message, faults=(Fault(where, "bpmn.recursion", message),))
        called = expand(_alone(library[element.called], element.called), library, (*path, element.called))
        _insert(whole, element, called)
        if len(whole.elements) > MOST_ELEMENTS:
            raise PackageFault("bpmn.too_large", f"流程展开后超过 {MOST_ELEMENTS} 个元素")
    return whole


def roots(diagram: Diagram) -> list[str]:
    """The processes of a diagram that no other process of it calls."""
    called = {element.called for element in diagram.elements.values() if element.kind == "callActivity"}
    processes = [scope.key for scope in diagram.scopes.values() if not scope.parent]
    return [key for key in processes if key not in called] or processes


def only(diagram: Diagram, processes: list[str]) -> Diagram:
    """The part of a diagram that belongs to some of its processes."""
    kept = frozenset[str]().union(*(diagram.inside(process) for process in processes))
    elements = {key: element for key, element in diagram.elements.items() if element.scope in kept}
    flows = {key: flow for key, flow in diagram.flows.items() if flow.source in elements}
    scopes = {key: scope for key, scope in diagram.scopes.items() if key in kept}
    messages = [
        replace(each, source=each.source if each.source in elements else "", target=each.target if each.target in elements else "")
        for each in diagram.messages if each.source in elements or each.target in elements
    ]
    return Diagram(elements, flows, scopes, messages, list(diagram.doubts))


def _alone(diagram: Diagram, process: str) -> Diagram:
    return only(diagram, [process]) if process in diagram.scopes else diagram


def _insert(whole: Diagram, call: Element, called: Diagram) -> None:
    """Make the call activity a sub-process that holds a copy of the called procedure, its keys prefixed by the call's."""

    def key(inner: str) -> str:
        return f"{call.key}/{inner}" if inner else ""

    top = next(scope.key for scope in called.scopes.values() if not scope.parent)
    whole.elements[call.key] = replace(call, kind="subProcess")
    whole.scopes[call.key] = Scope(call.key, call.scope)
    for scope in called.scopes.values():
        if scope.parent:
            parent = call.key if scope.parent == top else key(scope.parent)
            whole.scopes[key(scope.key)] = Scope(key(scope.key), parent, scope.event)
    for element in called.elements.values():
        whole.elements[key(element.key)] = replace(
            element, key=key(element.key), scope=call.key if element.scope == top else key(element.scope),
            attached_to=key(element.attached_to), default=key(element.default),
        )
    for flow in called.flows.values():
        whole.flows[key(flow.key)] = replace(flow, key=key(flow.key), source=key(flow.source), target=key(flow.target))
    whole.messages += [MessageFlow(key(each.key), key(each.source), key(each.target)) for each in called.messages]
    whole.doubts += called.doubts
