"""How gateways move tokens: exclusive, parallel, inclusive with its look backwards, and event-based."""

from __future__ import annotations

from itertools import combinations

from engine.verifier.diagrams import ACTIVITIES, Element, Flow
from engine.verifier.nets import FLOW, INSIDE, Box, Place, meet
from engine.verifier.wiring import ALWAYS, MOST_ALTERNATIVES, Ways, Wiring


def play(wiring: Wiring, element: Element) -> None:
    """The transitions of a gateway."""
    if element.kind == "parallelGateway":
        put = tuple(wiring.flow(flow) for flow in wiring.leaving[element.key])
        flows = [wiring.flow(flow) for flow in wiring.entering[element.key]]
        wiring.add(element, flows or wiring.ways_in(element), put, meant=True)
    elif element.kind == "inclusiveGateway":
        _inclusive(wiring, element)
    elif element.kind == "eventBasedGateway":
        leaving = wiring.leaving[element.key]
        if wiring.entering[element.key] and leaving:
            for taken in wiring.ways_in(element):
                wiring.add(element, (taken,), (wiring.flow(leaving[0]),), meant=True)
    else:
        for taken in wiring.ways_in(element):
            for put, guard in _one_of(wiring, element):
                wiring.add(element, (taken,), put, guard=guard, meant=True)


def _one_of(wiring: Wiring, element: Element) -> Ways:
    flows = wiring.leaving[element.key]
    if not flows:
        return [((), ALWAYS)]
    return [((wiring.flow(flow),), wiring.data.guards.get(flow.key, ALWAYS)) for flow in flows]


def _inclusive(wiring: Wiring, element: Element) -> None:
    entering = wiring.entering[element.key]
    if len(entering) > MOST_ALTERNATIVES or len(wiring.leaving[element.key]) > MOST_ALTERNATIVES:
        wiring.doubts.append(f"包容网关 {element.key} 的连线超过 {MOST_ALTERNATIVES} 条")
        return
    ways = _some_of(wiring, element)
    if len(entering) < 2:
        for taken in wiring.ways_in(element):
            for put, guard in ways:
                wiring.add(element, (taken,), put, guard=guard, meant=True)
        return
    for count in range(1, len(entering) + 1):
        for marked in combinations(entering, count):
            empty = [flow for flow in entering if flow not in marked]
            still_coming = _behind(wiring, element, empty) - _behind(wiring, element, list(marked))
            absent = still_coming | {wiring.flow(flow) for flow in empty}
            for put, guard in ways:
                wiring.add(element, [wiring.flow(flow) for flow in marked], put, absent=absent, guard=guard, meant=True)


def _some_of(wiring: Wiring, element: Element) -> Ways:
    """One or more of the flows; the default one alone when no other is taken."""
    flows = [flow for flow in wiring.leaving[element.key] if flow.key != element.default]
    default = [flow for flow in wiring.leaving[element.key] if flow.key == element.default]
    ways: Ways = [
        (tuple(wiring.flow(flow) for flow in taken), _together(wiring, taken))
        for count in range(1, len(flows) + 1) for taken in combinations(flows, count)
    ]
    if default:
        ways.append(((wiring.flow(default[0]),), wiring.data.guards.get(default[0].key, ALWAYS)))
    return ways or [((), ALWAYS)]


def _together(wiring: Wiring, taken: tuple[Flow, ...]) -> tuple[Box, ...]:
    """The guard of taking exactly these flows: that they may be taken; the rest is left open, which allows more runs."""
    boxes = ALWAYS
    for flow in taken:
        guard = wiring.data.guards.get(flow.key, ALWAYS)
        boxes = tuple(box for one in boxes for other in guard for box in meet(one, other))
    return boxes


def _behind(wiring: Wiring, gateway: Element, flows: list[Flow]) -> set[int]:
    """Places from which a token can come to one of these flows without passing the gateway; not the flows themselves."""
    found: set[int] = set()
    todo, seen = [flow.source for flow in flows], {gateway.key}
    first = {wiring.flow(flow) for flow in flows}
    while todo:
        key = todo.pop()
        if key in seen:
            continue
        seen.add(key)
        element = wiring.diagram.elements[key]
        if element.kind in ACTIVITIES and (inside := wiring.places.get(Place(INSIDE, key))) is not None:
            found.add(inside)
        if not wiring.entering[key] and element.kind != "boundaryEvent":
            found.add(wiring.places.get(Place(FLOW, f"→{key}"), -1))
        for flow in wiring.entering[key]:
            found.add(wiring.flow(flow))
            todo.append(flow.source)
        if element.kind == "boundaryEvent":
            todo.append(element.attached_to)
    return found - first - {-1}
