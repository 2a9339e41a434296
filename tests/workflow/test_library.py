"""What SpiffWorkflow gets wrong by itself, so that an upgrade that mends it is noticed: then the rule behind it may go.

Each test draws what a rule of engine/workflow/findings.py refuses and shows that the library accepts it and runs it otherwise
than drawn, or falls over. docs/bpmn.md tells departments what to draw instead.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version

import pytest
from SpiffWorkflow.bpmn.exceptions import WorkflowDataException
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.util.task import TaskState

from tests.workflow.stock_library import names, stock, work_through

LINE = "startEvent s\nuserTask a\nendEvent e\ns -> a -> e\n"
MESSAGE = BpmnEvent(MessageEventDefinition("催告"), payload={})


def test_the_version_that_was_examined_is_installed() -> None:
    assert version("SpiffWorkflow") == "3.2.0"


def test_link_events_drop_the_jump() -> None:
    workflow = stock(
        'startEvent s\nintermediateThrowEvent t : link name="L"\nintermediateCatchEvent c : link name="L"\n'
        'endEvent e\ns -> t\nc -> e'
    )
    assert work_through(workflow)[-1] == "t"
    assert not workflow.completed


def test_compensation_does_nothing() -> None:
    text = (
        "startEvent s\nuserTask a\nuserTask undo isForCompensation=true\n"
        "intermediateThrowEvent t : compensate\nendEvent e : compensate\ns -> a -> t -> e"
    )
    assert "undo" not in work_through(stock(text))
    with pytest.raises(ValidationException, match="Unsupported Catch Event"):
        stock(LINE + "boundaryEvent b on a : compensate")


def test_a_signal_end_event_throws_no_signal() -> None:
    text = (
        'startEvent s\nparallelGateway p\nintermediateCatchEvent c : signal signalRef="S"\nendEvent e : signal signalRef="S"\n'
        "endEvent f\ns -> p\np -> c -> f\np -> e"
    )
    workflow = stock(text)
    work_through(workflow)
    assert "c" in names(workflow, TaskState.WAITING)


def test_a_receive_task_without_a_message_waits_for_nothing() -> None:
    assert work_through(stock(LINE.replace("userTask", "receiveTask")), rounds=0)[:3] == ["Start", "s", "a"]


@pytest.mark.parametrize("event", ['error errorRef="E"', 'escalation escalationRef="X"'])
def test_an_error_or_escalation_event_sub_process_starts_at_once(event: str) -> None:
    inner = f"{{ subProcess w triggeredByEvent=true\nstartEvent ws : {event}\nuserTask wx\nendEvent we\nws -> wx -> we\n}}"
    workflow = stock(LINE + inner)
    workflow.do_engine_steps()
    assert "wx" in names(workflow, TaskState.READY)


def test_a_timer_event_sub_process_keeps_the_process_from_ending() -> None:
    inner = "{ subProcess w triggeredByEvent=true\nstartEvent ws : timer <timeDuration>'P1D'</timeDuration>\nendEvent we\nws -> we\n}"
    workflow = stock(LINE + inner)
    assert "e" in work_through(workflow)
    assert not workflow.completed


def test_an_interrupting_event_sub_process_does_not_interrupt() -> None:
    workflow = stock(LINE + (
        '{ subProcess w triggeredByEvent=true\nstartEvent ws : message messageRef="M"\nuserTask wx\n'
        'endEvent we\nws -> wx -> we\n}'
    ))
    workflow.do_engine_steps()
    workflow.catch(MESSAGE)
    workflow.do_engine_steps()
    assert sorted(names(workflow, TaskState.READY)) == ["a", "wx"]


def test_an_event_sub_process_inside_a_sub_process_is_never_started() -> None:
    inner = (
        '{ subProcess w triggeredByEvent=true\nstartEvent ws isInterrupting=false : message messageRef="M"\n'
        'userTask wx\nendEvent we\nws -> wx -> we\n}\n'
    )
    workflow = stock(LINE.replace("userTask a", f"{{ subProcess a\nstartEvent xs\nuserTask x\nendEvent xe\nxs -> x -> xe\n{inner}}}"))
    workflow.do_engine_steps()
    workflow.catch(MESSAGE)
    workflow.do_engine_steps()
    assert names(workflow, TaskState.READY) == ["x"]


def test_token_quantities_are_ignored() -> None:
    text = "startEvent s\nuserTask a completionQuantity=2\nuserTask b startQuantity=2\nendEvent e\ns -> a -> b -> e"
    workflow = stock(text)
    assert work_through(workflow).count("b") == 1
    assert workflow.completed


def test_a_loop_in_which_nothing_decides_overflows_the_stack() -> None:
    with pytest.raises(RecursionError):
        stock("startEvent s\nuserTask a\nuserTask b\nendEvent e\ns -> a -> b -> a").do_engine_steps()


def test_a_long_chain_overflows_the_parser() -> None:
    tasks = [f"t{number}" for number in range(520)]
    with pytest.raises(ValidationException, match="RecursionError"):
        stock("startEvent s\n" + "\n".join(f"task {name}" for name in tasks) + "\nendEvent e\n" + " -> ".join(["s", *tasks, "e"]))


def test_a_gateway_without_default_fails_while_the_case_runs() -> None:
    with pytest.raises(WorkflowException, match="No conditions satisfied"):
        work_through(stock("startEvent s\nexclusiveGateway g\nendEvent e\nendEvent f\ns -> g\ng -> e if False\ng -> f if False"))


def test_conditions_on_other_flows_are_ignored() -> None:
    assert "e" in work_through(stock("startEvent s\nuserTask a\nendEvent e\ns -> a\na -> e if False"))
    assert "e" in work_through(stock("startEvent s\nparallelGateway p\nendEvent e\nendEvent f\ns -> p\np -> e if False\np -> f"))


def test_the_drawing_decides_which_branch_is_tried_first() -> None:
    def taken(one: int, two: int) -> str:
        spaces = 'xmlns:d="http://www.omg.org/spec/DD/20100524/DC"'
        shapes = "".join(
            f'<b:BPMNShape bpmnElement="{name}"><d:Bounds {spaces} x="0" y="{y}" width="1" height="1"/></b:BPMNShape>'
            for name, y in (("one", one), ("two", two))
        )
        text = (
            "startEvent s\nexclusiveGateway g default=g_e\nendEvent one\nendEvent two\nendEvent e\ns -> g\n"
            "g -> one if True\ng -> two if True\ng -> e"
        )
        return work_through(stock(text, after=f'<b:BPMNDiagram xmlns:b="http://www.omg.org/spec/BPMN/20100524/DI">{shapes}</b:BPMNDiagram>'))[3]

    assert (taken(1, 2), taken(2, 1)) == ("one", "two")


def test_several_flows_out_of_a_task_and_complex_gateways_are_refused_by_the_parser() -> None:
    for text in (LINE + "endEvent f\na -> f", LINE.replace("userTask", "complexGateway"), LINE.replace("userTask a", (
        "{ subProcess a\nuserTask x\n}"
    ))):
        with pytest.raises(ValidationException):
            stock(text)


def test_an_ad_hoc_sub_process_falls_over() -> None:
    with pytest.raises(TypeError):
        work_through(stock(LINE.replace("userTask a", "{ adHocSubProcess a\nuserTask x\n}")))


def test_a_service_task_hides_its_error() -> None:
    workflow = stock(LINE.replace("userTask", "serviceTask"))
    work_through(workflow)
    assert not workflow.completed


def test_errors_without_a_code_are_all_the_same_and_every_border_fires() -> None:
    host = '{ subProcess a\nstartEvent xs\nendEvent xe : error errorRef="E"\nxs -> xe\n}\n'
    borders = 'boundaryEvent b on a : error\nboundaryEvent c on a : error errorRef="E"\nendEvent f\nendEvent g\nb -> f\nc -> g'
    assert {"b", "c"} <= set(work_through(stock(LINE.replace("userTask a", host) + borders)))
    text = LINE.replace("userTask a", host.replace("errorRef=\"E\"", 'errorRef="E0"')) + (
        'boundaryEvent b on a : error errorRef="E9"\nendEvent f\nb -> f'
    )
    assert "b" in work_through(stock(text, after='<error id="E0" name="甲"/><error id="E9" name="乙"/>'))


def test_an_error_that_nobody_catches_ends_the_sub_process_as_if_all_were_well() -> None:
    text = LINE.replace("userTask a", '{ subProcess a\nstartEvent xs\nendEvent xe : error errorRef="E"\nxs -> xe\n}')
    assert "e" in work_through(stock(text))


def test_work_goes_on_inside_after_an_error_has_left() -> None:
    inner = '{ subProcess i\nstartEvent is\nendEvent ie : error errorRef="E"\nis -> ie\n}\n'
    outer = f"{{ subProcess a\nstartEvent os\n{inner}endEvent oe\nos -> i -> oe\n}}\n"
    border = 'boundaryEvent b on a : error errorRef="E"\nendEvent f\nb -> f'
    assert "oe" in work_through(stock(LINE.replace("userTask a", outer) + border))


def test_a_border_that_does_not_interrupt_catches_only_once() -> None:
    text = LINE + 'boundaryEvent b on a cancelActivity=false : message messageRef="M"\nuserTask y\nendEvent f\nb -> y -> f'
    workflow = stock(text)
    workflow.do_engine_steps()
    for _ in range(2):
        workflow.catch(MESSAGE)
        workflow.do_engine_steps()
    assert names(workflow, TaskState.READY).count("y") == 1


def test_two_timers_behind_an_event_gateway_share_one_instant() -> None:
    text = (
        "startEvent s\neventBasedGateway g\nintermediateCatchEvent c : timer <timeDuration>'P1D'</timeDuration>\n"
        "intermediateCatchEvent d : timer <timeDuration>'PT0S'</timeDuration>\nendEvent e\nendEvent f\ns -> g\ng -> c -> e\ng -> d -> f"
    )
    workflow = stock(text)
    workflow.do_engine_steps()
    workflow.refresh_timers()
    assert names(workflow, TaskState.WAITING) == ["g"]


def test_a_condition_is_not_looked_at_again() -> None:
    text = LINE + "boundaryEvent b on a : conditional <condition>late</condition>\nendEvent f\nb -> f"
    workflow = stock(text)
    workflow.get_next_task(state=TaskState.READY).data["late"] = False
    workflow.do_engine_steps()
    border = next(task for task in workflow.get_tasks() if task.task_spec.name == "b")
    border.data["late"] = True
    workflow.do_engine_steps()
    assert "b" in names(workflow, TaskState.WAITING)


def test_elements_named_like_the_librarys_own_tasks_are_taken_for_them() -> None:
    with pytest.raises(ValidationException, match="StartTask can not have any inputs"):
        stock("startEvent s\nuserTask Start\nendEvent e\ns -> Start -> e")


def test_data_associations_fail_where_the_data_lies_elsewhere() -> None:
    data = '<dataObject id="d"/>\n<dataObjectReference id="r" dataObjectRef="d"/>\n'
    with pytest.raises(WorkflowDataException):
        work_through(stock(data + LINE.replace(
            "userTask a", "userTask a\n+<dataOutputAssociation><targetRef>r</targetRef></dataOutputAssociation>")))


def test_a_month_is_counted_by_its_first_months_length() -> None:
    after = datetime(2026, 1, 31, tzinfo=UTC) + TimerEventDefinition.get_timedelta_from_start({"months": 1}, datetime(2026, 1, 31, tzinfo=UTC))
    assert (after.month, after.day) == (3, 3)


def test_completion_is_not_to_be_trusted_below_depth_one_thousand() -> None:
    text = (
        "startEvent s\nexclusiveGateway m\nuserTask a\nexclusiveGateway g default=g_m\nendEvent e\n"
        "s -> m -> a -> g\ng -> m\ng -> e if False"
    )
    workflow = stock(text)
    work_through(workflow, rounds=350)
    assert [task for task in workflow.tasks.values() if task.state == TaskState.READY]
    assert workflow.is_completed()
