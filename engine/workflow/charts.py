"""A whole procedure with all that it calls as one graph, so that two versions of it can be laid over each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from engine.workflow.blueprints import Blueprint
from engine.workflow.drafts import NESTING, Element
from engine.workflow.parsing import Node
from engine.workflow.skeleton import given_name

Place = tuple[str, str]  # the process or sub-process in which an element lies, and the element's id
JOINING = frozenset({"parallelGateway", "inclusiveGateway"})


@dataclass(frozen=True)
class Chart:
    """elements, nodes: by place; after: what follows directly, the events on a border included; sources: ids of what leads to a place.

    inside: activity → the scope that it opens; scopes: scope → its places.
    """

    top: str
    elements: Mapping[Place, Element]
    nodes: Mapping[Place, Node]
    after: Mapping[Place, tuple[Place, ...]]
    sources: Mapping[Place, frozenset[str]]
    inside: Mapping[Place, str]
    scopes: Mapping[str, tuple[Place, ...]]

    def label(self, place: Place) -> str:
        """What people call a place."""
        return self.elements[place].label

    def borders(self, place: Place) -> list[Element]:
        """The events on the border of an activity."""
        return [self.elements[one] for one in self.scopes[place[0]] if self.elements[one].attached_to == place[1]]

    def listening(self, scope: str) -> list[Place]:
        """The event sub-processes that lie directly in a scope."""
        return [place for place in self.scopes[scope] if self.elements[place].event_driven]

    def reach(self, starts: Iterable[Place], avoiding: Collection[Place] = ()) -> set[Place]:
        """Every place that a token can come to, the starts themselves left out unless a way leads back; avoiding are not passed."""
        found: set[Place] = set()
        todo = [following for start in starts for following in self.after.get(start, ())]
        while todo:
            place = todo.pop()
            if place in found or place in avoiding:
                continue
            found.add(place)
            todo += self.after.get(place, ())
            todo += self.scopes.get(self.inside.get(place, ""), ())
        return found

    def statutory(self, place: Place) -> str:
        """The article (else operation or tags) of a step of the law, of an activity that of a step within; empty: none."""
        todo, seen = [place], set[Place]()
        while todo:
            one = todo.pop()
            node = self.nodes[one]
            if node.article or node.tags or node.operation:
                return node.article or node.operation or "+".join(node.tags)
            seen.add(one)
            todo += [each for each in self.scopes.get(self.inside.get(one, ""), ()) if each not in seen]
        return ""


def chart(plan: Blueprint) -> Chart:
    """The graph of a blueprint: its top procedure and whatever can be called from it."""
    reached = {given_name(scope) for scope in (plan.top, *plan.called)}
    elements: dict[Place, Element] = {}
    nodes: dict[Place, Node] = {}
    after: dict[Place, list[Place]] = {}
    sources: dict[Place, set[str]] = {}
    inside: dict[Place, str] = {}
    scopes: dict[str, tuple[Place, ...]] = {}
    for procedure in plan.procedures.values():
        draft = procedure.draft
        for scope in [one for one in draft.scopes if one in reached]:
            scopes[scope] = tuple((scope, element.id) for element in draft.inside(scope))
            for element in draft.inside(scope):
                place = (scope, element.id)
                elements[place], nodes[place] = element, procedure.nodes[element.id]
                if element.attached_to:
                    after.setdefault((scope, element.attached_to), []).append(place)
                if element.kind in NESTING or element.called:
                    inside[place] = element.id if element.kind in NESTING else element.called
        for flow in draft.flows:
            after.setdefault((flow.scope, flow.source), []).append((flow.scope, flow.target))
            sources.setdefault((flow.scope, flow.target), set()).add(flow.source)
    return Chart(
        plan.top, elements, nodes, {place: tuple(found) for place, found in after.items()},
        {place: frozenset(found) for place, found in sources.items()}, inside, scopes,
    )
