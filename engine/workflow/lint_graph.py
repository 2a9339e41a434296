"""Checks of how elements are joined: starts and ends, flows and conditions, reach, endless loops, too long chains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from engine.workflow.drafts import ACTIVITIES, DECIDING, GATEWAYS, Draft, Element, Flow
from engine.workflow.findings import Finding

LONGEST_CHAIN = 250
ONE_WAY = (ACTIVITIES | {"startEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"}) - GATEWAYS
AFTER_EVENTS = frozenset({"message", "signal", "timer"})


def check_graph(draft: Draft) -> Iterator[Finding]:
    """All that is wrong with the way in which the elements of each scope are joined."""
    yield from _ends_of_flows(draft)
    for scope in draft.scopes:
        yield from _check_scope(draft, scope)


def _ends_of_flows(draft: Draft) -> Iterator[Finding]:
    for flow in draft.flows:
        source, target = draft.elements.get(flow.source), draft.elements.get(flow.target)
        if source is None or target is None:
            yield Finding(flow.id, flow.name, "bpmn.dangling", f"连线“{flow.id}”的起点或者终点不存在")
        elif not source.scope == target.scope == flow.scope:
            yield Finding(flow.id, flow.name, "bpmn.dangling", f"连线“{flow.id}”跨越了流程或者子流程的边界")


def _check_scope(draft: Draft, scope: str) -> Iterator[Finding]:
    nodes = {element.id: element for element in draft.inside(scope)}
    flows = [flow for flow in draft.flows if flow.source in nodes and flow.target in nodes]
    leaving, entering = defaultdict(list), defaultdict(list)
    for flow in flows:
        leaving[flow.source].append(flow)
        entering[flow.target].append(flow)
    kind = draft.scopes[scope].kind
    if kind == "adHocSubProcess":
        return
    yield from _starts_and_ends(draft, scope, nodes)
    for node in nodes.values():
        yield from _around(node, leaving[node.id], entering[node.id])
        if node.kind == "eventBasedGateway":
            yield from _after_events(draft, node, leaving[node.id], entering)
        if node.event_driven:
            yield from _event_subprocess(draft, node)
    following = {name: [flow.target for flow in leaving[name]] for name in nodes}
    yield from _reach(nodes, following)
    yield from _endless(nodes, following)
    yield from _chain(draft, scope, nodes, following)


def _starts_and_ends(draft: Draft, scope: str, nodes: Mapping[str, Element]) -> Iterator[Finding]:
    what = draft.elements[scope] if scope in draft.elements else draft.scopes[scope]
    label, name = what.name or scope, what.name
    starts = [node for node in nodes.values() if node.kind == "startEvent"]
    if len(starts) != 1:
        yield Finding(scope, name, "bpmn.start", f"“{label}”应当恰好有一个开始事件，实有 {len(starts)} 个")
    elif isinstance(what, Element) and not what.event_driven and starts[0].triggers:
        yield _found(starts[0], "bpmn.start", f"子流程“{label}”的开始事件“{starts[0].label}”不得带有触发")
    if nodes and not any(node.kind == "endEvent" for node in nodes.values()):
        yield Finding(scope, name, "bpmn.end", f"“{label}”没有结束事件")


def _around(node: Element, leaving: Sequence[Flow], entering: Sequence[Flow]) -> Iterator[Finding]:
    if entering and (node.kind in ("startEvent", "boundaryEvent") or node.event_driven):
        yield _found(node, "bpmn.incoming", f"“{node.label}”不得有流入的连线")
    if leaving and (node.kind == "endEvent" or node.event_driven):
        yield _found(node, "bpmn.outgoing", f"“{node.label}”不得有流出的连线")
    elif len(leaving) > 1 and node.kind in ONE_WAY:
        yield _found(node, "bpmn.outgoing", f"“{node.label}”应当恰好有一条流出的连线，实有 {len(leaving)} 条")
    branching = node.kind in DECIDING and len(leaving) > 1
    defaults = [flow for flow in leaving if flow.id == node.default]
    if branching and not defaults:
        yield _found(node, "bpmn.default", f"网关“{node.label}”没有默认流向")
    for flow in leaving:
        usual = flow in defaults
        if flow.condition and (not branching or usual):
            place = "默认流向不得带有条件" if usual else "不是从判断网关的几条分支之一流出，条件不起作用"
            yield Finding(flow.id, flow.name, "bpmn.condition", f"连线“{flow.id}”{place}")
        elif branching and defaults and not usual and not flow.condition:
            yield Finding(flow.id, flow.name, "bpmn.condition", f"网关“{node.label}”流出的连线“{flow.id}”没有条件")


def _after_events(
    draft: Draft, gateway: Element, leaving: Sequence[Flow], entering: Mapping[str, Sequence[Flow]]
) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for flow in leaving:
        node = draft.elements[flow.target]
        kind = node.triggers[0].kind if len(node.triggers) == 1 else ""
        once = (kind, "" if kind == "timer" else node.triggers[0].ref or node.id) if kind else ("", "")
        waits = node.kind in ("intermediateCatchEvent", "receiveTask") and kind in AFTER_EVENTS
        if not waits or draft.borders(node.id) or node.repetition or len(entering[node.id]) > 1:
            yield _found(node, "bpmn.event_gateway", f"“{node.label}”不能接在基于事件的网关“{gateway.label}”后面")
        elif once in seen:
            yield _found(node, "bpmn.event_gateway", f"网关“{gateway.label}”后面有两个相同的{'定时' if kind == 'timer' else '事件'}，引擎分不清")
        seen.add(once)


def _event_subprocess(draft: Draft, node: Element) -> Iterator[Finding]:
    start = next((each for each in draft.inside(node.id) if each.kind == "startEvent"), None)
    if draft.scopes[node.scope].parent:
        yield _found(node, "bpmn.event_subprocess", f"事件子流程“{node.label}”不在流程的最外层，引擎不会启动它")
    elif start is not None and start.attributes.get("isInterrupting", "true") != "false":
        yield _found(node, "bpmn.event_subprocess", f"事件子流程“{node.label}”是中断的，但引擎不会中断流程")


def _reach(nodes: Mapping[str, Element], following: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Every node must be reached from the start, and must lead to an end."""
    onward = {name: list(targets) for name, targets in following.items()}
    throws = {_link(node): node.id for node in nodes.values() if _link(node) and node.kind == "intermediateThrowEvent"}
    for node in nodes.values():
        if node.kind == "boundaryEvent" and node.attached_to in nodes:
            onward[node.attached_to].append(node.id)
        elif node.kind == "intermediateCatchEvent" and _link(node) in throws:
            onward[throws[_link(node)]].append(node.id)
    exempt = {node.id for node in nodes.values() if node.event_driven or _compensates(node)}
    starts = [node.id for node in nodes.values() if node.kind == "startEvent"]
    reached = _closure(starts, onward) if len(starts) == 1 else set(nodes)
    backward: dict[str, list[str]] = defaultdict(list)
    for name, targets in onward.items():
        for target in targets:
            backward[target].append(name)
    leading = _closure([node.id for node in nodes.values() if node.kind == "endEvent"], backward)
    for node in nodes.values():
        if node.id in exempt:
            continue
        if node.id not in reached:
            yield _found(node, "bpmn.unreachable", f"“{node.label}”从开始事件无法到达")
        elif node.id not in leading:
            yield _found(node, "bpmn.stuck", f"从“{node.label}”到不了任何结束事件")


