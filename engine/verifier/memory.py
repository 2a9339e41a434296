"""What was proved before, by the digest of what it was proved of; only proofs are kept, violations are looked for again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from engine.verifier.nets import Net, Transition


class Memory:
    """Proofs in memory, and in a folder when one is given (which then has to be as safe as the platform's own files)."""

    def __init__(self, folder: Path | None = None) -> None:
        self._known: dict[str, Any] = {}
        self._folder = folder
        self.found = 0

    def find(self, key: str) -> Any:
        """What is known under a digest; None when nothing is."""
        if key not in self._known and self._folder and (path := self._folder / f"{key}.json").is_file():
            self._known[key] = json.loads(path.read_text(encoding="utf-8"))
        self.found += key in self._known
        return self._known.get(key)

    def keep(self, key: str, proof: Any) -> None:
        """Remember a proof (plain values)."""
        self._known[key] = proof
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{key}.json").write_text(json.dumps(proof), encoding="utf-8")


def digest(net: Net, *what: object, exact: bool = False) -> str:
    """A digest of a net and what is asked of it, the same for nets that differ in names and drawing only.

    exact: the elements count, too. Places are numbered as they are met on a walk from the first marking.
    """
    number: dict[int, int] = {}
    for place in net.marking:
        number.setdefault(place, len(number))
    left = set(range(len(net.transitions)))
    told: list[Any] = []
    while left:
        ready = [
            each for each in left if any(place in number for place in net.transitions[each].consume)
        ] or sorted(left)[:1]
        for each in sorted(ready, key=lambda each: _order(net.transitions[each], number)):
            left.discard(each)
            transition = net.transitions[each]
            for place in (*transition.consume, *transition.produce):
                number.setdefault(place, len(number))
            told.append(_told(transition, number, exact=exact))
    whole = (
        told, [(fact.name, [repr(value) for value in fact.values]) for fact in net.facts], net.beginning,
        [number[place] for place in net.marking], net.doubts, [repr(each) for each in what],
        sorted((text, boxes) for text, boxes in net.conditions.items()),
    )
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def _order(transition: Transition, number: dict[int, int]) -> tuple[Any, ...]:
    known = sorted(number[place] for place in transition.consume if place in number)
    return (
        known, sorted(transition.labels), transition.guard, transition.writes, transition.waits, len(transition.produce),
        transition.element, transition.consume,
    )


def _told(transition: Transition, number: dict[int, int], *, exact: bool) -> tuple[Any, ...]:
    return (
        sorted(number[place] for place in transition.consume), sorted(number[place] for place in transition.produce),
        sorted(number.get(place, -1) for place in transition.absent), sorted(number.get(place, -1) for place in transition.reset),
        transition.waits, transition.guard, transition.writes, sorted(transition.labels), sorted(transition.asks),
        transition.elements if exact else (),
    )
