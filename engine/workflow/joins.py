"""A parallel gateway that takes each arrival once, and remembers what each branch brought."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import ParallelGateway
from SpiffWorkflow.util.task import TaskState

from engine.workflow.lineage import FROM, after_join


class ParallelJoin(ParallelGateway):  # type: ignore[misc]
    """The library's own counts an arrival of an earlier round again, so a loop around a parallel block doubles a token.

    Here the round that takes an arrival signs it: internal_data["joined"] is the id of the task that fired. The token that leaves
    carries the origin that each branch brought, so that going back can let the others wait here again.
    """

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        return len({task.parent.task_spec.name for task in self._arrivals(my_task)}) == len(self.inputs)

    def _run_hook(self, my_task: Any) -> bool:
        arrivals = self._arrivals(my_task)
        for arrival in arrivals:
            arrival.internal_data["joined"] = str(my_task.id)
        if len(self.inputs) > 1:
            brought = {task.parent.task_spec.name: task.parent.data.get(FROM, {}) for task in arrivals}
            my_task.data = after_join(str(my_task.id), self.name, str(my_task.workflow.parent_task_id or ""), brought)
        return True

    def _arrivals(self, my_task: Any) -> list[Any]:
        return [
            task for task in my_task.workflow.tasks.values()
            if task.task_spec is self and "joined" not in task.internal_data and task.parent.state == TaskState.COMPLETED
        ]
