"""Two versions of a small procedure, and a case of the old one that has come so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.rules.conditions import FeelType
from engine.workflow.blueprints import Blueprint, blueprint
from engine.workflow.instances import Running, WorkflowInstance
from engine.workflow.mapping import Comparison, Renaming, compare
from engine.workflow.migration import Verdict, judge
from engine.workflow.moving import Rehearsed, move, passed_of, rehearse
from engine.workflow.parsing import read_procedure
from engine.workflow.positions import standing_of
from tests.workflow.sketches import draw

FACTS = {"big": FeelType.BOOLEAN, "again": FeelType.BOOLEAN, "count": FeelType.NUMBER}
BEGINNING: Mapping[str, Any] = {"big": False, "again": False, "count": 2}


def plan(text: str, **called: str) -> Blueprint:
    """A procedure `main` and what it calls, ready to run."""
    found = {name: read_procedure(draw(one, process=name), name) for name, one in {"main": text, **called}.items()}
    return blueprint(found, "main", FACTS)


def started(found: Blueprint, facts: Mapping[str, Any] = BEGINNING, *, case_id: int = 1) -> Running:
    """A case that has just begun."""
    running = Running(WorkflowInstance(case_id=case_id, release_digest="old", procedure="main", facts=dict(facts), state=b"", revision=0), found)
    running.settle()
    return kept(running)


def kept(running: Running) -> Running:
    """Stored, as after every step."""
    running.instance.state = running.state()
    return running


def take(running: Running, *steps: str) -> Running:
    """Complete steps or operations by id; @id lets a limit on a border run out."""
    for step in steps:
        if step.startswith("@"):
            running.limit_reached(next(one for one in running.waiting_limits() if one.node.id == step[1:]))
        else:
            running.complete(next(one.task_id for one in (*running.open_steps(), *running.open_operations()) if one.node.id == step))
        kept(running)
    return running


def finish(running: Running) -> list[str]:
    """Take whatever waits, first come first, to the end; the ids of the steps."""
    taken = []
    while not running.completed:
        waiting = sorted((*running.open_steps(), *running.open_operations()), key=lambda one: one.node.id)
        assert waiting, "nothing waits and it has not ended"
        taken.append(waiting[0].node.id)
        running.complete(waiting[0].task_id)
        kept(running)
        assert len(taken) < 200
    return taken


def verdict(found: Comparison, running: Running) -> Verdict:
    return judge(found, standing_of(running), passed_of(running))


def moved(found: Comparison, running: Running) -> tuple[Running, Rehearsed]:
    """The case under the new version, and how copies of it ran."""
    fresh = move(running.instance, found, running.facts, "new")
    return fresh, rehearse(fresh)


def versions(old: str, new: str, renaming: Renaming | None = None, *, called: Sequence[Mapping[str, str]] = ({}, {})) -> Comparison:
    return compare(plan(old, **called[0]), plan(new, **called[1]), renaming)
