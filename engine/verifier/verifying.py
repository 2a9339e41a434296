"""Verify a package as it runs: each procedure with all its calls opened up, against all rules, and remember what is proved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.rules.conditions import FeelType
from engine.verifier.checking import HOLDS, UNKNOWN, VIOLATED, Finding, check, check_alone, play
from engine.verifier.composing import compose
from engine.verifier.diagrams import Diagram
from engine.verifier.exploring import USUAL, Bounds, Graph, Player, explore
from engine.verifier.invariants import ABSENT, BLOCK, POSSIBLE, Invariant
from engine.verifier.meaning import Law, explain, labels_of
from engine.verifier.memory import Memory, digest
from engine.verifier.nets import Net
from engine.verifier.reading import read_diagram
from engine.verifier.reducing import contract, project, racing
from engine.verifier.soundness import DEAD, Flaw, judge
from engine.verifier.structure import Shape
from engine.verifier.stubborn import Stubborn
from engine.verifier.translating import translate
from engine.verifier.verdicts import Verdict, path_steps, verdict
from engine.workflow.parsing import Procedure

SOUNDNESS, REACHED = "INV-A01", "INV-A01b"
ARTICLE = "阿坝州电子政务行权平台办法 第十六条、第二十八条"
TEXT = "流程没有死锁、没有走不出的循环，并行的分支都会汇合，正常结束时没有遗留的令牌"
PLAIN_STATES = 40_000
AT_ONCE = 4


@dataclass(frozen=True)
class Package:
    """What the verifier needs of a package: its procedures, those that a case can begin with, and the facts' types and values."""

    procedures: Mapping[str, Procedure]
    tops: Sequence[str]
    types: Mapping[str, FeelType]
    initial: Mapping[str, object]


@dataclass(frozen=True)
class Composed:
    """One procedure put together, with the diagrams of all for putting it together again."""

    top: str
    diagram: Diagram
    labels: frozenset[str]


def verify(package: Package, law: Law, *, bounds: Bounds = USUAL, memory: Memory | None = None) -> list[Verdict]:
    """The verdicts on every invariant in every procedure that it applies to, and on soundness.

    PackageFault when procedures call each other in a circle, or a condition makes no sense.
    """
    found: list[Verdict] = []
    known = memory or Memory()
    library = {key: read_diagram(each.source, f"procedures/{key}.bpmn") for key, each in package.procedures.items()}
    alive: set[tuple[str, str]] = set()
    elements: set[tuple[str, str]] = set()
    complete = True
    for top in package.tops:
        whole = put_together(package, law, library, top)
        flaws, moved, seen_whole = _soundness(package, law, whole, bounds, known)
        sound = all(each.outcome == HOLDS for each in flaws)
        for group in _groups([each for each in law.invariants if _applies(each, whole.labels)]):
            found += _group(package, law, whole, group, bounds, known, sound=sound)
        found += flaws
        alive |= moved
        complete = complete and seen_whole
        elements |= {(each.procedure, each.id) for each in whole.diagram.elements.values()}
    if complete:
        found += [_dead(package, *each) for each in sorted(elements - alive)]
    return found


def put_together(package: Package, law: Law, library: Mapping[str, Diagram], top: str) -> Composed:
    """One procedure with all its calls opened up."""
    diagram = compose(top, library)
    labels = frozenset[str]().union(
        *(labels_of(element, diagram, package.procedures, law) for element in diagram.elements.values())
    )
    return Composed(top, diagram, labels)


def net_for(package: Package, law: Law, whole: Composed, invariants: Sequence[Invariant]) -> Net:
    """The net of a procedure as far as some invariants can see it."""
    data = explain(whole.diagram, package.procedures, law, package.types, package.initial, invariants)
    return contract(translate(whole.diagram, data, lenient=True))


def _groups(invariants: Sequence[Invariant]) -> list[list[Invariant]]:
    """Invariants that are looked at in one exploration: those without conditions, and a few conditions at a time."""
    asking: dict[tuple[str, ...], list[Invariant]] = {}
    for invariant in invariants:
        asking.setdefault(invariant.conditions, []).append(invariant)
    plain = asking.pop((), [])
    rest = list(asking.values())
    together = [[each for group in rest[start:start + AT_ONCE] for each in group] for start in range(0, len(rest), AT_ONCE)]
    return [group for group in (plain, *together) if group]


def _group(
    package: Package, law: Law, whole: Composed, group: Sequence[Invariant], bounds: Bounds, memory: Memory, *, sound: bool
) -> list[Verdict]:
    """Invariants that ask for the same facts share one exploration; those proved before of the same net need none."""
    if not group:
        return []
    net = net_for(package, law, whole, group)
    base = digest(net, bounds.states)
    graph: Graph | None = None
    found = []
    for invariant in group:
        key = f"{base[:40]}-{digest_of(invariant)}"
        finding = Finding(invariant, HOLDS)
        if memory.find(key) is None:
            graph = graph or play(net, Bounds(min(PLAIN_STATES, bounds.states), bounds.seconds))
            finding = check(net, graph, invariant)
            if finding.outcome == UNKNOWN and graph.cut:
                finding = _alone(package, law, whole, invariant, bounds, sound=sound)
            if finding.outcome == HOLDS:
                memory.keep(key, HOLDS)
        found.append(verdict(finding, whole.top, whole.diagram, law))
    return found


