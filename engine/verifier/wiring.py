"""The places of a diagram, and what the rules of its elements need to know to move tokens between them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from engine.verifier.diagrams import ACTIVITIES, SCOPED, Diagram, Element, Flow
from engine.verifier.nets import (
    BEGINNING,
    ENDED,
    FLOW,
    INSIDE,
    MESSAGE,
    ONCE,
    Box,
    Meaning,
    Place,
    Semantics,
    Transition,
    meet,
)

ALWAYS: tuple[Box, ...] = ((),)
Ways = list[tuple[tuple[int, ...], tuple[Box, ...]]]
MOST_ALTERNATIVES = 8
WAITING = frozenset({"userTask", "serviceTask", "intermediateCatchEvent", "boundaryEvent", "receiveTask"})


class Wiring:
    """The places of a diagram and the transitions found so far; the rules of the elements build on it.

    lenient: activities with several instances may have none, which is what a proof has to allow for.
    """

    def __init__(self, diagram: Diagram, data: Semantics, *, lenient: bool) -> None:
        self.diagram, self.data, self.lenient = diagram, data, lenient
        self.entering, self.leaving = diagram.entering(), diagram.leaving()
        self.places: dict[Place, int] = {}
        self.transitions: list[Transition] = []
        self.doubts = list(diagram.doubts)
        self.borders: dict[str, list[Element]] = {}
        for element in diagram.elements.values():
            if element.kind == "boundaryEvent":
                self.borders.setdefault(element.attached_to, []).append(element)
        for flow in diagram.flows.values():
            self.flow(flow)
        for element in diagram.elements.values():
            if not self.entering[element.key]:
                self.place(FLOW, f"→{element.key}")
            if element.kind in SCOPED or self.is_two_phased(element):
                self.place(INSIDE, element.key)
            if element.kind == "endEvent":
                self.place(ENDED, element.key)
            if self.is_event_scope(element) or (element.kind == "boundaryEvent" and not element.interrupting):
                self.place(ONCE, element.key)

    def place(self, kind: str, key: str) -> int:
        """The number of a place, made when it is first asked for."""
        return self.places.setdefault(Place(kind, key), len(self.places))

    def flow(self, flow: Flow) -> int:
        """The place of a flow; the flows of an event gateway share one, because only one of them is ever taken."""
        source = self.diagram.elements[flow.source]
        if source.kind == "eventBasedGateway":
            if not self.entering[source.key]:
                return self.place(BEGINNING, source.scope)
            return self.place(FLOW, source.key)
        return self.place(FLOW, flow.key)

    def ways_in(self, element: Element) -> list[int]:
        """The places from which an element takes its token, one alternative each."""
        flows = list(dict.fromkeys(self.flow(flow) for flow in self.entering[element.key]))
        return flows or [self.place(FLOW, f"→{element.key}")]

    def ways_out(self, element: Element) -> Ways:
        """What leaving an activity or event puts out: all its flows; conditional ones as the conditions allow."""
        flows = self.leaving[element.key]
        plain = tuple(self.flow(flow) for flow in flows if not flow.condition and flow.key != element.default)
        conditional = [flow for flow in flows if flow.condition]
        default = next((self.flow(flow) for flow in flows if flow.key == element.default), None)
        if not conditional:
            return [(plain if default is None else (*plain, default), ALWAYS)]
        if len(conditional) > MOST_ALTERNATIVES:
            self.doubts.append(f"{element.key} 的条件连线超过 {MOST_ALTERNATIVES} 条")
            conditional = conditional[:MOST_ALTERNATIVES]
        ways: Ways = []
        for count in range(len(conditional) + 1):
            for taken in combinations(conditional, count):
                rest = () if count or default is None else (default,)
                ways.append(((*plain, *(self.flow(flow) for flow in taken), *rest), ALWAYS))
        return [way for way in ways if way[0]] or ways

    def received(self, element: Element) -> list[tuple[int, ...]]:
        """The alternatives of messages that an element takes; one empty alternative when it waits for none that is drawn."""
        flows = [flow for flow in self.diagram.messages if flow.target == element.key]
        if any(not flow.source for flow in flows):
            return [()]
        return [(self.place(MESSAGE, flow.key),) for flow in flows] or [()]

    def sent(self, element: Element) -> tuple[int, ...]:
        """The messages that an element puts out."""
        return tuple(
            self.place(MESSAGE, flow.key) for flow in self.diagram.messages if flow.source == element.key and flow.target
        )

    def meaning(self, element: Element) -> Meaning:
        """What an element means; tasks and events that nobody explained wait, but mean nothing."""
        return self.data.meanings.get(element.key) or Meaning(waits=element.kind in WAITING)

    def add(
        self, element: Element, consume: Iterable[int], produce: Iterable[int], *, absent: Iterable[int] = (),
        reset: Iterable[int] = (), guard: tuple[Box, ...] = ALWAYS, also: tuple[str, ...] = (), meant: bool = False,
        leaves: bool = False,
    ) -> None:
        """Add a way to move; meant: with the element's meaning (once for each of its variants)."""
        meaning = self.meaning(element) if meant else Meaning()
        taken, put = tuple(consume), tuple(produce)
        for condition, labels in meaning.variants:
            boxes = tuple(box for one in guard for other in condition for box in meet(one, other))
            self.transitions.append(Transition(
                element.key, taken, put, frozenset(absent), frozenset(reset), meaning.waits, boxes,
                meaning.writes, labels, meaning.asks if labels else frozenset(), also, leaves,
            ))

    def spaces(self, scope: str, *, kinds: tuple[str, ...] = (FLOW, INSIDE)) -> set[int]:
        """The places within a scope, however deep; not the place that says that the scope itself runs."""
        inside = self.diagram.inside(scope)
        elements = {element.key for element in self.diagram.elements.values() if element.scope in inside}
        flows = {flow.key for flow in self.diagram.flows.values() if flow.source in elements}
        names = elements | flows | {f"→{key}" for key in elements} | (inside - {scope})
        return {number for place, number in self.places.items() if place.kind in kinds and place.key in names}

    def is_two_phased(self, element: Element) -> bool:
        """Whether a task begins and ends apart, because something on its border may happen without ending it."""
        return element.kind in ACTIVITIES and any(not border.interrupting for border in self.borders.get(element.key, ()))

    def starts(self, scope: str) -> list[Element]:
        """The elements at which a scope begins: its start events, or else whatever nothing leads to."""
        members = self.diagram.within(scope)
        events = [element for element in members if element.kind == "startEvent"]
        return events or [
            element for element in members
            if not self.entering[element.key] and element.kind != "boundaryEvent" and not element.compensates
            and not self.is_event_scope(element) and not any(trigger.kind == "link" for trigger in element.triggers)
        ]

    def is_event_scope(self, element: Element) -> bool:
        """Whether an element is a sub-process that an event starts."""
        return element.kind in SCOPED and self.diagram.scopes[element.key].event

    def event_scopes(self, scope: str) -> list[Element]:
        """The event sub-processes of a scope."""
        return [element for element in self.diagram.within(scope) if self.is_event_scope(element)]
