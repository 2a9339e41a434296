"""Jobs that fail, and jobs that another version of the software has written: retried, handed to a person, or understood."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, func, select, text

from documents import operations as making
from engine import jobs, journal
from engine.clock import SystemClock
from engine.database import Database
from engine.schema import differences, metadata, upgrade
from engine.workflow.incidents import JOB, OPEN, RESOLVED, Incident, incidents_of
from processes.host import Host
from processes.queue import Kind
from processes.rehearsing import rehearse
from processes.repairing import retry
from processes.running import complete_by_step
from processes.working import Worker
from tests.builders import CaseBuilder, a_case, on_both_databases
from tests.conftest import fresh_postgres
from web.commands.main import main

CLERK = "YJWH0304"
OLDER = "0005"  # the schema before workers
QUICK = timedelta(milliseconds=20)


def registered(host: Host) -> CaseBuilder:
    """A case whose first step was done: a job of making documents waits."""
    case = a_case(host)
    step = case.script.steps[0]
    case.clock.set(step.at)
    complete_by_step(host, case.case_id, step.id, step.actor, step.values)
    return case


def work(host: Host, *kinds: Kind) -> Worker:
    """A worker that runs until nothing can be done now, and again until nothing waits for its next attempt."""
    worker = Worker(host, threading.Event(), kinds, ())
    worker.run(once=True)
    while waits(host):
        worker.stop.wait(0.02)
        worker.run(once=True)
    return worker


def waits(host: Host) -> bool:
    with host.database.reading() as session:
        later = select(func.count()).where(jobs.Job.state == jobs.PENDING, jobs.Job.free_at.is_not(None))
        return bool(session.scalar(later))


def fill(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Stands for printing and sealing, which other tests really do: the templates are filled, the case goes on."""
    rehearse(host, job.case_id)
    return ()


@on_both_databases
def test_a_poison_job_is_retried_then_left_to_a_person_while_the_others_run(host: Host) -> None:
    """Promise T17."""
    poisoned, sound = registered(host), registered(host)
    tried: list[float] = []

    def spoilt(host: Host, job: jobs.Job) -> tuple[int, ...]:
        if job.case_id == poisoned.case_id and len(tried) < 4:
            tried.append(SystemClock().now().timestamp())
            raise OSError("no office")
        return fill(host, job)

    kind = Kind(making.ISSUE, spoilt, attempts=4, first_pause=QUICK)
    worker = work(host, kind)
    assert (worker.done, worker.errors) == (1, 4)
    assert sound.open_steps() == ["verify_clue"]
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert all(pause >= QUICK.total_seconds() * 3**number for number, pause in enumerate(pauses))
    with host.database.reading() as session:
        (incident,) = incidents_of(session)
        (job,) = jobs.failed(session, poisoned.case_id)
        assert (incident.case_id, incident.kind, incident.state, incident.attempts) == (poisoned.case_id, JOB, OPEN, 4)
        assert (job.claimed_by, job.error) == (None, "OSError：no office")
    assert not retry(host, incident.id, CLERK)
    assert work(host, kind).done == 1
    assert poisoned.open_steps() == ["verify_clue"]
    with host.database.reading() as session:
        assert session.get_one(Incident, incident.id).state == RESOLVED
        assert journal.verify(session)[1] == []


@on_both_databases
def test_a_step_that_is_rolled_back_leaves_nothing_to_do(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise T5."""
    from processes import running

    def full(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    case = a_case(host)
    step = case.script.steps[0]
    case.clock.set(step.at)
    with monkeypatch.context() as patched:
        patched.setattr(running.tasks, "synchronise", full)  # the last thing that a step does, after its job was queued
        with pytest.raises(OSError, match="disk full"):
            complete_by_step(host, case.case_id, step.id, step.actor, step.values)
    assert work(host, Kind(making.ISSUE, fill)).done == 0
    assert case.open_steps() == [step.id]


@on_both_databases
def test_an_upgrade_finishes_what_the_older_version_had_queued(
    host: Host, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Promise T13. The rows are as an older schema had them: no leases, no versions, and an operation that was renamed since."""
    case = registered(host)
    url = f"sqlite:///{tmp_path}/older.db"
    if host.database.engine.dialect.name == "postgresql":
        url = fresh_postgres(request.getfixturevalue("postgres_url"), "older")
    older = Database(url)
    upgrade(older, OLDER)
    copy_common_columns(host.database, older)
    case = replace(case, host=replace(host, database=older))
    host = case.host
    with host.database.engine.begin() as connection:
        before = connection.execute(text("SELECT arguments FROM job WHERE state = 'pending'")).scalar_one()
        renamed = before.replace('"records"', '"document_ids"')
        connection.execute(text("UPDATE job SET operation = 'documents.produce', arguments = :new WHERE state = 'pending'"), {"new": renamed})
    monkeypatch.setenv("ZHIFA_DATABASE_URL", url)
    assert main(["worker", "--once"]) == 1
    assert "zhifa upgrade" in capsys.readouterr().err
    assert main(["upgrade"]) == 0
    assert differences(host.database) == []

    def newer(version: int, arguments: dict[str, Any]) -> dict[str, Any]:
        assert version == 1
        return {**arguments, "records": arguments["document_ids"]}

    def check(host: Host, job: jobs.Job) -> tuple[int, ...]:
        assert job.arguments["records"] == job.arguments["document_ids"]
        with host.database.writing() as session:
            session.get_one(jobs.Job, job.id).arguments = job.arguments
        return fill(host, job)

    kind = Kind(making.ISSUE, check, formerly=("documents.produce",), version=2, older=newer, attempts=1)
    assert work(host, replace(kind, formerly=())).done == 0  # without the alias nobody touches it
    assert work(host, kind).done == 1
    assert case.open_steps() == ["verify_clue"]
    older.close()


def copy_common_columns(source: Database, target: Database) -> None:
    """Carry the rows over to a schema of another version, as far as it has a place for them."""
    tables = MetaData()
    tables.reflect(target.engine)
    with source.engine.connect() as read, target.engine.begin() as written:
        for table in tables.sorted_tables:
            known = metadata().tables.get(table.name)
            names = [column.name for column in table.columns if known is not None and column.name in known.columns]
            columns, places = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
            rows = [row._asdict() for row in read.execute(text(f'SELECT {columns} FROM "{table.name}"'))] if names else []  # noqa: S608 - our own tables
            if rows:
                written.execute(text(f'INSERT INTO "{table.name}" ({columns}) VALUES ({places})'), rows)  # noqa: S608 - our own tables
                if written.dialect.name == "postgresql" and "id" in names and isinstance(rows[0]["id"], int):
                    written.execute(text(f"""SELECT setval(pg_get_serial_sequence('"{table.name}"', 'id'), {max(row['id'] for row in rows)})"""))


def test_a_worker_leaves_alone_what_a_newer_version_has_queued(host: Host) -> None:
    """Promise T13."""
    case = registered(host)
    with host.database.writing() as session:
        (job,) = jobs.pending(session, case.case_id)
        job.version = 2
    assert work(host, Kind(making.ISSUE, fill)).done == 0
    assert work(host, Kind(making.ISSUE, fill, version=2)).done == 1


def test_pauses_grow_and_are_scattered() -> None:
    kind = Kind("x", fill)
    for attempts, seconds in ((1, 5), (2, 15), (3, 45), (5, 405), (9, 900)):
        pauses = {kind.pause(attempts).total_seconds() for _ in range(50)}
        assert seconds <= min(pauses) <= max(pauses) <= seconds * 1.5
        assert len(pauses) > 40