def digest_of(invariant: Invariant) -> str:
    """A short digest of what an invariant asks."""
    sets = (sorted(each) for each in (invariant.first, invariant.after, invariant.through, invariant.then))
    return digest(Net((), (), ()), invariant.id, invariant.kind, list(sets), invariant.holds, invariant.when)[:24]


def _alone(package: Package, law: Law, whole: Composed, invariant: Invariant, bounds: Bounds, *, sound: bool) -> Finding:
    """One invariant where all together are too much: with few facts (more runs than there are), then with all of them.

    What holds of more runs holds of fewer. The last resort looks only at the orders of steps that the invariant can tell apart.
    """
    net = net_for(package, law, whole, [invariant])
    if Shape(contract(project(net, frozenset()))).proves(invariant, ends=sound):
        return Finding(invariant, HOLDS)
    asked = frozenset(net.facts[fact].name for each in net.transitions for fact in each.asks)
    for kept in dict.fromkeys((frozenset[str](), asked)):
        rough = contract(project(net, kept))
        if invariant.kind != POSSIBLE and (finding := check_alone(rough, invariant, bounds)).outcome == HOLDS:
            return finding
    graph = play(net, Bounds(min(PLAIN_STATES, bounds.states), bounds.seconds))
    finding = check(net, graph, invariant)
    if finding.outcome == UNKNOWN and graph.cut:
        finding = check_alone(net, invariant, bounds)
        if finding.outcome == VIOLATED and invariant.kind != POSSIBLE and racing(net):
            return replace(finding, outcome=UNKNOWN, reason="只在网关读取并行分支正在改写的事实时违反，不能断定")
    return finding


def _applies(invariant: Invariant, labels: frozenset[str]) -> bool:
    if invariant.where and not invariant.where & labels:
        return False
    if invariant.kind in (ABSENT, POSSIBLE):
        return True
    needed = invariant.after if invariant.at_the_end else invariant.then
    return bool(needed & labels) or any(":" in each for each in needed)


def _soundness(
    package: Package, law: Law, whole: Composed, bounds: Bounds, memory: Memory
) -> tuple[list[Verdict], set[tuple[str, str]], bool]:
    """Deadlock, livelock, meetings and improper ends of one procedure; which steps ever happen; whether all was explored."""
    net = net_for(package, law, whole, [])
    key = digest(net, bounds.states, exact=True)
    if (proved := memory.find(key)) is not None:
        return [Verdict(SOUNDNESS, whole.top, HOLDS, BLOCK, ARTICLE, TEXT)], {(one, other) for one, other in proved}, True
    graph = play(net, Bounds(min(PLAIN_STATES, bounds.states), bounds.seconds))
    if graph.cut and not racing(net):
        graph = explore(Player(net), bounds, Stubborn(net, meetings=True).choose)
    moved = {
        (whole.diagram.elements[each].procedure, whole.diagram.elements[each].id)
        for number in graph.fired for each in net.transitions[number].elements
    }
    result = judge(whole.diagram, net, Player(net), graph)
    found = [_flawed(whole, net, flaw) for flaw in result.flaws if flaw.kind != DEAD]
    if not found:
        outcome = UNKNOWN if result.reason else HOLDS
        found = [Verdict(SOUNDNESS, whole.top, outcome, BLOCK, ARTICLE, TEXT, reason=result.reason)]
        if outcome == HOLDS:
            memory.keep(key, sorted(moved))
    return found, moved, not result.reason


def _flawed(whole: Composed, net: Net, flaw: Flaw) -> Verdict:
    told = path_steps(net, flaw.transitions, whole.diagram)
    key = flaw.elements[0]
    place = whole.diagram.elements.get(whole.diagram.flows[key].target if key in whole.diagram.flows else key)
    where = f"procedures/{place.procedure}.bpmn#{place.id}" if place else f"procedures/{whole.top}.bpmn"
    way = "→".join(step.name for step in told if step.name and step.kind in ("userTask", "serviceTask", "boundaryEvent"))
    return Verdict(SOUNDNESS, whole.top, VIOLATED, BLOCK, ARTICLE, TEXT, told, where, f"{way}：{flaw.reason}（{ARTICLE}）")


def _dead(package: Package, procedure: str, key: str) -> Verdict:
    node = package.procedures[procedure].nodes.get(key)
    sentence = f"“{node.name if node and node.name else key}”在任何情况下都不会到达（{ARTICLE}）"
    where = f"procedures/{procedure}.bpmn#{key}"
    return Verdict(REACHED, "", VIOLATED, BLOCK, ARTICLE, "每个环节都可能到达", (), where, sentence)
