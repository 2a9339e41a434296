"""Move a case's stored tree to another version and let a copy of it run to its ends, before anything is stored.

What stands keeps its ids, its data and its waiting; only what the library had predicted is thrown away and predicted anew. So no
clock starts again, no work item is doubled, and what somebody has entered stays where it is.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.errors import Invalid, ZhifaError
from engine.rules.conditions import Condition
from engine.workflow.charts import Place
from engine.workflow.codec import SHORT
from engine.workflow.events import catches, fire
from engine.workflow.instances import Running, WorkflowInstance
from engine.workflow.lineage import FROM, JOIN
from engine.workflow.mapping import Comparison
from engine.workflow.skeleton import given_name, safe_name
from engine.workflow.standing import parts

RUNS: Final = 24
MOST_STEPS: Final = 400
PREDICTED: Final = TaskState.PREDICTED_MASK | TaskState.FUTURE
ROOT: Final = "Start"


@dataclass(frozen=True)
class Rehearsed:
    """How the copies ran: how many came to an end, and the elements at which one stood for ever (empty: none did)."""

    ended: int
    stuck: tuple[str, ...]


def copy_of(instance: WorkflowInstance, facts: Mapping[str, Any], state: bytes, digest: str, top: str) -> WorkflowInstance:
    """An instance that no database knows."""
    return WorkflowInstance(
        case_id=instance.case_id, release_digest=digest, procedure=top, facts=dict(facts), state=state, revision=instance.revision
    )


def passed_of(running: Running) -> frozenset[Place]:
    """The places that a case has completed, by scope and element."""
    named = ((given_name(scope) or scope, given_name(name)) for scope, name in running._workflow.passed)
    return frozenset(place for place in named if place[1])


def move(instance: WorkflowInstance, found: Comparison, facts: Mapping[str, Any], digest: str) -> Running:
    """The case under the new version, in memory; Invalid migration.tree when its tree has no place there.

    What it writes is what it reads: the state was written out and read back.
    """
    running = Running(instance, found.before, instance.state)
    scopes = [given_name(part.spec.name) or part.spec.name for part in parts(running)]
    plain = json.loads(running.state())
    for scope, part in zip(scopes, plain["parts"], strict=True):
        part[5] = _rows(part[5], scope, found)
    plain["passed"] = _passed(plain["passed"], found)
    state = json.dumps(plain, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    try:
        moved = Running(copy_of(instance, facts, state, digest, found.after.top), found.after, state)
        for part in parts(moved):
            for task in [one for one in part.tasks.values() if not one.state & TaskState.FINISHED_MASK]:
                if task.id in part.tasks:
                    task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)
        written = moved.state()
        moved.reload()
        if moved.state() != written:
            raise Invalid("migration.tree", "案件的流程状态写出后不能原样读回，不予迁移")
    except (KeyError, AttributeError, SpiffWorkflowException) as error:
        raise Invalid("migration.tree", f"案件的流程状态在新版中没有对应的位置：{error}") from error
    moved.instance.state = written
    return moved


def rehearse(moved: Running, *, runs: int = RUNS, seed: int = 0) -> Rehearsed:
    """Let copies of a moved case run on, every choice made at random: each must end, none may stand where nothing can happen."""
    ended, stuck = 0, set[str]()
    for number in range(runs):
        copy = _Copy(moved, random.Random(seed * RUNS + number))  # noqa: S311 - the same copies run each time
        outcome = copy.run()
        ended += outcome is None
        stuck |= set(outcome or ())
    return Rehearsed(ended, tuple(sorted(stuck)))


def shape(state: bytes) -> str:
    """What a rehearsal depends on: names, states and order of the tasks, without whose case it is or how its steps were numbered."""
    plain = json.loads(state)
    return json.dumps([
        [[names.get(part[0], 0), [[names.get(row[1], 0), *row[2:5], row[SHORT] if len(row) > SHORT else 0] for row in part[5]]]
         for part in plain["parts"]]
        for names in [{row[0]: place for place, row in enumerate((row for part in plain["parts"] for row in part[5]), 1)}]
    ])


class _Copy(Running):
    """A copy whose conditions are decided by chance: the way, not the facts, is what is tried out."""

    def __init__(self, moved: Running, chance: random.Random) -> None:
        conditions: Any = {
            text: _Chance(chance) if isinstance(one, Condition) else one
            for text, one in moved.plan.conditions.items()
        }
        self._chance = chance
        super().__init__(moved.instance, replace(moved.plan, conditions=conditions), moved.instance.state)

    def _decide(self, task: Any) -> None:
        """What a table says does not matter where conditions are decided by chance."""

    def run(self) -> tuple[str, ...] | None:
        """None when it came to an end; else where it stands for ever, empty when it only went round for too long."""
        try:
            for _ in range(MOST_STEPS):
                if self.completed:
                    return None
                ready, waiting = [*self.open_steps(), *self.open_operations()], catches(self._workflow)
                if ready and (not waiting or self._chance.random() < 0.8):
                    self.complete(self._chance.choice(ready).task_id)
                elif waiting:
                    fire(self._chance.choice(waiting))
                    self.settle()
                else:
                    return tuple(sorted({given_name(task.task_spec.name) or part.spec.name
                                         for part in parts(self) for task in part.tasks.values() if task.state == TaskState.WAITING}))
        except (ZhifaError, SpiffWorkflowException):
            return ()  # for example no way out of a choice that chance answered with no everywhere
        return ()


@dataclass(frozen=True)
class _Chance:
    chance: random.Random

    def evaluate(self, facts: object) -> bool:
        return self.chance.random() < 0.5


def _rows(rows: list[list[Any]], scope: str, found: Comparison) -> list[list[Any]]:
    known = _tasks_of(found, scope)
    kept = []
    for row in rows:
        if row[3] & PREDICTED:
            continue
        name = found.task_name(scope, row[2])
        if name not in known and row[3] & TaskState.FINISHED_MASK:
            name = ROOT  # what is done only holds its place: nothing asks for it but what follows it
        changed = [row[0], row[1], name, *row[3:]]
        if len(row) > SHORT and FROM in row[SHORT + 1]:
            changed[SHORT + 1] = {**row[SHORT + 1], FROM: _origin(row[SHORT + 1][FROM], scope, found)}
        kept.append(changed)
    return kept


def _tasks_of(found: Comparison, scope: str) -> Mapping[str, Any]:
    name = safe_name(found.scope(scope))
    plan = found.after
    spec = plan.specification if found.scope(scope) == plan.top else plan.called[name]
    tasks: Mapping[str, Any] = spec.task_specs
    return tasks


def _origin(origin: Mapping[str, Any], scope: str, found: Comparison) -> dict[str, Any]:
    """Joins in an origin are named by element; where one was renamed the origin follows."""
    return {
        key: met if not key.startswith(JOIN) else {
            **met, "name": found.task_name(scope, met["name"]),
            "in": {found.task_name(scope, way): _origin(brought, scope, found) for way, brought in met["in"].items()},
        }
        for key, met in origin.items()
    }


def _passed(passed: Mapping[str, list[str]], found: Comparison) -> dict[str, list[str]]:
    """What was done, as far as its procedure still exists."""
    moved: dict[str, set[str]] = {}
    for name, tasks in passed.items():
        scope = given_name(name) or name
        if found.scope(scope) in found.new.scopes:
            moved.setdefault(safe_name(found.scope(scope)), set()).update(found.task_name(scope, task) for task in tasks)
    return {scope: sorted(names) for scope, names in sorted(moved.items())}
