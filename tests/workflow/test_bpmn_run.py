"""What the table of constructs says to run does run as drawn, with a restart after every step or without."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import Invalid, PackageFault
from engine.workflow.driving import COMPLETED, REFUSED, WAITING, Outcome
from engine.workflow.trials import run_file
from tests.workflow.sketches import draw

NAMES = (
    '<message id="M" name="催告"/><message id="N" name="撤回"/><signal id="S" name="停电"/>'
    '<error id="E" name="缺件" errorCode="E1"/><error id="F" name="越权" errorCode="E2"/><escalation id="X" name="上报" escalationCode="X1"/>'
)
AROUND = "startEvent s\nendEvent e\ns -> a\na -> e\n"
FORK = "startEvent s\nparallelGateway p\ns -> p\n"


def run(text: str, facts: dict[str, Any] | None = None, **more: Any) -> Outcome:
    """Run a drawing twice, once with a restart after every step; both must go the same way."""
    data, given = draw(text, before=NAMES, **more), json.dumps(facts or {}).encode()
    plain = run_file({"a.bpmn": data}, given, "facts.json")
    restarted = run_file({"a.bpmn": data}, given, "facts.json", restart=True)
    assert plain == restarted
    return plain


def went(outcome: Outcome) -> str:
    assert outcome.status == COMPLETED, outcome
    return " ".join(outcome.trace)


@pytest.mark.parametrize("kind", ["task", "userTask", "manualTask", "serviceTask", "businessRuleTask"])
def test_tasks_are_completed_with_what_the_facts_file_gives(kind: str) -> None:
    text = f"{AROUND.replace('a -> e', '')}{kind} a\nexclusiveGateway g default=g_e\nendEvent f\na -> g\ng -> e\ng -> f if fine > 100"
    assert went(run(text, {"facts": {"fine": 5}, "tasks": {"a": {"fine": 500}}})) == "s a g f"
    assert went(run(text, {"fine": 5})) == "s a g e"


def test_a_task_may_be_named_as_it_is_in_the_drawing() -> None:
    text = "startEvent s\nuserTask a name=审核\nuserTask b\nendEvent e\ns -> a -> b -> e"
    assert run(text, {"tasks": {"审核": None}}).waiting == ("a",)
    assert run(text, {"tasks": {"b": None, "没有的": {}}}).waiting == ("b",)


def test_each_visit_may_bring_other_facts() -> None:
    text = (
        f"{AROUND.replace('s -> a', 's -> m').replace('a -> e', '')}exclusiveGateway m\nuserTask a\n"
        "exclusiveGateway g default=g_e\nm -> a\na -> g\ng -> m if again\ng -> e"
    )
    assert went(run(text, {"tasks": {"a": [{"again": True}, {"again": True}, {"again": False}]}})) == "s m a g m a g m a g e"


def test_a_loop_that_never_ends_is_given_up() -> None:
    text = "startEvent s\nexclusiveGateway m\nexclusiveGateway g default=g_e\nendEvent e\ns -> m\nm -> g\ng -> m if again\ng -> e"
    outcome = run(text, {"again": True})
    assert outcome.status == REFUSED
    assert "2000" in outcome.reason


def test_branches_are_tried_in_the_order_of_the_file_not_of_the_drawing() -> None:
    shapes = "".join(
        f'<b:BPMNShape bpmnElement="{name}"><d:Bounds x="0" y="{y}" width="1" height="1"/></b:BPMNShape>' for name, y in (("one", 900), ("two", 1))
    )
    plane = '<b:BPMNDiagram xmlns:b="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:d="http://www.omg.org/spec/DD/20100524/DC">'
    text = (
        "startEvent s\nexclusiveGateway g default=g_three\nendEvent one\nendEvent two\nendEvent three\n"
        "s -> g\ng -> one if n > 1\ng -> two if n > 0\ng -> three"
    )
    assert went(run(text, {"n": 2}, after=f"{plane}<b:BPMNPlane>{shapes}</b:BPMNPlane></b:BPMNDiagram>")) == "s g one"


@pytest.mark.parametrize(
    ("facts", "way"),
    [({"x": True, "y": True}, "s g a b j z e"), ({"x": True, "y": False}, "s g a j z e"), ({"x": False, "y": False}, "s g c j z e")],
)
def test_inclusive_gateway_takes_every_branch_that_holds_and_waits_for_each(facts: dict[str, Any], way: str) -> None:
    text = (
        "startEvent s\ninclusiveGateway g default=g_c\nuserTask a\nuserTask b\nuserTask c\ninclusiveGateway j\nuserTask z\nendEvent e\n"
        "s -> g\ng -> a if x\ng -> b if y\ng -> c\na -> j\nb -> j\nc -> j\nj -> z\nz -> e"
    )
    assert went(run(text, facts)) == way


def test_parallel_branches_all_run_and_meet_once() -> None:
    assert went(run(
        f"{FORK}userTask a\nuserTask b\nparallelGateway j\nuserTask z\nendEvent e\np -> a\np -> b\na -> j\n"
        "b -> j\nj -> z\nz -> e"
    )) == "s p a b j z e"


def test_a_join_whose_branch_is_never_taken_waits_and_says_so() -> None:
    text = (
        "startEvent s\nexclusiveGateway g default=g_a\nuserTask a\nuserTask b\nparallelGateway j\n"
        "endEvent e\ns -> g\ng -> a\ng -> b if x\na -> j\nb -> j\nj -> e"
    )
    outcome = run(text, {"x": False})
    assert (outcome.status, outcome.waiting) == (WAITING, ("j",))


SUB = "{ subProcess a\nstartEvent xs\nuserTask x\nendEvent xe\nxs -> x\nx -> xe\n}\n"


def test_sub_process_is_entered_and_left() -> None:
    assert went(run(AROUND + SUB)) == "s a xs x xe e"


def test_nested_sub_processes() -> None:
    text = AROUND + (
        "{ subProcess a\nstartEvent as\n{ transaction b\nstartEvent bs\nuserTask x\nendEvent be\nbs -> x\n"
        "x -> be\n}\nendEvent ae\nas -> b\nb -> ae\n}"
    )
    assert went(run(text)) == "s a as b bs x be ae e"


def test_call_activity_calls_a_process_of_another_file() -> None:
    files = {"a": draw(AROUND + "callActivity a calledElement=served"), "b": draw(
        "startEvent s\nuserTask x\nendEvent done\ns -> x\nx -> done"
    , process="served")}
    assert went(run_file(files, b"{}", "f")) == went(run_file(files, b"{}", "f", restart=True)) == "s a s x done e"


def test_a_process_that_is_called_and_not_given_is_named() -> None:
    with pytest.raises(PackageFault) as refused:
        run(AROUND + "callActivity a calledElement=served")
    assert [fault.code for fault in refused.value.faults] == ["bpmn.called"]


LOOP = "+<multiInstanceLoopCharacteristics isSequential=\"{sequential}\">{inside}</multiInstanceLoopCharacteristics>\n"
CARDINALITY, LIST = "<loopCardinality>{}</loopCardinality>", "<loopDataInputRef>{}</loopDataInputRef>"


@pytest.mark.parametrize("sequential", ["true", "false"])
@pytest.mark.parametrize(
    ("inside", "facts", "times"),
    [(CARDINALITY.format(3), {}, 3), (CARDINALITY.format("n + 1"), {"n": 1}, 2), (CARDINALITY.format("0"), {}, 0),
     (LIST.format("items"), {"items": ["甲", "乙", "丙"]}, 3), (LIST.format("items"), {"items": []}, 0)],
)
def test_multi_instance_runs_once_for_each(sequential: str, inside: str, facts: dict[str, Any], times: int) -> None:
    loop = LOOP.format(sequential=sequential, inside=inside)
    assert went(run(f"{AROUND}userTask a\n{loop}", facts)) == " ".join(["s", *["a"] * times, "e"])
    sub = SUB.replace("subProcess a\n", f"subProcess a\n{loop[1:]}")
    assert sorted(went(run(AROUND + sub, facts)).split()) == sorted(["s", *["a", "xs", "x", "xe"] * times, "e"])


@pytest.mark.parametrize(("sequential", "times"), [("true", 2), ("false", 2)])
def test_multi_instance_ends_when_its_condition_holds(sequential: str, times: int) -> None:
    loop = LOOP.format(sequential=sequential, inside=CARDINALITY.format(3) + "<completionCondition>agreed</completionCondition>")
    answers = {"tasks": {"a": [{"agreed": False}, {"agreed": True}]}}
    assert went(run(f"{AROUND}userTask a\n{loop}", answers)) == " ".join(["s", *["a"] * times, "e"])


@pytest.mark.parametrize("number", ["1.5", "-1", "1001", "100000000000000000000"])
def test_a_number_of_instances_that_is_no_small_whole_number_is_refused(number: str) -> None:
    outcome = run(f"{AROUND}userTask a\n{LOOP.format(sequential='false', inside=CARDINALITY.format('n'))}", {"n": float(number)})
    assert outcome.status == REFUSED
    assert "次数" in outcome.reason


def test_standard_loop() -> None:
    most = '+<standardLoopCharacteristics loopMaximum="2"/>'
    while_open = "+<standardLoopCharacteristics><loopCondition>open</loopCondition></standardLoopCharacteristics>"
    assert went(run(f"{AROUND}userTask a\n{most}")) == "s a a e"
    assert went(run(
        f"{AROUND}userTask a\n{while_open}"
    , {"tasks": {"a": [{"open": True}, {"open": True}, {"open": False}]}})) == "s a a a e"


def test_a_facts_file_is_read_strictly() -> None:
    data = draw(AROUND + "userTask a")
    for bad in (b"[]", b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}",
                b'{"facts": 3, "tasks": {}}', b'{"tasks": {"a": 3}}',
                b'{"facts": {"n": 1}, "tasks": {"a": {"n": "x"}}}', b'{"messages": [{}]}', b'{"facts": {}, "start": "soon"}', b"[" * 100_000):
        with pytest.raises(Invalid) as refused:
            run_file({"a": data}, bad, "facts.json")
        assert refused.value.code.startswith("facts.")


def test_ids_that_the_library_uses_itself_are_ours_as_well() -> None:
    text = "startEvent Start\nuserTask Root\nendEvent End\nStart -> Root\nRoot -> End"
    assert went(run(text)) == "Start Root End"


def test_facts_may_be_objects_and_lists_of_objects() -> None:
    text = f"{AROUND.replace('a -> e', '')}userTask a\nexclusiveGateway g default=g_e\nendEvent f\na -> g\ng -> e\n"
    facts = {"order": {"amount": 500, "lines": [{"price": 1}, {"price": 300}]}}
    some = "some line in order.lines satisfies line.price > 100"
    for condition in ("order.amount > 100", "count(order.lines) = 2", some, "order.lines[2].price = 300"):
        assert went(run(f"{text}g -> f if {condition}", facts)) == "s a g f"
        assert went(run(f"{text}g -> f if {condition}", {"order": {"amount": 5, "lines": []}})) == "s a g e"
