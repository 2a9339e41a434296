"""The decision tables of a package: read from its DMN files, found by the name of the decision, held against the facts."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Fault, PackageFault
from engine.rules.conditions import FeelType
from engine.rules.decisions import Decisions, read_decisions
from engine.workflow.parsing import Procedure


def read_models(files: Mapping[str, bytes]) -> tuple[dict[str, Decisions], list[Fault]]:
    """Decision name → the model that holds it, and what is wrong. files: stem → bytes of decisions/*.dmn."""
    found: dict[str, Decisions] = {}
    faults: list[Fault] = []
    for stem, data in files.items():
        where = f"decisions/{stem}.dmn"
        try:
            model = read_decisions(data, where)
        except PackageFault as error:
            faults += error.faults or (Fault(where, error.code, error.message),)
            continue
        for name in model.names:
            if name in found:
                faults.append(Fault(where, "dmn.doubled", f"决策“{name}”在流程包的另一个文件中已经有了，名称应当唯一"))
            found[name] = model
    return found, faults


def check_inputs(
    procedures: Mapping[str, Procedure], models: Mapping[str, Decisions], facts: Mapping[str, FeelType]
) -> list[Fault]:
    """Every input of a decision that a procedure uses must be a declared fact of its type."""
    faults = []
    for procedure in procedures.values():
        for node in procedure.nodes.values():
            if node.kind != "businessRuleTask" or node.decision not in models:
                continue
            for name, kind in models[node.decision].inputs(node.decision).items():
                if name not in facts or kind not in (None, facts[name]):
                    message = f"决策“{node.decision}”的输入“{name}”没有登记为事实，或者类型不符"
                    faults.append(Fault(f"procedures/{procedure.id}.bpmn#{node.id}", "bpmn.fact", message))
    return faults
