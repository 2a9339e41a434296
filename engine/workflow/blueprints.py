"""What all cases of one release and top procedure share: made once, used by every case, changed by none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask

from engine.rules.conditions import Condition, FeelType, compile_condition
from engine.rules.feel import Expression
from engine.workflow.formulas import compile_placed, formulas
from engine.workflow.parsing import Node, Procedure
from engine.workflow.skeleton import given_name
from engine.workflow.specs import build


class Decider(Protocol):
    """Decision tables, as the rule engine reads them."""

    def decide(self, name: str, facts: Mapping[str, object]) -> object:
        """The outcome of a decision over facts."""
        ...


@dataclass(frozen=True)
class Blueprint:
    """Nodes, compiled expressions, and the library's specifications: of the top procedure, and of what is called by name.

    facts: the declared facts; owners: sub-process → procedure in which it lies; decisions: decision → its tables.
    """

    top: str
    procedures: Mapping[str, Procedure]
    conditions: Mapping[str, Condition | Expression]
    facts: Mapping[str, FeelType]
    owners: Mapping[str, str]
    decisions: Mapping[str, Decider]
    specification: Any = field(repr=False)
    called: Mapping[str, Any] = field(repr=False)

    def node(self, scope: str, task: str) -> Node:
        """A node by the procedure or sub-process in which it lies, and the name of the library's task."""
        return self.procedures[self.owners.get(scope, scope)].nodes[given_name(task)]


def blueprint(
    procedures: Mapping[str, Procedure], top: str, facts: Mapping[str, FeelType], decisions: Mapping[str, Decider] | None = None
) -> Blueprint:
    """Compile every expression and build the specifications; PackageFault names what is wrong."""
    conditions: dict[str, Condition | Expression] = {}
    for procedure in procedures.values():
        for placed in formulas(procedure.draft):
            yes_or_no = placed.wanted is FeelType.BOOLEAN
            conditions[placed.text] = compile_condition(placed.text, facts) if yes_or_no else compile_placed(placed, facts)
        for node in procedure.nodes.values():
            conditions |= {each.when: compile_condition(each.when, facts) for each in node.documents if each.when}
    owners = {scope: procedure.id for procedure in procedures.values() for scope in procedure.draft.scopes if scope != procedure.id}
    specification, called = build(procedures, top)
    make_sharable(specification, called)
    return Blueprint(top, procedures, conditions, facts, owners, decisions or {}, specification, called)


def make_sharable(specification: Any, called: Mapping[str, Any]) -> None:
    """Connect beforehand what the library would connect while a case runs: afterwards no case changes a specification.

    The instances of a loop tell it that they are done (lost by a restart otherwise), and the start of a procedure knows
    its event sub-processes (one case's event would otherwise show in all others).
    """
    for spec in (specification, *called.values()):
        for task in list(spec.task_specs.values()):
            if isinstance(task, LoopTask):
                inner = spec.task_specs[task.task_spec]
                if not inner.completed_event.is_connected(task.merge_child):
                    inner.completed_event.connect(task.merge_child)
        for name in spec.start.trigger_specs:
            triggered = spec.task_specs[name]
            if spec.start not in triggered.inputs:
                triggered._inputs.append(spec.start.name)
                triggered.connect(spec.end)


def portrait(specification: Any, called: Mapping[str, Any]) -> str:
    """All that the library could change in shared specifications, as text: equal texts mean that no case has changed them."""
    lines = []
    for spec in (specification, *called.values()):
        for name, task in sorted(spec.task_specs.items()):
            plain = {key: value for key, value in vars(task).items() if not key.endswith("_event") and key != "_wf_spec"}
            listeners = task.completed_event.n_subscribers()
            lines.append(f"{spec.name}.{name}: {sorted((key, _words(value)) for key, value in plain.items())} {listeners}")
    return "\n".join(lines)


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return str([_words(one) for one in value])
    if isinstance(value, str | int | float | bool | dict | None):
        return repr(value)
    return type(value).__name__ + str(sorted((key, repr(one)) for key, one in vars(value).items() if not hasattr(one, "__dict__")))
