"""What the table of constructs says to run also runs in a case, whose state is written out and read back after every step."""

from __future__ import annotations

import pytest

from engine.rules.feel_types import FeelType
from engine.workflow.blueprints import Blueprint, blueprint, portrait
from engine.workflow.constructs import CONSTRUCTS
from engine.workflow.instances import Running, WorkflowInstance
from engine.workflow.lint import IN_PACKAGES
from engine.workflow.parsing import read_procedure
from tests.workflow.sketches import draw
from tests.workflow.test_bpmn_run import NAMES
from tests.workflow.test_lint_constructs import AROUND, drawing

FACTS = {"x": FeelType.BOOLEAN, "list": FeelType.LIST, "fine": FeelType.NUMBER, "level": FeelType.STRING}
GIVEN = {"x": True, "list": ["a", "b"], "fine": 200_000, "level": ""}
KEYS = [
    key for key, construct in CONSTRUCTS.items()
    if construct.runs and key.partition(":")[0] in {name.partition(":")[0] for name in IN_PACKAGES} - {"startEvent", "businessRuleTask"}
]


def plan_of(text: str) -> Blueprint:
    other = "startEvent os\nendEvent oe\nos -> oe"
    files = {"main": draw(text, before=NAMES), "other": draw(other, process="other")}
    return blueprint({name: read_procedure(data, name) for name, data in files.items()}, "main", FACTS)


def walk(plan: Blueprint, *, restart: bool) -> tuple[bool, dict[str, frozenset[str]], list[str]]:
    """Whether it ended, what was visited, and the steps and events in order; the state is written and read after each."""
    instance = WorkflowInstance(id=1, case_id=7, release_digest="", procedure="main", facts=dict(GIVEN), revision=0)
    running, done = Running(instance, plan), []
    running.settle()
    for _ in range(60):
        if restart:
            running.reload()
        if running.completed:
            break
        waiting = [*running.open_operations(), *running.open_steps()]
        limits = running.waiting_limits()
        if "event" not in done and (running.deliver("停电") or running.deliver("催告")):
            done.append("event")
        elif [each for each in limits if each.node.kind != "startEvent"]:
            limit = next(each for each in limits if each.node.kind != "startEvent")
            done.append(limit.node.id)
            running.limit_reached(limit)
        elif waiting:
            done.append(waiting[0].node.id)
            running.complete(waiting[0].task_id)
        else:
            break
    return running.completed, running.visited(), done


@pytest.mark.parametrize("key", KEYS)
def test_each_construct_runs_in_a_case_with_and_without_restarts(key: str) -> None:
    text = drawing(key)
    text = text.removeprefix(AROUND) if key == "eventSubProcess" else text
    text = text.replace("s -> it -> e", "s -> it", 1) if key == "eventBasedGateway" else text
    plan = plan_of(text)
    before = portrait(plan.specification, plan.called)
    completed, visited, done = walk(plan, restart=False)
    assert (completed, visited, done) == walk(plan, restart=True)
    assert completed
    assert "it" in visited["main"]
    assert portrait(plan.specification, plan.called) == before


def test_instances_of_a_sub_process_have_limits_of_their_own() -> None:
    loop = "<multiInstanceLoopCharacteristics><loopDataInputRef>list</loopDataInputRef></multiInstanceLoopCharacteristics>\n"
    inner = "startEvent xs\nuserTask x\nboundaryEvent late on x : timer\nuserTask told\nendEvent xe\nxs -> x -> xe\nlate -> told -> xe"
    plan = plan_of(f"{AROUND}{{ subProcess it\n{loop}{inner}\n}}")
    running = Running(WorkflowInstance(id=1, case_id=7, release_digest="", procedure="main", facts=dict(GIVEN), revision=0), plan)
    running.settle()
    limits = running.waiting_limits()
    assert [each.node.scope for each in limits] == ["it", "it"]
    running.limit_reached(limits[1])
    running.reload()
    assert sorted(each.node.id for each in running.open_steps()) == ["told", "x"]


def test_a_condition_on_the_border_looks_at_the_facts_again() -> None:
    border = "boundaryEvent b on it cancelActivity=false : conditional <condition>fine > 300000</condition>"
    text = f"{AROUND}userTask it\n{border}\nuserTask y\nendEvent f\nb -> y -> f"
    running = Running(WorkflowInstance(id=1, case_id=7, release_digest="", procedure="main", facts=dict(GIVEN), revision=0), plan_of(text))
    running.settle()
    running.reload()
    assert [each.node.id for each in running.open_steps()] == ["it"]
    running.facts["fine"] = 400_000
    running.settle()
    assert sorted(each.node.id for each in running.open_steps()) == ["it", "y"]


def test_an_error_stops_the_outer_sub_process_before_it_goes_on_inside() -> None:
    inner = '{ subProcess i\nstartEvent is\nendEvent ie : error errorRef="E"\nis -> ie\n}\n'
    outer = f"{{ subProcess it\nstartEvent os\n{inner}serviceTask wrong\nendEvent oe\nos -> i -> wrong -> oe\n}}\n"
    plan = plan_of(f'{AROUND}{outer}boundaryEvent b on it : error errorRef="E"\nendEvent f\nb -> f')
    completed, visited, done = walk(plan, restart=True)
    assert completed
    assert done == []
    assert {"b", "f"} <= visited["main"]
    assert "wrong" not in visited["main"]
