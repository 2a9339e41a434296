"""The library's task tree made lean: numbered tasks, no log, and what is finished leaves the tree once nothing asks for it.

What SpiffWorkflow decides stays its decision; only how a task is kept changes, and `tests/workflow/test_differential.py`
walks both side by side. What was done, and by whom, is told by the case's rows and its journal, not by the tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, SafeUUID

from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.workflow.events import refresh_conditions, take_sent

WAITING, READY, COMPLETED, CANCELLED = TaskState.WAITING, TaskState.READY, TaskState.COMPLETED, TaskState.CANCELLED
FINISHED = TaskState.FINISHED_MASK
NUMBERS = 1 << 40  # a task's id is case × NUMBERS + its number in the case


class LeanTask(Task):  # type: ignore[misc]
    """A task whose id is a number of its case; its last change is a tick of the case's own count (no clock is asked)."""

    def __init__(
        self, workflow: Any, task_spec: Any, parent: Any = None, state: int = TaskState.MAYBE, id: UUID | None = None  # noqa: A002
    ) -> None:
        top = workflow.top_workflow
        self.id = id or top.next_key()
        workflow.tasks[self.id] = self
        self.workflow = workflow
        self._parent = None if parent is None else parent.id
        self._children: list[UUID] = []
        self._state = state
        self.triggered = False
        self.task_spec = task_spec
        self.thread_id = 0
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = top.tick()
        if parent is not None:
            parent._children.append(self.id)

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> LeanTask:
        task = LeanTask(self.workflow, task_spec, self, state)
        if state == READY:
            task._ready()
        return task

    def _set_state(self, value: int) -> None:
        if value != self._state:
            self._state = value
            self.last_state_change = self.workflow.top_workflow.tick()
            if value == COMPLETED:
                self.workflow.top_workflow.passed.add((self.workflow.spec.name, self.task_spec.name))

    def _inherit_data(self) -> None:
        if self.parent.data:  # the host's routing facts are not task data, so there is seldom any
            super()._inherit_data()


class _Part:
    """What the top procedure and every called one have in common."""

    tasks: dict[UUID, Any]
    task_tree: Any
    top_workflow: Any

    def begin(self) -> None:
        """Make the first task, as the library's own constructor does."""
        workflow: Any = self
        root = self.task_tree = LeanTask(self, workflow.spec.start, None, TaskState.FUTURE)
        root.task_spec._predict(root, mask=TaskState.NOT_FINISHED_MASK)
        root._ready()

    def update_waiting_tasks(self) -> None:
        """Update what waits in this part; the library's own walk over the tree would stop at depth 1000."""
        for task in [task for task in self.tasks.values() if task._state == WAITING]:
            if task._state == WAITING and task.id in self.tasks:
                task.task_spec._update(task)

    def is_completed(self) -> bool:
        """Whether nothing is left to do; the library's own answer is wrong below depth 1000."""
        return all(task._state & FINISHED for task in self.tasks.values())

    def collect_log_extras(self, dct: Any = None) -> dict[str, Any]:
        """Nothing is logged: the journal is the record."""
        return {}

    def _task_completed_notify(self, task: Any) -> None:
        if isinstance(task.task_spec, UnstructuredJoin):
            self._take_arrivals(task)
        super()._task_completed_notify(task)  # type: ignore[misc]

    def _task_removed_notify(self, task: Any) -> None:
        self.top_workflow.event_manager.remove_task(task)
        super()._task_removed_notify(task)  # type: ignore[misc]

    def _take_arrivals(self, join: Any) -> None:
        """A join has taken the arrivals that it waited for; the library would count them again in the next round of a loop."""
        for task in [one for one in self.tasks.values() if one.task_spec is join.task_spec and one._state == CANCELLED]:
            self.tasks[task._parent]._children.remove(task.id)
            del self.tasks[task.id]

    def forget(self) -> None:
        """Keep the root, what is unfinished and what an unfinished task may still ask for, hung by the nearest kept ancestor."""
        keep = self._kept()
        root = self.task_tree
        keep.add(root.id)
        if len(keep) == len(self.tasks):
            return
        below: dict[UUID, list[UUID]] = {identifier: [] for identifier in keep}
        todo = [(root.id, root.id)]
        while todo:  # depth first and in order, so that what is kept stays in the library's order
            identifier, above = todo.pop()
            if identifier in keep:
                if identifier != root.id:
                    below[above].append(identifier)
                    self.tasks[identifier]._parent = above
                above = identifier
            todo += [(child, above) for child in reversed(self.tasks[identifier]._children)]
        self.tasks = {identifier: task for identifier, task in self.tasks.items() if identifier in keep}
        for identifier, children in below.items():
            self.tasks[identifier]._children = children

    def _kept(self) -> set[UUID]:
        keep: set[UUID] = set()
        for task in self.tasks.values():
            if task._state & FINISHED:
                continue
            keep.add(task.id)
            if task._parent is not None:
                keep.add(task._parent)  # a join asks by which way a task has come
            if isinstance(task.task_spec, LoopTask):
                keep.update(task._children)  # the instances are counted
            split = getattr(task.task_spec, "split_task", None)
            if split is not None and (ancestor := task.find_ancestor(split)) is not None:
                keep.add(ancestor.id)
                keep.update(ancestor._children)
            if task._state == WAITING and isinstance(task.task_spec, UnstructuredJoin):
                keep.update(self._arrivals(task))
        return keep

    def _arrivals(self, join: Any) -> Iterator[UUID]:
        for task in self.tasks.values():
            if task.task_spec is join.task_spec and task._state == CANCELLED and "joined" not in task.internal_data:
                yield task.id
                yield task._parent


