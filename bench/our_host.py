"""Our host as the benchmark drives it: the public step, and the bare host beneath it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

from engine.cases.cases import find_case
from engine.clock import SettableClock
from engine.settings import Settings
from engine.workflow import instances, releases
from engine.workflow.tasks import OPEN, WorkItem
from processes.host import Host, open_host
from processes.opening import open_case
from processes.running import complete_step
from processes.sample import BEGINNING, install_rehearsal

LEAD, ITEM = "YJWH0101", "SCJG-CF-0122-01"


def install(folder: Path, url: str, package: str = "bench") -> Host:
    """A throwaway installation with the benchmark's package."""
    settings = Settings(
        database_url=url, files_dir=folder / "files", keys_dir=folder / "keys", fonts_dir=folder, secret_key="bench",  # noqa: S106
        shelves=(folder / "shelf",),
    )
    host = open_host(settings, SettableClock(BEGINNING))
    install_rehearsal(host, package)
    return host


class Counter:
    """Counts SQL statements and the bytes that they hand to the database."""

    def __init__(self, host: Host) -> None:
        self.statements = self.stored = 0
        event.listen(host.database.engine, "before_cursor_execute", self._count)

    def _count(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("BEGIN"):
            return
        self.statements += 1
        if statement.startswith(("INSERT", "UPDATE")):
            rows = parameters if isinstance(parameters, list) else [parameters]
            for row in rows:
                values = row.values() if isinstance(row, Mapping) else row
                self.stored += sum(len(one.encode()) if isinstance(one, str) else len(one) if isinstance(one, bytes) else 8 for one in values)


class Steps:
    """The public function: rights, form, safeguards, journal, tasks and deadlines on."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def start(self) -> int:
        """Open a case; its id is returned."""
        case_id = open_case(self.host, LEAD, "bench", ITEM, package="bench")
        with self.host.database.writing() as session:
            find_case(session, case_id).lead_officer_id = LEAD
        return case_id

    def waiting(self, case: int) -> list[tuple[str, int]]:
        """(step, work item) of what waits, in order."""
        with self.host.database.reading() as session:
            query = select(WorkItem.step, WorkItem.id).where(WorkItem.case_id == case, WorkItem.state == OPEN)
            return [(row.step, row.id) for row in session.execute(query.order_by(WorkItem.id))]

    def step(self, case: int, waiting: tuple[str, int], values: Mapping[str, Any]) -> None:
        """Complete one."""
        complete_step(self.host, waiting[1], LEAD, values)


class Bare:
    """Only the procedure: loaded, advanced, stored; what the host would run at service tasks counts as done at once."""

    def __init__(self, host: Host, package: str, procedure: str) -> None:
        self.host, self.package, self.procedure = host, package, procedure
        with host.database.reading() as session:
            release = releases.current(session, package, host.clock.now())
            self.plan = host.bundle(session, release.digest).blueprints[procedure]

    def start(self) -> int:
        """Open a case; its id is returned."""
        return open_case(self.host, LEAD, self.procedure, ITEM, package=self.package)

    def waiting(self, case: int) -> list[tuple[str, str]]:
        """(step, task) of what waits, in order."""
        with self.host.database.reading() as session:
            return [(found.node.id, found.task_id) for found in instances.load(session, case, self.plan).open_steps()]

    def step(self, case: int, waiting: tuple[str, str], values: Mapping[str, Any]) -> None:
        """Complete one."""
        with self.host.database.writing() as session:
            live = instances.load(session, case, self.plan)
            live.facts.update({name: value for name, value in values.items() if name in live.facts})
            live.complete(waiting[1])
            while operations := live.open_operations():
                live.complete(operations[0].task_id)
            instances.save(session, live)
