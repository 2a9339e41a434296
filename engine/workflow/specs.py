"""Turn procedures into SpiffWorkflow specifications in which no expression but ours is ever evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, full_tag
from SpiffWorkflow.bpmn.parser.event_parsers import BoundaryEventParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.task_spec import BpmnTaskSpecConverter
from SpiffWorkflow.bpmn.serializer.helpers import EventDefinitionConverter
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, ManualTask
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition

from engine.errors import Fault, PackageFault, Unlawful
from engine.untrusted_xml import parse_xml
from engine.workflow.parsing import Procedure

Evaluate = Callable[[str], object]


class OperationTask(ManualTask):  # type: ignore[misc]
    """A service task: it waits until the host has run its operation, so the library never calls our code."""


class LimitReached(EventDefinition):  # type: ignore[misc]
    """A statutory period has run out; the host says when, from stored instants (never the library's timers)."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LimitReached) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


class _LimitBoundaryParser(BoundaryEventParser):  # type: ignore[misc]
    def parse_timer_event(self, event: Any) -> LimitReached:
        return LimitReached(f"{self.node.getparent().get('id')}.{self.bpmn_id}", self.get_event_description(event))


class _ProcedureParser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {
        full_tag("serviceTask"): (TaskParser, OperationTask),
        full_tag("boundaryEvent"): (_LimitBoundaryParser, BoundaryEvent),
    }


class FactsEngine(PythonScriptEngine):  # type: ignore[misc]
    """The script engine that has no scripts: it hands conditions to the rule engine and refuses all else."""

    def __init__(self, evaluate: Evaluate) -> None:
        super().__init__()
        self._evaluate = evaluate

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> object:
        """The value of a FEEL condition over the case's facts."""
        return self._evaluate(expression)

    def execute(self, task: Any, script: str, external_context: Any = None) -> None:
        """Scripts do not exist here."""
        raise Unlawful("workflow.script", "流程中不得含有脚本", article="", element=str(task.task_spec.name))

    def call_service(self, task: Any, **kwargs: Any) -> None:
        """Services are run by the host, never by the library."""
        raise Unlawful("workflow.service", "流程不得直接调用服务", article="", element=str(task.task_spec.name))


def serializer() -> BpmnWorkflowSerializer:
    """A serializer that knows our two classes beside the library's."""
    config = {**DEFAULT_CONFIG, OperationTask: BpmnTaskSpecConverter, LimitReached: EventDefinitionConverter}
    return BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(config))


def build(procedures: Mapping[str, Procedure], top: str) -> tuple[Any, dict[str, Any]]:
    """The specification of procedure `top` and those of all that it calls; PackageFault when the library refuses."""
    parser = _ProcedureParser()
    try:
        for procedure in procedures.values():
            parser.add_bpmn_xml(parse_xml(procedure.source, procedure.id), filename=f"{procedure.id}.bpmn")
        return parser.get_spec(top), parser.get_subprocess_specs(top)
    except ValidationException as error:
        message = f"流程 {top} 无法装配：{error}"
        where = f"procedures/{error.file_name or top}#{error.tag or ''}"
        raise PackageFault("bpmn.unusable", message, faults=(Fault(where, "bpmn.unusable", message),)) from error
