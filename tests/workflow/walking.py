"""Walk a procedure on two hosts at once: the library as it is, and ours, restarted after every step."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.workflow import codec
from engine.workflow.blueprints import make_sharable
from engine.workflow.parsing import Procedure
from engine.workflow.specs import FactsEngine, LimitReached, build
from engine.workflow.tree import CaseWorkflow

CASE = 7
LIVING = TaskState.READY | TaskState.WAITING | TaskState.STARTED
Facts = dict[str, bool]


def procedures(files: Mapping[str, bytes]) -> dict[str, Procedure]:
    return {name: Procedure(name, name, {}, (), source) for name, source in files.items()}


def engine(facts: Facts) -> FactsEngine:
    return FactsEngine(lambda text: 3 if text == "3" else facts.get(text, False))


class Stock:
    """The library's own workflow, as its documentation runs it."""

    def __init__(self, found: Mapping[str, Procedure], facts: Facts) -> None:
        self.tree = BpmnWorkflow(*build(found, "top"), engine(facts))
        self.settle()

    def settle(self) -> None:
        self.tree.do_engine_steps()

    def parts(self) -> list[Any]:
        return [self.tree, *self.tree.subprocesses.values()]


class Ours:
    """Our tree over specifications that all walks share."""

    def __init__(self, specifications: tuple[Any, Mapping[str, Any]], facts: Facts) -> None:
        self.specifications, self.engine = specifications, engine(facts)
        self.tree = CaseWorkflow(CASE, *specifications, self.engine)
        self.tree.begin()
        self.settle()

    def settle(self) -> None:
        self.tree.settle()

    def parts(self) -> list[Any]:
        return self.tree.parts()

    def restart(self) -> None:
        """Write, forget, read back; what was read writes the same bytes."""
        state = codec.encode(self.tree)
        self.tree = codec.decode(state, CASE, *self.specifications, self.engine)
        assert codec.encode(self.tree) == state


def specifications(found: Mapping[str, Procedure]) -> tuple[Any, Mapping[str, Any]]:
    made = build(found, "top")
    make_sharable(*made)
    return made


def tasks(host: Stock | Ours, states: int = LIVING) -> Iterator[Any]:
    for part in host.parts():
        yield from (task for task in part.tasks.values() if task.state & states)


def name_of(task: Any) -> tuple[str, str]:
    return task.workflow.spec.name, task.task_spec.name


def marking(host: Stock | Ours) -> Counter[tuple[tuple[str, str], int]]:
    """What is ready, waits or has begun, and how often."""
    return Counter((name_of(task), task.state) for task in tasks(host))


def steps(host: Stock | Ours) -> list[tuple[str, str]]:
    return sorted({name_of(task) for task in tasks(host, TaskState.READY) if task.task_spec.manual})


def limits(host: Stock | Ours) -> list[str]:
    events = (getattr(task.task_spec, "event_definition", None) for task in tasks(host, TaskState.WAITING))
    return sorted({event.name for event in events if isinstance(event, LimitReached)})


def complete(host: Stock | Ours, name: tuple[str, str], instance: int) -> None:
    found = [task for task in tasks(host, TaskState.READY) if name_of(task) == name]
    found.sort(key=lambda task: task.internal_data.get("key_or_index") or 0)
    found[instance % len(found)].run()
    host.settle()


def let_run_out(host: Stock | Ours, limit: str) -> None:
    host.tree.catch(BpmnEvent(LimitReached(limit)))
    host.settle()


def take_a_step(chance: random.Random, facts: Facts, first: Stock | Ours, *others: Stock | Ours) -> None:
    """The same random step on every host: a person completes something, or a limit runs out."""
    running_out, open_steps = limits(first), steps(first)
    facts.update({name: chance.random() < 0.4 for name in "abc"})
    act: Callable[[Any], None]
    if running_out and chance.random() < 0.3:
        limit = chance.choice(running_out)
        act = lambda host: let_run_out(host, limit)  # noqa: E731
    else:
        step, instance = chance.choice(open_steps), chance.randrange(10)
        act = lambda host: complete(host, step, instance)  # noqa: E731
    for host in (first, *others):
        act(host)
