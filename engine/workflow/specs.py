"""Turn procedures into SpiffWorkflow specifications in which no expression but ours is ever evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, full_tag
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    IntermediateCatchEventParser,
    StartEventParser,
)
from SpiffWorkflow.bpmn.parser.task_parsers import GatewayParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.task_spec import (
    BoundaryEventConverter,
    BpmnTaskSpecConverter,
    ParallelGatewayConverter,
)
from SpiffWorkflow.bpmn.serializer.helpers import EventDefinitionConverter
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    IntermediateCatchEvent,
    ManualTask,
    NoneTask,
    StartEvent,
)
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import EscalationEventDefinition, SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from engine.errors import Fault, Invalid, PackageFault, Unlawful
from engine.workflow.drafts import Draft
from engine.workflow.formulas import MOST_INSTANCES, whole_number
from engine.workflow.joins import ParallelJoin
from engine.workflow.parsing import Procedure
from engine.workflow.skeleton import skeleton

Evaluate = Callable[[str], object]
Decide = Callable[[Any], None]
REPEATING = (MessageEventDefinition, SignalEventDefinition, EscalationEventDefinition)


class OperationTask(ManualTask):  # type: ignore[misc]
    """A service task: it waits until the host has run its operation, so the library never calls our code."""


class DecisionTask(NoneTask):  # type: ignore[misc]
    """A business rule task: the host decides from its own tables, so the library's DMN engine is never reached."""

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = False

    def _run_hook(self, my_task: Any) -> bool:
        my_task.workflow.script_engine.decide(my_task)
        return True


class Border(BoundaryEvent):  # type: ignore[misc]
    """An event on the border of an activity. One that does not interrupt waits again as long as the activity goes on.

    The library's own catches a message, signal or escalation once and loses the next. A timer goes off once.
    """

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        if self.cancel_activity or not isinstance(self.event_definition, REPEATING):
            return
        activity = next(task for task in my_task.parent.children if not isinstance(task.task_spec, BoundaryEvent))
        if not activity.has_state(TaskState.FINISHED_MASK):
            again = my_task.parent._add_child(self, TaskState.WAITING)
            self._predict(again, mask=TaskState.NOT_FINISHED_MASK)
            self._update(again)


