"""SpiffWorkflow as it comes, with its own parser and its own Python: only for tests that show what it does by itself."""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from tests.workflow.sketches import draw
from tests.workflow.test_bpmn_run import NAMES


def stock(text: str, engine: Any = None, **more: Any) -> BpmnWorkflow:
    """A drawing made ready by the library's own parser; conditions and timers in it are Python."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(draw(text, before=NAMES, **more)), "stock.bpmn")
    return BpmnWorkflow(parser.get_spec("main"), parser.get_subprocess_specs("main"), script_engine=engine)


def work_through(workflow: BpmnWorkflow, rounds: int = 20, *, restart: bool = False) -> list[str]:
    """Complete the first open task again and again; the names of all tasks completed, in order."""
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
    workflow.do_engine_steps()
    for _ in range(rounds):
        if restart:
            workflow = serializer.deserialize_json(serializer.serialize_json(workflow))
        task = next((task for task in workflow.get_tasks(state=TaskState.READY) if task.task_spec.manual), None)
        if task is None:
            break
        task.run()
        workflow.do_engine_steps()
    return names(workflow, TaskState.COMPLETED)


def names(workflow: BpmnWorkflow, state: int) -> list[str]:
    """The library's tasks in a state, in the order of their change."""
    found = workflow.get_tasks(state=state)
    return [task.task_spec.name for task in sorted(found, key=lambda task: task.last_state_change)]
