"""What all cases of one release and top procedure share: made once, used by every case, changed by none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask

from engine.rules.conditions import Condition, FeelType, compile_condition
from engine.workflow.parsing import Node, Procedure
from engine.workflow.specs import build


@dataclass(frozen=True)
class Blueprint:
    """Nodes, compiled conditions, and the library's specifications: of the top procedure, and of what is called by name."""

    top: str
    procedures: Mapping[str, Procedure]
    conditions: Mapping[str, Condition]
    specification: Any = field(repr=False)
    called: Mapping[str, Any] = field(repr=False)

    def node(self, procedure: str, node_id: str) -> Node:
        """A node by procedure and id."""
        return self.procedures[procedure].nodes[node_id]


def blueprint(procedures: Mapping[str, Procedure], top: str, facts: Mapping[str, FeelType]) -> Blueprint:
    """Compile every condition and build the specifications; PackageFault names what is wrong."""
    texts = {flow.condition for procedure in procedures.values() for flow in procedure.flows if flow.condition}
    for procedure in procedures.values():
        for node in procedure.nodes.values():
            texts.update(document.when for document in node.documents if document.when)
    conditions = {text: compile_condition(text, facts) for text in sorted(texts)}
    specification, called = build(procedures, top)
    make_sharable(specification, called)
    return Blueprint(top, procedures, conditions, specification, called)


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
