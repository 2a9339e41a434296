"""The procedures of a package as plain values: what each node asks of people and platform, read from a draft."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from engine.workflow.drafts import Draft, Element, Extension, Repetition
from engine.workflow.drafts import Flow as Flow
from engine.workflow.markup import BPMN as BPMN
from engine.workflow.markup import ZHIFA, refusal
from engine.workflow.reading import read_draft


@dataclass(frozen=True)
class DocumentRequest:
    """A document that a service task makes: kind, condition (FEEL, empty = always), revision or service wanted."""

    kind: str
    when: str
    revise: bool
    serve: bool


@dataclass(frozen=True)
class Node:
    """One flow node of a procedure, those inside its sub-processes included.

    role: key of the lane; form, tags, article, operation, limits: what the step carries; called: id of the called
    procedure; attached_to: the activity on whose border an event sits; default: id of a gateway's default flow;
    scope: id of the sub-process around it (empty: none); trigger, event: what an event waits for or throws, and its name;
    decision, result: the decision of a business rule task and the fact that takes its outcome; repetition: see drafts;
    returns: earlier steps to which this one may be sent back, as node id or procedure.node.
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
    scope: str = ""
    trigger: str = ""
    event: str = ""
    decision: str = ""
    result: str = ""
    repetition: Repetition | None = None
    returns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Procedure:
    """One BPMN process as read from its file."""

    id: str
    name: str
    nodes: dict[str, Node]
    flows: tuple[Flow, ...]
    source: bytes = field(repr=False)

    @cached_property
    def draft(self) -> Draft:
        """The file as a draft, with all that the nodes leave out."""
        return read_draft(self.source, f"procedures/{self.id}.bpmn")

    def after(self, node_id: str) -> list[Flow]:
        """Flows that leave a node, in file order."""
        return [flow for flow in self.flows if flow.source == node_id]

    def user_tasks(self) -> list[Node]:
        """The steps that people take, in file order."""
        return [node for node in self.nodes.values() if node.kind == "userTask"]


def read_procedure(data: bytes, where: str) -> Procedure:
    """Read one BPMN file with exactly one process; PackageFault when it cannot be read."""
    return procedure_of(read_draft(data, where))


def procedure_of(draft: Draft) -> Procedure:
    """The one procedure of a draft; PackageFault bpmn.process when it has none or several."""
    processes = draft.processes()
    if len(processes) != 1 or not processes[0].id:
        raise refusal(draft.where, "bpmn.process", f"文件 {draft.where} 应当是恰好含有一个流程（process）的 BPMN 2.0 文件")
    process = processes[0]
    nodes = {element.id: _node(draft, process.id, element) for element in draft.elements.values()}
    return Procedure(process.id, process.name or process.id, nodes, draft.flows, draft.source)


def _node(draft: Draft, process: str, element: Element) -> Node:
    step, operation, decision = (_ours(element, name) for name in ("step", "operation", "decision"))
    named = operation.get("name", "") if operation else step.get("operation", "")
    trigger = element.triggers[0] if element.triggers else None
    return Node(
        procedure=process, id=element.id, kind=element.kind, name=element.name, role=_role(draft, element.id),
        form=step.get("form", ""), tags=tuple(tag for tag in step.get("tag", "").split("+") if tag), article=step.get("article", ""),
        operation=named, limits=tuple(each.attributes.get("ref", "") for each in _all(element, "limit")),
        documents=tuple(_document(each) for each in _all(element, "document")), duty=element.documentation,
        called=element.called, attached_to=element.attached_to, default=element.default,
        scope="" if element.scope == process else element.scope,
        trigger=trigger.kind if trigger else "", event=(trigger.name or trigger.ref) if trigger else "",
        decision=decision.get("name", ""), result=decision.get("result", ""), repetition=element.repetition,
        returns=tuple(each.attributes.get("to", "") for each in _all(element, "return")),
    )


def _role(draft: Draft, node_id: str) -> str:
    return draft.roles.get(node_id, ("", ""))[0].removeprefix("lane_")


def _ours(element: Element, name: str) -> dict[str, str]:
    return next((dict(each.attributes) for each in _all(element, name)), {})


def _all(element: Element, name: str) -> list[Extension]:
    return [each for each in element.extensions if each.namespace == ZHIFA and each.name == name]


def _document(extension: Extension) -> DocumentRequest:
    given = extension.attributes
    return DocumentRequest(
        kind=given.get("kind", ""), when=given.get("when", ""), revise=given.get("revise") == "true", serve=given.get("serve") == "true",
    )
