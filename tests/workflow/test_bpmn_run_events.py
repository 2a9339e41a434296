"""Events run as drawn: timers on a simulated clock, messages, signals, errors, escalations, ends; with restarts or without."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from engine.clock import LEGAL_TIME_ZONE
from engine.errors import PackageFault
from engine.workflow.clocks import read_timer
from engine.workflow.drafts import Formula, Trigger
from engine.workflow.driving import WAITING, Outcome
from tests.workflow.test_bpmn_run import AROUND, FORK, SUB, run, went

START = {"start": "2026-01-31T09:00:00+08:00"}
BORDER = "boundaryEvent b on a{more} : {event}\nuserTask y\nendEvent f\nb -> y\ny -> f\n"


def together(*outcomes: Outcome) -> list[str]:
    """What was executed, where the order of parallel branches is free."""
    return sorted(word for outcome in outcomes for word in went(outcome).split())


def border(event: str, more: str = "", host: str = "userTask a") -> str:
    return f"{AROUND}{host}\n{BORDER.format(event=event, more=more)}"


def test_the_simulated_clock_moves_to_the_next_timer() -> None:
    text = AROUND + "intermediateCatchEvent a : timer <timeDuration>P1M</timeDuration>"
    outcome = run(text, {**START, "facts": {}})
    assert went(outcome) == "s a e"
    assert outcome.clock == datetime(2026, 2, 28, 9, tzinfo=LEGAL_TIME_ZONE)


def test_of_two_timers_the_earlier_goes_off_first() -> None:
    text = (
        f"{FORK}intermediateCatchEvent a : timer <timeDuration>P2D</timeDuration>\n"
        "intermediateCatchEvent b : timer <timeDate>2026-02-01T09:00:00</timeDate>\nendEvent e\nendEvent f\n"
        "p -> a\np -> b\na -> e\nb -> f"
    )
    assert went(run(text, {**START, "facts": {}})) == "s p b f a e"


def test_a_border_timer_interrupts_a_step_that_nobody_completes() -> None:
    text = border("timer <timeDuration>PT1H</timeDuration>")
    assert went(run(text)) == "s a e"
    assert went(run(text, {"tasks": {"a": None}})) == "s b y f"


def test_a_border_timer_that_does_not_interrupt_leaves_the_step_open() -> None:
    outcome = run(border("timer <timeDuration>PT1H</timeDuration>", " cancelActivity=false"), {"tasks": {"a": None}})
    assert (outcome.status, outcome.waiting, outcome.trace) == (WAITING, ("a",), ("s", "b", "y", "f"))


def test_a_timer_in_each_of_several_instances_goes_off_for_itself() -> None:
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>\n"
    inner = (
        "startEvent xs\nuserTask x\nboundaryEvent late on x : timer <timeDuration>P1D</timeDuration>\n"
        "endEvent xe\nendEvent xl\nxs -> x\nx -> xe\nlate -> xl\n"
    )
    outcome = run(f"{AROUND}{{ subProcess a\n{loop}{inner}}}", {"tasks": {"x": [{}, None]}})
    assert together(outcome) == sorted(["s", "a", "xs", "x", "xe", "a", "xs", "late", "xl", "e"])


@pytest.mark.parametrize(("event", "names"), [('message messageRef="M"', ["催告"]), ('signal signalRef="S"', ["停电"])])
def test_messages_and_signals_are_caught_on_the_way_and_on_the_border(event: str, names: list[str]) -> None:
    caught = AROUND + f"intermediateCatchEvent a : {event}"
    assert run(caught).waiting == ("a",)
    assert went(run(caught, {"messages": names})) == "s a e"
    assert went(run(caught, {"tasks": {"a": {}}})) == "s a e"
    assert went(run(border(event), {"messages": names})) == "s b y f"
    assert went(run(border(event))) == "s a e"


@pytest.mark.parametrize(("event", "name"), [('message messageRef="M"', "催告"), ('signal signalRef="S"', "停电")])
def test_a_border_that_does_not_interrupt_catches_each_time(event: str, name: str) -> None:
    text = border(event, " cancelActivity=false")
    outcome = run(text, {"messages": [name, name, name], "tasks": {"a": None}})
    assert (outcome.status, outcome.waiting) == (WAITING, ("a", "b"))
    assert outcome.trace.count("y") == 3
    assert together(run(text, {"messages": [name, name]})) == sorted(["s", "b", "b", "a", "e", "y", "f", "y", "f"])


def test_each_escalation_from_inside_is_caught() -> None:
    event = 'escalation escalationRef="X"'
    inside = f"startEvent xs\nintermediateThrowEvent t : {event}\nuserTask x\nintermediateThrowEvent u : {event}\n"
    host = f"{{ subProcess a\n{inside}endEvent xe\nxs -> t -> x -> u -> xe\n}}"
    text = border('escalation escalationRef="X"', " cancelActivity=false", host)
    assert together(run(text)) == sorted(["s", "a", "xs", "t", "b", "x", "u", "b", "xe", "e", "y", "f", "y", "f"])


def test_a_message_brings_facts() -> None:
    text = (
        "startEvent s\nreceiveTask a messageRef=M\nexclusiveGateway g default=g_f\nendEvent e\nendEvent f\n"
        "s -> a\na -> g\ng -> e if ok\ng -> f"
    )
    assert went(run(text, {"messages": [{"name": "催告", "facts": {"ok": True}}]})) == "s a g e"


@pytest.mark.parametrize(("kind", "inside"), [("message", 'message messageRef="M"'), ("signal", 'signal signalRef="S"')])
def test_what_is_thrown_is_caught_in_the_same_process(kind: str, inside: str) -> None:
    text = (
        f"{FORK}intermediateCatchEvent c : {inside}\nuserTask a\nintermediateThrowEvent t : {inside}\n"
        "endEvent e\nendEvent f\np -> c\np -> a\na -> t\nt -> e\nc -> f"
    )
    assert together(run(text)) == sorted(["s", "p", "a", "t", "e", "c", "f"])


def test_what_nobody_catches_is_reported_as_sent() -> None:
    text = AROUND.replace("a -> e", "a -> t\nt -> e") + 'sendTask a messageRef=M\nintermediateThrowEvent t : signal signalRef="S"'
    assert run(text).sent == ("催告", "停电")
    assert run("startEvent s\nendEvent e : message messageRef=\"M\"\ns -> e").sent == ("催告",)


def test_the_event_gateway_follows_what_happens_first() -> None:
    text = (
        'startEvent s\neventBasedGateway g\nintermediateCatchEvent c : message messageRef="M"\nreceiveTask r messageRef=N\n'
        "intermediateCatchEvent t : timer <timeDuration>P5D</timeDuration>\nendEvent e\nendEvent f\nendEvent h\n"
        "s -> g\ng -> c\ng -> r\ng -> t\nc -> e\nr -> f\nt -> h"
    )
    assert went(run(text, {"messages": ["催告"]})) == "s g c e"
    assert went(run(text, {"messages": ["撤回"]})) == "s g r f"
    assert went(run(text)) == "s g t h"
    assert went(run(text, {"tasks": {"t": {}}, "messages": ["催告"]})) == "s g c e"


def test_a_condition_fires_when_a_fact_makes_it_true() -> None:
    text = (
        f"{FORK}intermediateCatchEvent c : conditional <condition>fine > 100</condition>\nuserTask a\n"
        "endEvent e\nendEvent f\np -> c\np -> a\na -> e\nc -> f"
    )
    assert together(run(text, {"facts": {"fine": 1}, "tasks": {"a": {"fine": 200}}})) == sorted(["s", "p", "a", "e", "c", "f"])
    assert run(text, {"fine": 1}).waiting == ("c",)
    guarded = border("conditional <condition>withdrawn</condition>", host="userTask z\nuserTask a").replace("s -> a", (
        "s -> q\nparallelGateway q\nq -> a\nq -> z\nendEvent ze\nz -> ze"
    ))
    assert went(run(guarded, {"tasks": {"a": None, "z": {"withdrawn": True}}, "facts": {"withdrawn": False}})).split()[:3] == ["s", "q", "z"]


@pytest.mark.parametrize(("reference", "taken"), [(' errorRef="E"', True), ("", True)])
def test_an_error_leaves_the_sub_process_by_its_border(reference: str, taken: bool) -> None:
    sub = SUB.replace("endEvent xe", 'endEvent xe : error errorRef="E"').rstrip()
    assert went(run(border(f"error{reference}", host=sub))) == "s a xs x xe b y f"


def test_an_error_passes_by_a_border_for_another_code_up_to_the_next() -> None:
    inner = (
        "{ subProcess i\nstartEvent is\nendEvent ie : error errorRef=\"E\"\nis -> ie\n}\n"
        "boundaryEvent ib on i : error errorRef=\"F\"\nendEvent io\nendEvent il\nib -> il\n"
    )
    outer = f"{{ subProcess a\nstartEvent os\n{inner}os -> i\ni -> io\n}}"
    assert went(run(border('error errorRef="E"', host=outer))) == "s a os i is ie b y f"


def test_escalation_with_and_without_interruption() -> None:
    thrown = SUB.replace("x -> xe", (
        "intermediateThrowEvent t : escalation escalationRef=\"X\"\nx -> t\nt -> x2\nuserTask x2\nx2 -> xe"
    )).rstrip()
    event = 'escalation escalationRef="X"'
    assert went(run(border(event, host=thrown))) == "s a xs x t b y f"
    assert together(run(border(event, " cancelActivity=false", thrown))) == sorted(["s", "a", "xs", "x", "t", "b", "x2", "xe", "e", "y", "f"])


def test_terminate_ends_the_process_or_only_the_sub_process() -> None:
    assert went(run(f"{FORK}userTask a\nuserTask b\nendEvent e : terminate\nendEvent f\np -> a\np -> b\na -> e\nb -> f")) == "s p a e"
    inner = (
        "{ subProcess a\nstartEvent xs\nparallelGateway g\nuserTask x\nuserTask w\nendEvent xe : terminate\n"
        "endEvent xf\nxs -> g\ng -> x\ng -> w\nx -> xe\nw -> xf\n}"
    )
    assert went(run(AROUND + inner)) == "s a xs g x xe e"


def test_cancelling_a_transaction_leaves_it_by_its_border() -> None:
    transaction = SUB.replace("subProcess", "transaction").replace("endEvent xe", "endEvent xe : cancel").rstrip()
    assert went(run(border("cancel", host=transaction))) == "s a xs x xe b y f"


@pytest.mark.parametrize(("event", "name"), [('message messageRef="M"', "催告"), ('signal signalRef="S"', "停电")])
def test_an_event_sub_process_runs_beside_the_process_each_time(event: str, name: str) -> None:
    inner = (
        f"{{ subProcess w triggeredByEvent=true\nstartEvent ws isInterrupting=false : {event}\nuserTask wx\n"
        f"endEvent we\nws -> wx\nwx -> we\n}}\nuserTask a\n"
    )
    assert went(run(AROUND + inner)) == "s a e"
    assert together(run(AROUND + inner, {"messages": [name, name]})) == sorted(["s", "a", "e", "w", "ws", "wx", "we", "w", "ws", "wx", "we"])


STARTS = ['message messageRef="M"', 'signal signalRef="S"', "timer <timeCycle>R/P1D</timeCycle>", "conditional <condition>x</condition>"]


@pytest.mark.parametrize("event", STARTS)
def test_starting_counts_as_the_event_that_the_start_waits_for(event: str) -> None:
    assert went(run(f"startEvent s : {event}\nuserTask a\nendEvent e\ns -> a\na -> e")) == "s a e"


@pytest.mark.parametrize(
    ("clock", "text", "due"),
    [("timeDuration", "P1M", "2026-02-28T09:00"), ("timeDuration", "P1Y", "2027-01-31T09:00"), ("timeDuration", "P1W", "2026-02-07T09:00"),
     ("timeDuration", 'duration("PT36H")', "2026-02-01T21:00"), ("timeDuration", "'P1DT1M'", "2026-02-01T09:01"),
     ("timeDate", "2026-03-05T10:00:00+08:00", "2026-03-05T10:00"), ("timeDate", "2026-03-05", "2026-03-05T00:00"),
     ("timeCycle", "R3/PT10M", "2026-01-31T09:10")],
)
def test_timers_are_read_as_the_standard_writes_them(clock: str, text: str, due: str) -> None:
    since = datetime(2026, 1, 31, 9, tzinfo=LEGAL_TIME_ZONE)
    expected = datetime.fromisoformat(due).replace(tzinfo=LEGAL_TIME_ZONE)
    assert read_timer(Trigger("timer", clock=clock, formula=Formula(text))).due(since) - expected == timedelta()


NO_TIMERS = ["", "P", "PT", "1 day", "P-1D", "P1D; import os", "${deadline}", "__import__('os')", "P" + "9" * 30 + "D", "P99999Y", "P9999Y"]


@pytest.mark.parametrize("text", NO_TIMERS)
def test_anything_else_is_no_timer(text: str) -> None:
    with pytest.raises(PackageFault):
        read_timer(Trigger("timer", clock="timeDuration", formula=Formula(text)))
