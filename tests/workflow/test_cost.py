"""What a step costs is its own work: statements, bytes and tasks do not grow with the case, the agency or the other cases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from engine.registers.agencies import Officer, find_officer
from engine.workflow import instances
from engine.workflow.instances import WorkflowInstance
from processes.host import Host
from tests.builders import on_both_databases
from tests.workflow.plain_case import LEAD, PlainCase

MOST = 8
ROUNDS = 2000 if os.environ.get("ZHIFA_PROVE") == "full" else 150


@contextmanager
def counted(host: Host) -> Iterator[list[str]]:
    """The SQL statements of the block, without BEGIN."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            said.append(statement)

    event.listen(host.database.engine, "before_cursor_execute", note)
    yield said
    event.remove(host.database.engine, "before_cursor_execute", note)


def state_of(host: Host, case_id: int) -> bytes:
    with host.database.reading() as session:
        return bytes(session.scalars(select(WorkflowInstance.state).where(WorkflowInstance.case_id == case_id)).one())


def statements_of(case: PlainCase, **how: Any) -> list[str]:
    waiting = case.waiting()[0]
    with counted(case.host) as said:
        case.complete(waiting, **how)
    return said


@on_both_databases
def test_a_step_takes_at_most_eight_statements(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path)
    for step in ("u01", "u02", "u03"):
        said = statements_of(case.until(step))
        assert len(said) <= MOST, "\n".join(said)


def test_each_further_step_that_opens_adds_one(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path).until("u05")
    opens_three = statements_of(case)
    assert len(opens_three) <= MOST + 2
    assert [step for step, _ in case.waiting()] == ["u07", "u09", "i01"]


def test_nothing_grows_with_the_rounds_of_a_case(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path).until("u04")
    for _ in range(20):
        case.take(again=True)
    early, first = statements_of(case, again=True), len(state_of(host, case.id))
    for _ in range(ROUNDS):
        case.take(again=True)
    late, last = statements_of(case, again=True), len(state_of(host, case.id))
    assert late == early
    assert last <= first * 1.25  # the numbers have more digits
    with host.database.reading() as session:
        digest = instances.find(session, case.id).release_digest
        live = instances.load(session, case.id, host.bundle(session, digest).blueprints["bench"])
    assert sum(len(part.tasks) for part in live._workflow.parts()) < 20


def test_the_other_officers_of_an_agency_are_not_read(host: Host, tmp_path: Path) -> None:
    case = PlainCase(host, tmp_path).until("u02")
    before = statements_of(case)
    with host.database.writing() as session:
        agency = find_officer(session, LEAD).agency_code
        session.add_all(Officer(id=f"X{number:04d}", name="某某", agency_code=agency) for number in range(300))
    assert statements_of(case.until("u03")) == before
    assert not any("officer.agency_code = " in statement for statement in before)


def test_a_plain_step_stores_little(host: Host, tmp_path: Path) -> None:
    """At most 5 KB of state, facts, form and journal, at a form of about 1 KB."""
    case = PlainCase(host, tmp_path)
    stored: list[int] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE")):
            values = parameters.values() if isinstance(parameters, dict) else parameters
            stored.append(sum(len(one.encode()) if isinstance(one, str) else len(one) if isinstance(one, bytes) else 8 for one in values))

    event.listen(host.database.engine, "before_cursor_execute", note)
    taken = 0
    while case.waiting():
        case.take()
        taken += 1
    assert taken == 21
    assert sum(stored) / taken <= 5_000


@pytest.mark.parametrize("top", ["ordinary", "fast_track", "summary"])
def test_a_shipped_procedure_begins_with_a_small_state(host: Host, top: str) -> None:
    from tests.workflow.test_restart import plan_of
    live = instances.Running(WorkflowInstance(case_id=1, procedure=top, facts={}), plan_of(top))
    live.settle()
    assert len(live.state()) < 3_000
