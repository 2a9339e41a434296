"""What waits for an event in a running workflow, and how an event that comes from outside reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.util.task import TaskState

from engine.workflow.skeleton import given_name


@dataclass(frozen=True)
class Catch:
    """One waiting event: the library's task, scope and id of the element in the diagram, and what it waits for.

    Behind an event-based gateway the task is the gateway's and the element is the event's.
    """

    task: Any
    scope: str
    element: str
    definition: Any


def catches(workflow: Any) -> list[Catch]:
    """Everything that waits for an event, in the whole workflow."""
    found = []
    for task in _waiting(workflow):
        spec, definition = task.task_spec, task.task_spec.event_definition
        pairs = [(spec, definition)]
        if isinstance(definition, MultipleEventDefinition):
            pairs = list(zip(spec.outputs, definition.event_definitions, strict=True))
        scope = given_name(task.workflow.spec.name)
        found += [Catch(task, scope, given_name(one.name), each) for one, each in pairs]
    return found


def fire(catch: Catch) -> None:
    """Let one waiting event happen, and no other of the same name; the workflow has to be settled afterwards."""
    if isinstance(catch.definition, ConditionalEventDefinition):
        catch.task._ready()  # it would ask its condition again
        return
    catch.task.task_spec.catch(catch.task, BpmnEvent(catch.definition, payload={}))
    catch.task.task_spec._update(catch.task)


def deliver(workflow: Any, name: str) -> bool:
    """Let a message or signal of this name (or for the element of this id) arrive; whether anything waited for it."""
    told = MessageEventDefinition | SignalEventDefinition
    waiting = [catch.definition for catch in catches(workflow) if name in (catch.element, catch.definition.name)]
    waiting += [
        start.event_definition for start in _event_subprocesses(workflow) if name in (start.event_definition.name, given_name(start.name))
    ]
    definition = next((each for each in waiting if isinstance(each, told)), None)
    if definition is None:
        return False
    workflow.catch(BpmnEvent(definition, payload={}))
    return True


def awaited(workflow: Any) -> list[str]:
    """Names of the messages and signals for which something waits now, each once, in the order of waiting."""
    told = MessageEventDefinition | SignalEventDefinition
    waiting = [catch.definition for catch in catches(workflow)] + [start.event_definition for start in _event_subprocesses(workflow)]
    return list(dict.fromkeys(str(each.name) for each in waiting if isinstance(each, told)))


def take_sent(workflow: Any) -> list[str]:
    """Names of the messages and signals that were thrown and that nothing in the workflow caught; they are taken away."""
    told = MessageEventDefinition | SignalEventDefinition
    return [event.event_definition.name for event in workflow.get_events() if isinstance(event.event_definition, told)]


def refresh_conditions(workflow: Any) -> bool:
    """Let conditional events that wait look at the facts again, which the library does not do by itself; whether one fired."""
    waiting = [
        task for task in workflow.event_manager.tasks.values()
        if isinstance(task.task_spec.event_definition, ConditionalEventDefinition)
    ]
    for task in waiting:
        if task.state == TaskState.WAITING:
            task.task_spec._update(task)
    return any(task.state != TaskState.WAITING for task in waiting)


def next_automatic(workflow: Any) -> Any:
    """The task that is to run next without a person: border events first, then the innermost sub-process; None when there is none.

    An error that leaves several sub-processes interrupts the outer one before anything further runs inside; the
    library's own order runs on inside.
    """
    nested = sorted(workflow.get_active_subprocesses(), key=lambda sub: sub.depth, reverse=True)
    parts = (*nested, workflow)
    ready = [task for part in parts for task in part.tasks.values() if task.state == TaskState.READY and not task.task_spec.manual]
    return next((task for task in ready if isinstance(task.task_spec, BoundaryEvent)), ready[0] if ready else None)


def _waiting(workflow: Any) -> Iterator[Any]:
    for part in (workflow, *workflow.subprocesses.values()):
        yield from [
            task for task in part.tasks.values() if task.state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent)
        ]


def _event_subprocesses(workflow: Any) -> list[Any]:
    names = workflow.spec.start.trigger_specs
    return [event for name in names for event in workflow.subprocess_specs[name].bpmn_start_events]
