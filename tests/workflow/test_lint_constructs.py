"""The table of constructs is true: what it says to run does run, what it refuses is refused by that rule, docs/bpmn.md agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.workflow.constructs import CONSTRUCTS, key_of
from engine.workflow.driving import COMPLETED
from engine.workflow.findings import RULES
from engine.workflow.reading import read_draft
from engine.workflow.trials import check_files, run_file
from tests.workflow.sketches import draw
from tests.workflow.test_bpmn_run import NAMES

AROUND = "startEvent s\nendEvent e\ns -> it -> e\n"
HOST = "startEvent s\n{host}\nendEvent e\nendEvent f\ns -> a -> e\nit -> f\n"
STARTED = "startEvent it{event}\nendEvent e\nit -> e\n"
SUB = "startEvent xs\nuserTask x\nendEvent xe{event}\nxs -> x -> xe\n"
BESIDE = (
    "startEvent s\nuserTask a\nendEvent e\ns -> a -> e\n{{ subProcess w triggeredByEvent=true\n"
    "startEvent it isInterrupting=false{event}\nendEvent we\nit -> we\n}}\n"
)
INSIDE = {
    "message": ' : message messageRef="M"', "signal": ' : signal signalRef="S"', "timer": " : timer <timeDuration>P1D</timeDuration>",
    "conditional": " : conditional <condition>x</condition>", "error": ' : error errorRef="E"', "escalation": ' : escalation escalationRef="X"',
    "link": ' : link name="L"', "": "",
}
FACTS = b'{"facts": {"x": true, "list": ["a", "b"]}, "tasks": {"it": {}}, "messages": ["\xe5\x82\xac\xe5\x91\x8a", "\xe5\x81\x9c\xe7\x94\xb5"]}'


def drawing(key: str) -> str:
    """A small process that uses one construct, as the element `it`."""
    kind, _, trigger = key.partition(":")
    event = INSIDE.get(trigger, f" : {trigger}")
    if kind == "startEvent":
        return STARTED.format(event=event)
    if kind == "eventStart":
        return BESIDE.format(event=event)
    if kind == "endEvent":
        if trigger == "cancel":
            border = "boundaryEvent b on a : cancel\nendEvent g\nb -> g\n"
            inner = "startEvent xs\nendEvent it : cancel\nxs -> it\n"
            return f"startEvent s\n{{ transaction a\n{inner}}}\n{border}endEvent e\ns -> a -> e"
        return f"startEvent s\nendEvent it{event}\ns -> it\n"
    if kind == "boundaryEvent":
        thrown = {"error": INSIDE["error"], "escalation": INSIDE["escalation"], "cancel": " : cancel"}.get(trigger)
        host = f"{{ {'transaction' if trigger == 'cancel' else 'subProcess'} a\n{SUB.format(event=thrown)}}}" if thrown else "userTask a"
        return HOST.format(host=host) + f"boundaryEvent it on a{event}"
    if kind == "loop":
        inside = "<loopCardinality>2</loopCardinality>" if trigger == "parallel" else "<loopDataInputRef>list</loopDataInputRef>"
        many = f'<multiInstanceLoopCharacteristics isSequential="{str(trigger == "sequential").lower()}">{inside}</multiInstanceLoopCharacteristics>'
        return f"{AROUND}userTask it\n+" + (many if trigger != "standard" else '<standardLoopCharacteristics loopMaximum="2"/>')
    return AROUND + {
        "subProcess": f"{{ subProcess it\n{SUB.format(event='')}}}", "transaction": f"{{ transaction it\n{SUB.format(event='')}}}",
        "adHocSubProcess": (
            "{ adHocSubProcess it\nuserTask x\n}"
        ), "sendTask": "sendTask it messageRef=M", "receiveTask": "receiveTask it messageRef=M",
        "callActivity": "callActivity it calledElement=other", "scriptTask": "scriptTask it\n+<script>pass</script>",
        "eventSubProcess": BESIDE.format(event=INSIDE["message"]).replace(" it ", " ws ").replace("it -> we", "ws -> we").replace(" w ", " it "),
        "eventBasedGateway": (
            'eventBasedGateway it\nintermediateCatchEvent c : signal signalRef="S"\n'
            "intermediateCatchEvent d : timer <timeDuration>P1D</timeDuration>\nit -> c -> e\nit -> d -> e"
        ),
    }.get(key, f"{kind} it{event}")


def whole(key: str) -> bytes:
    text = drawing(key)
    if key == "eventSubProcess":
        text = text.removeprefix(AROUND)
    elif key == "eventBasedGateway":
        text = text.replace("s -> it -> e", "s -> it", 1)
    other = '<process id="other"><startEvent id="os"/><endEvent id="oe"/><sequenceFlow id="of" sourceRef="os" targetRef="oe"/></process>'
    return draw(text, before=NAMES, after=other)


@pytest.mark.parametrize("key", CONSTRUCTS)
def test_each_construct_runs_or_is_refused_as_the_table_says(key: str) -> None:
    data, construct = whole(key), CONSTRUCTS[key]
    draft = read_draft(data, "a.bpmn")
    element = draft.elements["it"]
    around = draft.elements.get(element.scope)
    if not key.startswith("loop"):
        assert key_of(element, in_event_subprocess=around is not None and around.event_driven) == key
    report = check_files({"a.bpmn": data})[0]
    assert report.opens
    if construct.runs:
        assert report.faults == ()
        for restart in (False, True):
            outcome = run_file({"a.bpmn": data}, FACTS, "facts.json", restart=restart)
            assert outcome.status == COMPLETED, outcome
            assert "it" in outcome.trace
    else:
        assert (construct.rule, "it") in {(fault.rule, fault.element) for fault in report.faults if fault.rule != "bpmn.event_subprocess"} | {
            (fault.rule, "it") for fault in report.faults if fault.rule == "bpmn.event_subprocess"
        }


def test_every_rule_of_the_table_exists() -> None:
    assert {construct.rule for construct in CONSTRUCTS.values() if construct.rule} <= RULES.keys()


def _rows(heading: str) -> list[list[str]]:
    text = (Path(__file__).parents[2] / "docs" / "bpmn.md").read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


def test_the_document_lists_the_same_constructs() -> None:
    told = {key.strip("`"): (name, says, remark) for key, name, says, remark in _rows("支持的元素")}
    table = {
        key: (each.name, "能运行" if each.runs else f"拒绝（`{each.rule}`）", each.remark) for key, each in CONSTRUCTS.items()
    }
    assert told == table


def test_the_document_lists_the_same_rules() -> None:
    told = {code.strip("`"): (what, remedy, applies) for code, what, remedy, applies in _rows("检查规则")}
    assert told == {code: (rule.what, rule.remedy, rule.applies) for code, rule in RULES.items()}
