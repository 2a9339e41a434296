"""Write a case's task tree as a few hundred bytes, and read it back over specifications that all cases share.

The form is JSON text as bytes (a JSONB column would reorder it). A row is one task: number, number of its parent, name,
state, whether it was triggered, tick of its last change and, only where there is any, the library's internal data and the
task data. Rows stand parents before children, siblings in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid
from engine.workflow.tree import NUMBERS, CaseWorkflow, LeanTask, PartWorkflow

FORM = 1
SHORT = 6  # length of a row without data


def encode(workflow: CaseWorkflow) -> bytes:
    """The state as bytes; TypeError when a task holds what is not plain data (the step is refused rather than corrupted)."""
    if workflow.bpmn_events:
        raise TypeError("events that nobody catches cannot be stored")
    passed: dict[str, list[str]] = {}
    for procedure, name in sorted(workflow.passed):
        passed.setdefault(procedure, []).append(name)
    parts = [[_number(part.parent_task_id), part.data, part.correlations, part.completed, part.success, _rows(part)]
             for part in workflow.parts()]
    plain = {"form": FORM, "number": workflow.number, "ticks": workflow.ticks, "passed": passed, "parts": parts}
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def decode(
    data: bytes, case: int, spec: Any, subprocess_specs: Mapping[str, Any], script_engine: Any
) -> CaseWorkflow:
    """The tree that `encode` wrote; Invalid when the bytes are of another form."""
    plain = json.loads(data)
    if plain.get("form") != FORM:
        raise Invalid("case.state_form", "案件的流程状态不是本版本能够读取的格式")
    workflow = CaseWorkflow(case, spec, subprocess_specs, script_engine)
    for caller, attributes, correlations, completed, success, rows in plain["parts"]:
        part = workflow if not caller else _open_part(workflow, caller)
        _restore(part, rows)
        part.data, part.correlations, part.completed, part.success = attributes, correlations, completed, success
    workflow.number, workflow.ticks = plain["number"], plain["ticks"]
    workflow.passed = {(procedure, name) for procedure, names in plain["passed"].items() for name in names}
    workflow.put_in_order()
    return workflow


def _open_part(workflow: CaseWorkflow, caller: int) -> Any:
    parent = workflow.get_task_from_id(workflow.key(caller))
    part = PartWorkflow(workflow.subprocess_specs[parent.task_spec.spec], parent.id, workflow)
    workflow.subprocesses[parent.id] = part
    part.completed_event.connect(parent.task_spec._on_subworkflow_completed, parent)
    return part


def _restore(part: Any, rows: Iterable[list[Any]]) -> None:
    top, specs = part.top_workflow, part.spec.task_specs
    made: dict[int, LeanTask] = {}
    for row in rows:
        number, parent, name, state, triggered, changed = row[:SHORT]
        task = made[number] = LeanTask(part, specs[name], made.get(parent), state, top.key(number))
        task.triggered, task.last_state_change = bool(triggered), changed
        if len(row) > SHORT:
            task.internal_data, task.data = row[SHORT:]
        if state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            top.event_manager.add_task(task)
        if not parent:
            part.task_tree = task


def _rows(part: Any) -> list[list[Any]]:
    rows, todo = [], [part.task_tree]
    while todo:
        task = todo.pop()
        row = [_number(task.id), _number(task._parent), task.task_spec.name, task._state, int(task.triggered), task.last_state_change]
        if task.internal_data or task.data:
            row += [task.internal_data, task.data]
        rows.append(row)
        todo += reversed(task.children)
    return rows


def _number(identifier: Any) -> int:
    return 0 if identifier is None else int(identifier.int % NUMBERS)
