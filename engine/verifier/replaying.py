"""Run a path of the verifier in the engine itself: what breaks the law on paper must break it in a case, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.verifier.verdicts import PathStep
from engine.workflow.instances import Blueprint, OpenNode, Running, begin

STOPS = frozenset({"userTask", "serviceTask", "boundaryEvent"})


@dataclass(frozen=True)
class Replay:
    """How far the engine followed a path: the steps taken (procedure, id); missing: the step that was not open, if any."""

    taken: tuple[tuple[str, str], ...]
    missing: str
    running: Running

    @property
    def complete(self) -> bool:
        """Whether the engine took the whole path."""
        return not self.missing


def replay(plan: Blueprint, initial: dict[str, object], path: Sequence[PathStep]) -> Replay:
    """Take the steps of a path in the engine, one after the other, with the facts that each leaves.

    Gateways and events are the engine's own business: it decides them from the facts, as in a real case.
    """
    running = begin(0, "", plan, initial)
    taken: list[tuple[str, str]] = []
    for step in path:
        if step.kind not in STOPS:
            continue
        found = _open(running, step)
        if found is None:
            waiting = "、".join(each.node.id for each in (*running.open_steps(), *running.open_operations()))
            return Replay(tuple(taken), f"{step.key}（引擎正在等待：{waiting or '无'}）", running)
        running.facts.update(step.facts)
        if step.kind == "boundaryEvent":
            running.limit_reached(found)
        else:
            running.complete(found.task_id)
        taken.append((step.procedure, step.id))
    return Replay(tuple(taken), "", running)


def _open(running: Running, step: PathStep) -> OpenNode | None:
    waiting = {
        "userTask": running.open_steps, "serviceTask": running.open_operations, "boundaryEvent": running.waiting_limits,
    }[step.kind]()
    return next((each for each in waiting if (each.node.procedure, each.node.id) == (step.procedure, step.id)), None)
