"""A BPMN diagram as plain values: elements, flows, scopes and messages, whoever read them.

Keys are unique in the whole diagram. In a single file a key is the element's id; inside an expanded call activity it is
prefixed by the path of calls, e.g. decide_case/give_notice/prior_notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TASKS = frozenset(
    {"task", "userTask", "serviceTask", "manualTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask"}
)
SCOPED = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | SCOPED | {"callActivity"}
GATEWAYS = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"}
)
EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
NODES = ACTIVITIES | GATEWAYS | EVENTS


@dataclass(frozen=True)
class Trigger:
    """What an event waits for or throws: kind (message, timer, signal …), ref (its code or name), repeats (a cycle)."""

    kind: str
    ref: str = ""
    repeats: bool = False


@dataclass(frozen=True)
class Element:
    """One flow node. kind: its BPMN name; scope: key of the scope that it stands in.

    attached_to and interrupting: of boundary events and starts of event sub-processes; default: key of the default flow;
    called: id of the called process; repeated: "", "loop" or "instances"; instantiates: a receive that starts a process.
    """

    key: str
    id: str
    procedure: str
    kind: str
    name: str
    scope: str
    triggers: tuple[Trigger, ...] = ()
    attached_to: str = ""
    interrupting: bool = True
    default: str = ""
    called: str = ""
    repeated: str = ""
    instantiates: bool = False
    compensates: bool = False


@dataclass(frozen=True)
class Flow:
    """A sequence flow between two elements; condition is its FEEL text, empty when there is none."""

    key: str
    id: str
    source: str
    target: str
    condition: str = ""


@dataclass(frozen=True)
class Scope:
    """A process or a sub-process. parent: key of the scope around it, empty for a process; event: triggered by an event."""

    key: str
    parent: str = ""
    event: bool = False


@dataclass(frozen=True)
class MessageFlow:
    """A message from one element to another; an end that is empty lies in a pool whose inside is not drawn."""

    key: str
    source: str
    target: str


@dataclass
class Diagram:
    """Elements, flows and scopes in file order. doubts: what the semantics does not cover, so that nothing can be proved."""

    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)
    messages: list[MessageFlow] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def entering(self) -> Mapping[str, list[Flow]]:
        """Flows by the element that they enter."""
        return _by(self.flows.values(), "target", self.elements)

    def leaving(self) -> Mapping[str, list[Flow]]:
        """Flows by the element that they leave."""
        return _by(self.flows.values(), "source", self.elements)

    def within(self, scope: str) -> list[Element]:
        """The elements that stand directly in a scope."""
        return [element for element in self.elements.values() if element.scope == scope]

    def inside(self, scope: str) -> frozenset[str]:
        """A scope and all scopes in it, however deep."""
        found, grew = {scope}, True
        while grew:
            more = {each.key for each in self.scopes.values() if each.parent in found} - found
            found |= more
            grew = bool(more)
        return frozenset(found)


def _by(flows: object, end: str, elements: Mapping[str, Element]) -> dict[str, list[Flow]]:
    found: dict[str, list[Flow]] = {key: [] for key in elements}
    for flow in flows:  # type: ignore[attr-defined]
        found.setdefault(getattr(flow, end), []).append(flow)
    return found
