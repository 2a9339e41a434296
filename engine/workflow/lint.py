"""Refuse what the BPMN library accepts and runs wrongly, or what we do not run at all: forbidden unless allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.errors import Fault, PackageFault
from engine.registers.agencies import ROLES
from engine.rules.conditions import FeelType, compile_condition
from engine.workflow.parsing import BPMN, ZHIFA, Node, Procedure, elements

ALLOWED_BPMN = frozenset(
    {"definitions", "process", "collaboration", "participant", "laneSet", "lane", "flowNodeRef", "startEvent", "endEvent",
     "userTask", "serviceTask", "callActivity", "exclusiveGateway", "parallelGateway", "boundaryEvent",
     "timerEventDefinition", "sequenceFlow", "conditionExpression", "incoming", "outgoing", "documentation",
     "extensionElements", "textAnnotation", "text", "association"}
)
ALLOWED_ZHIFA = frozenset({"step", "limit", "operation", "document"})
DIAGRAM = frozenset(
    {"http://www.omg.org/spec/BPMN/20100524/DI", "http://www.omg.org/spec/DD/20100524/DC",
     "http://www.omg.org/spec/DD/20100524/DI"}
)
SCRIPTS = {"scriptTask": "脚本任务", "script": "脚本", "businessRuleTask": "业务规则任务", "preScript": "前置脚本", "postScript": "后置脚本"}


def check_elements(data: bytes, where: str) -> list[Fault]:
    """Every element of the file must be on the list of those that we run; anything else is named and refused."""
    faults: list[Fault] = []
    for namespace, name, element_id in elements(data, where):
        place = f"{where}#{element_id}" if element_id else where
        if name in SCRIPTS:
            message = f"流程文件 {where} 的元素“{element_id}”是{SCRIPTS[name]}：流程中不得含有脚本，请改用已登记的操作"
            faults.append(Fault(place, "bpmn.script", message))
        elif (namespace == BPMN and name in ALLOWED_BPMN) or (namespace == ZHIFA and name in ALLOWED_ZHIFA):
            continue
        elif namespace not in DIAGRAM:
            message = f"流程文件 {where} 含有不受支持的元素“{name}”（标识“{element_id}”）：它不会按图执行，因此不予接受"
            faults.append(Fault(place, "bpmn.unsupported", message))
    return faults


def check_procedures(
    procedures: Mapping[str, Procedure], facts: Mapping[str, FeelType], *, forms: Collection[str],
    documents: Collection[str], operations: Collection[str], limits: Collection[str],
) -> list[Fault]:
    """Everything that a procedure refers to must exist, and the graph must be one that runs as drawn."""
    faults: list[Fault] = []
    for procedure in procedures.values():
        for node in procedure.nodes.values():
            faults += _check_node(node, procedure, procedures, forms, documents, operations, limits)
            faults += _check_conditions_of_documents(node, facts)
        faults += _check_flows(procedure, facts)
        faults += _check_reach(procedure)
    return faults


def _check_node(
    node: Node, procedure: Procedure, procedures: Mapping[str, Procedure], forms: Collection[str],
    documents: Collection[str], operations: Collection[str], limits: Collection[str],
) -> list[Fault]:
    found: list[tuple[str, str]] = []
    leaving = procedure.after(node.id)
    if node.kind == "userTask":
        if node.role not in ROLES:
            found.append(("bpmn.role", f"环节“{node.name}”不在任何角色的泳道中，或者泳道角色“{node.role}”未登记"))
        if node.form not in forms:
            found.append(("bpmn.form", f"环节“{node.name}”引用的表单“{node.form}”不存在"))
    if node.kind == "serviceTask" and not node.operation:
        found.append(("bpmn.operation_missing", f"自动环节“{node.name}”没有指定操作"))
    if node.operation and node.operation not in operations:
        found.append(("bpmn.operation", f"环节“{node.name}”引用的操作“{node.operation}”未登记"))
    found += [("bpmn.limit", f"环节“{node.name}”引用的期限“{ref}”不存在") for ref in node.limits if ref not in limits]
    found += [
        ("bpmn.document", f"环节“{node.name}”要制作的文书“{request.kind}”没有模板")
        for request in node.documents if request.kind not in documents
    ]
    if node.kind == "callActivity" and node.called not in procedures:
        found.append(("bpmn.called", f"调用环节“{node.name}”引用的流程“{node.called}”不存在"))
    if node.kind == "boundaryEvent" and (len(node.limits) != 1 or node.attached_to not in procedure.nodes):
        found.append(("bpmn.timer", f"期限事件“{node.name}”应当附着在一个环节上并且恰好引用一个期限"))
    if node.kind in {"userTask", "serviceTask", "callActivity", "startEvent", "boundaryEvent"} and len(leaving) != 1:
        found.append(("bpmn.outgoing", f"“{node.name or node.id}”应当恰好有一条流出的连线，实有 {len(leaving)} 条"))
    if node.kind == "exclusiveGateway" and len(leaving) > 1 and node.default not in {flow.id for flow in leaving}:
        found.append(("bpmn.default", f"网关“{node.name or node.id}”没有默认流向"))
    where = f"procedures/{node.procedure}.bpmn#{node.id}"
    return [Fault(where, code, message) for code, message in found]


def _check_conditions_of_documents(node: Node, facts: Mapping[str, FeelType]) -> list[Fault]:
    where = f"procedures/{node.procedure}.bpmn#{node.id}"
    return [fault for request in node.documents if request.when for fault in _condition(request.when, facts, where)]


def _check_flows(procedure: Procedure, facts: Mapping[str, FeelType]) -> list[Fault]:
    faults: list[Fault] = []
    for flow in procedure.flows:
        where = f"procedures/{procedure.id}.bpmn#{flow.id}"
        source = procedure.nodes.get(flow.source)
        if source is None or flow.target not in procedure.nodes:
            faults.append(Fault(where, "bpmn.dangling", f"连线“{flow.id}”的起点或者终点不存在"))
            continue
        branching = source.kind == "exclusiveGateway" and len(procedure.after(flow.source)) > 1
        if flow.condition:
            faults += _condition(flow.condition, facts, where)
            if not branching:
                faults.append(Fault(where, "bpmn.condition", f"连线“{flow.id}”带有条件，但不是从判断网关流出的"))
        elif branching and flow.id != source.default:
            faults.append(Fault(where, "bpmn.condition", f"网关“{source.name}”流出的连线“{flow.id}”没有条件"))
    return faults


def _condition(text: str, facts: Mapping[str, FeelType], where: str) -> list[Fault]:
    try:
        compile_condition(text, facts)
    except PackageFault as error:
        return [Fault(where, error.code, f"条件“{text}”有误：{error.message}")]
    return []


def _check_reach(procedure: Procedure) -> list[Fault]:
    starts = [node.id for node in procedure.nodes.values() if node.kind == "startEvent"]
    if len(starts) != 1:
        message = f"流程“{procedure.name}”应当恰好有一个开始事件，实有 {len(starts)} 个"
        return [Fault(f"procedures/{procedure.id}.bpmn", "bpmn.start", message)]
    borders = {node.id: node.attached_to for node in procedure.nodes.values() if node.kind == "boundaryEvent"}
    reached, todo = set(starts), list(starts)
    while todo:
        current = todo.pop()
        following = [flow.target for flow in procedure.after(current)]
        following += [event for event, host in borders.items() if host == current]
        fresh = [target for target in following if target not in reached]
        reached.update(fresh)
        todo += fresh
    return [
        Fault(f"procedures/{procedure.id}.bpmn#{node.id}", "bpmn.unreachable", f"“{node.name or node.id}”从开始事件无法到达")
        for node in procedure.nodes.values() if node.id not in reached
    ]
