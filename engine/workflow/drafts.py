"""BPMN 2.0 files of any modeler as plain values: everything that is drawn, whether or not it can run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

ACTIVITIES = frozenset(
    {"task", "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask",
     "callActivity", "subProcess", "transaction", "adHocSubProcess", "callChoreography", "choreographyTask", "subChoreography"}
)
NESTING = frozenset({"subProcess", "transaction", "adHocSubProcess"})
GATEWAYS = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent", "implicitThrowEvent"})
NODES = ACTIVITIES | GATEWAYS | EVENTS
DECIDING = frozenset({"exclusiveGateway", "inclusiveGateway"})


@dataclass(frozen=True)
class Formula:
    """An expression as written: its text, and the language that the file claims for it (empty: none)."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class Trigger:
    """One event definition: kind is message, timer, …; name and code are those of what ref points to.

    formula: the instant, duration, cycle (told by clock) or condition. known: whether ref points to something.
    """

    kind: str
    ref: str = ""
    name: str = ""
    code: str = ""
    clock: str = ""
    formula: Formula | None = None
    known: bool = True


@dataclass(frozen=True)
class Repetition:
    """How often an activity runs. kind is standard, sequential or parallel; collection is the name of a list."""

    kind: str
    cardinality: Formula | None = None
    collection: str = ""
    until: Formula | None = None
    maximum: str = ""
    test_before: bool = False
    behaviour: str = ""


@dataclass(frozen=True)
class Extension:
    """An element of another namespace inside extensionElements, with all that lies below it."""

    namespace: str
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple[Extension, ...] = ()

    def walk(self) -> Iterator[Extension]:
        """The element and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Element:
    """A flow node. scope is the id of the process or sub-process in which it lies; attributes are those without a namespace."""

    id: str
    kind: str
    name: str
    scope: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    vendor: Mapping[str, str] = field(default_factory=dict)
    triggers: tuple[Trigger, ...] = ()
    repetition: Repetition | None = None
    extensions: tuple[Extension, ...] = ()
    documentation: str = ""
    script: Formula | None = None

    @property
    def attached_to(self) -> str:
        """The activity on whose border an event sits."""
        return self.attributes.get("attachedToRef", "")

    @property
    def default(self) -> str:
        """The id of the default flow."""
        return self.attributes.get("default", "")

    @property
    def event_driven(self) -> bool:
        """Whether this is an event sub-process."""
        return self.attributes.get("triggeredByEvent") in ("true", "1")

    @property
    def called(self) -> str:
        """The id of the process that a call activity calls, without a namespace prefix."""
        found = next((each.attributes.get("processId", "") for each in self.extensions if each.name == "calledElement"), "")
        return (self.attributes.get("calledElement", "") or found).rpartition(":")[2]

    @property
    def label(self) -> str:
        """What people call it: its name, else its id."""
        return " ".join(self.name.split()) or self.id


@dataclass(frozen=True)
class Flow:
    """A sequence flow with its condition (empty: none) and the language claimed for it."""

    id: str
    source: str
    target: str
    name: str
    condition: str
    language: str = ""
    scope: str = ""
    vendor: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """A process or the inside of a sub-process; parent is the scope around it, empty for a process."""

    id: str
    kind: str
    name: str
    parent: str
    executable: bool = True
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True)
class Stray:
    """An element that is neither flow node nor known to matter: its namespace, name and id, and the node around it."""

    namespace: str
    name: str
    id: str
    within: str


@dataclass(frozen=True)
class Draft:
    """A whole file. elements and flows of all processes by id; roles: node id → (lane id, lane name).

    pools: participant names; links: message flows; annotations: kinds and ids of data, notes and groups;
    doubled: ids given twice; unknown: BPMN elements that the standard does not know; foreign: the outermost elements of other
    namespaces; code: scripts and listeners of other engines;
    has_diagram: whether there is anything to draw it from.
    """

    where: str
    source: bytes = field(repr=False)
    scopes: Mapping[str, Scope]
    elements: Mapping[str, Element]
    flows: tuple[Flow, ...]
    roles: Mapping[str, tuple[str, str]]
    pools: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    globals: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    unknown: tuple[Stray, ...] = ()
    foreign: tuple[Stray, ...] = ()
    code: tuple[Stray, ...] = ()
    has_diagram: bool = False

    def processes(self) -> list[Scope]:
        """The processes, in file order."""
        return [scope for scope in self.scopes.values() if not scope.parent]

    def inside(self, scope: str) -> list[Element]:
        """The flow nodes that lie directly in a scope, in file order."""
        return self._by_scope.get(scope, [])

    def within(self, process: str) -> list[Element]:
        """The flow nodes of a process with those of its sub-processes, in file order."""
        return [element for element in self.elements.values() if self.process_of(element.scope) == process]

    def process_of(self, scope: str) -> str:
        """The process in which a scope lies."""
        while self.scopes[scope].parent:
            scope = self.scopes[scope].parent
        return scope

    def borders(self, element: str) -> list[Element]:
        """The events on the border of an activity."""
        return self._by_host.get(element, [])

    @cached_property
    def _by_scope(self) -> dict[str, list[Element]]:
        found: dict[str, list[Element]] = {}
        for element in self.elements.values():
            found.setdefault(element.scope, []).append(element)
        return found

    @cached_property
    def _by_host(self) -> dict[str, list[Element]]:
        found: dict[str, list[Element]] = {}
        for element in self.elements.values():
            if element.kind == "boundaryEvent":
                found.setdefault(element.attached_to, []).append(element)
        return found
