"""Drive a diagram from its start with given facts, without a case, a package or a database: a trial run on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from SpiffWorkflow.bpmn.specs.mixins.events.start_event import StartEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid, PackageFault, ZhifaError
from engine.rules.feel import Expression
from engine.rules.feel_types import FeelType
from engine.workflow import codec
from engine.workflow.answers import Answers
from engine.workflow.blueprints import make_sharable
from engine.workflow.clocks import read_timer
from engine.workflow.drafts import Draft, Element
from engine.workflow.events import Catch, catches, deliver, fire, next_automatic, refresh_conditions, take_sent
from engine.workflow.formulas import Placed, compile_guessing, formulas
from engine.workflow.skeleton import given_name, safe_name
from engine.workflow.specs import FactsEngine, LimitReached, assemble
from engine.workflow.tree import CaseWorkflow

MOST_STEPS: Final = 2000
COMPLETED, WAITING, REFUSED = "completed", "waiting", "refused"


@dataclass(frozen=True)
class Outcome:
    """How a trial run went. trace: element ids in the order of execution, sub-processes when entered.

    status: completed, waiting (then `waiting` names the elements) or refused (then `reason` says why);
    ended: the end events reached; sent: messages and signals that nobody in the file caught.
    """

    status: str
    trace: tuple[str, ...]
    waiting: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    clock: datetime | None = None


def drive(drafts: Sequence[Draft], process: str, answers: Answers, *, restart: bool = False) -> Outcome:
    """Run a process of the drafts until it ends or waits for what the answers do not give.

    The drafts must have passed the checks. restart: write the state out and read it back after every step.
    Never raises for what the diagram or the facts do: the outcome says so.
    """
    run = _Run(drafts, answers)
    try:
        run.begin(process)
        while run.advance():
            if restart:
                run.restart()
    except ZhifaError as error:
        return run.outcome(REFUSED, error.message)
    except (SpiffWorkflowException, RecursionError) as error:
        return run.outcome(REFUSED, f"流程引擎不能继续：{error}")
    return run.outcome(COMPLETED if run.over() else WAITING)


class _Run:
    """One trial run in memory."""

    def __init__(self, drafts: Sequence[Draft], answers: Answers) -> None:
        self.drafts = drafts
        self.answers = _by_id(answers, drafts)
        self.elements = {(element.scope, name): element for draft in drafts for name, element in draft.elements.items()}
        self.facts: dict[str, Any] = dict(answers.facts)
        self.now = answers.start
        self.trace: list[Element] = []
        self.sent: list[str] = []
        self.pending = list(answers.deliveries)
        self.visits: dict[str, int] = {}
        self.due: dict[tuple[str, str], datetime] = {}
        self.entered: set[Any] = set()
        self.workflow: Any = None
        self.specification: Any = None
        self.called: dict[str, Any] = {}
        known: dict[str, FeelType] = {}
        self.expressions = {
            placed.text: _compiled(placed, known, answers) for draft in drafts for placed in formulas(draft)
        }

    def begin(self, process: str) -> None:
        """Start the process; whatever its start event waits for counts as having happened."""
        self.specification, self.called = assemble(self.drafts, safe_name(process))
        make_sharable(self.specification, self.called)
        self.workflow = CaseWorkflow(1, self.specification, self.called, self._engine())
        self.workflow.begin()
        self._settle()
        for catch in catches(self.workflow):
            if isinstance(catch.task.task_spec, StartEvent) and catch.task.workflow is self.workflow:
                self._fire(catch)

    def advance(self) -> bool:
        """One step: a delivery, an event or task that the answers name, any other task, or the next timer; whether there was one."""
        return self._deliver() or self._named_event() or self._task() or self._timer()

    def over(self) -> bool:
        """Whether nothing is left to do. The library's own word is not taken for it."""
        return bool(self.workflow.completed) and not any(True for _ in self._open())

    def outcome(self, status: str, reason: str = "") -> Outcome:
        """The outcome so far."""
        waiting = tuple(dict.fromkeys(self._open())) if self.workflow is not None and status != COMPLETED else ()
        ended = tuple(dict.fromkeys(each.id for each in self.trace if each.kind == "endEvent"))
        trace = tuple(each.id for each in self.trace)
        return Outcome(status, trace, waiting, ended, tuple(self.sent), reason, dict(self.facts), self.now)

    def restart(self) -> None:
        """Forget the library's objects and go on from what was written out."""
        self.workflow = codec.decode(codec.encode(self.workflow), 1, self.specification, self.called, self._engine())

    def _engine(self) -> FactsEngine:
        return FactsEngine(lambda text: self.expressions[text].evaluate(self.facts), self._decide)

    def _decide(self, task: Any) -> None:
        self._add(self._next(given_name(task.task_spec.name)) or {})

    def _deliver(self) -> bool:
        for delivery in self.pending:
            if deliver(self.workflow, delivery.name):
                self.pending.remove(delivery)
                self._add(delivery.facts)
                self._settle()
                return True
        return False

    def _named_event(self) -> bool:
        for catch in catches(self.workflow):
            name = catch.element
            if name in self.answers.tasks and self.answers.at(name, self.visits.get(name, 0)) is not None:
                self._add(self._next(name) or {})
                self._fire(catch)
                return True
        return False

    def _task(self) -> bool:
        for task in self._tasks(TaskState.READY):
            name = given_name(task.task_spec.name)
            if task.task_spec.manual and self.answers.at(name, self.visits.get(name, 0)) is not None:
                self._add(self._next(name) or {})
                self._complete(task)
                self._settle()
                return True
        return False

    def _timer(self) -> bool:
        waiting = {(str(catch.task.id), catch.element): catch for catch in catches(self.workflow)}
        timed = sorted((self.due[key], key) for key in waiting if key in self.due)
        if not timed:
            return False
        due, key = timed[0]
        self.now = max(self.now, due)
        self._fire(waiting[key])
        return True

    def _fire(self, catch: Catch) -> None:
        fire(catch)
        self._settle()

    def _settle(self) -> None:
        """Run all that waits for nothing, one task after the other, innermost sub-processes first; set new timers."""
        self._note_entered()
        while True:
            refresh_conditions(self.workflow)
            for part in self.workflow.subprocesses.values():
                parent = self.workflow.get_task_from_id(part.parent_task_id)
                if part.completed and parent.state == TaskState.STARTED:
                    parent.task_spec._update(parent)
            ready = next_automatic(self.workflow)
            if ready is None:
                break
            self._complete(ready)
        self.sent += take_sent(self.workflow)
        self.workflow.forget_finished()
        for catch in catches(self.workflow):
            self._set_timer(catch)

    def _set_timer(self, catch: Catch) -> None:
        element = self.elements[catch.scope, catch.element]
        trigger = next((each for each in element.triggers if each.kind == "timer" and each.formula is not None), None)
        if trigger is not None and isinstance(catch.definition, LimitReached):
            self.due.setdefault((str(catch.task.id), catch.element), read_timer(trigger).due(self.now))

    def _complete(self, task: Any) -> None:
        task.run()
        if not isinstance(task.task_spec, LoopTask | SubWorkflowTask):
            self._note(self._element(task))
        self._note_entered()

    def _note_entered(self) -> None:
        for parent in [each for each in self.workflow.subprocesses if each not in self.entered]:
            self.entered.add(parent)
            self._note(self._element(self.workflow.get_task_from_id(parent)))

    def _note(self, element: Element | None) -> None:
        if element is not None:
            self.trace.append(element)
            if len(self.trace) > MOST_STEPS:
                raise Invalid("run.endless", f"走了 {MOST_STEPS} 步还没有走完，停在“{element.label}”")

    def _element(self, task: Any) -> Element | None:
        """The element that a task of the library stands for; None for the library's own tasks."""
        return self.elements.get((given_name(task.workflow.spec.name), given_name(task.task_spec.name)))

    def _next(self, name: str) -> Mapping[str, Any] | None:
        visit = self.visits.get(name, 0)
        self.visits[name] = visit + 1
        return self.answers.at(name, visit)

    def _add(self, facts: Mapping[str, Any]) -> None:
        self.facts.update(facts)

    def _parts(self) -> list[Any]:
        return [self.workflow, *self.workflow.subprocesses.values()]

    def _tasks(self, state: int) -> Iterator[Any]:
        for part in self._parts():
            yield from [task for task in part.tasks.values() if task.state == state]

    def _open(self) -> Iterator[str]:
        for state in (TaskState.READY, TaskState.WAITING):
            for task in self._tasks(state):
                element = self._element(task)
                if element is not None:
                    yield element.id


def _by_id(answers: Answers, drafts: Sequence[Draft]) -> Answers:
    """The answers with every task by its id; people may also write the name that they read in the drawing."""
    elements = [element for draft in drafts for element in draft.elements.values()]
    ids = {element.id for element in elements}
    tasks = {name: visits for name, visits in answers.tasks.items() if name in ids}
    for element in elements:
        if element.label in answers.tasks and element.label not in ids:
            tasks.setdefault(element.id, answers.tasks[element.label])
    return replace(answers, tasks=tasks)


def _compiled(placed: Placed, known: dict[str, FeelType], answers: Answers) -> Expression:
    try:
        return compile_guessing(placed, known, answers.types)
    except PackageFault as error:
        reason = f"“{placed.element}”的表达式“{placed.text[:60]}”用给定的事实不能计算：{error.message}"
        raise Invalid("run.expression", reason, element=placed.element) from error
