"""Reads any BPMN 2.0 file into a draft: pools, lanes, nested sub-processes, every kind of task, event and gateway."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from engine.untrusted_xml import parse_xml
from engine.workflow.drafts import (
    NESTING,
    NODES,
    Draft,
    Element,
    Extension,
    Flow,
    Formula,
    Repetition,
    Scope,
    Stray,
    Trigger,
)
from engine.workflow.markup import BPMN, local_name, refusal

DIAGRAM = frozenset(
    {"http://www.omg.org/spec/BPMN/20100524/DI", "http://www.omg.org/spec/DD/20100524/DC", "http://www.omg.org/spec/DD/20100524/DI"}
)
ARTIFACTS = frozenset(
    {"dataObject", "dataObjectReference", "dataStore", "dataStoreReference", "dataInput", "dataOutput", "textAnnotation",
     "group", "category", "itemDefinition", "conversation", "choreography"}
)
# What other engines would execute, wherever it stands below an extension.
CODE = frozenset({"script", "preScript", "postScript", "executionListener", "taskListener", "executionListeners", "taskListeners"})
REFERRED = {
    "message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef", "compensate": "activityRef",
}
# Every further element of the standard; what is not named here or above is not BPMN.
PLAIN = frozenset(
    {"definitions", "import", "extension", "relationship", "process", "globalTask", "globalUserTask", "globalManualTask",
     "globalScriptTask", "globalBusinessRuleTask", "globalChoreographyTask", "globalConversation", "collaboration",
     "participant", "participantMultiplicity", "participantAssociation", "messageFlow", "messageFlowAssociation",
     "messageFlowRef", "conversationNode", "subConversation", "callConversation", "conversationAssociation", "conversationLink",
     "participantRef", "laneSet", "lane", "childLaneSet", "partitionElement", "flowNodeRef", "sequenceFlow",
     "conditionExpression", "incoming", "outgoing", "documentation", "extensionElements", "text", "association", "message",
     "signal", "error", "escalation", "interface", "operation", "inMessageRef", "outMessageRef", "errorRef", "endPoint",
     "resource", "resourceParameter", "resourceRole", "performer", "humanPerformer", "potentialOwner", "resourceRef",
     "resourceAssignmentExpression", "resourceParameterBinding", "formalExpression", "expression", "rendering", "auditing",
     "monitoring", "property", "dataState", "ioSpecification", "ioBinding", "inputSet", "outputSet", "dataInputRefs",
     "dataOutputRefs", "optionalInputRefs", "optionalOutputRefs", "whileExecutingInputRefs", "whileExecutingOutputRefs",
     "inputSetRefs", "outputSetRefs", "dataInputAssociation", "dataOutputAssociation", "sourceRef", "targetRef",
     "transformation", "assignment", "from", "to", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics",
     "loopCardinality", "loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem", "complexBehaviorDefinition",
     "condition", "event", "completionCondition", "loopCondition", "activationCondition", "script", "timeDate", "timeDuration",
     "timeCycle", "correlationKey", "correlationProperty", "correlationPropertyRef", "correlationPropertyRetrievalExpression",
     "messagePath", "correlationSubscription", "correlationPropertyBinding", "dataPath", "supportedInterfaceRef", "supports",
     "categoryValue", "categoryValueRef", "eventDefinition", "eventDefinitionRef", "operationRef", "source", "target", "type",
     "partnerEntity", "partnerRole", "interfaceRef", "artifact", "choreographyActivity", "initiatingParticipantRef",
     "choreographyRef", "cancelEventDefinition", "compensateEventDefinition", "conditionalEventDefinition",
     "errorEventDefinition", "escalationEventDefinition", "linkEventDefinition", "messageEventDefinition",
     "signalEventDefinition", "terminateEventDefinition", "timerEventDefinition"}
)


def read_draft(data: bytes, where: str) -> Draft:
    """Read a BPMN file; PackageFault xml.* when it is not harmless XML, bpmn.process when it is not BPMN 2.0."""
    root = parse_xml(data, where)
    if root.tag != f"{{{BPMN}}}definitions":
        raise refusal(where, "bpmn.process", f"文件 {where} 不是 BPMN 2.0 文件：根元素应当是 definitions，实为“{local_name(root)}”")
    names = _Names(root)
    scopes: dict[str, Scope] = {}
    elements: dict[str, Element] = {}
    flows: list[Flow] = []
    language = root.get("expressionLanguage", "")
    for process in root.iterchildren(f"{{{BPMN}}}process"):
        _read_scope(process, "", names, language, scopes, elements, flows)
    if not scopes and root.find(f"{{{BPMN}}}collaboration") is None and root.find(f"{{{BPMN}}}choreography") is None:
        raise refusal(where, "bpmn.process", f"文件 {where} 中没有流程（process）")
    unknown, foreign, code = _strays(root)
    return Draft(
        where=where, source=data, scopes=scopes, elements=elements, flows=tuple(flows),
        roles=dict(_roles(root)),
        pools=tuple(each.get("name", "") for each in root.iter(f"{{{BPMN}}}participant")),
        links=tuple((each.get("sourceRef", ""), each.get("targetRef", "")) for each in root.iter(f"{{{BPMN}}}messageFlow")),
        annotations=tuple((local_name(each), each.get("id", "")) for each in _bpmn(root) if local_name(each) in ARTIFACTS),
        globals=tuple(each.get("id", "") for each in root if local_name(each).startswith("global")),
        doubled=_doubled(root), unknown=unknown, foreign=foreign, code=code,
        has_diagram=next(root.iter("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNShape"), None) is not None,
    )


class _Names:
    """Messages, signals, errors and escalations of the file by id, without regard to a prefix before the id."""

    def __init__(self, root: Any) -> None:
        self._found = {
            (local_name(each), each.get("id", "")): each for each in root if local_name(each) in REFERRED and each.get("id")
        }

    def trigger(self, kind: str, reference: str, **more: Any) -> Trigger:
        found = self._found.get((kind, reference.rpartition(":")[2])) if reference else None
        if found is None:
            return Trigger(kind, reference, known=not reference or kind == "compensate", **more)
        code = found.get("errorCode", found.get("escalationCode", ""))
        return Trigger(kind, reference, found.get("name", reference), code, **more)


def _read_scope(
    node: Any, parent: str, names: _Names, language: str, scopes: dict[str, Scope], elements: dict[str, Element], flows: list[Flow]
) -> None:
    scope = Scope(
        node.get("id", ""), local_name(node), node.get("name", ""), parent, node.get("isExecutable", "true") != "false", _extensions(node)
    )
    scopes.setdefault(scope.id, scope)
    for child in _bpmn_children(node):
        kind = local_name(child)
        if kind in NODES:
            element = _element(child, kind, scope.id, names, language)
            elements.setdefault(element.id, element)
            if kind in NESTING:
                _read_scope(child, scope.id, names, language, scopes, elements, flows)
        elif kind == "sequenceFlow":
            flows.append(_flow(child, scope.id, language))


def _element(node: Any, kind: str, scope: str, names: _Names, language: str) -> Element:
    script = node.find(f"{{{BPMN}}}script")
    triggers = tuple(_triggers(node, names, language))
    if kind in ("sendTask", "receiveTask") and node.get("messageRef"):
        triggers = (names.trigger("message", node.get("messageRef")), *triggers)
    return Element(
        id=node.get("id", ""), kind=kind, name=node.get("name", ""), scope=scope, attributes=_attributes(node), vendor=_vendor(node),
        triggers=triggers, repetition=_repetition(node, language), extensions=_all_extensions(node), documentation=_text(node, "documentation"),
        script=None if script is None else Formula((script.text or "").strip(), node.get("scriptFormat", "")),
    )


def _triggers(node: Any, names: _Names, language: str) -> Iterator[Trigger]:
    for child in _bpmn_children(node):
        kind = local_name(child)
        if kind == "eventDefinitionRef":
            yield Trigger("reference", (child.text or "").strip())
        if not kind.endswith("EventDefinition"):
            continue
        kind = kind.removesuffix("EventDefinition")
        if kind == "timer":
            clock = next((each for each in ("timeDate", "timeDuration", "timeCycle") if child.find(f"{{{BPMN}}}{each}") is not None), "")
            yield Trigger(kind, clock=clock, formula=_formula(child, clock, language) if clock else None)
        elif kind == "conditional":
            yield Trigger(kind, formula=_formula(child, "condition", language))
        elif kind == "link":
            yield Trigger(kind, name=child.get("name", ""))
        else:
            yield names.trigger(kind, child.get(REFERRED[kind], "") if kind in REFERRED else "")


def _repetition(node: Any, language: str) -> Repetition | None:
    loop = node.find(f"{{{BPMN}}}standardLoopCharacteristics")
    if loop is not None:
        return Repetition(
            "standard", until=_formula(loop, "loopCondition", language), maximum=loop.get("loopMaximum", ""),
            test_before=loop.get("testBefore") == "true",
        )
    loop = node.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    return Repetition(
        "sequential" if loop.get("isSequential") in ("true", "1") else "parallel", _formula(loop, "loopCardinality", language),
        _collection(node, loop), _formula(loop, "completionCondition", language), behaviour=loop.get("behavior", "All"),
    )


def _collection(node: Any, loop: Any) -> str:
    """The list over which an activity is repeated: loopDataInputRef (by the name of what it points to), or the modeler's own word."""
    reference = _text(loop, "loopDataInputRef")
    if reference:
        around = node.getroottree().getroot()
        found = next((each for each in around.iter(f"{{{BPMN}}}dataInput", f"{{{BPMN}}}dataObject") if each.get("id") == reference), None)
        return str(found.get("name") or reference) if found is not None else reference
    words = [value for name, value in loop.attrib.items() if etree.QName(name).localname == "collection"]
    words += [value for each in loop.iter() for name, value in each.attrib.items() if name == "inputCollection"]
    return str(words[0]).removeprefix("=").strip() if words else ""


