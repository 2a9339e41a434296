"""Read BPMN files of a package safely into plain values: what each node asks for, and how the nodes are joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.errors import Fault, PackageFault
from engine.untrusted_xml import parse_xml

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZHIFA = "urn:zhifa:bpmn"
NODE_KINDS = frozenset(
    {"startEvent", "endEvent", "userTask", "serviceTask", "callActivity", "exclusiveGateway", "parallelGateway",
     "boundaryEvent"}
)


@dataclass(frozen=True)
class DocumentRequest:
    """A document that a service task makes: kind, condition (FEEL, empty = always), revision or service wanted."""

    kind: str
    when: str
    revise: bool
    serve: bool


@dataclass(frozen=True)
class Node:
    """One flow node of a procedure.

    role: key of the lane; form, tags, article, operation, limits: what the step carries; called: id of the called
    procedure; attached_to: the activity on whose border an event sits; default: id of a gateway's default flow.
    """

    procedure: str
    id: str
    kind: str
    name: str
    role: str = ""
    form: str = ""
    tags: tuple[str, ...] = ()
    article: str = ""
    operation: str = ""
    limits: tuple[str, ...] = ()
    documents: tuple[DocumentRequest, ...] = ()
    duty: str = ""
    called: str = ""
    attached_to: str = ""
    default: str = ""


@dataclass(frozen=True)
class Flow:
    """A sequence flow with its condition (FEEL, empty = none)."""

    id: str
    source: str
    target: str
    name: str
    condition: str


@dataclass(frozen=True)
class Procedure:
    """One BPMN process as read from its file."""

    id: str
    name: str
    nodes: dict[str, Node]
    flows: tuple[Flow, ...]
    source: bytes

    def after(self, node_id: str) -> list[Flow]:
        """Flows that leave a node, in file order."""
        return [flow for flow in self.flows if flow.source == node_id]

    def user_tasks(self) -> list[Node]:
        """The steps that people take, in file order."""
        return [node for node in self.nodes.values() if node.kind == "userTask"]


def read_procedure(data: bytes, where: str) -> Procedure:
    """Read one BPMN file with exactly one process; PackageFault when it cannot be read."""
    root = parse_xml(data, where)
    processes = root.findall(f"{{{BPMN}}}process")
    if root.tag != f"{{{BPMN}}}definitions" or len(processes) != 1:
        raise _fault(where, "bpmn.process", f"文件 {where} 应当是恰好含有一个流程（process）的 BPMN 2.0 文件")
    process = processes[0]
    process_id = process.get("id", "")
    roles = _roles(process)
    nodes: dict[str, Node] = {}
    for element in process:
        kind = etree.QName(element).localname
        if kind in NODE_KINDS:
            node = _node(process_id, element, kind, roles)
            if not node.id or node.id in nodes:
                raise _fault(f"{where}#{node.id}", "bpmn.identifier", f"节点标识“{node.id}”缺失或者重复")
            nodes[node.id] = node
    flows = tuple(_flow(element) for element in process.findall(f"{{{BPMN}}}sequenceFlow"))
    return Procedure(process_id, process.get("name", process_id), nodes, flows, data)


def elements(data: bytes, where: str) -> Iterator[tuple[str, str, str]]:
    """Every element of the file as (namespace, local name, id), for the checks that forbid by default."""
    for element in parse_xml(data, where).iter():
        name = etree.QName(element)
        yield name.namespace or "", name.localname, element.get("id", "")


def _roles(process: Any) -> dict[str, str]:
    roles: dict[str, str] = {}
    for lane in process.iter(f"{{{BPMN}}}lane"):
        for reference in lane.findall(f"{{{BPMN}}}flowNodeRef"):
            roles[(reference.text or "").strip()] = lane.get("id", "").removeprefix("lane_")
    return roles


def _node(process_id: str, element: Any, kind: str, roles: dict[str, str]) -> Node:
    node_id = element.get("id", "")
    step = element.find(f"{{{BPMN}}}extensionElements/{{{ZHIFA}}}step")
    operation = element.find(f"{{{BPMN}}}extensionElements/{{{ZHIFA}}}operation")
    duty = element.find(f"{{{BPMN}}}documentation")
    return Node(
        procedure=process_id, id=node_id, kind=kind, name=element.get("name", ""), role=roles.get(node_id, ""),
        form="" if step is None else step.get("form", ""),
        tags=() if step is None else tuple(tag for tag in step.get("tag", "").split("+") if tag),
        article="" if step is None else step.get("article", ""),
        operation=_operation(step, operation),
        limits=tuple(limit.get("ref", "") for limit in element.iter(f"{{{ZHIFA}}}limit")),
        documents=tuple(_document(item) for item in element.iter(f"{{{ZHIFA}}}document")),
        duty="" if duty is None else (duty.text or "").strip(),
        called=element.get("calledElement", ""), attached_to=element.get("attachedToRef", ""),
        default=element.get("default", ""),
    )


def _operation(step: Any, operation: Any) -> str:
    if operation is not None:
        return str(operation.get("name", ""))
    return "" if step is None else str(step.get("operation", ""))


def _document(element: Any) -> DocumentRequest:
    return DocumentRequest(
        kind=element.get("kind", ""), when=element.get("when", ""),
        revise=element.get("revise") == "true", serve=element.get("serve") == "true",
    )


def _flow(element: Any) -> Flow:
    condition = element.find(f"{{{BPMN}}}conditionExpression")
    return Flow(
        id=element.get("id", ""), source=element.get("sourceRef", ""), target=element.get("targetRef", ""),
        name=element.get("name", ""), condition="" if condition is None else (condition.text or "").strip(),
    )


def _fault(where: str, code: str, message: str) -> PackageFault:
    return PackageFault(code, message, faults=(Fault(where, code, message),))
