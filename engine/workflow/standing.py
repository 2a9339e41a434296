"""Where a case stands in the library's task tree: its tokens, where each comes from, and the activities around them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.util.task import TaskState

from engine.errors import Conflict
from engine.workflow.instances import Running
from engine.workflow.joins import ParallelJoin
from engine.workflow.lineage import FROM, Origin

PRESENT = TaskState.WAITING | TaskState.READY | TaskState.STARTED


def parts(running: Running) -> list[Any]:
    """The top procedure and all that are called."""
    return [running._workflow, *running._workflow.subprocesses.values()]


def find_task(running: Running, task_id: str) -> Any:
    """The task of this id; Conflict when nothing waits there any more."""
    for part in parts(running):
        for task in part.tasks.values():
            if str(task.id) == task_id:
                return task
    raise Conflict("step.not_open", "该环节已经办结或者不再等待办理，请刷新后查看")


def tokens(running: Running) -> Iterator[Any]:
    """Every place where the case stands: steps, operations, events, and what waits at a join; not the activities around them."""
    for part in parts(running):
        for task in part.tasks.values():
            spec = task.task_spec
            if isinstance(spec, ParallelJoin):
                arrived = task.state & (PRESENT | TaskState.CANCELLED) and task.parent.state == TaskState.COMPLETED
                if arrived and "joined" not in task.internal_data:
                    yield task
            elif isinstance(spec, _EndJoin) and task.state == TaskState.CANCELLED and not part.completed:
                yield task  # it has reached the end and is counted when the last one does
            elif task.state & PRESENT and not isinstance(spec, SubWorkflowTask | LoopTask | BoundaryEvent | BoundaryEventJoin):
                yield task


def origin_at(task: Any) -> Origin:
    """Where a token comes from; what waits at a join has not inherited yet and is asked of its parent."""
    own: Origin | None = task.data.get(FROM)
    if own is None or isinstance(task.task_spec, ParallelJoin | _EndJoin):
        own = task.parent.data.get(FROM) if task.parent is not None else None
    return own or {}


def containers(running: Running, task: Any) -> Iterator[Any]:
    """The multi-instance tasks and calling activities around a task, innermost first."""
    while task is not None:
        above = task.parent
        if above is not None and task.triggered and isinstance(above.task_spec, LoopTask):
            task = above
        else:
            caller = task.workflow.parent_task_id
            task = None if caller is None else running._workflow.get_task_from_id(caller)
        if task is not None:
            yield task


def loops(running: Running) -> list[Any]:
    """The multi-instance tasks that go on."""
    return [
        task for part in parts(running) for task in part.tasks.values()
        if isinstance(task.task_spec, LoopTask) and task.state == TaskState.STARTED
    ]


def subtree(task: Any) -> Iterator[Any]:
    """A task and all below it."""
    todo = [task]
    while todo:
        current = todo.pop()
        yield current
        todo += current.children


def whole_of(task: Any) -> Any:
    """A step with limits on its border hangs on a split of the library's own; the two stand and fall together."""
    return task.parent if isinstance(task.parent.task_spec, BoundaryEventSplit) else task
