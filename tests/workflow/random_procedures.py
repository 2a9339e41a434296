"""Procedures made by chance: sequences, loops, parallel blocks, called procedures and operations, nested in each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, pairwise
from typing import Any

from hypothesis import strategies as st

from engine.rules.conditions import FeelType
from engine.workflow.instances import Blueprint, Running, WorkflowInstance, blueprint
from engine.workflow.parsing import read_procedure

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zhifa="urn:zhifa:bpmn" id="d">'
    '<bpmn:process id="{0}" isExecutable="true">'
)
TAIL = "</bpmn:process></bpmn:definitions>"
FACTS = {"again": FeelType("boolean")}

leaves = st.sampled_from(["step", "step", "step", "limited", "limited", "operation", "each", "in_turn"])
blocks: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.just("sequence"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("parallel"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("loop"), inner),
        st.tuples(st.just("call"), inner),
        st.tuples(st.just("several"), inner),
        st.tuples(st.just("several_in_turn"), inner),
    ),
    max_leaves=8,
)


class Drawing:
    """Turns a block into BPMN files: one per procedure."""

    def __init__(self, block: Any) -> None:
        self.numbers: Iterator[int] = count(1)
        self.files: dict[str, bytes] = {}
        self.procedure("top", ("sequence", ["step", block, "step"]))

    def procedure(self, name: str, block: Any) -> None:
        parts: list[str] = ['<bpmn:startEvent id="start"/>', '<bpmn:endEvent id="end"/>']
        first, last = self.draw(block, parts)
        parts += [_flow("start", first), _flow(last, "end")]
        self.files[name] = (HEAD.format(name) + "".join(parts) + TAIL).encode()

    def draw(self, block: Any, parts: list[str]) -> tuple[str, str]:
        """Add a block's nodes and flows; the ids of its first and last node are returned."""
        kind = block if isinstance(block, str) else block[0]
        node = f"{kind}{next(self.numbers)}"
        if kind in ("step", "limited"):
            parts.append(f'<bpmn:userTask id="{node}"/>')
            if kind == "limited":
                parts.append(
                    f'<bpmn:boundaryEvent id="{node}_over" attachedToRef="{node}"><bpmn:timerEventDefinition>'
                    "<bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
                    f'<bpmn:exclusiveGateway id="{node}_merge"/>' + _flow(f"{node}_over", f"{node}_merge") + _flow(node, f"{node}_merge")
                )
                return node, f"{node}_merge"
            return node, node
        if kind == "operation":
            parts.append(f'<bpmn:serviceTask id="{node}"/>')
            return node, node
        if kind == "call":
            parts.append(f'<bpmn:callActivity id="{node}" calledElement="{node}_inner"/>')
            self.procedure(f"{node}_inner", block[1])
            return node, node
        if kind in ("each", "in_turn"):
            parts.append(f'<bpmn:userTask id="{node}">{_three(in_turn=kind == "in_turn")}</bpmn:userTask>')
            return node, node
        if kind in ("several", "several_in_turn"):
            return self.several(node, block[1], parts, in_turn=kind != "several")
        if kind == "loop":
            parts += [f'<bpmn:exclusiveGateway id="{node}_in"/>', f'<bpmn:exclusiveGateway id="{node}_out" default="{node}_on"/>']
            first, last = self.draw(("sequence", [block[1], "step"]), parts)
            parts += [
                _flow(f"{node}_in", first), _flow(last, f"{node}_out"), _flow(f"{node}_out", f"{node}_in", "again"),
                f'<bpmn:exclusiveGateway id="{node}_after"/>', _flow(f"{node}_out", f"{node}_after", "", f"{node}_on"),
            ]
            return f"{node}_in", f"{node}_after"
        ends = [self.draw(inner, parts) for inner in block[1]]
        if kind == "parallel":
            parts += [f'<bpmn:parallelGateway id="{node}_split"/>', f'<bpmn:parallelGateway id="{node}_join"/>']
            parts += [flow for first, last in ends for flow in (_flow(f"{node}_split", first), _flow(last, f"{node}_join"))]
            return f"{node}_split", f"{node}_join"
        parts += [_flow(one[1], two[0]) for one, two in pairwise(ends)]
        return ends[0][0], ends[-1][1]

    def several(self, node: str, block: Any, parts: list[str], *, in_turn: bool) -> tuple[str, str]:
        """Three instances of a called procedure, at once or one after the other."""
        parts.append(f'<bpmn:callActivity id="{node}" calledElement="{node}_inner">{_three(in_turn=in_turn)}</bpmn:callActivity>')
        self.procedure(f"{node}_inner", block)
        return node, node


def plan_of(block: Any) -> Blueprint:
    """A block made ready to run."""
    procedures = {name: read_procedure(data, name) for name, data in Drawing(block).files.items()}
    found = blueprint(procedures, "top", FACTS)
    conditions = {**found.conditions, "3": _Three()}
    return replace(found, conditions=conditions)  # type: ignore[arg-type]


class _Three:
    def evaluate(self, facts: object) -> int:
        return 3


def begun(plan: Blueprint) -> Running:
    """A procedure that has just begun, not stored anywhere."""
    instance = WorkflowInstance(case_id=1, release_digest="", procedure="top", facts={"again": False}, state=b"", revision=0)
    running = Running(instance, plan)
    running.settle()
    return running


def _three(*, in_turn: bool) -> str:
    many = "bpmn:multiInstanceLoopCharacteristics"
    return f'<{many} isSequential="{str(in_turn).lower()}"><bpmn:loopCardinality>3</bpmn:loopCardinality></{many}>'


def _flow(source: str, target: str, condition: str = "", name: str = "") -> str:
    inside = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    return f'<bpmn:sequenceFlow id="{name or f"f_{source}__{target}"}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>'
