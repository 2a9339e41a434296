"""Say of BPMN files, whoever drew them, whether their processes and collaborations are sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import PackageFault
from engine.verifier.composing import expand, only, roots
from engine.verifier.diagrams import Diagram
from engine.verifier.exploring import USUAL, Bounds
from engine.verifier.reading import read_diagram
from engine.verifier.soundness import SOUND, UNKNOWN, UNSOUND, Flaw, soundness

PROPERTIES = ("safe", "option_to_complete", "proper_completion", "no_dead_elements")


@dataclass(frozen=True)
class Assessment:
    """The verdict on one file: sound, unsound or unknown; the fields are those of Soundness, for all of its processes."""

    file: str
    verdict: str
    flaws: tuple[Flaw, ...]
    properties: Mapping[str, str]
    messages_left: bool
    reason: str
    states: int

    def plain(self) -> dict[str, Any]:
        """The verdict as plain values for JSON: kind, elements and path are those of the gravest flaw."""
        first = self.flaws[0] if self.flaws else None
        return {
            "file": self.file, "verdict": self.verdict, "kind": first.kind if first else None,
            "elements": list(first.elements) if first else [], "path": list(first.path) if first else [],
            "reason": first.reason if first else self.reason,
            "flaws": [
                {"kind": each.kind, "elements": list(each.elements), "path": list(each.path), "reason": each.reason}
                for each in self.flaws
            ],
            "properties": dict(self.properties), "messages_left": self.messages_left, "states": self.states,
        }


def assess(files: Mapping[str, bytes], bounds: Bounds = USUAL) -> list[Assessment]:
    """The verdict on each file; calls are opened up where one of the files holds the called process."""
    diagrams: dict[str, Diagram] = {}
    refused: dict[str, str] = {}
    for name, data in files.items():
        try:
            diagrams[name] = read_diagram(data, name)
        except PackageFault as error:
            refused[name] = error.message
    library = {
        scope.key: diagram for diagram in diagrams.values() for scope in diagram.scopes.values() if not scope.parent
    }
    return [
        _unreadable(name, refused[name]) if name in refused else _assess(name, diagrams[name], library, bounds)
        for name in files
    ]


def _assess(name: str, diagram: Diagram, library: Mapping[str, Diagram], bounds: Bounds) -> Assessment:
    found = []
    for processes in together(diagram):
        try:
            path = tuple(processes) if len(processes) == 1 else ()
            found.append(soundness(expand(only(diagram, processes), library, path), bounds))
        except PackageFault as error:
            return _unreadable(name, error.message)
    verdicts = {each.verdict for each in found}
    verdict = UNSOUND if UNSOUND in verdicts else UNKNOWN if UNKNOWN in verdicts else SOUND
    properties = {
        key: next((state for state in ("violated", "unknown") if any(each.properties[key] == state for each in found)), "holds")
        for key in PROPERTIES
    }
    return Assessment(
        name, verdict, tuple(flaw for each in found for flaw in each.flaws), properties,
        any(each.messages_left for each in found), "；".join(dict.fromkeys(each.reason for each in found if each.reason)),
        sum(each.states for each in found),
    )


def together(diagram: Diagram) -> list[list[str]]:
    """The processes of a diagram in groups that send each other messages; those that others call are part of them."""
    groups = [[key] for key in roots(diagram)]
    owner = {key: number for number, group in enumerate(groups) for key in diagram.inside(group[0])}
    for message in diagram.messages:
        ends = [diagram.elements[end].scope for end in (message.source, message.target) if end]
        numbers = sorted({owner[scope] for scope in ends if scope in owner})
        if len(numbers) == 2:
            one, other = numbers
            groups[one] += groups[other]
            groups[other] = []
            owner = {scope: one if number == other else number for scope, number in owner.items()}
    return [group for group in groups if group]


def _unreadable(name: str, reason: str) -> Assessment:
    return Assessment(name, UNKNOWN, (), dict.fromkeys(PROPERTIES, "unknown"), False, reason, 0)  # noqa: FBT003 - a field
