"""Builders: a case is described by how far it has come, e.g. `a_case(host).until("prior_notice")`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from engine.clock import SettableClock
from engine.settings import Settings
from engine.workflow.tasks import OPEN, WorkItem, items_of_case
from processes.host import Host, open_host
from processes.manifest import find_package
from processes.opening import open_case
from processes.rehearsing import rehearse
from processes.running import StepDone, complete_by_step
from processes.sample import BEGINNING
from processes.scripted import Script, ScriptedStep, parse_script

ORDINARY, EMERGENCY, ON_THE_SPOT = "ordinary_case", "emergency_case", "on_the_spot_case"
SQLITE = "sqlite"
on_both_databases = pytest.mark.parametrize(
    "host", [SQLITE, pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def script(name: str) -> Script:
    """One of the two sample cases as data."""
    return parse_script((find_package("national") / "scenarios" / f"{name}.toml").read_bytes(), name)


def host_in(folder: Path, url: str = "", shelves: tuple[Path, ...] = ()) -> Host:
    """An installation under a folder, with a clock that can be set."""
    folder.mkdir(parents=True, exist_ok=True)
    return open_host(
        Settings(
            database_url=url or f"sqlite:///{folder}/zhifa.db", files_dir=folder / "files", keys_dir=folder / "keys",
            fonts_dir=Path("var/fonts").absolute(), secret_key="for tests only", shelves=shelves,
            second_factor="optional", password_days=0,
        ),
        SettableClock(BEGINNING),
    )


@dataclass
class CaseBuilder:
    """A case of one script in one installation, and how far it has come."""

    host: Host
    script: Script
    case_id: int
    position: int = 0

    @property
    def clock(self) -> SettableClock:
        return cast(SettableClock, self.host.clock)

    def until(self, step: str) -> CaseBuilder:
        """Take all steps of the script before the next one of this name ("" = all)."""
        while self.position < len(self.script.steps) and self.script.steps[self.position].id != step:
            self.take()
        return self

    def take(self, **changes: Any) -> StepDone:
        """Take the next step of the script, with changed values; actor= takes it by somebody else."""
        step = self.script.steps[self.position]
        done = self.attempt(step, **changes)
        self.position += 1
        return done

    def attempt(self, step: ScriptedStep | str, **changes: Any) -> StepDone:
        """Try a step (of the script, by name) at its time; a refusal leaves the case as it was."""
        if isinstance(step, str):
            step = next(one for one in self.script.steps[self.position:] if one.id == step)
        self.clock.set(max(step.at, self.clock.now()))
        actor = changes.pop("actor", step.actor)
        done = complete_by_step(self.host, self.case_id, step.id, actor, {**step.values, **changes})
        rehearse(self.host, self.case_id)
        return done

    def open_items(self) -> list[WorkItem]:
        with self.host.database.reading() as session:
            return [item for item in items_of_case(session, self.case_id) if item.state == OPEN]

    def open_steps(self) -> list[str]:
        return sorted(item.step for item in self.open_items())

    def values(self, step: str) -> Mapping[str, Any]:
        return next(one for one in self.script.steps[self.position:] if one.id == step).values


def a_case(host: Host, name: str = ORDINARY, package: str = "national") -> CaseBuilder:
    """A newly opened case of one of the two scripts."""
    found = script(name)
    cast(SettableClock, host.clock).set(found.opened_at)
    case_id = open_case(
        host, found.opened_by, found.procedure, found.item, violated_on=found.violated_on, package=package
    )
    rehearse(host, case_id)
    return CaseBuilder(host, found, case_id)


def copied_package(shelf: Path, name: str = "national") -> Path:
    """A copy of the national package on a shelf, to be spoilt."""
    shutil.copytree(find_package("national"), shelf / name)
    return shelf / name


def without_step(bpmn: str, step: str) -> str:
    """BPMN text in which a user task is bypassed: its incoming flow leads to where its outgoing flow led."""
    incoming = re.search(rf'<bpmn:sequenceFlow id="(\S+)"[^>]*targetRef="{step}" />', bpmn)
    outgoing = re.search(rf'<bpmn:sequenceFlow id="(\S+)"[^>]*sourceRef="{step}" targetRef="(\S+)" />', bpmn)
    assert incoming and outgoing
    target = outgoing[2]
    text = bpmn.replace(incoming[0], incoming[0].replace(f'targetRef="{step}"', f'targetRef="{target}"'))
    text = text.replace(outgoing[0], "")
    text = re.sub(rf'\s*<bpmn:userTask id="{step}".*?</bpmn:userTask>', "", text, flags=re.DOTALL)
    text = text.replace(f"<bpmn:flowNodeRef>{step}</bpmn:flowNodeRef>", "")
    text = re.sub(rf'\s*<bpmndi:BPMNShape id="{step}_di".*?</bpmndi:BPMNShape>', "", text, flags=re.DOTALL)
    text = re.sub(rf'\s*<bpmndi:BPMNEdge id="{outgoing[1]}_di".*?</bpmndi:BPMNEdge>', "", text, flags=re.DOTALL)
    text = re.sub(rf'\s*<bpmn:association [^>]*sourceRef="{step}"[^>]*/>', "", text)
    text = re.sub(r'\s*<bpmndi:BPMNEdge id="association_\d+_di".*?</bpmndi:BPMNEdge>', "", text, flags=re.DOTALL)
    return re.sub(rf"\s*<bpmn:(incoming|outgoing)>{outgoing[1]}</bpmn:\1>", "", text)
