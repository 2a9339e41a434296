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
from engine.verifier.nets import Box, Net, Writes, meet

MOST_TRIES = 50_000
Lives = tuple[tuple[tuple[int, int, int], ...], ...]
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
    path = steps(finding, diagram) if finding.net else ()
    last = path[-1] if path else None
    where = f"procedures/{last.procedure}.bpmn#{last.id}" if last else f"procedures/{procedure}.bpmn"
    sentence = _sentence(invariant, path, law) if finding.outcome == VIOLATED else ""
    return Verdict(
        invariant.id, procedure, finding.outcome, invariant.level, invariant.article, invariant.text, path, where, sentence,
        finding.reason,
    )


def steps(finding: Finding, diagram: Diagram) -> tuple[PathStep, ...]:
    """The elements of a path with the values that the facts must have been given for it."""
    net, path, invariant = finding.net, finding.path, finding.invariant
    if net is None or not path:
        return ()
    asked = [] if invariant.at_the_end else [
        net.conditions[text][side] for side, text in enumerate((invariant.when, invariant.holds)) if text in net.conditions
    ]
    found = path_steps(net, path, diagram, asked)
    if invariant.at_the_end:
        return found
    behind = len(net.transitions[path[-1]].elements) - 1  # what follows the step that breaks the rule is no part of it
    return found[:len(found) - behind]


def path_steps(net: Net, path: Sequence[int], diagram: Diagram, asked: Sequence[tuple[Box, ...]] = ()) -> tuple[PathStep, ...]:
    """The elements of some transitions, each with the facts that it has to leave."""
    found = []
    for number, given in zip(path, assign(net, path, asked), strict=True):
        for key in net.transitions[number].elements:
            element = diagram.elements[key]
            kind = "callActivity" if element.called else element.kind
            found.append(PathStep(key, element.id, element.procedure, kind, element.name, given))
            given = {}
    return tuple(found)


def assign(net: Net, path: Sequence[int], asked: Sequence[tuple[Box, ...]] = ()) -> list[dict[str, object]]:
    """For each transition of a path the facts that it writes and somebody reads afterwards, with values that fit the path.

    asked: what must be true of the facts when the last transition happens, each as boxes of which one has to fit.
    """
    lives = _lives(net, path, asked)
    found: list[dict[str, object]] = [{} for _ in path]
    for known, life in zip(net.facts, lives, strict=True):
        for writer, written, possible in life:
            if writer >= 0 and possible & written and possible != known.everything and not known.name.startswith("⟨"):
                found[writer][known.name] = known.chosen(possible & written)
    return found


def _lives(net: Net, path: Sequence[int], asked: Sequence[tuple[Box, ...]]) -> list[tuple[tuple[int, int, int], ...]]:
    """For each fact its lives along a path: who wrote it (-1: the beginning), what was written, what the reading left possible.

    Guards with several boxes are tried in turn until the whole path fits.
    """
    start: Lives = tuple(((-1, mask, mask),) for mask in net.beginning)
    todo = [(0, start)]
    best, tries = (0, start), 0
    while todo and tries < MOST_TRIES:
        position, lives = todo.pop()
        tries += 1
        if position > best[0]:
            best = (position, lives)
        if position == len(path):
            break
        choices = net.transitions[path[position]].guard
        for boxes in asked if position == len(path) - 1 else ():
            choices = tuple(both for one in choices for other in boxes for both in meet(one, other))
        for box in reversed(choices):
            if all(lives[fact][-1][2] & mask for fact, mask in box):
                todo.append((position + 1, _after(lives, box, net.transitions[path[position]].writes, position)))
    return list(best[1])


def _after(lives: Lives, box: Box, writes: Writes, position: int) -> Lives:
    changed = list(lives)
    for fact, mask in box:
        writer, written, possible = changed[fact][-1]
        changed[fact] = (*changed[fact][:-1], (writer, written, possible & mask))
    for fact, mask, may in writes:
        old = changed[fact][-1][2] if may else 0
        changed[fact] = (*changed[fact], (position, mask, mask | old))
    return tuple(changed)


def _sentence(invariant: Invariant, path: Sequence[PathStep], law: Law) -> str:
    way = "→".join(_told(path, law))
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


def _told(path: Sequence[PathStep], law: Law) -> list[str]:
    """The steps that people know, each with what was decided in it; a long way is shortened in the middle."""
    told = []
    for step in path:
        if step.kind in SHOWN and step.name:
            given = "，".join(f"{law.facts.get(name, name)}＝{_spoken(value)}" for name, value in step.facts.items())
            told.append(f"{step.name}（{given}）" if given else step.name)
    return told if len(told) <= 24 else [*told[:8], "……", *told[-14:]]


def _spoken(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value) or "其他"


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value