class PartWorkflow(_Part, BpmnSubWorkflow):  # type: ignore[misc]
    """A called procedure or a sub-process inside a case's workflow."""

    def __init__(self, spec: Any, parent_task_id: UUID, top_workflow: Any) -> None:
        super().__init__(spec, parent_task_id, top_workflow, deserializing=True)


class CaseWorkflow(_Part, BpmnWorkflow):  # type: ignore[misc]
    """The workflow of one case.

    number, ticks: counters; passed: (procedure, task) names that were ever completed.
    """

    def __init__(self, case: int, spec: Any, subprocess_specs: Mapping[str, Any], script_engine: Any) -> None:
        self.case = case
        self.number = 0
        self.ticks = 0
        self.passed: set[tuple[str, str]] = set()
        super().__init__(spec, subprocess_specs, script_engine, deserializing=True)

    def key(self, number: int) -> UUID:
        """The id of a task by its number; made by hand, because UUID's own constructor looks at twelve things first."""
        made: UUID = object.__new__(UUID)
        object.__setattr__(made, "int", self.case * NUMBERS + number)
        object.__setattr__(made, "is_safe", SafeUUID.unknown)
        return made

    def next_key(self) -> UUID:
        """The id of a new task."""
        self.number += 1
        return self.key(self.number)

    def tick(self) -> int:
        """The next number in the order of changes."""
        self.ticks += 1
        return self.ticks

    def parts(self) -> list[Any]:
        """The top procedure and all that are called, in order of their call."""
        return [self, *self.subprocesses.values()]

    def create_subprocess(self, my_task: Any, spec_name: str) -> PartWorkflow:
        """Begin a called procedure."""
        part = PartWorkflow(self.subprocess_specs[spec_name], my_task.id, self)
        self.subprocesses[my_task.id] = part
        part.begin()
        return part

    def get_task_from_id(self, task_id: UUID) -> Any:
        """The task of this id in any part; None when it is not in the tree."""
        for part in self.parts():
            if task_id in part.tasks:
                return part.tasks[task_id]
        return None

    def settle(self) -> None:
        """Run all that waits neither for a person nor for the host, innermost parts first, then forget what is done with."""
        moved = True
        while moved:
            moved = refresh_conditions(self)
            known = len(self.subprocesses)
            nested = sorted(self.get_active_subprocesses(), key=lambda part: part.depth, reverse=True)
            for part in (*nested, self):
                moved |= self._run_borders() or _run_ready(part)
                if part.parent_task_id is not None and (parent := self.get_task_from_id(part.parent_task_id)) is not None:
                    parent.task_spec._update(parent)
            moved |= len(self.subprocesses) > known
        take_sent(self)
        self.forget_finished()

    def _run_borders(self) -> bool:
        """Run border events that were reached, so that an error stops an outer sub-process before it goes on inside."""
        ready = [
            task for part in self.parts() for task in part.tasks.values()
            if task._state == READY and isinstance(task.task_spec, BoundaryEvent)
        ]
        for task in ready:
            if task._state == READY:
                task.run()
        return bool(ready)

    def forget_finished(self) -> None:
        """Forget what no unfinished task can ask for any more, in every part, and the parts that have ended."""
        for identifier in list(self.subprocesses):
            caller = self.get_task_from_id(identifier)
            if caller is None or caller._state & FINISHED:
                del self.subprocesses[identifier]
        for part in self.parts():
            part.forget()
        self.put_in_order()

    def put_in_order(self) -> None:
        """By number, as the tasks were made: a case that was read back does everything in the order of one that was not."""
        for part in (*self.parts(), self.event_manager):
            part.tasks = dict(sorted(part.tasks.items(), key=_number_of))


def _number_of(entry: tuple[UUID, Any]) -> int:
    return entry[0].int


def _run_ready(part: Any) -> bool:
    ready = [task for task in part.tasks.values() if task._state == READY and not task.task_spec.manual]
    for task in ready:
        if task._state == READY and task.id in part.tasks:
            task.run()
    return bool(ready)