class LimitReached(EventDefinition):  # type: ignore[misc]
    """A timer that only the host lets go off, from stored or simulated instants (never the library's timers)."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LimitReached) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


class _LimitParser:
    """Timers of every kind become limits, named by process and element."""

    node: Any
    bpmn_id: str
    get_event_description: Callable[[Any], str]

    def parse_timer_event(self, event: Any) -> LimitReached:
        process = next(self.node.iterancestors(full_tag("process")))
        return LimitReached(f"{process.get('id')}.{self.bpmn_id}", self.get_event_description(event))


class _LimitBoundaryParser(_LimitParser, BoundaryEventParser):  # type: ignore[misc]
    pass


class _LimitCatchParser(_LimitParser, IntermediateCatchEventParser):  # type: ignore[misc]
    pass


class _LimitStartParser(_LimitParser, StartEventParser):  # type: ignore[misc]
    pass


class _ProcedureParser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {
        full_tag("serviceTask"): (TaskParser, OperationTask),
        full_tag("scriptTask"): (TaskParser, OperationTask),
        full_tag("businessRuleTask"): (TaskParser, DecisionTask),
        full_tag("boundaryEvent"): (_LimitBoundaryParser, Border),
        full_tag("parallelGateway"): (GatewayParser, ParallelJoin),
        full_tag("intermediateCatchEvent"): (_LimitCatchParser, IntermediateCatchEvent),
        full_tag("startEvent"): (_LimitStartParser, StartEvent),
    }


class NoEnvironment(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    """The place where the library would run Python. Message correlations and ad-hoc conditions reach it past the engine."""

    def evaluate(self, expression: str, *_: Any, **__: Any) -> Any:
        """Nothing is evaluated here."""
        raise Unlawful("workflow.expression", "流程引擎不得自行计算表达式", article="")

    def execute(self, script: str, *_: Any, **__: Any) -> Any:
        """Nothing is executed here."""
        raise Unlawful("workflow.script", "流程中不得含有脚本", article="")

    def call_service(self, *_: Any, **__: Any) -> Any:
        """Nothing is called here."""
        raise Unlawful("workflow.service", "流程不得直接调用服务", article="")


class FactsEngine(PythonScriptEngine):  # type: ignore[misc]
    """The script engine that has no scripts: it looks expressions up in what the rule engine compiled and refuses all else."""

    def __init__(self, evaluate: Evaluate, decide: Decide | None = None) -> None:
        super().__init__(NoEnvironment())
        self._evaluate = evaluate
        self._decide = decide

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> object:
        """The value of a FEEL expression over the case's facts: of a number of instances the whole number.

        Raises Unlawful workflow.expression for a text that was not compiled at publishing, Invalid workflow.cardinality
        for a number of instances that is not a whole number within bounds.
        """
        try:
            value = self._evaluate(expression)
        except KeyError:
            where = str(task.task_spec.name)
            raise Unlawful("workflow.expression", "流程中有未经检查的表达式，不予计算", article="", element=where) from None
        return _whole(value, task) if isinstance(value, Decimal) else value

    def decide(self, task: Any) -> None:
        """Let the host decide a business rule task; it keeps the outcome among its facts."""
        if self._decide is None:
            raise Unlawful("workflow.decision", "此处没有可用的决策表", article="", element=str(task.task_spec.name))
        self._decide(task)

    def execute(self, task: Any, script: str, external_context: Any = None) -> None:
        """Scripts do not exist here."""
        raise Unlawful("workflow.script", "流程中不得含有脚本", article="", element=str(task.task_spec.name))

    def call_service(self, task: Any, **kwargs: Any) -> None:
        """Services are run by the host, never by the library."""
        raise Unlawful("workflow.service", "流程不得直接调用服务", article="", element=str(task.task_spec.name))


def _whole(value: Decimal, task: Any) -> int:
    number = whole_number(value)
    if number is None:
        message = f"“{task.task_spec.name}”的次数应当是 0 到 {MOST_INSTANCES} 的整数，实为 {str(value)[:20]}"
        raise Invalid("workflow.cardinality", message, element=str(task.task_spec.name))
    return number


def serializer() -> BpmnWorkflowSerializer:
    """A serializer that knows our classes beside the library's."""
    ours = {
        OperationTask: BpmnTaskSpecConverter, DecisionTask: BpmnTaskSpecConverter, Border: BoundaryEventConverter,
        LimitReached: EventDefinitionConverter, ParallelJoin: ParallelGatewayConverter,
    }
    return BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure({**DEFAULT_CONFIG, **ours}))


def build(procedures: Mapping[str, Procedure], top: str) -> tuple[Any, dict[str, Any]]:
    """The specification of procedure `top` and those of all that it calls; PackageFault when the library refuses."""
    return assemble([procedure.draft for procedure in procedures.values()], top)


def assemble(drafts: Sequence[Draft], top: str) -> tuple[Any, dict[str, Any]]:
    """The specification of process `top` of the drafts, and those of all that it calls or contains."""
    parser = _ProcedureParser()
    try:
        parser.add_bpmn_xml(skeleton(drafts), filename=top)
        return parser.get_spec(top), parser.get_subprocess_specs(top)
    except (ValidationException, RecursionError) as error:
        message = f"流程 {top} 无法装配：{error}"
        where = f"procedures/{top}.bpmn#{getattr(error, 'tag', '') or ''}"
        raise PackageFault("bpmn.unusable", message, faults=(Fault(where, "bpmn.unusable", message),)) from error
