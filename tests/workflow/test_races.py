"""Two officers complete one task at the same moment: one wins, the other is told, and nothing is done twice."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from bench.procedure import answers
from engine import journal
from engine.cases.submissions import submissions
from engine.errors import Conflict
from processes.host import Host
from processes.running import StepDone, complete_step
from tests.builders import on_both_databases
from tests.workflow.plain_case import CO, LEAD, PlainCase

PARALLEL = 60 if os.environ.get("ZHIFA_PROVE") == "full" else 5
RACES = 500 if os.environ.get("ZHIFA_PROVE") == "full" else 20  # on each of the two databases


def race(case: PlainCase) -> list[StepDone | Exception]:
    step, item = case.waiting()[0]
    ready, found = threading.Barrier(2), list[StepDone | Exception]()

    def complete(officer: str) -> None:
        ready.wait()
        try:
            found.append(complete_step(case.host, item, officer, answers(step, again=True)))
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=complete, args=(officer,)) for officer in (LEAD, CO)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@on_both_databases
def test_two_steps_of_a_parallel_block_do_not_hinder_each_other(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path)
    for _ in range(PARALLEL):
        case.id = case.another().until("u07").id
        while len(waiting := case.waiting()) > 1:
            ready, found = threading.Barrier(len(waiting)), list[StepDone | Exception]()

            def complete(step: str, item: int, ready: threading.Barrier, found: list[StepDone | Exception]) -> None:
                ready.wait()
                try:
                    found.append(complete_step(host, item, LEAD, answers(step)))
                except Exception as error:
                    found.append(error)

            threads = [threading.Thread(target=complete, args=(*one, ready, found)) for one in waiting]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert all(isinstance(one, StepDone) for one in found), found
            assert len({one.revision for one in found if isinstance(one, StepDone)}) == len(waiting)


@on_both_databases
def test_exactly_one_of_two_wins(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path).until("u04")
    done = 3
    for number in range(1, RACES + 1):
        found = race(case)
        assert sorted(type(one).__name__ for one in found) == ["Conflict", "StepDone"], found
        assert {one.code for one in found if isinstance(one, Conflict)} <= {"step.not_open", "case.moved_on"}
        with host.database.reading() as session:
            assert len(submissions(session, case.id)) == done + number
            refused = [entry for entry in journal.entries(session, case.id) if entry.act == "step.refused"]
            assert len(refused) == number
        assert [step for step, _ in case.waiting()] == ["u04"]
    with host.database.reading() as session:
        assert journal.verify(session, case.id)[1] == []
    print(f"{RACES} races, one winner each")
