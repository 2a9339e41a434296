"""Hold an explored net against invariants: verdicts, each violated one with a shortest path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from engine.verifier.exploring import Bounds, Graph, Player, explore
from engine.verifier.invariants import CONDITION, POSSIBLE, Invariant
from engine.verifier.nets import INSIDE, Box, Fact, Net, Transition, meet
from engine.verifier.stubborn import Stubborn

HOLDS, VIOLATED, UNKNOWN = "holds", "violated", "unknown"
BROKEN = "broken!"


@dataclass(frozen=True)
class Finding:
    """What an exploration says about one invariant: outcome, and of a violation the transitions of a shortest path."""

    invariant: Invariant
    outcome: str
    path: tuple[int, ...] = ()
    net: Net | None = None
    reason: str = ""
    states: int = 0


class Urgent:
    """Lets what nobody has to wait for happen first, as the engine does: gateways decide as soon as they are reached."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self._leaves = [each.consume[0] for each in net.transitions]

    def choose(self, _: object, enabled: list[int]) -> Sequence[int]:
        """The alternatives of the first thing that happens by itself; everything when all have to wait."""
        moving = [number for number in enabled if not self.net.transitions[number].waits]
        if len(moving) < 2:
            return moving or enabled
        if any(self.net.transitions[number].absent and self.net.places[self._leaves[number]].kind != INSIDE for number in moving):
            return moving  # an inclusive gateway looks around: all orders count
        first = set(self.net.transitions[moving[0]].consume)
        return [number for number in moving if first & set(self.net.transitions[number].consume)]


def play(net: Net, bounds: Bounds) -> Graph:
    """The states of a package's procedure as the engine runs it."""
    return explore(Player(net), bounds, Urgent(net).choose, fair=False)


def check(net: Net, graph: Graph, invariant: Invariant) -> Finding:
    """Walk the graph together with the invariant's automaton, breadth first."""
    seen = {(0, False)}
    todo, position = [(0, False)], 0
    labels = [each.labels for each in net.transitions]
    interesting = [bool(each & invariant.labels) for each in labels]
    while position < len(todo):
        here = todo[position]
        position += 1
        state, owed = here
        edges = graph.edges[state]
        if invariant.at_the_end and owed and not edges and not graph.cut:
            return Finding(invariant, VIOLATED, _shortest(net, graph, invariant), net, states=len(graph.states))
        for number, target in edges:
            after, broken = owed, False
            if interesting[number]:
                after, broken = invariant.step(owed, _worst(net, invariant, labels[number], graph.states[state][1]))
            if broken:
                if invariant.kind == POSSIBLE:
                    return Finding(invariant, HOLDS, states=len(graph.states))
                return Finding(invariant, VIOLATED, _shortest(net, graph, invariant), net, states=len(graph.states))
            there = (target, after)
            if there not in seen:
                seen.add(there)
                todo.append(there)
    if graph.cut or net.doubts:
        return Finding(invariant, UNKNOWN, reason=graph.cut or "；".join(net.doubts), states=len(graph.states))
    return Finding(invariant, VIOLATED if invariant.kind == POSSIBLE else HOLDS, states=len(graph.states))


def _worst(net: Net, invariant: Invariant, labels: frozenset[str], facts: tuple[int, ...]) -> frozenset[str]:
    """The labels with the answers to the invariant's conditions that are worst for it among those that are possible."""
    if invariant.at_the_end or not labels & invariant.judged:
        return labels
    answers = set()
    if invariant.when and _possible(net.conditions[invariant.when][0], facts):
        answers.add(CONDITION + invariant.when)
    if invariant.holds and not _possible(net.conditions[invariant.holds][1], facts):
        answers.add(CONDITION + invariant.holds)
    return labels | answers


def _possible(boxes: tuple[Box, ...], facts: tuple[int, ...]) -> bool:
    return any(all(facts[fact] & mask for fact, mask in box) for box in boxes)