def _flow(node: Any, scope: str, language: str) -> Flow:
    condition = _formula(node, "conditionExpression", language) or Formula("")
    return Flow(
        id=node.get("id", ""), source=node.get("sourceRef", ""), target=node.get("targetRef", ""), name=node.get("name", ""),
        condition=condition.text, language=condition.language, scope=scope, vendor=_vendor(node),
    )


def _formula(node: Any, name: str, language: str) -> Formula | None:
    """An expression; a leading = marks FEEL in other modelers and is not part of it."""
    found = node.find(f"{{{BPMN}}}{name}")
    if found is None:
        return None
    text = "".join(found.itertext()).strip()
    return Formula(text.removeprefix("=").strip(), found.get("language", language))


def _extensions(node: Any) -> tuple[Extension, ...]:
    found = node.find(f"{{{BPMN}}}extensionElements")
    return () if found is None else tuple(_extension(each) for each in found if isinstance(each.tag, str))


def _all_extensions(node: Any) -> tuple[Extension, ...]:
    """Those of a node and those of its event definitions, where modelers put what belongs to the event."""
    inner = [each for each in _bpmn_children(node) if local_name(each).endswith("EventDefinition")]
    return sum((_extensions(each) for each in (node, *inner)), ())


def _extension(node: Any) -> Extension:
    name = etree.QName(node)
    attributes = {str(etree.QName(key).localname): value for key, value in node.attrib.items()}
    children = tuple(_extension(each) for each in node if isinstance(each.tag, str))
    return Extension(name.namespace or "", str(name.localname), attributes, (node.text or "").strip(), children)


