"""Read any BPMN 2.0 file into a diagram: processes, nested sub-processes, events and message flows between pools."""

from __future__ import annotations

from typing import Any

from lxml import etree

from engine.errors import Fault, PackageFault
from engine.untrusted_xml import parse_xml
from engine.verifier.diagrams import NODES, SCOPED, Diagram, Element, Flow, MessageFlow, Scope, Trigger
from engine.workflow.parsing import BPMN

REFERENCES = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}
CODES = {"error": "errorCode", "escalation": "escalationCode", "signal": "name", "message": "name"}


def read_diagram(data: bytes, where: str) -> Diagram:
    """The diagram of one file; PackageFault when it is not BPMN or not one that can be walked."""
    root = parse_xml(data, where)
    if root.tag != _tag("definitions"):
        raise _fault(where, "bpmn.definitions", f"文件 {where} 不是 BPMN 2.0 文件")
    reader = _Reader(root, where)
    for process in root.findall(_tag("process")):
        reader.scope(process, "")
    reader.messages()
    if not reader.diagram.elements:
        raise _fault(where, "bpmn.empty", f"文件 {where} 中没有可以检查的流程")
    return reader.diagram


class _Reader:
    def __init__(self, root: Any, where: str) -> None:
        self.root, self.where, self.diagram = root, where, Diagram()
        self._process = ""
        self._shared = {child.get("id"): child for child in root if isinstance(child.tag, str)}
        self._named = {
            element.get("id"): element.get(attribute) or element.get("name") or element.get("id")
            for kind, attribute in CODES.items() for element in root.findall(_tag(kind))
        }

    def scope(self, container: Any, parent: str) -> None:
        """Read a process or sub-process with all that stands in it."""
        key = container.get("id") or ""
        if not key or key in self.diagram.scopes:
            raise _fault(self.where, "bpmn.identifier", f"流程或者子流程的标识“{key}”缺失或者重复")
        if not parent:
            self._process = key
        self.diagram.scopes[key] = Scope(key, parent, container.get("triggeredByEvent") == "true")
        for child in container:
            kind = etree.QName(child).localname if isinstance(child.tag, str) else ""
            if kind in NODES:
                self._node(child, kind, key)
            elif kind == "sequenceFlow":
                self._flow(child)
            elif kind in {"callChoreography", "choreographyTask", "subChoreography"}:
                self.diagram.doubts.append(f"含有编排图元素 {child.get('id', '')}")
        if not parent:
            self._check_flows()

    def _node(self, node: Any, kind: str, scope: str) -> None:
        key = node.get("id") or ""
        if not key or key in self.diagram.elements:
            raise _fault(f"{self.where}#{key}", "bpmn.identifier", f"节点标识“{key}”缺失或者重复")
        self.diagram.elements[key] = Element(
            key=key, id=key, procedure=self._process, kind=kind, name=node.get("name") or "", scope=scope,
            triggers=self._triggers(node), attached_to=node.get("attachedToRef") or "",
            interrupting=node.get("cancelActivity", "true") == "true" and node.get("isInterrupting", "true") == "true",
            default=node.get("default") or "", called=_local(node.get("calledElement") or ""), repeated=_repeated(node),
            instantiates=node.get("instantiate") == "true", compensates=node.get("isForCompensation") == "true",
        )
        if kind == "complexGateway":
            self.diagram.doubts.append(f"含有复杂网关 {key}，其语义没有定义")
        if kind == "adHocSubProcess":
            self.diagram.doubts.append(f"含有自由子流程 {key}，其次序没有定义")
        if kind in SCOPED:
            self.scope(node, scope)

    def _triggers(self, node: Any) -> tuple[Trigger, ...]:
        found = []
        for child in node:
            name = etree.QName(child).localname if isinstance(child.tag, str) else ""
            if name.endswith("EventDefinition"):
                found.append(self._trigger(child, name.removesuffix("EventDefinition")))
            elif name == "eventDefinitionRef":
                shared = self._shared.get((child.text or "").strip())
                if shared is not None:
                    found.append(self._trigger(shared, etree.QName(shared).localname.removesuffix("EventDefinition")))
        return tuple(found)

    def _trigger(self, definition: Any, kind: str) -> Trigger:
        reference = definition.get(REFERENCES.get(kind, ""), "") if kind in REFERENCES else definition.get("name", "")
        repeats = kind == "timer" and definition.find(_tag("timeCycle")) is not None
        return Trigger(kind, self._named.get(reference, reference) or "", repeats)

    def _flow(self, flow: Any) -> None:
        condition = flow.find(_tag("conditionExpression"))
        key = flow.get("id") or f"{flow.get('sourceRef')}→{flow.get('targetRef')}"
        self.diagram.flows[key] = Flow(
            key=key, id=key, source=flow.get("sourceRef") or "", target=flow.get("targetRef") or "",
            condition="" if condition is None else (condition.text or "").strip(),
        )

    def _check_flows(self) -> None:
        elements = self.diagram.elements
        for flow in self.diagram.flows.values():
            for end in (flow.source, flow.target):
                if end not in elements:
                    raise _fault(f"{self.where}#{flow.key}", "bpmn.dangling", f"连线“{flow.key}”的一端“{end}”不存在")
        for element in elements.values():
            if element.kind == "boundaryEvent" and element.attached_to not in elements:
                raise _fault(f"{self.where}#{element.key}", "bpmn.attached", f"边界事件“{element.key}”没有附着在环节上")

    def messages(self) -> None:
        """Message flows of the collaboration; ends at closed pools are left empty."""
        for flow in self.root.iter(_tag("messageFlow")):
            ends = [_local(flow.get(name) or "") for name in ("sourceRef", "targetRef")]
            source, target = (end if end in self.diagram.elements else "" for end in ends)
            if source or target:
                key = flow.get("id") or f"{ends[0]}⇢{ends[1]}"
                self.diagram.messages.append(MessageFlow(key, source, target))


def _repeated(node: Any) -> str:
    if node.find(_tag("multiInstanceLoopCharacteristics")) is not None:
        return "instances"
    return "loop" if node.find(_tag("standardLoopCharacteristics")) is not None else ""


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"


def _fault(where: str, code: str, message: str) -> PackageFault:
    return PackageFault(code, message, faults=(Fault(where, code, message),))
