"""Whether a BPMN model is sound: no deadlock, nothing dead, proper completion, nothing that should have been joined."""

from __future__ import annotations

from dataclasses import dataclass

from engine.verifier.diagrams import Diagram
from engine.verifier.exploring import USUAL, Bounds, Graph, Player, explore
from engine.verifier.nets import ENDED, INSIDE, Net
from engine.verifier.stubborn import Stubborn
from engine.verifier.translating import translate

SOUND, UNSOUND, UNKNOWN = "sound", "unsound", "unknown"
DEADLOCK, DEAD, IMPROPER, UNJOINED = "deadlock", "dead element", "improper completion", "lack of synchronisation"
LIVELOCK = "livelock"
HOLDS, VIOLATED = "holds", "violated"


@dataclass(frozen=True)
class Flaw:
    """One way in which a model is unsound: its kind, the elements concerned, and a shortest path of element keys.

    transitions: the same path as numbers of the net's transitions.
    """

    kind: str
    elements: tuple[str, ...]
    path: tuple[str, ...]
    reason: str
    transitions: tuple[int, ...] = ()


@dataclass(frozen=True)
class Soundness:
    """The verdict on a model; flaws holds one for each kind found, the gravest first; states is the work done.

    properties: safe, option_to_complete, proper_completion, no_dead_elements, each holds, violated or unknown. messages_left:
    whether a run can end with messages that nobody took, which alone does not make a model unsound.
    """

    verdict: str
    flaws: tuple[Flaw, ...]
    properties: dict[str, str]
    reason: str = ""
    messages_left: bool = False
    states: int = 0


def soundness(diagram: Diagram, bounds: Bounds = USUAL) -> Soundness:
    """The soundness of a diagram whose choices are all free (conditions are not looked at)."""
    net = translate(diagram)
    return judge(diagram, net, *_explored(net, bounds))


def _explored(net: Net, bounds: Bounds) -> tuple[Player, Graph]:
    """Everything when that is not much; else only what order cannot change (deadlocks, dead elements, meetings of tokens)."""
    player = Player(net)
    graph = explore(player, Bounds(min(bounds.states, 20_000), bounds.seconds))
    if graph.cut.startswith("状态"):
        return player, explore(player, bounds, Stubborn(net, meetings=True).choose)
    return player, graph


def judge(diagram: Diagram, net: Net, player: Player, graph: Graph) -> Soundness:
    """The verdict that an exploration allows."""
    flaws = [found for found in (
        _unjoined(net, graph), _deadlock(diagram, net, player, graph), _livelock(net, graph), _improper(net, graph),
        _dead(diagram, net, graph),
    ) if found]
    if net.doubts:  # what is only half understood can be called neither dead nor, where nothing is defined, wrong
        undefined = any("没有定义" in doubt for doubt in net.doubts)
        flaws = [found for found in flaws if found.kind != DEAD and not undefined]
    kinds = {each.kind for each in flaws}
    doubt = graph.cut or "；".join(net.doubts)

    def state(*violating: str) -> str:
        return VIOLATED if kinds & set(violating) else UNKNOWN if doubt else HOLDS

    properties = {
        "safe": state(UNJOINED), "option_to_complete": state(DEADLOCK, LIVELOCK), "proper_completion": state(IMPROPER),
        "no_dead_elements": state(DEAD),
    }
    verdict = UNSOUND if flaws else UNKNOWN if doubt else SOUND
    left = any(not graph.edges[i] and _is_complete(net, graph, i) and set(marking) & net.messages
               for i, (marking, _) in enumerate(graph.states))
    return Soundness(verdict, tuple(flaws), properties, doubt, left, len(graph.states))


def flaw(kind: str, elements: tuple[str, ...], reason: str, net: Net, graph: Graph, state: int, *more: int) -> Flaw:
    """A flaw found on the shortest way to a state, or by further transitions after it."""
    numbers = (*(transition for transition, _ in graph.way(state)), *more)
    path = tuple(key for number in numbers for key in net.transitions[number].elements)
    return Flaw(kind, elements, path, reason, numbers)


def _unjoined(net: Net, graph: Graph) -> Flaw | None:
    if not graph.overfull:
        return None
    state, transition, place = graph.overfull[0]
    where = net.places[place]
    what = "子流程" if where.kind == INSIDE else "连线"
    reason = f"{what} {where.key} 上会同时有两个令牌：并行的分支没有汇合就合到了一起"
    return flaw(UNJOINED, (where.key,), reason, net, graph, state, transition)


def _is_complete(net: Net, graph: Graph, state: int) -> bool:
    return all(place in net.resting or place in net.messages for place in graph.states[state][0])


def _deadlock(diagram: Diagram, net: Net, player: Player, graph: Graph) -> Flaw | None:
    for state, edges in enumerate(graph.edges):
        if edges or _is_complete(net, graph, state) or player.enabled(graph.states[state]):
            continue
        left = [net.places[place] for place in graph.states[state][0] if place not in net.resting and place not in net.messages]
        stuck = tuple(dict.fromkeys(
            diagram.flows[place.key].target if place.key in diagram.flows else place.key.removeprefix("→")
            for place in left if place.kind != INSIDE
        )) or tuple(place.key for place in left)
        stuck = tuple(sorted(stuck, key=lambda key: -key.count("/")))  # what is called stands still first
        return flaw(DEADLOCK, stuck, f"流程停在 {'、'.join(stuck)} 之前，再也不能前进", net, graph, state)
    return None


def _livelock(net: Net, graph: Graph) -> Flaw | None:
    """A state from which the end can no longer be reached, although something can always be done."""
    if graph.cut:
        return None
    before: list[list[int]] = [[] for _ in graph.states]
    for state, edges in enumerate(graph.edges):
        for _, target in edges:
            before[target].append(state)
    good = {state for state, edges in enumerate(graph.edges) if not edges}
    todo = list(good)
    while todo:
        for state in before[todo.pop()]:
            if state not in good:
                good.add(state)
                todo.append(state)
    lost = next((state for state in range(len(graph.states)) if state not in good), None)
    if lost is None:
        return None
    circle = _reached(graph, lost)
    elements = sorted({net.transitions[number].element for state in circle for number, _ in graph.edges[state]})
    return flaw(LIVELOCK, tuple(elements), f"从 {'、'.join(elements[:5])} 起只能循环，走不到结束", net, graph, lost)


def _reached(graph: Graph, state: int) -> set[int]:
    found, todo = {state}, [state]
    while todo:
        for _, target in graph.edges[todo.pop()]:
            if target not in found:
                found.add(target)
                todo.append(target)
    return found


def _improper(net: Net, graph: Graph) -> Flaw | None:
    ends = frozenset(number for number, place in enumerate(net.places) if place.kind == ENDED)
    for state, (marking, _) in enumerate(graph.states):
        twice = next((place for place in marking if place in ends and marking.count(place) > 1), None)
        if twice is not None:
            key = net.places[twice].key
            return flaw(IMPROPER, (key,), f"结束事件 {key} 会到达两次：结束时还有别的令牌", net, graph, state)
    return None


def _dead(diagram: Diagram, net: Net, graph: Graph) -> Flaw | None:
    if graph.cut:
        return None
    alive = {key for number in graph.fired for key in net.transitions[number].elements}
    dead = [
        element.key for element in diagram.elements.values()
        if element.key not in alive and not element.compensates and not any(each.kind == "compensate" for each in element.triggers)
        and not (element.kind.endswith("subProcess") and diagram.scopes[element.key].event)
    ]
    return Flaw(DEAD, tuple(dead), (), f"{'、'.join(dead)} 永远不会执行") if dead else None
