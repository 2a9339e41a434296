"""The procedure that all hosts run: 41 nodes, 20 steps for people.

Choices, two loops, a parallel block, a call, a sub-process, three instances of a step, a decision table and a limit on a border.
"""

from __future__ import annotations

import itertools
from pathlib import Path

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:zhifa="urn:zhifa:bpmn" id="definitions" targetNamespace="urn:zhifa:bench">'
)
CHOICE, LEVEL = "next_act", "level"
MANIFEST = """name = "bench"
title = "测量用流程包"
version = "1"
extends = ""
[settings]
[facts]
next_act = "string"
level = "string"
[procedures.bench]
title = "测量用程序"
"""
FORM = """id = "note"
title = "办理情况"
introduction = "测量用"
[[field]]
key = "note"
label = "情况"
type = "longtext"
required = true
max_length = 4000
[[field]]
key = "on"
label = "日期"
type = "date"
required = true
[[field]]
key = "amount"
label = "金额"
type = "money"
minimum = 0
[[field]]
key = "co_officer"
label = "协办人员"
type = "officer"
"""
CHOOSE = """id = "choose"
title = "选择下一步"
introduction = "测量用"
[[field]]
key = "next_act"
label = "下一步"
type = "code"
list = "NEXT"
required = true
[[field]]
key = "note"
label = "情况"
type = "longtext"
required = true
max_length = 4000
"""
LABELS = '[code_lists.NEXT]\nagain = "再来一轮"\nonward = "继续"\nmajor = "继续，情节复杂"\n'
DECISION = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="grading" name="grading" namespace="urn:zhifa:bench">
<inputData id="in" name="next_act"><variable name="next_act" typeRef="string"/></inputData>
<decision id="level" name="level"><variable name="level"/>
<informationRequirement id="needs"><requiredInput href="#in"/></informationRequirement>
<decisionTable id="table" hitPolicy="UNIQUE">
<input id="asked" label="next_act"><inputExpression id="asks" typeRef="string"><text>next_act</text></inputExpression></input>
<output id="told" name="level" typeRef="string"/>
<rule id="r1"><inputEntry id="i1"><text>"onward"</text></inputEntry><outputEntry id="o1"><text>"minor"</text></outputEntry></rule>
<rule id="r2"><inputEntry id="i2"><text>"major"</text></inputEntry><outputEntry id="o2"><text>"serious"</text></outputEntry></rule>
</decisionTable></decision></definitions>
"""
THREE_TIMES = "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"


class _Process:
    """One process being written."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[str] = []
        self.flows: list[str] = []
        self.ids: list[str] = []

    def add(self, kind: str, identifier: str, inside: str = "", more: str = "") -> None:
        self.ids.append(identifier)
        self.nodes.append(f'<bpmn:{kind} id="{identifier}" name="{identifier}"{more}>{inside}</bpmn:{kind}>')

    def steps(self, *identifiers: str, form: str = "note", more: str = "", limit: str = "", repeated: str = "") -> None:
        for identifier in identifiers:
            step = f'<zhifa:step form="{form}" tag="" article=""{more} />{limit}'
            duty = "<bpmn:documentation>如实填写办理情况。</bpmn:documentation>"
            self.add("userTask", identifier, f"{duty}<bpmn:extensionElements>{step}</bpmn:extensionElements>{repeated}")

    def path(self, *identifiers: str) -> None:
        for source, target in itertools.pairwise(identifiers):
            self.flow(source, target)

    def flow(self, source: str, target: str, condition: str = "") -> None:
        inside = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>' * bool(condition)
        self.flows.append(f'<bpmn:sequenceFlow id="{source}__{target}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>')

    def xml(self) -> bytes:
        lane = "".join(f"<bpmn:flowNodeRef>{identifier}</bpmn:flowNodeRef>" for identifier in self.ids)
        lanes = f'<bpmn:laneSet id="lanes_{self.name}"><bpmn:lane id="lane_lead_officer" name="办案人员">{lane}</bpmn:lane></bpmn:laneSet>'
        body = lanes + "".join(self.nodes) + "".join(self.flows)
        return f'{HEAD}<bpmn:process id="{self.name}" name="{self.name}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'.encode()