def _strays(root: Any) -> tuple[tuple[Stray, ...], tuple[Stray, ...], tuple[Stray, ...]]:
    """BPMN elements that the standard does not know; the outermost elements of other namespaces; anything that is code."""
    unknown, foreign, code = [], [], []
    todo = [(child, "", False) for child in reversed(root)]
    while todo:
        node, within, inside = todo.pop()
        name = etree.QName(node)
        local, namespace = str(name.localname), name.namespace or ""
        if namespace in DIAGRAM:
            continue
        if namespace == BPMN:
            within = node.get("id", "") if local in NODES or local in ("process", "sequenceFlow") else within
        found = Stray(namespace, local, node.get("id", ""), within)
        if namespace != BPMN and local in CODE:
            code.append(found)
        elif namespace == BPMN and local not in NODES and local not in ARTIFACTS and local not in PLAIN:
            unknown.append(found)
        if namespace != BPMN and not inside:
            foreign.append(found)
        todo += [(child, within, namespace != BPMN) for child in reversed(node)]
    return tuple(unknown), tuple(foreign), tuple(code)


def _roles(root: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    """Outer lanes come first, so that the innermost lane of a node wins."""
    for lane in root.iter(f"{{{BPMN}}}lane"):
        for reference in lane.iterchildren(f"{{{BPMN}}}flowNodeRef"):
            yield (reference.text or "").strip(), (lane.get("id", ""), lane.get("name", ""))


def _doubled(root: Any) -> tuple[str, ...]:
    given = Counter(each.get("id") for each in _bpmn(root) if each.get("id") is not None)
    return tuple(sorted(name for name, times in given.items() if times > 1))


def _bpmn(root: Any) -> Iterator[Any]:
    return (each for each in root.iter() if etree.QName(each).namespace == BPMN)


def _bpmn_children(node: Any) -> Iterator[Any]:
    return (each for each in node if etree.QName(each).namespace == BPMN)


def _attributes(node: Any) -> Mapping[str, str]:
    return {name: value for name, value in node.attrib.items() if not name.startswith("{")}


def _vendor(node: Any) -> Mapping[str, str]:
    """Attributes of other modelers by local name, except those of XML itself."""
    own = {name: value for name, value in node.attrib.items() if name.startswith("{") and "XMLSchema-instance" not in name}
    return {str(etree.QName(name).localname): value for name, value in own.items()}


def _text(node: Any, name: str) -> str:
    found = node.find(f"{{{BPMN}}}{name}")
    return "" if found is None else "".join(found.itertext()).strip()
