"""Run a case from a script of steps, through the same functions that the web uses; it goes on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from engine.cases.cases import Case
from engine.cases.document_records import documents_of
from engine.cases.submissions import submissions
from engine.clock import LEGAL_TIME_ZONE, SettableClock
from engine.errors import Conflict
from engine.registers.agencies import find_officer
from engine.registers.numbers import pass_over
from engine.workflow.tasks import OPEN, items_of_case
from processes.host import Host
from processes.manifest import read_toml
from processes.opening import open_case
from processes.queue import drain
from processes.running import complete_by_step, let_time_pass


@dataclass(frozen=True)
class ScriptedStep:
    """One step of a script: which, when, by whom, and the form's raw values."""

    id: str
    at: datetime
    actor: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Script:
    """A whole case as data; numbers are those that other cases have used up before, by series."""

    key: str
    procedure: str
    item: str
    opened_at: datetime
    opened_by: str
    violated_on: date | None
    steps: tuple[ScriptedStep, ...]
    numbers: Mapping[str, int]
    package: str = "national"


@dataclass(frozen=True)
class Progress:
    """What one scripted step did; due is the date until which it had to be done, seconds is real time."""

    number: int
    total: int
    step: str
    name: str
    at: datetime
    actor: str
    due: date | None
    documents: tuple[str, ...]
    seconds: float


def parse_script(content: bytes, where: str) -> Script:
    """Read a script from TOML; times are local legal times."""
    data = read_toml(content, where)
    violated = data.get("violated_on")
    return Script(
        key=data["key"], procedure=data["procedure"], item=data["item"], opened_at=_moment(data["opened_at"]),
        opened_by=data["opened_by"], violated_on=date.fromisoformat(violated) if violated else None,
        steps=tuple(
            ScriptedStep(row["id"], _moment(row["at"]), row["actor"], row.get("values", {})) for row in data["step"]
        ),
        numbers=data.get("numbers", {}),
    )


def run_script(host: Host, clock: SettableClock, script: Script, told: Callable[[Progress], None]) -> int:
    """Run a script to its end and return the case's id; what was done before, by an earlier run too, is not repeated."""
    case_id = _find(host, script)
    if case_id is None:
        clock.set(script.opened_at)
        _pass_over_numbers(host, script)
        case_id = open_case(host, script.opened_by, script.procedure, script.item, violated_on=script.violated_on)
    with host.database.reading() as session:
        done = len(submissions(session, case_id))
    if done:
        clock.set(script.steps[done - 1].at)
    _finish_queue(host, case_id)
    for number, step in enumerate(script.steps[done:], start=done + 1):
        clock.set(max(step.at, clock.now()))
        told(_take(host, case_id, step, number, len(script.steps)))
    return case_id


def _take(host: Host, case_id: int, step: ScriptedStep, number: int, total: int) -> Progress:
    began = time.perf_counter()
    let_time_pass(host, case_id)
    _finish_queue(host, case_id)
    with host.database.reading() as session:
        before = len(documents_of(session, case_id))
        actor = find_officer(session, step.actor).name
        due = next((item.due_at for item in items_of_case(session, case_id) if item.state == OPEN and item.step == step.id), None)
    done = complete_by_step(host, case_id, step.id, step.actor, step.values)
    _finish_queue(host, case_id)
    with host.database.reading() as session:
        made = tuple(f"{row.title}{row.number}" for row in documents_of(session, case_id)[before:])
    return Progress(
        number, total, step.id, done.name, step.at, actor, _last_day(due) if due else None, made, time.perf_counter() - began
    )


def _pass_over_numbers(host: Host, script: Script) -> None:
    with host.database.writing() as session:
        agency = find_officer(session, script.opened_by).agency_code
        for series, last in script.numbers.items():
            pass_over(session, agency, series, script.opened_at.year, last)


def _last_day(due_at: datetime) -> date:
    """The last day of a period whose instant is the end of that day."""
    return datetime.fromtimestamp(due_at.timestamp() - 1, LEGAL_TIME_ZONE).date()


def _finish_queue(host: Host, case_id: int) -> None:
    if drain(host, case_id):
        raise Conflict("script.job", "有文书没有制作成功，请用“zhifa serve”打开案件查看运行异常")


def _find(host: Host, script: Script) -> int | None:
    with host.database.reading() as session:
        return session.scalar(
            select(Case.id).where(
                Case.opened_at == script.opened_at, Case.item_code == script.item, Case.opened_by == script.opened_by
            )
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LEGAL_TIME_ZONE)
