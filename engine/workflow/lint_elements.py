"""Checks of single elements: kinds that do not run, events without a trigger, repetition, code, identifiers, references."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from engine.workflow.constructs import CONSTRUCTS, key_of
from engine.workflow.drafts import ACTIVITIES, Draft, Element, Trigger
from engine.workflow.findings import Finding
from engine.workflow.formulas import MOST_INSTANCES


def check_elements(draft: Draft, called: Collection[str]) -> Iterator[Finding]:
    """All that is wrong with the elements taken one by one; called: ids of the processes that may be called."""
    yield from _file(draft)
    for element in draft.elements.values():
        yield from _construct(draft, element)
        yield from _triggers(element)
        yield from _activity(draft, element, called)
    yield from _codes(draft)


def _file(draft: Draft) -> Iterator[Finding]:
    for name in draft.doubled:
        yield Finding(name, _label(draft, name), "bpmn.identifier", f"标识“{name}”在文件中出现了不止一次")
    missing = [element for element in draft.elements.values() if not element.id]
    missing_flows = [flow for flow in draft.flows if not flow.id]
    if missing or missing_flows or "" in draft.scopes:
        yield Finding("", "", "bpmn.identifier", "有的元素没有标识（id）")
    for stray in draft.unknown:
        yield Finding(stray.id or stray.within, _label(draft, stray.within), "bpmn.unknown", f"“{stray.name}”不是 BPMN 2.0 的元素")
    for stray in draft.code:
        text = f"“{_label(draft, stray.within) or '文件'}”带有其他引擎的代码（{stray.name}）：平台不执行任何脚本和监听器"
        yield Finding(stray.within, _label(draft, stray.within), "bpmn.script", text)
    if not draft.scopes:
        yield Finding("", "", "bpmn.choreography", "文件中只有协作、会话或者编排，没有可以运行的流程")


def _construct(draft: Draft, element: Element) -> Iterator[Finding]:
    around = draft.elements.get(element.scope)
    key = key_of(element, in_event_subprocess=around is not None and around.event_driven)
    construct = CONSTRUCTS.get(key)
    if construct is not None and construct.runs:
        return
    if construct is not None:
        yield _found(element, construct.rule, f"{construct.name}“{element.label}”不能运行")
    elif key.endswith(":multiple"):
        yield _found(element, "bpmn.multiple_events", f"事件“{element.label}”含有 {len(element.triggers)} 种触发")
    elif "horeography" in element.kind:
        yield _found(element, "bpmn.choreography", f"编排元素“{element.label}”不能运行")
    else:
        yield _found(element, "bpmn.unsupported", f"“{element.label}”（{key}）不是可以运行的元素")


def _triggers(element: Element) -> Iterator[Finding]:
    for trigger in element.triggers:
        if not trigger.known:
            yield _found(element, "bpmn.reference", f"“{element.label}”引用的“{trigger.ref}”没有定义")
        elif trigger.kind == "timer" and trigger.clock == "timeCycle" and element.kind != "startEvent":
            yield _found(element, "bpmn.timer_cycle", f"“{element.label}”是周期定时")
        elif trigger.kind == "timer" and trigger.formula is None and not limits_of(element):
            yield _found(element, "bpmn.timer", f"定时事件“{element.label}”没有写明时刻或者时长")
    if element.kind in ("receiveTask", "sendTask") and not element.triggers:
        yield _found(element, "bpmn.message", f"“{element.label}”没有引用消息：引擎会径直通过")


def _activity(draft: Draft, element: Element, called: Collection[str]) -> Iterator[Finding]:
    given = element.attributes
    for name in ("startQuantity", "completionQuantity"):
        if given.get(name, "1").strip() != "1":
            yield _found(element, "bpmn.quantity", f"“{element.label}”的 {name} 是 {given[name]}，引擎不予理会")
    if given.get("isForCompensation") in ("true", "1"):
        yield _found(element, "bpmn.compensation", f"“{element.label}”是补偿活动，引擎不执行补偿")
    if element.kind == "callActivity" and element.called not in called:
        yield _found(element, "bpmn.called", f"“{element.label}”调用的流程“{element.called}”不在所给的文件中")
    if element.kind == "boundaryEvent":
        host = draft.elements.get(element.attached_to)
        if host is None or host.kind not in ACTIVITIES or host.scope != element.scope or host.event_driven:
            yield _found(element, "bpmn.attachment", f"边界事件“{element.label}”没有附着在同一层的活动上")
        elif _kind(element) == "cancel" and host.kind != "transaction":
            yield _found(element, "bpmn.cancel", f"边界取消事件“{element.label}”不在事务子流程上")
    elif element.kind == "endEvent" and _kind(element) == "cancel" and draft.scopes[element.scope].kind != "transaction":
        yield _found(element, "bpmn.cancel", f"取消结束事件“{element.label}”不在事务子流程中")
    yield from _repetition(element)


def _repetition(element: Element) -> Iterator[Finding]:
    loop = element.repetition
    if loop is None:
        return
    if element.kind not in ACTIVITIES or element.event_driven:
        yield _found(element, "bpmn.loop", f"“{element.label}”不是活动，不能循环")
    elif loop.kind == "standard":
        countable = loop.maximum.isascii() and loop.maximum.isdigit() and 0 < int(loop.maximum[:9]) <= MOST_INSTANCES
        if loop.maximum and not countable:
            yield _found(element, "bpmn.loop", f"“{element.label}”的最多次数应当是 1 到 {MOST_INSTANCES} 的整数")
        elif not loop.maximum and not (loop.until and loop.until.text):
            yield _found(element, "bpmn.loop", f"循环“{element.label}”没有写明最多次数或者循环条件")
    elif bool(loop.cardinality and loop.cardinality.text) == bool(loop.collection):
        text = "没有写明次数或者列表" if not loop.collection else "既写了次数又写了列表"
        yield _found(element, "bpmn.multi_instance", f"多实例“{element.label}”{text}")
    elif loop.behaviour not in ("All", "all"):
        yield _found(element, "bpmn.multi_instance", f"多实例“{element.label}”的 behavior“{loop.behaviour}”不受支持")


def _codes(draft: Draft) -> Iterator[Finding]:
    """Errors and escalations are told apart by their codes alone; one error must meet one border event."""
    for kind, word in (("error", "错误"), ("escalation", "升级")):
        users = [(element, trigger) for element in draft.elements.values() for trigger in element.triggers if trigger.kind == kind]
        if len({trigger.ref for _, trigger in users if trigger.ref}) > 1:
            for element, trigger in users:
                if trigger.ref and trigger.known and not trigger.code:
                    yield _found(element, "bpmn.error_code", f"“{element.label}”的{word}“{trigger.name}”没有代码，引擎会与别的{word}混淆")
    borders: dict[str, list[tuple[Element, Trigger]]] = defaultdict(list)
    for element in draft.elements.values():
        if element.kind == "boundaryEvent" and _kind(element) == "error":
            borders[element.attached_to].append((element, element.triggers[0]))
    for events in borders.values():
        codes = [trigger.code for _, trigger in events]
        for element, trigger in events[1:]:
            if "" in codes or codes.count(trigger.code) > 1:
                yield _found(element, "bpmn.error_ambiguous", f"错误事件“{element.label}”与同一活动上的另一个会接住同一个错误")
    yield from _uncaught(draft)


def _uncaught(draft: Draft) -> Iterator[Finding]:
    for element in draft.elements.values():
        if element.kind != "endEvent" or _kind(element) != "error":
            continue
        scope, code, caught = element.scope, element.triggers[0].code, False
        while draft.scopes[scope].parent and not caught:
            caught = any(_kind(event) == "error" and event.triggers[0].code in ("", code) for event in draft.borders(scope))
            scope = draft.scopes[scope].parent
        if not caught and draft.scopes[element.scope].parent:
            yield _found(element, "bpmn.error_uncaught", f"错误“{element.label}”没有被任何外层子流程接住，引擎会当作正常结束")


def limits_of(element: Element) -> tuple[str, ...]:
    """The time limits that an element refers to (zhifa:limit)."""
    return tuple(each.attributes.get("ref", "") for each in element.extensions if each.name == "limit")


def _kind(element: Element) -> str:
    return element.triggers[0].kind if len(element.triggers) == 1 else ""


def _label(draft: Draft, name: str) -> str:
    return draft.elements[name].label if name in draft.elements else ""


def _found(element: Element, rule: str, text: str) -> Finding:
    return Finding(element.id, element.name, rule, text)
