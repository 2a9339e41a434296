"""A running procedure of a case: loaded, advanced and stored whole under an optimistic revision."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import ForeignKey, LargeBinary, String, select, update
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from engine.database import Base, Plain
from engine.errors import Conflict, Invalid
from engine.rules.conditions import Condition, FeelType, compile_condition
from engine.workflow.parsing import Node, Procedure
from engine.workflow.specs import FactsEngine, LimitReached, build, serializer


class WorkflowInstance(Base):
    """The stored state of one case's procedure; facts are its routing facts, state is the library's task tree."""

    __tablename__ = "workflow_instance"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    release_digest: Mapped[str] = mapped_column(String(64))
    procedure: Mapped[str] = mapped_column(String(60))
    revision: Mapped[int] = mapped_column(default=0)
    completed: Mapped[bool] = mapped_column(default=False)
    facts: Mapped[dict[str, Any]] = mapped_column(Plain)
    state: Mapped[bytes] = deferred(mapped_column(LargeBinary))


@dataclass(frozen=True)
class Blueprint:
    """What all cases of one release and top procedure share: nodes, compiled conditions, serialised specifications."""

    top: str
    procedures: Mapping[str, Procedure]
    conditions: Mapping[str, Condition]
    specifications: str

    def node(self, procedure: str, node_id: str) -> Node:
        """A node by procedure and id."""
        return self.procedures[procedure].nodes[node_id]


@dataclass(frozen=True)
class OpenNode:
    """A node that waits: a step for a person, an operation for the host, or a limit on a step's border."""

    task_id: str
    node: Node


def blueprint(procedures: Mapping[str, Procedure], top: str, facts: Mapping[str, FeelType]) -> Blueprint:
    """Compile every condition and build the specifications; PackageFault names what is wrong."""
    texts = {flow.condition for procedure in procedures.values() for flow in procedure.flows if flow.condition}
    for procedure in procedures.values():
        for node in procedure.nodes.values():
            texts.update(document.when for document in node.documents if document.when)
    conditions = {text: compile_condition(text, facts) for text in sorted(texts)}
    spec, called = build(procedures, top)
    registry = serializer().registry
    plain = {
        "spec": registry.convert(spec),
        "subprocess_specs": {name: registry.convert(value) for name, value in called.items()},
    }
    return Blueprint(top, procedures, conditions, json.dumps(plain))