def _endless(nodes: Mapping[str, Element], following: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """A cycle over flows in which nothing decides; the way over a border event decides."""
    plain = {name for name, node in nodes.items() if node.kind not in DECIDING | {"eventBasedGateway", "complexGateway"}}
    onward = {name: [target for target in following[name] if target in plain] for name in plain}
    left = _trimmed(onward)
    done: set[str] = set()
    for name, node in nodes.items():
        if name in left and name not in done:
            after = _closure(onward[name], onward)
            if name in after:
                done |= after
                yield _found(node, "bpmn.endless", f"“{node.label}”所在的循环中没有判断网关，永远出不来")


def _trimmed(onward: Mapping[str, Sequence[str]]) -> set[str]:
    """What is left after every node without a predecessor is taken away, again and again: cycles and what follows them."""
    before = dict.fromkeys(onward, 0)
    for targets in onward.values():
        for target in targets:
            before[target] += 1
    todo = [name for name, count in before.items() if not count]
    left = set(onward)
    while todo:
        name = todo.pop()
        left.discard(name)
        for target in onward[name]:
            before[target] -= 1
            if not before[target]:
                todo.append(target)
    return left


def _chain(draft: Draft, scope: str, nodes: Mapping[str, Element], following: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """The depth to which the library's parser recurses: depth first from the start, each node once."""
    depth, seen = 0, set()
    todo = [(node.id, 1) for node in nodes.values() if node.kind == "startEvent"]
    while todo:
        name, level = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        depth = max(depth, level)
        borders = [event.id for event in draft.borders(name)]
        todo += [(target, level + 1) for target in reversed([*borders, *following.get(name, ())])]
    if depth > LONGEST_CHAIN:
        yield Finding(scope, draft.scopes[scope].name, "bpmn.chain", f"“{scope}”中有 {depth} 个元素连成一串，上限是 {LONGEST_CHAIN} 个")


def _closure(starts: Sequence[str], onward: Mapping[str, Sequence[str]]) -> set[str]:
    reached, todo = set(starts), list(starts)
    while todo:
        fresh = [target for target in onward.get(todo.pop(), ()) if target not in reached]
        reached.update(fresh)
        todo += fresh
    return reached


def _link(node: Element) -> str:
    return node.triggers[0].name or "?" if len(node.triggers) == 1 and node.triggers[0].kind == "link" else ""


def _compensates(node: Element) -> bool:
    return node.attributes.get("isForCompensation") in ("true", "1") or any(each.kind == "compensate" for each in node.triggers)


def _found(element: Element, rule: str, text: str) -> Finding:
    return Finding(element.id, element.name, rule, text)