def check_alone(net: Net, invariant: Invariant, bounds: Bounds) -> Finding:
    """Check one invariant where the whole is too large: independent steps are looked at in one order only.

    Without the engine's urgency there are more runs than it has, so that what holds here holds there.
    """
    watched = embed(net, invariant)
    graph = explore(Player(watched, keep=len(net.facts)), bounds, Stubborn(watched).choose)
    broken = [
        (state, number) for state, edges in enumerate(graph.edges) for number, _ in edges
        if BROKEN in watched.transitions[number].labels
    ]
    states = len(graph.states)
    if broken:
        if invariant.kind == POSSIBLE:
            return Finding(invariant, HOLDS, states=states)
        state, number = broken[0]
        return Finding(invariant, VIOLATED, (*(each for each, _ in graph.way(state)), number), watched, states=states)
    if invariant.at_the_end and not graph.cut:
        for state, edges in enumerate(graph.edges):
            if not edges and graph.states[state][1][-1] == 2:
                return Finding(invariant, VIOLATED, tuple(each for each, _ in graph.way(state)), watched, states=states)
    if graph.cut or net.doubts:
        return Finding(invariant, UNKNOWN, reason=graph.cut or "；".join(net.doubts), states=states)
    return Finding(invariant, VIOLATED if invariant.kind == POSSIBLE else HOLDS, states=states)


def embed(net: Net, invariant: Invariant) -> Net:
    """The net with the invariant's memory as one more fact, so that steps that the invariant tells apart depend on it."""
    memory, found = len(net.facts), []
    for transition in _asked(net, invariant):
        if not transition.labels & invariant.labels:
            found.append(transition)
            continue
        outcomes = {owed: invariant.step(owed, transition.labels) for owed in (False, True)}
        if outcomes[False] == outcomes[True]:
            after, broken = outcomes[False]
            found.append(replace(
                transition, writes=(*transition.writes, (memory, 2 if after else 1, False)),
                labels=transition.labels | {BROKEN} if broken else transition.labels,
            ))
            continue
        if all(after == owed and not broken for owed, (after, broken) in outcomes.items()):
            found.append(transition)
            continue
        for owed, (after, broken) in outcomes.items():
            found.append(replace(
                transition, guard=tuple(both for box in transition.guard for both in meet(box, ((memory, 2 if owed else 1),))),
                writes=(*transition.writes, (memory, 2 if after else 1, False)) if after != owed else transition.writes,
                labels=transition.labels | {BROKEN} if broken else transition.labels,
            ))
    return replace(
        net, transitions=tuple(found), facts=(*net.facts, Fact(f"⟨{invariant.id}⟩", (False, True))),
        beginning=(*net.beginning, 1),
    )


def _asked(net: Net, invariant: Invariant) -> Iterator[Transition]:
    """The transitions, those at which the invariant asks a condition once for each answer."""
    for transition in net.transitions:
        ways = [transition]
        for text in () if invariant.at_the_end or not transition.labels & invariant.judged else invariant.conditions:
            ways = [
                replace(
                    way, guard=tuple(both for box in way.guard for answer in boxes for both in meet(box, answer)),
                    labels=way.labels | {CONDITION + text} if true else way.labels,
                )
                for way in ways for true, boxes in zip((True, False), net.conditions[text], strict=True)
            ]
        yield from ways


def _shortest(net: Net, graph: Graph, invariant: Invariant) -> tuple[int, ...]:
    """A run that breaks an invariant with as few elements as possible (transitions taken together count for each of theirs)."""
    weights = [len(each.elements) for each in net.transitions]
    best: dict[tuple[int, bool], int] = {(0, False): 0}
    came: dict[tuple[int, bool], tuple[tuple[int, bool], int] | None] = {(0, False): None}
    queue: list[tuple[int, int, bool, int]] = [(0, 0, False, -1)]
    while queue:
        cost, state, owed, last = heappop(queue)
        if state < 0:
            here = (~state, owed)
            return (*_path(came, here), last) if last >= 0 else _path(came, here)
        if cost > best[(state, owed)]:
            continue
        if invariant.at_the_end and owed and not graph.edges[state]:
            heappush(queue, (cost, ~state, owed, -1))
        for number, target in graph.edges[state]:
            labels = _worst(net, invariant, net.transitions[number].labels, graph.states[state][1])
            after, broken = invariant.step(owed, labels)
            if broken:
                heappush(queue, (cost + 1, ~state, owed, number))
            elif cost + weights[number] < best.get((target, after), cost + weights[number] + 1):
                best[(target, after)] = cost + weights[number]
                came[(target, after)] = ((state, owed), number)
                heappush(queue, (cost + weights[number], target, after, -1))
    return ()


def _path(seen: dict[tuple[int, bool], tuple[tuple[int, bool], int] | None], here: tuple[int, bool]) -> tuple[int, ...]:
    found = []
    step = seen[here]
    while step is not None:
        before, number = step
        found.append(number)
        step = seen[before]
    return tuple(found[::-1])
