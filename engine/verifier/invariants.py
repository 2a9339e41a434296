"""What the law asks of every run, as small automata: they watch the labels of the transitions that happen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BLOCK, WARN = "block", "warn"
PRECEDES, BETWEEN, RESPONSE, NEVER, ABSENT, STATE, POSSIBLE = (
    "precedes", "between", "response", "never", "absent", "state", "possible"
)
WATCHED = (PRECEDES, BETWEEN, RESPONSE, NEVER, ABSENT, STATE, POSSIBLE)
CONDITION = "when:"


@dataclass(frozen=True)
class Invariant:
    """One rule about runs. id, article, text: for people; level: block or warn; kind: what is asked of the labels.

    precedes: no `then` unless one of `first` was before. between: after `after` no `then` until one of `through`.
    response: after `after` one of `then` comes before the end. never: after `after` no `then` any more. absent: no `then` at
    all. state: at every `then` the condition `holds` is true of the facts. possible: some run has `then` after `after`.
    when: only where this condition is true at the step that is judged (of response: at `after`).
    where: only in procedures in which one of these labels occurs (empty: in all).
    """

    id: str
    article: str
    level: str
    text: str
    kind: str
    first: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    through: frozenset[str] = frozenset()
    then: frozenset[str] = frozenset()
    holds: str = ""
    when: str = ""
    where: frozenset[str] = frozenset()

    @property
    def labels(self) -> frozenset[str]:
        """The labels that it watches."""
        return self.first | self.after | self.through | self.then

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions over facts that it asks about."""
        return tuple(text for text in (self.holds, self.when) if text)

    @property
    def judged(self) -> frozenset[str]:
        """The labels at which its conditions are asked."""
        return self.after if self.kind == RESPONSE else self.then

    @property
    def at_the_end(self) -> bool:
        """Whether it is judged when a run is over."""
        return self.kind == RESPONSE

    def step(self, open_: bool, labels: frozenset[str]) -> tuple[bool, bool]:
        """Go on by one transition: whether something is owed (or seen) now, and whether the rule is broken by it.

        Of possible, "broken" means found.
        """
        applies = not self.when or CONDITION + self.when in labels
        if self.kind == PRECEDES:
            seen = open_ or bool(self.first & labels)
            return seen, applies and not seen and bool(self.then & labels)
        if self.kind == BETWEEN:
            owed = open_ and not self.through & labels
            broken = owed and applies and bool(self.then & labels)
            return owed or (bool(self.after & labels) and not self.through & labels), broken
        if self.kind == RESPONSE:
            owed = open_ and not self.then & labels
            return owed or (applies and bool(self.after & labels) and not self.then & labels), False
        if self.kind in (NEVER, POSSIBLE):
            broken = open_ and applies and bool(self.then & labels)
            return open_ or bool(self.after & labels), broken
        if self.kind == ABSENT:
            return False, applies and bool(self.then & labels)
        return False, applies and bool(self.then & labels) and CONDITION + self.holds not in labels


@dataclass(frozen=True)
class Label:
    """When a step counts as one that the law speaks of. name: Chinese, for sentences.

    operations: what it must run (empty: anything); tag: it must carry the label as its tag, too; limits: it must be a time
    limit that ends a step, one of these; when: only while this condition is true; by_time: that its time limit runs out on the
    border of such a step counts as well.
    """

    key: str
    name: str
    operations: frozenset[str] = frozenset()
    tag: bool = False
    limits: frozenset[str] = frozenset()
    when: str = ""
    by_time: bool = False


def relevant(invariants: Iterable[Invariant]) -> frozenset[str]:
    """All labels that some invariants watch."""
    return frozenset[str]().union(*(frozenset(each.labels | each.where) for each in invariants))
