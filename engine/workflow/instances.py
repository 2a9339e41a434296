"""A running procedure of a case: loaded, advanced and stored under an optimistic revision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState
from sqlalchemy import ForeignKey, LargeBinary, String, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column, undefer
from sqlalchemy.orm.attributes import set_committed_value

from engine.database import Base, Plain
from engine.errors import Conflict, Invalid
from engine.prepared import Prepared, Said, together
from engine.workflow import codec
from engine.workflow.blueprints import Blueprint as Blueprint
from engine.workflow.blueprints import blueprint as blueprint
from engine.workflow.deciding import outcome_as_facts
from engine.workflow.events import awaited, catches, deliver, fire
from engine.workflow.lineage import after_step
from engine.workflow.parsing import Node
from engine.workflow.skeleton import given_name
from engine.workflow.specs import FactsEngine, LimitReached
from engine.workflow.tree import CaseWorkflow


class WorkflowInstance(Base):
    """The stored state of one case's procedure; facts are its routing facts, state is what its task tree still needs."""

    __tablename__ = "workflow_instance"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    release_digest: Mapped[str] = mapped_column(String(64))
    procedure: Mapped[str] = mapped_column(String(60))
    revision: Mapped[int] = mapped_column(default=0)
    completed: Mapped[bool] = mapped_column(default=False)
    facts: Mapped[dict[str, Any]] = mapped_column(Plain)
    state: Mapped[bytes] = deferred(mapped_column(LargeBinary))


STORE = Prepared(
    update(WorkflowInstance)
    .where(WorkflowInstance.id == bindparam("known_id"), WorkflowInstance.revision == bindparam("known_revision"))
    .values({name: bindparam(name) for name in ("revision", "state", "facts", "completed")})
)


@dataclass(frozen=True)
class OpenNode:
    """A node that waits: a step for a person, an operation for the host, or a limit on a step's border."""

    task_id: str
    node: Node


class Running:
    """A procedure in memory. Nothing is stored until `save`; any exception means: throw it away and load again."""

    def __init__(self, instance: WorkflowInstance, plan: Blueprint, state: bytes | None = None) -> None:
        self.instance = instance
        self.plan = plan
        self.facts: dict[str, Any] = dict(instance.facts)
        self._engine = FactsEngine(lambda text: plan.conditions[text].evaluate(self.facts), self._decide)
        if state is None:
            self._workflow = CaseWorkflow(instance.case_id, plan.specification, plan.called, self._engine)
            self._workflow.begin()
        else:
            self._adopt(state)

    @property
    def completed(self) -> bool:
        """Whether the whole procedure has reached an end."""
        return bool(self._workflow.completed)

    def open_steps(self) -> list[OpenNode]:
        """Steps that wait for a person."""
        return [found for found in self._ready() if found.node.kind == "userTask"]

    def open_operations(self) -> list[OpenNode]:
        """Service tasks whose operation the host still has to run."""
        return [found for found in self._ready() if found.node.kind == "serviceTask"]

    def waiting_limits(self) -> list[OpenNode]:
        """Limits that wait on the border of an open step; task_id is that of the border event."""
        return [
            OpenNode(str(catch.task.id), self.plan.node(catch.scope, catch.element)) for catch in catches(self._workflow)
            if isinstance(catch.definition, LimitReached)
        ]

    def ended_at(self) -> tuple[str, ...]:
        """Names of the end events that the top procedure has reached, in drawing order."""
        reached = self.visited().get(self.plan.top, frozenset())
        nodes = self.plan.procedures[self.plan.top].nodes.values()
        return tuple(node.name for node in nodes if node.kind == "endEvent" and node.id in reached)

    def visited(self) -> dict[str, frozenset[str]]:
        """Per procedure the ids of the nodes that were completed: what a diagram marks as done."""
        done: dict[str, set[str]] = {}
        for procedure, name in self._workflow.passed:
            owner, node = self.plan.owners.get(procedure, procedure), given_name(name)
            if node in self.plan.procedures[owner].nodes:
                done.setdefault(owner, set()).add(node)
        return {procedure: frozenset(ids) for procedure, ids in done.items()}

    def complete(self, task_id: str) -> None:
        """Complete an open step or operation and move on to the next waiting places."""
        task = self._workflow.get_task_from_id(UUID(task_id))
        if task is None or task.state != TaskState.READY:
            raise Conflict("step.not_open", "该环节已经办结或者不再等待办理，请刷新后查看")
        if self._node(task).kind == "userTask":
            task.data = after_step(task_id)
        task.run()
        self.settle()

    def limit_reached(self, waiting: OpenNode) -> None:
        """Let a statutory period run out: of this one step, not of others of the same name beside it."""
        for catch in catches(self._workflow):
            if str(catch.task.id) == waiting.task_id and catch.element == waiting.node.id:
                fire(catch)
        self.settle()

    def deliver(self, name: str) -> bool:
        """Let a message or signal of this name arrive; whether anything waited for it."""
        awaited = deliver(self._workflow, name)
        self.settle()
        return awaited

    def awaited(self) -> list[str]:
        """Names of the messages and signals for which something waits now."""
        return awaited(self._workflow)

    def settle(self) -> None:
        """Run all that needs neither a person nor the host, until only waiting places are left."""
        self._workflow.settle()

    def state(self) -> bytes:
        """What the task tree still needs, as bytes."""
        return codec.encode(self._workflow)

    def unmark(self, nodes: set[tuple[str, str]]) -> None:
        """Steps (procedure, node) that were taken back are no longer marked as done."""
        self._workflow.passed -= nodes

    def reload(self) -> None:
        """Go on with a fresh copy of the tree, as a restart would: after the tree was changed by going back."""
        self._adopt(self.state())

    def _adopt(self, state: bytes) -> None:
        plan, case_id = self.plan, self.instance.case_id
        self._workflow = codec.decode(state, case_id, plan.specification, plan.called, self._engine)

    def _decide(self, task: Any) -> None:
        node = self._node(task)
        outcome = self.plan.decisions[node.decision].decide(node.decision, self.facts)
        self.facts.update(outcome_as_facts(node, outcome, self.plan.facts))

    def _tasks(self, state: int) -> Iterator[Any]:
        for part in self._workflow.parts():
            for task in part.tasks.values():
                if task.state == state:
                    yield task

    def _ready(self) -> list[OpenNode]:
        return [
            OpenNode(str(task.id), self._node(task)) for task in self._tasks(TaskState.READY) if task.task_spec.manual
        ]

    def _node(self, task: Any) -> Node:
        return self.plan.node(task.workflow.spec.name, task.task_spec.name)


