"""Verdicts for people and machines: what was held against what, and how a run breaks it, step by step in Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.verifier.checking import VIOLATED, Finding
from engine.verifier.diagrams import Diagram
from engine.verifier.invariants import (
    ABSENT,
    BETWEEN,
    BLOCK,
    NEVER,
    POSSIBLE,
    PRECEDES,
    RESPONSE,
    STATE,
    Invariant,
)
from engine.verifier.meaning import Law, names
from engine.verifier.nets import Net

SHOWN = frozenset({"userTask", "serviceTask", "boundaryEvent", "endEvent"})


@dataclass(frozen=True)
class PathStep:
    """One element of a run: key (with the path of calls), its id and procedure, its name, and the facts that it leaves."""

    key: str
    id: str
    procedure: str
    kind: str
    name: str
    facts: Mapping[str, object]


@dataclass(frozen=True)
class Verdict:
    """What was found about one rule in one procedure ("" = the package as a whole).

    outcome: holds, violated or unknown; where: file and element, for faults; path: a shortest run that breaks it;
    sentence: the violation in Chinese, with the article; reason: why it is unknown.
    """

    id: str
    procedure: str
    outcome: str
    level: str
    article: str
    text: str
    path: tuple[PathStep, ...] = ()
    where: str = ""
    sentence: str = ""
    reason: str = ""

    @property
    def refuses(self) -> bool:
        """Whether a package with this verdict must not be published: broken, or not proved, at the level of block."""
        return self.level == BLOCK and self.outcome != "holds"

    def plain(self) -> dict[str, Any]:
        """The verdict as plain values for JSON."""
        return {
            "id": self.id, "procedure": self.procedure, "verdict": self.outcome, "level": self.level, "article": self.article,
            "text": self.text, "where": self.where, "sentence": self.sentence, "reason": self.reason,
            "path": [
                {"key": step.key, "id": step.id, "procedure": step.procedure, "kind": step.kind, "name": step.name,
                 "facts": {name: _plain(value) for name, value in step.facts.items()}} for step in self.path
            ],
        }


def verdict(finding: Finding, procedure: str, diagram: Diagram, law: Law) -> Verdict:
    """A finding told to people."""
    invariant = finding.invariant
    path = steps(finding.net, finding.path, diagram) if finding.net else ()
    last = path[-1] if path else None
    where = f"procedures/{last.procedure}.bpmn#{last.id}" if last else f"procedures/{procedure}.bpmn"
    sentence = _sentence(invariant, path, law) if finding.outcome == VIOLATED else ""
    return Verdict(
        invariant.id, procedure, finding.outcome, invariant.level, invariant.article, invariant.text, path, where, sentence,
        finding.reason,
    )


def steps(net: Net, path: Sequence[int], diagram: Diagram) -> tuple[PathStep, ...]:
    """The elements of a path with the values that the facts must have been given for it."""
    values = assign(net, path)
    found = []
    for number, given in zip(path, values, strict=True):
        for key in net.transitions[number].elements:
            element = diagram.elements[key]
            kind = "callActivity" if element.called else element.kind
            found.append(PathStep(key, element.id, element.procedure, kind, element.name, given))
            given = {}
    return tuple(found)


def assign(net: Net, path: Sequence[int]) -> list[dict[str, object]]:
    """For each transition of a path the facts that it writes and somebody reads afterwards, with values that fit the path."""
    lives: list[list[tuple[int, int, int]]] = [[(-1, mask, mask)] for mask in net.beginning]  # (writer, written, still possible)
    for position, number in enumerate(path):
        transition = net.transitions[number]
        box = next(
            (box for box in transition.guard if all(lives[fact][-1][2] & mask for fact, mask in box)), transition.guard[0]
        )
        for fact, mask in box:
            writer, written, possible = lives[fact][-1]
            lives[fact][-1] = (writer, written, possible & mask)
        for fact, mask, may in transition.writes:
            old = lives[fact][-1][2] if may else 0
            lives[fact].append((position, mask, mask | old))
    found: list[dict[str, object]] = [{} for _ in path]
    for known, life in zip(net.facts, lives, strict=True):
        for writer, written, possible in life:
            if writer >= 0 and possible & written and possible != known.everything and not known.name.startswith("⟨"):
                found[writer][known.name] = known.chosen(possible & written)
    return found


def _sentence(invariant: Invariant, path: Sequence[PathStep], law: Law) -> str:
    way = "→".join(_told(path))
    article = f"（{invariant.article}）"
    if invariant.kind == PRECEDES:
        return f"{way}，此前没有{names(invariant.first, law)}{article}"
    if invariant.kind == BETWEEN:
        return f"{way}，其间没有{names(invariant.through, law)}{article}"
    if invariant.kind == RESPONSE:
        return f"{way}，至流程结束没有{names(invariant.then, law)}{article}"
    if invariant.kind == NEVER:
        return f"{way}，{names(invariant.after, law)}之后又回到了前面的环节{article}"
    if invariant.kind == ABSENT:
        return f"{way}，流程中不得有{names(invariant.then, law)}{article}"
    if invariant.kind == STATE:
        return f"{way}，办理时不具备法定条件：{invariant.text}{article}"
    assert invariant.kind == POSSIBLE  # noqa: S101 - the kinds are a closed list
    return f"没有任何一条路径在{names(invariant.after, law)}之后到达{names(invariant.then, law)}{article}"


def _told(path: Sequence[PathStep]) -> list[str]:
    """The steps that people know, each with what was decided in it; a long way is shortened in the middle."""
    told = []
    for step in path:
        if step.kind in SHOWN and step.name:
            given = "，".join(f"{name}＝{_spoken(value)}" for name, value in step.facts.items())
            told.append(f"{step.name}（{given}）" if given else step.name)
    return told if len(told) <= 24 else [*told[:8], "……", *told[-14:]]


def _spoken(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value) or "其他"


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value
