"""Look at few of the many orders in which independent things can happen: stubborn sets (Valmari).

In each state a set of transitions is chosen that nothing outside it can enable, disable or meet; the others are put off. What
is kept: every deadlock with a way of the same length, whether the end stays within reach, which transitions can ever fire,
and, with meetings=True, whether two tokens can meet in a place for one.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.verifier.exploring import State
from engine.verifier.nets import Net


class Stubborn:
    """Chooses stubborn sets of one net; what depends on what is worked out once."""

    def __init__(self, net: Net, *, meetings: bool = False) -> None:
        self.net = net
        self._reads = [frozenset(fact for box in each.guard for fact, _ in box) for each in net.transitions]
        self._writes = [frozenset(fact for fact, _, _ in each.writes) for each in net.transitions]
        self._reading: list[list[int]] = [[] for _ in net.facts]
        self._writing: list[list[int]] = [[] for _ in net.facts]
        for number, (reads, writes) in enumerate(zip(self._reads, self._writes, strict=True)):
            for fact in reads:
                self._reading[fact].append(number)
            for fact in writes:
                self._writing[fact].append(number)
        self._emptying: list[list[int]] = [[] for _ in net.places]
        self._fearing: list[list[int]] = [[] for _ in net.places]
        for number, transition in enumerate(net.transitions):
            for place in transition.reset:
                self._emptying[place].append(number)
            for place in transition.absent:
                self._fearing[place].append(number)
        self._related = [self._relatives(number, meetings=meetings) for number in range(len(net.transitions))]

    def choose(self, state: State, enabled: list[int]) -> Sequence[int]:
        """The enabled transitions of the smallest stubborn set that a few beginnings lead to."""
        best: Sequence[int] = enabled
        able = set(enabled)
        for seed in enabled[:8]:
            found = self._closure(seed, state, able)
            if len(found) < len(best):
                best = found
                if len(best) == 1:
                    break
        return best

    def _closure(self, seed: int, state: State, able: set[int]) -> list[int]:
        chosen, todo, marked = {seed}, [seed], set(state[0])
        while todo:
            number = todo.pop()
            needed = self._depending(number, state) if number in able else self._enabling(number, state, marked, chosen)
            for each in needed:
                if each not in chosen:
                    chosen.add(each)
                    todo.append(each)
        return sorted(chosen & able)

    def _depending(self, number: int, state: State) -> Sequence[int]:
        """What could change whether or how an enabled transition happens, or is changed by it.

        Two that only read a fact whose value is known do not touch each other, nor do two that write the same.
        """
        reads, writes = self._reads[number], self.net.transitions[number].writes
        if not reads and not writes:
            return self._related[number]
        found = list(self._related[number])
        for fact in reads:
            found += self._writing[fact]
            if state[1][fact].bit_count() > 1:
                found += self._reading[fact]
        for write in writes:
            found += self._reading[write[0]]
            found += [each for each in self._writing[write[0]] if write not in self.net.transitions[each].writes]
        return found

    def _enabling(self, number: int, state: State, marked: set[int], chosen: set[int]) -> Sequence[int]:
        """Some transitions without one of which this one cannot become possible."""
        transition = self.net.transitions[number]
        reasons: list[Sequence[int]] = [self.net.producers[place] for place in transition.consume if place not in marked]
        reasons += [
            (*self.net.consumers[place], *self._emptying[place]) for place in transition.absent if place in marked
        ]
        if not reasons:  # its guard is false: somebody has to write a fact that it reads
            reasons = [[each for fact in self._reads[number] for each in self._writing[fact]]]
        return min(reasons, key=lambda each: sum(one not in chosen for one in each))

    def _relatives(self, number: int, *, meetings: bool) -> tuple[int, ...]:
        """The transitions that this one could disable, change or meet, or they it."""
        net, transition = self.net, self.net.transitions[number]
        found: set[int] = set()
        for place in transition.consume:
            found.update(net.consumers[place], self._emptying[place])
        for place in transition.reset:
            found.update(net.consumers[place], net.producers[place], self._emptying[place], self._fearing[place])
        for place in transition.produce:
            found.update(self._fearing[place], self._emptying[place])
        for place in transition.absent:
            found.update(net.producers[place], net.consumers[place], self._emptying[place])
        if meetings:
            for place in transition.consume:
                found.update(net.producers[place])
            for place in transition.produce:
                found.update(net.consumers[place])
        found.discard(number)
        return tuple(sorted(found))
