"""Where a case stands, in the words of its diagrams: what is open, what has arrived at a join, what is around it."""

from __future__ import annotations

from dataclasses import dataclass

from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.util.task import TaskState

from engine.workflow.charts import Place
from engine.workflow.instances import Running
from engine.workflow.skeleton import given_name
from engine.workflow.standing import PRESENT, parts


@dataclass(frozen=True)
class Standing:
    """open: steps, operations and events that wait; arrived: join → the inputs by which tokens have come and wait there.

    around: activities that have begun and not ended; repeating: those of them that run several times; scopes: what is open.
    """

    open: tuple[Place, ...]
    arrived: dict[Place, frozenset[str]]
    around: frozenset[Place]
    repeating: frozenset[Place]
    scopes: tuple[str, ...]

    def places(self) -> list[Place]:
        """Every place where something stands, without doublets."""
        return list(dict.fromkeys((*self.open, *self.arrived, *sorted(self.around))))


def standing_of(running: Running) -> Standing:
    """Read it from the task tree."""
    opened: list[Place] = []
    arrived: dict[Place, set[str]] = {}
    around, repeating, scopes = set[Place](), set[Place](), []
    for part in parts(running):
        scope = given_name(part.spec.name) or part.spec.name
        scopes.append(scope)
        for task in part.tasks.values():
            spec, name = task.task_spec, given_name(task.task_spec.name)
            if not name or isinstance(spec, _EndJoin):
                continue
            place = (scope, name)
            if isinstance(spec, UnstructuredJoin) and _has_arrived(task):
                arrived.setdefault(place, set()).add(given_name(task.parent.task_spec.name) or task.parent.task_spec.name)
            elif not task.state & PRESENT:
                continue
            elif isinstance(spec, SubWorkflowTask | LoopTask):
                around.add(place)
                if isinstance(spec, LoopTask):
                    repeating.add(place)
            else:
                opened.append(place)
    return Standing(
        tuple(dict.fromkeys(opened)), {place: frozenset(ways) for place, ways in arrived.items()}, frozenset(around),
        frozenset(repeating), tuple(dict.fromkeys(scopes)),
    )


def _has_arrived(task: object) -> bool:
    state, parent, book = (getattr(task, name) for name in ("state", "parent", "internal_data"))
    waits = state & (TaskState.WAITING | TaskState.CANCELLED)
    return bool(waits and parent is not None and parent.state == TaskState.COMPLETED and "joined" not in book)
