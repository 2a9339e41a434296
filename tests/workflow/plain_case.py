"""A case of the benchmark's procedure: plain steps, a loop that can go on for ever, no documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.our_host import Steps
from bench.procedure import answers, write_package
from engine.cases.cases import find_case
from processes.host import Host
from processes.publishing import publish
from processes.running import StepDone, complete_step

LEAD, CO = "YJWH0101", "YJWH0102"


class PlainCase:
    """lead and co-officer may both take every step."""

    def __init__(self, host: Host, folder: Path) -> None:
        write_package(folder / "shelf")
        self.host = host
        publish(replace(host, settings=replace(host.settings, shelves=(folder / "shelf",))), "bench", "YJWH0001")
        self.id = Steps(host).start()
        with host.database.writing() as session:
            find_case(session, self.id).co_officer_id = CO

    def another(self) -> PlainCase:
        """A further case of the same installation."""
        found = PlainCase.__new__(PlainCase)
        found.host, found.id = self.host, Steps(self.host).start()
        with self.host.database.writing() as session:
            find_case(session, found.id).co_officer_id = CO
        return found

    def waiting(self) -> list[tuple[str, int]]:
        """(step, work item) of what waits."""
        return Steps(self.host).waiting(self.id)

    def until(self, step: str) -> PlainCase:
        """Take steps until this one waits first."""
        while self.waiting()[0][0] != step:
            self.take()
        return self

    def take(self, *, again: bool = False) -> StepDone:
        """Take the step that waits first; again: once more round the loop."""
        return self.complete(self.waiting()[0], again=again)

    def complete(self, waiting: tuple[str, int], *, again: bool = False) -> StepDone:
        """Take this step, with the benchmark's answers."""
        step, item = waiting
        return complete_step(self.host, item, LEAD, answers(step, again=again))
