"""Many running cases of the benchmark's procedure, and further versions of its package."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bench.our_host import Steps
from bench.procedure import answers, write_package
from engine.workflow import incidents
from engine.workflow.releases import Release
from engine.workflow.tasks import OPEN, items_of_case
from processes.host import Host
from processes.publishing import publish
from processes.running import complete_step
from tests.workflow.plain_case import LEAD

ADMIN = "YJWH0001"
NEW_STEP = (
    '<bpmn:userTask id="v01" name="复核"><bpmn:documentation>复核。</bpmn:documentation>'
    '<bpmn:extensionElements><zhifa:step form="note" tag="" article="" /></bpmn:extensionElements></bpmn:userTask>'
)


def published(host: Host, folder: Path, version: str, edits: Mapping[str, tuple[tuple[str, str], ...]] | None = None) -> Release:
    """Publish the package with texts replaced in its files (path → pairs)."""
    shelf = folder / f"shelf-{version}"
    write_package(shelf)
    changes = {"package.toml": (('version = "1"', f'version = "{version}"'),), **(edits or {})}
    for path, pairs in changes.items():
        file = shelf / "bench" / path
        text = file.read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, f"the edit does nothing: {old}"
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
    return publish(replace(host, settings=replace(host.settings, shelves=(shelf,))), "bench", ADMIN)


def with_new_step(before: str, after: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """A step v01 between two that follow each other."""
    flow = f'<bpmn:sequenceFlow id="{before}__{after}" sourceRef="{before}" targetRef="{after}"></bpmn:sequenceFlow>'
    ways = flow.replace(f'targetRef="{after}"', 'targetRef="v01"') + (
        f'<bpmn:sequenceFlow id="v01__{after}" sourceRef="v01" targetRef="{after}"></bpmn:sequenceFlow>')
    lane = '<bpmn:lane id="lane_lead_officer" name="办案人员">'
    return {"procedures/bench.bpmn": ((flow, NEW_STEP + ways), (lane, f"{lane}<bpmn:flowNodeRef>v01</bpmn:flowNodeRef>"))}


def some_cases(host: Host, count: int, seed: int = 1) -> list[int]:
    """Cases that have come differently far; in every fifth, what an officer had filled in waits after a machine fault."""
    chance, steps, made = random.Random(seed), Steps(host), list[int]()  # noqa: S311 - the same cases each time
    for number in range(count):
        case_id = steps.start()
        for _ in range(chance.randrange(14)):
            take(host, case_id, chance.randrange(3))
        if number % 5 == 0:
            with host.database.writing() as session:
                item = next(one for one in items_of_case(session, case_id) if one.state == OPEN)
                incidents.report(session, case_id, incidents.STEP, "", item.step, item.task_id, LEAD, "断电", host.clock.now(),
                                 arguments={"note": f"草稿 {number}", "amount": "12.50"})
        made.append(case_id)
    return made


def take(host: Host, case_id: int, which: int = 0) -> str:
    """Take one of the open steps."""
    waiting = Steps(host).waiting(case_id)
    step, item = waiting[which % len(waiting)]
    complete_step(host, item, LEAD, answers(step))
    return step


def finish(host: Host, case_id: int) -> list[str]:
    """Take every step to the end."""
    taken: list[str] = []
    while Steps(host).waiting(case_id):
        taken.append(take(host, case_id, len(taken)))
    return taken
