"""A business rule task decides by the package's own tables; hostile cells are refused before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.errors import Invalid, PackageFault
from engine.rules.decisions import read_decisions
from engine.rules.feel_types import FeelType
from engine.workflow.blueprints import blueprint
from engine.workflow.instances import Running, WorkflowInstance
from engine.workflow.parsing import read_procedure
from processes.decision_models import check_inputs, read_models
from tests.workflow.sketches import draw
from tests.workflow.test_doors import HOSTILE

FACTS = {"fine": FeelType.NUMBER, "level": FeelType.STRING, "major": FeelType.BOOLEAN}
TASK = '<extensionElements><zhifa:decision name="{name}" result="{result}"/></extensionElements>'


def table(*rules: tuple[str, str], name: str = "level", outputs: str = '<output name="level" typeRef="string"/>') -> bytes:
    rows = "".join(
        f'<rule id="r{number}"><inputEntry><text>{given}</text></inputEntry>'
        + "".join(f"<outputEntry><text>{each}</text></outputEntry>" for each in result.split("|")) + "</rule>"
        for number, (given, result) in enumerate(rules)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:d">'
        '<inputData id="in" name="fine"><variable name="fine" typeRef="number"/></inputData>'
        f'<decision id="dec" name="{name}"><variable name="{name}"/>'
        '<informationRequirement id="ir"><requiredInput href="#in"/></informationRequirement>'
        f'<decisionTable hitPolicy="FIRST"><input><inputExpression typeRef="number"><text>fine</text></inputExpression></input>{outputs}{rows}'
        "</decisionTable></decision></definitions>"
    ).encode()


LEVELS = table(("&gt; 100000", '"major"'), ("-", '"minor"'))


def decided(data: bytes, fine: int, *, result: str = "level", name: str = "level") -> Mapping[str, object]:
    text = f"startEvent s\nbusinessRuleTask a\n+{TASK.format(name=name, result=result)}\nuserTask b\nendEvent e\ns -> a -> b -> e"
    models, faults = read_models({"d": data})
    assert faults == []
    plan = blueprint({"main": read_procedure(draw(text), "main")}, "main", FACTS, models)
    running = Running(WorkflowInstance(id=1, case_id=7, release_digest="", procedure="main", facts={"fine": fine}, revision=0), plan)
    running.settle()
    running.reload()
    assert [each.node.id for each in running.open_steps()] == ["b"]
    return running.facts


@pytest.mark.parametrize(("fine", "level"), [(200_000, "major"), (100_000, "minor")])
def test_the_outcome_becomes_a_fact(fine: int, level: str) -> None:
    assert decided(LEVELS, fine) == {"fine": fine, "level": level}


def test_several_outputs_become_facts_of_their_names() -> None:
    outputs = '<output name="level" typeRef="string"/><output name="major" typeRef="boolean"/>'
    data = table(("&gt; 100000", '"major"|true'), ("-", '"minor"|false'), outputs=outputs)
    assert decided(data, 5, result="") == {"fine": 5, "level": "minor", "major": False}


def test_an_outcome_for_which_there_is_no_fact_is_refused() -> None:
    with pytest.raises(Invalid, match="没有对应的事实"):
        decided(table(("-", '"x"'), name="nothing"), 5, result="", name="nothing")


@pytest.mark.parametrize("cell", ["input", "output"])
@pytest.mark.parametrize("text", [each for each in HOSTILE if each.isascii()], ids=str)
def test_a_hostile_cell_is_refused_when_the_table_is_read(cell: str, text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "")
    if text == "9**9**9":
        pytest.skip("plain arithmetic in FEEL, bounded by the rule engine")
    data = table((escaped, '"x"') if cell == "input" else ("-", escaped))
    with pytest.raises(PackageFault) as refused:
        read_decisions(data, "d.dmn")
    assert refused.value.code.startswith(("feel.", "dmn."))


def test_inputs_must_be_declared_and_names_unique() -> None:
    text = f"startEvent s\nbusinessRuleTask a\n+{TASK.format(name='level', result='level')}\nendEvent e\ns -> a -> e"
    procedures = {"main": read_procedure(draw(text), "main")}
    models, _ = read_models({"d": LEVELS})
    assert check_inputs(procedures, models, FACTS) == []
    assert [fault.code for fault in check_inputs(procedures, models, {"fine": FeelType.STRING})] == ["bpmn.fact"]
    assert [fault.code for fault in read_models({"d": LEVELS, "e": LEVELS})[1]] == ["dmn.doubled"]
    assert all(fault.code.startswith(("xml.", "dmn.")) for fault in read_models({"d": b"<x/>"})[1])