def diagrams() -> dict[str, bytes]:
    """BPMN files by process id."""
    top, inner = _Process("bench"), _Process("inner")
    top.add("startEvent", "start")
    top.steps("u01", "u02", "u03", "u05", "u06", "u07", "u08", "u09", "u10", "u13", "u14", "u16")
    top.steps("u12", repeated=THREE_TIMES)
    top.steps("u04", form="choose", more=' operation="cases.choose_act"')
    top.steps("u11", limit='<zhifa:limit ref="TL_DEFENCE_WINDOW" />')
    top.add("exclusiveGateway", "merge_round")
    top.add("exclusiveGateway", "again", more=' default="again__u05"')
    top.add("exclusiveGateway", "major", more=' default="major__merge_major"')
    top.add("exclusiveGateway", "merge_major")
    top.add("parallelGateway", "split")
    top.add("parallelGateway", "join")
    top.add("callActivity", "call", more=' calledElement="inner"')
    top.add("exclusiveGateway", "merge_window")
    top.add("exclusiveGateway", "merge_report")
    top.add("exclusiveGateway", "returned", more=' default="returned__rate"')
    decision = '<bpmn:extensionElements><zhifa:decision name="level" result="level" /></bpmn:extensionElements>'
    top.add("businessRuleTask", "rate", decision)
    top.add("exclusiveGateway", "graded", more=' default="graded__u14"')
    top.add("exclusiveGateway", "merge_graded")
    inside = _Process("review")
    inside.add("startEvent", "review_start")
    inside.steps("u15")
    inside.add("endEvent", "review_end")
    inside.path("review_start", "u15", "review_end")
    top.add("subProcess", "review", "".join([*inside.nodes, *inside.flows]))
    top.ids += inside.ids
    limit = '<bpmn:extensionElements><zhifa:limit ref="TL_DEFENCE_WINDOW" /></bpmn:extensionElements>'
    timer = f'<bpmn:timerEventDefinition id="timer">{limit}</bpmn:timerEventDefinition>'
    top.add("boundaryEvent", "expired", timer, ' attachedToRef="u11"')
    top.add("endEvent", "end")
    top.path("start", "u01", "u02", "u03", "merge_round", "u04", "again")
    top.flow("again", "merge_round", f'{CHOICE} = "again"')
    top.path("again", "u05", "major")
    top.flow("major", "u06", f'{CHOICE} = "major"')
    top.path("u06", "merge_major")
    top.path("major", "merge_major", "split", "u07", "u08", "join")
    top.path("split", "u09", "u10", "join", "u11", "merge_window", "merge_report", "u12", "u13", "returned", "rate", "graded", "u14")
    top.flow("returned", "merge_report", f'{LEVEL} = "returned"')
    top.flow("graded", "merge_graded", f'{LEVEL} = "serious"')
    top.path("u14", "merge_graded", "review", "u16", "end")
    top.path("split", "call", "join")
    top.path("expired", "merge_window")
    inner.add("startEvent", "inner_start")
    inner.steps("i01", "i02", "i03", "i04")
    inner.add("endEvent", "inner_end")
    inner.path("inner_start", "i01", "i02", "i03", "i04", "inner_end")
    return {"bench": top.xml(), "inner": inner.xml()}


def write_package(shelf: Path) -> None:
    """The package of this procedure on a shelf."""
    folder = shelf / "bench"
    for name, text in {"package.toml": MANIFEST, "labels.toml": LABELS, "forms/note.toml": FORM, "forms/choose.toml": CHOOSE,
                       "decisions/grading.dmn": DECISION}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "procedures").mkdir(exist_ok=True)
    for name, data in diagrams().items():
        (folder / "procedures" / f"{name}.bpmn").write_bytes(data)


def answers(step: str, *, again: bool = False) -> dict[str, object]:
    """What is filled in at a step: 4 KB about the case at the first, about 1 KB at the others."""
    note = {"note": "经核实，情况属实。" * (145 if step == "u01" else 40)}
    if step == "u04":
        return {**note, CHOICE: "again" if again else "onward"}
    return {**note, "on": "2026-03-02", "amount": "186000.00"}
