"""The same request sent again: one effect, the same answer; its key for anything else: refused (promises T2 and T6)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import func, select

from bench.procedure import answers
from engine import journal, receipts
from engine.cases.cases import Case, find_case
from engine.cases.submissions import submissions
from engine.clock import SettableClock
from engine.errors import Conflict, Invalid
from engine.receipts import KEPT, Receipt
from engine.registers.agencies import Officer, OfficerRole, find_officer
from engine.workflow.tasks import find_item
from processes.host import Host
from processes.opening import open_case
from processes.running import StepDone, complete_step
from tests.builders import on_both_databases
from tests.faults.proof import FULL, record
from tests.workflow.plain_case import CO, LEAD, PlainCase
from tests.workflow.test_cost import MOST, counted

AT_ONCE = 8
RACES = 200 if FULL else 12
KEY = "k" * 16


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Do all at the same moment; what each returned or raised."""
    ready, found = threading.Barrier(len(acts)), list[Any]()

    def run(act: Callable[[], Any]) -> None:
        ready.wait()
        try:
            found.append(act())
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def acts_of(host: Host, case_id: int, act: str) -> int:
    with host.database.reading() as session:
        return sum(entry.act == act for entry in journal.entries(session, case_id))


@on_both_databases
def test_the_same_key_eight_times_at_once_is_one_step_and_one_answer(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path).until("u04")
    for race in range(RACES):
        step, item = case.waiting()[0]
        form, key = answers(step, again=True), f"race-{race:012}"
        found = at_once([lambda: complete_step(host, item, LEAD, form, key=key)] * AT_ONCE)  # noqa: B023 - joined in this round
        assert all(isinstance(one, StepDone) for one in found), found
        assert len(set(found)) == 1
        assert complete_step(host, item, LEAD, form, key=key, revision=0) == found[0]  # and much later, from an old page
    with host.database.reading() as session:
        assert len(submissions(session, case.id)) == 3 + RACES
        assert journal.verify(session, case.id)[1] == []
    assert acts_of(host, case.id, "step.refused") == 0
    record("T6", host, faults=RACES * AT_ONCE, acknowledged=RACES, what="requests with one key at once")


@on_both_databases
def test_eight_officers_complete_one_step(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path).until("u04")
    with host.database.writing() as session:
        agency = find_officer(session, LEAD).agency_code
        people = [Officer(id=f"X{number}", name="某某", agency_code=agency) for number in range(AT_ONCE)]
        session.add_all(people)
        session.flush()
        session.add_all(OfficerRole(officer_id=one.id, role="lead_officer") for one in people)
        find_case(session, case.id).lead_officer_id = None
        find_item(session, case.waiting()[0][1]).assignee_id = None
    for race in range(RACES):
        step, item = case.waiting()[0]
        form = answers(step, again=True)
        found = at_once([
            lambda officer=one.id: complete_step(host, item, officer, form, key=f"{officer}-{race:014}")  # noqa: B023
            for one in people
        ])
        assert sorted(type(one).__name__ for one in found) == ["Conflict"] * 7 + ["StepDone"], found
    with host.database.reading() as session:
        assert len(submissions(session, case.id)) == 3 + RACES
        assert journal.verify(session, case.id)[1] == []
    assert acts_of(host, case.id, "step.refused") == 7 * RACES
    record("T2", host, faults=RACES * AT_ONCE, acknowledged=RACES, what="officers at one step at once")


@on_both_databases
def test_a_key_does_not_serve_twice(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path)
    step, item = case.waiting()[0]
    complete_step(host, item, LEAD, answers(step), key=KEY)
    for officer, target, form in (
        (CO, item, answers(step)), (LEAD, item, {**answers(step), "note": "另外的内容"}), (LEAD, case.waiting()[0][1], answers("u02")),
    ):
        with pytest.raises(Conflict, match="另一次办理") as refused:
            complete_step(host, target, officer, form, key=KEY)
        assert refused.value.code == "key.reused"
    assert acts_of(host, case.id, "step.refused") == 3
    assert case.waiting()[0][0] == "u02"
    with pytest.raises(Invalid, match="幂等键"):
        complete_step(host, case.waiting()[0][1], LEAD, answers("u02"), key="短")


@on_both_databases
def test_a_refused_request_may_be_corrected_under_its_key(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path)
    step, item = case.waiting()[0]
    with pytest.raises(Invalid):
        complete_step(host, item, LEAD, {**answers(step), "note": ""}, key=KEY)
    done = complete_step(host, item, LEAD, answers(step), key=KEY)
    assert complete_step(host, item, LEAD, answers(step), key=KEY) == done


@on_both_databases
def test_a_case_is_opened_once_by_one_key(host: Host, tmp_path: Path) -> None:
    PlainCase(host, tmp_path)
    with host.database.reading() as session:
        before = session.scalar(select(func.count(Case.id))) or 0
    found = at_once([lambda: open_case(host, LEAD, "bench", "SCJG-CF-0122-01", package="bench", key=KEY)] * AT_ONCE)
    assert len(set(found)) == 1, found
    with host.database.reading() as session:
        assert session.scalar(select(func.count(Case.id))) == before + 1


def test_old_receipts_are_dropped(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path)
    step, item = case.waiting()[0]
    complete_step(host, item, LEAD, answers(step), key=KEY)
    with host.database.writing() as session:
        receipts.forget(session, host.clock.now())
    clock = cast(SettableClock, host.clock)
    clock.set(clock.now() + KEPT)
    with host.database.writing() as session:
        receipts.forget(session, host.clock.now())
    with host.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 1
    clock.set(clock.now() + timedelta(seconds=1))
    with host.database.writing() as session:
        receipts.forget(session, host.clock.now())
    with host.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 0


@on_both_databases
def test_a_key_costs_one_statement(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path).until("u02")
    step, item = case.waiting()[0]
    with counted(host) as said:
        complete_step(host, item, LEAD, answers(step), key=KEY)
    assert len([one for one in said if "receipt" in one]) == 1
    assert len(said) <= MOST + 1