class Running:
    """A procedure in memory. Nothing is stored until `save`; any exception means: throw it away and load again."""

    def __init__(self, instance: WorkflowInstance, plan: Blueprint, workflow: BpmnWorkflow) -> None:
        self.instance = instance
        self.plan = plan
        self.facts: dict[str, Any] = dict(instance.facts)
        self._workflow = workflow
        workflow.script_engine = FactsEngine(lambda text: plan.conditions[text].evaluate(self.facts))

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
            OpenNode(str(task.id), self._node(task))
            for task in self._tasks(TaskState.WAITING)
            if isinstance(getattr(task.task_spec, "event_definition", None), LimitReached)
        ]

    def ended_at(self) -> tuple[str, ...]:
        """Names of the end events that the top procedure has reached."""
        reached = []
        for task in self._workflow.tasks.values():
            node = self.plan.procedures[self.plan.top].nodes.get(task.task_spec.name)
            if node and node.kind == "endEvent" and task.state == TaskState.COMPLETED:
                reached.append(node.name)
        return tuple(reached)

    def visited(self) -> dict[str, frozenset[str]]:
        """Per procedure the ids of the nodes that were completed: what a diagram marks as done."""
        done: dict[str, set[str]] = {}
        for task in self._tasks(TaskState.COMPLETED):
            procedure = task.workflow.spec.name
            if task.task_spec.name in self.plan.procedures[procedure].nodes:
                done.setdefault(procedure, set()).add(task.task_spec.name)
        return {procedure: frozenset(ids) for procedure, ids in done.items()}

    def complete(self, task_id: str) -> None:
        """Complete an open step or operation and move on to the next waiting places."""
        task = self._workflow.tasks.get(UUID(task_id)) or next(
            (sub.tasks[UUID(task_id)] for sub in self._workflow.subprocesses.values() if UUID(task_id) in sub.tasks), None
        )
        if task is None or task.state != TaskState.READY:
            raise Conflict("step.not_open", "该环节已经办结或者不再等待办理，请刷新后查看")
        task.run()
        self.settle()

    def limit_reached(self, waiting: OpenNode) -> None:
        """Let a statutory period run out."""
        name = f"{waiting.node.procedure}.{waiting.node.id}"
        self._workflow.catch(BpmnEvent(LimitReached(name)))
        self.settle()

    def settle(self) -> None:
        """Run all that needs neither a person nor the host, until only waiting places are left."""
        moved = True
        while moved:
            moved = False
            known = len(self._workflow.subprocesses)
            nested = sorted(self._workflow.get_active_subprocesses(), key=lambda sub: sub.depth, reverse=True)
            for part in (*nested, self._workflow):
                moved |= self._run_ready(part)
                if part.parent_task_id is not None:
                    parent = self._workflow.get_task_from_id(part.parent_task_id)
                    parent.task_spec._update(parent)
            moved |= len(self._workflow.subprocesses) > known

    def state(self) -> bytes:
        """The task tree without the specifications, as bytes (a JSONB column would lose its order)."""
        plain = serializer().to_dict(self._workflow)
        del plain["spec"], plain["subprocess_specs"]
        return json.dumps(plain, separators=(",", ":")).encode()

    @staticmethod
    def _run_ready(part: Any) -> bool:
        ready = [task for task in part.tasks.values() if task.state == TaskState.READY and not task.task_spec.manual]
        for task in ready:
            if task.state == TaskState.READY:
                task.run()
        return bool(ready)

    def _tasks(self, state: int) -> Iterator[Any]:
        # The library's own iterator stops at depth 1000, which a long loop of investigation reaches.
        for part in (self._workflow, *self._workflow.subprocesses.values()):
            for task in part.tasks.values():
                if task.state == state:
                    yield task

    def _ready(self) -> list[OpenNode]:
        return [
            OpenNode(str(task.id), self._node(task)) for task in self._tasks(TaskState.READY) if task.task_spec.manual
        ]

    def _node(self, task: Any) -> Node:
        return self.plan.node(task.workflow.spec.name, task.task_spec.name)


def start(session: Session, case_id: int, release_digest: str, plan: Blueprint, facts: Mapping[str, Any]) -> Running:
    """Begin a case's procedure and store its first state."""
    restored = _restore_specifications(plan)
    workflow = BpmnWorkflow(restored["spec"], restored["subprocess_specs"])
    instance = WorkflowInstance(
        case_id=case_id, release_digest=release_digest, procedure=plan.top, facts=dict(facts), state=b"{}", revision=0
    )
    running = Running(instance, plan, workflow)
    running.settle()
    session.add(instance)
    instance.state = running.state()
    session.flush()
    return running


def load(session: Session, case_id: int, plan: Blueprint) -> Running:
    """Load a case's procedure; the instance row carries the revision under which it will be stored again."""
    instance = find(session, case_id)
    registry = serializer().registry
    plain = json.loads(instance.state)
    plain.update(json.loads(plan.specifications))
    return Running(instance, plan, registry.restore(plain))


def find(session: Session, case_id: int) -> WorkflowInstance:
    """The instance of a case, locked for writing where the database locks rows."""
    instance = session.scalar(select(WorkflowInstance).where(WorkflowInstance.case_id == case_id).with_for_update())
    if instance is None:
        raise Invalid("case.no_procedure", "该案件没有正在运行的程序", case_id=case_id)
    return instance


def save(session: Session, running: Running) -> None:
    """Store the procedure if nobody else has stored it since it was loaded; else Conflict."""
    instance = running.instance
    changed = session.execute(
        update(WorkflowInstance)
        .where(WorkflowInstance.id == instance.id, WorkflowInstance.revision == instance.revision)
        .values(
            revision=instance.revision + 1, state=running.state(), facts=running.facts, completed=running.completed
        )
        .execution_options(synchronize_session=False)
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        raise Conflict("case.moved_on", "案件刚刚由他人办理，状态已经变化，请刷新后重试")
    session.refresh(instance)


def _restore_specifications(plan: Blueprint) -> dict[str, Any]:
    registry = serializer().registry
    plain = json.loads(plan.specifications)
    return {
        "spec": registry.restore(plain["spec"]),
        "subprocess_specs": {name: registry.restore(value) for name, value in plain["subprocess_specs"].items()},
    }


