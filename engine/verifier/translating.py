"""Turn a diagram into a net: how each BPMN element moves tokens (BPMN 2.0.2, chapter 13)."""

from __future__ import annotations

from engine.verifier import activities, events, gateways
from engine.verifier.diagrams import ACTIVITIES, Diagram
from engine.verifier.nets import Net, Semantics
from engine.verifier.wiring import Wiring


def translate(diagram: Diagram, data: Semantics | None = None, *, lenient: bool = False) -> Net:
    """The net of a diagram; what the semantics does not cover is in its doubts, and then nothing can be proved."""
    wiring = Wiring(diagram, data or Semantics(), lenient=lenient)
    for element in diagram.elements.values():
        if element.compensates or wiring.is_event_scope(element):
            continue
        if element.kind in ACTIVITIES:
            activities.play(wiring, element)
        elif element.kind.endswith("Gateway"):
            gateways.play(wiring, element)
        else:
            events.play(wiring, element)
    marking = activities.begin(wiring)
    events.broadcast(wiring)
    used = wiring.data
    return Net(
        tuple(wiring.places), tuple(wiring.transitions), marking, used.facts, used.beginning,
        tuple(dict.fromkeys(wiring.doubts)), used.conditions,
    )
