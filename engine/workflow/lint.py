"""Check diagrams before anything of them runs: what the BPMN library runs wrongly or not at all is named and refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from engine.errors import Fault, PackageFault
from engine.registers.agencies import ROLES
from engine.rules.conditions import FeelType, compile_condition
from engine.workflow.constructs import CONSTRUCTS
from engine.workflow.drafts import Draft, Stray
from engine.workflow.findings import Finding
from engine.workflow.lint_elements import check_elements
from engine.workflow.lint_expressions import check_expressions
from engine.workflow.lint_graph import check_graph
from engine.workflow.markup import ZHIFA
from engine.workflow.parsing import Node, Procedure
from engine.workflow.skeleton import is_reserved

OWN_EXTENSIONS = frozenset({"step", "limit", "operation", "document", "decision", "return"})
IN_PACKAGES = frozenset(CONSTRUCTS) - {"task", "manualTask", "sendTask"}


def check_drafts(drafts: Sequence[Draft]) -> list[list[Finding]]:
    """Per draft all that keeps it from running; what one draft calls may stand in another."""
    called = {scope.id for draft in drafts for scope in draft.processes()}
    loops = _recursive(drafts)
    return [
        [*check_elements(draft, called), *check_graph(draft), *check_expressions(draft, None), *_calls(draft, loops)] for draft in drafts
    ]


def check_procedures(
    procedures: Mapping[str, Procedure], facts: Mapping[str, FeelType], *, forms: Collection[str],
    documents: Collection[str], operations: Collection[str], limits: Collection[str], decisions: Collection[str] = (),
) -> list[Fault]:
    """Everything that a package's procedures refer to must exist, and each must be one that runs as drawn."""
    drafts = [procedure.draft for procedure in procedures.values()]
    loops = _recursive(drafts)
    doubled = {name for name, times in Counter(scope for draft in drafts for scope in draft.scopes).items() if times > 1}
    steps = {f"{each.procedure}.{each.id}" for procedure in procedures.values() for each in procedure.user_tasks()}
    faults: list[Fault] = []
    for procedure in procedures.values():
        draft = procedure.draft
        found = [*check_elements(draft, procedures), *check_graph(draft), *check_expressions(draft, facts), *_calls(draft, loops)]
        found += _own_only(draft.foreign)
        found += [
            Finding(name, "", "bpmn.identifier", f"标识“{name}”是引擎保留的，或者在流程包的其他文件中也用作流程")
            for name in (*draft.scopes, *draft.elements) if is_reserved(name) or name in doubled
        ]
        for node in procedure.nodes.values():
            found += _check_node(node, procedure, forms, documents, operations, limits, decisions, facts)
            found += [
                Finding(node.id, node.name, "bpmn.return", f"环节“{node.name}”的退回去向“{back}”不是流程包中的环节")
                for back in node.returns if not {back, f"{node.procedure}.{back}"} & steps
            ]
        faults += [finding.as_fault(f"procedures/{procedure.id}.bpmn") for finding in dict.fromkeys(found)]
    return faults


def _own_only(foreign: Iterable[Stray]) -> Iterator[Finding]:
    for stray in foreign:
        if stray.namespace != ZHIFA or stray.name not in OWN_EXTENSIONS:
            yield Finding(stray.within, "", "bpmn.foreign", f"“{stray.within or '文件'}”带有不受支持的扩展“{stray.name}”，它不会执行")


def _check_node(
    node: Node, procedure: Procedure, forms: Collection[str], documents: Collection[str], operations: Collection[str],
    limits: Collection[str], decisions: Collection[str], facts: Mapping[str, FeelType],
) -> list[Finding]:
    found: list[tuple[str, str]] = []
    label = node.name or node.id
    if node.kind == "userTask":
        if node.role not in ROLES:
            found.append(("bpmn.role", f"环节“{label}”不在任何角色的泳道中，或者泳道角色“{node.role}”未登记"))
        if node.form not in forms:
            found.append(("bpmn.form", f"环节“{label}”引用的表单“{node.form}”不存在"))
    if node.kind == "serviceTask" and not node.operation:
        found.append(("bpmn.operation_missing", f"自动环节“{label}”没有指定操作"))
    if node.operation and node.operation not in operations:
        found.append(("bpmn.operation", f"环节“{label}”引用的操作“{node.operation}”未登记"))
    if node.kind == "businessRuleTask" and node.decision not in decisions:
        found.append(("bpmn.decision", f"业务规则环节“{label}”引用的决策“{node.decision}”不存在"))
    if node.kind == "businessRuleTask" and node.result and node.result not in facts:
        found.append(("bpmn.fact", f"业务规则环节“{label}”的结果“{node.result}”没有登记为事实"))
    found += [("bpmn.limit", f"环节“{label}”引用的期限“{ref}”不存在") for ref in node.limits if ref not in limits]
    found += [
        ("bpmn.document", f"环节“{label}”要制作的文书“{request.kind}”没有模板")
        for request in node.documents if request.kind not in documents
    ]
    if node.trigger == "timer" and (len(node.limits) != 1 or procedure.draft.elements[node.id].triggers[0].clock):
        found.append(("bpmn.timer", f"期限事件“{label}”应当恰好引用一个期限，不写时长：期限由期限表计算"))
    if node.trigger in ("message", "signal") and not node.event:
        found.append(("bpmn.message", f"“{label}”没有引用消息或者信号"))
    if node.kind == "startEvent" and node.trigger and not node.scope:
        found.append(("bpmn.start", f"流程包的开始事件“{label}”不得带有触发：案件立案时就开始"))
    if node.kind in CONSTRUCTS and node.kind not in IN_PACKAGES:
        found.append(("bpmn.kind", f"{CONSTRUCTS[node.kind].name}“{label}”在流程包中不能办理"))
    if node.repetition is not None and node.repetition.collection and facts.get(node.repetition.collection) is not FeelType.LIST:
        found.append(("bpmn.fact", f"多实例“{label}”的列表“{node.repetition.collection}”没有登记为列表事实"))
    findings = [Finding(node.id, node.name, code, message) for code, message in found]
    return findings + [fault for request in node.documents if request.when for fault in _condition(node, request.when, facts)]


def _condition(node: Node, text: str, facts: Mapping[str, FeelType]) -> list[Finding]:
    try:
        compile_condition(text, facts)
    except PackageFault as error:
        return [Finding(node.id, node.name, error.code, f"条件“{text[:80]}”有误：{error.message}")]
    return []


def _calls(draft: Draft, loops: Collection[str]) -> Iterator[Finding]:
    for element in draft.elements.values():
        if element.kind == "callActivity" and element.id in loops:
            yield Finding(element.id, element.name, "bpmn.recursive", f"“{element.label}”使流程直接或者间接地调用自己")


def _recursive(drafts: Sequence[Draft]) -> set[str]:
    """Ids of call activities that lie on a cycle of calls."""
    calls = [
        (draft.process_of(element.scope), element.called, element.id)
        for draft in drafts for element in draft.elements.values() if element.kind == "callActivity"
    ]
    onward: dict[str, set[str]] = {}
    for caller, callee, _ in calls:
        onward.setdefault(caller, set()).add(callee)

    def leads_back(start: str, goal: str) -> bool:
        seen, todo = {start}, [start]
        while todo:
            fresh = onward.get(todo.pop(), set()) - seen
            seen |= fresh
            todo += fresh
        return goal in seen

    return {element for caller, callee, element in calls if leads_back(callee, caller)}
