"""Prove what the shape of a net alone shows, however many orders its parallel branches have; no states are explored.

Tokens are looked at place by place: which places can ever hold a token together (Kovalyov's concurrency relation, rather too
many), and what can be reached from some of them when certain steps do not happen. What cannot happen so cannot happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.verifier.invariants import ABSENT, BETWEEN, NEVER, PRECEDES, RESPONSE, Invariant
from engine.verifier.nets import ENDED, INSIDE, Net, Transition

MOST_PLACES = 3000


class Shape:
    """The shape of one net, worked out once."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self._ends = [
            frozenset(place for place in each.reset if net.places[place].kind == ENDED) if self._leaves_scope(each) else frozenset()
            for each in net.transitions
        ]
        self._beside: list[int] | None = None

    def proves(self, invariant: Invariant, *, ends: bool) -> bool:
        """Whether the shape alone shows that an invariant holds; False says nothing.

        ends: whether no run is known to stop before an end; without it nothing can be said of what must come at last.
        """
        net = self.net
        if invariant.kind == RESPONSE and not ends:
            return False
        if net.doubts or len(net.places) > MOST_PLACES or invariant.kind not in (PRECEDES, BETWEEN, RESPONSE, NEVER, ABSENT):
            return False
        if any(self._leaves_scope(each) and not ends for each, ends in zip(net.transitions, self._ends, strict=True)):
            return False
        then = _with(invariant.then)
        if invariant.kind == ABSENT:
            return not self._happens(self.reach(net.marking, lambda _: True), then, lambda _: True)
        if invariant.kind == PRECEDES:
            first = _with(invariant.first)
            return not self._happens(self.reach(net.marking, lambda each: not first(each)), then, lambda each: not first(each))
        through = _with(invariant.through if invariant.kind == BETWEEN else frozenset())
        stop = then if invariant.kind == RESPONSE else through
        for each in net.transitions:
            if not each.labels & invariant.after or stop(each):
                continue
            reached = self.reach(self._after(each), lambda other: not stop(other))
            if invariant.kind == RESPONSE:
                if any(net.places[place].kind == ENDED and self._is_outermost(place) for place in _places(reached)):
                    return False
            elif self._happens(reached, then, lambda other: not stop(other)):
                return False
        return True

    def reach(self, places: Iterable[int], allowed: Callable[[Transition], bool]) -> int:
        """The places (a mask) that can get a token from these when only allowed transitions happen; each token lasts."""
        reached = 0
        for place in places:
            reached |= 1 << place
        grew = True
        while grew:
            grew = False
            for number, each in enumerate(self.net.transitions):
                if allowed(each) and self._possible(number, reached):
                    put = reached
                    for place in each.produce:
                        put |= 1 << place
                    if put != reached:
                        reached, grew = put, True
        return reached

    def _possible(self, number: int, reached: int) -> bool:
        ends = self._ends[number]
        return all(reached >> place & 1 for place in self.net.transitions[number].consume) and (
            not ends or any(reached >> place & 1 for place in ends)
        )

    def _happens(self, reached: int, wanted: Callable[[Transition], bool], allowed: Callable[[Transition], bool]) -> bool:
        return any(
            wanted(each) and allowed(each) and self._possible(number, reached) for number, each in enumerate(self.net.transitions)
        )

    def _after(self, transition: Transition) -> list[int]:
        """The places that may hold a token just after a transition."""
        beside = self.beside
        together = -1
        for place in transition.consume:
            together &= beside[place]
        together &= (1 << len(self.net.places)) - 1
        return [*_places(together), *transition.produce]

    @property
    def beside(self) -> list[int]:
        """For each place a mask of the places that may hold a token at the same time."""
        if self._beside is None:
            self._beside = _concurrent(self.net, self._ends)
        return self._beside

    def _leaves_scope(self, each: Transition) -> bool:
        return bool(each.absent) and self.net.places[each.consume[0]].kind == INSIDE

    def _is_outermost(self, place: int) -> bool:
        return not any(place in each.reset for each in self.net.transitions)


def _with(labels: frozenset[str]) -> Callable[[Transition], bool]:
    return lambda each: bool(each.labels & labels)


def _places(mask: int) -> list[int]:
    found, place = [], 0
    while mask:
        if mask & 1:
            found.append(place)
        mask >>= 1
        place += 1
    return found


def _concurrent(net: Net, ends: list[frozenset[int]]) -> list[int]:
    """Kovalyov's fixpoint: places put together by one transition, or one put while another waits beside all that was taken."""
    beside = [0] * len(net.places)

    def join(one: int, others: int) -> bool:
        fresh = others & ~beside[one] & ~(1 << one)
        if not fresh:
            return False
        beside[one] |= fresh
        for other in _places(fresh):
            beside[other] |= 1 << one
        return True

    for one in net.marking:
        for other in net.marking:
            join(one, 1 << other)
    puts = [sum({1 << place for place in each.produce}) for each in net.transitions]
    for number, each in enumerate(net.transitions):
        for place in each.produce:
            join(place, puts[number])
    grew = True
    while grew:
        grew = False
        for number, each in enumerate(net.transitions):
            together = -1
            for place in each.consume:
                together &= beside[place]
            if ends[number]:
                waiting = 0
                for place in ends[number]:
                    waiting |= beside[place]
                together &= waiting | sum(1 << place for place in ends[number])
            for place in each.absent | each.reset:
                together &= ~(1 << place)
            together &= (1 << len(net.places)) - 1
            for place in each.produce:
                grew |= join(place, together)
    return beside