def begin(case_id: int, release_digest: str, plan: Blueprint, facts: Mapping[str, Any]) -> Running:
    """Begin a procedure in memory only: for a case that is about to be stored, or for a run that is tried out."""
    instance = WorkflowInstance(
        case_id=case_id, release_digest=release_digest, procedure=plan.top, facts=dict(facts), state=b"", revision=0
    )
    running = Running(instance, plan)
    running.settle()
    return running


def start(session: Session, case_id: int, release_digest: str, plan: Blueprint, facts: Mapping[str, Any]) -> Running:
    """Begin a case's procedure and store its first state."""
    running = begin(case_id, release_digest, plan, facts)
    running.instance.state = running.state()
    session.add(running.instance)
    session.flush()
    return running


def load(session: Session, case_id: int, plan: Blueprint) -> Running:
    """Load a case's procedure; the instance row carries the revision under which it will be stored again."""
    return resume(_find(session, case_id, with_state=True), plan)


def resume(instance: WorkflowInstance, plan: Blueprint) -> Running:
    """Go on with an instance that was read with its state."""
    return Running(instance, plan, instance.state)


def find(session: Session, case_id: int) -> WorkflowInstance:
    """The instance of a case, locked for writing where the database locks rows."""
    return _find(session, case_id, with_state=False)


def save(session: Session, running: Running) -> None:
    """Store the procedure if nobody else has stored it since it was loaded; else Conflict."""
    together(session, [saving(running)])


def saving(running: Running) -> Said:
    """The statement that `save` runs; the instance in memory is what it will then be."""
    instance = running.instance
    known = {"known_id": instance.id, "known_revision": instance.revision}
    values = {
        "revision": instance.revision + 1, "state": running.state(), "facts": dict(running.facts),
        "completed": running.completed,
    }
    for name, value in values.items():
        set_committed_value(instance, name, value)
    return Said(STORE, {**known, **values}, unchanged=Conflict("case.moved_on", "案件刚刚由他人办理，状态已经变化，请刷新后重试"))


def _find(session: Session, case_id: int, *, with_state: bool) -> WorkflowInstance:
    query = select(WorkflowInstance).where(WorkflowInstance.case_id == case_id)
    if with_state:
        query = query.options(undefer(WorkflowInstance.state))
    if not session.get_bind().get_execution_options().get("zhifa_reading"):
        query = query.with_for_update()
    instance = session.scalar(query.execution_options(populate_existing=True))
    if instance is None:
        raise Invalid("case.no_procedure", "该案件没有正在运行的程序", case_id=case_id)
    return instance
