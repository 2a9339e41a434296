"""Explore what a net can do: breadth first, so that the first way found to anything is a shortest one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.verifier.nets import Net

MOST_TOKENS, MOST_MESSAGES = 2, 3
Marking = tuple[int, ...]
State = tuple[Marking, tuple[int, ...]]
Choose = Callable[[State, list[int]], Sequence[int]]


@dataclass(frozen=True)
class Bounds:
    """How far to look: states and seconds. What lies beyond is never taken for explored."""

    states: int = 200_000
    seconds: float = 60.0


USUAL: Final = Bounds()


@dataclass
class Graph:
    """The states found, in order of their distance; edges as (transition, target), and from where each was found first.

    cut: why the exploration stopped early, empty when it is complete. overfull: (state, transition, place) where a token met
    another one in a place for one.
    """

    states: list[State] = field(default_factory=list)
    edges: list[list[tuple[int, int]]] = field(default_factory=list)
    came: list[tuple[int, int]] = field(default_factory=list)
    overfull: list[tuple[int, int, int]] = field(default_factory=list)
    fired: set[int] = field(default_factory=set)
    cut: str = ""

    def way(self, state: int) -> list[tuple[int, int]]:
        """A shortest way to a state as (transition, state reached)."""
        found = []
        while state:
            before, transition = self.came[state]
            found.append((transition, state))
            state = before
        return found[::-1]


class Player:
    """Plays a net: what is enabled in a state, and what firing leads to. Facts that nobody will read again are forgotten."""

    def __init__(self, net: Net, *, keep: int | None = None) -> None:
        self.net = net
        self.everything = tuple(fact.everything for fact in net.facts)
        self._live = _live_facts(net)
        if keep is not None:  # a fact that is looked at from outside is never forgotten
            self._live = [mask | 1 << keep for mask in self._live]

    def start(self) -> State:
        """The first state."""
        return self.forget(self.net.marking, self.net.beginning)

    def enabled(self, state: State) -> list[int]:
        """The transitions that can fire, in order of their numbers."""
        marking, facts = state
        marked = set(marking)
        found = []
        for place in marked:
            for number in self.net.starters[place]:
                transition = self.net.transitions[number]
                if all(each in marked for each in transition.consume) and not (transition.absent and transition.absent & marked) \
                        and any(all(facts[fact] & mask for fact, mask in box) for box in transition.guard):
                    found.append(number)
        found.sort()
        return found

    def fire(self, state: State, number: int) -> Iterator[State]:
        """The states that firing leads to: one for each case of its guard that is still possible."""
        marking, facts = state
        transition = self.net.transitions[number]
        left = list(marking)
        for place in transition.consume:
            left.remove(place)
        if transition.reset:
            left = [place for place in left if place not in transition.reset]
        left += transition.produce
        left.sort()
        after = tuple(left)
        for box in transition.guard:
            if not box and not transition.writes:
                yield self.forget(after, facts)
                continue
            values = list(facts)
            for fact, mask in box:
                values[fact] &= mask
            if not all(values[fact] for fact, _ in box):
                continue
            for fact, mask, may in transition.writes:
                values[fact] = values[fact] | mask if may else mask
            yield self.forget(after, tuple(values))

    def forget(self, marking: Marking, facts: tuple[int, ...]) -> State:
        """A state in which facts that can no longer matter may have any value, so that such states fall together."""
        if not facts or not marking:
            return marking, facts
        live = 0
        for place in marking:
            live |= self._live[place]
        return marking, tuple(mask if live >> fact & 1 else self.everything[fact] for fact, mask in enumerate(facts))

    def overfull(self, marking: Marking, number: int) -> int | None:
        """A place for one token into which this transition puts a second one."""
        put = self.net.transitions[number].produce
        return next((place for place in put if place in self.net.bounded and marking.count(place) > 1), None)


def explore(player: Player, bounds: Bounds, choose: Choose | None = None, *, fair: bool = True) -> Graph:
    """The states that can be reached. choose: which of the enabled transitions to look at in a state.

    fair: the others are only put off, so they must have their turn in the end; else they are never possible there.
    """
    graph = Graph()
    first = player.start()
    known: dict[State, int] = {first: 0}
    graph.states.append(first)
    graph.edges.append([])
    graph.came.append((-1, -1))
    began, position = time.monotonic(), 0
    while position < len(graph.states):
        if len(graph.states) > bounds.states or (position % 256 == 0 and time.monotonic() - began > bounds.seconds):
            graph.cut = f"状态超过上限（已推演 {len(graph.states)} 个状态）"
            return graph
        state = graph.states[position]
        enabled = player.enabled(state)
        chosen = choose(state, enabled) if choose and len(enabled) > 1 else enabled
        fresh = _step(player, graph, known, position, state, chosen)
        if fair and not fresh and len(chosen) < len(enabled):  # nothing may be put off for ever
            _step(player, graph, known, position, state, [each for each in enabled if each not in set(chosen)])
        position += 1
    return graph


def _step(
    player: Player, graph: Graph, known: dict[State, int], position: int, state: State, chosen: Sequence[int]
) -> bool:
    fresh = False
    for number in chosen:
        for after in player.fire(state, number):
            graph.fired.add(number)
            if (place := player.overfull(after[0], number)) is not None:
                graph.overfull.append((position, number, place))
            if _crowded(player.net, after[0]):
                graph.cut = graph.cut or "有的位置上令牌越积越多，没有尽头"
                continue
            target = known.get(after)
            if target is None:
                target = known[after] = len(graph.states)
                graph.states.append(after)
                graph.edges.append([])
                graph.came.append((position, number))
            fresh = fresh or target > position
            graph.edges[position].append((number, target))
    return fresh


def _crowded(net: Net, marking: Marking) -> bool:
    if len(set(marking)) == len(marking):
        return False
    return any(
        marking.count(place) > (MOST_MESSAGES if place in net.messages else MOST_TOKENS) for place in set(marking)
    )


def _live_facts(net: Net) -> list[int]:
    """For each place a mask of the facts that a token there may lead to the reading of, before they are written anew."""
    live = [0] * len(net.places)
    reads = [sum({1 << fact for box in each.guard for fact, _ in box} | {1 << fact for fact in each.asks}) for each in net.transitions]
    kills = [sum({1 << fact for fact, _, may in each.writes if not may}) for each in net.transitions]
    waiting = list(range(len(net.transitions)))
    while waiting:
        number = waiting.pop()
        transition = net.transitions[number]
        ahead = 0
        for place in transition.produce:
            ahead |= live[place]
        needed = reads[number] | (ahead & ~kills[number])
        for place in transition.consume:
            if needed & ~live[place]:
                live[place] |= needed
                waiting.extend(net.producers[place])
    return live
