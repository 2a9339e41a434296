"""Drawings made by chance: nested choices, loops and parallel blocks, some of them put together wrongly."""

from __future__ import annotations

import random

from engine.verifier.nets import Meaning, Semantics
from tests.verifier.drawing import definitions, process


class Drawn:
    """A process that grows block by block."""

    def __init__(self, chance: random.Random, spoilt: float) -> None:
        self.chance, self.spoilt = chance, spoilt
        self.words: list[str] = []
        self.flows: list[str] = []
        self.tasks: list[str] = []

    def node(self, kind: str) -> str:
        key = f"{kind}{len(self.words)}"
        self.words.append(f"{key}:{kind}")
        if kind == "task":
            self.tasks.append(key)
        return key

    def block(self, before: str, depth: int) -> str:
        kind = self.chance.choice(("task", "seq", "xor", "and", "loop", "or")) if depth else "task"
        if kind == "task":
            task = self.node("task")
            self.flows.append(f"{before}>{task}")
            return task
        if kind == "seq":
            return self.block(self.block(before, depth - 1), depth - 1)
        if kind == "loop":
            first, last = self.node("xor"), self.node("xor")
            self.flows.append(f"{before}>{first}")
            self.flows.append(f"{self.block(first, depth - 1)}>{last}")
            self.flows.append(f"{last}>{first}")
            return last
        join = self.chance.choice(("xor", "and", "or")) if self.chance.random() < self.spoilt else kind
        split, merge = self.node(kind), self.node(join)
        self.flows.append(f"{before}>{split}")
        for _ in range(self.chance.choice((2, 2, 3))):
            self.flows.append(f"{self.block(split, depth - 1)}>{merge}")
        return merge


def drawing(seed: int, *, depth: int = 3, spoilt: float = 0.2) -> tuple[bytes, list[str]]:
    """A BPMN file and the keys of its tasks."""
    drawn = Drawn(random.Random(seed), spoilt)  # noqa: S311 - chance, not secrets
    drawn.words.append("s:start")
    last = drawn.block("s", depth)
    drawn.words.append("e:end")
    drawn.flows.append(f"{last}>e")
    return definitions(process("p", " ".join(drawn.words), " ".join(drawn.flows))), drawn.tasks


def labelled(tasks: list[str], seed: int) -> Semantics:
    """Labels A, B and C on some tasks by chance; every task waits."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrets
    meanings = {
        task: Meaning(variants=((((),), frozenset(chance.choice((["A"], ["B"], ["C"], [], [], ["A", "B"])))),), waits=True)
        for task in tasks
    }
    return Semantics(meanings=meanings)
