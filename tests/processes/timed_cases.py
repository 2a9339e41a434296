"""Cases that wait at one step whose limit has run out: as many due timers as a test wants, at the price of an opened case each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from bench.our_host import ITEM, LEAD
from bench.procedure import HEAD, LABELS, MANIFEST
from engine import journal
from engine.cases.cases import Case, find_case
from engine.cases.limits import CaseLimit
from engine.clock import SystemClock
from engine.workflow.timers import FIRED, Timer
from processes.host import Host
from processes.opening import open_case
from processes.publishing import publish

LIMIT = "TL_DEFENCE_WINDOW"
FORM = 'id = "note"\ntitle = "办理情况"\n[[field]]\nkey = "note"\nlabel = "情况"\ntype = "longtext"\nmax_length = 400\n'
ENDED = "<zhifa:limit ref=\"TL_DEFENCE_WINDOW\" />"
DUTY = "<bpmn:documentation>如实填写办理情况。</bpmn:documentation>"
PROCEDURE = f"""{HEAD}<bpmn:process id="bench" name="bench" isExecutable="true">
<bpmn:laneSet id="lanes"><bpmn:lane id="lane_lead_officer" name="办案人员">
<bpmn:flowNodeRef>wait</bpmn:flowNodeRef><bpmn:flowNodeRef>next</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
<bpmn:startEvent id="start" />
<bpmn:userTask id="wait" name="等待">{DUTY}
<bpmn:extensionElements><zhifa:step form="note" tag="" article="" />{ENDED}</bpmn:extensionElements></bpmn:userTask>
<bpmn:boundaryEvent id="expired" name="届满" attachedToRef="wait"><bpmn:timerEventDefinition id="timer">
<bpmn:extensionElements>{ENDED}</bpmn:extensionElements></bpmn:timerEventDefinition></bpmn:boundaryEvent>
<bpmn:userTask id="next" name="继续">{DUTY}
<bpmn:extensionElements><zhifa:step form="note" tag="" article="" /></bpmn:extensionElements></bpmn:userTask>
<bpmn:exclusiveGateway id="merge" /><bpmn:endEvent id="end" />
<bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="wait" /><bpmn:sequenceFlow id="f2" sourceRef="wait" targetRef="merge" />
<bpmn:sequenceFlow id="f3" sourceRef="expired" targetRef="merge" /><bpmn:sequenceFlow id="f4" sourceRef="merge" targetRef="next" />
<bpmn:sequenceFlow id="f5" sourceRef="next" targetRef="end" />
</bpmn:process></bpmn:definitions>"""


def timed_cases(host: Host, folder: Path, count: int, seconds: float = 0) -> list[int]:
    """Open so many cases, each with one armed timer; they fall due by the machine's clock within so many seconds."""
    package = folder / "shelf" / "bench"
    for name, text in {
        "package.toml": MANIFEST, "labels.toml": LABELS, "forms/note.toml": FORM, "procedures/bench.bpmn": PROCEDURE,
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    publish(replace(host, settings=replace(host.settings, shelves=(folder / "shelf",))), "bench", "YJWH0001")
    cases = [open_case(host, LEAD, "bench", ITEM, package="bench") for _ in range(count)]
    now = SystemClock().now()
    with host.database.writing() as session:
        for place, case_id in enumerate(cases):
            due_at = now + timedelta(seconds=seconds * place / count)
            find_case(session, case_id).lead_officer_id = LEAD
            session.add(CaseLimit(
                case_id=case_id, limit_id=LIMIT, name="陈述申辩期限", started_at=now, due_on=due_at.date(), due_at=due_at,
                warn_at=now, trace=[{"article": "行政处罚法 第六十四条", "text": ""}],
            ))
    return cases


def firings(host: Host, cases: list[int]) -> Iterator[int]:
    """How often the timer of each case acted, as its journal tells; the chains are verified too."""
    with host.database.reading() as session:
        assert journal.verify(session)[1] == []
        for case_id in cases:
            yield sum(entry.act == "limit.reached" for entry in journal.entries(session, case_id))


def fired(host: Host) -> int:
    with host.database.reading() as session:
        return len(list(session.scalars(select(Timer.id).join(Case, Case.id == Timer.case_id).where(Timer.state == FIRED))))
