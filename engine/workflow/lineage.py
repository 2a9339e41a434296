"""What led to what: which completed steps a token comes from, so that going back takes exactly what followed.

A token carries its origin as task data under "from"; the library hands it on, and joins unite it. An origin maps the id of each
step that was completed last on its way to {}. Where branches met it holds the join instead, with the origin that each brought:
{"join:<id>": {"name": node, "level": id of the activity that called the procedure, "in": {input node: origin}}}.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Origin = Mapping[str, Any]
FROM = "from"
JOIN = "join:"


@dataclass(frozen=True)
class PastStep:
    """A step of a case as going back sees it.

    level: the activities within which it lies, outermost first, each as (task id, node id).
    """

    task_id: str
    procedure: str
    node: str
    origin: Origin
    level: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Arrival:
    """What had reached a join that must wait again: the input by which it came, and where it came from."""

    level: str
    join: str
    through: str
    origin: Origin


def after_step(task_id: str) -> dict[str, Any]:
    """The data of a token that has just completed a step."""
    return {FROM: {task_id: {}}}


def after_join(join_id: str, name: str, level: str, brought: Mapping[str, Origin]) -> dict[str, Any]:
    """The data of the token that leaves a join."""
    return {FROM: {f"{JOIN}{join_id}": {"name": name, "level": level, "in": dict(brought)}}}


def steps_in(origin: Origin) -> Iterator[str]:
    """Ids of the steps that an origin names, through all joins."""
    for key, met in origin.items():
        if not key.startswith(JOIN):
            yield key
            continue
        for brought in met["in"].values():
            yield from steps_in(brought)


def falls(origin: Origin, fallen: frozenset[str] | set[str]) -> bool:
    """Whether a token of this origin came from a step that falls."""
    return any(step in fallen for step in steps_in(origin))


def following(steps: Iterable[PastStep], task_id: str) -> frozenset[str]:
    """Ids of a step and of all steps, in order of their opening, that came because of it."""
    fallen = {task_id}
    for step in steps:
        if falls(step.origin, fallen):
            fallen.add(step.task_id)
    return frozenset(fallen)


def arrivals_left(origins: Iterable[Origin], fallen: frozenset[str]) -> list[Arrival]:
    """What other branches had brought to joins that only fired because of what falls; it has to wait there again."""
    found: dict[tuple[str, str], Arrival] = {}
    todo = list(origins)
    while todo:
        for key, met in todo.pop().items():
            if not key.startswith(JOIN):
                continue
            gone = {through: brought for through, brought in met["in"].items() if falls(brought, fallen)}
            if not gone:
                continue
            todo += gone.values()
            for through, brought in met["in"].items():
                if through not in gone:
                    found[key, through] = Arrival(met["level"], met["name"], through, brought)
    return list(found.values())


def joins_taken(origins: Iterable[Origin], fallen: frozenset[str]) -> list[tuple[str, set[str]]]:
    """The joins that fired because of what falls, each with the inputs by which tokens had come."""
    found: list[tuple[str, set[str]]] = []
    todo = list(origins)
    while todo:
        for key, met in todo.pop().items():
            if key.startswith(JOIN) and any(falls(brought, fallen) for brought in met["in"].values()):
                found.append((met["name"], set(met["in"])))
                todo += met["in"].values()
    return found
