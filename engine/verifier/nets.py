"""The token game: places that hold tokens, and transitions that move them under guards over facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

FLOW, INSIDE, MESSAGE, ENDED, BEGINNING, ONCE = "flow", "inside", "message", "ended", "beginning", "once"

Box = tuple[tuple[int, int], ...]
Writes = tuple[tuple[int, int, bool], ...]


def meet(one: Box, other: Box) -> tuple[Box, ...]:
    """Both boxes at once: one box, or none when they exclude each other."""
    if not one or not other:
        return (one or other,)
    both = dict(one)
    for fact, mask in other:
        both[fact] = both.get(fact, mask) & mask
        if not both[fact]:
            return ()
    return (tuple(sorted(both.items())),)


@dataclass(frozen=True)
class Place:
    """Where a token can be. kind: flow, inside (a scope runs), message, ended (an end was reached), beginning, once.

    key: the sequence flow, scope, message flow or event that it belongs to.
    """

    kind: str
    key: str


@dataclass(frozen=True)
class Transition:
    """One way in which an element moves tokens.

    consume, produce: places; absent: places that must be empty; reset: places that are emptied (interruption).
    waits: it does not happen by itself, somebody or time must act. guard: a choice of boxes over facts, each a conjunction of
    (fact, mask of the values allowed); () is never, ((),) is always. writes: (fact, mask of values, may: keeps the old too).
    labels: what it means to the invariants, e.g. NOTICE or doc:DOC-37. asks: facts that invariants ask about when it happens.
    also: other elements that move with it, e.g. the border event that catches an error. leaves: it only ends a scope.
    """

    element: str
    consume: tuple[int, ...]
    produce: tuple[int, ...]
    absent: frozenset[int] = frozenset()
    reset: frozenset[int] = frozenset()
    waits: bool = False
    guard: tuple[Box, ...] = ((),)
    writes: Writes = ()
    labels: frozenset[str] = frozenset()
    asks: frozenset[int] = frozenset()
    also: tuple[str, ...] = ()
    leaves: bool = False

    @property
    def elements(self) -> tuple[str, ...]:
        """The keys of the elements that it moves, as a path tells them."""
        return self.also if self.leaves else (self.element, *self.also)


@dataclass(frozen=True)
class Meaning:
    """What an element means beyond moving tokens.

    variants: pairs of a guard and the labels that apply under it; writes, asks, waits: as in Transition.
    """

    variants: tuple[tuple[tuple[Box, ...], frozenset[str]], ...] = ((((),), frozenset()),)
    writes: Writes = ()
    waits: bool = False
    asks: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Semantics:
    """The facts of a diagram: their first values, the guards of flows and the meanings of elements, both by key.

    conditions: text of a condition → the boxes in which it is true, and those in which it is false.
    """

    facts: tuple[Fact, ...] = ()
    beginning: tuple[int, ...] = ()
    guards: Mapping[str, tuple[Box, ...]] = field(default_factory=dict)
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    conditions: Mapping[str, tuple[tuple[Box, ...], tuple[Box, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Fact:
    """A routing fact: its name and the values that the conditions tell apart, one bit of a mask for each."""

    name: str
    values: tuple[object, ...]

    @property
    def everything(self) -> int:
        """The mask of all values."""
        return (1 << len(self.values)) - 1

    def mask(self, *values: object) -> int:
        """The mask of some values; one that no condition knows stands with all the others that none knows."""
        return sum({1 << self._position(value) for value in values})

    def _position(self, value: object) -> int:
        for position, known in enumerate(self.values):
            if known == value and isinstance(known, bool) == isinstance(value, bool):
                return position
        if isinstance(self.values[0], Decimal) and isinstance(value, int | Decimal):  # open cells lie between the constants
            return 2 * sum(known < value for known in self.values[1::2] if isinstance(known, Decimal))
        return len(self.values) - 1

    def chosen(self, mask: int) -> object:
        """The first value of a mask."""
        return next(value for position, value in enumerate(self.values) if mask >> position & 1)


@dataclass(frozen=True)
class Net:
    """Places, transitions, the first marking and the first values of the facts; doubts as in the diagram."""

    places: tuple[Place, ...]
    transitions: tuple[Transition, ...]
    marking: tuple[int, ...]
    facts: tuple[Fact, ...] = ()
    beginning: tuple[int, ...] = ()
    doubts: tuple[str, ...] = ()
    conditions: Mapping[str, tuple[tuple[Box, ...], tuple[Box, ...]]] = field(default_factory=dict)

    @cached_property
    def consumers(self) -> tuple[tuple[int, ...], ...]:
        """Transitions by the place from which they take a token."""
        return self._by_place("consume")

    @cached_property
    def producers(self) -> tuple[tuple[int, ...], ...]:
        """Transitions by the place into which they put a token."""
        return self._by_place("produce")

    @cached_property
    def starters(self) -> tuple[tuple[int, ...], ...]:
        """Transitions by the first place of those from which they take: enough to find each once."""
        found: list[list[int]] = [[] for _ in self.places]
        for number, transition in enumerate(self.transitions):
            found[transition.consume[0]].append(number)
        return tuple(tuple(each) for each in found)

    @cached_property
    def bounded(self) -> frozenset[int]:
        """Places that may hold one token only in a well-formed process: flows and running scopes."""
        return frozenset(i for i, place in enumerate(self.places) if place.kind in (FLOW, INSIDE))

    @cached_property
    def resting(self) -> frozenset[int]:
        """Places whose tokens do not keep a process from being complete."""
        return frozenset(i for i, place in enumerate(self.places) if place.kind in (ENDED, BEGINNING, ONCE))

    @cached_property
    def messages(self) -> frozenset[int]:
        """Places of messages under way."""
        return frozenset(i for i, place in enumerate(self.places) if place.kind == MESSAGE)

    def _by_place(self, side: str) -> tuple[tuple[int, ...], ...]:
        found: list[list[int]] = [[] for _ in self.places]
        for number, transition in enumerate(self.transitions):
            for place in dict.fromkeys(getattr(transition, side)):
                found[place].append(number)
        return tuple(tuple(each) for each in found)
