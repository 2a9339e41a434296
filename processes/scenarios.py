"""Scenario tables: Markdown that an official can read, run step by step against the package in a throwaway installation."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine.clock import SettableClock
from engine.errors import Fault, PackageFault, ZhifaError
from engine.registers.agencies import Officer
from engine.settings import Settings
from engine.workflow.tasks import OPEN, items_of_case
from processes.bundles import files_under
from processes.host import Host, open_host
from processes.opening import open_case
from processes.overlay import resolve
from processes.rehearsing import rehearse
from processes.running import complete_by_step
from processes.sample import BEGINNING, install_rehearsal
from processes.scripted import Script, ScriptedStep, parse_script

UNTIL, REFUSED, ENDED = "办到", "拒绝：", "终结"
PAUSE = timedelta(minutes=10)


@dataclass(frozen=True)
class Row:
    """One line of a scenario: the step, who takes it (empty = as in the draft), what differs, what must follow."""

    line: int
    step: str
    person: str
    changes: Mapping[str, Any]
    expected: str


@dataclass(frozen=True)
class Scenario:
    """A scenario table with the draft (底稿) that gives the values which it does not mention."""

    title: str
    where: str
    draft: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class ScenarioResult:
    """What came of a scenario; problem is empty when everything went as the table says."""

    title: str
    steps: int
    problem: str


def run_scenarios(package: str, settings: Settings) -> Iterator[ScenarioResult]:
    """Run all scenario tables of a package, one after the other, each on a fresh copy of the sample province."""
    contents = resolve(package, settings.shelves)
    tables = files_under(contents, "scenarios", ".md")
    drafts = {name: parse_script(data, name) for name, data in files_under(contents, "scenarios", ".toml").items()}
    with tempfile.TemporaryDirectory(prefix="zhifa-scenarios-") as folder:
        pattern = Path(folder) / "pattern"
        host = _rehearsal(settings, pattern)
        install_rehearsal(host, package)
        host.close()
        for number, (name, data) in enumerate(tables.items()):
            scenario = read_scenario(data.decode(), f"scenarios/{name}.md")
            if scenario.draft not in drafts:
                raise _fault(scenario.where, f"底稿“{scenario.draft}”不存在")
            copy = Path(folder) / str(number)
            shutil.copytree(pattern, copy)
            with _opened(_rehearsal(settings, copy)) as fresh:
                yield _run(fresh, scenario, drafts[scenario.draft])


def read_scenario(text: str, where: str) -> Scenario:
    """Read one table; PackageFault names the line that cannot be read."""
    title, draft, rows = "", "", list[Row]()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("# "):
            title = line[2:].strip()
        elif line.startswith("底稿："):
            draft = line.removeprefix("底稿：").strip().removesuffix(".toml")
        elif line.startswith("|") and not set(line) <= set("|-: "):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if cells[0] == "环节":
                continue
            if len(cells) != 4:
                raise _fault(f"{where}:{number}", "场景表每行应当有四栏：环节、办理人、填写、之后应当办理")
            rows.append(Row(number, cells[0], cells[1], _changes(cells[2], f"{where}:{number}"), cells[3]))
    if not (title and draft and rows):
        raise _fault(where, "场景表应当有标题、底稿和至少一行")
    return Scenario(title, where, draft, tuple(rows))


def _run(host: Host, scenario: Scenario, draft: Script) -> ScenarioResult:
    clock = host.clock
    if not isinstance(clock, SettableClock):
        raise TypeError("a scenario needs a settable clock")
    clock.set(draft.opened_at)
    case_id = open_case(
        host, draft.opened_by, draft.procedure, draft.item, violated_on=draft.violated_on, package=draft.package
    )
    position, taken = 0, 0
    for row in scenario.rows:
        if row.step.startswith(UNTIL):
            target = row.step.removeprefix(UNTIL).strip()
            while position < len(draft.steps) and draft.steps[position].id != target:
                _take(host, clock, case_id, draft.steps[position])
                position, taken = position + 1, taken + 1
            problem = _compare(host, case_id, row)
        else:
            found = next((place for place in range(position, len(draft.steps)) if draft.steps[place].id == row.step), None)
            base = draft.steps[found] if found is not None else ScriptedStep(row.step, clock.now() + PAUSE, "", {})
            step = replace(base, actor=_officer(host, row.person) or base.actor, values={**base.values, **row.changes})
            try:
                _take(host, clock, case_id, step)
                position, taken = found + 1 if found is not None else position, taken + 1
                problem = _compare(host, case_id, row)
            except ZhifaError as refusal:
                problem = _compare_refusal(row, refusal)
        if problem:
            return ScenarioResult(scenario.title, taken, f"{scenario.where}:{row.line} {problem}")
    return ScenarioResult(scenario.title, taken, "")


def _take(host: Host, clock: SettableClock, case_id: int, step: ScriptedStep) -> None:
    clock.set(max(step.at, clock.now()))
    complete_by_step(host, case_id, step.id, step.actor, step.values)
    rehearse(host, case_id)


def _compare(host: Host, case_id: int, row: Row) -> str:
    if row.expected.startswith(REFUSED):
        return f"“{row.step}”应当被拒绝，却办结了"
    with host.database.reading() as session:
        waiting = [item.step for item in items_of_case(session, case_id) if item.state == OPEN]
    if not row.expected:
        return ""
    wanted = [] if row.expected == ENDED else sorted(row.expected.split("、"))
    return "" if sorted(waiting) == wanted else f"之后应当办理“{row.expected}”，实为“{'、'.join(waiting) or ENDED}”"


def _compare_refusal(row: Row, refusal: ZhifaError) -> str:
    wanted = row.expected.removeprefix(REFUSED)
    said = f"{refusal.facts.get('article', '')} {refusal.message}"
    if row.expected.startswith(REFUSED) and wanted in said:
        return ""
    return f"“{row.step}”被拒绝：{refusal.message}（{refusal.facts.get('article', '') or refusal.code}）"


def _changes(cell: str, where: str) -> dict[str, Any]:
    """key=value pairs separated by ；: 是 and 否 are booleans, 空 leaves a field out, the rest is text."""
    changes: dict[str, Any] = {}
    for pair in filter(None, (part.strip() for part in cell.split("；"))):
        key, sign, value = pair.partition("=")
        if not sign:
            raise _fault(where, f"“{pair}”应当写成 栏目=值")
        changes[key.strip()] = {"是": True, "否": False, "空": None}.get(value.strip(), value.strip())
    return changes


def _officer(host: Host, name: str) -> str:
    if not name:
        return ""
    with host.database.reading() as session:
        found: Sequence[Officer] = list(session.query(Officer).filter(Officer.name == name))
    if not found:
        raise PackageFault("scenario.person", f"示范人员中没有“{name}”")
    return found[0].id


def _rehearsal(settings: Settings, folder: Path) -> Host:
    folder.mkdir(parents=True, exist_ok=True)
    fresh = replace(
        settings, database_url=f"sqlite:///{folder}/zhifa.db", files_dir=folder / "files", keys_dir=folder / "keys"
    )
    return open_host(fresh, SettableClock(BEGINNING))


@contextmanager
def _opened(host: Host) -> Iterator[Host]:
    try:
        yield host
    finally:
        host.close()


def _fault(where: str, message: str) -> PackageFault:
    return PackageFault("scenario.table", message, faults=(Fault(where, "scenario.table", message),))
